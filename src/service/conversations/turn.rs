//! One turn of a conversation: loads it for a message, and commits all that comes of the message in one transaction.

use zeroize::Zeroizing;

use super::part::Conversations;
use super::types::{Conversation, ConversationEffect, OutboundMessage};
use crate::domain::day::{HOUR, round_up};
use crate::domain::facets::Channel;
use crate::domain::ids::QueuedId;
use crate::domain::notice::NoticeChannel;
use crate::metrics::Outcome;
use crate::service::conflicts::conflict_if_missing;
use crate::service::error::{Error, Result};
use crate::service::follow_up::additions::reporter_adds;
use crate::service::intake::DRAFT_LIFETIME_SECONDS;
use crate::service::tokens::token_hash;
use crate::store::whatsapp::ConversationRow;
use crate::store::{self, Tx};
use crate::vault::transit::{TransitContent, TransitPurpose};

impl Conversations {
    /// Loads the conversation of a person for a message. `None` if the message was handled before.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn load_conversation(&self, person: &str, message: &str) -> Result<Option<Conversation>> {
        let (keys, seen_keys) = (
            self.transit_keys(TransitPurpose::Conversation).await?,
            self.transit_keys(TransitPurpose::Deduplication).await?,
        );
        let message_hashes: Vec<[u8; 32]> = seen_keys.iter().map(|key| key.hash("message", message)).collect();
        let mut tx = self.db.read().await?;
        if store::whatsapp::is_seen(&mut tx, &message_hashes).await? {
            return Ok(None);
        }
        let mut conversation = Conversation {
            person: keys[0].hash("person", person),
            former_hashes: keys[1..].iter().map(|key| key.hash("person", person)).collect(),
            before: None,
            seen: message_hashes[0],
            body: None,
        };
        for key in keys.iter() {
            let hash = key.hash("person", person);
            if let Some(row) = store::whatsapp::conversation(&mut tx, &hash, self.clock.now()).await? {
                conversation.body = key.unseal(TransitContent::Conversation, &hash, &row.body).ok();
                conversation.before = Some((row.person, row.revision));
                break;
            }
        }
        Ok(Some(conversation))
    }

    /// Commits a turn in one transaction: the message counts as seen, its effects happen, the new state is stored, and
    /// the answers are queued. Returns false, and changes nothing, if the message was handled meanwhile.
    ///
    /// # Errors
    /// [`Error::Conflict`] if something has changed since the conversation was loaded: handle the message again.
    pub async fn commit_turn(
        &self,
        conversation: &Conversation,
        state: Option<Zeroizing<Vec<u8>>>,
        answers: &[OutboundMessage],
        effects: &[ConversationEffect],
    ) -> Result<bool> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let today = &keys[0];
        let seen_on = self.transit_keys(TransitPurpose::Deduplication).await?[0].day();
        let mut rng = self.randomness.generator();
        let person = conversation.person;
        let row = state.map(|body| ConversationRow {
            person: person.to_vec(),
            day: today.day(),
            body: today.seal(TransitContent::Conversation, &person, &body, &mut rng),
            revision: conversation.before.as_ref().map_or(1, |(_, revision)| revision + 1),
        });
        let answers: Vec<(QueuedId, Vec<u8>, bool)> = answers
            .iter()
            .map(|answer| {
                let id = QueuedId::random(&mut rng);
                let sealed = today.seal(TransitContent::Outgoing, id.as_bytes(), &answer.body, &mut rng);
                (id, sealed, answer.is_prompt)
            })
            .collect();
        let (now, day) = (self.clock.now(), today.day());
        let (row, answers, person) = (&row, &answers, &person);
        let outcome = self
            .db
            .write("commit_turn", |mut tx| async move {
                if !store::whatsapp::mark_seen(&mut tx, &conversation.seen, seen_on).await? {
                    return Ok(false);
                }
                for effect in effects {
                    self.apply(&mut tx, effect).await?;
                }
                if let Some(row) = row {
                    let before = conversation.before.as_ref();
                    let before = before.map(|(person, revision)| (person.as_slice(), *revision));
                    let expires = round_up(now + DRAFT_LIFETIME_SECONDS, HOUR);
                    if !store::whatsapp::save_conversation(&mut tx, before, row, (now, expires)).await? {
                        return Err(Error::Conflict);
                    }
                }
                if !answers.is_empty() {
                    // Messages that were queued under yesterday's hash keep their place in the order.
                    for former in &conversation.former_hashes {
                        store::whatsapp::readdress_messages(&mut tx, former, person).await?;
                    }
                }
                for (id, sealed, is_prompt) in answers {
                    store::whatsapp::enqueue_message(&mut tx, *id, person, (day, sealed), *is_prompt, now).await?;
                }
                tx.commit().await?;
                Ok(true)
            })
            .await;
        self.count_reports(effects, &outcome);
        outcome
    }

    /// Counts the reports among the effects.
    fn count_reports(&self, effects: &[ConversationEffect], outcome: &Result<bool>) {
        let is_report = |effect: &&ConversationEffect| matches!(effect, ConversationEffect::SubmitReport(..));
        let reports = effects.iter().filter(is_report).count() as u64;
        let outcome = match outcome {
            Ok(true) => Outcome::Submitted,
            // The message is handled again, or was handled before.
            Ok(false) | Err(Error::Conflict) => return,
            Err(_) => Outcome::Failed,
        };
        self.metrics.count_reports(Channel::Whatsapp, outcome, reports);
    }

    async fn apply(&self, tx: &mut Tx, effect: &ConversationEffect) -> Result<()> {
        match effect {
            ConversationEffect::SubmitReport(prepared, token) => {
                let owner = token_hash(self.instance, token);
                self.intake.insert_report(tx, prepared, &owner).await?;
            }
            ConversationEffect::AppendMessage(case, record) => {
                reporter_adds(tx, *case, record.day).await?;
                store::records::append(tx, *case, record).await?;
            }
            ConversationEffect::AddFiles(case, owner, files) => {
                reporter_adds(tx, *case, self.clock.today()).await?;
                conflict_if_missing(store::attachments::keep(tx, *case, owner, files).await)?;
            }
            ConversationEffect::AdoptFile {
                id,
                from,
                to,
                description,
            } => {
                if !store::attachments::adopt(tx, *id, from, to, description).await? {
                    return Err(Error::Conflict);
                }
            }
            ConversationEffect::KeepFile { id, owner, description } => {
                store::attachments::describe(tx, *id, owner, description).await?;
            }
            ConversationEffect::RemoveFile { id, owner } => {
                store::attachments::mark_for_deletion(tx, *id, owner).await?;
            }
            ConversationEffect::DiscardFiles(token) => {
                store::attachments::mark_all_for_deletion(tx, &token_hash(self.instance, token)).await?;
            }
            ConversationEffect::SetNoticeAddress(case, address) => {
                store::notices::save_contact(tx, *case, NoticeChannel::Whatsapp, address).await?;
            }
            ConversationEffect::RemoveNoticeAddress(case) => {
                store::notices::delete_contact(tx, *case, NoticeChannel::Whatsapp).await?;
            }
        }
        Ok(())
    }
}

//! What WhatsApp brings and takes: notifications wait sealed until they are worked off, conversations rest sealed between
//! two messages, and what a message brings about happens once, in one transaction with the answer to it.

use zeroize::Zeroizing;

use crate::dialogue::draft::Draft;
use crate::domain::day::{HOUR, round_up};
use crate::domain::facets::Channel;
use crate::domain::ids::{AttachmentId, CaseId, QueuedId};
use crate::domain::notice::NoticeChannel;
use crate::metrics::Outcome;
use crate::service::follow_up::Returning;
use crate::service::intake::{DRAFT_LIFE, Prepared};
use crate::service::kdf::Overloaded;
use crate::service::{App, Error, Result};
use crate::store::attachments::NewAttachment;
use crate::store::records::NewRecord;
use crate::store::whatsapp::ConversationRow;
use crate::store::{self, Tx};
use crate::vault::cookie::Token;
use crate::vault::transit::{InTransit, Purpose, TransitKey};

/// Notifications that may wait; further ones are Meta's to deliver again later.
const QUEUE: i64 = 50_000;

/// Where the next look at a queue begins.
pub type Cursor = (i64, QueuedId);

/// The beginning of a queue.
///
/// # Panics
/// Never.
pub fn beginning() -> Cursor {
    let smallest = uuid::Builder::from_random_bytes([0; 16]).into_uuid();
    (0, QueuedId::try_from(smallest).expect("a version 4 UUID"))
}

/// A notification that waits, in clear.
#[derive(Debug)]
pub struct QueuedNotification {
    pub cursor: Cursor,
    /// None when it does not open: its key is gone, or somebody exchanged it.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// A person's conversation as one message finds it.
#[derive(Debug)]
pub struct Conversation {
    /// Hash of the person under today's key.
    person: [u8; 32],
    /// Hashes of the same person under the other living keys.
    formerly: Vec<[u8; 32]>,
    /// The row that it was read from.
    before: Option<(Vec<u8>, i64)>,
    seen: [u8; 32],
    /// None for somebody new.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// What a message brings about beside its answer.
#[derive(Debug)]
pub enum ConversationEffect {
    /// A report with the files that wait under the token.
    SubmitReport(Box<Prepared>, Token),
    /// Something that the reporter writes to the area.
    AppendMessage(CaseId, NewRecord),
    /// Files that the reporter adds to the case.
    AddFiles(CaseId, Vec<u8>, Vec<NewAttachment>),
    /// A file that arrived for this message goes to whom it is for: its id, from, to, its description anew.
    AdoptFile(AttachmentId, Vec<u8>, Vec<u8>, Vec<u8>),
    /// The person decided about a file: its id, its owner, its description anew; without one it goes.
    DecideFile(AttachmentId, Vec<u8>, Option<Vec<u8>>),
    /// Whatever waits under the token goes.
    DiscardFiles(Token),
    /// The reporter wants to be told at this sealed address, or no longer.
    SetNoticeAddress(CaseId, Vec<u8>),
    RemoveNoticeAddress(CaseId),
}

/// What a message to a person says, sealed when it is stored, and whether a later prompt may take its place.
#[derive(Debug)]
pub struct OutboundMessage {
    pub body: Zeroizing<Vec<u8>>,
    pub is_prompt: bool,
}

/// A message that waits to be sent.
#[derive(Debug)]
pub struct QueuedMessage {
    pub cursor: Cursor,
    pub person: Vec<u8>,
    pub attempts: i64,
    pub next_at: i64,
    /// None when it does not open any more.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

impl App {
    /// Puts notifications at the end of the queue. When this returns, they are on the disk.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full, [`Error::Store`].
    pub async fn enqueue_notifications(&self, bodies: &[Vec<u8>]) -> Result<()> {
        let keys = self.transit_keys(Purpose::Talk).await?;
        let today = &keys[0];
        let mut rng = self.randomness.generator();
        let sealed: Vec<_> = bodies
            .iter()
            .map(|body| {
                let id = QueuedId::random(&mut rng);
                let sealed = today.seal(InTransit::Notification, id.as_bytes(), body, &mut rng);
                (id, today.day(), sealed)
            })
            .collect();
        let sealed = &sealed;
        self.db
            .write(|mut tx| async move {
                if store::whatsapp::count_notifications(&mut tx).await? >= QUEUE {
                    return Err(Error::Overloaded(Overloaded));
                }
                store::whatsapp::enqueue_notifications(&mut tx, sealed).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// The notifications that wait after a place, in the order of their arrival.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn queued_notifications(&self, after: Cursor, limit: i64) -> Result<Vec<QueuedNotification>> {
        let keys = self.transit_keys(Purpose::Talk).await?;
        let mut tx = self.db.read().await?;
        let rows = store::whatsapp::notifications(&mut tx, after, limit).await?;
        drop(tx);
        let waiting = rows.into_iter().map(|row| QueuedNotification {
            cursor: (row.place, row.id),
            body: opened(&keys, row.day, InTransit::Notification, row.id.as_bytes(), &row.body),
        });
        Ok(waiting.collect())
    }

    /// Notifications are worked off: they are wiped.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn delete_notifications(&self, ids: &[QueuedId]) -> Result<()> {
        self.db
            .write(|mut tx| async move {
                for id in ids {
                    store::whatsapp::delete_notification(&mut tx, *id).await?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// The conversation of a person, for a message that was not seen before; None when it was.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn load_conversation(&self, person: &str, message: &str) -> Result<Option<Conversation>> {
        let (talk, seen) = (
            self.transit_keys(Purpose::Talk).await?,
            self.transit_keys(Purpose::Seen).await?,
        );
        let hashes: Vec<[u8; 32]> = seen.iter().map(|key| key.hash("message", message)).collect();
        let mut tx = self.db.read().await?;
        if store::whatsapp::is_seen(&mut tx, &hashes).await? {
            return Ok(None);
        }
        let mut conversation = Conversation {
            person: talk[0].hash("person", person),
            formerly: talk[1..].iter().map(|key| key.hash("person", person)).collect(),
            before: None,
            seen: hashes[0],
            body: None,
        };
        for key in talk.iter() {
            let hash = key.hash("person", person);
            let Some(row) = store::whatsapp::conversation(&mut tx, &hash, self.now()).await? else {
                continue;
            };
            conversation.body = key.unseal(InTransit::Talk, &hash, &row.body).ok();
            conversation.before = Some((row.person, row.revision));
            break;
        }
        Ok(Some(conversation))
    }

    /// What a message brings about, in one transaction: it counts as seen, its acts happen, the conversation goes on, and
    /// the answers wait to be sent. False when the message was seen meanwhile; nothing has changed then.
    ///
    /// # Errors
    /// [`Error::Conflict`] when something moved since it was looked at: hear the message again.
    pub async fn commit_turn(
        &self,
        conversation: &Conversation,
        talk: Option<Zeroizing<Vec<u8>>>,
        said: &[OutboundMessage],
        acts: &[ConversationEffect],
    ) -> Result<bool> {
        let keys = self.transit_keys(Purpose::Talk).await?;
        let today = &keys[0];
        let seen_on = self.transit_keys(Purpose::Seen).await?[0].day();
        let mut rng = self.randomness.generator();
        let person = conversation.person;
        let talk = talk.map(|body| ConversationRow {
            person: person.to_vec(),
            day: today.day(),
            body: today.seal(InTransit::Talk, &person, &body, &mut rng),
            revision: conversation.before.as_ref().map_or(1, |(_, revision)| revision + 1),
        });
        let said: Vec<(QueuedId, Vec<u8>, bool)> = said
            .iter()
            .map(|said| {
                let id = QueuedId::random(&mut rng);
                let sealed = today.seal(InTransit::Outgoing, id.as_bytes(), &said.body, &mut rng);
                (id, sealed, said.is_prompt)
            })
            .collect();
        let (now, day) = (self.now(), today.day());
        let (talk, said, person) = (&talk, &said, &person);
        let happened = self
            .db
            .write(|mut tx| async move {
                if !store::whatsapp::mark_seen(&mut tx, &conversation.seen, seen_on).await? {
                    return Ok(false);
                }
                for act in acts {
                    self.perform(&mut tx, act).await?;
                }
                if let Some(talk) = talk {
                    let before = conversation.before.as_ref();
                    let before = before.map(|(person, revision)| (person.as_slice(), *revision));
                    let expires = round_up(now + DRAFT_LIFE, HOUR);
                    if !store::whatsapp::save_conversation(&mut tx, before, talk, (now, expires)).await? {
                        return Err(Error::Conflict);
                    }
                }
                if !said.is_empty() {
                    // What waits since yesterday still goes first, or gives way.
                    for formerly in &conversation.formerly {
                        store::whatsapp::readdress_messages(&mut tx, formerly, person).await?;
                    }
                }
                for (id, sealed, is_prompt) in said {
                    store::whatsapp::enqueue_message(&mut tx, *id, person, (day, sealed), *is_prompt, now).await?;
                }
                tx.commit().await?;
                Ok(true)
            })
            .await;
        self.count(acts, &happened);
        happened
    }

    /// Counts the reports among what a message brought about.
    fn count(&self, acts: &[ConversationEffect], happened: &Result<bool>) {
        let reports = acts
            .iter()
            .filter(|act| matches!(act, ConversationEffect::SubmitReport(..)))
            .count() as u64;
        let outcome = match happened {
            Ok(true) => Outcome::Submitted,
            // The message is heard again.
            Ok(false) | Err(Error::Conflict) => return,
            Err(_) => Outcome::Failed,
        };
        self.metrics.report(Channel::Whatsapp, outcome, reports);
    }

    async fn perform(&self, tx: &mut Tx, act: &ConversationEffect) -> Result<()> {
        match act {
            ConversationEffect::SubmitReport(prepared, token) => {
                self.insert_report(tx, prepared, &self.token_hash(token)).await?
            }
            ConversationEffect::AppendMessage(case, record) => {
                self.reporter_adds(tx, *case, record.day).await?;
                store::records::append(tx, *case, record).await?;
            }
            ConversationEffect::AddFiles(case, owner, files) => {
                self.reporter_adds(tx, *case, self.today()).await?;
                super::evidence::gone(store::attachments::keep(tx, *case, owner, files).await)?;
            }
            ConversationEffect::AdoptFile(id, from, to, body) => {
                if !store::attachments::adopt(tx, *id, from, to, body).await? {
                    return Err(Error::Conflict);
                }
            }
            ConversationEffect::DecideFile(id, owner, Some(body)) => {
                store::attachments::describe(tx, *id, owner, body).await?;
            }
            ConversationEffect::DecideFile(id, owner, None) => {
                store::attachments::doom(tx, *id, owner).await?;
            }
            ConversationEffect::DiscardFiles(token) => {
                store::attachments::doom_all_of(tx, &self.token_hash(token)).await?;
            }
            ConversationEffect::SetNoticeAddress(case, file) => {
                store::notices::put_contact(tx, *case, NoticeChannel::Whatsapp, file).await?;
            }
            ConversationEffect::RemoveNoticeAddress(case) => {
                store::notices::forget_contact(tx, *case, NoticeChannel::Whatsapp).await?;
            }
        }
        Ok(())
    }

    /// [`ConversationEffect::SubmitReport`] of a complete draft: its words are drawn, all is sealed, nothing is stored yet.
    ///
    /// # Errors
    /// As [`App::submit`].
    pub async fn prepare_submission(&self, draft: &Draft, token: Token) -> Result<ConversationEffect> {
        let prepared = self.prepare_report(draft, Channel::Whatsapp).await?;
        Ok(ConversationEffect::SubmitReport(Box::new(prepared), token))
    }

    /// [`ConversationEffect::AppendMessage`] of a message from a reporter who came back.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty or overlong text.
    pub fn append_message(&self, who: &Returning, text: &str) -> Result<ConversationEffect> {
        Ok(ConversationEffect::AppendMessage(
            who.case,
            self.seal_message(who, text)?,
        ))
    }

    /// [`ConversationEffect::SetNoticeAddress`], with the address sealed to the notifier.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the address is too long.
    pub fn set_notice_address(&self, case: CaseId, address: &str) -> Result<ConversationEffect> {
        let file = self.seal_contact(case, NoticeChannel::Whatsapp, address)?;
        Ok(ConversationEffect::SetNoticeAddress(case, file))
    }

    /// The messages that wait to be sent after a place, in order.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn queued_messages(&self, after: Cursor, limit: i64) -> Result<Vec<QueuedMessage>> {
        let keys = self.transit_keys(Purpose::Talk).await?;
        let mut tx = self.db.read().await?;
        let rows = store::whatsapp::queued_messages(&mut tx, after, limit).await?;
        drop(tx);
        let unsent = rows.into_iter().map(|row| QueuedMessage {
            cursor: (row.place, row.id),
            body: opened(&keys, row.day, InTransit::Outgoing, row.id.as_bytes(), &row.body),
            person: row.person,
            attempts: row.attempts,
            next_at: row.next_at,
        });
        Ok(unsent.collect())
    }

    /// A message is about to be sent; should that not be known to have happened, it is tried again at `next_at`. False when
    /// there is no need any more.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn claim_message(&self, id: QueuedId, next_at: i64) -> Result<bool> {
        self.db
            .write(|mut tx| async move {
                let needed = store::whatsapp::claim_message(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(needed)
            })
            .await
    }

    /// A message is tried again at `next_at`.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn requeue_message(&self, id: QueuedId, next_at: i64) -> Result<()> {
        self.db
            .write(|mut tx| async move {
                store::whatsapp::requeue_message(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// A message was taken, or never will be: it is wiped.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn delete_message(&self, id: QueuedId) -> Result<()> {
        self.db
            .write(|mut tx| async move {
                store::whatsapp::delete_message(&mut tx, id).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

fn opened(
    keys: &[TransitKey],
    day: crate::domain::day::Day,
    what: InTransit,
    place: &[u8],
    body: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = keys.iter().find(|key| key.day() == day)?;
    key.unseal(what, place, body).ok()
}

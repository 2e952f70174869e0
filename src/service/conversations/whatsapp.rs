//! What WhatsApp brings and takes: notifications wait sealed until they are worked off, conversations rest sealed between
//! two messages, and what a message brings about happens once, in one transaction with the answer to it.

use super::part::Conversations;
use crate::service::conflicts::conflict_if_missing;
use crate::service::follow_up::additions::reporter_adds;
use crate::service::tokens::token_hash;
use zeroize::Zeroizing;

use crate::dialogue::Draft;
use crate::domain::day::{HOUR, round_up};
use crate::domain::facets::Channel;
use crate::domain::ids::{AttachmentId, CaseId, QueuedId};
use crate::domain::notice::NoticeChannel;
use crate::metrics::Outcome;
use crate::service::error::{Error, Result};
use crate::service::follow_up::returning::Returning;
use crate::service::intake::{DRAFT_LIFETIME_SECONDS, Prepared};
use crate::service::kdf::Overloaded;
use crate::store::attachments::NewAttachment;
use crate::store::records::NewRecord;
use crate::store::whatsapp::Talk;
use crate::store::{self, Tx};
use crate::vault::attachment::DescribedAttachment;
use crate::vault::cookie::CookieToken;
use crate::vault::transit::{TransitContent, TransitKey, TransitPurpose};

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
pub struct Waiting {
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
pub enum Act {
    /// A report with the files that wait under the token.
    Submit(Box<Prepared>, CookieToken),
    /// Something that the reporter writes to the area.
    Write(CaseId, NewRecord),
    /// Files that the reporter adds to the case.
    AddFiles(CaseId, Vec<u8>, Vec<NewAttachment>),
    /// A file that arrived for this message goes to whom it is for: its id, from, to, its description anew.
    Adopt(AttachmentId, Vec<u8>, Vec<u8>, Vec<u8>),
    /// The person decided about a file: its id, its owner, its description anew; without one it goes.
    Decide(AttachmentId, Vec<u8>, Option<Vec<u8>>),
    /// Whatever waits under the token goes.
    Discard(CookieToken),
    /// The reporter wants to be told at this sealed address, or no longer.
    TellMe(CaseId, Vec<u8>),
    DontTellMe(CaseId),
}

/// What a message to a person says, sealed when it is stored, and whether a later prompt may take its place.
#[derive(Debug)]
pub struct Said {
    pub body: Zeroizing<Vec<u8>>,
    pub is_prompt: bool,
}

/// A message that waits to be sent.
#[derive(Debug)]
pub struct Unsent {
    pub cursor: Cursor,
    pub person: Vec<u8>,
    pub attempts: i64,
    pub next_at: i64,
    /// None when it does not open any more.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

impl Conversations {
    /// Puts notifications at the end of the queue. When this returns, they are on the disk.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full, [`Error::Store`].
    pub async fn queue_notifications(&self, bodies: &[Vec<u8>]) -> Result<()> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let today = &keys[0];
        let mut rng = self.randomness.generator();
        let sealed: Vec<_> = bodies
            .iter()
            .map(|body| {
                let id = QueuedId::random(&mut rng);
                let sealed = today.seal(TransitContent::Notification, id.as_bytes(), body, &mut rng);
                (id, today.day(), sealed)
            })
            .collect();
        let sealed = &sealed;
        self.db
            .write("queue_notifications", |mut tx| async move {
                if store::whatsapp::queued(&mut tx).await? >= QUEUE {
                    return Err(Error::Overloaded(Overloaded));
                }
                store::whatsapp::queue(&mut tx, sealed).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// The notifications that wait after a place, in the order of their arrival.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn waiting_notifications(&self, after: Cursor, limit: i64) -> Result<Vec<Waiting>> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let mut tx = self.db.read().await?;
        let rows = store::whatsapp::notifications(&mut tx, after, limit).await?;
        drop(tx);
        let waiting = rows.into_iter().map(|row| Waiting {
            cursor: (row.place, row.id),
            body: opened(
                &keys,
                row.day,
                TransitContent::Notification,
                row.id.as_bytes(),
                &row.body,
            ),
        });
        Ok(waiting.collect())
    }

    /// Notifications are worked off: they are wiped.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn forget_notifications(&self, ids: &[QueuedId]) -> Result<()> {
        self.db
            .write("forget_notifications", |mut tx| async move {
                for id in ids {
                    store::whatsapp::forget_notification(&mut tx, *id).await?;
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
    pub async fn conversation(&self, person: &str, message: &str) -> Result<Option<Conversation>> {
        let (talk, seen) = (
            self.transit_keys(TransitPurpose::Conversation).await?,
            self.transit_keys(TransitPurpose::Deduplication).await?,
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
            let Some(row) = store::whatsapp::talk(&mut tx, &hash, self.clock.now()).await? else {
                continue;
            };
            conversation.body = key.unseal(TransitContent::Conversation, &hash, &row.body).ok();
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
    pub async fn answer(
        &self,
        conversation: &Conversation,
        talk: Option<Zeroizing<Vec<u8>>>,
        said: &[Said],
        acts: &[Act],
    ) -> Result<bool> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let today = &keys[0];
        let seen_on = self.transit_keys(TransitPurpose::Deduplication).await?[0].day();
        let mut rng = self.randomness.generator();
        let person = conversation.person;
        let talk = talk.map(|body| Talk {
            person: person.to_vec(),
            day: today.day(),
            body: today.seal(TransitContent::Conversation, &person, &body, &mut rng),
            revision: conversation.before.as_ref().map_or(1, |(_, revision)| revision + 1),
        });
        let said: Vec<(QueuedId, Vec<u8>, bool)> = said
            .iter()
            .map(|said| {
                let id = QueuedId::random(&mut rng);
                let sealed = today.seal(TransitContent::Outgoing, id.as_bytes(), &said.body, &mut rng);
                (id, sealed, said.is_prompt)
            })
            .collect();
        let (now, day) = (self.clock.now(), today.day());
        let (talk, said, person) = (&talk, &said, &person);
        let happened = self
            .db
            .write("answer_message", |mut tx| async move {
                if !store::whatsapp::mark_seen(&mut tx, &conversation.seen, seen_on).await? {
                    return Ok(false);
                }
                for act in acts {
                    self.perform(&mut tx, act).await?;
                }
                if let Some(talk) = talk {
                    let before = conversation.before.as_ref();
                    let before = before.map(|(person, revision)| (person.as_slice(), *revision));
                    let expires = round_up(now + DRAFT_LIFETIME_SECONDS, HOUR);
                    if !store::whatsapp::put_talk(&mut tx, before, talk, (now, expires)).await? {
                        return Err(Error::Conflict);
                    }
                }
                if !said.is_empty() {
                    // What waits since yesterday still goes first, or gives way.
                    for formerly in &conversation.formerly {
                        store::whatsapp::readdress_outgoing(&mut tx, formerly, person).await?;
                    }
                }
                for (id, sealed, is_prompt) in said {
                    store::whatsapp::say(&mut tx, *id, person, (day, sealed), *is_prompt, now).await?;
                }
                tx.commit().await?;
                Ok(true)
            })
            .await;
        self.count(acts, &happened);
        happened
    }

    /// Counts the reports among what a message brought about.
    fn count(&self, acts: &[Act], happened: &Result<bool>) {
        let reports = acts.iter().filter(|act| matches!(act, Act::Submit(..))).count() as u64;
        let outcome = match happened {
            Ok(true) => Outcome::Submitted,
            // The message is heard again.
            Ok(false) | Err(Error::Conflict) => return,
            Err(_) => Outcome::Failed,
        };
        self.metrics.count_reports(Channel::Whatsapp, outcome, reports);
    }

    async fn perform(&self, tx: &mut Tx, act: &Act) -> Result<()> {
        match act {
            Act::Submit(prepared, token) => {
                self.intake
                    .insert_report(tx, prepared, &token_hash(self.instance, token))
                    .await?
            }
            Act::Write(case, record) => {
                reporter_adds(tx, *case, record.day).await?;
                store::records::append(tx, *case, record).await?;
            }
            Act::AddFiles(case, owner, files) => {
                reporter_adds(tx, *case, self.clock.today()).await?;
                conflict_if_missing(store::attachments::keep(tx, *case, owner, files).await)?;
            }
            Act::Adopt(id, from, to, body) => {
                if !store::attachments::adopt(tx, *id, from, to, body).await? {
                    return Err(Error::Conflict);
                }
            }
            Act::Decide(id, owner, Some(body)) => {
                store::attachments::describe(tx, *id, owner, body).await?;
            }
            Act::Decide(id, owner, None) => {
                store::attachments::mark_for_deletion(tx, *id, owner).await?;
            }
            Act::Discard(token) => {
                store::attachments::mark_all_for_deletion(tx, &token_hash(self.instance, token)).await?;
            }
            Act::TellMe(case, file) => {
                store::notices::put_contact(tx, *case, NoticeChannel::Whatsapp, file).await?;
            }
            Act::DontTellMe(case) => {
                store::notices::forget_contact(tx, *case, NoticeChannel::Whatsapp).await?;
            }
        }
        Ok(())
    }

    /// [`Act::AddFiles`] of what waits for a reporter who came back.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is none, or one is undecided.
    pub fn adding(&self, who: &Returning, owner: &CookieToken, files: &[DescribedAttachment]) -> Result<Act> {
        let new = self.attachments.sealed_files(who, files)?;
        Ok(Act::AddFiles(who.case, token_hash(self.instance, owner), new))
    }

    /// [`Act::Adopt`]: a file that waits under one token goes on under another.
    pub fn adopting(&self, file: &DescribedAttachment, from: &CookieToken, to: &CookieToken) -> Act {
        let body = self.attachments.seal_waiting(to, file.id, &file.content);
        Act::Adopt(
            file.id,
            token_hash(self.instance, from),
            token_hash(self.instance, to),
            body,
        )
    }

    /// [`Act::Decide`]: the person wants a file sent that nobody could clean, or taken away.
    pub fn deciding(&self, file: &DescribedAttachment, owner: &CookieToken, keep: bool) -> Act {
        let decided = keep.then(|| self.attachments.seal_waiting(owner, file.id, &file.unchanged().content));
        Act::Decide(file.id, token_hash(self.instance, owner), decided)
    }

    /// [`Act::Submit`] of a complete draft: its words are drawn, all is sealed, nothing is stored yet.
    ///
    /// # Errors
    /// As [`crate::service::intake::Intake::submit`].
    pub async fn submission(&self, draft: &Draft, token: CookieToken) -> Result<Act> {
        let prepared = self.intake.prepare_report(draft, Channel::Whatsapp).await?;
        Ok(Act::Submit(Box::new(prepared), token))
    }

    /// [`Act::Write`] of a message from a reporter who came back.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty or overlong text.
    pub fn writing(&self, who: &Returning, text: &str) -> Result<Act> {
        Ok(Act::Write(who.case, self.follow_up.seal_message(who, text)?))
    }

    /// [`Act::TellMe`], with the address sealed to the notifier.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the address is too long.
    pub fn telling(&self, case: CaseId, address: &str) -> Result<Act> {
        let file = self
            .notifications
            .seal_contact(case, NoticeChannel::Whatsapp, address)?;
        Ok(Act::TellMe(case, file))
    }

    /// The messages that wait to be sent after a place, in order.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn unsent(&self, after: Cursor, limit: i64) -> Result<Vec<Unsent>> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let mut tx = self.db.read().await?;
        let rows = store::whatsapp::outgoing(&mut tx, after, limit).await?;
        drop(tx);
        let unsent = rows.into_iter().map(|row| Unsent {
            cursor: (row.place, row.id),
            body: opened(&keys, row.day, TransitContent::Outgoing, row.id.as_bytes(), &row.body),
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
    pub async fn about_to_say(&self, id: QueuedId, next_at: i64) -> Result<bool> {
        self.db
            .write("claim_outbound", |mut tx| async move {
                let needed = store::whatsapp::try_outgoing(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(needed)
            })
            .await
    }

    /// A message is tried again at `next_at`.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn say_again(&self, id: QueuedId, next_at: i64) -> Result<()> {
        self.db
            .write("postpone_outbound", |mut tx| async move {
                store::whatsapp::put_off_outgoing(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// A message was taken, or never will be: it is wiped.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn said(&self, id: QueuedId) -> Result<()> {
        self.db
            .write("delete_outbound", |mut tx| async move {
                store::whatsapp::forget_outgoing(&mut tx, id).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

fn opened(
    keys: &[TransitKey],
    day: crate::domain::day::Day,
    what: TransitContent,
    place: &[u8],
    body: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = keys.iter().find(|key| key.day() == day)?;
    key.unseal(what, place, body).ok()
}

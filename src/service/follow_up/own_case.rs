//! The case as its reporter sees it, and what they add to it.

use zeroize::Zeroizing;

use super::additions::{AdditionError, reporter_adds};
use super::part::FollowUp;
use super::returning::Returning;
use crate::domain::day::Day;
use crate::domain::facets::{RecordKind, Verdict};
use crate::domain::ids::{AttachmentId, RecordId};
use crate::domain::state::UnsealState;
use crate::service::error::{Error, InvalidReason, Result};
use crate::store;
use crate::store::cases::Case;
use crate::store::identity_requests::IdentityRequest;
use crate::store::records::NewRecord;
use crate::vault::attachment::DescribedAttachment;
use crate::vault::content::{Attachment, Message, Narrative};
use crate::vault::envelope::{Author, Via};
use crate::vault::record::{self, ContentKind, RecordContext};
use crate::witness::statement::{OpeningStatement, Statement as _};

/// Longest message of a reporter, in characters.
pub const MAX_MESSAGE_CHARS: usize = 10_000;

/// One message of the conversation, from either side.
#[derive(Debug)]
pub struct Line {
    pub mine: bool,
    pub day: Day,
    /// None if it does not open or its author did not sign it: somebody has changed it.
    pub text: Option<Zeroizing<String>>,
}

/// A file of the case, from either side.
#[derive(Debug)]
pub struct OwnFile {
    pub id: AttachmentId,
    pub mine: bool,
    pub day: Day,
    /// None if it does not open or its author did not sign it: somebody has changed it.
    pub content: Option<Attachment>,
}

/// One opening of the identity, in the detail that the reporter learns.
#[derive(Debug)]
pub struct Opening {
    pub day: Day,
    /// The purpose's class, a code of the profile.
    pub class: String,
    pub state: UnsealState,
    pub verdict: Option<Verdict>,
    /// True if the opened version was corrected later.
    pub is_of_earlier: bool,
}

/// A case as its reporter sees it.
#[derive(Debug)]
pub struct OwnCase {
    pub case: Case,
    /// None if it does not open: somebody has changed it.
    pub narrative: Option<Narrative>,
    pub conversation: Vec<Line>,
    pub files: Vec<OwnFile>,
    /// Files that have arrived and are not sent yet.
    pub waiting: Vec<DescribedAttachment>,
    pub openings: Vec<Opening>,
    /// The reporter's requests about their own data, oldest first.
    pub requests: Vec<IdentityRequest>,
    /// False if the reporter gave no identity, which some kinds of report allow.
    pub has_identity: bool,
    /// The identity was erased.
    pub identity_erased: bool,
    /// True if the case names this reporter's key, and every version of the identity is there as this key signed it.
    /// False means that somebody exchanged a version or took one away.
    pub is_intact: bool,
}

/// The witness's own statement about the openings of a case.
#[derive(Debug)]
pub struct Stated {
    pub count: u64,
    pub time: i64,
    /// The signed note.
    pub note: String,
}

impl FollowUp {
    /// Opens the reporter's own case with the session's key.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the case is gone.
    pub async fn own_case(&self, who: &Returning) -> Result<OwnCase> {
        let mut tx = self.db.read().await?;
        let case = store::cases::by_id(&mut tx, who.case).await?.ok_or(Error::NotFound)?;
        let records = store::records::of_case(&mut tx, who.case).await?;
        let unseals = store::desk::unseals_of(&mut tx, who.case).await?;
        let versions = store::seals::of_case(&mut tx, who.case).await?;
        let requests = store::identity_requests::of_case(&mut tx, who.case).await?;
        let attachments = store::attachments::of_case(&mut tx, who.case).await?;
        let waiting = self.attachments.waiting_in(&mut tx, &who.token).await?;
        drop(tx);
        let reporter = who.signing.verify_key();
        let open = |id: RecordId, kind: ContentKind, body: &[u8]| {
            let place = RecordContext {
                instance: self.instance,
                case: who.case,
                record: id,
                kind,
            };
            let envelope = record::open(&who.shared, &place, body).ok()?;
            let keys = match envelope.author() {
                Author::Reporter => vec![reporter],
                Author::Staff(id) => self.rosters.author_keys(id),
            };
            let signed = keys.iter().any(|key| record::verify(&envelope, &place, key).is_ok());
            signed.then_some(envelope)
        };
        let mut narrative = None;
        let mut conversation = Vec::new();
        for row in &records {
            match row.kind {
                RecordKind::Narrative => {
                    narrative =
                        open(row.id, ContentKind::Narrative, &row.body).and_then(|envelope| envelope.content().ok());
                }
                RecordKind::Message => {
                    let envelope = open(row.id, ContentKind::Message, &row.body);
                    let mine = envelope
                        .as_ref()
                        .map_or(row.author == "reporter", |e| e.author() == Author::Reporter);
                    let message = envelope.and_then(|envelope| envelope.content::<Message>().ok());
                    let text = message.map(|message| Zeroizing::new(message.text().clone()));
                    conversation.push(Line {
                        mine,
                        day: row.day,
                        text,
                    });
                }
                RecordKind::SharedFields | RecordKind::Note | RecordKind::Reason => {}
            }
        }
        let files = attachments.iter().map(|row| {
            let opened = self.attachments.own_attachment(who, row);
            OwnFile {
                id: row.id,
                mine: opened
                    .as_ref()
                    .map_or(row.author == "reporter", |(author, _)| *author == Author::Reporter),
                day: row.day,
                content: opened.map(|(_, content)| content),
            }
        });
        let files = files.collect();
        let latest = versions.last();
        let openings = unseals
            .into_iter()
            .map(|unseal| Opening {
                day: Day::at(unseal.requested_at, &self.clock.zone()),
                class: unseal.class,
                state: unseal.state,
                verdict: unseal.verdict,
                is_of_earlier: unseal.seal_id.is_some() && unseal.seal_id != latest.map(|seal| seal.id),
            })
            .collect();
        // The row of a correction survives if somebody takes the corrected version away.
        let known = i64::try_from(versions.len()).unwrap_or(i64::MAX);
        let is_intact = case.reporter_verify_key == reporter.as_bytes()
            && self.identities.are_intact(&versions, &reporter)
            && requests
                .iter()
                .all(|request| request.version.is_none_or(|version| version <= known));
        Ok(OwnCase {
            case,
            narrative,
            conversation,
            files,
            waiting,
            openings,
            requests,
            has_identity: latest.is_some(),
            identity_erased: latest.is_some_and(|seal| seal.erased),
            is_intact,
        })
    }

    /// Writes a message to the area. The server signs for the reporter, and the record says so.
    ///
    /// # Errors
    /// [`AdditionError`]
    pub async fn write_as_reporter(&self, who: &Returning, text: &str) -> Result<(), AdditionError> {
        let new = &self.seal_message(who, text).map_err(AdditionError::Invalid)?;
        self.db
            .write("write_as_reporter", |mut tx| async move {
                reporter_adds(&mut tx, who.case, new.day).await?;
                store::records::append(&mut tx, who.case, new).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Seals a message from the reporter, unless it is empty or too long.
    pub(crate) fn seal_message(&self, who: &Returning, text: &str) -> Result<NewRecord, InvalidReason> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAX_MESSAGE_CHARS {
            return Err(InvalidReason::MessageLength);
        }
        let mut rng = self.randomness.generator();
        let place = RecordContext {
            instance: self.instance,
            case: who.case,
            record: RecordId::random(&mut rng),
            kind: ContentKind::Message,
        };
        let message = Message::new(text.to_owned());
        let author = (Author::Reporter, Via::Server);
        Ok(NewRecord {
            id: place.record,
            kind: RecordKind::Message,
            author: Author::Reporter.to_string(),
            day: self.clock.today(),
            at: None,
            body: record::seal(&who.shared, &place, author, &message, &who.signing, &mut rng),
        })
    }

    /// Returns true while the case is open, so that its reporter can add to it.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn may_add_files(&self, who: &Returning) -> Result<bool> {
        let mut tx = self.db.read().await?;
        let case = store::cases::by_id(&mut tx, who.case).await?;
        Ok(case.is_some_and(|case| case.state.is_open()))
    }

    /// Asks the witness about the openings of a case. Returns none if it does not answer or its signature is wrong;
    /// the page says so.
    pub async fn opening_statement(&self, own: &OwnCase) -> Option<Stated> {
        let note = self.witness.opening_statement(own.case.id).await.ok()?;
        let statement = OpeningStatement::verify(&note.0, self.instance, &self.keys.witness).ok()?;
        if statement.case != own.case.id {
            return None;
        }
        Some(Stated {
            count: statement.count,
            time: statement.time,
            note: String::from_utf8(note.0).ok()?,
        })
    }
}

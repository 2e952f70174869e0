//! Staff of the demo at work: analysts open and seal with real keys, as the browser would.

use std::collections::HashMap;

use crate::cli::CommandError;
use crate::domain::facets::{KeyName, RecordKind};
use crate::domain::ids::{CaseId, LetterId, RecordId, StaffId};
use crate::domain::state::State;
use crate::service::App;
use crate::service::casework::Sealed;
use crate::service::casework::recusal::Stated;
use crate::service::people::Sponsor;
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::cases::CaseKey;
use crate::vault::agefile::{Identity, Recipient};
use crate::vault::casekeys;
use crate::vault::content::{Content, Message, Note, Reason, RecusalReason, ValidationRequest};
use crate::vault::envelope::{Author, Via};
use crate::vault::letter::{self, LetterContext, LetterKind};
use crate::vault::record::{self, ContentKind, RecordContext};
use crate::vault::recusal::{self, RecusalPayload};
use crate::vault::signing::SigningKey;
use crate::vault::staffkeys::{self, StaffKeys};

/// One thing that an analyst does.
pub(super) enum Step {
    Message(&'static str),
    Note(&'static str),
    State(State, &'static str),
    AskValidation(&'static str),
    /// Works on it no more: a code of the reason, and words.
    Recuse(&'static str, &'static str),
}

/// A member with opened keys.
pub(super) struct Hand {
    member: Member,
    keys: StaffKeys,
    areas: HashMap<String, Identity>,
}

impl Hand {
    pub(super) async fn of(app: &App, email: &str, password: &str) -> Result<Self, CommandError> {
        let (id, keys) = app.people.open_sponsor(&Sponsor { email, password }).await?;
        let mut tx = app.db.read().await?;
        let staff = store::staff::by_id(&mut tx, id)
            .await?
            .ok_or("a member who was just added is gone")?;
        let mut areas = HashMap::new();
        for membership in store::roster::memberships(&mut tx, id).await? {
            let version = membership.version.unsigned_abs();
            let identity = staffkeys::unwrap_area(
                &membership.wrapped,
                app.instance,
                &membership.area,
                version,
                &keys.identity,
            )?;
            areas.insert(membership.area, identity);
        }
        let member = Member {
            id,
            name: staff.name,
            email: staff.email,
            role: staff.role,
            language: staff.language,
            areas: areas.keys().cloned().collect(),
            token_hash: Vec::new(),
            reauthenticated_at: app.now(),
        };
        Ok(Self { member, keys, areas })
    }

    pub(super) const fn id(&self) -> StaffId {
        self.member.id
    }

    /// The member, with the password typed just now.
    pub(super) fn member(&self, app: &App) -> Member {
        Member {
            reauthenticated_at: app.now(),
            ..self.member.clone()
        }
    }

    pub(super) const fn signing(&self) -> &SigningKey {
        &self.keys.signing
    }

    pub(super) async fn works_on(&self, app: &App, case: CaseId) -> Result<bool, CommandError> {
        let mut tx = app.db.read().await?;
        let case = store::cases::by_id(&mut tx, case).await?.ok_or("no such case")?;
        Ok(self.areas.contains_key(&case.area))
    }

    pub(super) async fn does(&self, app: &App, case: CaseId, step: &Step) -> Result<(), CommandError> {
        let opened = app.casework.open_case(&self.member, case).await?;
        let area = &self.areas[&opened.case.area];
        match step {
            Step::Message(text) => {
                let content = Message::new((*text).to_owned());
                let sealed = self.seal(app, case, area, &opened.shared, RecordKind::Message, &content)?;
                app.casework.write_message(&self.member, case, sealed).await?;
            }
            Step::Note(text) => {
                let content = Note::new((*text).to_owned());
                let sealed = self.seal(app, case, area, &opened.staff, RecordKind::Note, &content)?;
                app.casework.write_note(&self.member, case, sealed).await?;
            }
            Step::State(to, why) => {
                let from = opened.case.state;
                let content = Reason::new(from.to_string(), to.to_string(), (*why).to_owned());
                let sealed = self.seal(app, case, area, &opened.staff, RecordKind::Reason, &content)?;
                app.casework
                    .change_state(&self.member, case, (from, *to), sealed)
                    .await?;
            }
            Step::AskValidation(text) => {
                let letter = LetterId::random(&mut app.randomness.generator());
                let roster = app.rosters.current()?;
                let desk = roster.area(roster.desk()).ok_or("no desk")?;
                let content = ValidationRequest::new((*text).to_owned());
                let kind = LetterKind::ValidationRequest;
                let file = self.letters(app, case, (letter, kind), &content, &[desk]).remove(0);
                app.casework
                    .request_validation(&self.member, case, letter, file)
                    .await?;
            }
            Step::Recuse(class, text) => {
                let letter = LetterId::random(&mut app.randomness.generator());
                let content = RecusalReason::new((*class).to_owned(), (*text).to_owned());
                let to = [&area.recipient()];
                let file = self
                    .letters(app, case, (letter, LetterKind::Recusal), &content, &to)
                    .remove(0);
                let payload = RecusalPayload {
                    instance: app.instance,
                    case,
                    member: self.member.id,
                    letter,
                    time: app.now(),
                };
                let payload = payload.to_bytes();
                let stated = Stated {
                    signature: recusal::sign(app.instance, &payload, &self.keys.signing),
                    payload,
                    letter: file,
                };
                app.casework.recuse(&self.member, case, stated).await?;
            }
        }
        Ok(())
    }

    /// One letter, to each of several readers.
    pub(super) fn letters(
        &self,
        app: &App,
        case: CaseId,
        (letter, kind): (LetterId, LetterKind),
        content: &impl Content,
        to: &[&Recipient],
    ) -> Vec<Vec<u8>> {
        let place = LetterContext {
            instance: app.instance,
            case,
            letter,
            kind,
        };
        let author = (Author::Staff(self.member.id), Via::CommandLine);
        letter::seal(&place, author, content, &self.keys.signing, to)
    }

    fn seal(
        &self,
        app: &App,
        case: CaseId,
        area: &Identity,
        key: &CaseKey,
        kind: RecordKind,
        content: &impl Content,
    ) -> Result<Sealed, CommandError> {
        let (kind, name) = match kind {
            RecordKind::Note => (ContentKind::Note, KeyName::Staff),
            RecordKind::Reason => (ContentKind::Reason, KeyName::Staff),
            _ => (ContentKind::Message, KeyName::Shared),
        };
        let mut rng = app.randomness.generator();
        let parent = casekeys::unwrap(&key.file, name, key.version.unsigned_abs(), app.instance, case, area)?;
        let place = RecordContext {
            instance: app.instance,
            case,
            record: RecordId::random(&mut rng),
            kind,
        };
        let author = (Author::Staff(self.member.id), Via::CommandLine);
        let body = record::seal(&parent, &place, author, content, &self.keys.signing, &mut rng);
        Ok(Sealed::new(place.record, body)?)
    }
}

//! A signed-in member of staff of the demo: does with real keys what the browser would do.

use std::collections::HashMap;

use crate::cli::demo::error::DemoError;
use crate::domain::facets::{KeyName, RecordKind};
use crate::domain::ids::{CaseId, LetterId, RecordId, StaffId};
use crate::service::App;
use crate::service::casework::Sealed;
use crate::service::people::Sponsor;
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::cases::CaseKey;
use crate::vault::agefile::{Identity, Recipient};
use crate::vault::casekeys;
use crate::vault::content::Content;
use crate::vault::envelope::{Author, Via};
use crate::vault::letter::{self, LetterContext, LetterKind};
use crate::vault::record::{self, ContentKind, RecordContext};
use crate::vault::signing::SigningKey;
use crate::vault::staffkeys::{self, StaffKeys};

/// A member with opened keys.
pub(super) struct StaffClient {
    member: Member,
    keys: StaffKeys,
    areas: HashMap<String, Identity>,
}

impl StaffClient {
    pub(super) async fn sign_in(app: &App, email: &str, password: &str) -> Result<Self, DemoError> {
        let (id, keys) = app.people.open_sponsor(&Sponsor { email, password }).await?;
        let mut tx = app.db().read().await?;
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
            role: Some(staff.role),
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
    pub(super) fn reauthenticated(&self, app: &App) -> Member {
        Member {
            reauthenticated_at: app.now(),
            ..self.member.clone()
        }
    }

    /// The member as they signed in.
    pub(super) const fn member_ref(&self) -> &Member {
        &self.member
    }

    /// The identities of the member's areas.
    pub(super) const fn areas(&self) -> &HashMap<String, Identity> {
        &self.areas
    }

    pub(super) const fn signing(&self) -> &SigningKey {
        &self.keys.signing
    }

    pub(super) async fn works_on(&self, app: &App, case: CaseId) -> Result<bool, DemoError> {
        let mut tx = app.db().read().await?;
        let case = store::cases::by_id(&mut tx, case).await?.ok_or("no such case")?;
        Ok(self.areas.contains_key(&case.area))
    }

    /// Seals one letter to each of several readers.
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

    pub(super) fn seal(
        &self,
        app: &App,
        case: CaseId,
        area: &Identity,
        key: &CaseKey,
        kind: RecordKind,
        content: &impl Content,
    ) -> Result<Sealed, DemoError> {
        let (kind, name) = match kind {
            RecordKind::Note => (ContentKind::Note, KeyName::Staff),
            RecordKind::Reason => (ContentKind::Reason, KeyName::Staff),
            _ => (ContentKind::Message, KeyName::Shared),
        };
        let mut rng = app.randomness().generator();
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

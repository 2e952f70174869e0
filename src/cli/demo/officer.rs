//! The officer of the demo: sends the same requests as a browser. It opens nothing; every answer stays sealed.

use crate::cli::demo::error::DemoError;
use crate::cli::demo::staff_client::StaffClient;
use crate::domain::desk::{Outcome, RequestKind, RequestState};
use crate::domain::facets::Verdict;
use crate::domain::ids::{CaseId, CheckingId, LetterId, UnsealId};
use crate::domain::role::Role;
use crate::domain::state::UnsealState;
use crate::service::App;
use crate::service::unseal::checks::RecordedCheck;
use crate::service::unseal::submission::{PurposeLetter, UnsealSubmission};
use crate::service::unseal::verdict::VerdictSubmission;
use crate::store;
use crate::vault::agefile::Identity;
use crate::vault::checking::CheckPayload;
use crate::vault::content::{CheckNote, Purpose, VerdictChecks};
use crate::vault::erasure::ErasurePayload;
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::letter::LetterKind;
use crate::vault::secret::Key32;
use crate::vault::unseal::{self, UnsealRequest, commit_purpose};
use crate::vault::verdict::{StateChange, VerdictPayload};

/// One action of the officer.
pub(super) enum OfficerAction {
    /// Asks for the identity, and has it released.
    Unseal(&'static str),
    /// A check or an attempt to reach the person: a code of the profile, what came of it, and a note.
    Check(&'static str, Outcome, Option<&'static str>),
    Verdict(Verdict, &'static str),
    /// Decides on a request to erase the identity, for a reason of the profile.
    Decide(&'static str),
}

/// The purpose class of a validation.
const VALIDATION_PURPOSE: &str = "validacion";

/// Returns the hash of the newest manifest of a case's identity.
async fn newest_manifest(app: &App, case: CaseId) -> Result<Hash32, DemoError> {
    let mut tx = app.db().read().await?;
    let seal = store::seals::latest(&mut tx, case)
        .await?
        .ok_or("there is no identity")?;
    Ok(Hash32::from_slice(&seal.manifest_hash)?)
}

impl StaffClient {
    pub(super) async fn perform_officer_action(
        &self,
        app: &App,
        case: CaseId,
        action: &OfficerAction,
    ) -> Result<(), DemoError> {
        match action {
            OfficerAction::Unseal(text) => self.unseal(app, case, text).await,
            OfficerAction::Check(what, outcome, note) => self.note_check(app, case, (what, *outcome, *note)).await,
            OfficerAction::Verdict(verdict, text) => self.state_verdict(app, case, (*verdict, text)).await,
            OfficerAction::Decide(reason) => self.decide_erasure(app, case, reason).await,
        }
    }

    async fn unseal(&self, app: &App, case: CaseId, text: &str) -> Result<(), DemoError> {
        let roster = app.rosters.current()?;
        let mut rng = app.randomness().generator();
        let salt = CommitmentSalt::random(&mut rng);
        let request = UnsealRequest {
            instance: app.instance,
            case,
            manifest: newest_manifest(app, case).await?,
            roster: roster.hash(),
            class: VALIDATION_PURPOSE.into(),
            commitment: commit_purpose(app.instance, &salt, text),
            nonce: Key32::random(&mut rng).expose()[..16].to_vec(),
            recipient: Identity::from_scalar(Key32::random(&mut rng)).recipient(),
            officer: self.id(),
            time: app.now(),
        };
        let salt = serde_json::to_value(salt)?;
        let salt = salt.as_str().ok_or("a salt is a text")?;
        let purpose = Purpose::new(VALIDATION_PURPOSE.into(), text.into(), salt.into());
        let readers: Vec<_> = [Role::Auditor, Role::Officer]
            .into_iter()
            .flat_map(|role| roster.with_role(role))
            .collect();
        let mut to = vec![roster.witness_recipient()];
        to.extend(readers.iter().map(|reader| &reader.recipient));
        let id = LetterId::random(&mut rng);
        let mut files = self.letters(app, case, (id, LetterKind::Purpose), &purpose, &to);
        let letters = files.split_off(1);
        let witness_letter = files.remove(0);
        let signed = request.to_bytes();
        let submission = UnsealSubmission {
            signature: unseal::sign(app.instance, &signed, self.signing()),
            request: signed,
            letters: (readers.iter().zip(letters))
                .map(|(reader, file)| PurposeLetter {
                    id,
                    to: reader.id,
                    file,
                })
                .collect(),
            witness_letter,
        };
        app.unseals
            .request_unseal(&self.reauthenticated(app), case, submission)
            .await?;
        Ok(())
    }

    /// Returns the released unseal that has no verdict yet.
    async fn open_unseal(&self, app: &App, case: CaseId) -> Result<UnsealId, DemoError> {
        let mut tx = app.db().read().await?;
        let unseals = store::desk::unseals_of(&mut tx, case).await?;
        let undecided = unseals
            .into_iter()
            .find(|one| one.state == UnsealState::Released && one.verdict.is_none());
        Ok(undecided.ok_or("nothing is open")?.id)
    }

    async fn note_check(
        &self,
        app: &App,
        case: CaseId,
        (what, outcome, note): (&str, Outcome, Option<&str>),
    ) -> Result<(), DemoError> {
        let unseal = self.open_unseal(app, case).await?;
        let id = LetterId::random(&mut app.randomness().generator());
        let roster = app.rosters.current()?;
        let desk = roster.area(roster.desk()).ok_or("no desk")?;
        let note = note.map(|text| {
            let content = CheckNote::new(text.to_owned());
            self.letters(app, case, (id, LetterKind::CheckNote), &content, &[desk])
                .remove(0)
        });
        let now = app.now();
        let signed = self.sign(&CheckPayload {
            instance: app.instance,
            case,
            unseal,
            check: CheckingId::try_from(id.as_uuid())?,
            what: what.into(),
            outcome,
            made_at: now - now.rem_euclid(60),
            previous: app.unseals.desk_case(self.id(), case).await?.newest_of_unseal,
            member: self.id(),
            time: now,
        });
        let check = RecordedCheck { signed, note };
        app.unseals
            .note_check(&self.reauthenticated(app), unseal, check)
            .await?;
        Ok(())
    }

    async fn state_verdict(&self, app: &App, case: CaseId, (verdict, text): (Verdict, &str)) -> Result<(), DemoError> {
        let unseal = self.open_unseal(app, case).await?;
        let roster = app.rosters.current()?;
        let desk = roster.area(roster.desk()).ok_or("no desk")?;
        let (profile, mut tx) = (app.profile(), app.db().read().await?);
        let from = store::cases::by_id(&mut tx, case).await?.ok_or("no such case")?.state;
        drop(tx);
        let to = profile.verdicts.rule(verdict).next(from);
        let signed = self.sign(&VerdictPayload {
            instance: app.instance,
            case,
            unseal,
            verdict,
            state: to.map(|to| StateChange { from, to }),
            previous: app.unseals.desk_case(self.id(), case).await?.newest_act,
            member: self.id(),
            time: app.now(),
        });
        let content = VerdictChecks::new(Vec::new().into(), text.to_owned());
        let id = LetterId::try_from(unseal.as_uuid())?;
        let letter = self
            .letters(app, case, (id, LetterKind::VerdictChecks), &content, &[desk])
            .remove(0);
        let submission = VerdictSubmission {
            verdict,
            signed,
            letter,
        };
        app.unseals
            .state_verdict(&self.reauthenticated(app), unseal, submission)
            .await?;
        Ok(())
    }

    async fn decide_erasure(&self, app: &App, case: CaseId, reason: &str) -> Result<(), DemoError> {
        let mut tx = app.db().read().await?;
        let requests = store::identity_requests::of_case(&mut tx, case).await?;
        drop(tx);
        let request = requests
            .into_iter()
            .find(|request| request.kind == RequestKind::Erasure && request.state == RequestState::Open)
            .ok_or("nobody asked to erase it")?;
        let profile = app.profile();
        let known = profile.erasure_reason(reason).ok_or("no such reason")?;
        let signed = self.sign(&ErasurePayload {
            instance: app.instance,
            case,
            request: request.id,
            decision: known.decision,
            reason: reason.into(),
            manifest: newest_manifest(app, case).await?,
            time: app.now(),
        });
        app.identities
            .decide_erasure(&self.reauthenticated(app), case, signed)
            .await?;
        Ok(())
    }
}

//! The officer of the demo at work: what their browser would send. It opens nothing: what comes back stays sealed.

use super::hands::Hand;
use crate::cli::CommandError;
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
use crate::vault::content::{CheckNote, Purpose, VerdictChecks};
use crate::vault::erasure::ErasurePayload;
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::letter::LetterKind;
use crate::vault::payload::Payload as _;
use crate::vault::secret::Key32;
use crate::vault::unseal::{self, UnsealRequest, commit_purpose};
use crate::vault::verdict::VerdictPayload;

/// One thing that the officer does.
pub(super) enum Act {
    /// Asks for the identity, and has it released.
    Unseal(&'static str),
    /// A check or an attempt to reach the person: a code of the profile, what came of it, and a note.
    Check(&'static str, Outcome, Option<&'static str>),
    Verdict(Verdict, &'static str),
    /// Decides on a request to erase the identity, for a reason of the profile.
    Decide(&'static str),
}

/// What validations are for.
const VALIDATION: &str = "validacion";

/// The newest version of a case's identity, by its manifest's hash.
async fn newest(app: &App, case: CaseId) -> Result<Hash32, CommandError> {
    let mut tx = app.db.read().await?;
    let seal = store::seals::latest(&mut tx, case)
        .await?
        .ok_or("there is no identity")?;
    Ok(Hash32::from_slice(&seal.manifest_hash)?)
}

impl Hand {
    pub(super) async fn acts(&self, app: &App, case: CaseId, act: &Act) -> Result<(), CommandError> {
        match act {
            Act::Unseal(text) => self.unseals(app, case, text).await,
            Act::Check(what, outcome, note) => self.checks(app, case, (what, *outcome, *note)).await,
            Act::Verdict(verdict, text) => self.states(app, case, (*verdict, text)).await,
            Act::Decide(reason) => self.decides(app, case, reason).await,
        }
    }

    async fn unseals(&self, app: &App, case: CaseId, text: &str) -> Result<(), CommandError> {
        let roster = app.rosters.current()?;
        let mut rng = app.randomness.generator();
        let salt = CommitmentSalt::random(&mut rng);
        let request = UnsealRequest {
            instance: app.instance,
            case,
            manifest: newest(app, case).await?,
            roster: roster.hash(),
            class: VALIDATION.into(),
            commitment: commit_purpose(app.instance, &salt, text),
            nonce: Key32::random(&mut rng).expose()[..16].to_vec(),
            recipient: Identity::from_scalar(Key32::random(&mut rng)).recipient(),
            officer: self.id(),
            time: app.now(),
        };
        let salt = serde_json::to_value(salt)?;
        let salt = salt.as_str().ok_or("a salt is a text")?;
        let purpose = Purpose::new(VALIDATION.into(), text.into(), salt.into());
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
        app.unseals.request_unseal(&self.member(app), case, submission).await?;
        Ok(())
    }

    /// The opening that has no verdict yet.
    async fn opening(&self, app: &App, case: CaseId) -> Result<UnsealId, CommandError> {
        let mut tx = app.db.read().await?;
        let unseals = store::desk::unseals_of(&mut tx, case).await?;
        let undecided = unseals
            .into_iter()
            .find(|one| one.state == UnsealState::Released && one.verdict.is_none());
        Ok(undecided.ok_or("nothing is open")?.id)
    }

    async fn checks(
        &self,
        app: &App,
        case: CaseId,
        (what, outcome, note): (&str, Outcome, Option<&str>),
    ) -> Result<(), CommandError> {
        let unseal = self.opening(app, case).await?;
        let id = LetterId::random(&mut app.randomness.generator());
        let roster = app.rosters.current()?;
        let desk = roster.area(roster.desk()).ok_or("no desk")?;
        let note = note.map(|text| {
            let content = CheckNote::new(text.to_owned());
            self.letters(app, case, (id, LetterKind::CheckNote), &content, &[desk])
                .remove(0)
        });
        let check = RecordedCheck {
            id: CheckingId::try_from(id.as_uuid())?,
            what: what.into(),
            outcome,
            at: app.now(),
            note,
        };
        Ok(app.unseals.note_check(&self.member(app), unseal, check).await?)
    }

    async fn states(&self, app: &App, case: CaseId, (verdict, text): (Verdict, &str)) -> Result<(), CommandError> {
        let unseal = self.opening(app, case).await?;
        let roster = app.rosters.current()?;
        let desk = roster.area(roster.desk()).ok_or("no desk")?;
        let payload = VerdictPayload {
            instance: app.instance,
            case,
            unseal,
            verdict,
            time: app.now(),
        };
        let content = VerdictChecks::new(Vec::new().into(), text.to_owned());
        let id = LetterId::try_from(unseal.as_uuid())?;
        let letter = self
            .letters(app, case, (id, LetterKind::VerdictChecks), &content, &[desk])
            .remove(0);
        let payload = payload.to_bytes();
        let submission = VerdictSubmission {
            verdict,
            signature: VerdictPayload::sign(app.instance, &payload, self.signing()),
            payload,
            letter,
        };
        app.unseals.state_verdict(&self.member(app), unseal, submission).await?;
        Ok(())
    }

    async fn decides(&self, app: &App, case: CaseId, reason: &str) -> Result<(), CommandError> {
        let mut tx = app.db.read().await?;
        let requests = store::identity_requests::of_case(&mut tx, case).await?;
        drop(tx);
        let request = requests
            .into_iter()
            .find(|request| request.kind == RequestKind::Erasure && request.state == RequestState::Open)
            .ok_or("nobody asked to erase it")?;
        let profile = app.profile();
        let known = profile.erasure_reason(reason).ok_or("no such reason")?;
        let payload = ErasurePayload {
            instance: app.instance,
            case,
            request: request.id,
            decision: known.decision,
            reason: reason.into(),
            manifest: newest(app, case).await?,
            time: app.now(),
        };
        let payload = payload.to_bytes();
        let signature = ErasurePayload::sign(app.instance, &payload, self.signing());
        app.identities
            .decide_erasure(&self.member(app), case, (payload, signature))
            .await?;
        Ok(())
    }
}

//! The officer of the demo: sends the same requests as a browser. It opens nothing; every answer stays sealed.

use crate::cli::demo::error::DemoError;
use crate::cli::demo::staff_client::StaffClient;
use crate::domain::desk::{Outcome, RequestKind, RequestState};
use crate::domain::facets::Verdict;
use crate::domain::ids::{CaseId, CheckingId, LetterId, UnsealId};
use crate::domain::state::UnsealState;
use crate::service::App;
use crate::service::unseal::checks::RecordedCheck;
use crate::service::unseal::submission::{PurposeLetter, UnsealSubmission};
use crate::service::unseal::verdict::VerdictSubmission;
use crate::store;
use crate::vault::agefile::Identity;
use crate::vault::content::{CheckNote, Purpose, VerdictChecks};
use crate::vault::erasure::{ErasurePayload, ErasureRequest};
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::letter::LetterKind;
use crate::vault::payload::Payload as _;
use crate::vault::secret::Key32;
use crate::vault::unseal::{self, Answers, AskedBy, UnsealRequest, commit_purpose};
use crate::vault::validation::validation_request_hash;
use crate::vault::verdict::VerdictPayload;

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
    let mut tx = app.db.read().await?;
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
        let mut rng = app.randomness.generator();
        let salt = CommitmentSalt::random(&mut rng);
        let mut tx = app.db.read().await?;
        let number = store::cases::by_id(&mut tx, case)
            .await?
            .ok_or("there is no case")?
            .number;
        let asked = store::desk::open_validation_of(&mut tx, case).await?;
        drop(tx);
        let answers = asked.map(|asked| Answers {
            by: AskedBy::Member,
            hash: validation_request_hash(app.instance, &asked.payload),
        });
        let request = UnsealRequest {
            instance: app.instance,
            case,
            number,
            manifest: newest_manifest(app, case).await?,
            roster: roster.hash(),
            class: VALIDATION_PURPOSE.into(),
            commitment: commit_purpose(app.instance, &salt, text),
            nonce: Key32::random(&mut rng).expose()[..16].to_vec(),
            recipient: Identity::from_scalar(Key32::random(&mut rng)).recipient(),
            officer: self.id(),
            time: app.now(),
            expires: app.now() + unseal::MAX_VALID_SECONDS,
            answers,
        };
        let salt = serde_json::to_value(salt)?;
        let salt = salt.as_str().ok_or("a salt is a text")?;
        let purpose = Purpose::new(VALIDATION_PURPOSE.into(), text.into(), salt.into());
        let readers = roster.officers();
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
        let mut tx = app.db.read().await?;
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
        Ok(app
            .unseals
            .note_check(&self.reauthenticated(app), unseal, check)
            .await?)
    }

    async fn state_verdict(&self, app: &App, case: CaseId, (verdict, text): (Verdict, &str)) -> Result<(), DemoError> {
        let unseal = self.open_unseal(app, case).await?;
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
        app.unseals
            .state_verdict(&self.reauthenticated(app), unseal, submission)
            .await?;
        Ok(())
    }

    async fn decide_erasure(&self, app: &App, case: CaseId, reason: &str) -> Result<(), DemoError> {
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
            manifest: newest_manifest(app, case).await?,
            answers: ErasureRequest::hash(app.instance, request.request.as_deref().unwrap_or_default()),
            time: app.now(),
        };
        let payload = payload.to_bytes();
        let signature = ErasurePayload::sign(app.instance, &payload, self.signing());
        app.identities
            .decide_erasure(&self.reauthenticated(app), case, (payload, signature))
            .await?;
        Ok(())
    }
}

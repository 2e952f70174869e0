//! The submission: a draft becomes a case, and its receipt is shown.

use zeroize::Zeroizing;

use super::drafts::OpenDraft;
use super::part::Intake;
use super::receipt::{RECEIPT_LIFETIME_SECONDS, ShownReceipt};
use crate::dialogue::{self, Draft};
use crate::domain::case_number::CaseNumber;
use crate::domain::day::{Day, TEN_MINUTES, round_up};
use crate::domain::facets::{Channel, KeyHolder, RecordKind, SealedBy};
use crate::domain::ids::CaseId;
use crate::domain::state::State;
use crate::metrics::Outcome;
use crate::service::error::{Error, InvalidReason, Result, wraps_service_errors};
use crate::service::tokens::token_hash;
use crate::store::attachments::NewAttachment;
use crate::store::case_statements::NewStatement;
use crate::store::cases::{Case, CaseKey, NewCase};
use crate::store::records::NewRecord;
use crate::store::seals::{NewSeal, NewShare};
use crate::store::{self, Tx};
use crate::vault::cookie::CookieContent;
use crate::vault::receipt::Receipt;
use crate::vault::report::{SealReportError, SealedReport, seal_report};
use crate::vault::seal::SealedIdentity;
use crate::vault::signing::SigningKey;
use crate::vault::statement::{CaseStatement, StatedFacets, StatementTerms};

/// Largest number of tries to draw a case number that is not taken.
const MAX_NUMBER_DRAWS: usize = 5;

/// A report that is sealed and not stored yet.
pub struct Prepared {
    new: NewCase,
    /// The reporter's statement, which is signed anew if another case number is drawn.
    statement: CaseStatement,
    signing: SigningKey,
    words: Zeroizing<String>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prepared(…)")
    }
}

impl Prepared {
    pub fn case(&self) -> CaseId {
        self.new.case.id
    }

    /// Returns the receipt, which the reporter must keep.
    pub fn receipt(&self) -> ShownReceipt {
        let case = &self.new.case;
        ShownReceipt {
            number: case.number.clone(),
            words: self.words.to_string(),
            language: case.language.clone(),
            respond_by: case.respond_by.0,
            resolve_by: case.resolve_by.0,
        }
    }

    /// Draws another number, because a case has this one already.
    fn draw_number(&mut self, today: Day, rng: &mut dyn rand::CryptoRng) {
        self.statement.number = draw_number(today, rng);
        self.new.case.number.clone_from(&self.statement.number);
        self.new.statement = stored_statement(&self.statement, &self.signing);
    }
}

/// Reasons why a draft was not submitted. It stays in all these cases.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(#[from] Error),
    /// The cookie has neither a draft nor a receipt.
    #[error("there is no draft")]
    NoDraft,
    /// The draft lacks an answer, or the profile no longer has what it names.
    #[error("{0}")]
    Incomplete(InvalidReason),
    /// Another tab has changed the draft or its files.
    #[error("another request has changed the draft")]
    DraftChanged,
}

wraps_service_errors!(SubmitError);

fn draw_number(today: Day, rng: &mut dyn rand::CryptoRng) -> String {
    CaseNumber::random(today.date().year(), rng).as_str().to_owned()
}

impl Intake {
    /// Submits a complete draft that came in by `channel`. When this returns, the report is on the disk, and its
    /// receipt can be shown again with the same cookie. A draft that was submitted before gives the first receipt.
    ///
    /// # Errors
    /// [`SubmitError`]
    pub async fn submit(&self, cookie: &str, channel: Channel) -> Result<ShownReceipt, SubmitError> {
        let outcome = self.submit_once(cookie, channel).await;
        match &outcome {
            Ok((_, true)) => self.context.metrics.count_reports(channel, Outcome::Submitted, 1),
            Ok((_, false)) | Err(SubmitError::NoDraft | SubmitError::Incomplete(_) | SubmitError::DraftChanged) => {}
            Err(SubmitError::Service(_)) => self.context.metrics.count_reports(channel, Outcome::Failed, 1),
        }
        outcome.map(|(shown, _)| shown)
    }

    /// Returns the receipt, and true if its report was stored just now.
    async fn submit_once(&self, cookie: &str, channel: Channel) -> Result<(ShownReceipt, bool), SubmitError> {
        let before = async || {
            let shown = self.shown_receipt(cookie).await?;
            Ok::<_, Error>(shown.map(|shown| (shown, false)))
        };
        let Some(open) = self.draft(cookie).await? else {
            return before().await?.ok_or(SubmitError::NoDraft);
        };
        let mut prepared = match self.prepare_report(&open.draft, channel).await {
            Err(Error::Invalid(reason)) => return Err(SubmitError::Incomplete(reason)),
            prepared => prepared?,
        };
        for _ in 0..MAX_NUMBER_DRAWS {
            let shown = prepared.receipt();
            let body = Zeroizing::new(serde_json::to_vec(&shown).map_err(|error| Error::Internal(error.to_string()))?);
            let mut rng = self.context.randomness.generator();
            let body = open
                .token
                .seal(CookieContent::ReceiptShown, self.context.instance, &body, &mut rng);
            match self.store_report(&open, &prepared, &body).await {
                Ok(true) => return Ok((shown, true)),
                // Another request with the same cookie was first: its receipt counts.
                Ok(false) => return before().await?.ok_or(SubmitError::DraftChanged),
                Err(Error::Store(error)) if error.is_duplicate() => {
                    prepared.draw_number(self.context.clock.today(), &mut rng);
                }
                // Another tab has removed a file.
                Err(Error::Store(store::Error::Rows { .. })) => return Err(SubmitError::DraftChanged),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Internal("no free case number".into()).into())
    }

    /// Does the slow work of a submission, which comes before its transaction: draws and stretches the words, and
    /// seals everything.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the draft is not complete; [`Error::Overloaded`] when too many derivations wait;
    /// [`Error::NoRoster`] and [`Error::Unavailable`] when there is nobody to seal to.
    pub(crate) async fn prepare_report(&self, draft: &Draft, channel: Channel) -> Result<Prepared> {
        let profile = self.context.profile.load();
        let report = dialogue::build_report(&profile, draft).ok_or(Error::Invalid(InvalidReason::ReportIncomplete))?;
        let language = draft.language().to_owned();
        let (facets, input) = report.into_input();
        let roster = self.rosters.for_sealing().await?;

        let mut rng = self.context.randomness.generator();
        let receipt = Receipt::random(&mut rng);
        let words = receipt.words(&language);
        let keys = self.receipt_keys(receipt).await?;
        let today = self.context.clock.today();
        let kind = profile
            .kind(facets.kind.as_str())
            .ok_or(Error::Invalid(InvalidReason::ReportKindUnknown))?;
        let terms = StatementTerms {
            number: draw_number(today, &mut rng),
            facets: StatedFacets {
                kind: facets.kind,
                category: facets.category,
                province: facets.province,
                establishment: facets.establishment,
                channel,
                sealed_by: SealedBy::Server,
                language,
                received_on: today,
            },
            validation: facets.validation,
        };
        let sealed = seal_report(
            self.context.instance,
            &input,
            terms,
            &roster,
            &facets.area,
            &keys,
            &mut rng,
        )
        .map_err(|error| match error {
            SealReportError::NoArea(_) | SealReportError::Identity(_) => Error::Unavailable(error.to_string()),
        })?;
        drop(input);

        let (respond_by, resolve_by) = kind.deadlines.due_days(today, &profile.holidays);
        let mut sort_key = vec![0; 16];
        rand::Rng::fill_bytes(&mut rng, &mut sort_key);
        let stated = sealed.statement.clone();
        let mut new = NewCase {
            case: Case {
                id: sealed.case,
                number: stated.number,
                kind: stated.facets.kind,
                category: stated.facets.category,
                province: stated.facets.province,
                establishment: stated.facets.establishment,
                channel: stated.facets.channel,
                sealed_by: stated.facets.sealed_by,
                language: stated.facets.language,
                received_on: stated.facets.received_on,
                area: stated.area,
                state: State::Received,
                respond_by,
                resolve_by,
                responded_on: None,
                closed_on: None,
                verdict: None,
                unread_for_area: true,
                lookup_hash: sealed.lookup_hash.as_bytes().to_vec(),
                reporter_recipient: sealed.reporter_recipient.to_string(),
                reporter_verify_key: sealed.reporter_verify_key.as_bytes().to_vec(),
                sort_key,
            },
            statement: stored_statement(&sealed.statement, &keys.signing),
            keys: Vec::new(),
            records: Vec::new(),
            attachments: Vec::new(),
            seal: None,
        };
        let statement = sealed.statement.clone();
        fill(&mut new, sealed, today);
        Ok(Prepared {
            new,
            statement,
            signing: keys.signing,
            words,
        })
    }

    /// Runs the one transaction of a submission, which replaces the draft by the case and its receipt. Returns false
    /// if the draft is gone.
    async fn store_report(&self, open: &OpenDraft, prepared: &Prepared, receipt: &[u8]) -> Result<bool> {
        let expires = round_up(self.context.clock.now() + RECEIPT_LIFETIME_SECONDS, TEN_MINUTES);
        let hash = &token_hash(self.context.instance, &open.token);
        self.context
            .db
            .write("submit_report", |mut tx| async move {
                if !store::visitors::take_draft(&mut tx, hash, open.revision).await? {
                    return Ok(false);
                }
                self.insert_report(&mut tx, prepared, hash).await?;
                store::visitors::show_receipt(&mut tx, hash, receipt, expires).await?;
                tx.commit().await?;
                Ok(true)
            })
            .await
    }

    /// Inserts the case with the files that wait for `owner`.
    pub(crate) async fn insert_report(&self, tx: &mut Tx, prepared: &Prepared, owner: &[u8]) -> Result<()> {
        let new = &prepared.new;
        store::cases::insert(tx, new).await?;
        store::attachments::keep(tx, new.case.id, owner, &new.attachments).await?;
        // The reporter never agreed to send files that arrived after they had looked.
        store::attachments::mark_all_for_deletion(tx, owner).await?;
        Ok(())
    }
}

/// Signs a statement with the receipt's key, and converts it to the store's struct.
fn stored_statement(statement: &CaseStatement, reporter: &SigningKey) -> NewStatement {
    let signed = statement.sign(reporter);
    NewStatement {
        version: statement.version.into(),
        statement: signed.bytes,
        hash: signed.hash.as_bytes().to_vec(),
        signature: signed.signature.as_bytes().to_vec(),
    }
}

/// Moves the sealed parts of a report into the store's structs.
fn fill(new: &mut NewCase, sealed: SealedReport, today: Day) {
    new.keys = sealed
        .keys
        .into_iter()
        .map(|key| CaseKey {
            name: key.name,
            version: 1,
            holder: if key.to_reporter {
                KeyHolder::Reporter
            } else {
                KeyHolder::Area
            },
            recipient: key.recipient.to_string(),
            file: key.file,
        })
        .collect();
    new.records = sealed
        .records
        .into_iter()
        .map(|record| NewRecord {
            id: record.id,
            kind: if record.kind == crate::vault::record::ContentKind::Narrative {
                RecordKind::Narrative
            } else {
                RecordKind::SharedFields
            },
            author: "reporter".into(),
            day: today,
            at: None,
            body: record.body,
        })
        .collect();
    new.attachments = sealed
        .attachments
        .into_iter()
        .map(|(id, body)| NewAttachment {
            id,
            author: "reporter".into(),
            day: today,
            at: None,
            body,
        })
        .collect();
    new.seal = sealed.seal.map(stored_seal);
}

/// Converts a seal to the store's structs.
pub(crate) fn stored_seal(seal: SealedIdentity) -> NewSeal {
    NewSeal {
        id: seal.id,
        version: seal.version.into(),
        manifest: seal.manifest,
        manifest_hash: seal.manifest_hash.as_bytes().to_vec(),
        manifest_signature: seal.manifest_signature.as_bytes().to_vec(),
        record: seal.record,
        witness_half: seal.witness_half,
        shares: seal
            .shares
            .into_iter()
            .map(|share| NewShare {
                officer_id: share.officer,
                x: share.x.into(),
                file: share.file,
            })
            .collect(),
    }
}

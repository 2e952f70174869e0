//! The submission: a draft becomes a case, and its receipt is shown.

use super::drafts::OpenDraft;
use super::part::Intake;
use super::receipt::{RECEIPT_LIFE, ShownReceipt};
use crate::service::tokens::token_hash;
use zeroize::Zeroizing;

use crate::dialogue::{self, Draft};
use crate::domain::case_number::CaseNumber;
use crate::domain::day::{Day, TEN_MINUTES, round_up};
use crate::domain::facets::{Channel, KeyHolder, RecordKind, SealedBy};
use crate::domain::ids::CaseId;
use crate::domain::state::State;
use crate::metrics::Outcome;
use crate::service::error::{Error, Result};
use crate::store::attachments::NewAttachment;
use crate::store::cases::{Case, CaseKey, NewCase};
use crate::store::records::NewRecord;
use crate::store::seals::{NewSeal, NewShare};
use crate::store::{self, Tx};
use crate::vault::cookie::CookieContent;
use crate::vault::envelope::Via;
use crate::vault::receipt::Receipt;
use crate::vault::report::{SealReportError, SealedReport, seal_report};
use crate::vault::seal::SealedIdentity;

/// A case number is drawn again when it is taken; so often at most.
const DRAWS: usize = 5;

/// A report that is sealed and not stored yet.
pub struct Prepared {
    new: NewCase,
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

    /// What its reporter must keep.
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

    fn draw_number(&mut self, today: Day, rng: &mut dyn rand::CryptoRng) {
        CaseNumber::random(today.date().year(), rng)
            .as_str()
            .clone_into(&mut self.new.case.number);
    }
}

impl Intake {
    /// Submits a complete draft that came in by `channel`. When this returns, the report is on the disk and its receipt can be shown again with
    /// the same cookie. A draft that was submitted before gives the first receipt.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a draft or receipt, [`Error::Conflict`] when another tab has changed the draft meanwhile, [`Error::Invalid`] when the draft is not complete,
    /// [`Error::Overloaded`] early and [`Error::Unavailable`] when there is nobody to seal to; the draft stays then.
    pub async fn submit(&self, cookie: &str, channel: Channel) -> Result<ShownReceipt> {
        let outcome = self.submit_once(cookie, channel).await;
        match &outcome {
            Ok((_, true)) => self.metrics.count_reports(channel, Outcome::Submitted, 1),
            Ok((_, false)) | Err(Error::NotFound | Error::Conflict | Error::Invalid(_)) => {}
            Err(_) => self.metrics.count_reports(channel, Outcome::Failed, 1),
        }
        outcome.map(|(shown, _)| shown)
    }

    /// The receipt, and whether it is of a report that was stored just now.
    async fn submit_once(&self, cookie: &str, channel: Channel) -> Result<(ShownReceipt, bool)> {
        let before = async || {
            let shown = self.shown_receipt(cookie).await?;
            Ok::<_, Error>(shown.map(|shown| (shown, false)))
        };
        let Some(open) = self.draft(cookie).await? else {
            return before().await?.ok_or(Error::NotFound);
        };
        let mut prepared = self.prepare_report(&open.draft, channel).await?;
        for _ in 0..DRAWS {
            let shown = prepared.receipt();
            let body = Zeroizing::new(serde_json::to_vec(&shown).map_err(|error| Error::Internal(error.to_string()))?);
            let mut rng = self.randomness.generator();
            let body = open
                .token
                .seal(CookieContent::ReceiptShown, self.instance, &body, &mut rng);
            match self.store_report(&open, &prepared, &body).await {
                Ok(true) => return Ok((shown, true)),
                // Somebody with the same cookie was first: theirs is the receipt.
                Ok(false) => return before().await?.ok_or(Error::Conflict),
                Err(Error::Store(error)) if error.is_duplicate() => prepared.draw_number(self.clock.today(), &mut rng),
                // A file was removed in another tab meanwhile.
                Err(Error::Store(store::Error::Rows { .. })) => return Err(Error::Conflict),
                Err(error) => return Err(error),
            }
        }
        Err(Error::Internal("no free case number".into()))
    }

    /// Everything of a submission that comes before its transaction: words are drawn and stretched, all is sealed.
    ///
    /// # Errors
    /// As [`Intake::submit`].
    pub(crate) async fn prepare_report(&self, draft: &Draft, channel: Channel) -> Result<Prepared> {
        let profile = self.profile.load();
        let report = dialogue::build_report(&profile, draft).ok_or(Error::Invalid("the draft is not complete"))?;
        let language = draft.language().to_owned();
        let (facets, input) = report.into_input();
        let roster = self.rosters.for_sealing().await?;

        let mut rng = self.randomness.generator();
        let receipt = Receipt::random(&mut rng);
        let words = receipt.words(&language);
        let keys = self.receipt_keys(receipt).await?;
        let sealed = seal_report(
            self.instance,
            &input,
            Via::Server,
            &roster,
            &facets.area,
            &keys,
            &mut rng,
        )
        .map_err(|error| match error {
            SealReportError::NoArea(_) | SealReportError::Identity(_) => Error::Unavailable(error.to_string()),
        })?;
        drop(input);

        let today = self.clock.today();
        let kind = profile
            .kind(facets.kind.as_str())
            .ok_or(Error::Invalid("an unknown kind"))?;
        let (respond_by, resolve_by) = kind.deadlines.due_days(today, &profile.holidays);
        let mut sort_key = vec![0; 16];
        rand::Rng::fill_bytes(&mut rng, &mut sort_key);
        let mut new = NewCase {
            case: Case {
                id: sealed.case,
                number: String::new(),
                kind: facets.kind,
                category: facets.category,
                province: facets.province,
                establishment: facets.establishment,
                channel,
                sealed_by: SealedBy::Server,
                language,
                received_on: today,
                area: facets.area,
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
            keys: Vec::new(),
            records: Vec::new(),
            attachments: Vec::new(),
            seal: None,
        };
        fill(&mut new, sealed, today);
        let mut prepared = Prepared { new, words };
        prepared.draw_number(today, &mut rng);
        Ok(prepared)
    }

    /// The one transaction of a submission: the draft goes, the case and its receipt come. False when the draft is gone.
    async fn store_report(&self, open: &OpenDraft, prepared: &Prepared, receipt: &[u8]) -> Result<bool> {
        let expires = round_up(self.clock.now() + RECEIPT_LIFE, TEN_MINUTES);
        let hash = &token_hash(self.instance, &open.token);
        self.db
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

    /// The case comes, with the files that wait for `owner`.
    pub(crate) async fn insert_report(&self, tx: &mut Tx, prepared: &Prepared, owner: &[u8]) -> Result<()> {
        let new = &prepared.new;
        store::cases::insert(tx, new).await?;
        store::attachments::keep(tx, new.case.id, owner, &new.attachments).await?;
        // What arrived after the reporter looked was never agreed to.
        store::attachments::mark_all_for_deletion(tx, owner).await?;
        Ok(())
    }
}

/// Moves what was sealed into the store's plain structs.
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

/// A seal as the store takes it.
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

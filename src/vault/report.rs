//! The sealed report: the only form in which the store accepts a report, made by one function without I/O.

use rand::CryptoRng;

use crate::domain::facets::SealedBy;
use crate::domain::ids::{AttachmentId, CaseId, InstanceId, RecordId, SealId};
use crate::vault::agefile::Recipient;
use crate::vault::attachment::{self, DescribedAttachment};
use crate::vault::casekeys::{self, CaseKeys, KeyName};
use crate::vault::content::{IdentityData, Narrative, SharedFields};
use crate::vault::envelope::{Author, Via};
use crate::vault::hash::Hash32;
use crate::vault::receipt::ReceiptKeys;
use crate::vault::record::{self, ContentKind, RecordContext};
use crate::vault::roster::VerifiedRoster;
use crate::vault::seal::{self, SealContext, SealError, SealedIdentity};
use crate::vault::signing::VerifyKey;
use crate::vault::statement::{self, CaseStatement, StatementContext, StatementTerms};

/// A report in clear.
#[derive(Debug)]
pub struct ReportInput {
    /// The redacted story.
    pub narrative: Narrative,
    /// Fields that the reporter chose to share with the area.
    pub shared: Option<SharedFields>,
    /// Personal data; `None` where the profile allows a kind of report without identity.
    pub identity: Option<IdentityData>,
    /// Attachments, whose files are sealed already.
    pub attachments: Vec<DescribedAttachment>,
}

/// A sealed record with its id and kind.
#[derive(Debug)]
pub struct SealedRecord {
    /// The record.
    pub id: RecordId,
    /// Kind of its content.
    pub kind: ContentKind,
    /// `nonce ‖ ciphertext`.
    pub body: Vec<u8>,
}

/// A case key wrapped to a recipient.
#[derive(Debug)]
pub struct WrappedKey {
    /// The wrapped key.
    pub name: KeyName,
    /// True if the recipient is the reporter, false if it is the area.
    pub to_reporter: bool,
    /// The recipient.
    pub recipient: Recipient,
    /// The age file.
    pub file: Vec<u8>,
}

/// Reason why a report cannot be sealed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealReportError {
    /// The roster lacks the report's area; carries its code.
    #[error("the roster has no area {0:?}")]
    NoArea(String),
    /// The identity cannot be sealed.
    #[error(transparent)]
    Identity(#[from] SealError),
}

/// A sealed report, ready for the store.
#[derive(Debug)]
pub struct SealedReport {
    /// The new case.
    pub case: CaseId,
    /// Hash that finds the case by its receipt.
    pub lookup_hash: Hash32,
    /// The recipient that belongs to the receipt.
    pub reporter_recipient: Recipient,
    /// The verify key that belongs to the receipt.
    pub reporter_verify_key: VerifyKey,
    /// The reporter's statement of the case, still to be signed: the case number may change until the report is stored.
    pub statement: CaseStatement,
    /// The case keys, wrapped to area and reporter.
    pub keys: Vec<WrappedKey>,
    /// Narrative and shared fields.
    pub records: Vec<SealedRecord>,
    /// The identity seal.
    pub seal: Option<SealedIdentity>,
    /// The records of the attachments, with the attachments' ids.
    pub attachments: Vec<(AttachmentId, Vec<u8>)>,
}

/// Seals a report to the area and the officers of a roster. Version 1 of every key.
///
/// # Errors
/// [`SealReportError`] when the roster lacks the area, or the officers that an identity needs.
pub fn seal_report(
    instance: InstanceId,
    input: &ReportInput,
    terms: StatementTerms,
    roster: &VerifiedRoster,
    area: &str,
    receipt: &ReceiptKeys,
    rng: &mut dyn CryptoRng,
) -> Result<SealedReport, SealReportError> {
    let area_recipient = roster
        .area(area)
        .ok_or_else(|| SealReportError::NoArea(area.to_owned()))?;
    let case = CaseId::random(rng);
    let keys = CaseKeys::random(rng);
    let reporter = receipt.identity.recipient();
    let via = match terms.facets.sealed_by {
        SealedBy::Server => Via::Server,
        SealedBy::Browser => Via::Browser,
    };
    let context = StatementContext {
        instance,
        case,
        area,
        roster: roster.hash(),
        reporter: &reporter,
    };
    let statement = statement::state(context, terms, &keys, rng);
    let wrap = |key, name, to: &Recipient, to_reporter| WrappedKey {
        name,
        to_reporter,
        recipient: to.clone(),
        file: casekeys::wrap(key, name, 1, instance, case, to),
    };
    let wrapped = vec![
        wrap(&keys.shared, KeyName::Shared, area_recipient, false),
        wrap(&keys.shared, KeyName::Shared, &reporter, true),
        wrap(&keys.staff, KeyName::Staff, area_recipient, false),
    ];
    let author = (Author::Reporter, via);
    let mut place = |kind| RecordContext {
        instance,
        case,
        record: RecordId::random(rng),
        kind,
    };
    let (narrative_place, shared_place) = (place(ContentKind::Narrative), place(ContentKind::SharedFields));
    let body = record::seal(
        &keys.shared,
        &narrative_place,
        author,
        &input.narrative,
        &receipt.signing,
        rng,
    );
    let mut records = vec![SealedRecord {
        id: narrative_place.record,
        kind: ContentKind::Narrative,
        body,
    }];
    if let Some(shared) = &input.shared {
        let body = record::seal(&keys.shared, &shared_place, author, shared, &receipt.signing, rng);
        records.push(SealedRecord {
            id: shared_place.record,
            kind: ContentKind::SharedFields,
            body,
        });
    }
    let attachments = input
        .attachments
        .iter()
        .map(|file| {
            let place = attachment::record_context(instance, case, file.id);
            let body = record::seal(&keys.shared, &place, author, &file.content, &receipt.signing, rng);
            (file.id, body)
        })
        .collect();
    let seal = match &input.identity {
        None => None,
        Some(data) => {
            let place = SealContext {
                instance,
                case,
                seal: SealId::random(rng),
                previous: None,
            };
            Some(seal::seal(place, data, via, &receipt.signing, roster, rng)?)
        }
    };
    Ok(SealedReport {
        case,
        lookup_hash: receipt.lookup_hash,
        reporter_recipient: reporter,
        reporter_verify_key: receipt.signing.verify_key(),
        statement,
        keys: wrapped,
        records,
        seal,
        attachments,
    })
}

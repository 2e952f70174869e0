//! The sealed report: the one thing that the store accepts, made by one function without I/O.

use rand::CryptoRng;

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

/// What a report consists of, in clear.
#[derive(Debug)]
pub struct ReportInput {
    pub narrative: Narrative,
    /// Fields that the reporter chose to share with the area.
    pub shared: Option<SharedFields>,
    /// None where the profile allows a kind without identity.
    pub identity: Option<IdentityData>,
    /// Files that lie sealed already.
    pub attachments: Vec<DescribedAttachment>,
}

/// A sealed record with its id and kind.
#[derive(Debug)]
pub struct SealedRecord {
    pub id: RecordId,
    pub kind: ContentKind,
    pub body: Vec<u8>,
}

/// A case key handed to somebody.
#[derive(Debug)]
pub struct WrappedKey {
    pub name: KeyName,
    pub to_reporter: bool,
    pub recipient: Recipient,
    pub file: Vec<u8>,
}

/// Why a report cannot be sealed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealReportError {
    #[error("the roster has no area {0:?}")]
    NoArea(String),
    #[error(transparent)]
    Identity(#[from] SealError),
}

/// Everything that the store needs, sealed.
#[derive(Debug)]
pub struct SealedReport {
    pub case: CaseId,
    pub lookup_hash: Hash32,
    pub reporter_recipient: Recipient,
    pub reporter_verify_key: VerifyKey,
    pub keys: Vec<WrappedKey>,
    pub records: Vec<SealedRecord>,
    pub seal: Option<SealedIdentity>,
    /// The records of the files, by their ids.
    pub attachments: Vec<(AttachmentId, Vec<u8>)>,
}

/// Seals a report to the area and the officers of a roster. Version 1 of every key.
///
/// # Errors
/// [`SealReportError`] when the roster lacks whom it must be sealed to.
pub fn seal_report(
    instance: InstanceId,
    input: &ReportInput,
    via: Via,
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
        keys: wrapped,
        records,
        seal,
        attachments,
    })
}

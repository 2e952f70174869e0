//! Findings of a verification.

use std::fmt;

/// Defect of an entry, or of what should stand at its index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// The entry was changed.
    #[error("it is not the entry that was signed for")]
    Edited,
    /// The stored tree hash was changed.
    #[error("its tree hash was changed; the entry itself is the one that was signed for")]
    StoredHash,
    /// Entry or tree hash was changed, after the last checkpoint.
    #[error("entry and tree hash do not belong together, and no checkpoint tells which of them was changed")]
    Differs,
    /// Entries were exchanged together with their tree hashes.
    #[error("it, or one after it and before {size}, is not what the checkpoint of size {size} was signed for")]
    Rewritten {
        /// Size of the checkpoint that disagrees, in entries.
        size: u64,
    },
    /// The tree is not the one that the witness saw.
    #[error("it, or one after it and before {size}, is not what the witness saw at size {size}")]
    WitnessDisagrees {
        /// Size of the tree that the witness saw, in entries.
        size: u64,
    },
    /// The entry is missing in the middle.
    #[error("it is missing; the next one is {next}")]
    Missing {
        /// Index of the next entry that is there.
        next: u64,
    },
    /// The end of the log is missing.
    #[error("the log ends here, but had {size} entries")]
    Truncated {
        /// Entries that the log had.
        size: u64,
    },
    /// A checkpoint's signatures do not verify.
    #[error("the checkpoint of size {size} does not bear its signatures")]
    CheckpointForged {
        /// Size that the checkpoint is stored under, in entries.
        size: u64,
    },
    /// The bytes do not read as an entry.
    #[error("it does not read as an entry")]
    Unreadable,
    /// The id was used before.
    #[error("an entry before it has the same id")]
    Repeated,
    /// The row lists the entry under other values than it names.
    #[error("it is listed under another case, act, actor or time than it names")]
    Misfiled,
    /// The actor's signature does not verify.
    #[error("its signature does not verify")]
    BadSignature,
    /// The signer is not the actor, or stands in no roster.
    #[error("it is signed by somebody else than its actor, or by nobody in the roster")]
    UnknownSigner,
    /// The act demands its actor's signature, and the entry bears none.
    #[error("it bears no signature, although nobody may do this without signing it")]
    NotSigned,
    /// The signature is over something else than the entry tells.
    #[error("its actor signed something else than it tells")]
    SignedOtherwise,
    /// The signed act names another act before it than the newest of its object.
    #[error("what was signed was used twice, or an act before it is missing")]
    ActRepeated,
    /// The published roster is invalid.
    #[error("the roster that it publishes does not verify or does not follow")]
    RosterRefused,
    /// The witness journaled another entry at this index.
    #[error("the witness's journal has another entry here")]
    JournalDiffers,
    /// The witness's journal lacks a release or a restore.
    #[error("it tells of a release or a restore that the witness's journal does not have")]
    NotInJournal,
    /// The restore statement is invalid here.
    #[error("it tells of a restore that the authority did not sign for this place")]
    RestoreForged,
    /// A covered identity seal is gone or was exchanged; carries the manifest's hash.
    #[error(
        "it covers seal {0}, which is no longer there and was not erased, or its case names another reporter's key"
    )]
    SealExchanged(String),
    /// A covered case statement is gone, or its case is another than it states; carries the statement's hash.
    #[error(
        "it covers case statement {0}, which is no longer there as the reporter signed it, or its case says something else"
    )]
    StatementExchanged(String),
}

impl Defect {
    /// Returns the stable code, for the texts of pages and for the stored result of a verification.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::StoredHash => "stored-hash",
            Self::Differs => "differs",
            Self::Rewritten { .. } => "rewritten",
            Self::WitnessDisagrees { .. } => "witness-disagrees",
            Self::Missing { .. } => "missing",
            Self::Truncated { .. } => "truncated",
            Self::CheckpointForged { .. } => "checkpoint-forged",
            Self::Unreadable => "unreadable",
            Self::Repeated => "repeated",
            Self::Misfiled => "misfiled",
            Self::BadSignature => "bad-signature",
            Self::UnknownSigner => "unknown-signer",
            Self::NotSigned => "not-signed",
            Self::SignedOtherwise => "signed-otherwise",
            Self::ActRepeated => "act-repeated",
            Self::RosterRefused => "roster-refused",
            Self::JournalDiffers => "journal-differs",
            Self::NotInJournal => "not-in-journal",
            Self::RestoreForged => "restore-forged",
            Self::SealExchanged(_) => "seal-exchanged",
            Self::StatementExchanged(_) => "statement-exchanged",
        }
    }
}

/// The first bad entry. When something is missing, `index` is where it should stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Index of the entry, from 0.
    pub index: u64,
    /// The defect.
    pub defect: Defect,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}", self.index, self.defect)
    }
}

impl std::error::Error for Finding {}

impl Finding {
    /// Creates a finding.
    pub(super) const fn new(index: u64, defect: Defect) -> Self {
        Self { index, defect }
    }
}

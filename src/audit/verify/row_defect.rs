//! Findings about what stands beside the log: rows of the database, and the witness's files.

use std::fmt;

/// Defect of a row, or of a file of the witness, held against the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowDefect {
    /// An entry tells of a row that is not there.
    #[error("it is not there, although the log tells of it and of no erasure")]
    Missing,
    /// The row says something else than its entry.
    #[error("it does not say what the log says")]
    Changed,
    /// No entry tells of the row.
    #[error("no entry of the log tells of it")]
    Unlogged,
    /// A seal is marked as erased, and no entry says so.
    #[error("it is marked as erased, but no entry of the log says so")]
    ErasedUnlogged,
    /// The log says that an identity was erased, and the witness has no tombstone.
    #[error("the log says that it was erased, but the witness's journal has no tombstone")]
    TombstoneMissing,
    /// The witness has a tombstone, and the log tells of no erasure.
    #[error("the witness's journal has a tombstone for it, but no entry of the log tells of an erasure")]
    TombstoneUnlogged,
    /// The log says that something was erased, and it is there.
    #[error("the log says that it was erased, but it is there")]
    NotErased,
    /// The identity record is not the one that the manifest names.
    #[error("its record is not the one that its manifest names")]
    RecordExchanged,
    /// The witness's half or an officer's share is missing, or is no age file.
    #[error("the witness's half or an officer's share is missing or is no age file")]
    HalfMissing,
    /// Letter or half is not the one that the witness was asked with.
    #[error("letter or half is not what the witness's journal says it was asked with")]
    OrderDiffers,
    /// The log says that the witness refused, and the journal has a release.
    #[error("the log says that the witness refused, but its journal has a release")]
    ReleasedInJournal,
    /// The journal has fewer lines than the witness's state file counts.
    #[error("the journal has lost lines that the state file counts")]
    JournalShort,
    /// The state file is not that of the journal.
    #[error("the state file belongs to another journal, or was changed")]
    StateDiffers,
    /// The witness's files are older than the newest checkpoint that it countersigned.
    #[error("the files are older than the newest checkpoint that the witness countersigned")]
    WitnessBehind,
    /// The journal lacks a roster that the log publishes.
    #[error("the journal has no line for a roster that the log publishes")]
    RosterNotAccepted,
    /// Two entries tell of the making of one row.
    #[error("two entries of the log tell of it")]
    Repeated,
}

impl RowDefect {
    /// All defects.
    pub const ALL: &[Self] = &[
        Self::Missing,
        Self::Changed,
        Self::Unlogged,
        Self::ErasedUnlogged,
        Self::TombstoneMissing,
        Self::TombstoneUnlogged,
        Self::NotErased,
        Self::RecordExchanged,
        Self::HalfMissing,
        Self::OrderDiffers,
        Self::ReleasedInJournal,
        Self::JournalShort,
        Self::StateDiffers,
        Self::WitnessBehind,
        Self::RosterNotAccepted,
        Self::Repeated,
    ];

    /// Returns the stable code, for the texts of pages and for the stored result of a verification.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "row-missing",
            Self::Changed => "row-changed",
            Self::Unlogged => "row-unlogged",
            Self::ErasedUnlogged => "erased-unlogged",
            Self::TombstoneMissing => "tombstone-missing",
            Self::TombstoneUnlogged => "tombstone-unlogged",
            Self::NotErased => "not-erased",
            Self::RecordExchanged => "record-exchanged",
            Self::HalfMissing => "half-missing",
            Self::OrderDiffers => "order-differs",
            Self::ReleasedInJournal => "released-in-journal",
            Self::JournalShort => "journal-short",
            Self::StateDiffers => "state-differs",
            Self::WitnessBehind => "witness-behind",
            Self::RosterNotAccepted => "roster-not-accepted",
            Self::Repeated => "row-repeated",
        }
    }
}

/// The first row or file that is not what the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFinding {
    /// The table, or `witness` for the witness's files.
    pub table: &'static str,
    /// The row's key; empty for a file.
    pub row: String,
    /// Index of the entry that disagrees, if there is one.
    pub entry: Option<u64>,
    /// The defect.
    pub defect: RowDefect,
}

impl fmt::Display for RowFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.defect)?;
        match self.entry {
            Some(entry) => write!(f, " (entry {entry})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RowFinding {}

impl RowFinding {
    /// Creates a finding.
    #[must_use]
    pub fn new(table: &'static str, row: impl fmt::Display, entry: Option<u64>, defect: RowDefect) -> Self {
        Self {
            table,
            row: row.to_string(),
            entry,
            defect,
        }
    }

    /// Returns table and key.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.table, self.row).trim_end().to_owned()
    }
}

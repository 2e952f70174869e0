//! The states of an unseal, with the data that their transitions need. The table is in the documentation of the parent.

use crate::domain::ids::UnsealId;
use crate::service::unseal::seal_versions::SealVersions;
use crate::service::unseal::submission::UnsealSubmission;
use crate::store::desk::Unseal;
use crate::store::seals::Seal;
use crate::vault::unseal::UnsealRequest;
use crate::witness::{CoveredVersion, Inclusion, JournaledUnseal, Refusal, Release};

/// State of an unseal.
#[derive(Debug)]
pub(super) enum State {
    /// The submission passed all checks. Nothing is written.
    Checked(Box<Checked>),
    /// The request is in log and database. The witness is asked next.
    Requested(Box<Requested>),
    /// The request is in log and database, and the witness cannot be asked now. The job resumes it later.
    Waiting,
    /// The witness's answer is known. It is written next.
    Answered(Box<Answered>),
    /// The release is in log and database. Holds the release, unless it went out earlier.
    Released(Option<Box<WitnessRelease>>),
    /// The refusal is in log and database.
    Refused(Refusal),
}

/// A submission that passed all checks.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) request: UnsealRequest,
    pub(super) submission: UnsealSubmission,
    /// The version of the identity that the request names.
    pub(super) seal: Seal,
}

/// A request that is in log and database.
#[derive(Debug)]
pub(super) struct Requested {
    pub(super) row: Unseal,
    pub(super) versions: SealVersions,
}

/// A request whose answer is known.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) row: Unseal,
    pub(super) answer: Answer,
}

/// The witness's answer to a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// It released its half just now.
    Released(Box<WitnessRelease>),
    /// Its journal has the request, but the release went out earlier and cannot be had again.
    ReleasedEarlier(JournaledUnseal),
    /// It refused, and its journal does not have the request.
    Refused(Refusal),
}

/// The witness's release, with the proofs that the officer's browser checks.
#[derive(Debug)]
pub(super) struct WitnessRelease {
    pub(super) unseal: UnsealId,
    /// Size of the checkpoint's tree, in entries.
    pub(super) size: u64,
    /// The opened version.
    pub(super) seal: Seal,
    /// The entry that covers its manifest.
    pub(super) covered: Inclusion,
    /// The versions that it corrects, the newest first.
    pub(super) earlier: Vec<CoveredVersion>,
    /// The witness's half and the countersigned checkpoint.
    pub(super) release: Release,
}

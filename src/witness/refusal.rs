//! Why the witness does not do it: one word for each check, so that an operator sees which one failed.

use serde::{Deserialize, Serialize};

/// One for each check of the witness. The words are stable: they pass over the wire and enter the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the order is malformed")]
    Malformed,
    #[error("the witness has accepted no roster yet")]
    NoRoster,
    #[error("the request names another roster than the witness's latest")]
    WrongRoster,
    #[error("fewer officers of the roster signed than the quorum asks for")]
    QuorumUnmet,
    #[error("somebody who is no officer of the roster signed")]
    NotAnOfficer,
    #[error("an officer's signature does not verify")]
    WrongSignature,
    #[error("the officer who asks did not sign")]
    RequesterDidNotSign,
    #[error("the request names another manifest")]
    WrongManifest,
    #[error("request, manifest and entry do not name the same case")]
    WrongCase,
    #[error("the purpose letter does not open, or the officer who asks did not write it")]
    ForeignLetter,
    #[error("the purpose is empty")]
    EmptyPurpose,
    #[error("the purpose does not match the request")]
    WrongPurpose,
    #[error("the request's time is more than 10 minutes from the witness's clock")]
    Stale,
    #[error("the checkpoint is not signed by the log")]
    CheckpointNotSigned,
    #[error("the checkpoint does not continue the last one seen")]
    Inconsistent,
    #[error("the entry does not stand in the log")]
    NotInLog,
    #[error("this request was used before")]
    Replayed,
    #[error("the log does not cover the manifest")]
    NotCovered,
    #[error("the reporter's key that the log names did not sign the manifest")]
    WrongReporterKey,
    #[error("the identity was erased")]
    Erased,
    #[error("the half does not open or belongs to another manifest")]
    ForeignHalf,
    #[error("the authority did not sign this roster, or it breaks a rule")]
    RosterForged,
    #[error("the roster is not the version right after the latest")]
    RosterDoesNotFollow,
    #[error("the roster names another witness or another log")]
    RosterForeign,
    #[error("the authority did not sign this restore, or it makes no sense")]
    RestoreForged,
    #[error("the restore does not start from what the witness has seen last")]
    RestoreForeign,
    #[error("the witness cannot be reached or cannot write its journal")]
    Unavailable,
}

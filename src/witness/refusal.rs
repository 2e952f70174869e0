//! Reasons why the witness refuses: one for each check, so that an operator sees which one failed.

use serde::{Deserialize, Serialize};

/// A failed check of the witness. The codes are stable: they go over the wire and enter the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The order is malformed.
    #[error("the order is malformed")]
    Malformed,
    /// The witness has accepted no roster yet.
    #[error("the witness has accepted no roster yet")]
    NoRoster,
    /// The request names another roster than the witness's latest.
    #[error("the request names another roster than the witness's latest")]
    WrongRoster,
    /// Fewer officers of the roster signed than the quorum asks for.
    #[error("fewer officers of the roster signed than the quorum asks for")]
    QuorumUnmet,
    /// Somebody who is no officer of the roster signed.
    #[error("somebody who is no officer of the roster signed")]
    NotAnOfficer,
    /// An officer's signature does not verify.
    #[error("an officer's signature does not verify")]
    WrongSignature,
    /// The officer who asks did not sign.
    #[error("the officer who asks did not sign")]
    RequesterDidNotSign,
    /// The request names another manifest.
    #[error("the request names another manifest")]
    WrongManifest,
    /// Request, manifest and entry do not name the same case.
    #[error("request, manifest and entry do not name the same case")]
    WrongCase,
    /// The purpose letter does not open, or the officer who asks did not write it.
    #[error("the purpose letter does not open, or the officer who asks did not write it")]
    ForeignLetter,
    /// The purpose is empty.
    #[error("the purpose is empty")]
    EmptyPurpose,
    /// The purpose does not match the request.
    #[error("the purpose does not match the request")]
    WrongPurpose,
    /// The request's time is more than 10 minutes from the witness's clock.
    #[error("the request's time is more than 10 minutes from the witness's clock")]
    Stale,
    /// The request has expired, or it is valid for longer than 72 hours.
    #[error("the request has expired, or it is valid for longer than 72 hours")]
    Expired,
    /// An officer did not confirm with the unseal passkey that the roster's policy requires.
    #[error("an officer did not confirm with the unseal passkey that the roster's policy requires")]
    GestureMissing,
    /// The roster names no auditor who could read the purpose.
    #[error("the roster names no auditor who could read the purpose")]
    NoAuditor,
    /// An officer who signs has used up the openings that the policy allows in 24 hours.
    #[error("an officer who signs has used up the openings that the policy allows in 24 hours")]
    OfficerCap,
    /// The desk has used up the openings that the policy allows in 24 hours.
    #[error("the desk has used up the openings that the policy allows in 24 hours")]
    DeskCap,
    /// The policy requires a request of somebody else for this class, and the officer names none.
    #[error("the policy requires a request of somebody else for this class, and the officer names none")]
    RequestNeeded,
    /// The request that is answered is not in the log as the officer names it.
    #[error("the request that is answered is not in the log as the officer names it")]
    RequestNotInLog,
    /// The request that is answered is about another case.
    #[error("the request that is answered is about another case")]
    RequestForeign,
    /// The request that is answered is not signed by a member of the case's area who is no officer.
    #[error("the request that is answered is not signed by a member of the case's area who is no officer")]
    RequestUnsigned,
    /// The request that is answered has expired.
    #[error("the request that is answered has expired")]
    RequestExpired,
    /// The request that is answered was answered by an earlier opening.
    #[error("the request that is answered was answered by an earlier opening")]
    RequestUsed,
    /// The checkpoint is not signed by the log.
    #[error("the checkpoint is not signed by the log")]
    CheckpointNotSigned,
    /// The checkpoint does not continue the last one seen.
    #[error("the checkpoint does not continue the last one seen")]
    Inconsistent,
    /// The entry does not stand in the log.
    #[error("the entry does not stand in the log")]
    NotInLog,
    /// This request was used before.
    #[error("this request was used before")]
    Replayed,
    /// The log does not cover the manifest.
    #[error("the log does not cover the manifest")]
    NotCovered,
    /// The reporter's key that the log names did not sign the manifest.
    #[error("the reporter's key that the log names did not sign the manifest")]
    WrongReporterKey,
    /// The manifest corrects none that the same reporter's key signed and the log covers.
    #[error("the manifest corrects none that the same reporter's key signed and the log covers")]
    BrokenChain,
    /// The identity was erased.
    #[error("the identity was erased")]
    Erased,
    /// The half does not open or belongs to another manifest.
    #[error("the half does not open or belongs to another manifest")]
    ForeignHalf,
    /// The decision to erase is not signed by an officer of the roster, or decides something else.
    #[error("the decision to erase is not signed by an officer of the roster, or decides something else")]
    ErasureNotDecided,
    /// The reporter did not sign the request to erase that the decision answers.
    #[error("the reporter did not sign the request to erase that the decision answers")]
    ErasureNotAsked,
    /// The witness has not countersigned the case's closing, or not long enough ago.
    #[error("the witness has not countersigned the case's closing, or not long enough ago")]
    ErasureTooEarly,
    /// The erasures that the roster allows in 24 hours are used up.
    #[error("the erasures that the roster allows in 24 hours are used up")]
    ErasureCap,
    /// Only the server and the auditors of the roster read the journal.
    #[error("only the server and the auditors of the roster read the journal")]
    NotAnAuditor,
    /// The authority did not sign this roster, or it breaks a rule.
    #[error("the authority did not sign this roster, or it breaks a rule")]
    RosterForged,
    /// The roster is not the version right after the latest.
    #[error("the roster is not the version right after the latest")]
    RosterDoesNotFollow,
    /// The roster names another witness or another log.
    #[error("the roster names another witness or another log")]
    RosterForeign,
    /// The authority did not sign this restore, or it makes no sense.
    #[error("the authority did not sign this restore, or it makes no sense")]
    RestoreForged,
    /// The restore does not start from what the witness has seen last.
    #[error("the restore does not start from what the witness has seen last")]
    RestoreForeign,
    /// The witness cannot be reached or cannot write its journal.
    #[error("the witness cannot be reached or cannot write its journal")]
    Unavailable,
}

impl Refusal {
    /// Returns the stable code, as it enters the log.
    #[must_use]
    pub fn code(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(code)) => code,
            _ => self.to_string(),
        }
    }
}

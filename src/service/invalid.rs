//! Reasons why a use case does not accept its input.

/// A reason why an input is not acceptable. Logs have its name, terminals its text; reporters see neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReason {
    // Input in general.
    #[error("the input cannot be read")]
    InputUnreadable,
    #[error("the profile has no such language")]
    LanguageUnknown,
    #[error("members of this role get no digests")]
    DigestsForRole,
    #[error("the id is not one of this kind")]
    IdOfOtherKind,

    // Reports and what reporters add.
    #[error("the draft is not complete")]
    ReportIncomplete,
    #[error("the profile has no such kind of report")]
    ReportKindUnknown,
    #[error("a message has 1 to 10,000 characters")]
    MessageLength,
    #[error("there is no file, or one that the reporter has to decide about")]
    FilesNotReady,
    #[error("the address is too long")]
    ContactTooLong,

    // Casework.
    #[error("the record is not a sealed one")]
    RecordNotSealed,
    #[error("a case cannot change from this state to that one")]
    NoSuchTransition,
    #[error("the request to validate is not a letter")]
    ValidationLetter,
    #[error("there is no identity to validate")]
    NoIdentity,
    #[error("members of this role do not type into this field")]
    DraftField,
    #[error("the draft is not a sealed one")]
    DraftNotSealed,
    #[error("the recusal is about another case")]
    RecusalMismatch,
    #[error("the recusal's reason is not a letter")]
    RecusalLetter,

    // Unsealing and what officers sign.
    #[error("the request to unseal cannot be read")]
    UnsealUnreadable,
    #[error("the request to unseal is about another case or officer")]
    UnsealMismatch,
    #[error("the profile has no such class of purposes")]
    UnsealPurposeUnknown,
    #[error("the officer did not sign this request")]
    UnsealUnsigned,
    #[error("a request to unseal has one letter for each auditor, each officer and the witness")]
    UnsealLetters,
    #[error("the signed payload cannot be read")]
    PayloadUnreadable,
    #[error("the signed time is not now")]
    PayloadNotFresh,
    #[error("the member did not sign this payload")]
    PayloadUnsigned,
    #[error("the signed payload is another member's")]
    PayloadOfAnother,
    #[error("the check is about another opening or case, or its time is no whole minute")]
    CheckMismatch,
    #[error("the showing is about another opening or case")]
    ShowingMismatch,
    #[error("the profile has no such check")]
    CheckUnknown,
    #[error("this kind of check does not have this outcome")]
    CheckOutcome,
    #[error("the check's note is not a letter")]
    CheckNote,
    #[error("a check cannot be made later than now")]
    CheckInFuture,
    #[error("a check is made after the opening")]
    CheckBeforeOpening,
    #[error("the verdict is about another opening, or not the one that was stated")]
    VerdictMismatch,
    #[error("the verdict's checks are not a letter")]
    VerdictLetter,
    #[error("the verdict is about another case")]
    VerdictOtherCase,
    #[error("the decision is about another case, or its reason does not belong to it")]
    ErasureMismatch,

    // Rosters and restores.
    #[error("an area's recipient is no age key")]
    AreaRecipient,
    #[error("a member's recipient is no age key")]
    MemberRecipient,
    #[error("a member's verify key is none")]
    MemberVerifyKey,
    #[error("the signature of an area's key is none")]
    AreaSignature,
    #[error("the address of the service (public_url) is no web origin")]
    PublicUrl,
    #[error(
        "a quorum above 1 is not possible yet: several officers cannot sign one opening in the browser, and so nobody could \
         open an identity"
    )]
    QuorumAboveOne,
    #[error("the first roster has version 1")]
    FirstRosterVersion,
    #[error("the roster's version is out of range")]
    RosterVersionRange,
    #[error("the authority did not sign this statement")]
    RestoreUnsigned,
}

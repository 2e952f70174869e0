//! Faults that a test can switch on.

use std::time::Duration;

/// The behaviour of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiBehavior {
    /// Answers as documented.
    #[default]
    Normal,
    /// Closes connections without an answer. Requests have no effect.
    Down,
    /// Answers 503. Requests have no effect.
    Unavailable,
    /// Answers error 130429, as if other programs had used up the number's messages of this second.
    RateLimited,
    /// Answers after this delay.
    Slow(Duration),
    /// Executes requests, then closes the connection without an answer.
    AnswersLost,
}

/// The behaviour of downloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MediaBehavior {
    /// Sends the right bytes.
    #[default]
    Normal,
    /// Sends bytes that do not match the stated hash.
    WrongHash,
    /// States an address on a host that is not Meta's. [`crate::meta::Meta::foreign_requests`] counts requests to it.
    ForeignHost,
    /// Never ends the download.
    Endless,
    /// Sends each 16 KiB after this delay.
    Slow(Duration),
    /// Closes the connection after half of the bytes.
    Truncated,
    /// Answers 404.
    Gone,
}

//! Ids of quick replies: a verb and its object, separated by slashes, as in `v/kind/queja`. Meta returns the id when the
//! person taps.

/// `v/<step>/<value>`: the answer to a question.
pub(crate) const ANSWER: &str = "v";
/// `s/<step>`: skips a question.
pub(crate) const SKIP: &str = "s";
/// `m/<step>/<page>`: shows another page of a long list.
pub(crate) const PAGE: &str = "m";
/// `d/<step>`: an answer of several messages, or a list of files, is complete.
pub(crate) const DONE: &str = "d";
/// `k/<file>`: keeps a file that could not be cleaned.
pub(crate) const KEEP_FILE: &str = "k";
/// `x/<file>`: removes a file.
pub(crate) const REMOVE_FILE: &str = "x";
/// `b/<step>`: goes back to a question.
pub(crate) const GO_BACK: &str = "b";
/// `c/<command>`: a command.
pub(crate) const COMMAND: &str = "c";
/// `n/<step>`: the number from which the person writes.
pub(crate) const OWN_NUMBER: &str = "n";

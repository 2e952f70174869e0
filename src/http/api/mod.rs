//! JSON under `/api/v1`, which the scripts of staff's pages call (`web/README.md`). Errors are problem documents.

pub(crate) mod attachments;
mod body;
pub(crate) mod casework;
pub(crate) mod drafts;
pub(crate) mod proof;
pub(crate) mod recusal;
pub(crate) mod session;
pub(crate) mod unsealing;

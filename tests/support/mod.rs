//! What the tests share.

pub(crate) mod keys;
pub(crate) mod postgres;

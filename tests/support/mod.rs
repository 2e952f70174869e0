//! What the tests share.

pub(crate) mod app;
pub(crate) mod keys;
pub(crate) mod postgres;
pub(crate) mod staff;

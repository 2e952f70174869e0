//! What the tests share.

pub(crate) mod app;
pub(crate) mod chat;
pub(crate) mod coverage;
pub(crate) mod host;
pub(crate) mod keys;
pub(crate) mod mailing;
pub(crate) mod meta;
pub(crate) mod needles;
pub(crate) mod officer;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod s3;
pub(crate) mod smtp;
pub(crate) mod staff;

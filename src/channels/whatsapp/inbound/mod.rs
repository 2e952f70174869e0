//! From Meta to us: the webhook, the parser of notifications, and the worker that takes them from the queue.

pub(crate) mod message;
pub(crate) mod notification;
mod signature;
pub(crate) mod webhook;
pub(crate) mod worker;

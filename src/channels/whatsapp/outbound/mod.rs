//! From us to Meta: the worker that sends what is queued at the rate that Meta takes, and the client of its API.

pub(crate) mod api;
pub(crate) mod message;
pub(crate) mod worker;

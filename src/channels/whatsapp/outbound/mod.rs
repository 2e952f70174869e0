//! From us to Meta: the workers that send queued messages and notices, the rate of sending, and the client of Meta's API.

pub(crate) mod api;
pub(crate) mod content;
pub(crate) mod notices;
mod rate;
pub(crate) mod worker;

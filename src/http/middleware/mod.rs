//! Layers around the handlers: who may use a route, how much of it, and what every response carries.

pub mod access;
pub(crate) mod admission;
pub mod client;
mod concurrency_limit;
pub mod form_replay;
pub mod guards;
pub mod onion_location;
pub(crate) mod rate_limit;
pub(crate) mod request_id;
pub(crate) mod same_site;
pub(crate) mod security_headers;
pub(crate) mod stack_wipe;
pub(crate) mod telemetry;

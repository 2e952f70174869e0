//! Operation of the service itself: leases and background workers.

pub mod lease;
pub mod worker;

//! What people do, through the router.

pub(crate) mod report;
mod staff;

//! What people do, through the router.

pub(crate) mod report;
mod sign_in;
mod staff;
mod unseal;
mod verification;

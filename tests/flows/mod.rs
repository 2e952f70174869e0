//! What people do, through the router.

mod departures;
pub(crate) mod report;
mod sign_in;
mod staff;
mod unseal;
mod verification;

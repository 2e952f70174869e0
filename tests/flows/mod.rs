//! What people do, through the router.

mod carried;
mod departures;
pub(crate) mod evidence;
mod exchanged;
pub(crate) mod report;
mod sign_in;
mod staff;
mod unseal;
mod unseal_refused;
mod verification;

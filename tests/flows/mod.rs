//! What people do, through the router.

mod carried;
mod departures;
mod digests;
mod doctor;
mod drafts;
pub(crate) mod evidence;
mod exchanged;
mod filing;
mod inbox;
pub(crate) mod mail;
pub(crate) mod report;
mod sign_in;
mod staff;
mod unseal;
mod unseal_refused;
mod verification;
pub(crate) mod whatsapp;

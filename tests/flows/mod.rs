//! What people do, through the router.

mod carried;
mod conflict;
mod departures;
mod digests;
mod doctor;
mod drafts;
pub(crate) mod evidence;
mod exchanged;
mod exported;
mod filing;
mod inbox;
mod languages;
mod log;
pub(crate) mod mail;
mod overview;
mod proofs;
mod recusal;
pub(crate) mod report;
mod sign_in;
mod staff;
mod unseal;
mod unseal_refused;
pub(crate) mod verification;
pub(crate) mod whatsapp;

//! What people do, through the router.

mod backup;
mod carried;
mod departures;
mod digests;
mod doctor;
pub(crate) mod evidence;
mod exchanged;
mod filing;
pub(crate) mod mail;
mod moving;
mod operations;
pub(crate) mod report;
mod restoring;
mod sign_in;
mod staff;
mod tls;
mod unseal;
mod unseal_refused;
mod verification;
pub(crate) mod whatsapp;

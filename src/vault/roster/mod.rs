//! The roster: the signed list of all recipients to whom anything is sealed, and of the rules under which identities are
//! opened and erased (`docs/PROTOCOL.md`, section 6).
//!
//! A [`VerifiedRoster`] exists only after the pinned authority's signature and every rule have been checked.

mod difference;
mod rules;
mod types;
mod verified;

pub use difference::fingerprint;
pub use rules::{RosterError, is_name, log_origin, normalize_name};
pub use types::{
    Area, ExternalRecipient, LogEntry, Member, Origins, PasskeyRule, Policy, Retention, Roster, UnsealPasskey,
    WitnessEntry, WitnessOrigin,
};
pub use verified::VerifiedRoster;

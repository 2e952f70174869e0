//! The keys with which a file from an installation is verified, and how far they can be trusted.

use serde::{Deserialize, Serialize};

use crate::domain::ids::InstanceId;
use crate::vault::roster::{RosterError, VerifiedRoster};
use crate::vault::signing::VerifyKey;

/// The keys that a file names for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub instance: InstanceId,
    pub authority: VerifyKey,
    pub log: VerifyKey,
    pub witness: VerifyKey,
}

/// The keys that the reader knows from elsewhere. Missing ones are taken from the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    pub authority: Option<VerifyKey>,
    pub log: Option<VerifyKey>,
    pub witness: Option<VerifyKey>,
}

/// The trust in the keys that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The reader knew the keys of log and witness, or that of the authority, whose rosters name both.
    Pinned,
    /// Only the file itself vouches for its keys: all of it may be made up.
    Unpinned,
}

/// Reasons why the keys do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("it names {found} as the {whose}'s key, and you gave {given}")]
    Other {
        whose: &'static str,
        found: String,
        given: String,
    },
    #[error("a roster in it does not hold: {0}")]
    Roster(#[from] RosterError),
    #[error("its roster names another key of the {0} than the file itself")]
    RosterNames(&'static str),
}

impl Known {
    /// Compares the keys that a file names with the known ones, and with its rosters, which come oldest first. Returns
    /// the verified rosters and the trust in them.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn decide(&self, named: &Named, rosters: &[Vec<u8>]) -> Result<(Vec<VerifiedRoster>, Trust), KeyError> {
        for (whose, known, found) in [
            ("authority", self.authority, named.authority),
            ("log", self.log, named.log),
            ("witness", self.witness, named.witness),
        ] {
            if let Some(known) = known.filter(|known| *known != found) {
                return Err(KeyError::Other {
                    whose,
                    found: found.into(),
                    given: known.into(),
                });
            }
        }
        let verified = rosters
            .iter()
            .map(|note| VerifiedRoster::verify(named.instance, note, &named.authority))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(newest) = verified.iter().max_by_key(|roster| roster.version()) {
            if *newest.log_key() != named.log {
                return Err(KeyError::RosterNames("log"));
            }
            if *newest.witness_key() != named.witness {
                return Err(KeyError::RosterNames("witness"));
            }
        }
        let by_roster = self.authority.is_some() && !verified.is_empty();
        let both = self.log.is_some() && self.witness.is_some();
        let trust = if both || by_roster {
            Trust::Pinned
        } else {
            Trust::Unpinned
        };
        Ok((verified, trust))
    }
}

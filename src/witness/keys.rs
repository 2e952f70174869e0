//! The witness's keys, and the parties to which it is pinned.

use crate::audit::restore::RestoreStatement;
use crate::domain::ids::InstanceId;
use crate::vault::agefile::Identity;
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::{SigningKey, VerifyKey};
use crate::witness::journal::Init;
use crate::witness::refusal::Refusal;

/// Secret keys of a witness, with the public keys that it trusts.
pub struct Keys {
    /// The installation that it witnesses.
    pub instance: InstanceId,
    /// The authority's verify key: signs rosters and restore statements.
    pub authority: VerifyKey,
    /// The log's verify key: signs checkpoints.
    pub log: VerifyKey,
    /// Opens the witness halves and the purpose letters.
    pub identity: Identity,
    /// Signs cosignatures and statements.
    pub signing: SigningKey,
}

impl Keys {
    /// The journal's first line: the parties to which this witness is pinned.
    pub(super) fn init(&self) -> Init {
        Init {
            instance: self.instance,
            authority: self.authority,
            log: self.log,
            witness: self.signing.verify_key(),
        }
    }

    /// Verifies a roster: the authority signed it, and it names this witness and this log.
    pub(super) fn verify_roster(&self, note: &[u8]) -> Result<VerifiedRoster, Refusal> {
        let roster = VerifiedRoster::verify(self.instance, note, &self.authority).map_err(|_| Refusal::RosterForged)?;
        let ours = *roster.witness_key() == self.signing.verify_key()
            && *roster.witness_recipient() == self.identity.recipient()
            && *roster.log_key() == self.log;
        if ours { Ok(roster) } else { Err(Refusal::RosterForeign) }
    }

    /// Verifies a restore statement of the authority.
    pub(super) fn verify_restore(&self, note: &[u8]) -> Result<RestoreStatement, Refusal> {
        RestoreStatement::verify(note, self.instance, self.authority.as_bytes()).map_err(|_| Refusal::RestoreForged)
    }
}

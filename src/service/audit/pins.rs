//! The keys that an auditor trusts.

use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::vault::signing::VerifyKey;

/// The keys that the auditor trusts. They do not come from the database.
#[derive(Debug, Clone, Copy)]
pub struct Pins {
    pub instance: InstanceId,
    pub authority: VerifyKey,
    pub log: VerifyKey,
    pub witness: VerifyKey,
}

impl Pins {
    /// Takes them from a server's key file.
    pub fn of(keys: &ServerKeys) -> Self {
        Self {
            instance: keys.instance,
            authority: keys.authority,
            log: keys.log.signing_key().verify_key(),
            witness: keys.witness,
        }
    }
}

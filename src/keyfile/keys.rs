//! The keys of each party: server, witness, authority.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::ids::InstanceId;
use crate::keyfile::secret::{Salt, Secret};
use crate::vault::agefile::Recipient;
use crate::vault::row_key::RowKey;
use crate::vault::signing::VerifyKey;

/// `[server]`: the server's keys. None of them opens a report or an identity.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerKeys {
    /// The id of the installation; it never changes.
    pub instance: InstanceId,
    /// Pinned: the key that must have signed a roster.
    pub authority: VerifyKey,
    /// Pinned: the key that must have countersigned a checkpoint.
    pub witness: VerifyKey,
    /// The recipient to whom the witness's halves are sealed.
    pub witness_recipient: Recipient,
    /// Signs checkpoints of the audit log.
    pub log: Secret,
    /// Encrypts staff's login checks and key blobs, so that a stolen database gives nothing to guess passwords against.
    /// The MACs of rows that grant something are under a key of it.
    pub pepper: Secret,
    /// Salt of every receipt (16 bytes). Not secret by itself, but losing it loses every receipt.
    pub receipt_salt: Salt,
    /// Encrypts the transit keys, which are made anew each day and destroyed.
    pub transit: Secret,
    /// Opens the addresses of people who wish to be told of news.
    pub notifier: Secret,
    /// Credentials for the bucket of `[files.s3]` in the configuration, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Keys>,
    /// Credentials for Meta's Cloud API, if the configuration has `[whatsapp]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp: Option<WhatsappKeys>,
    /// Credentials for the mail server of `[email]` in the configuration, if it asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<SmtpKeys>,
}

impl ServerKeys {
    /// The key of the rows that grant something.
    #[must_use]
    pub fn row_key(&self) -> Arc<RowKey> {
        Arc::new(RowKey::derive(self.pepper.key(), self.instance))
    }

    /// The fields in which the server's keys and the witness's name different parties. Empty if both come from the same
    /// `sigilo keys new`.
    #[must_use]
    pub fn differs_from(&self, witness: &WitnessKeys) -> Vec<&'static str> {
        let pairs = [
            ("instance", self.instance == witness.instance),
            ("authority", self.authority == witness.authority),
            ("log", self.log.signing_key().verify_key() == witness.log),
            ("witness", self.witness == witness.signing.signing_key().verify_key()),
            (
                "witness_recipient",
                self.witness_recipient == witness.identity.identity().recipient(),
            ),
        ];
        let different = pairs.into_iter().filter(|(_, is_same)| !is_same);
        different.map(|(name, _)| name).collect()
    }
}

/// `[server.s3]`: credentials for the bucket of sealed attachments.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Keys {
    pub access_key_id: String,
    pub secret_access_key: Zeroizing<String>,
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Keys(…)")
    }
}

/// `[server.whatsapp]`: the secrets shared with Meta.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsappKeys {
    /// The key of Meta's signatures under what it delivers.
    pub app_secret: Zeroizing<String>,
    /// The token that Meta sends to verify the webhook.
    pub verify_token: Zeroizing<String>,
    /// The bearer token for sending.
    pub access_token: Zeroizing<String>,
}

impl fmt::Debug for WhatsappKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WhatsappKeys(…)")
    }
}

/// `[server.smtp]`: credentials for the mail server.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpKeys {
    pub username: String,
    pub password: Zeroizing<String>,
}

impl fmt::Debug for SmtpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpKeys(…)")
    }
}

/// `[witness]`: the witness's keys. They open its half of every identity key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessKeys {
    pub instance: InstanceId,
    /// Pinned: the key that must have signed a roster.
    pub authority: VerifyKey,
    /// Pinned: the log that the witness watches.
    pub log: VerifyKey,
    /// Opens the witness halves.
    pub identity: Secret,
    /// Signs countersignatures and statements.
    pub signing: Secret,
}

/// `[authority]`: the authority's key, kept offline. It decides to whom anything may be sealed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityKeys {
    pub instance: InstanceId,
    /// Pinned: the log's key, which a roster names.
    pub log: VerifyKey,
    /// Pinned: the witness's key, which a roster names.
    pub witness: VerifyKey,
    /// Pinned: the recipient of the witness's halves, which a roster names.
    pub witness_recipient: Recipient,
    /// Signs rosters.
    pub signing: Secret,
}

//! Key files: the only place from which secrets come. `keys.example` explains every key.
//!
//! One format with three optional tables, because in production the server, the witness and the authority each hold
//! a file of their own; a party reads its table and refuses a file without it.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rand::CryptoRng;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::domain::ids::InstanceId;
use crate::vault::agefile::{Identity, Recipient};
use crate::vault::secret::Key32;
use crate::vault::signing::{SigningKey, VerifyKey};

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: others may read it. Run: chmod 600 {path}")]
    Permissions { path: PathBuf },
    #[error("{path}: {message}. `keys.example` explains every key")]
    Malformed { path: PathBuf, message: String },
    #[error("{path}: there is no [{table}] table. `keys.example` explains every key")]
    Missing { path: PathBuf, table: &'static str },
}

/// The file as a whole.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<WitnessKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<AuthorityKeys>,
}

/// What the server holds: nothing that opens a report or an identity.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerKeys {
    /// The installation; never changes.
    pub instance: InstanceId,
    /// Pinned: whose signature a roster must bear.
    pub authority: VerifyKey,
    /// Pinned: whose countersignature a checkpoint must bear.
    pub witness: VerifyKey,
    /// To whom the witness's halves are sealed.
    pub witness_recipient: Recipient,
    /// Signs checkpoints of the audit log.
    pub log: Secret,
    /// Staff's login checks and key blobs lie under it, so that a stolen database gives nothing to guess against.
    pub pepper: Secret,
    /// Salt of every receipt (16 bytes). Not secret by itself, but losing it loses every receipt.
    pub receipt_salt: Salt,
    /// Under it lie the keys of what is on its way, which are made anew each day and destroyed.
    pub transit: Secret,
    /// Opens the addresses at which people wish to be told that there is something new.
    pub notifier: Secret,
    /// Access to the bucket of `[files.s3]` in the configuration, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Keys>,
    /// Access to Meta's Cloud API, where the configuration has `[whatsapp]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp: Option<WhatsappKeys>,
    /// Access to the mail server of `[email]` in the configuration, where it asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<SmtpKeys>,
}

impl ServerKeys {
    /// The fields in which the server's keys and the witness's name different parties: none if both come from one
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
        let wrong = pairs.into_iter().filter(|(_, is_same)| !is_same);
        wrong.map(|(name, _)| name).collect()
    }
}

/// Who may write to the bucket in which sealed files lie.
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

/// What Meta and we tell each other to be who we are.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsappKeys {
    /// Under which Meta signs what it delivers.
    pub app_secret: Zeroizing<String>,
    /// What Meta sends along when it asks whether the webhook is ours.
    pub verify_token: Zeroizing<String>,
    /// The bearer token with which we send.
    pub access_token: Zeroizing<String>,
}

impl fmt::Debug for WhatsappKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WhatsappKeys(…)")
    }
}

/// Who may send through the mail server.
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

/// What the witness holds: its half of every identity key can be opened with it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessKeys {
    pub instance: InstanceId,
    /// Pinned: the authority and the log that it watches.
    pub authority: VerifyKey,
    pub log: VerifyKey,
    /// Opens the witness halves.
    pub identity: Secret,
    /// Signs countersignatures and statements.
    pub signing: Secret,
}

/// What the authority holds, offline: who may ever be sealed to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityKeys {
    pub instance: InstanceId,
    /// Signs rosters.
    pub signing: Secret,
}

/// 32 secret bytes in a key file, as base64.
#[derive(Debug, PartialEq, Eq)]
pub struct Secret(Key32);

impl Secret {
    /// The key itself.
    pub const fn key(&self) -> &Key32 {
        &self.0
    }

    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.0)
    }

    pub fn identity(&self) -> Identity {
        Identity::from_scalar(self.0.duplicate())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = Zeroizing::new(
            BASE64_STANDARD
                .decode(text.as_bytes())
                .map_err(|_| D::Error::custom("not base64"))?,
        );
        Key32::from_slice(&bytes)
            .map(Self)
            .ok_or_else(|| D::Error::custom("not 32 bytes"))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64_STANDARD.encode(self.0.expose())))
    }
}

/// 16 bytes in a key file, as base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = BASE64_STANDARD
            .decode(String::deserialize(deserializer)?)
            .map_err(D::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("not 16 bytes"))
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl KeyFile {
    /// Fresh keys for a new installation: the server's file, the witness's, the authority's.
    pub fn fresh(instance: InstanceId, rng: &mut dyn CryptoRng) -> [Self; 3] {
        let log = Secret(Key32::random(rng));
        let witness_signing = Secret(Key32::random(rng));
        let authority_signing = Secret(Key32::random(rng));
        let authority = authority_signing.signing_key().verify_key();
        let mut receipt_salt = [0; 16];
        rng.fill_bytes(&mut receipt_salt);
        let witness = WitnessKeys {
            instance,
            authority,
            log: log.signing_key().verify_key(),
            identity: Secret(Key32::random(rng)),
            signing: witness_signing,
        };
        let server = ServerKeys {
            instance,
            authority,
            witness: witness.signing.signing_key().verify_key(),
            witness_recipient: witness.identity.identity().recipient(),
            log,
            pepper: Secret(Key32::random(rng)),
            receipt_salt: Salt(receipt_salt),
            transit: Secret(Key32::random(rng)),
            notifier: Secret(Key32::random(rng)),
            s3: None,
            whatsapp: None,
            smtp: None,
        };
        let authority = AuthorityKeys {
            instance,
            signing: authority_signing,
        };
        [
            Self {
                server: Some(server),
                ..Self::default()
            },
            Self {
                witness: Some(witness),
                ..Self::default()
            },
            Self {
                authority: Some(authority),
                ..Self::default()
            },
        ]
    }

    /// Reads a key file that only its owner may read.
    ///
    /// # Errors
    /// [`KeyFileError`]: it cannot be read, others may read it, or a key is unknown, missing or malformed.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        use std::os::unix::fs::PermissionsExt as _;

        let io = |source| KeyFileError::Io {
            path: path.into(),
            source,
        };
        // systemd lets the service's user read a credential by an access list, which shows as the group's permission.
        let others = if is_credential(path) { 0o037 } else { 0o077 };
        if fs::metadata(path).map_err(io)?.permissions().mode() & others != 0 {
            return Err(KeyFileError::Permissions { path: path.into() });
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
        Self::parse(&text).map_err(|message| KeyFileError::Malformed {
            path: path.into(),
            message,
        })
    }

    /// Parses the text of a key file.
    ///
    /// # Errors
    /// What is wrong and in which line; never the text of a line, which may be a key.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("line {line}: {}", error.message())
        })
    }

    /// Writes a new file, readable by its owner only; refuses to overwrite.
    ///
    /// # Errors
    /// [`KeyFileError::Io`], also when the file exists.
    pub fn create(&self, path: &Path) -> Result<(), KeyFileError> {
        create_private(
            path,
            Zeroizing::new(toml::to_string(self).expect("tables of texts")).as_bytes(),
        )
    }
}

/// Writes a new file, readable by its owner only; refuses to overwrite.
///
/// # Errors
/// [`KeyFileError::Io`], also when the file exists.
pub fn create_private(path: &Path, content: &[u8]) -> Result<(), KeyFileError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .map_err(|source| KeyFileError::Io {
            path: path.into(),
            source,
        })
}

/// Whether systemd hands this file over.
pub fn is_credential(path: &Path) -> bool {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
    folder.is_some_and(|folder| path.parent() == Some(Path::new(&folder)))
}

/// The server's keys from a file.
///
/// # Errors
/// [`KeyFileError`]
pub fn server_keys(path: &Path) -> Result<ServerKeys, KeyFileError> {
    KeyFile::read(path)?.server.ok_or(KeyFileError::Missing {
        path: path.into(),
        table: "server",
    })
}

/// The witness's keys from a file.
///
/// # Errors
/// [`KeyFileError`]
pub fn witness_keys(path: &Path) -> Result<WitnessKeys, KeyFileError> {
    KeyFile::read(path)?.witness.ok_or(KeyFileError::Missing {
        path: path.into(),
        table: "witness",
    })
}

/// The authority's keys from a file.
///
/// # Errors
/// [`KeyFileError`]
pub fn authority_keys(path: &Path) -> Result<AuthorityKeys, KeyFileError> {
    KeyFile::read(path)?.authority.ok_or(KeyFileError::Missing {
        path: path.into(),
        table: "authority",
    })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_example_parses() {
        let file = KeyFile::parse(include_str!("../keys.example")).unwrap();
        assert!(file.server.is_some() && file.witness.is_some() && file.authority.is_some());
    }

    #[test]
    fn fresh_keys_read_back_and_belong_together() {
        let dir = tempfile::tempdir().unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let instance = InstanceId::random(&mut rng);
        let [server, witness, authority] = KeyFile::fresh(instance, &mut rng);
        let path = dir.path().join("keys.toml");
        server.create(&path).unwrap();
        assert!(
            matches!(server.create(&path), Err(KeyFileError::Io { .. })),
            "a key file is never overwritten"
        );
        let read = server_keys(&path).unwrap();
        assert_eq!(read.log, server.server.unwrap().log);
        assert_eq!(
            read.witness,
            witness.witness.unwrap().signing.signing_key().verify_key()
        );
        assert_eq!(
            read.authority,
            authority.authority.unwrap().signing.signing_key().verify_key()
        );
        assert!(matches!(
            witness_keys(&path),
            Err(KeyFileError::Missing { table: "witness", .. })
        ));
    }

    #[test]
    fn others_must_not_read_it_and_unknown_keys_are_told_without_secrets() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        fs::write(&path, "[authority]\nsecret_sauce = \"c2VudGluZWw=\"\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyFile::read(&path), Err(KeyFileError::Permissions { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let error = KeyFile::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("secret_sauce") && !error.contains("c2VudGluZWw="),
            "{error}"
        );
    }
}

//! Reads and writes key files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::ids::InstanceId;
use crate::keyfile::keys::{AuthorityKeys, ServerKeys, WitnessKeys};
use crate::keyfile::secret::{Salt, Secret};

/// A key file that cannot be used, and the reason.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{0}: others may read it. Run: chmod 600 {0}", path.display())]
    Permissions { path: PathBuf },
    #[error("{}: {message}. `keys.example` explains every key", path.display())]
    Malformed { path: PathBuf, message: String },
    #[error("{}: there is no [{table}] table. `keys.example` explains every key", path.display())]
    Missing { path: PathBuf, table: &'static str },
}

/// The file as a whole. Each party reads its own table.
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

impl KeyFile {
    /// Makes keys for a new installation: the server's file, the witness's, the authority's.
    pub fn fresh(instance: InstanceId, rng: &mut dyn CryptoRng) -> [Self; 3] {
        let log = Secret::random(rng);
        let witness_signing = Secret::random(rng);
        let authority_signing = Secret::random(rng);
        let authority = authority_signing.signing_key().verify_key();
        let mut receipt_salt = [0; 16];
        rng.fill_bytes(&mut receipt_salt);
        let witness = WitnessKeys {
            instance,
            authority,
            log: log.signing_key().verify_key(),
            identity: Secret::random(rng),
            signing: witness_signing,
        };
        let server = ServerKeys {
            instance,
            authority,
            witness: witness.signing.signing_key().verify_key(),
            witness_recipient: witness.identity.identity().recipient(),
            log,
            pepper: Secret::random(rng),
            receipt_salt: Salt(receipt_salt),
            transit: Secret::random(rng),
            notifier: Secret::random(rng),
            s3: None,
            whatsapp: None,
            smtp: None,
        };
        let authority = AuthorityKeys {
            instance,
            log: witness.log,
            witness: server.witness,
            witness_recipient: server.witness_recipient.clone(),
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
        // systemd grants access to a credential by an access list, which shows as the group's read permission.
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
    /// The mistake and its line; never the text of a line, which may be a key.
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

/// True if the file is a systemd credential.
pub fn is_credential(path: &Path) -> bool {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
    folder.is_some_and(|folder| path.parent() == Some(Path::new(&folder)))
}

/// Reads the server's keys.
///
/// # Errors
/// [`KeyFileError`]
pub fn server_keys(path: &Path) -> Result<ServerKeys, KeyFileError> {
    KeyFile::read(path)?.server.ok_or(KeyFileError::Missing {
        path: path.into(),
        table: "server",
    })
}

/// Reads the witness's keys.
///
/// # Errors
/// [`KeyFileError`]
pub fn witness_keys(path: &Path) -> Result<WitnessKeys, KeyFileError> {
    KeyFile::read(path)?.witness.ok_or(KeyFileError::Missing {
        path: path.into(),
        table: "witness",
    })
}

/// Reads the authority's keys.
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
        let file = KeyFile::parse(include_str!("../../keys.example")).unwrap();
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

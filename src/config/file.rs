//! `sigilo.toml` as a whole: reads it, checks it, and resolves its paths.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use super::channels::{EmailConfig, WhatsappConfig};
use super::limits::{DiskConfig, LimitsConfig};
use super::server::ServerConfig;
use super::storage::FilesConfig;

/// A configuration that cannot be used, and the reason.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: {source}. Name the configuration with --config; docs/OPERATIONS.md shows how to write one", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {message}", path.display())]
    Malformed { path: PathBuf, message: String },
}

/// `sigilo.toml`. Relative paths start at the file's own folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address on which `sigilo serve` listens.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The address that people type, scheme and host, without a path: `https://denuncias.example`.
    pub public_url: String,
    /// `sqlite:<path>` or `postgres://…`.
    pub database: String,
    /// The institution's profile.
    pub profile: PathBuf,
    /// The server's key file.
    pub keys: PathBuf,
    pub witness: WitnessConfig,
    #[serde(default)]
    pub files: FilesConfig,
    #[serde(default)]
    pub server: ServerConfig,
    #[serde(default)]
    pub limits: LimitsConfig,
    #[serde(default)]
    pub disk: DiskConfig,
    /// The page to which *leave at once* leads.
    #[serde(default = "default_leave")]
    pub leave_to: String,
    /// Without it, WhatsApp is off.
    pub whatsapp: Option<WhatsappConfig>,
    /// Without it, no e-mail is sent.
    pub email: Option<EmailConfig>,
}

/// `[witness]`: the witness in this process, with its own key file and its own folder for journal and state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    pub keys: PathBuf,
    pub folder: PathBuf,
}

fn default_listen() -> SocketAddr {
    ([127, 0, 0, 1], 8080).into()
}

fn default_leave() -> String {
    "https://www.google.com/".to_owned()
}

impl Config {
    /// The folders in which data grows, by what they hold: the database (if it is a file), attachments (if not in a
    /// bucket), the witness's journal.
    pub fn growing_folders(&self) -> Vec<(&'static str, &Path)> {
        let database = self.database.strip_prefix("sqlite:").map(Path::new);
        let database = database.and_then(Path::parent).map(|folder| ("database", folder));
        let files = Some(("files", self.files.folder.as_path())).filter(|_| self.files.s3.is_none());
        let witness = Some(("witness", self.witness.folder.as_path()));
        // The parent of a path without a folder is empty.
        let or_here = |folder| {
            if folder == Path::new("") {
                Path::new(".")
            } else {
                folder
            }
        };
        let all = [database, files, witness].into_iter().flatten();
        all.map(|(content, folder)| (content, or_here(folder))).collect()
    }

    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] with the mistake and its place.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Io {
            path: path.into(),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut config = Self::parse(&text, folder).map_err(|message| ConfigError::Malformed {
            path: path.into(),
            message,
        })?;
        if let Some(credentials) = std::env::var_os("CREDENTIALS_DIRECTORY") {
            config.take_credentials(Path::new(&credentials));
        }
        Ok(config)
    }

    /// Replaces key files and TLS files by systemd credentials of the same name.
    fn take_credentials(&mut self, folder: &Path) {
        let tls = self.server.tls.as_mut().map(|tls| [&mut tls.certificate, &mut tls.key]);
        let keys = [&mut self.keys, &mut self.witness.keys];
        for file in keys.into_iter().chain(tls.into_iter().flatten()) {
            let credential = file.file_name().map(|name| folder.join(name));
            if let Some(credential) = credential.filter(|credential| credential.exists()) {
                *file = credential;
            }
        }
    }

    /// Parses a configuration whose relative paths start at `folder`.
    ///
    /// # Errors
    /// The mistake and its line; never the text of a line, since a database's address may hold a password.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("line {line}: {}", error.message())
        })?;
        config.check_public_url()?;
        config.check_database(folder)?;
        config.check_internal_listener()?;
        config.check_onion()?;
        config.resolve_paths(folder);
        Ok(config)
    }

    fn check_public_url(&mut self) -> Result<(), String> {
        let url = self.public_url.trim_end_matches('/').to_owned();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if !host.is_some_and(|host| !host.is_empty() && !host.contains('/')) {
            return Err("public_url: expected a scheme and a host, such as https://denuncias.example".into());
        }
        self.public_url = url;
        Ok(())
    }

    fn check_database(&mut self, folder: &Path) -> Result<(), String> {
        if let Some(file) = self.database.strip_prefix("sqlite:") {
            self.database = format!("sqlite:{}", folder.join(file).display());
        } else if !self.database.starts_with("postgres://") {
            return Err("database: expected sqlite:<path> or postgres://…".into());
        }
        Ok(())
    }

    fn check_internal_listener(&self) -> Result<(), String> {
        let Some(internal) = self.server.internal else {
            return Ok(());
        };
        if internal.ip().is_unspecified() {
            return Err("server.internal: name one address, such as 127.0.0.1:9464; never all of a machine's".into());
        }
        if internal == self.listen && internal.port() != 0 {
            return Err("server.internal: must be another address than listen".into());
        }
        Ok(())
    }

    fn check_onion(&mut self) -> Result<(), String> {
        if let Some(onion) = &mut self.server.onion {
            let address = onion.trim_end_matches('/').to_owned();
            let host = address
                .strip_prefix("http://")
                .or_else(|| address.strip_prefix("https://"));
            if !host.is_some_and(is_onion) {
                return Err("server.onion: expected a scheme and an onion host, such as http://….onion".into());
            }
            *onion = address;
        }
        Ok(())
    }

    fn resolve_paths(&mut self, folder: &Path) {
        let required = [
            &mut self.profile,
            &mut self.keys,
            &mut self.witness.keys,
            &mut self.witness.folder,
            &mut self.files.folder,
        ];
        let tls = self.server.tls.as_mut().map(|tls| [&mut tls.certificate, &mut tls.key]);
        for path in required
            .into_iter()
            .chain(self.files.scratch.as_mut())
            .chain(tls.into_iter().flatten())
        {
            *path = folder.join(&*path);
        }
    }
}

fn is_onion(host: &str) -> bool {
    let name = host.strip_suffix(".onion");
    name.is_some_and(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::channels::Encryption;

    const GOOD: &str = r#"
        public_url = "http://localhost:8080"
        database = "sqlite:sigilo.sqlite"
        profile = "iess.toml"
        keys = "keys.toml"
        [witness]
        keys = "witness.toml"
        folder = "witness"
    "#;

    #[test]
    fn paths_count_from_the_file() {
        let config = Config::parse(GOOD, Path::new("/srv/sigilo")).unwrap();
        assert_eq!(config.database, "sqlite:/srv/sigilo/sigilo.sqlite");
        assert_eq!(config.witness.folder, Path::new("/srv/sigilo/witness"));
        assert_eq!(config.files.folder, Path::new("/srv/sigilo/files"));
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = Config::parse(&format!("colour = 1\n{GOOD}"), Path::new("")).unwrap_err();
        assert!(error.contains("colour"), "{error}");
    }

    #[test]
    fn mail_takes_a_sender_and_a_host_and_is_protected_unless_said_otherwise() {
        let email = "[email]\nfrom = \"Sigilo <no-responder@iess.example>\"\nhost = \"correo.iess.example\"\n";
        let config = Config::parse(&format!("{GOOD}\n{email}"), Path::new("")).unwrap();
        assert_eq!(config.email.unwrap().encryption, Encryption::Tls);
        assert!(Config::parse(&format!("{GOOD}\n{email}tls = false"), Path::new("")).is_err());
    }

    #[test]
    fn the_internal_listener_is_never_everybodys() {
        let with = |address: &str| {
            let text = format!("listen = \"127.0.0.1:8080\"\n{GOOD}\n[server]\ninternal = \"{address}\"\n");
            Config::parse(&text, Path::new(""))
        };
        assert!(with("127.0.0.1:9464").unwrap().server.internal.is_some());
        assert_eq!(Config::parse(GOOD, Path::new("")).unwrap().server.internal, None);
        for wrong in ["0.0.0.0:9464", "[::]:9464", "127.0.0.1:8080", "9464"] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn how_it_is_reached_is_read_and_credentials_take_the_place_of_files() {
        let text = format!(
            "{GOOD}\n[server]\nonion = \"http://synthetic.onion/\"\n[server.tls]\ncertificate = \"tls/chain.pem\"\n\
             key = \"/etc/tls/key.pem\"\nredirect = \"0.0.0.0:80\"\n"
        );
        let mut config = Config::parse(&text, Path::new("/srv/sigilo")).unwrap();
        assert_eq!(config.server.onion.as_deref(), Some("http://synthetic.onion"));
        assert!(Config::parse(&text.replace(".onion/", ".example/"), Path::new("")).is_err());
        let credentials = tempfile::tempdir().unwrap();
        for name in ["keys.toml", "key.pem"] {
            fs::write(credentials.path().join(name), "").unwrap();
        }
        config.take_credentials(credentials.path());
        let tls = config.server.tls.unwrap();
        assert_eq!(config.keys, credentials.path().join("keys.toml"));
        assert_eq!(tls.key, credentials.path().join("key.pem"));
        assert_eq!(config.witness.keys, Path::new("/srv/sigilo/witness.toml"));
        assert_eq!(tls.certificate, Path::new("/srv/sigilo/tls/chain.pem"));
    }

    #[test]
    fn addresses_are_checked() {
        assert!(Config::parse(&GOOD.replace("http://localhost:8080", "localhost"), Path::new("")).is_err());
        assert!(Config::parse(&GOOD.replace("sqlite:sigilo.sqlite", "mysql://x"), Path::new("")).is_err());
    }
}

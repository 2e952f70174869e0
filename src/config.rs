//! The configuration file: typed, unknown keys refused, no secrets (those are in the key files).

mod limits;
mod server;

pub use limits::{DiskConfig, DiskReserve, LimitsConfig, Quota};
pub use server::{ServerConfig, TlsConfig};

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: {message}")]
    Malformed { path: PathBuf, message: String },
}

/// `sigilo.toml`. Relative paths count from the file's own folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where `sigilo serve` listens.
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
    /// Where *leave at once* leads.
    #[serde(default = "default_leave")]
    pub leave_to: String,
    /// Without it the channel is off.
    pub whatsapp: Option<WhatsappConfig>,
    /// Without it nobody is told anything by e-mail.
    pub email: Option<EmailConfig>,
}

/// Meta's Cloud API; its three secrets are `[server.whatsapp]` of the key file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsappConfig {
    /// The id, not the number itself, as Meta's pages show it.
    pub phone_number_id: String,
    /// The number as people dial it, for the link on the first page: `+593962532338`.
    pub number: Option<String>,
    #[serde(default = "default_graph")]
    pub base_url: String,
    #[serde(default = "default_graph_version")]
    pub api_version: String,
    /// Hosts from which media are fetched; what lies elsewhere is refused.
    #[serde(default = "default_media_hosts")]
    pub media_hosts: Vec<String>,
    /// Messages a second that Meta lets the number send: 80, or more once it has raised that by itself.
    #[serde(default = "default_throughput")]
    pub messages_per_second: NonZeroU16,
    /// The approved template for "there is something new", without variables; it exists in each language of the profile.
    pub news_template: Option<String>,
}

fn default_graph() -> String {
    "https://graph.facebook.com".to_owned()
}

fn default_graph_version() -> String {
    "v25.0".to_owned()
}

/// What Meta lets a new number send.
pub fn default_throughput() -> NonZeroU16 {
    NonZeroU16::new(80).expect("not zero")
}

fn default_media_hosts() -> Vec<String> {
    vec!["lookaside.fbsbx.com".to_owned()]
}

/// A mail server; its access is `[server.smtp]` of the key file, where it asks for one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    /// The sender: `Sigilo <no-responder@iess.example>`. Answers to it reach nobody.
    pub from: String,
    pub host: String,
    /// 465 with `tls`, 587 with `starttls` unless said otherwise.
    pub port: Option<u16>,
    #[serde(default)]
    pub encryption: Encryption,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    #[default]
    Tls,
    Starttls,
    /// Only to this very machine.
    None,
}

/// The witness inside this process: its own key file and its own folder for journal and state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    pub keys: PathBuf,
    pub folder: PathBuf,
}

/// Where the sealed files of cases lie: in a folder, or in a bucket where `[files.s3]` is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    #[serde(default = "default_files")]
    pub folder: PathBuf,
    /// A bucket takes the folder's place; its two secrets are `[server.s3]` of the key file.
    pub s3: Option<S3Config>,
    /// Where a file lies, sealed and without a name, until it is cleaned: on a disk, not in memory. Else the folder,
    /// and with a bucket the system's folder for temporary files.
    pub scratch: Option<PathBuf>,
}

/// A bucket of an S3-compatible service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    pub bucket: String,
    pub region: String,
    /// Of a service that is not Amazon's: `https://s3.example`.
    pub endpoint: Option<String>,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self {
            folder: default_files(),
            s3: None,
            scratch: None,
        }
    }
}

fn default_files() -> PathBuf {
    "files".into()
}

fn default_listen() -> SocketAddr {
    ([127, 0, 0, 1], 8080).into()
}

fn default_leave() -> String {
    "https://www.google.com/".to_owned()
}

impl Config {
    /// The folders in which something grows, and what: the database (if it is a file), files (if not in a bucket), the
    /// witness's journal.
    pub fn growing(&self) -> Vec<(&'static str, &Path)> {
        let database = self.database.strip_prefix("sqlite:").map(Path::new);
        let database = database.and_then(Path::parent).map(|folder| ("database", folder));
        let files = Some(("files", self.files.folder.as_path())).filter(|_| self.files.s3.is_none());
        let witness = Some(("witness", self.witness.folder.as_path()));
        // A path that is relative to where we are has an empty parent.
        let here = |folder: &'static Path, given| if given == Path::new("") { folder } else { given };
        let all = [database, files, witness].into_iter().flatten();
        all.map(|(what, folder)| (what, here(Path::new("."), folder))).collect()
    }

    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] with what is wrong and where.
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

    /// A file that systemd hands over as a credential takes the place of one of the same name.
    fn take_credentials(&mut self, folder: &Path) {
        let tls = self.server.tls.as_mut().map(|tls| [&mut tls.certificate, &mut tls.key]);
        let keys = [&mut self.keys, &mut self.witness.keys];
        for file in keys.into_iter().chain(tls.into_iter().flatten()) {
            let handed = file.file_name().map(|name| folder.join(name));
            if let Some(handed) = handed.filter(|handed| handed.exists()) {
                *file = handed;
            }
        }
    }

    /// Parses a configuration whose relative paths count from `folder`.
    ///
    /// # Errors
    /// What is wrong and in which line; never the text of a line, since a database's address may hold a password.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("line {line}: {}", error.message())
        })?;
        let url = config.public_url.trim_end_matches('/').to_owned();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if !host.is_some_and(|host| !host.is_empty() && !host.contains('/')) {
            return Err("public_url: expected a scheme and a host, such as https://denuncias.example".into());
        }
        config.public_url = url;
        if let Some(file) = config.database.strip_prefix("sqlite:") {
            config.database = format!("sqlite:{}", folder.join(file).display());
        } else if !config.database.starts_with("postgres://") {
            return Err("database: expected sqlite:<path> or postgres://…".into());
        }
        if let Some(internal) = config.server.internal {
            if internal.ip().is_unspecified() {
                return Err(
                    "server.internal: name one address, such as 127.0.0.1:9464; never all of a machine's".into(),
                );
            }
            if internal == config.listen && internal.port() != 0 {
                return Err("server.internal: must be another address than listen".into());
            }
        }
        for file in [
            &mut config.profile,
            &mut config.keys,
            &mut config.witness.keys,
            &mut config.witness.folder,
            &mut config.files.folder,
        ] {
            *file = folder.join(&*file);
        }
        if let Some(scratch) = &mut config.files.scratch {
            *scratch = folder.join(&*scratch);
        }
        if let Some(tls) = &mut config.server.tls {
            tls.certificate = folder.join(&tls.certificate);
            tls.key = folder.join(&tls.key);
        }
        if let Some(onion) = &mut config.server.onion {
            let address = onion.trim_end_matches('/').to_owned();
            let host = address
                .strip_prefix("http://")
                .or_else(|| address.strip_prefix("https://"));
            if !host.is_some_and(is_onion) {
                return Err("server.onion: expected a scheme and an onion host, such as http://….onion".into());
            }
            *onion = address;
        }
        Ok(config)
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

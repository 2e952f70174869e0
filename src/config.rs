//! The configuration file: typed, unknown keys refused, no secrets (those are in the key files).

mod guards;

pub use guards::{DiskConfig, LimitsConfig, Pair, Reserve, ServerConfig};

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
        Self::parse(&text, folder).map_err(|message| ConfigError::Malformed {
            path: path.into(),
            message,
        })
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
        Ok(config)
    }
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
    fn addresses_are_checked() {
        assert!(Config::parse(&GOOD.replace("http://localhost:8080", "localhost"), Path::new("")).is_err());
        assert!(Config::parse(&GOOD.replace("sqlite:sigilo.sqlite", "mysql://x"), Path::new("")).is_err());
    }
}

//! The place of the sealed attachments.

use std::path::PathBuf;

use serde::Deserialize;

/// `[files]`: the place of the sealed attachments. A folder, or a bucket if there is `[files.s3]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    #[serde(default = "default_files")]
    pub folder: PathBuf,
    /// A bucket instead of the folder. Its two secrets are `[server.s3]` of the key file.
    pub s3: Option<S3Config>,
    /// The folder on disk in which a file lies, sealed and without a name, until it is cleaned. Without it: `folder`,
    /// or with a bucket the system's folder for temporary files.
    pub scratch: Option<PathBuf>,
}

/// `[files.s3]`: a bucket of an S3-compatible service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    pub bucket: String,
    pub region: String,
    /// For a service other than Amazon's: `https://s3.example`.
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

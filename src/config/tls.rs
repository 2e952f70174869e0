//! TLS in this program.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// `[server.tls]`: TLS in this program. Both files are read again when they change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate chain as PEM, the server's own certificate first.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// The address of a plain HTTP listener that redirects to `public_url`.
    pub redirect: Option<SocketAddr>,
}

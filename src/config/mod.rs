//! The configuration file: typed, and unknown keys are refused. It holds no secrets: those are in the key files.

mod channels;
mod file;
mod limits;
mod server;
mod storage;
mod tls;

pub use channels::{DEFAULT_MESSAGES_PER_SECOND, EmailConfig, Encryption, WhatsappConfig};
pub use file::{Config, ConfigError, WitnessConfig};
pub use limits::{DiskConfig, DiskReserve, LimitsConfig, Quota};
pub use server::ServerConfig;
pub use storage::{FilesConfig, S3Config};
pub use tls::TlsConfig;

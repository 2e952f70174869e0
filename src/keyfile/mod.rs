//! Key files: the only source of secrets. `keys.example` explains every key.
//!
//! There is one format with three optional tables, because in production the server, the witness and the authority each
//! hold a file of their own. A party reads its table and refuses a file without it.

mod file;
mod keys;
mod secret;

pub use file::{KeyFile, KeyFileError, authority_keys, create_private, is_credential, server_keys, witness_keys};
pub use keys::{AuthorityKeys, S3Keys, ServerKeys, SmtpKeys, WhatsappKeys, WitnessKeys};
pub use secret::{Salt, Secret};

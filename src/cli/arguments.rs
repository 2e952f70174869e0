//! Arguments that several commands share.

use std::path::PathBuf;

/// The location of the configuration.
#[derive(clap::Args)]
pub(crate) struct ConfigArgument {
    /// The configuration file
    #[arg(long, short, default_value = "sigilo.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
}

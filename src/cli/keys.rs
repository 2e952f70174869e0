//! `sigilo keys`: makes the key files of a new installation.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};

use crate::cli::error::CommandError;
use crate::domain::ids::InstanceId;
use crate::keyfile::{self, KeyFile};
use crate::vault::agefile::Identity;
use crate::vault::secret::Key32;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make the three key files of a new installation: keys.toml, witness.toml, authority.toml
    New {
        /// The folder that takes them; made when it is not there
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Make the identity that opens backups; print the recipient to whom they are sealed
    Backup {
        /// Where to write it; belongs on another machine than the backups
        #[arg(default_value = "backup.key")]
        file: PathBuf,
    },
}

pub(crate) fn run(command: &Keys) -> Result<(), CommandError> {
    match command {
        Keys::New { folder } => new(folder),
        Keys::Backup { file } => backup(file),
    }
}

/// The file is age's own, so that its tools open backups, too.
fn backup(path: &Path) -> Result<(), CommandError> {
    let mut rng = StdRng::try_from_rng(&mut SysRng)?;
    let identity = Identity::from_scalar(Key32::random(&mut rng));
    keyfile::create_private(path, identity.key_file().as_bytes())?;
    println!("{}", identity.recipient());
    eprintln!(
        "{} opens the backups that are sealed to this recipient. Take it to another machine, keep a copy in a safe, and \
         delete it here: whoever needs it has lost this one.",
        path.display()
    );
    Ok(())
}

fn new(folder: &Path) -> Result<(), CommandError> {
    let mut rng = StdRng::try_from_rng(&mut SysRng)?;
    let instance = InstanceId::random(&mut rng);
    fs::create_dir_all(folder)?;
    for (file, name) in KeyFile::fresh(instance, &mut rng)
        .iter()
        .zip(["keys.toml", "witness.toml", "authority.toml"])
    {
        let path = folder.join(name);
        file.create(&path)?;
        println!("{}", path.display());
    }
    println!("\nInstance {instance}. Move authority.toml offline and witness.toml to where the witness runs.");
    println!("keys.example explains every key, what its thief gains and what its loss costs.");
    Ok(())
}

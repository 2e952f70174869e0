//! `sigilo keys`: makes the key files of a new installation.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Subcommand;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};

use crate::cli::error::{CommandError, cannot_write};
use crate::cli::terminal::{print_error_line, print_line};
use crate::domain::ids::InstanceId;
use crate::keyfile::{self, KeyFile, KeyFileError};
use crate::vault::agefile::Identity;
use crate::vault::key_words::KeyWords;
use crate::vault::secret::Key32;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make the three key files of a new installation: keys.toml, witness.toml, authority.toml
    New {
        /// The folder for the files; made if it is missing
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Make the identity that opens backups, and print its recipient, to which they are sealed
    Backup {
        /// The file to write; keep it on another machine than the backups
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
    let mut rng = system_rng()?;
    let identity = Identity::from_scalar(Key32::random(&mut rng));
    keyfile::create_private(path, identity.key_file().as_bytes()).map_err(create_error)?;
    print_line!("{}", identity.recipient());
    print_error_line!(
        "{} opens the backups that are sealed to this recipient. Take it to another machine, keep a copy in a safe, and \
         delete it here: whoever needs it has lost this one.",
        path.display()
    );
    Ok(())
}

/// Returns a generator that is seeded by the system.
pub(crate) fn system_rng() -> Result<StdRng, CommandError> {
    StdRng::try_from_rng(&mut SysRng).map_err(|error| {
        CommandError::new(
            format!("the system's random numbers: {error}"),
            "check /dev/urandom and the sandbox of this process, and run it again",
        )
    })
}

fn new(folder: &Path) -> Result<(), CommandError> {
    let mut rng = system_rng()?;
    let instance = InstanceId::random(&mut rng);
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let paths = ["keys.toml", "witness.toml", "authority.toml"].map(|name| folder.join(name));
    // Checked before the first file is written: there are three files of one installation, or none.
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        return Err(cannot_write(path, &io::ErrorKind::AlreadyExists.into()));
    }
    let files = KeyFile::fresh(instance, &mut rng);
    for (file, path) in files.iter().zip(&paths) {
        file.create(path).map_err(create_error)?;
        print_line!("{}", path.display());
    }
    if let Some(keys) = &files[0].server {
        let authority = KeyWords::of_authority(instance, &keys.authority);
        let witness = KeyWords::of_witness(instance, &keys.witness_recipient, &keys.witness);
        print_line!("\nKey words of the authority: {}", authority.words("es"));
        print_line!("Key words of the witness: {}", witness.words("es"));
    }
    print_line!("\nInstance {instance}. Move authority.toml offline and witness.toml to where the witness runs.");
    print_line!("keys.example explains every key, what its thief gains and what its loss costs.");
    Ok(())
}

/// A key file that could not be made.
fn create_error(error: KeyFileError) -> CommandError {
    match error {
        KeyFileError::Io { path, source } => cannot_write(&path, &source),
        other => other.into(),
    }
}

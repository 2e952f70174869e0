//! `sigilo keys`: makes the key files of a new installation.

use std::fs;
use std::path::PathBuf;

use clap::Subcommand;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};

use crate::cli::CommandError;
use crate::domain::ids::InstanceId;
use crate::keyfile::KeyFile;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make the three key files of a new installation: keys.toml, witness.toml, authority.toml
    New {
        /// The folder that takes them; made when it is not there
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

pub(crate) fn run(command: &Keys) -> Result<(), CommandError> {
    let Keys::New { folder } = command;
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

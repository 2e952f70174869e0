//! The command line: one file a command. Errors say what to do; exit code 1 is "no", 2 is "not understood".

mod keys;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An error for a person at a terminal: what went wrong and what to do.
pub(crate) type CommandError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(
    name = "sigilo",
    version,
    about = "A confidential reporting vault for a public institution",
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make key files
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// Where the configuration is.
#[derive(clap::Args)]
pub(crate) struct ConfigArgument {
    /// The configuration file
    #[arg(long, short, default_value = "sigilo.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Runs the program.
pub fn main() -> ExitCode {
    harden();
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Keys(command) => keys::run(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sigilo: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// No core dumps and no peeking by other processes of the same user: memory holds plaintext while it is sealed.
fn harden() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if setrlimit(Resource::Core, none).is_err() || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        eprintln!("sigilo: could not switch off core dumps; go on only where the machine does (ulimit -c 0)");
    }
}

//! The commands and their dispatch. Exit code 1: failed; 2: arguments not understood; 3: verified, but only against
//! keys that the verified file names itself.

use std::future::Future;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::arguments::ConfigArgument;
use crate::cli::error::CommandError;
use crate::cli::terminal::{check_output, print_error_line};
use crate::cli::{
    audit, authority, backup, clean, demo, doctor, init, keys, move_database, process, restore, roster, serve, staff,
};

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
    /// Try Sigilo with invented cases; everything is gone when it stops, unless `--folder` keeps it
    Demo(demo::Demo),
    /// Make key files
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Set up a new installation: its database and its witness
    Init(ConfigArgument),
    /// Add members of staff, end their accounts, and give areas new keys
    Staff {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(subcommand)]
        command: staff::Staff,
    },
    /// Propose and publish the roster: the signed list of people to whom reports are sealed
    Roster {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(subcommand)]
        command: roster::RosterCommand,
    },
    /// Review and sign a roster or a statement, offline
    #[command(subcommand)]
    Authority(authority::Authority),
    /// Verify the audit log, export it, and verify exports and proofs
    Audit {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(subcommand)]
        command: audit::Audit,
    },
    /// Write a sealed backup, also while the server runs
    Backup(backup::Backup),
    /// Make an installation from a backup
    Restore(restore::Restore),
    /// Move from SQLite to PostgreSQL
    Move(move_database::Move),
    /// Check the whole installation, and say what to do
    Doctor(doctor::Doctor),
    /// Run the service until a signal stops it
    Serve(ConfigArgument),
    /// Clean one file from standard input; `serve` runs this for each picture and document
    #[command(hide = true)]
    Clean {
        /// The type of the file
        kind: String,
    },
}

/// Runs the program.
pub fn main() -> ExitCode {
    process::harden();
    let arguments = Arguments::parse();
    if let Command::Clean { kind } = &arguments.command {
        return clean::run(kind);
    }
    process::log_to_stderr();
    process::silence_panics();
    let outcome = match arguments.command {
        Command::Keys(command) => keys::run(&command),
        Command::Authority(command) => authority::run(&command),
        Command::Demo(arguments) => block_on(demo::run(&arguments)),
        Command::Init(argument) => block_on(init::run(&argument.config)),
        Command::Staff { config, command } => block_on(staff::run(&config.config, &command)),
        Command::Roster { config, command } => block_on(roster::run(&config.config, &command)),
        Command::Audit { config, command } => return finish(block_on(audit::run(&config.config, &command))),
        Command::Clean { .. } => return ExitCode::FAILURE,
        Command::Backup(arguments) => block_on(backup::run(&arguments)),
        Command::Restore(arguments) => block_on(restore::run(&arguments)),
        Command::Move(arguments) => block_on(move_database::run(&arguments)),
        Command::Doctor(arguments) => block_on(doctor::run(&arguments)),
        Command::Serve(argument) => block_on(serve::run(&argument.config)),
    };
    finish(outcome.map(|()| ExitCode::SUCCESS))
}

/// Prints an error and returns the exit code of the command.
fn finish(outcome: Result<ExitCode, CommandError>) -> ExitCode {
    match outcome.and_then(|code| check_output().map(|()| code)) {
        Ok(code) => code,
        Err(error) => {
            print_error_line!("sigilo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn block_on<T>(command: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            CommandError::new(
                format!("threads cannot be started: {error}"),
                "check the limits of this user (ulimit -a), and run it again",
            )
        })?
        .block_on(command)
}

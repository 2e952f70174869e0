//! The command line: one file a command. Errors say what to do; exit code 1 is "no", 2 is "not understood", 3 is "yes, if
//! the keys that it names are the right ones".

mod audit;
mod backup;
mod clean;
mod demo;
mod doctor;
mod init;
mod keys;
mod moving;
mod open;
mod restore;
mod roster;
mod serve;
mod staff;

use std::future::Future;
use std::io::Write as _;
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
    /// Try it: a whole Sigilo with invented cases, gone when it stops
    Demo(demo::Demo),
    /// Make key files
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Make an empty database and a witness's folder into an installation
    Init(ConfigArgument),
    /// Add members of staff, end their accounts, give areas new keys
    Staff {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(subcommand)]
        command: staff::Staff,
    },
    /// Propose and publish the list of whom reports are sealed to
    Roster {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(subcommand)]
        command: roster::RosterCommand,
    },
    /// What the authority does, offline
    #[command(subcommand)]
    Authority(roster::Authority),
    /// Check the audit log, hand it on, and check what was handed on
    Audit {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(subcommand)]
        command: audit::Audit,
    },
    /// Write a sealed backup, also while the server runs
    Backup(backup::Backup),
    /// Make a backup into an installation again
    Restore(restore::Restore),
    /// Move from SQLite to PostgreSQL
    Move(moving::Move),
    /// Look whether all is as it must be, and say what to do
    Doctor(doctor::Doctor),
    /// Serve until told to stop
    Serve(ConfigArgument),
    /// Clean one file from standard input: what `serve` runs for each picture and document
    #[command(hide = true)]
    Clean {
        /// The sort of file
        kind: String,
    },
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
    if let Command::Clean { kind } = &arguments.command {
        return clean::run(kind);
    }
    log_to_stderr();
    silence_panics();
    let outcome = match arguments.command {
        Command::Keys(command) => keys::run(&command),
        Command::Authority(command) => roster::sign(&command),
        Command::Demo(arguments) => block_on(demo::run(&arguments)),
        Command::Init(argument) => block_on(init::run(&argument.config)),
        Command::Staff { config, command } => block_on(staff::run(&config.config, &command)),
        Command::Roster { config, command } => block_on(roster::run(&config.config, &command)),
        Command::Audit { config, command } => return ended(block_on(audit::run(&config.config, &command))),
        Command::Clean { .. } => return ExitCode::FAILURE,
        Command::Backup(arguments) => block_on(backup::run(&arguments)),
        Command::Restore(arguments) => block_on(restore::run(&arguments)),
        Command::Move(arguments) => block_on(moving::run(&arguments)),
        Command::Doctor(arguments) => block_on(doctor::run(&arguments)),
        Command::Serve(argument) => block_on(serve::run(&argument.config)),
    };
    ended(outcome.map(|()| ExitCode::SUCCESS))
}

/// Tells an error with its causes.
fn ended(outcome: Result<ExitCode, CommandError>) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let mut told = error.to_string();
            eprintln!("sigilo: {told}");
            let mut cause = error.source();
            while let Some(error) = cause {
                // Many errors tell their cause themselves.
                let because = error.to_string();
                if !told.contains(&because) {
                    eprintln!("  because: {because}");
                    told = because;
                }
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether a person agrees: what they type, or a line of standard input.
pub(crate) fn agreed(question: &str) -> Result<bool, CommandError> {
    print!("{question} Type yes: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "yes" | "sí" | "si"))
}

fn block_on<T>(command: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}

/// Structured logs on standard error; `RUST_LOG` chooses. What may not be logged is never handed to it.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// A panic's message may quote what somebody wrote (slicing a text does): only its place is logged.
fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic: a bug; please report the place");
    }));
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

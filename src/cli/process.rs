//! Settings of the process itself: logs, panics, core dumps.

use crate::cli::terminal::print_error_line;

/// Writes structured logs to standard error; `RUST_LOG` filters them.
pub(super) fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // The logger's own error message about a closed standard error would panic.
        .log_internal_errors(false)
        .init();
}

/// Logs only the location of a panic: its message may quote what somebody wrote.
pub(super) fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic: a bug; please report the place");
    }));
}

/// Forbids core dumps and peeking by other processes of the same user: memory holds plaintext while it is sealed.
pub(super) fn harden() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if setrlimit(Resource::Core, none).is_err() || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        print_error_line!("sigilo: could not switch off core dumps; go on only where the machine does (ulimit -c 0)");
    }
}

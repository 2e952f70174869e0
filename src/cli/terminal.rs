//! Input from and output to the terminal.
//!
//! Output never panics and never stops a command half-way: a reader who has gone (`sigilo doctor | head -1`) gets
//! nothing more, and the command runs to its end with its own exit code.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;

use zeroize::Zeroizing;

use crate::cli::error::CommandError;

/// The first failure of standard output, other than a reader who has gone.
static OUTPUT_FAILURE: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a line to standard output.
macro_rules! print_line {
    ($($argument:tt)*) => {
        $crate::cli::terminal::write_to_stdout(format_args!("{}\n", format_args!($($argument)*)))
    };
}

/// Prints a line to standard error.
macro_rules! print_error_line {
    ($($argument:tt)*) => {
        $crate::cli::terminal::write_to_stderr(format_args!($($argument)*))
    };
}

pub(crate) use {print_error_line, print_line};

/// Writes to standard output; use [`print_line`].
pub(crate) fn write_to_stdout(text: fmt::Arguments<'_>) {
    let mut stdout = io::stdout().lock();
    let outcome = stdout.write_fmt(text).and_then(|()| stdout.flush());
    if let Err(error) = outcome
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        OUTPUT_FAILURE
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get_or_insert(error);
    }
}

/// Writes a line to standard error; use [`print_error_line`]. There is nobody to tell a failure.
pub(crate) fn write_to_stderr(text: fmt::Arguments<'_>) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Fails if standard output lost something, as on a full disk.
pub(crate) fn check_output() -> Result<(), CommandError> {
    let failure = OUTPUT_FAILURE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take();
    match failure {
        Some(error) => Err(CommandError::new(
            format!("standard output: cannot be written: {error}"),
            "the command did its work, but what it printed is incomplete. Make room where its output goes",
        )),
        None => Ok(()),
    }
}

/// Asks a yes-or-no question; reads the answer from the terminal or from a line of standard input.
pub(crate) fn confirm(question: &str) -> Result<bool, CommandError> {
    write_to_stdout(format_args!("{question} Type yes: "));
    let answer = read_line()?;
    Ok(matches!(answer.trim(), "yes" | "sí" | "si"))
}

/// True if somebody types at a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a line that is no secret. `None` at the end of standard input.
pub(crate) fn ask_line(prompt: &str) -> Result<Option<String>, CommandError> {
    write_to_stdout(format_args!("{prompt}"));
    let line = read_line()?;
    Ok((!line.is_empty()).then(|| line.trim().to_owned()))
}

/// Asks for a new secret; at a terminal, where typing is hidden, it is typed twice.
pub(crate) fn choose_secret(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    let first = ask_secret(prompt)?;
    if io::stdin().is_terminal() && *ask_secret("The same again: ")? != *first {
        return Err(CommandError::new(
            "these were two different passwords: nothing was changed",
            "run it again, and type the same password twice",
        ));
    }
    Ok(first)
}

/// Asks for a secret: hidden at a terminal, otherwise a line of standard input.
pub(crate) fn ask_secret(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    if io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(prompt).map_err(|error| {
            CommandError::new(
                format!("the terminal: {error}"),
                "run the command at a terminal, or give the password as a line of standard input",
            )
        })?;
        return Ok(Zeroizing::new(typed));
    }
    let line = read_line()?;
    if line.is_empty() {
        return Err(CommandError::new(
            format!("{}: standard input has ended", prompt.trim_end_matches([':', ' '])),
            "run the command at a terminal, or give each password as a line of standard input",
        ));
    }
    let typed = line.trim_end_matches(['\r', '\n']);
    Ok(Zeroizing::new(typed.to_owned()))
}

/// Reads a line of standard input, with its line feed; empty at the end.
fn read_line() -> Result<Zeroizing<String>, CommandError> {
    let mut line = Zeroizing::new(String::new());
    match io::stdin().read_line(&mut line) {
        Ok(_) => Ok(line),
        Err(error) => Err(CommandError::new(
            format!("standard input: {error}"),
            "nothing was changed. Run it again, and type UTF-8 text",
        )),
    }
}

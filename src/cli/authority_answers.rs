//! The answers of whoever signs a roster: the words of each new key, and a yes to each loss of protection. They are typed,
//! or stand in a file.

use std::fs;
use std::path::Path;

use crate::cli::error::{CommandError, cannot_read};
use crate::cli::terminal::{ask_line, confirm, is_terminal, print_line};
use crate::vault::roster::NewKey;

/// Number of tries for each key at a terminal.
const TRIES: usize = 3;

pub(super) enum Answers {
    /// The lines of a file.
    File(Vec<String>),
    /// Typed at the terminal, or piped; `yes` answers the last question only.
    Typed { yes: bool },
}

impl Answers {
    pub(super) fn of(file: Option<&Path>, yes: bool) -> Result<Self, CommandError> {
        let Some(file) = file else {
            return Ok(Self::Typed { yes });
        };
        let text = fs::read_to_string(file).map_err(|error| {
            cannot_read(
                file,
                &error,
                "`sigilo staff add --sheet` writes the lines of each member; bring them here apart from the proposal",
            )
        })?;
        Ok(Self::File(text.lines().map(|line| line.trim().to_owned()).collect()))
    }

    /// Compares the words of a new key with the proposal's.
    pub(super) fn compare(&mut self, key: &NewKey) -> Result<(), CommandError> {
        let typed = match self {
            Self::File(lines) => {
                let of = |line: &&String| {
                    line.rsplit_once(':')
                        .is_some_and(|(label, _)| label.trim() == key.label)
                };
                // The last line counts, if somebody got new keys.
                let line = lines.iter().rfind(of).and_then(|line| line.rsplit_once(':'));
                line.map(|(_, words)| words.to_owned())
            }
            Self::Typed { .. } => return ask(key),
        };
        match typed {
            Some(typed) if key.words.are(&typed) => Ok(()),
            Some(_) => Err(wrong(key)),
            None => Err(missing(key)),
        }
    }

    /// Takes a yes to one loss of protection.
    pub(super) fn accept(&mut self, line: &str) -> Result<(), CommandError> {
        let accepted = match self {
            Self::File(lines) => lines.iter().any(|accepted| accepted == line),
            Self::Typed { yes: true } => false,
            Self::Typed { yes: false } => {
                print_line!("This lowers protection: {line}.");
                confirm("Accept it?")?
            }
        };
        if accepted {
            return Ok(());
        }
        Err(CommandError::new(
            format!("not signed: it lowers protection, and nobody accepted it: {line}"),
            "if it is meant, type yes to this line, or put it as a line of its own into the file of --words",
        ))
    }
}

/// Asks for the words of a new key.
fn ask(key: &NewKey) -> Result<(), CommandError> {
    for _ in 0..if is_terminal() { TRIES } else { 1 } {
        match ask_line(&format!("Key words of {} ({}): ", key.owner, key.label))? {
            None => return Err(missing(key)),
            Some(typed) if key.words.are(&typed) => return Ok(()),
            Some(_) => {}
        }
    }
    Err(wrong(key))
}

fn wrong(key: &NewKey) -> CommandError {
    CommandError::new(
        format!(
            "not signed: these are not the words of the key that the proposal names for {} ({})",
            key.owner, key.label
        ),
        "compare with their owner in person. If the sheet says so, somebody exchanged the key in the database: do not sign, and \
         tell the auditors",
    )
}

fn missing(key: &NewKey) -> CommandError {
    CommandError::new(
        format!(
            "not signed: there are no key words of {} ({}), which no roster has named so",
            key.owner, key.label
        ),
        "take them from their owner's own sheet, as `sigilo staff add` printed it, and type them, or give the file with --words",
    )
}

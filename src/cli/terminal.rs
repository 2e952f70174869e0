//! Questions to the person at the terminal.

use std::io::{IsTerminal as _, Write as _};

use zeroize::Zeroizing;

use crate::cli::error::CommandError;

/// Asks a yes-or-no question; reads the answer from the terminal or from a line of standard input.
pub(crate) fn confirm(question: &str) -> Result<bool, CommandError> {
    print!("{question} Type yes: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "yes" | "sí" | "si"))
}

/// Asks for a new secret; at a terminal, where typing is hidden, it is typed twice.
pub(crate) fn choose_secret(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    let first = ask_secret(prompt)?;
    if std::io::stdin().is_terminal() && *ask_secret("The same again: ")? != *first {
        return Err("these were two different passwords: nothing was added. Run it again".into());
    }
    Ok(first)
}

/// Asks for a secret: hidden at a terminal, otherwise a line of standard input.
pub(crate) fn ask_secret(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    if std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password(prompt)?));
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line)?;
    let typed = line.trim_end_matches(['\r', '\n']);
    Ok(Zeroizing::new(typed.to_owned()))
}

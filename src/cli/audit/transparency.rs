//! Verification by third parties: an exported log, or the proof of one entry, without an installation.

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use jiff::Timestamp;

use crate::cli::audit::summary::describe_loss;
use crate::cli::error::{CommandError, cannot_read};
use crate::cli::terminal::{print_error_line, print_line};
use crate::domain::clock::UnixSeconds;
use crate::service::audit::transparency::exported::verify_export;
use crate::service::audit::transparency::proofs::{ActorSigned, Proven, verify_proof};
use crate::service::audit::transparency::{Known, Named, Trust};
use crate::vault::signing::VerifyKey;

/// Exit code: verified, but only against keys that the file names itself.
const UNPINNED: u8 = 3;
/// Upper bound of a proof: the longest entry and some rosters.
const MAX_PROOF_BYTES: u64 = 8 * 1024 * 1024;

/// Describes the keys.
pub(super) fn describe_keys(named: &Named) -> Vec<String> {
    let line = |whose, option, key: VerifyKey| format!("{whose:<10} {option:<15} {}", String::from(key));
    vec![
        line("authority", "--authority-key", named.authority),
        line("log", "--log-key", named.log),
        line("witness", "--witness-key", named.witness),
    ]
}

/// Spells out control characters and marks of direction, so that text from a file cannot control the terminal.
fn escape(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let spelled = text.chars().map(|c| {
        if odd(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        }
    });
    spelled.collect()
}

fn exit_code(trust: Trust, named: &Named) -> ExitCode {
    print_line!("Signed by the keys of instance {}:", named.instance);
    for line in describe_keys(named) {
        print_line!("  {line}");
    }
    match trust {
        Trust::Pinned => ExitCode::SUCCESS,
        Trust::Unpinned => {
            print_error_line!(
                "sigilo: WARNING: these keys are only those that the file names for itself; anybody can make such a file. \
                 Compare them with what the institution publishes, or give that with --authority-key."
            );
            ExitCode::from(UNPINNED)
        }
    }
}

/// Runs `sigilo audit verify --proof`.
pub(super) fn verify_proof_file(file: &Path, known: &Known) -> Result<ExitCode, CommandError> {
    let failed = |error: io::Error| {
        cannot_read(
            file,
            &error,
            "name with --proof the file that the page of an entry gives out",
        )
    };
    if fs::metadata(file).map_err(failed)?.len() > MAX_PROOF_BYTES {
        return Err(CommandError::new(
            format!("{}: too large for the proof of an entry", file.display()),
            "name with --proof the file that the page of an entry gives out; an export is given with --export",
        ));
    }
    let bytes = fs::read(file).map_err(failed)?;
    let proven = verify_proof(&bytes, known).map_err(|refuted| {
        CommandError::new(
            format!("{}: NOT PROVEN: {}", file.display(), escape(&refuted.to_string())),
            "get the file once more from the person who gave it to you; if it stays so, believe nothing of it",
        )
    })?;
    for line in describe_proof(&proven) {
        print_line!("{}", escape(&line));
    }
    Ok(exit_code(proven.trust, &proven.keys))
}

fn describe_proof(proven: &Proven) -> Vec<String> {
    let entry = &proven.entry;
    let mut lines = vec![
        format!("Proven: entry {} of a log of {} entries.", proven.index, proven.size),
        format!("  act     {}", entry.act),
        format!("  actor   {}", entry.actor),
        format!("  time    {}", format_time(entry.time)),
    ];
    if let Some(case) = entry.case {
        lines.push(format!("  case    {case}"));
    }
    for (name, value) in &entry.detail {
        lines.push(format!("  {name}: {value}"));
    }
    lines.push(match proven.actor {
        ActorSigned::By(key) => format!("Its actor signed it, with the key {}.", String::from(key)),
        ActorSigned::Nobody => "Nobody signs such an act: the log alone vouches for it.".into(),
        ActorSigned::Unknown => "Its actor signed it, but the file has no roster that tells with which key.".into(),
    });
    lines
}

fn format_time(seconds: UnixSeconds) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

/// Runs `sigilo audit verify --export`.
pub(super) fn verify_export_at(path: &Path, known: &Known) -> Result<ExitCode, CommandError> {
    let good = verify_export(path, known).map_err(|bad| {
        CommandError::new(
            format!("{}: DOES NOT VERIFY: {}", path.display(), escape(&bad.to_string())),
            "check the path, or get it once more from whoever exported it; if it stays so, tell them and the auditors",
        )
    })?;
    print_line!(
        "{} entries and {} rosters, under one checkpoint that log and witness signed: all good.",
        good.summary.entries,
        good.rosters
    );
    for restored in &good.restored {
        print_line!("{}", describe_loss(restored));
    }
    Ok(exit_code(good.trust, &good.keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_file_talks_to_the_terminal() {
        assert_eq!(escape("á\u{1b}[2J\u{202e}b\u{9b}"), "á\\u{1b}[2J\\u{202e}b\\u{9b}");
    }
}

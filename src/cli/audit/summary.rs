//! The result of a verification in words.

use crate::audit::entry::Entry;
use crate::audit::restore::RestoreStatement;
use crate::cli::error::CommandError;
use crate::config::Config;
use crate::keyfile;
use crate::service::Error;
use crate::service::audit::verification::{self, Pins, VerificationError, Verified};
use crate::store::Db;
use crate::witness::setup::inspect;

/// Verifies the log in a database with what the configuration's witness knows. The error names the first bad entry.
pub(crate) async fn verify_with_witness(config: &Config, db: &Db) -> Result<Verified, CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let pins = Pins::of(&keys);
    let db = &db.clone().with_row_key(keys.row_key());
    let folder = &config.witness.folder;
    let seen = async || inspect(folder).map_err(|error| Error::Unavailable(error.to_string()));
    verification::verify(db, &pins, seen, async |_, _| Ok(()))
        .await
        .map_err(advise)
}

/// Describes what was verified.
pub(crate) fn summarize(verified: &Verified) -> String {
    let Verified {
        summary,
        checkpoints,
        waiting,
        restored,
        lost_unseals,
        erasing,
    } = verified;
    let mut lines = vec![format!(
        "{} entries, {checkpoints} checkpoints, countersigned up to entry {}; {} unseals in the witness's journal: all \
         good.",
        summary.entries, summary.witnessed, summary.unseals
    )];
    if summary.witnessed < summary.entries {
        lines.push(format!(
            "{} entries wait for the witness's countersignature; a running server gets it within a minute.",
            summary.entries - summary.witnessed
        ));
    }
    if *waiting > 0 {
        lines.push(format!(
            "{waiting} entries have no place in the log yet and were not verified; a running server gives it to them \
             within a second."
        ));
    }
    if *erasing > 0 {
        lines.push(format!(
            "{erasing} identities have a tombstone and are not erased in the database yet; a running server erases them \
             within the hour."
        ));
    }
    for restored in restored {
        lines.push(describe_loss(restored));
    }
    if *lost_unseals > 0 {
        lines.push(format!(
            "{lost_unseals} unseals of what was lost stand in the witness's journal, which is kept."
        ));
    }
    lines.join("\n")
}

/// Describes what a restore has lost.
pub(crate) fn describe_loss(restored: &RestoreStatement) -> String {
    let kept = restored.kept.size;
    match restored.seen {
        Some(seen) => format!(
            "Entries {kept} to {} of an earlier course are lost: a backup was restored, and the authority said so \
             (entry {kept}).",
            seen.size.saturating_sub(1)
        ),
        None => format!(
            "From entry {kept} on another witness looks on: the files of the one before are lost, and what stood after \
             entry {kept} then is not known. The authority said so (entry {kept})."
        ),
    }
}

/// Describes the first bad entry or row, or why the log could not be verified, and what to do.
fn advise(error: VerificationError) -> CommandError {
    let text = error.to_string();
    let is_row = matches!(error, VerificationError::Row(..));
    let entry = match error {
        VerificationError::Entry(_, entry)
        | VerificationError::Unsigned(_, entry)
        | VerificationError::Row(_, entry)
        | VerificationError::Queue(_, entry) => entry,
        VerificationError::Journal(_) => None,
        VerificationError::Service(error) => return error.into(),
    };
    let entry = entry
        .map(|entry| format!("\n  {}", describe_entry(&entry)))
        .unwrap_or_default();
    CommandError::new(
        if is_row {
            format!("beside the audit log: {text}{entry}\nThe log itself is as it was written")
        } else {
            format!("the audit log: {text}{entry}\nEverything before it is as it was written")
        },
        "stop the server, keep database and witness's folder as they are, tell the auditors, and compare with the last \
         backup that verifies. If a backup was just restored, `sigilo restore` said how to go on",
    )
}

fn describe_entry(entry: &Entry) -> String {
    let case = entry.case.map(|case| format!(", case {case}")).unwrap_or_default();
    format!(
        "what stands there now: {} by {} at {} (unix seconds){case}, id {}",
        entry.act, entry.actor, entry.time, entry.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::verify::{Defect, Finding, Summary};

    #[test]
    fn the_summary_says_what_was_not_verified_too() {
        let mut verified = Verified {
            summary: Summary {
                entries: 12,
                signed: 12,
                witnessed: 12,
                unseals: 1,
            },
            checkpoints: 3,
            waiting: 0,
            restored: Vec::new(),
            lost_unseals: 0,
            erasing: 0,
        };
        let text = summarize(&verified);
        assert!(text.contains("12 entries, 3 checkpoints") && text.ends_with("all good."));
        (verified.waiting, verified.summary.witnessed) = (2, 10);
        let text = summarize(&verified);
        assert!(text.contains("2 entries have no place") && text.contains("2 entries wait for the witness"));
    }

    #[test]
    fn a_finding_names_its_entry_and_what_to_do() {
        let finding = Finding {
            index: 7,
            defect: Defect::Edited,
        };
        let text = advise(VerificationError::Entry(finding, None)).to_string();
        assert!(text.starts_with("the audit log: entry 7: ") && text.contains("tell the auditors"));
    }
}

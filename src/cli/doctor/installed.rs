//! What lies in the database and with the witness: whether it is one installation, and whether reports can be taken.

use std::sync::Arc;

use super::Findings;
use crate::cli::open;
use crate::config::Config;
use crate::dialogue::profile::Profile;
use crate::domain::clock::{Clock as _, SystemClock, UnixSeconds};
use crate::keyfile::{ServerKeys, WitnessKeys};
use crate::service::{health, rosters};
use crate::store::{self, Db, Schema, Tx};
use crate::vault::roster::VerifiedRoster;
use crate::witness::core::Core;
use crate::witness::journal::{self, Event};
use crate::witness::setup::{self, OpenError};

/// What the witness remembers.
#[derive(Clone, Copy)]
struct Seen {
    /// Entries of the log.
    size: u64,
    /// The newest roster's version; 0 for none.
    roster: u64,
}

pub(super) async fn examine(
    findings: &mut Findings,
    config: &Config,
    profile: Option<&Profile>,
    keys: &ServerKeys,
    witness: Option<&WitnessKeys>,
) {
    // Before the database: what the witness has seen by now is in the database by then.
    let seen = witness_folder(findings, config, witness);
    let db = match Db::open_with(&config.database, Schema::Check).await {
        Ok(db) => db,
        Err(error @ store::Error::Database(_)) => {
            let advice = "Check `database`, and that it runs; `sigilo init` makes a new one";
            findings.fail("database", format!("{error}. {advice}"));
            return;
        }
        Err(error) => {
            findings.fail("database", error);
            return;
        }
    };
    findings.ok("database", "answers, and has this program's schema");
    if let Err(error) = database(findings, &db, profile, keys, seen).await {
        findings.fail(
            "database",
            format!("{error}. Run it again; if it stays, restore a backup"),
        );
    }
    db.close().await;
}

/// Opens the witness's files as the server does at its start, where a line that was never synced is cut off; what it remembers, also while the server has them open.
fn witness_folder(findings: &mut Findings, config: &Config, keys: Option<&WitnessKeys>) -> Option<Seen> {
    findings.warn(
        "witness",
        "runs beside the server: whoever takes over this machine has its key and, with an officer's keys, opens identities \
         without a trace that lasts (SECURITY.md, rows 3 and 7). Stolen copies of the database stay closed",
    );
    let folder = &config.witness.folder;
    match Core::open(folder, open::core_keys(keys?), Arc::new(SystemClock)) {
        Ok(_) => findings.ok("witness's folder", "opens"),
        Err(OpenError::Locked(_)) => findings.ok(
            "witness's folder",
            "cannot be opened while the server runs, which checked it when it started",
        ),
        Err(error) => {
            findings.fail("witness's folder", error);
            return None;
        }
    }
    let seen = setup::look(folder)
        .map_err(|error| error.to_string())
        .and_then(|seen| Ok((journal::read(&seen.lines).map_err(|bad| bad.to_string())?, seen.size)));
    match seen {
        Ok((lines, size)) => {
            let versions = lines.iter().map(|line| match &line.event {
                Event::Roster(roster) => roster.version,
                Event::Init(_) | Event::Unseal(_) | Event::Erasure(_) | Event::Restored(_) => 0,
            });
            let roster = versions.max().unwrap_or(0);
            Some(Seen { size, roster })
        }
        Err(error) => {
            findings.fail("witness's folder", error);
            None
        }
    }
}

async fn database(
    findings: &mut Findings,
    db: &Db,
    profile: Option<&Profile>,
    keys: &ServerKeys,
    seen: Option<Seen>,
) -> store::Result<()> {
    let mut tx = db.read().await?;
    match store::instance::get(&mut tx).await? {
        None => {
            findings.fail("installation", "the database is empty. Run: sigilo init");
            return Ok(());
        }
        Some(row) if row.id != keys.instance => {
            findings.fail(
                "installation",
                "the database belongs to another instance than the key file. Check `database` and `keys`",
            );
            return Ok(());
        }
        Some(_) => findings.ok("installation", "the database is the key file's"),
    }
    match rosters::chain(&mut tx, keys.instance, &keys.authority).await {
        Err(error) => findings.fail(
            "roster",
            format!("{error}. No report is taken meanwhile: restore the database, and tell the authority"),
        ),
        Ok(chain) => match (chain.last(), seen.filter(|seen| seen.roster > 0)) {
            (None, Some(seen)) => findings.fail(
                "roster",
                format!(
                    "is gone; the witness has seen version {}. Somebody changed the database, or it is an old copy",
                    seen.roster
                ),
            ),
            (None, None) => findings.fail(
                "roster",
                "nobody has signed one yet, so no report is taken. Run: sigilo roster propose, sigilo authority sign, sigilo \
                 roster publish",
            ),
            (Some(roster), _) => {
                roster_of(findings, roster, profile, keys, seen);
                for finding in health::left_alone(&mut tx, roster).await? {
                    findings.take(&finding);
                }
            }
        },
    }
    let now = SystemClock.now();
    let size = store::log::tree_size(&mut tx).await?;
    log(findings, &mut tx, keys, (seen, size.unsigned_abs()), now).await?;
    findings.take(&health::clock(&mut tx, now).await?);
    Ok(())
}

/// Whether reports of every sort find somebody in the roster who opens them, and it is the newest one.
fn roster_of(
    findings: &mut Findings,
    roster: &VerifiedRoster,
    profile: Option<&Profile>,
    keys: &ServerKeys,
    seen: Option<Seen>,
) {
    let before = findings.failures;
    for finding in health::roster(roster, profile, keys) {
        findings.take(&finding);
    }
    if let Some(seen) = seen.filter(|seen| seen.roster > roster.version()) {
        findings.fail(
            "roster",
            format!(
                "was rolled back to version {}; the witness has seen {}. Somebody changed the database, or it is an old copy",
                roster.version(),
                seen.roster
            ),
        );
    }
    if findings.failures == before {
        findings.take(&health::roster_is_well(roster));
    }
}

/// Whether the log holds all that the witness has seen, and the witness has confirmed it.
async fn log(
    findings: &mut Findings,
    tx: &mut Tx,
    keys: &ServerKeys,
    (seen, size): (Option<Seen>, u64),
    now: UnixSeconds,
) -> store::Result<()> {
    if let Some(seen) = seen.filter(|seen| seen.size > size) {
        findings.fail(
            "log",
            format!(
                "the witness has seen {} entries, and {size} are there: somebody cut it, or the database is an old copy. \
                 Run: sigilo audit verify",
                seen.size
            ),
        );
    }
    findings.take(&health::log(tx, keys, now).await?);
    if let Some(finding) = health::waiting(tx, now).await? {
        findings.take(&finding);
    }
    Ok(())
}

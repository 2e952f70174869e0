//! What lies in the database and with the witness: whether it is one installation, and whether reports can be taken.

use std::sync::Arc;

use super::Findings;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::Entry;
use crate::cli::open;
use crate::config::Config;
use crate::dialogue::profile::Profile;
use crate::domain::clock::{Clock as _, SystemClock, UnixSeconds};
use crate::domain::role::Role;
use crate::keyfile::{ServerKeys, WitnessKeys};
use crate::service::rosters;
use crate::store::{self, Db, Schema, Tx};
use crate::vault::roster::VerifiedRoster;
use crate::witness::core::Core;
use crate::witness::journal::{self, Event};
use crate::witness::setup::{self, OpenError};

/// Seconds that a checkpoint may wait for its countersignature; a running server gets it every minute.
const WAITING: i64 = 5 * 60;
/// Seconds that the clock may be behind what was written last.
const SKEW: i64 = 60;

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
                Event::Init(_) | Event::Unseal(_) | Event::Erasure(_) => 0,
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
            (Some(roster), _) => roster_of(findings, roster, profile, keys, seen),
        },
    }
    let now = SystemClock.now();
    let size = store::log::tree_size(&mut tx).await?;
    countersigned(findings, &mut tx, keys, (seen, size.unsigned_abs()), now).await?;
    clock(findings, &mut tx, now).await
}

/// Whether reports of every sort find somebody in the roster who opens them.
fn roster_of(
    findings: &mut Findings,
    roster: &VerifiedRoster,
    profile: Option<&Profile>,
    keys: &ServerKeys,
    seen: Option<Seen>,
) {
    let before = findings.failures;
    let advice = "Run: sigilo roster propose, sigilo authority sign, sigilo roster publish";
    let names_us = *roster.witness_key() == keys.witness
        && *roster.witness_recipient() == keys.witness_recipient
        && roster.roster().log == keys.log.signing_key().verify_key();
    if !names_us {
        findings.fail(
            "roster",
            format!("names another witness or log than the key file. {advice}"),
        );
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
    let officers = roster.officers().len();
    if officers == 0 || officers < usize::from(roster.quorum()) {
        findings.fail(
            "roster",
            format!("no identity can be opened: too few officers. Add them with `sigilo staff add`. {advice}"),
        );
    }
    if let Some(profile) = profile {
        covers(findings, roster, profile);
    }
    if roster.with_role(Role::Auditor).is_empty() {
        findings.warn(
            "roster",
            "no auditor reads the log and the purposes of unseals. Add one with `sigilo staff add --role auditor`",
        );
    }
    if findings.failures == before {
        findings.ok(
            "roster",
            format!("version {} is signed and covers every area", roster.version()),
        );
    }
}

fn covers(findings: &mut Findings, roster: &VerifiedRoster, profile: &Profile) {
    if roster.desk() != profile.desk {
        findings.fail(
            "roster",
            format!("its desk is {}, the profile's {}", roster.desk(), profile.desk),
        );
    }
    let mut areas = profile.reading_areas();
    areas.insert(profile.desk.as_str());
    let has_key = |area: &&str| roster.area(area).is_some();
    let has_member = |area: &&str| {
        let members = &roster.roster().members;
        members.iter().any(|member| member.areas.iter().any(|of| of == area))
    };
    let unkeyed: Vec<&str> = areas.iter().copied().filter(|area| !has_key(area)).collect();
    if !unkeyed.is_empty() {
        findings.fail(
            "roster",
            format!(
                "lacks areas to which the profile sends reports: {}. Add a member of each with `sigilo staff add`, then \
                 propose, sign and publish a roster",
                unkeyed.join(", ")
            ),
        );
    }
    let keyed = areas.into_iter().filter(has_key);
    let empty: Vec<&str> = keyed.filter(|area| !has_member(area)).collect();
    if !empty.is_empty() {
        findings.fail(
            "roster",
            format!(
                "nobody can read the reports of: {}. Add a member of each",
                empty.join(", ")
            ),
        );
    }
}

/// Whether the witness has confirmed the log, and the log holds all that the witness has seen.
async fn countersigned(
    findings: &mut Findings,
    tx: &mut Tx,
    keys: &ServerKeys,
    (seen, size): (Option<Seen>, u64),
    now: UnixSeconds,
) -> store::Result<()> {
    let what = "log";
    if let Some(seen) = seen.filter(|seen| seen.size > size) {
        findings.fail(
            what,
            format!(
                "the witness has seen {} entries, and {size} are there: somebody cut it, or the database is an old copy. \
                 Run: sigilo audit verify",
                seen.size
            ),
        );
    }
    let Some(latest) = store::log::latest_checkpoint(tx).await? else {
        findings.fail(what, "has no checkpoint. A running server signs one within a second");
        return Ok(());
    };
    if latest.cosigned {
        let log = keys.log.signing_key().verify_key();
        let read = Checkpoint::cosigned(&latest.note, keys.instance, log.as_bytes(), keys.witness.as_bytes());
        if read.is_ok_and(|read| read.size == latest.tree_size.unsigned_abs()) {
            findings.ok(
                what,
                format!("the witness has countersigned its {} entries", latest.tree_size),
            );
        } else {
            findings.fail(
                what,
                "the last countersignature does not verify. Run: sigilo audit verify",
            );
        }
        return Ok(());
    }
    match now - latest.made_at {
        waiting if waiting <= WAITING => findings.ok(what, "the witness countersigns its last entries within a minute"),
        waiting => findings.warn(
            what,
            format!(
                "its last entries have waited {} minutes for the witness. Start the server; if it runs, its own log says why",
                waiting / 60
            ),
        ),
    }
    Ok(())
}

/// What was written before cannot lie ahead.
async fn clock(findings: &mut Findings, tx: &mut Tx, now: UnixSeconds) -> store::Result<()> {
    let newest = store::log::before_leaf(tx, i64::MAX, 1).await?.pop();
    let newest = newest.and_then(|row| Entry::read(&row.body).ok());
    match newest.map_or(0, |entry| entry.time - now) {
        ahead if ahead > SKEW => findings.warn(
            "clock",
            format!(
                "the newest entry of the log lies {ahead} seconds ahead. Set this machine's clock, and keep it set"
            ),
        ),
        _ => findings.ok("clock", "not behind the log"),
    }
    Ok(())
}

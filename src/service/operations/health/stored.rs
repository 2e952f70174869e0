//! Health checks of the database: every report finds somebody who can open it, and the log is confirmed.

use super::findings::Finding;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::Entry;
use crate::dialogue::Profile;
use crate::domain::clock::UnixSeconds;
use crate::domain::role::Role;
use crate::keyfile::ServerKeys;
use crate::service::casework::recusal;
use crate::store::{self, Tx};
use crate::vault::roster::VerifiedRoster;

/// Seconds that a checkpoint may wait for its countersignature. A running server gets it every minute.
const MAX_UNCOSIGNED_SECONDS: i64 = 5 * 60;
/// Seconds that an entry may wait for its place in the log. A running server assigns it within a second.
const MAX_UNPLACED_SECONDS: i64 = 60;
/// Seconds that the clock may be behind the newest row.
const MAX_CLOCK_SKEW_SECONDS: i64 = 60;

const ROSTER: &str = "health-roster";
const LOG: &str = "health-log";
const CASES: &str = "health-cases";

/// Checks that the roster names somebody who opens each kind of report. Returns what is missing.
#[must_use]
pub fn roster(roster: &VerifiedRoster, profile: Option<&Profile>, keys: &ServerKeys) -> Vec<Finding> {
    let mut findings = Vec::new();
    let names_us = *roster.witness_key() == keys.witness
        && *roster.witness_recipient() == keys.witness_recipient
        && *roster.log_key() == keys.log.signing_key().verify_key();
    if !names_us {
        findings.push(Finding::bad(ROSTER, "health-roster-foreign"));
    }
    let officers = roster.officers().len();
    if officers == 0 || officers < usize::from(roster.quorum()) {
        findings.push(Finding::bad(ROSTER, "health-roster-officers"));
    }
    if let Some(profile) = profile {
        covers(&mut findings, roster, profile);
    }
    if roster.with_role(Role::Auditor).is_empty() {
        findings.push(Finding::think(ROSTER, "health-roster-auditor"));
    }
    findings
}

/// Returns the finding about a roster in which nothing is wrong.
#[must_use]
pub fn roster_is_well(roster: &VerifiedRoster) -> Finding {
    Finding::well(ROSTER, "health-roster-well").text("version", roster.version().to_string())
}

fn covers(findings: &mut Vec<Finding>, roster: &VerifiedRoster, profile: &Profile) {
    if roster.desk() != profile.desk {
        let wrong = Finding::bad(ROSTER, "health-roster-desk");
        findings.push(wrong.text("desk", roster.desk()).text("profile", profile.desk.as_str()));
    }
    let mut areas = profile.reading_areas();
    areas.insert(profile.desk.as_str());
    let members = &roster.roster().members;
    let (keyed, unkeyed): (Vec<&str>, Vec<&str>) = areas.into_iter().partition(|area| roster.area(area).is_some());
    let empty = keyed
        .into_iter()
        .filter(|area| !members.iter().any(|member| member.areas.iter().any(|of| of == area)));
    let owned = |areas: Vec<&str>| areas.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (unkeyed, empty) = (owned(unkeyed), owned(empty.collect()));
    if !unkeyed.is_empty() {
        findings.push(Finding::bad(ROSTER, "health-roster-lacks").areas(unkeyed));
    }
    if !empty.is_empty() {
        findings.push(Finding::bad(ROSTER, "health-roster-empty").areas(empty));
    }
}

/// Returns the finding about open cases on which nobody may work, because all members of their area are recused.
///
/// # Errors
/// [`store::Error`]
pub async fn left_alone(tx: &mut Tx, roster: &VerifiedRoster) -> store::Result<Vec<Finding>> {
    let alone = recusal::left_alone(tx, roster).await?;
    let finding = |(area, numbers): (String, Vec<String>)| {
        let found = Finding::bad(CASES, "health-cases-alone").areas(vec![area]);
        found.text("cases", numbers.join(", "))
    };
    Ok(alone.into_iter().map(finding).collect())
}

/// Checks that the witness has confirmed the log.
///
/// # Errors
/// [`store::Error`]
pub async fn log(tx: &mut Tx, keys: &ServerKeys, now: UnixSeconds) -> store::Result<Finding> {
    let Some(latest) = store::log::latest_checkpoint(tx).await? else {
        return Ok(Finding::bad(LOG, "health-log-empty"));
    };
    if latest.cosigned {
        let log = keys.log.signing_key().verify_key();
        let read = Checkpoint::read_cosigned(&latest.note, keys.instance, log.as_bytes(), keys.witness.as_bytes());
        let verifies = read.is_ok_and(|read| read.size == latest.tree_size.unsigned_abs());
        return Ok(if verifies {
            Finding::well(LOG, "health-log-well").text("entries", latest.tree_size.to_string())
        } else {
            Finding::bad(LOG, "health-log-forged")
        });
    }
    Ok(match now - latest.made_at {
        ..=MAX_UNCOSIGNED_SECONDS => Finding::well(LOG, "health-log-soon"),
        waiting => Finding::think(LOG, "health-log-waits").number("minutes", waiting / 60),
    })
}

/// Checks that all entries have their place in the log.
///
/// # Errors
/// [`store::Error`]
pub async fn waiting(tx: &mut Tx, now: UnixSeconds) -> store::Result<Option<Finding>> {
    let oldest = store::log::unsequenced(tx, 1).await?.pop();
    let oldest = oldest.and_then(|row| Entry::read(&row.body).ok());
    let waits = oldest.map_or(0, |entry| now - entry.time);
    Ok(
        (waits > MAX_UNPLACED_SECONDS)
            .then(|| Finding::think(LOG, "health-log-unplaced").number("minutes", waits / 60)),
    )
}

/// Checks that the clock is not behind rows that were written earlier.
///
/// # Errors
/// [`store::Error`]
pub async fn clock(tx: &mut Tx, now: UnixSeconds) -> store::Result<Finding> {
    const CLOCK: &str = "health-clock";
    let newest = store::log::before_leaf(tx, i64::MAX, 1).await?.pop();
    let newest = newest.and_then(|row| Entry::read(&row.body).ok());
    Ok(match newest.map_or(0, |entry| entry.time - now) {
        ahead if ahead > MAX_CLOCK_SKEW_SECONDS => {
            Finding::think(CLOCK, "health-clock-behind").number("seconds", ahead)
        }
        _ => Finding::well(CLOCK, "health-clock-well"),
    })
}

/// Checks the rows that grant something: sessions, members, drafts, and entries that wait for their place in the log.
///
/// # Errors
/// [`store::Error`]
pub async fn rows(tx: &mut Tx) -> store::Result<Finding> {
    const ROWS: &str = "health-rows";
    let refused = store::refused::count(tx).await?;
    if refused.is_empty() {
        return Ok(Finding::well(ROWS, "health-rows-well"));
    }
    let tables: Vec<String> = refused
        .iter()
        .map(|(table, count)| format!("{table} {count}"))
        .collect();
    Ok(Finding::bad(ROWS, "health-rows-forged").text("tables", tables.join(", ")))
}

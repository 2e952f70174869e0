//! Examines database and witness: whether they are one installation, and can take reports.

use std::sync::Arc;

use crate::cli::doctor::findings::{Findings, because};
use crate::cli::open;
use crate::config::Config;
use crate::dialogue::Profile;
use crate::domain::clock::{Clock as _, SystemClock, UnixSeconds};
use crate::keyfile::{ServerKeys, WitnessKeys};
use crate::service::operations::health::{self, Finding};
use crate::service::roster::chain;
use crate::store::{self, Db, Schema, Tx};
use crate::vault::roster::VerifiedRoster;
use crate::witness::core::Core;
use crate::witness::journal::{self, Event};
use crate::witness::setup::{self, OpenError};

/// The witness's memory, as far as it is compared.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// Entries of the log.
    size: u64,
    /// The newest roster's version; 0 for none.
    roster: u64,
}

const FOLDER: &str = "doctor-witness-folder";
const DATABASE: &str = "health-database";
const ROSTER: &str = "health-roster";

pub(super) async fn examine(
    findings: &mut Findings,
    config: &Config,
    profile: Option<&Profile>,
    keys: &ServerKeys,
    seen: Option<Seen>,
) {
    let db = match Db::open_with(&config.database, Schema::Check).await {
        Ok(db) => db.with_row_key(keys.row_key()),
        Err(error) => {
            let key = match error {
                store::Error::Absent | store::Error::Database(_) => "doctor-database-gone",
                _ => "doctor-database-other",
            };
            findings.take(&because(Finding::bad(DATABASE, key), error));
            return;
        }
    };
    findings.take(&Finding::well(DATABASE, "doctor-database-well"));
    if let Err(error) = database(findings, &db, profile, keys, seen).await {
        findings.take(&because(Finding::bad(DATABASE, "doctor-database-failed"), error));
    }
    db.close().await;
}

/// The result of examining the witness's folder.
pub(super) struct Witnessed {
    pub(super) seen: Option<Seen>,
    /// True while another process has its files open, such as the running server.
    pub(super) is_running: bool,
}

/// Opens the witness's files as the server does at its start, which cuts off a line that was never synced. Reads what
/// it remembers, also while the server has them open.
pub(super) fn witness_folder(findings: &mut Findings, config: &Config, keys: Option<&WitnessKeys>) -> Witnessed {
    let mut witnessed = Witnessed {
        seen: None,
        is_running: false,
    };
    findings.take(&Finding::think("health-witness", "doctor-witness-beside"));
    let folder = &config.witness.folder;
    let Some(keys) = keys else {
        return witnessed;
    };
    match Core::open(folder, open::core_keys(keys), Arc::new(SystemClock)) {
        Ok(_) => findings.take(&Finding::well(FOLDER, "doctor-witness-opens")),
        Err(OpenError::Locked(_)) => {
            witnessed.is_running = true;
            findings.take(&Finding::well(FOLDER, "doctor-witness-in-use"));
        }
        Err(error) => {
            findings.take(&because(Finding::bad(FOLDER, "doctor-witness-closed"), error));
            return witnessed;
        }
    }
    let seen = setup::inspect(folder)
        .map_err(|error| error.to_string())
        .and_then(|seen| Ok((journal::read(&seen.lines).map_err(|bad| bad.to_string())?, seen.size)));
    match seen {
        Ok((lines, size)) => {
            let versions = lines.iter().map(|line| match &line.event {
                Event::Roster(roster) => roster.version,
                Event::Init(_) | Event::Unseal(_) | Event::Erasure(_) | Event::Restored(_) => 0,
            });
            let roster = versions.max().unwrap_or(0);
            witnessed.seen = Some(Seen { size, roster });
        }
        Err(error) => findings.take(&because(Finding::bad(FOLDER, "doctor-witness-closed"), error)),
    }
    witnessed
}

async fn database(
    findings: &mut Findings,
    db: &Db,
    profile: Option<&Profile>,
    keys: &ServerKeys,
    seen: Option<Seen>,
) -> store::Result<()> {
    const INSTALLATION: &str = "doctor-installation";
    let mut tx = db.read().await?;
    match store::instance::get(&mut tx).await? {
        None => {
            findings.take(&Finding::bad(INSTALLATION, "doctor-installation-empty"));
            return Ok(());
        }
        Some(row) if row.id != keys.instance => {
            findings.take(&Finding::bad(INSTALLATION, "doctor-installation-other"));
            return Ok(());
        }
        Some(_) => findings.take(&Finding::well(INSTALLATION, "doctor-installation-ours")),
    }
    match chain(&mut tx, keys.instance, &keys.authority).await {
        Err(error) => findings.take(&because(Finding::bad(ROSTER, "doctor-roster-broken"), error)),
        Ok(chain) => match (chain.last(), seen.filter(|seen| seen.roster > 0)) {
            (None, Some(seen)) => {
                let gone = Finding::bad(ROSTER, "doctor-roster-gone");
                findings.take(&gone.text("seen", seen.roster.to_string()));
            }
            (None, None) => findings.take(&Finding::bad(ROSTER, "doctor-roster-none")),
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
    findings.take(&health::rows(&mut tx).await?);
    Ok(())
}

/// Checks that somebody in the roster can open each kind of report, and that the roster is the newest one.
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
        let back = Finding::bad(ROSTER, "doctor-roster-back");
        let back = back.text("version", roster.version().to_string());
        findings.take(&back.text("seen", seen.roster.to_string()));
    }
    if findings.failures == before {
        findings.take(&health::roster_is_well(roster));
    }
}

/// Checks that the log holds all that the witness has seen, and that the witness has confirmed it.
async fn log(
    findings: &mut Findings,
    tx: &mut Tx,
    keys: &ServerKeys,
    (seen, size): (Option<Seen>, u64),
    now: UnixSeconds,
) -> store::Result<()> {
    if let Some(seen) = seen.filter(|seen| seen.size > size) {
        let cut = Finding::bad("health-log", "doctor-log-cut").text("seen", seen.size.to_string());
        findings.take(&cut.text("size", size.to_string()));
    }
    findings.take(&health::log(tx, keys, now).await?);
    if let Some(finding) = health::waiting(tx, now).await? {
        findings.take(&finding);
    }
    Ok(())
}

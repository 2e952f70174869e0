//! `/staff/overview`: who works here with which keys, the signed roster, and whether all is well. Reads nothing sealed.

use askama::Template;
use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Place, Shell};
use crate::domain::role::StaffState;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service::disks::Room;
use crate::service::sessions::Member;
use crate::store;
use crate::store::log::Checkpoint;
use crate::store::roster::AreaKey;
use crate::store::staff::Staff;
use crate::vault::roster::{VerifiedRoster, fingerprint};
use crate::vault::signing::VerifyKey;

/// A checkpoint older than this, in seconds, is told as a problem.
const STALE: i64 = 15 * 60;
/// So long may an entry wait for its leaf before that is told as a problem.
const MINUTE: i64 = 60;

/// One member of the staff.
pub struct Person {
    pub name: String,
    pub email: String,
    pub role: String,
    /// Names of the areas that the roster gives them.
    pub areas: String,
    /// Of the signing key, to be compared aloud.
    pub fingerprint: String,
    pub left: bool,
    /// Whether the signed roster names them with these very keys.
    pub in_roster: bool,
}

/// One area.
pub struct AreaRow {
    pub name: String,
    /// The newest key's version; none before its first.
    pub version: Option<i64>,
    /// To whom the roster says that new reports are sealed.
    pub recipient: String,
    /// Whether the roster's recipient is the newest key's.
    pub current: bool,
}

/// The signed roster.
pub struct RosterFacts {
    pub version: u64,
    /// Hex.
    pub hash: String,
    pub quorum: u8,
    pub officers: usize,
    pub witness: String,
    pub authority: String,
}

/// One thing that is well or not.
pub struct Check {
    pub label: String,
    pub value: String,
    pub well: bool,
}

/// `/staff/overview`
#[derive(Template)]
#[template(path = "staff/overview.html")]
pub struct Overview {
    pub shell: Shell,
    pub health: Vec<Check>,
    pub people: Vec<Person>,
    pub areas: Vec<AreaRow>,
    pub roster: Option<RosterFacts>,
}

/// `GET /staff/overview`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
) -> Result<Response, RouteError> {
    let app = &site.app;
    let mut tx = app.db.read().await?;
    let staff = store::staff::list(&mut tx).await?;
    let keys = store::roster::area_keys(&mut tx).await?;
    let newest = store::log::latest_checkpoint(&mut tx).await?;
    let cosigned = store::log::latest_cosigned(&mut tx).await?;
    let waiting = store::log::unsequenced(&mut tx, 1).await?;
    drop(tx);
    let roster = app.roster().ok();
    // What was just written always waits for a second or so.
    let up_to_date = waiting
        .first()
        .is_none_or(|oldest| app.now() - oldest.written <= MINUTE);

    let shell = Shell::of(&site, &member, Place::Overview);
    let overview = Overview {
        health: health(&site, &shell, roster.as_deref(), [newest, cosigned], up_to_date),
        people: staff
            .iter()
            .map(|each| person(&site, &shell, each, roster.as_deref()))
            .collect(),
        areas: areas(&site, &shell, &keys, roster.as_deref()),
        roster: roster.as_deref().map(|roster| RosterFacts {
            version: roster.version(),
            hash: roster.hash().to_string(),
            quorum: roster.quorum(),
            officers: roster.officers().len(),
            witness: fingerprint(roster.witness_key()),
            authority: fingerprint(&app.keys.authority),
        }),
        shell,
    };
    error::page(StatusCode::OK, &overview)
}

fn person(site: &Site, shell: &Shell, staff: &Staff, roster: Option<&VerifiedRoster>) -> Person {
    let (t, profile) = (&shell.page.t, &site.app.profile);
    let key = VerifyKey::from_slice(&staff.verify_key).ok();
    let named = roster.and_then(|roster| roster.member(staff.id));
    let areas = named.map(|named| {
        let labels = named
            .areas
            .iter()
            .map(|area| super::area_label(profile, area, t.language()));
        labels.collect::<Vec<_>>().join(", ")
    });
    Person {
        name: staff.name.clone(),
        email: staff.email.clone(),
        role: t.get(super::role_key(staff.role)),
        areas: areas.unwrap_or_default(),
        fingerprint: key.as_ref().map(fingerprint).unwrap_or_default(),
        left: staff.state == StaffState::Left,
        in_roster: named.is_some_and(|named| {
            Some(named.verify_key) == key && named.recipient.as_str() == staff.recipient && named.role == staff.role
        }),
    }
}

fn areas(site: &Site, shell: &Shell, keys: &[AreaKey], roster: Option<&VerifiedRoster>) -> Vec<AreaRow> {
    let profile = &site.app.profile;
    let row = |area: &crate::dialogue::profile::Area| {
        // Newest version first.
        let key = keys.iter().find(|key| key.area == area.id);
        let recipient = roster.and_then(|roster| roster.area(&area.id)).map(ToString::to_string);
        AreaRow {
            name: area.name.get(shell.page.t.language()).to_owned(),
            version: key.map(|key| key.version),
            current: recipient.is_some() && recipient.as_deref() == key.map(|key| key.recipient.as_str()),
            recipient: recipient.unwrap_or_default(),
        }
    };
    profile.areas.iter().map(row).collect()
}

fn health(
    site: &Site,
    shell: &Shell,
    roster: Option<&VerifiedRoster>,
    [newest, cosigned]: [Option<Checkpoint>; 2],
    up_to_date: bool,
) -> Vec<Check> {
    let (t, app) = (&shell.page.t, &site.app);
    let told = |checkpoint: Option<&Checkpoint>| {
        checkpoint.map_or_else(
            || t.get("overview-none"),
            |checkpoint| {
                format!(
                    "{} · {}",
                    checkpoint.tree_size,
                    super::time(&app.zone, checkpoint.made_at)
                )
            },
        )
    };
    let takes = roster.is_some() && app.disks.room(app.now()) > Room::Nothing;
    let yes_no = |well| t.get(if well { "overview-yes" } else { "overview-no" });
    let fresh = cosigned.as_ref().is_some_and(|checkpoint| {
        app.now() - checkpoint.made_at <= STALE
            || newest
                .as_ref()
                .is_some_and(|newest| newest.tree_size == checkpoint.tree_size)
    });
    vec![
        Check {
            label: t.get("overview-takes-reports"),
            value: yes_no(takes),
            well: takes,
        },
        Check {
            label: t.get("overview-checkpoint"),
            value: told(newest.as_ref()),
            well: newest.is_some(),
        },
        Check {
            label: t.get("overview-cosigned"),
            value: told(cosigned.as_ref()),
            well: fresh,
        },
        Check {
            label: t.get("overview-sequenced"),
            value: yes_no(up_to_date),
            well: up_to_date,
        },
        disk(site, shell),
    ]
}

/// What is left on the fullest disk, and what is refused for it.
fn disk(site: &Site, shell: &Shell) -> Check {
    let (t, disks, now) = (&shell.page.t, &site.app.disks, site.app.now());
    let left = disks.left(now).map(|left| shell.page.size(left));
    let room = disks.room(now);
    let refused = match room {
        Room::Everything => None,
        Room::Reports => Some("overview-disk-files"),
        Room::Nothing => Some("overview-disk-reports"),
    };
    let left = left.unwrap_or_else(|| t.get("overview-none-told"));
    Check {
        label: t.get("overview-disk"),
        value: refused.map_or_else(|| left.clone(), |key| format!("{left} · {}", t.get(key))),
        well: room == Room::Everything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    fn overview(in_roster: bool, roster: Option<RosterFacts>) -> String {
        let html = Overview {
            shell: shell(Place::Overview, Some(Role::Administrator)),
            health: vec![Check {
                label: "Testigo".into(),
                value: "no".into(),
                well: false,
            }],
            people: vec![Person {
                name: "Ana Ruiz".into(),
                email: "ana@iess.example".into(),
                role: "Analista".into(),
                areas: "Prestaciones".into(),
                fingerprint: "0011 2233 4455 6677".into(),
                left: false,
                in_roster,
            }],
            areas: vec![AreaRow {
                name: "Prestaciones".into(),
                version: Some(1),
                recipient: "age1x".into(),
                current: true,
            }],
            roster,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn somebody_whom_the_roster_does_not_name_stands_out() {
        let mark = "Falta en la lista firmada";
        assert!(overview(false, None).contains(mark));
        assert!(!overview(true, None).contains(mark));
    }

    #[test]
    fn a_missing_roster_is_told_with_what_to_do() {
        assert!(overview(true, None).contains("sigilo authority sign"));
        let facts = RosterFacts {
            version: 3,
            hash: "00ff".into(),
            quorum: 1,
            officers: 2,
            witness: "aaaa".into(),
            authority: "bbbb".into(),
        };
        let html = overview(true, Some(facts));
        assert!(html.contains("00ff") && !html.contains("sigilo authority sign"));
    }
}

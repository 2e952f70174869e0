//! `/staff/overview`: the health of the service, the staff and their keys, the signed roster, and the load of each area.
//! Reads nothing sealed.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::day::Day;
use crate::domain::role::StaffState;
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::labels;
use crate::http::staff::shell::{Section, Shell};
use crate::service::operations::health::{Finding, Level};
use crate::service::operations::overview::{Area, Overview as Facts, Person, Standing};
use crate::vault::roster::{self, VerifiedRoster, fingerprint};
use crate::vault::signing::VerifyKey;

/// One member of the staff, or somebody whom only the roster names.
pub struct PersonRow {
    pub name: String,
    pub email: String,
    pub role: String,
    /// Names of the areas.
    pub areas: String,
    /// Days since 1970-01-01.
    pub since: Option<i64>,
    pub signed_in_on: Option<i64>,
    /// Fingerprint of the signing key, to be compared aloud.
    pub fingerprint: String,
    /// The key of the relation to the roster, and the class of its mark.
    pub standing: &'static str,
    pub class: &'static str,
}

/// One area.
pub struct AreaRow {
    pub name: String,
    pub members: String,
    pub open: i64,
    pub overdue: i64,
    /// The newest key's version; none before its first.
    pub version: Option<i64>,
    /// The recipient to whom new reports are sealed, as the roster names it.
    pub recipient: String,
    /// The key of the relation to the roster, and the class of its mark.
    pub standing: &'static str,
    pub class: &'static str,
}

/// The signed roster.
pub struct RosterFacts {
    pub version: u64,
    pub published_at: String,
    /// The hash in hex.
    pub hash: String,
    pub quorum: u8,
    pub officers: usize,
}

/// One finding about the health of the service.
pub struct Check {
    pub topic: String,
    pub words: String,
    /// The key of the level, and the class of its mark.
    pub level: &'static str,
    pub class: &'static str,
}

/// `/staff/overview`
#[derive(Template)]
#[template(path = "staff/overview.html")]
pub struct Overview {
    pub shell: Shell,
    pub health: Vec<Check>,
    /// The number of findings that need somebody.
    pub troubles: usize,
    pub roster: Option<RosterFacts>,
    /// The number of differences to the roster that wait to be signed, and the commands that sign them.
    pub unsigned: usize,
    pub commands: Vec<String>,
    pub people: Vec<PersonRow>,
    pub areas: Vec<AreaRow>,
    /// The keys of the server: the key of the text of its name, and its fingerprint or presence.
    pub keys: Vec<(&'static str, String)>,
}

/// `GET /staff/overview`
pub(crate) async fn show(State(site): State<SharedSite>, SignedIn(member): SignedIn) -> Result<Response, RouteError> {
    let app = &site.app;
    let (facts, mut findings) = (app.operations.overview().await?, app.operations.health().await?);
    findings.push(Finding::whatsapp(site.whatsapp.is_some()));
    let shell = Shell::of(&site, &member, Section::Overview);
    let roster = app.rosters.current().ok();
    let named = facts.people.iter().map(|each| person(&shell, &site, each));
    let strangers = facts.strangers.iter().map(|each| stranger(&shell, &site, each));
    let overview = Overview {
        troubles: findings.iter().filter(|finding| finding.level == Level::Bad).count(),
        health: findings.iter().map(|finding| check(&site, &shell, finding)).collect(),
        roster: roster.as_deref().map(|roster| facts_of(&site, roster, &facts)),
        unsigned: facts.unsigned,
        commands: commands(roster.as_deref()),
        people: named.chain(strangers).collect(),
        areas: facts.areas.iter().map(|each| area(&shell, &site, each)).collect(),
        keys: keys(&site, &shell),
        shell,
    };
    html::page(StatusCode::OK, &overview)
}

fn check(site: &Site, shell: &Shell, finding: &Finding) -> Check {
    let t = &shell.page.t;
    let (level, class) = match finding.level {
        Level::Well => ("overview-well", "good"),
        Level::Think => ("overview-think", "quiet"),
        Level::Bad => ("overview-attention", "bad"),
    };
    Check {
        topic: t.get(finding.topic),
        words: finding.words(t, |area| labels::area_label(&site.app.profile(), area, t.language())),
        level,
        class,
    }
}

fn facts_of(site: &Site, roster: &VerifiedRoster, facts: &Facts) -> RosterFacts {
    RosterFacts {
        version: roster.version(),
        published_at: facts
            .published_at
            .map_or_else(String::new, |at| labels::time(&site.app.zone(), at)),
        hash: roster.hash().to_string(),
        quorum: roster.quorum(),
        officers: roster.officers().len(),
    }
}

/// Returns the commands of the operator and the authority, in order.
fn commands(roster: Option<&VerifiedRoster>) -> Vec<String> {
    let quorum = roster.map_or(1, VerifiedRoster::quorum);
    let propose = match quorum {
        1 => "sigilo roster propose".to_owned(),
        more => format!("sigilo roster propose --quorum {more}"),
    };
    let sign = if roster.is_some() {
        "sigilo authority sign --current roster.current"
    } else {
        "sigilo authority sign"
    };
    vec![propose, sign.to_owned(), "sigilo roster publish".to_owned()]
}

fn labels(shell: &Shell, site: &Site, areas: &[String]) -> String {
    let language = shell.page.t.language();
    let labels = areas
        .iter()
        .map(|area| labels::area_label(&site.app.profile(), area, language));
    labels.collect::<Vec<_>>().join(", ")
}

fn person(shell: &Shell, site: &Site, person: &Person) -> PersonRow {
    let staff = &person.staff;
    let key = VerifyKey::from_slice(&staff.verify_key).ok();
    let (standing, class) = match person.standing {
        Standing::Signed => ("overview-signed", "good"),
        Standing::Missing => ("overview-unsigned", "bad"),
        Standing::Differs => ("overview-differs", "bad"),
        Standing::Left => ("overview-left", "quiet"),
        Standing::LeftButSigned => ("overview-left-signed", "bad"),
    };
    PersonRow {
        name: staff.name.clone(),
        // A member who left has none any more.
        email: match staff.state {
            StaffState::Active => staff.email.clone(),
            StaffState::Left => String::new(),
        },
        role: shell.page.t.get(labels::role_key(staff.role)),
        areas: labels(shell, site, &person.areas),
        since: Some(Day::at(staff.created_at, &site.app.zone()).0),
        signed_in_on: person.signed_in_on.map(|day| day.0),
        fingerprint: key.as_ref().map(fingerprint).unwrap_or_default(),
        standing,
        class,
    }
}

/// Somebody to whom reports are sealed and who has no account here.
fn stranger(shell: &Shell, site: &Site, member: &roster::Member) -> PersonRow {
    PersonRow {
        name: member.id.to_string(),
        email: String::new(),
        role: shell.page.t.get(labels::role_key(member.role)),
        areas: labels(shell, site, &member.areas),
        since: None,
        signed_in_on: None,
        fingerprint: fingerprint(&member.verify_key),
        standing: "overview-stranger",
        class: "bad",
    }
}

fn area(shell: &Shell, site: &Site, area: &Area) -> AreaRow {
    let key = area.key.as_ref();
    let current = area.recipient.is_some() && area.recipient.as_deref() == key.map(|key| key.recipient.as_str());
    let (standing, class) = match (area.reads || area.id == site.app.profile().desk, current) {
        (true, true) if area.members.is_empty() => ("overview-nobody", "bad"),
        (_, true) => ("overview-signed", "good"),
        (true, false) => ("overview-unsigned", "bad"),
        (false, false) => ("overview-unused", "quiet"),
    };
    AreaRow {
        name: labels::area_label(&site.app.profile(), &area.id, shell.page.t.language()),
        members: area.members.join(", "),
        open: area.load.open,
        overdue: area.load.overdue,
        version: key.map(|key| key.version),
        recipient: area.recipient.clone().unwrap_or_default(),
        standing,
        class,
    }
}

/// Lists the keys of the server's key file: by fingerprint where others see them, else only by presence.
fn keys(site: &Site, shell: &Shell) -> Vec<(&'static str, String)> {
    let (keys, t) = (site.app.keys(), &shell.page.t);
    let there = |is_there| {
        t.get(if is_there {
            "overview-there"
        } else {
            "overview-not-there"
        })
    };
    vec![
        ("key-authority", fingerprint(&keys.authority)),
        ("key-log", fingerprint(&keys.log.signing_key().verify_key())),
        ("key-witness", fingerprint(&keys.witness)),
        ("key-witness-recipient", keys.witness_recipient.to_string()),
        ("key-internal", there(true)),
        ("key-s3", there(keys.s3.is_some())),
        ("key-whatsapp", there(keys.whatsapp.is_some())),
        ("key-smtp", there(keys.smtp.is_some())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, shell};

    fn overview(standing: &'static str, roster: Option<RosterFacts>) -> String {
        let html = Overview {
            shell: shell(Section::Overview, Some(Role::Administrator)),
            health: vec![Check {
                topic: "testigo".into(),
                words: "no responde".into(),
                level: "overview-attention",
                class: "bad",
            }],
            troubles: 1,
            unsigned: usize::from(roster.is_none()),
            roster,
            commands: commands(None),
            people: vec![PersonRow {
                name: "Ana Ruiz".into(),
                email: "ana@iess.example".into(),
                role: "Analista".into(),
                areas: "Prestaciones".into(),
                since: Some(20_000),
                signed_in_on: None,
                fingerprint: "0011 2233 4455 6677".into(),
                standing,
                class: "bad",
            }],
            areas: vec![AreaRow {
                name: "Prestaciones".into(),
                members: "Ana Ruiz".into(),
                open: 3,
                overdue: 1,
                version: Some(1),
                recipient: "age1x".into(),
                standing: "overview-signed",
                class: "good",
            }],
            keys: vec![("key-log", "aaaa".into())],
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn somebody_whom_the_roster_does_not_name_stands_out() {
        let mark = "Falta en la lista firmada";
        assert!(overview("overview-unsigned", None).contains(mark));
        assert!(!overview("overview-signed", None).contains(mark));
    }

    #[test]
    fn a_missing_roster_is_told_with_what_to_do() {
        assert!(overview("overview-signed", None).contains("sigilo authority sign"));
        let facts = RosterFacts {
            version: 3,
            published_at: "2026-11-24 10:00:00".into(),
            hash: "00ff".into(),
            quorum: 1,
            officers: 2,
        };
        let html = overview("overview-signed", Some(facts));
        assert!(html.contains("00ff") && !html.contains("sigilo authority sign"));
    }
}

//! `/staff/openings`: the openings of identities for the auditor, newest first. The purpose opens in the browser.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::domain::ids::UnsealId;
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::desk::{class, name, outcome};
use crate::http::staff::labels;
use crate::http::staff::log::words::PurposeView;
use crate::http::staff::shell::{Section, Shell};
use crate::service::audit::openings::{Opening, Openings as Page};

/// One opening.
pub struct OpeningRow {
    pub at: String,
    pub officer: String,
    pub number: String,
    /// The class's name, from the profile.
    pub class: String,
    /// The key of its state or verdict.
    pub outcome: &'static str,
    /// The leaf of the request's entry.
    pub leaf: Option<u64>,
    pub purpose: Option<PurposeView>,
}

/// `/staff/openings`
#[derive(Template)]
#[template(path = "staff/openings.html")]
pub struct Openings {
    pub shell: Shell,
    pub rows: Vec<OpeningRow>,
    /// True if this is not the newest page.
    pub is_later: bool,
    pub next: Option<String>,
}

/// The end of the page before.
#[derive(Deserialize)]
pub(crate) struct OpeningsQuery {
    #[serde(default)]
    after: String,
}

impl OpeningsQuery {
    /// Reads the end of a page: the second of an opening, a point, and its id. Anything else is the newest page.
    fn after(&self) -> Option<(i64, UnsealId)> {
        let (at, id) = self.after.split_once('.')?;
        Some((at.parse().ok()?, id.parse().ok()?))
    }
}

/// `GET /staff/openings`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    Query(query): Query<OpeningsQuery>,
) -> Result<Response, RouteError> {
    let after = query.after();
    let page = site.app.log.openings(member.id, after).await?;
    let shell = Shell::of(&site, &member, Section::Openings);
    html::page(StatusCode::OK, &render(&site, shell, &page, after.is_some()))
}

fn render(site: &Site, shell: Shell, page: &Page, is_later: bool) -> Openings {
    let row = |opening: &Opening| OpeningRow {
        at: labels::time(&site.app.zone(), opening.unseal.requested_at),
        officer: name(opening.unseal.officer_id, &page.names),
        number: opening.number.clone(),
        class: class(site, &shell, &opening.unseal.class),
        outcome: outcome(&opening.unseal),
        leaf: opening.leaf,
        purpose: (opening.purpose.as_ref())
            .and_then(|letter| PurposeView::new(site.app.instance, letter, opening.entry.as_ref())),
    };
    Openings {
        rows: page.openings.iter().map(row).collect(),
        is_later,
        next: page.next.map(|(at, id)| format!("/staff/openings?after={at}.{id}")),
        shell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, shell};

    fn page(rows: Vec<OpeningRow>) -> String {
        let html = Openings {
            shell: shell(Section::Openings, Some(Role::Auditor)),
            rows,
            is_later: false,
            next: None,
        };
        let html = html.render().unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn an_opening_names_officer_case_and_class_and_its_text_stays_sealed() {
        let row = |purpose| OpeningRow {
            at: "2026-11-24 10:00:00".into(),
            officer: "<Olga>".into(),
            number: "2026-K7Q2M9-X".into(),
            class: "Validar la identidad".into(),
            outcome: "unseal-undecided",
            leaf: Some(7),
            purpose,
        };
        let purpose = PurposeView {
            case: "c".into(),
            request: "00aa".into(),
            class: "x".into(),
            commitment: "00ff".into(),
            file: "AAAA".into(),
        };
        let html = page(vec![row(Some(purpose)), row(None)]);
        assert!(html.contains("&#60;Olga&#62;") && html.contains("href=\"/staff/log/7\""));
        assert!(
            html.contains(
                "<verified-purpose case=\"c\" request=\"00aa\" class=\"x\" commitment=\"00ff\" file=\"AAAA\">"
            )
        );
        assert!(html.contains("no tiene una copia"));
        assert!(page(Vec::new()).contains("Nadie ha abierto"));
    }

    #[test]
    fn the_end_of_a_page_is_read_or_the_newest_page_is_shown() {
        let after = |after: &str| OpeningsQuery { after: after.into() }.after();
        assert!(after("5.a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d").is_some());
        for other in ["", "5", "x.y", "5.x"] {
            assert_eq!(after(other), None);
        }
    }
}

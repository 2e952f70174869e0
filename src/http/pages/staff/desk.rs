//! `/staff/desk` and `/staff/desk/{case}`: what waits for the identity officers, and the page of an unseal.
//! Officers see facets and letters, never what was reported.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::case::facets;
use super::recusal::Recusals;
use super::{Place, Shell};
use crate::domain::day::Day;
use crate::domain::facets::Verdict;
use crate::domain::ids::StaffId;
use crate::domain::state::UnsealState;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service::desk::DeskCase as AtDesk;
use crate::service::sessions::Member;
use crate::store;
use crate::store::desk::{Unseal, Validation};
use crate::vault::base64;
use crate::vault::envelope::Author;
use crate::vault::letter::LetterKind;

/// One request by an area, still open.
pub struct Waiting {
    pub case: String,
    pub number: String,
    /// Days since it was asked.
    pub age: i64,
    pub letter: Letter,
}

/// An unseal of the officer's own that has no verdict yet.
pub struct Open {
    pub case: String,
    pub number: String,
    pub class: String,
    pub opened_on: i64,
}

/// `/staff/desk`
#[derive(Template)]
#[template(path = "staff/desk.html")]
pub struct Desk {
    pub shell: Shell,
    pub waiting: Vec<Waiting>,
    pub undecided: Vec<Open>,
    /// What was typed into the search and names no case.
    pub unknown: Option<String>,
}

/// A letter that the officer's browser opens: `<sealed-letter>`'s attributes.
pub struct Letter {
    pub id: String,
    pub kind: &'static str,
    pub author: String,
    /// Who wrote it, for people.
    pub by: String,
    pub day: i64,
    /// The age file, base64.
    pub file: String,
}

/// An unseal of this case that the officer has made and that has no verdict yet.
pub struct Undecided {
    pub id: String,
}

/// One unseal of the case, whoever made it.
pub struct Earlier {
    pub day: i64,
    pub class: String,
    pub by: String,
    /// The key of what came of it.
    pub outcome: &'static str,
}

/// `/staff/desk/{case}`
#[derive(Template)]
#[template(path = "staff/desk_case.html")]
pub struct DeskCase {
    pub shell: Shell,
    pub case: String,
    pub number: String,
    /// Label and value, from the profile.
    pub facets: Vec<(String, String)>,
    pub received_on: i64,
    /// The latest manifest's hash, hex: what the request names. None when there is no identity.
    pub manifest: Option<String>,
    /// The area's request, where there is one.
    pub request: Option<Letter>,
    /// Oldest first.
    pub earlier: Vec<Earlier>,
    /// Classes of purpose: code and label, from the profile.
    pub classes: Vec<(String, String)>,
    pub undecided: Option<Undecided>,
    pub recusals: Recusals,
}

// What an officer can check, and the texts' keys.
const CHECKS: [(&str, &str); 3] = [
    ("document", "check-document"),
    ("phone", "check-phone"),
    ("email", "check-email"),
];

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// A case's number, as typed.
    number: Option<String>,
}

/// `GET /staff/desk`: with a number, on to its case.
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Query(asked): Query<Asked>,
) -> Result<Response, RouteError> {
    let typed = asked.number.filter(|number| !number.trim().is_empty());
    if let Some(typed) = &typed
        && let Some(case) = site.app.case_numbered(typed).await?
    {
        return Ok(Redirect::to(&format!("/staff/desk/{case}")).into_response());
    }
    let desk = site.app.desk(&member).await?;
    let shell = Shell::of(&site, &member, Place::Desk);
    let day = |at| Day::at(at, &site.app.zone).0;
    let status = if typed.is_some() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    let page = Desk {
        waiting: desk
            .waiting
            .iter()
            .map(|(request, number)| Waiting {
                case: request.case_id.to_string(),
                number: number.clone(),
                age: (site.app.today().0 - day(request.requested_at)).max(0),
                letter: letter(&site, request, &desk.names),
            })
            .collect(),
        undecided: desk
            .undecided
            .iter()
            .map(|(unseal, number)| Open {
                case: unseal.case_id.to_string(),
                number: number.clone(),
                class: class(&site, &shell, &unseal.class),
                opened_on: day(unseal.requested_at),
            })
            .collect(),
        unknown: typed,
        shell,
    };
    error::page(status, &page)
}

/// `GET /staff/desk/{case}`
pub(crate) async fn show_case(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<store::cases::Case>,
) -> Result<Response, RouteError> {
    let found = site.app.desk_case(case.id).await?;
    let shell = Shell::of(&site, &member, Place::Desk);
    error::page(StatusCode::OK, &drawn(&site, shell, &member, &case, &found))
}

fn drawn(site: &Site, shell: Shell, member: &Member, case: &store::cases::Case, found: &AtDesk) -> DeskCase {
    let language = shell.page.t.language();
    DeskCase {
        case: case.id.to_string(),
        number: case.number.clone(),
        facets: facets(site, &shell, case),
        received_on: case.received_on.0,
        manifest: found.seal.as_ref().map(|seal| hex::encode(&seal.manifest_hash)),
        request: found
            .request
            .as_ref()
            .map(|request| letter(site, request, &found.names)),
        earlier: found
            .unseals
            .iter()
            .map(|unseal| Earlier {
                day: Day::at(unseal.requested_at, &site.app.zone).0,
                class: class(site, &shell, &unseal.class),
                by: name(unseal.officer_id, &found.names),
                outcome: outcome(unseal),
            })
            .collect(),
        classes: (site.app.profile.purposes.iter())
            .map(|purpose| (purpose.id.clone(), purpose.label.get(language).into()))
            .collect(),
        undecided: found.undecided(member.id).map(|unseal| Undecided {
            id: unseal.id.to_string(),
        }),
        recusals: Recusals::of(
            site,
            member,
            case.id,
            &site.app.profile.desk,
            &found.recusals,
            &found.names,
        ),
        shell,
    }
}

fn letter(site: &Site, request: &Validation, names: &HashMap<StaffId, String>) -> Letter {
    Letter {
        id: request.id.to_string(),
        kind: LetterKind::ValidationRequest.as_str(),
        author: Author::Staff(request.requested_by).to_string(),
        by: name(request.requested_by, names),
        day: Day::at(request.requested_at, &site.app.zone).0,
        file: base64::encode(&request.letter),
    }
}

fn name(id: StaffId, names: &HashMap<StaffId, String>) -> String {
    names.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

/// The name that the profile gives to a class of purposes; a code that it no longer has stands for itself.
fn class(site: &Site, shell: &Shell, code: &str) -> String {
    let known = site.app.profile.purpose(code);
    known.map_or_else(
        || code.to_owned(),
        |known| known.label.get(shell.page.t.language()).into(),
    )
}

const fn outcome(unseal: &Unseal) -> &'static str {
    match (unseal.state, unseal.verdict) {
        (UnsealState::Requested, _) => "unseal-requested",
        (UnsealState::Refused, _) => "unseal-refused",
        (UnsealState::Released, None) => "unseal-undecided",
        (UnsealState::Released, Some(Verdict::Valid)) => "verdict-valid",
        (UnsealState::Released, Some(Verdict::Mismatch)) => "verdict-mismatch",
        (UnsealState::Released, Some(Verdict::Unreachable)) => "verdict-unreachable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::staff::{Place, Role};
    use crate::http::pages::tests::assert_sound;

    fn letter() -> Letter {
        Letter {
            id: "l".into(),
            kind: "validation-request",
            author: "staff:x".into(),
            by: "Ana Ruiz".into(),
            day: 20_781,
            file: "AAAA".into(),
        }
    }

    fn case(manifest: Option<&str>, undecided: Option<Undecided>) -> String {
        let html = DeskCase {
            shell: shell(Place::Desk, Some(Role::Officer)),
            case: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            facets: vec![("Tipo".into(), "Denuncia".into())],
            received_on: 20_780,
            manifest: manifest.map(str::to_owned),
            request: Some(letter()),
            earlier: vec![Earlier {
                day: 20_779,
                class: "Recibo perdido".into(),
                by: "Otra Oficial".into(),
                outcome: "unseal-undecided",
            }],
            classes: vec![("validate".into(), "Validar la identidad".into())],
            undecided,
            recusals: Recusals::sample(),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn an_unseal_asks_for_class_text_and_password() {
        let html = case(Some("00ff"), None);
        assert!(html.contains("data-unseal data-case=\"a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d\" data-manifest=\"00ff\""));
        for name in ["class", "text", "password"] {
            assert!(html.contains(&format!("name=\"{name}\"")), "{name}");
        }
        assert!(
            html.contains("data-unseal-id=\"\" hidden"),
            "no verdict before an unseal"
        );
        assert_eq!(
            html.matches("<form").count() - 1,
            html.matches("data-needs-script disabled").count()
        );
        assert!(html.contains("Recibo perdido") && html.contains("Otra Oficial"));
    }

    #[test]
    fn an_undecided_unseal_offers_its_verdict() {
        let html = case(Some("00ff"), Some(Undecided { id: "u1".into() }));
        assert!(html.contains("data-unseal-id=\"u1\">"));
        assert!(html.contains("data-check=\"phone\""));
    }

    #[test]
    fn without_an_identity_there_is_nothing_to_ask() {
        let html = case(None, None);
        assert!(!html.contains("data-unseal "), "no form");
        assert!(html.contains("no tiene"));
    }

    fn desk(waiting: Vec<Waiting>, unknown: Option<String>) -> String {
        let html = Desk {
            shell: shell(Place::Desk, Some(Role::Officer)),
            undecided: waiting
                .iter()
                .map(|row| Open {
                    case: row.case.clone(),
                    number: row.number.clone(),
                    class: "Validar la identidad".into(),
                    opened_on: 20_781,
                })
                .collect(),
            waiting,
            unknown,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn an_empty_desk_says_so() {
        assert!(desk(Vec::new(), None).contains("Nadie espera"));
    }

    #[test]
    fn the_desk_lists_what_waits_with_its_sealed_letter() {
        let html = desk(
            vec![Waiting {
                case: "c1".into(),
                number: "2026-K7Q2M9-X".into(),
                age: 2,
                letter: letter(),
            }],
            Some("2026-<b>".into()),
        );
        assert!(html.contains("<sealed-letter case=\"c1\" letter=\"l\" kind=\"validation-request\""));
        assert!(html.contains("Sin veredicto") && html.contains("2 días"));
        assert!(html.contains("role=\"alert\"") && !html.contains("2026-<b>"));
    }
}

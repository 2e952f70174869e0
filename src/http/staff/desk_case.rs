//! `/staff/desk/{case}`: the unseals of a case, the checks after them, and the requests of the reporter about their data.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::day::Day;
use crate::domain::desk::{CheckKind, Outcome, RequestKind, RequestState};
use crate::domain::facets::Verdict;
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, SignedIn};
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::case::{facets, hash_text};
use crate::http::staff::desk::{LetterView, UnsealRow, letter, name};
use crate::http::staff::labels::{self, outcome_key};
use crate::http::staff::recusal::Recusals;
use crate::http::staff::shell::{Section, Shell};
use crate::http::staff::verdict_choice::{VerdictChoice, choice};
use crate::service::people::sessions::Member;
use crate::service::unseal::desk::DeskCase as AtDesk;
use crate::store;
use crate::store::checking::Checking;
use crate::vault::base64;
use crate::vault::envelope::Author;
use crate::vault::erasure::ErasureDecision;
use crate::vault::letter::LetterKind;

/// A version of the identity that can be opened.
pub struct Version {
    pub number: i64,
    /// The manifest's hash in hex, which the request names.
    pub manifest: String,
}

/// An unseal of this case that the officer has made and that has no verdict yet.
pub struct Undecided {
    pub id: String,
    /// The version that it opened.
    pub version: i64,
    /// The opened version was corrected since: the verdict will not be the case's.
    pub is_of_earlier: bool,
}

/// One check or attempt.
pub struct Checked {
    /// The time at which it was made: `2026-11-24 10:15`.
    pub at: String,
    /// Code and label, from the profile.
    pub code: String,
    pub what: String,
    /// Code and key of the outcome.
    pub outcome_code: &'static str,
    pub outcome: &'static str,
    pub by: String,
    pub note: Option<LetterView>,
}

/// The form for one kind of check, or of attempt to reach somebody.
pub struct CheckForm {
    /// The kind's code, and the key of its title.
    pub kind: &'static str,
    pub title: &'static str,
    /// Code and label, from the profile.
    pub what: Vec<(String, String)>,
    /// Code and key.
    pub outcomes: Vec<(&'static str, &'static str)>,
}

/// An erasure that the reporter requests and nobody has decided yet.
pub struct ErasureAsked {
    pub request: String,
    /// The request's stored bytes, as the reporter's key signed them, base64.
    pub signed: String,
    /// True if it was decided, and the witness has not erased it yet.
    pub is_decided: bool,
    pub day: i64,
    /// Code and label, from the profile.
    pub to_erase: Vec<(String, String)>,
    pub to_refuse: Vec<(String, String)>,
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
    /// Newest first. Empty when there is no identity, or no more.
    pub versions: Vec<Version>,
    /// There was an identity.
    pub erased: bool,
    /// The area's request, where there is one.
    pub request: Option<LetterView>,
    /// The day on which the newest version came, while it waits for validation.
    pub corrected_on: Option<i64>,
    pub erasure: Option<ErasureAsked>,
    /// Oldest first.
    pub earlier: Vec<UnsealRow>,
    pub checked: Vec<Checked>,
    pub check_forms: Vec<CheckForm>,
    pub verdicts: Vec<VerdictChoice>,
    /// Attempts in vain and days that *unreachable* takes.
    pub tries: (u16, u16),
    /// Classes of purpose: code and label, from the profile, and true for those that need nobody else's request.
    pub classes: Vec<(String, String, bool)>,
    /// The area's signed request that an opening may still answer, base64.
    pub answerable: Option<String>,
    pub undecided: Option<Undecided>,
    /// Minutes for which an opened identity may be shown again.
    pub show_again: u16,
    pub recusals: Recusals,
    /// The case's state, which a verdict may change.
    pub state: &'static str,
    /// Leaf hash of the newest signed act on the case, in hex; empty before the first.
    pub newest_act: String,
    /// The same of the undecided unseal.
    pub newest_of_unseal: String,
}

impl DeskCase {
    /// The newest version's manifest.
    fn newest(&self) -> &str {
        self.versions.first().map_or("", |version| version.manifest.as_str())
    }

    fn open_id(&self) -> &str {
        self.undecided.as_ref().map_or("", |open| open.id.as_str())
    }
}

/// `GET /staff/desk/{case}`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
) -> Result<Response, RouteError> {
    let found = site.app.unseals.desk_case(member.id, case.id).await?;
    let shell = Shell::of(&site, &member, Section::Desk);
    html::page(StatusCode::OK, &render(&site, shell, &member, &case, &found))
}

fn render(site: &Site, shell: Shell, member: &Member, case: &store::cases::Case, found: &AtDesk) -> DeskCase {
    let (profile, language) = (&site.app.profile(), shell.page.t.language());
    let latest = found.versions.last();
    let of_earlier = |seal| {
        found
            .version(seal)
            .is_some_and(|seal| latest.is_some_and(|last| last.id != seal.id))
    };
    let several = found.versions.len() > 1;
    let waits = |kind| {
        let mut open = found.asked.iter().rev();
        open.find(|request| request.kind == kind && matches!(request.state, RequestState::Open | RequestState::Erasing))
    };
    let reasons = |decision: ErasureDecision| {
        let reasons = profile
            .erasure_reasons
            .iter()
            .filter(|reason| reason.decision == decision);
        reasons
            .map(|reason| (reason.id.clone(), reason.label.get(language).to_owned()))
            .collect()
    };
    let alone = site.app.rosters.current();
    let alone = alone.map_or_else(|_| Vec::new(), |roster| roster.roster().policy.alone.clone());
    let versions = found.sealed().rev().map(|seal| Version {
        number: seal.version,
        manifest: hex::encode(&seal.manifest_hash),
    });
    let earlier = found.unseals.iter().map(|unseal| UnsealRow {
        version: found
            .version(unseal.seal_id)
            .filter(|_| several)
            .map(|seal| seal.version),
        is_of_earlier: of_earlier(unseal.seal_id),
        ..UnsealRow::of(site, &shell, unseal, &found.names)
    });
    DeskCase {
        case: case.id.to_string(),
        number: case.number.clone(),
        facets: facets(site, &shell, case),
        received_on: case.received_on.0,
        versions: versions.collect(),
        erased: latest.is_some_and(|seal| seal.erased),
        request: found
            .request
            .as_ref()
            .map(|request| letter(site, request, &found.names)),
        corrected_on: waits(RequestKind::Correction).map(|request| request.asked_on.0),
        erasure: waits(RequestKind::Erasure).map(|request| ErasureAsked {
            request: request.id.to_string(),
            is_decided: request.state == RequestState::Erasing,
            signed: base64::encode(request.request.as_deref().unwrap_or_default()),
            day: request.asked_on.0,
            to_erase: reasons(ErasureDecision::Erase),
            to_refuse: reasons(ErasureDecision::Refuse),
        }),
        earlier: earlier.collect(),
        checked: found
            .checkings
            .iter()
            .map(|check| checked(site, &shell, check, found))
            .collect(),
        check_forms: CheckKind::ALL
            .iter()
            .map(|kind| check_form(site, &shell, *kind))
            .collect(),
        verdicts: Verdict::ALL
            .iter()
            .map(|verdict| choice(site, &shell, *verdict, case.state))
            .collect(),
        tries: (profile.officers.unreachable_attempts, profile.officers.unreachable_days),
        show_again: profile.officers.show_again_minutes,
        classes: (profile.purposes.iter())
            .map(|purpose| {
                let stands_alone = alone.contains(&purpose.id);
                (purpose.id.clone(), purpose.label.get(language).into(), stands_alone)
            })
            .collect(),
        answerable: (found.answerable.as_ref()).map(|request| base64::encode(&request.payload)),
        undecided: found.undecided(member.id).map(|unseal| Undecided {
            id: unseal.id.to_string(),
            version: found.version(unseal.seal_id).map_or(1, |seal| seal.version),
            is_of_earlier: of_earlier(unseal.seal_id),
        }),
        recusals: Recusals::of(site, member, case.id, &profile.desk, &found.recusals, &found.names),
        state: case.state.as_str(),
        newest_act: hash_text(found.newest_act),
        newest_of_unseal: hash_text(found.newest_of_unseal),
        shell,
    }
}

fn checked(site: &Site, shell: &Shell, check: &Checking, found: &AtDesk) -> Checked {
    let at = labels::time(&site.app.zone(), check.made_at);
    let profile = site.app.profile();
    let class = profile.check(&check.what);
    let label = class.map(|class| class.label.get(shell.page.t.language()).to_owned());
    Checked {
        // The time is kept to the minute.
        at: at.get(..16).unwrap_or(&at).to_owned(),
        what: label.unwrap_or_else(|| check.what.clone()),
        code: check.what.clone(),
        outcome_code: check.outcome.as_str(),
        outcome: outcome_key(check.outcome),
        by: name(check.officer_id, &found.names),
        note: check.note.as_ref().map(|note| LetterView {
            id: check.id.to_string(),
            kind: LetterKind::CheckNote.as_str(),
            author: Author::Staff(check.officer_id).to_string(),
            by: name(check.officer_id, &found.names),
            day: Day::at(check.noted_at, &site.app.zone()).0,
            file: base64::encode(note),
        }),
    }
}

fn check_form(site: &Site, shell: &Shell, kind: CheckKind) -> CheckForm {
    let profile = site.app.profile();
    let classes = profile.checks.iter().filter(|class| class.kind == kind);
    let outcomes = Outcome::ALL.iter().filter(|outcome| outcome.kind() == kind);
    CheckForm {
        kind: kind.as_str(),
        title: match kind {
            CheckKind::Check => "check-new",
            CheckKind::Contact => "contact-new",
        },
        what: classes
            .map(|class| (class.id.clone(), class.label.get(shell.page.t.language()).into()))
            .collect(),
        outcomes: outcomes
            .map(|outcome| (outcome.as_str(), outcome_key(*outcome)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::staff::shell::Section;
    use crate::http::testing::{assert_sound, letter, shell};

    fn page(versions: &[i64], undecided: Option<Undecided>) -> String {
        let pair = |code: &str| vec![(code.to_owned(), code.to_uppercase())];
        let html = DeskCase {
            recusals: Recusals::sample(),
            state: "received",
            newest_act: "ab12".into(),
            newest_of_unseal: String::new(),
            shell: shell(Section::Desk, Some(Role::Officer)),
            case: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            facets: vec![("Tipo".into(), "Denuncia".into())],
            received_on: 20_780,
            versions: versions
                .iter()
                .map(|number| Version {
                    number: *number,
                    manifest: format!("0{number}ff"),
                })
                .collect(),
            erased: false,
            request: Some(letter()),
            corrected_on: (versions.len() > 1).then_some(20_785),
            erasure: Some(ErasureAsked {
                request: "e1".into(),
                signed: "e30=".into(),
                is_decided: versions.len() > 1,
                day: 20_786,
                to_erase: pair("pedido"),
                to_refuse: pair("proceso"),
            }),
            earlier: vec![UnsealRow {
                at: "2026-11-24 10:15:07".into(),
                class: "Recibo perdido".into(),
                by: "Otra Oficial".into(),
                outcome: "verdict-mismatch",
                version: Some(1),
                is_of_earlier: true,
            }],
            checked: vec![Checked {
                at: "2026-11-24 10:15".into(),
                code: "llamada".into(),
                what: "Llamada telefónica".into(),
                outcome_code: "no_answer",
                outcome: "check-no-answer",
                by: "Otra Oficial".into(),
                note: Some(letter()),
            }],
            check_forms: vec![CheckForm {
                kind: "contact",
                title: "contact-new",
                what: pair("llamada"),
                outcomes: vec![("reached", "check-reached")],
            }],
            verdicts: vec![VerdictChoice {
                code: "valid",
                key: "verdict-valid",
                follows: "El caso pasa a «En análisis».".into(),
                to: "in_review",
            }],
            tries: (3, 2),
            classes: vec![
                ("validate".into(), "Validar la identidad".into(), false),
                ("demand".into(), "Requerimiento legal".into(), true),
            ],
            answerable: (versions.len() > 1).then(|| "cQ==".into()),
            undecided,
            show_again: 30,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn an_unseal_asks_for_class_text_and_password() {
        let html = page(&[1], None);
        assert!(
            html.contains("data-number=\"2026-K7Q2M9-X\" data-manifest=\"01ff\" method"),
            "{html}"
        );
        assert!(html.contains("<option value=\"validate\">") && html.contains("<option value=\"demand\" data-alone>"));
        assert!(html.contains("Ningún pedido firmado espera") && !html.contains("Ya se decidió borrarla"));
        for name in ["class", "text", "password"] {
            assert!(html.contains(&format!("name=\"{name}\"")), "{name}");
        }
        assert_eq!(
            html.matches("data-unseal-id=\"\" hidden").count(),
            2,
            "neither checks nor a verdict before an unseal"
        );
        assert!(!html.contains("name=\"manifest\""), "nothing to choose");
        assert_eq!(
            html.matches("<form").count() - 1,
            html.matches("data-needs-script disabled").count()
        );
        assert!(html.contains("Recibo perdido") && html.contains("Otra Oficial"));
        assert!(html.contains("sobre datos anteriores"), "the verdict is marked");
    }

    #[test]
    fn of_a_corrected_identity_either_version_can_be_opened() {
        let html = page(&[2, 1], None);
        assert!(html.contains("value=\"02ff\" data-version=\"2\" checked"));
        assert!(html.contains("value=\"01ff\" data-version=\"1\">"));
        assert!(html.contains(
            "data-erasure data-case=\"a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d\" data-request=\"e1\" data-asked=\"e30=\" data-manifest=\"02ff\""
        ));
        assert!(html.contains("data-answers=\"cQ==\"") && html.contains("Ya se decidió borrarla"));
    }

    #[test]
    fn an_undecided_unseal_offers_its_checks_and_its_verdict() {
        let open = Undecided {
            id: "u1".into(),
            version: 1,
            is_of_earlier: true,
        };
        let html = page(&[2, 1], Some(open));
        assert_eq!(
            html.matches("data-unseal-id=\"u1\">").count(),
            3,
            "view, check and verdict"
        );
        assert!(html.contains("data-check=\"contact\"") && html.contains("no será el del caso"));
    }

    #[test]
    fn without_an_identity_there_is_nothing_to_ask() {
        let html = page(&[], None);
        assert!(!html.contains("data-unseal "), "no form");
        assert!(html.contains("no tiene"));
    }
}

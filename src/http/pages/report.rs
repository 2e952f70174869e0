//! `/report`: the chat, drawn without JavaScript. What is asked comes from the dialogue as a [`Screen`].

use askama::Template;
use axum::extract::{Form, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::{Asked, Page};
use crate::dialogue::engine;
use crate::dialogue::view::{Cleaning, Input, Opt, Preview, Screen, Segment, Turn};
use crate::domain::facets::Channel;
use crate::http::cookies::{self, CookieName};
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service;
use crate::service::intake::{DRAFT_LIFE, OpenDraft};

/// A choice of up to so many options is a row of buttons, one touch each; a longer one is a list to pick from.
const BUTTONS: usize = 7;

/// An answer longer than this is clamped in its bubble.
const LONG: usize = 160;

/// `GET /report`, and `POST /report` where the answer was refused.
#[derive(Template)]
#[template(path = "report.html")]
pub struct Report {
    pub page: Page,
    pub screen: Screen,
    /// Another tab has moved on: the screen shows where the draft stands now.
    pub stale: bool,
}

impl Report {
    // All but the last turn fold away, so that the question stays in sight on a small phone.
    fn earlier(&self) -> &[Turn] {
        let turns = &self.screen.turns;
        &turns[..turns.len().saturating_sub(1)]
    }

    fn last(&self) -> Option<&Turn> {
        self.screen.turns.last()
    }

    /// What the field is described by; one of four constants, hence safe to write unescaped.
    fn described(&self) -> &'static str {
        match (self.screen.prompt.help.is_some(), self.screen.prompt.error.is_some()) {
            (false, false) => "",
            (true, false) => " aria-describedby=\"ayuda\"",
            (false, true) => " aria-describedby=\"error\" aria-invalid=\"true\"",
            (true, true) => " aria-describedby=\"ayuda error\" aria-invalid=\"true\"",
        }
    }

    // The input's own submit button, where it has one form of its own for that.
    fn sends_itself(&self) -> bool {
        match &self.screen.prompt.input {
            Input::Choice { options, .. } => options.len() <= BUTTONS,
            Input::Consent { .. } | Input::Files { .. } | Input::Preview(_) | Input::Refused { .. } | Input::Done => {
                true
            }
            _ => false,
        }
    }

    fn takes_files(&self) -> bool {
        matches!(self.screen.prompt.input, Input::Files { .. })
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn is_long(&self, text: &str) -> bool {
        text.len() > LONG
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn is_chosen(&self, option: &Opt, chosen: Option<&String>) -> bool {
        chosen == Some(&option.value)
    }

    // The words that may be shown again, each once: the id of its mark, the words, whether they are shown.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn restorable<'a>(&self, preview: &'a Preview) -> Vec<(&'a str, &'a str, &'a str, bool)> {
        preview
            .narrative
            .iter()
            .flat_map(|answer| &answer.segments)
            .filter_map(|segment| match segment {
                Segment::Mark {
                    id,
                    label,
                    restored,
                    restorable: true,
                    original,
                } => Some((id.as_str(), label.as_str(), original.as_str(), *restored)),
                _ => None,
            })
            .collect()
    }
}

const PATH: &str = "/report";
/// Where a step ends: at the question, past the earlier turns.
pub(super) const QUESTION: &str = "/report#pregunta";

/// `POST /report/start`: a fresh draft, or the one that waits.
pub(crate) async fn start(
    State(site): State<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    if let Some(cookie) = cookies::read(&headers, CookieName::Draft)
        && site.app.draft(cookie).await?.is_some()
    {
        return Ok(site.redirect(asked.as_deref(), QUESTION));
    }
    // Whoever could not submit in the end must not be asked to write first.
    site.app.sealing_roster().await?;
    let language = site.page(asked.as_deref(), PATH).t.language().to_owned();
    let token = site.app.start_draft(&language).await?;
    let mut response = site.redirect(Some(&language), QUESTION);
    response
        .headers_mut()
        .append(SET_COOKIE, cookies::set(CookieName::Draft, &token, Some(DRAFT_LIFE)));
    Ok(response)
}

/// The draft of this visitor; without one, where to go instead: to the receipt of what was submitted, or to the start.
pub(super) async fn draft_of(
    site: &Site,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Result<OpenDraft, Response>, RouteError> {
    let Some(cookie) = cookies::read(headers, CookieName::Draft) else {
        return Ok(Err(site.redirect(asked.as_deref(), "/")));
    };
    if let Some(draft) = site.app.draft(cookie).await? {
        return Ok(Ok(draft));
    }
    let to = if site.app.shown_receipt(cookie).await?.is_some() {
        "/report/receipt"
    } else {
        "/"
    };
    Ok(Err(site.redirect(asked.as_deref(), to)))
}

/// `GET /report`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let mut open = match draft_of(&site, &asked, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if let Some(language) = asked
        .as_deref()
        .filter(|code| site.languages.has(code) && *code != open.draft.language())
    {
        engine::speak(&site.app.profile, &mut open.draft, language);
        site.app.save_draft(&open).await?;
    }
    let screen = engine::screen(&site.app.profile, &open.draft);
    drawn(&site, &open, StatusCode::OK, screen, false)
}

pub(super) fn drawn(
    site: &Site,
    open: &OpenDraft,
    status: StatusCode,
    screen: Screen,
    stale: bool,
) -> Result<Response, RouteError> {
    error::page(
        status,
        &Report {
            page: site.page(Some(open.draft.language()), PATH),
            screen,
            stale,
        },
    )
}

/// `POST /report`: an answer to the step that the form names. A wrong one is told beside its field, all else is kept.
pub(crate) async fn answer(
    State(site): State<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
    Form(mut form): Form<engine::Form>,
) -> Result<Response, RouteError> {
    let mut open = match draft_of(&site, &asked, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let profile = &site.app.profile;
    let step = form.remove("step").ok_or(RouteError::BadRequest)?;
    let current = engine::screen(profile, &open.draft);
    if current.prompt.step != step {
        return drawn(&site, &open, StatusCode::CONFLICT, current, true);
    }
    if let Err(error) = engine::answer(profile, &mut open.draft, &step, &form) {
        let screen = engine::screen_after(profile, &open.draft, &form, &error);
        return drawn(&site, &open, StatusCode::UNPROCESSABLE_ENTITY, screen, false);
    }
    saved(&site, &open).await
}

/// Stores the draft; when another tab was first, shows where it stands now.
async fn saved(site: &Site, open: &OpenDraft) -> Result<Response, RouteError> {
    let language = Some(open.draft.language());
    match site.app.save_draft(open).await {
        Ok(()) => Ok(site.redirect(language, QUESTION)),
        Err(service::Error::Conflict) => Ok(site.redirect(language, PATH)),
        Err(error) => Err(error.into()),
    }
}

/// To which step to go back.
#[derive(Debug, Deserialize)]
pub(crate) struct Back {
    to: String,
}

/// `POST /report/back`
pub(crate) async fn back(
    State(site): State<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
    Form(back): Form<Back>,
) -> Result<Response, RouteError> {
    let mut open = match draft_of(&site, &asked, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    engine::go_back(&site.app.profile, &mut open.draft, &back.to);
    saved(&site, &open).await
}

/// `POST /report/submit`: seals and stores; whoever comes twice sees the first receipt.
pub(crate) async fn submit(
    State(site): State<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let to = |path| Ok(site.redirect(asked.as_deref(), path));
    let Some(cookie) = cookies::read(&headers, CookieName::Draft) else {
        return to("/");
    };
    match site.app.submit(cookie, Channel::Web).await {
        Ok(_) => to("/report/receipt"),
        Err(service::Error::NotFound) => to("/"),
        Err(service::Error::Invalid(_) | service::Error::Conflict) => to(QUESTION),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::dialogue::view::{Answer, Progress, Prompt, SharedField};
    use crate::http::pages::tests::{assert_sound, page};

    fn option(value: &str, label: &str) -> Opt {
        Opt {
            value: value.into(),
            label: label.into(),
            description: None,
        }
    }

    fn shown(input: Input, error: Option<&str>) -> String {
        let turn = |step: &str| Turn {
            step: step.into(),
            question: "¿A quién le pasó?".into(),
            answer: "A mí".into(),
        };
        let html = Report {
            page: page("es"),
            stale: false,
            screen: Screen {
                turns: vec![turn("who"), turn("kind")],
                progress: Progress {
                    done: 2,
                    about_total: 12,
                },
                prompt: Prompt {
                    step: "what".into(),
                    text: "¿Qué pasó?".into(),
                    help: Some("Con sus palabras.".into()),
                    input,
                    error: error.map(str::to_owned),
                    skip_label: None,
                },
            },
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("id=\"pregunta\""));
        html
    }

    fn text() -> Input {
        Input::Text {
            value: "a <b>".into(),
            long: true,
            max_chars: 4000,
        }
    }

    #[test]
    fn an_error_stands_beside_its_field() {
        let html = shown(text(), Some("Escriba al menos una frase."));
        assert!(html.contains("role=\"alert\""));
        assert!(html.contains("aria-describedby=\"ayuda error\" aria-invalid=\"true\""));
        assert!(html.contains("a &#60;b&#62;"));
    }

    #[test]
    fn each_turn_can_be_changed_and_the_last_gone_back_to() {
        let html = shown(text(), None);
        assert_eq!(
            html.matches("action=\"/report/back\"").count(),
            3,
            "two turns and back: {html}"
        );
        assert!(html.contains("name=\"to\" value=\"who\""));
    }

    #[test]
    fn few_options_are_buttons_and_many_are_a_list() {
        let few = shown(
            Input::Choice {
                options: vec![option("queja", "Queja"), option("denuncia", "Denuncia")],
                selected: Some("queja".into()),
            },
            None,
        );
        assert!(few.contains("name=\"value\" value=\"denuncia\""));
        let many = shown(
            Input::Choice {
                options: (0..24).map(|n| option(&n.to_string(), "Provincia")).collect(),
                selected: Some("3".into()),
            },
            None,
        );
        assert!(many.contains("<select") && many.contains("value=\"3\" selected"));
    }

    #[test]
    fn every_other_input_has_its_fields() {
        let value = String::new;
        let cases = [
            (Input::Date { value: value() }, "name=\"value\""),
            (
                Input::Document {
                    kinds: vec![option("cedula", "Cédula"), option("passport", "Pasaporte")],
                    kind: Some("cedula".into()),
                    number: value(),
                },
                "name=\"number\"",
            ),
            (Input::Name { value: value() }, "autocomplete=\"name\""),
            (Input::Phone { value: value() }, "type=\"tel\""),
            (
                Input::Email {
                    value: value(),
                    none_label: Some("No tengo correo".into()),
                    none: true,
                },
                "name=\"none\"",
            ),
            (Input::Address { value: value() }, "autocomplete=\"street-address\""),
            (
                Input::Consent {
                    terms: vec!["Usaremos sus datos para…".into()],
                    accept_label: "Acepto".into(),
                    refuse_label: "No acepto".into(),
                },
                "value=\"refuse\"",
            ),
            (
                Input::Shared {
                    fields: vec![SharedField {
                        id: "phone".into(),
                        label: "Teléfono".into(),
                        value: "0991234567".into(),
                        checked: true,
                    }],
                },
                "name=\"share.phone\" value=\"1\" checked",
            ),
            (
                Input::Refused {
                    other_ways: vec!["En ventanilla.".into()],
                    back_to: "consent".into(),
                },
                "En ventanilla.",
            ),
            (Input::Done, "action=\"/report/submit\""),
        ];
        for (input, expected) in cases {
            let html = shown(input, None);
            assert!(html.contains(expected), "{expected} in {html}");
        }
    }

    #[test]
    fn the_preview_keeps_apart_what_only_officers_see() {
        let mark = |id: &str, restorable, restored| Segment::Mark {
            id: id.into(),
            label: "[nombre]".into(),
            restored,
            restorable,
            original: "Luz".into(),
        };
        let html = shown(
            Input::Preview(Preview {
                facets: vec![("Tipo".into(), "Denuncia".into())],
                narrative: vec![Answer {
                    step: "what".into(),
                    question: "¿Qué pasó?".into(),
                    segments: vec![
                        Segment::Text("Se fue la ".into()),
                        mark("m1", true, true),
                        Segment::Text(" y ".into()),
                        mark("m2", false, false),
                    ],
                }],
                files: vec![],
                shared: vec![],
                pointed_out: vec!["0912345678".into()],
                identity: vec![("Nombre".into(), "Luz Vera".into())],
            }),
            None,
        );
        assert!(html.contains("name=\"restore.m1\" value=\"1\" checked"));
        assert!(!html.contains("restore.m2"));
        assert!(html.contains("name=\"confirm\""));
        let apart = html.find("sheet apart").unwrap();
        assert!(html.find("Luz Vera").unwrap() > apart, "identity only in its own sheet");
    }
}

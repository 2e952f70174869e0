//! `/report`: the steps of the chat, without JavaScript. The dialogue gives the question as a [`Screen`].
//!
//! `/staff/filing/report` is the same chat, where a clerk answers for somebody. `IntakeOrigin` holds the differences.

use axum::extract::{Form, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use crate::dialogue::{self, ACCEPT, Input, Screen, VALUE_FIELD};
use crate::http::error::RouteError;
use crate::http::reporter::chat_view::{Chat, FilingChat, Report};
use crate::http::reporter::intake::{CurrentDraft, RECEIPT_PATH};
use crate::http::reporter::intake_origin::IntakeOrigin;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::shell::{Section, Shell};
use crate::http::{cookies, html};
use crate::service;
use crate::service::intake::{OpenDraft, SubmitError};

const PATH: &str = "/report";
/// The page at its question, past the earlier turns.
pub(super) const QUESTION: &str = "/report#pregunta";
/// The field by which a clerk confirms that the terms were read aloud and agreed to.
const READ_ALOUD_FIELD: &str = "heard";

/// `POST /report/start`: begins a draft, or goes on with the one that waits.
pub(crate) async fn start(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    if let Some(cookie) = cookies::read(&headers, origin.cookie()) {
        if site.app.intake.draft(cookie).await?.is_some() {
            return Ok(origin.redirect(&site, origin.language(), QUESTION));
        }
        // At the counter somebody still waits for the receipt: it must not give way to the next report.
        if matches!(origin, IntakeOrigin::Counter(_)) && site.app.intake.shown_receipt(cookie).await?.is_some() {
            return Ok(origin.redirect(&site, origin.language(), RECEIPT_PATH));
        }
    }
    site.app.intake.may_begin().await?;
    let language = site.page(origin.language(), PATH).t.language().to_owned();
    let token = site.app.intake.start_draft(&language, origin.channel()).await?;
    let mut response = origin.redirect(&site, Some(&language), QUESTION);
    response.headers_mut().append(
        SET_COOKIE,
        cookies::set(origin.cookie(), &token, origin.cookie_seconds()),
    );
    Ok(response)
}

/// `GET /report`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    CurrentDraft(mut open): CurrentDraft,
) -> Result<Response, RouteError> {
    if let Some(language) = origin
        .language()
        .filter(|code| site.languages.has(code) && *code != open.draft.language())
    {
        dialogue::set_language(&site.app.profile(), &mut open.draft, language);
        site.app.intake.save_draft(&open, origin.channel()).await?;
    }
    let screen = dialogue::build_screen(&site.app.profile(), &open.draft);
    render(&site, &origin, &open, StatusCode::OK, screen, false)
}

pub(super) fn render(
    site: &Site,
    origin: &IntakeOrigin,
    open: &OpenDraft,
    status: StatusCode,
    screen: Screen,
    stale: bool,
) -> Result<Response, RouteError> {
    let ways = site.other_ways_if_full(open.draft.language());
    let chat = |page, counter| Chat {
        page,
        screen,
        stale,
        counter,
        ways,
    };
    match origin {
        IntakeOrigin::Web(_) => {
            let page = site.page(Some(open.draft.language()), PATH);
            let chat = chat(page.clone(), false);
            let has_upload = chat.takes_files();
            let report = Report { page, chat };
            if has_upload {
                html::page_with_upload(status, &report)
            } else {
                html::page(status, &report)
            }
        }
        IntakeOrigin::Counter(member) => {
            let shell = Shell::of(site, member, Section::Filing);
            let chat = chat(shell.page.clone(), true);
            html::page(status, &FilingChat { shell, chat })
        }
    }
}

/// `POST /report`: answers the step that the form names. A wrong answer is shown with its error beside the field.
pub(crate) async fn answer(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    CurrentDraft(mut open): CurrentDraft,
    Form(mut form): Form<dialogue::Form>,
) -> Result<Response, RouteError> {
    let profile = &site.app.profile();
    let step = form.remove("step").ok_or(RouteError::BadRequest)?;
    let mut current = dialogue::build_screen(profile, &open.draft);
    if current.prompt.step != step {
        return render(&site, &origin, &open, StatusCode::CONFLICT, current, true);
    }
    let was_read_aloud = form.remove(READ_ALOUD_FIELD).is_some();
    if matches!(origin, IntakeOrigin::Counter(_)) && !was_read_aloud && accepts(&current, &form) {
        current.prompt.error = Some(site.page(origin.language(), PATH).t.get("filing-unheard"));
        return render(&site, &origin, &open, StatusCode::UNPROCESSABLE_ENTITY, current, false);
    }
    if let Err(error) = dialogue::answer(profile, &mut open.draft, &step, &form) {
        let screen = dialogue::build_screen_with_error(profile, &open.draft, &form, &error);
        return render(&site, &origin, &open, StatusCode::UNPROCESSABLE_ENTITY, screen, false);
    }
    save(&site, &origin, &open).await
}

/// Returns true if a form agrees to the terms on the screen.
fn accepts(screen: &Screen, form: &dialogue::Form) -> bool {
    matches!(screen.prompt.input, Input::Consent { .. }) && form.get(VALUE_FIELD).is_some_and(|value| value == ACCEPT)
}

/// Stores the draft. If another tab was first, shows the draft as it stands now.
async fn save(site: &Site, origin: &IntakeOrigin, open: &OpenDraft) -> Result<Response, RouteError> {
    let language = Some(open.draft.language());
    match site.app.intake.save_draft(open, origin.channel()).await {
        Ok(()) => Ok(origin.redirect(site, language, QUESTION)),
        Err(service::Error::Conflict) => Ok(origin.redirect(site, language, PATH)),
        Err(error) => Err(error.into()),
    }
}

/// The form that goes back to a step.
#[derive(Debug, Deserialize)]
pub(crate) struct BackForm {
    to: String,
}

/// `POST /report/back`
pub(crate) async fn back(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    CurrentDraft(mut open): CurrentDraft,
    Form(back): Form<BackForm>,
) -> Result<Response, RouteError> {
    dialogue::go_back(&site.app.profile(), &mut open.draft, &back.to);
    save(&site, &origin, &open).await
}

/// `POST /report/submit`: seals and stores the report. A second submission shows the first receipt.
pub(crate) async fn submit(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let to = |path| Ok(origin.redirect(&site, origin.language(), path));
    let Some(cookie) = cookies::read(&headers, origin.cookie()) else {
        return Ok(origin.redirect_to_start(&site));
    };
    match site.app.intake.submit(cookie, origin.channel()).await {
        Ok(_) => to(RECEIPT_PATH),
        Err(SubmitError::NoDraft) => Ok(origin.redirect_to_start(&site)),
        Err(error @ (SubmitError::Incomplete(_) | SubmitError::DraftChanged)) => {
            tracing::debug!(%error, "a draft could not be submitted");
            to(QUESTION)
        }
        Err(SubmitError::Service(error)) => Err(error.into()),
    }
}

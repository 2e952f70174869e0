//! `/report`: the chat's steps, without JavaScript. What is asked comes from the dialogue as a [`Screen`].
//! The same behind `/staff/filing`, where a clerk answers for somebody; in what that differs a [`Door`] says.

use axum::extract::{Form, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::chat::{Chat, FilingChat, Report};
use super::door::Door;
use super::staff::{Place, Shell};
use crate::dialogue::{self, ACCEPT, Input, Screen, VALUE_FIELD};
use crate::http::cookies;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service;
use crate::service::intake::OpenDraft;

const PATH: &str = "/report";
/// Where a step ends: at the question, past the earlier turns.
pub(super) const QUESTION: &str = "/report#pregunta";
/// Where the receipt of what was submitted is shown.
const RECEIPT: &str = "/report/receipt";
/// The field by which a clerk says that the terms were read aloud and agreed to.
const HEARD: &str = "heard";

/// `POST /report/start`: a fresh draft, or the one that waits.
pub(crate) async fn start(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    if let Some(cookie) = cookies::read(&headers, door.cookie()) {
        if site.app.intake.draft(cookie).await?.is_some() {
            return Ok(door.redirect(&site, door.language(), QUESTION));
        }
        // At the counter somebody still waits for it: it must not give way to the next report.
        if matches!(door, Door::Counter(_)) && site.app.intake.shown_receipt(cookie).await?.is_some() {
            return Ok(door.redirect(&site, door.language(), RECEIPT));
        }
    }
    site.app.intake.may_begin().await?;
    let language = site.page(door.language(), PATH).t.language().to_owned();
    let token = site.app.intake.start_draft(&language, door.channel()).await?;
    let mut response = door.redirect(&site, Some(&language), QUESTION);
    response
        .headers_mut()
        .append(SET_COOKIE, cookies::set(door.cookie(), &token, door.cookie_life()));
    Ok(response)
}

/// The draft of this visitor; without one, where to go instead: to the receipt of what was submitted, or to the start.
pub(super) async fn draft_of(
    site: &Site,
    door: &Door,
    headers: &HeaderMap,
) -> Result<Result<OpenDraft, Response>, RouteError> {
    let Some(cookie) = cookies::read(headers, door.cookie()) else {
        return Ok(Err(door.to_start(site)));
    };
    if let Some(draft) = site.app.intake.draft(cookie).await? {
        return Ok(Ok(draft));
    }
    Ok(Err(if site.app.intake.shown_receipt(cookie).await?.is_some() {
        door.redirect(site, door.language(), RECEIPT)
    } else {
        door.to_start(site)
    }))
}

/// `GET /report`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let mut open = match draft_of(&site, &door, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if let Some(language) = door
        .language()
        .filter(|code| site.languages.has(code) && *code != open.draft.language())
    {
        dialogue::set_language(&site.app.profile(), &mut open.draft, language);
        site.app.intake.save_draft(&open, door.channel()).await?;
    }
    let screen = dialogue::build_screen(&site.app.profile(), &open.draft);
    drawn(&site, &door, &open, StatusCode::OK, screen, false)
}

pub(super) fn drawn(
    site: &Site,
    door: &Door,
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
    match door {
        Door::Web(_) => {
            let page = site.page(Some(open.draft.language()), PATH);
            let chat = chat(page.clone(), false);
            let has_upload = chat.takes_files();
            let report = Report { page, chat };
            if has_upload {
                error::page_with_upload(status, &report)
            } else {
                error::page(status, &report)
            }
        }
        Door::Counter(member) => {
            let shell = Shell::of(site, member, Place::Filing);
            let chat = chat(shell.page.clone(), true);
            error::page(status, &FilingChat { shell, chat })
        }
    }
}

/// `POST /report`: an answer to the step that the form names. A wrong one is told beside its field, all else is kept.
pub(crate) async fn answer(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
    Form(mut form): Form<dialogue::Form>,
) -> Result<Response, RouteError> {
    let mut open = match draft_of(&site, &door, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let profile = &site.app.profile();
    let step = form.remove("step").ok_or(RouteError::BadRequest)?;
    let mut current = dialogue::build_screen(profile, &open.draft);
    if current.prompt.step != step {
        return drawn(&site, &door, &open, StatusCode::CONFLICT, current, true);
    }
    let heard = form.remove(HEARD).is_some();
    if matches!(door, Door::Counter(_)) && !heard && accepts(&current, &form) {
        current.prompt.error = Some(site.page(door.language(), PATH).t.get("filing-unheard"));
        return drawn(&site, &door, &open, StatusCode::UNPROCESSABLE_ENTITY, current, false);
    }
    if let Err(error) = dialogue::answer(profile, &mut open.draft, &step, &form) {
        let screen = dialogue::build_screen_with_error(profile, &open.draft, &form, &error);
        return drawn(&site, &door, &open, StatusCode::UNPROCESSABLE_ENTITY, screen, false);
    }
    saved(&site, &door, &open).await
}

/// Whether a form agrees to the terms that are asked about.
fn accepts(asked: &Screen, form: &dialogue::Form) -> bool {
    matches!(asked.prompt.input, Input::Consent { .. }) && form.get(VALUE_FIELD).is_some_and(|value| value == ACCEPT)
}

/// Stores the draft; when another tab was first, shows where it stands now.
async fn saved(site: &Site, door: &Door, open: &OpenDraft) -> Result<Response, RouteError> {
    let language = Some(open.draft.language());
    match site.app.intake.save_draft(open, door.channel()).await {
        Ok(()) => Ok(door.redirect(site, language, QUESTION)),
        Err(service::Error::Conflict) => Ok(door.redirect(site, language, PATH)),
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
    door: Door,
    headers: HeaderMap,
    Form(back): Form<Back>,
) -> Result<Response, RouteError> {
    let mut open = match draft_of(&site, &door, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    dialogue::go_back(&site.app.profile(), &mut open.draft, &back.to);
    saved(&site, &door, &open).await
}

/// `POST /report/submit`: seals and stores; whoever comes twice sees the first receipt.
pub(crate) async fn submit(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let to = |path| Ok(door.redirect(&site, door.language(), path));
    let Some(cookie) = cookies::read(&headers, door.cookie()) else {
        return Ok(door.to_start(&site));
    };
    match site.app.intake.submit(cookie, door.channel()).await {
        Ok(_) => to(RECEIPT),
        Err(service::Error::NotFound) => Ok(door.to_start(&site)),
        Err(service::Error::Invalid(_) | service::Error::Conflict) => to(QUESTION),
        Err(error) => Err(error.into()),
    }
}

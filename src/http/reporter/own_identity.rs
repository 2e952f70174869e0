//! `/follow-up/identity`: personal data, given anew or to be erased, by the holder of the receipt.
//!
//! Data that was sealed before is never shown here: only officers and the witness can open it.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::dialogue::{self, Correction, CorrectionField, Input, OptionView};
use crate::domain::state::State as CaseState;
use crate::http::error::RouteError;
use crate::http::extract::ReturningReporter;
use crate::http::html;
use crate::http::page::Page;
use crate::http::reporter::follow_up_case::{CaseFeedback, render};
use crate::http::site::{SharedSite, Site};
use crate::service;
use crate::service::follow_up::OwnCase;
use crate::service::unseal::error::{OwnIdentityError, OwnIdentityRefusal};

/// `GET /follow-up/identity`
#[derive(Template)]
#[template(path = "own_identity.html")]
pub struct OwnIdentity {
    pub page: Page,
    pub fields: Vec<CorrectionField>,
    /// Something is wrong. The page says so above, and each question beside it.
    pub refused: bool,
}

impl OwnIdentity {
    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn is_chosen(&self, option: &OptionView, chosen: Option<&String>) -> bool {
        chosen == Some(&option.value)
    }

    /// Writes the attributes that describe a field: one of four forms with the step's code, hence safe unescaped.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn described(&self, field: &CorrectionField) -> String {
        let step = &field.step;
        match (field.help.is_some(), field.error.is_some()) {
            (false, false) => String::new(),
            (true, false) => format!(" aria-describedby=\"{step}-ayuda\""),
            (false, true) => format!(" aria-describedby=\"{step}-error\" aria-invalid=\"true\""),
            (true, true) => format!(" aria-describedby=\"{step}-ayuda {step}-error\" aria-invalid=\"true\""),
        }
    }
}

/// `GET /follow-up/identity/erasure`
#[derive(Template)]
#[template(path = "own_erasure.html")]
pub struct OwnErasure {
    pub page: Page,
}

/// The form that confirms an erasure.
#[derive(Deserialize)]
pub(crate) struct ErasureForm {
    #[expect(dead_code, reason = "the field has to be there; it says nothing more")]
    confirm: String,
}

/// Returns the reason for which nothing can be done about the identity, before anything is typed.
fn find_obstacle(own: &OwnCase) -> Option<OwnIdentityRefusal> {
    if !own.has_identity || own.identity_erased {
        Some(OwnIdentityRefusal::Nothing)
    } else if own.is_intact {
        None
    } else {
        Some(OwnIdentityRefusal::Exchanged)
    }
}

/// Returns the questions that apply, or the reason why none does.
fn correction(site: &Site, reporter: &ReturningReporter, own: &OwnCase) -> Result<Correction, OwnIdentityRefusal> {
    let closed = (own.case.state == CaseState::Closed).then_some(OwnIdentityRefusal::Closed);
    match (find_obstacle(own).or(closed), &own.narrative) {
        (Some(reason), _) => Err(reason),
        (None, None) => Err(OwnIdentityRefusal::Exchanged),
        (None, Some(narrative)) => Ok(Correction::of(
            &site.app.profile(),
            &reporter.language,
            own.case.kind,
            narrative,
        )),
    }
}

/// Renders the page of the case, with the reason why nothing was done.
async fn render_refusal(
    site: &Site,
    reporter: &ReturningReporter,
    reason: OwnIdentityRefusal,
) -> Result<Response, RouteError> {
    let key = match reason {
        OwnIdentityRefusal::Nothing => "own-identity-nothing",
        OwnIdentityRefusal::Closed => "own-identity-closed",
        OwnIdentityRefusal::Exchanged => "case-exchanged",
        OwnIdentityRefusal::TooOften => "own-identity-too-often",
        OwnIdentityRefusal::Waits => "own-identity-waits",
    };
    let feedback = CaseFeedback {
        identity_error: Some(site.page(Some(&reporter.language), "/").t.get(key)),
        ..CaseFeedback::default()
    };
    render(site, reporter, StatusCode::UNPROCESSABLE_ENTITY, feedback).await
}

/// `GET /follow-up/identity`: the questions that ask for personal data, all at once and empty.
pub(crate) async fn show(State(site): State<SharedSite>, reporter: ReturningReporter) -> Result<Response, RouteError> {
    let own = site.app.follow_up.own_case(&reporter).await?;
    match correction(&site, &reporter, &own) {
        Ok(correction) => {
            let form = OwnIdentity {
                page: site.page(Some(&reporter.language), "/follow-up/identity"),
                fields: correction.fields(&site.app.profile(), None, &[]),
                refused: false,
            };
            html::page(StatusCode::OK, &form)
        }
        Err(reason) => render_refusal(&site, &reporter, reason).await,
    }
}

/// `POST /follow-up/identity`: stores a new version of the identity.
pub(crate) async fn correct(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    Form(typed): Form<dialogue::Form>,
) -> Result<Response, RouteError> {
    let profile = &site.app.profile();
    let own = site.app.follow_up.own_case(&reporter).await?;
    let mut correction = match correction(&site, &reporter, &own) {
        Ok(correction) => correction,
        Err(reason) => return render_refusal(&site, &reporter, reason).await,
    };
    let data = match correction.read(profile, &typed) {
        Ok(data) => data,
        Err(errors) => {
            let form = OwnIdentity {
                page: site.page(Some(&reporter.language), "/follow-up/identity"),
                fields: correction.fields(profile, Some(&typed), &errors),
                refused: true,
            };
            return html::page(StatusCode::UNPROCESSABLE_ENTITY, &form);
        }
    };
    let mut corrected = site.app.identities.correct_identity(&reporter, &data).await;
    if matches!(corrected, Err(OwnIdentityError::Service(service::Error::Conflict))) {
        // Two tabs sent a correction at once: this one follows the other.
        corrected = site.app.identities.correct_identity(&reporter, &data).await;
    }
    match corrected {
        Ok(()) => Ok(site.redirect(Some(&reporter.language), "/follow-up/case?corrected#identidad")),
        Err(OwnIdentityError::Refused(reason)) => render_refusal(&site, &reporter, reason).await,
        Err(OwnIdentityError::Service(error)) => Err(error.into()),
    }
}

/// `GET /follow-up/identity/erasure`: explains an erasure before it is asked for.
pub(crate) async fn show_erasure(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
) -> Result<Response, RouteError> {
    match find_obstacle(&site.app.follow_up.own_case(&reporter).await?) {
        // An identity that was exchanged may be erased all the same.
        None | Some(OwnIdentityRefusal::Exchanged) => {
            let page = site.page(Some(&reporter.language), "/follow-up/identity/erasure");
            html::page(StatusCode::OK, &OwnErasure { page })
        }
        Some(reason) => render_refusal(&site, &reporter, reason).await,
    }
}

/// `POST /follow-up/identity/erasure`: sends the request to the officers.
pub(crate) async fn request_erasure(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    Form(_): Form<ErasureForm>,
) -> Result<Response, RouteError> {
    match site.app.identities.ask_erasure(&reporter).await {
        Ok(()) => Ok(site.redirect(Some(&reporter.language), "/follow-up/case?erasure#identidad")),
        Err(OwnIdentityError::Refused(reason)) => render_refusal(&site, &reporter, reason).await,
        Err(OwnIdentityError::Service(error)) => Err(error.into()),
    }
}

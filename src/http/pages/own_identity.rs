//! `/follow-up/identity`: personal data, given anew or to be erased, by whoever holds the receipt. What was sealed before
//! is never shown here: only officers and the witness can open it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Form, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::follow_up::{Shown, drawn};
use super::{Asked, Page};
use crate::dialogue::{self, Correction, CorrectionField, Input, OptionView};
use crate::domain::state::State;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service;
use crate::service::follow_up::{OwnCase, Returning};
use crate::service::unseal::error::{OwnIdentityError, OwnIdentityRefusal};

/// `GET /follow-up/identity`
#[derive(Template)]
#[template(path = "own_identity.html")]
pub struct OwnIdentity {
    pub page: Page,
    pub fields: Vec<CorrectionField>,
    /// Something is wrong: the page says so above, and each question beside it.
    pub refused: bool,
}

impl OwnIdentity {
    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn is_chosen(&self, option: &OptionView, chosen: Option<&String>) -> bool {
        chosen == Some(&option.value)
    }

    /// What a field is described by; one of four forms with the step's code, hence safe to write unescaped.
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

/// What would make a wish senseless, before anything is typed.
fn hindrance(own: &OwnCase) -> Option<OwnIdentityRefusal> {
    if !own.has_identity || own.identity_erased {
        Some(OwnIdentityRefusal::Nothing)
    } else if own.is_intact {
        None
    } else {
        Some(OwnIdentityRefusal::Exchanged)
    }
}

/// The case's page, with why it was not taken.
async fn told(site: &Site, asked: &Asked, who: &Returning, why: OwnIdentityRefusal) -> Result<Response, RouteError> {
    let key = match why {
        OwnIdentityRefusal::Nothing => "own-identity-nothing",
        OwnIdentityRefusal::Closed => "own-identity-closed",
        OwnIdentityRefusal::Exchanged => "case-exchanged",
        OwnIdentityRefusal::TooOften => "own-identity-too-often",
        OwnIdentityRefusal::Waits => "own-identity-waits",
    };
    let view = Shown {
        identity_error: Some(site.page(Some(&who.language), "/").t.get(key)),
        ..Shown::default()
    };
    drawn(site, asked, who, StatusCode::UNPROCESSABLE_ENTITY, view).await
}

/// Which questions apply; the hindrance where none does.
async fn correction(site: &Site, who: &Returning) -> Result<Result<Correction, OwnIdentityRefusal>, RouteError> {
    let own = site.app.follow_up.own_case(who).await?;
    let closed = (own.case.state == State::Closed).then_some(OwnIdentityRefusal::Closed);
    Ok(match (hindrance(&own).or(closed), &own.narrative) {
        (Some(why), _) => Err(why),
        (None, None) => Err(OwnIdentityRefusal::Exchanged),
        (None, Some(narrative)) => Ok(Correction::of(
            &site.app.profile(),
            &who.language,
            own.case.kind,
            narrative,
        )),
    })
}

/// `GET /follow-up/identity`: the questions that ask for personal data, all at once and empty.
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    Extension(who): Extension<Arc<Returning>>,
) -> Result<Response, RouteError> {
    match correction(&site, &who).await? {
        Ok(correction) => {
            let form = OwnIdentity {
                page: site.page(Some(&who.language), "/follow-up/identity"),
                fields: correction.fields(&site.app.profile(), None, &[]),
                refused: false,
            };
            error::page(StatusCode::OK, &form)
        }
        Err(why) => told(&site, &asked, &who, why).await,
    }
}

/// `POST /follow-up/identity`: a new version of the identity.
pub(crate) async fn correct(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    Extension(who): Extension<Arc<Returning>>,
    Form(typed): Form<dialogue::Form>,
) -> Result<Response, RouteError> {
    let profile = &site.app.profile();
    let mut correction = match correction(&site, &who).await? {
        Ok(correction) => correction,
        Err(why) => return told(&site, &asked, &who, why).await,
    };
    let data = match correction.read(profile, &typed) {
        Ok(data) => data,
        Err(errors) => {
            let form = OwnIdentity {
                page: site.page(Some(&who.language), "/follow-up/identity"),
                fields: correction.fields(profile, Some(&typed), &errors),
                refused: true,
            };
            return error::page(StatusCode::UNPROCESSABLE_ENTITY, &form);
        }
    };
    let mut corrected = site.app.identities.correct_identity(&who, &data).await;
    if matches!(corrected, Err(OwnIdentityError::Service(service::Error::Conflict))) {
        // Sent from two tabs at once: this one follows the other.
        corrected = site.app.identities.correct_identity(&who, &data).await;
    }
    match corrected {
        Ok(()) => Ok(site.redirect(Some(&who.language), "/follow-up/case?corrected#identidad")),
        Err(OwnIdentityError::Refused(why)) => told(&site, &asked, &who, why).await,
        Err(OwnIdentityError::Service(error)) => Err(error.into()),
    }
}

/// `GET /follow-up/identity/erasure`: what it means, before it is asked.
pub(crate) async fn show_erasure(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    Extension(who): Extension<Arc<Returning>>,
) -> Result<Response, RouteError> {
    match hindrance(&site.app.follow_up.own_case(&who).await?) {
        // What was exchanged may be erased all the same.
        None | Some(OwnIdentityRefusal::Exchanged) => {
            let page = site.page(Some(&who.language), "/follow-up/identity/erasure");
            error::page(StatusCode::OK, &OwnErasure { page })
        }
        Some(why) => told(&site, &asked, &who, why).await,
    }
}

/// The step that confirms.
#[derive(Deserialize)]
pub(crate) struct Confirmed {
    #[expect(dead_code, reason = "that it is there is all it says")]
    confirm: String,
}

/// `POST /follow-up/identity/erasure`: the request goes to the officers.
pub(crate) async fn ask_erasure(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    Extension(who): Extension<Arc<Returning>>,
    Form(_): Form<Confirmed>,
) -> Result<Response, RouteError> {
    match site.app.identities.ask_erasure(&who).await {
        Ok(()) => Ok(site.redirect(Some(&who.language), "/follow-up/case?erasure#identidad")),
        Err(OwnIdentityError::Refused(why)) => told(&site, &asked, &who, why).await,
        Err(OwnIdentityError::Service(error)) => Err(error.into()),
    }
}

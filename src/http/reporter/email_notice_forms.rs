//! The forms for notices by e-mail: an address is given, and taken back, beside the receipt or on the page of the case.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::domain::email;
use crate::domain::ids::CaseId;
use crate::domain::notice::NoticeChannel;
use crate::http::error::RouteError;
use crate::http::extract::ReturningReporter;
use crate::http::page::RequestedLanguage;
use crate::http::reporter::email_notices::EmailNotices;
use crate::http::reporter::follow_up_case::{self, CaseFeedback};
use crate::http::reporter::intake::{CurrentReceipt, RECEIPT_PATH};
use crate::http::reporter::receipt;
use crate::http::site::{SharedSite, Site};

/// The notices on the page of the receipt.
const ON_RECEIPT: &str = "/report/receipt#avisos";
/// The notices on the page of the case.
const ON_CASE: &str = "/follow-up/case#avisos";

/// An address for notices.
#[derive(Deserialize)]
pub(crate) struct EmailForm {
    email: Zeroizing<String>,
}

/// `POST /report/receipt/notices`: the cookie opens the receipt, which names the case.
pub(crate) async fn give_with_receipt(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
    CurrentReceipt(receipt): CurrentReceipt,
    Form(form): Form<EmailForm>,
) -> Result<Response, RouteError> {
    let Some(receipt) = receipt else {
        return Ok(site.redirect(requested.as_deref(), RECEIPT_PATH));
    };
    let case = site.app.unseals.case_numbered(&receipt.number).await?;
    let language = requested.as_deref().unwrap_or(&receipt.language);
    let Some(error) = keep(&site, case.ok_or(RouteError::NotFound)?, &form.email).await? else {
        return Ok(site.redirect(Some(language), ON_RECEIPT));
    };
    let notices = EmailNotices {
        given: false,
        error: Some(site.page(Some(language), "/").t.get(error)),
        typed: form.email.to_string(),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    receipt::render(&site, &requested, &receipt, status, Some(notices))
}

/// `POST /report/receipt/notices/end`
pub(crate) async fn withdraw_with_receipt(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
    CurrentReceipt(receipt): CurrentReceipt,
) -> Result<Response, RouteError> {
    let Some(receipt) = receipt else {
        return Ok(site.redirect(requested.as_deref(), RECEIPT_PATH));
    };
    if let Some(case) = site.app.unseals.case_numbered(&receipt.number).await? {
        site.app
            .notifications
            .withdraw_contact(case, NoticeChannel::Email)
            .await?;
    }
    let language = requested.as_deref().unwrap_or(&receipt.language);
    Ok(site.redirect(Some(language), ON_RECEIPT))
}

/// `POST /follow-up/notices`
pub(crate) async fn give(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    Form(form): Form<EmailForm>,
) -> Result<Response, RouteError> {
    let language = reporter.page_language();
    let Some(error) = keep(&site, reporter.case, &form.email).await? else {
        return Ok(site.redirect(Some(language), ON_CASE));
    };
    let error = site.page(Some(language), "/").t.get(error);
    let feedback = CaseFeedback {
        address: Some((error, form.email.to_string())),
        ..CaseFeedback::default()
    };
    follow_up_case::render(&site, &reporter, StatusCode::UNPROCESSABLE_ENTITY, feedback).await
}

/// `POST /follow-up/notices/end`
pub(crate) async fn withdraw(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
) -> Result<Response, RouteError> {
    site.app
        .notifications
        .withdraw_contact(reporter.case, NoticeChannel::Email)
        .await?;
    Ok(site.redirect(Some(reporter.page_language()), ON_CASE))
}

/// Keeps an address. Returns the key of its error, if it has one.
async fn keep(site: &Site, case: CaseId, typed: &str) -> Result<Option<&'static str>, RouteError> {
    if !site.app.enabled_channels().email {
        return Err(RouteError::NotFound);
    }
    let Some(address) = email::normalize(typed).map(Zeroizing::new) else {
        return Ok(Some("by-email-invalid"));
    };
    if site.app.notifications.exceeds_contact_limit(case) {
        return Ok(Some("by-email-too-often"));
    }
    let given = site
        .app
        .notifications
        .set_contact(case, NoticeChannel::Email, &address, true);
    given.await?;
    Ok(None)
}

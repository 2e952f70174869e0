//! Notices by e-mail, by wish only: an address that is given, and taken back, beside the receipt or with one's case. It
//! is never shown again, and has nothing to do with the one that the dialogue asks for.

use std::sync::Arc;

use axum::extract::{Extension, Form, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::door::Door;
use super::{Asked, follow_up, receipt};
use crate::domain::email;
use crate::domain::ids::CaseId;
use crate::domain::notice::NoticeChannel;
use crate::http::error::RouteError;
use crate::http::site::{SharedSite, Site};
use crate::service::follow_up::Returning;
use crate::service::intake::ShownReceipt;
use crate::store::cases::Case;

/// What a page says about notices by e-mail.
#[derive(Debug, Default)]
pub struct ByEmail {
    /// There is an address.
    pub given: bool,
    /// What is wrong with the address, and what was typed.
    pub error: Option<String>,
    pub typed: String,
}

/// Where an address is given.
#[derive(Deserialize)]
pub(crate) struct Given {
    email: Zeroizing<String>,
}

/// What the receipt's page says.
pub(super) async fn of_receipt(site: &Site, receipt: &ShownReceipt) -> Result<Option<ByEmail>, RouteError> {
    if !site.app.enabled_channels.email {
        return Ok(None);
    }
    let Some(case) = site.app.unseals.case_numbered(&receipt.number).await? else {
        return Ok(None);
    };
    Ok(Some(ByEmail {
        given: is_given(site, case).await?,
        ..ByEmail::default()
    }))
}

/// What the case's page says. Whoever has given an address can take it back, whatever was configured since.
pub(super) async fn of_case(
    site: &Site,
    case: &Case,
    wrong: Option<(String, String)>,
) -> Result<Option<ByEmail>, RouteError> {
    let given = is_given(site, case.id).await?;
    let offered = site.app.enabled_channels.email && case.state.is_open();
    let (error, typed) = wrong.unzip();
    Ok((given || offered).then(|| ByEmail {
        given,
        error,
        typed: typed.unwrap_or_default(),
    }))
}

async fn is_given(site: &Site, case: CaseId) -> Result<bool, RouteError> {
    let channels = site.app.notifications.contact_channels(case).await?;
    Ok(channels.contains(&NoticeChannel::Email))
}

/// `POST /report/receipt/notices`: the cookie opens the receipt, which names the case.
pub(crate) async fn give_with_receipt(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, RouteError> {
    let Some(receipt) = receipt::shown(&site, &Door::Web(asked.clone()), &headers).await? else {
        return Ok(site.redirect(asked.as_deref(), "/report/receipt"));
    };
    let case = site.app.unseals.case_numbered(&receipt.number).await?;
    let language = asked.as_deref().unwrap_or(&receipt.language);
    let Some(wrong) = keep(&site, case.ok_or(RouteError::NotFound)?, &given.email).await? else {
        return Ok(site.redirect(Some(language), "/report/receipt#avisos"));
    };
    let by_email = ByEmail {
        given: false,
        error: Some(site.page(Some(language), "/").t.get(wrong)),
        typed: given.email.to_string(),
    };
    receipt::drawn(
        &site,
        &asked,
        &receipt,
        StatusCode::UNPROCESSABLE_ENTITY,
        Some(by_email),
    )
}

/// `POST /report/receipt/notices/end`
pub(crate) async fn withdraw_with_receipt(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let Some(receipt) = receipt::shown(&site, &Door::Web(asked.clone()), &headers).await? else {
        return Ok(site.redirect(asked.as_deref(), "/report/receipt"));
    };
    if let Some(case) = site.app.unseals.case_numbered(&receipt.number).await? {
        site.app
            .notifications
            .withdraw_contact(case, NoticeChannel::Email)
            .await?;
    }
    let language = asked.as_deref().unwrap_or(&receipt.language);
    Ok(site.redirect(Some(language), "/report/receipt#avisos"))
}

/// `POST /follow-up/notices`
pub(crate) async fn give(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    Extension(who): Extension<Arc<Returning>>,
    Form(given): Form<Given>,
) -> Result<Response, RouteError> {
    let language = asked.as_deref().unwrap_or(&who.language);
    let Some(wrong) = keep(&site, who.case, &given.email).await? else {
        return Ok(site.redirect(Some(language), "/follow-up/case#avisos"));
    };
    let wrong = site.page(Some(language), "/").t.get(wrong);
    let view = follow_up::Shown {
        address: Some((wrong, given.email.to_string())),
        ..follow_up::Shown::default()
    };
    follow_up::drawn(&site, &asked, &who, StatusCode::UNPROCESSABLE_ENTITY, view).await
}

/// `POST /follow-up/notices/end`
pub(crate) async fn withdraw(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    Extension(who): Extension<Arc<Returning>>,
) -> Result<Response, RouteError> {
    site.app
        .notifications
        .withdraw_contact(who.case, NoticeChannel::Email)
        .await?;
    let language = asked.as_deref().unwrap_or(&who.language);
    Ok(site.redirect(Some(language), "/follow-up/case#avisos"))
}

/// Keeps an address; or the key of what is wrong with it.
async fn keep(site: &Site, case: CaseId, typed: &str) -> Result<Option<&'static str>, RouteError> {
    if !site.app.enabled_channels.email {
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

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::http::pages::receipt::Receipt;
    use crate::http::pages::tests::{assert_sound, page};

    fn receipt(language: &str, by_email: Option<ByEmail>) -> String {
        let receipt = Receipt {
            page: page(language),
            number: "2026-K7Q2M9-X".into(),
            words: vec!["nieve".into(); 8],
            respond_by: 20_784,
            resolve_by: 20_800,
            by_email,
        };
        receipt.render().unwrap()
    }

    #[test]
    fn it_is_folded_below_the_receipt_and_says_what_it_gives_away() {
        for (language, link) in [("es", "tiene un caso aquí"), ("en", "have a case here")] {
            let html = receipt(language, Some(ByEmail::default()));
            assert_sound(&html);
            let (before, offer) = html.split_once("id=\"avisos\"").unwrap();
            assert!(
                before.contains("/report/receipt/saved"),
                "never in the way of the receipt"
            );
            assert!(offer.contains("<details>") && offer.contains(link), "{offer}");
        }
        assert!(!receipt("es", None).contains("avisos"));
    }

    #[test]
    fn what_is_wrong_stands_at_its_field_and_unfolds_it() {
        let wrong = ByEmail {
            given: false,
            error: Some("Falta algo".into()),
            typed: "a@<b>".into(),
        };
        let html = receipt("es", Some(wrong));
        assert_sound(&html);
        for part in ["<details open>", "aria-invalid=\"true\"", "a@&#60;b&#62;", "Falta algo"] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn an_address_that_was_given_is_not_shown() {
        let given = ByEmail {
            given: true,
            ..ByEmail::default()
        };
        let html = receipt("es", Some(given));
        assert_sound(&html);
        assert!(html.contains("No mostramos la dirección") && html.contains("/report/receipt/notices/end"));
        assert!(!html.contains("type=\"email\""), "{html}");
    }
}

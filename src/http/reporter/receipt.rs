//! `/report/receipt`: the number and the eight words, until the reporter says that they are kept.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::http::error::RouteError;
use crate::http::page::{Page, RequestedLanguage};
use crate::http::reporter::email_notices::EmailNotices;
use crate::http::reporter::intake::{CurrentReceipt, RECEIPT_PATH};
use crate::http::reporter::intake_origin::IntakeOrigin;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::filing::{FilingReceipt, HANDED_OVER};
use crate::http::staff::shell::{Section, Shell};
use crate::http::{cookies, html};
use crate::service::intake::ShownReceipt;

/// `/report/receipt`
#[derive(Template)]
#[template(path = "receipt.html")]
pub struct Receipt {
    pub page: Page,
    pub number: String,
    /// The eight words, in order.
    pub words: Vec<String>,
    /// Day by which a person writes.
    pub respond_by: i64,
    /// Day by which there is an outcome.
    pub resolve_by: i64,
    /// None where notices are not offered.
    pub by_email: Option<EmailNotices>,
}

/// `/report/receipt.txt`
#[derive(Template)]
#[template(path = "receipt.txt")]
pub struct ReceiptText {
    pub page: Page,
    pub number: String,
    pub words: Vec<String>,
}

/// `/report/receipt/saved`, and `/report/receipt` once the receipt is gone.
#[derive(Template)]
#[template(path = "receipt_saved.html")]
pub struct ReceiptSaved {
    pub page: Page,
}

fn words(receipt: &ShownReceipt) -> Vec<String> {
    receipt.words.split(' ').map(str::to_owned).collect()
}

/// `GET /report/receipt`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    CurrentReceipt(receipt): CurrentReceipt,
) -> Result<Response, RouteError> {
    let (requested, receipt) = match (&origin, receipt) {
        (IntakeOrigin::Web(requested), Some(receipt)) => (requested, receipt),
        (IntakeOrigin::Web(requested), None) => {
            let page = site.page(requested.as_deref(), "/");
            return html::page(StatusCode::OK, &ReceiptSaved { page });
        }
        (IntakeOrigin::Counter(member), Some(receipt)) => {
            let template = FilingReceipt {
                shell: Shell::of(&site, member, Section::Filing),
                number: receipt.number.clone(),
                words: words(&receipt),
                address: format!("{}/follow-up", site.public_url),
                respond_by: receipt.respond_by,
                resolve_by: receipt.resolve_by,
            };
            return html::page(StatusCode::OK, &template);
        }
        (IntakeOrigin::Counter(_), None) => return Ok(origin.redirect_to_start(&site)),
    };
    let notices = EmailNotices::of_receipt(&site, &receipt).await?;
    render(&site, requested, &receipt, StatusCode::OK, notices)
}

/// Renders the page of the receipt.
///
/// # Errors
/// [`RouteError::Internal`] when the template fails
pub(super) fn render(
    site: &Site,
    requested: &RequestedLanguage,
    receipt: &ShownReceipt,
    status: StatusCode,
    by_email: Option<EmailNotices>,
) -> Result<Response, RouteError> {
    let language = requested.as_deref().unwrap_or(&receipt.language);
    let template = Receipt {
        page: site.page(Some(language), RECEIPT_PATH),
        number: receipt.number.clone(),
        words: words(receipt),
        respond_by: receipt.respond_by,
        resolve_by: receipt.resolve_by,
        by_email,
    };
    html::page(status, &template)
}

/// `GET /report/receipt.txt`: a file to keep.
pub(crate) async fn text(
    State(site): State<SharedSite>,
    CurrentReceipt(receipt): CurrentReceipt,
) -> Result<Response, RouteError> {
    let receipt = receipt.ok_or(RouteError::NotFound)?;
    let text = ReceiptText {
        page: site.page(Some(&receipt.language), RECEIPT_PATH),
        number: receipt.number.clone(),
        words: words(&receipt),
    };
    let text = text.render().map_err(|_| RouteError::Internal)?;
    // The name tells nothing to somebody who looks into the folder of downloads.
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"notas.txt\""),
    ];
    Ok((headers, text).into_response())
}

/// `POST /report/receipt/saved`: "Ya la guardé".
pub(crate) async fn saved(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    CurrentReceipt(receipt): CurrentReceipt,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    if let Some(cookie) = cookies::read(&headers, origin.cookie()) {
        site.app.intake.forget_receipt(cookie).await?;
    }
    let mut response = match &origin {
        IntakeOrigin::Web(_) => {
            let language = receipt.as_ref().map(|receipt| receipt.language.as_str());
            site.redirect(language, RECEIPT_PATH)
        }
        IntakeOrigin::Counter(member) => site.redirect(Some(&member.language), HANDED_OVER),
    };
    response
        .headers_mut()
        .append(SET_COOKIE, cookies::clear(origin.cookie()));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::{assert_sound, page};

    fn words() -> Vec<String> {
        ["ábaco", "nieve", "tigre", "lunes", "piano", "gesto", "verano", "zorro"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn number_and_all_words_are_there() {
        let html = Receipt {
            page: page("es"),
            number: "2026-K7Q2M9-X".into(),
            words: words(),
            respond_by: 20_784,
            resolve_by: 20_800,
            by_email: None,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("2026-K7Q2M9-X"));
        for word in words() {
            assert!(html.contains(&format!("<li>{word}</li>")), "{word}");
        }
        assert!(html.contains("27 de noviembre de 2026"));
        assert_sound(&ReceiptSaved { page: page("en") }.render().unwrap());
    }

    #[test]
    fn the_text_file_is_plain() {
        let text = ReceiptText {
            page: page("es"),
            number: "2026-K7Q2M9-X".into(),
            words: words(),
        }
        .render()
        .unwrap();
        assert!(text.contains("1. ábaco") && text.contains("8. zorro"), "{text}");
        assert!(!text.contains('<') && !text.contains('&'), "{text}");
    }

    fn receipt_with(language: &str, by_email: Option<EmailNotices>) -> String {
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
            let html = receipt_with(language, Some(EmailNotices::default()));
            assert_sound(&html);
            let (before, offer) = html.split_once("id=\"avisos\"").unwrap();
            assert!(
                before.contains("/report/receipt/saved"),
                "never in the way of the receipt"
            );
            assert!(offer.contains("<details>") && offer.contains(link), "{offer}");
        }
        assert!(!receipt_with("es", None).contains("avisos"));
    }

    #[test]
    fn what_is_wrong_stands_at_its_field_and_unfolds_it() {
        let wrong = EmailNotices {
            given: false,
            error: Some("Falta algo".into()),
            typed: "a@<b>".into(),
        };
        let html = receipt_with("es", Some(wrong));
        assert_sound(&html);
        for part in ["<details open>", "aria-invalid=\"true\"", "a@&#60;b&#62;", "Falta algo"] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn an_address_that_was_given_is_not_shown() {
        let given = EmailNotices {
            given: true,
            ..EmailNotices::default()
        };
        let html = receipt_with("es", Some(given));
        assert_sound(&html);
        assert!(html.contains("No mostramos la dirección") && html.contains("/report/receipt/notices/end"));
        assert!(!html.contains("type=\"email\""), "{html}");
    }
}

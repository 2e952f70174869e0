//! `/report/receipt`: number and eight words, until the reporter says that they are kept.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::by_email::{self, ByEmail};
use super::door::Door;
use super::staff::filing::{FilingReceipt, HANDED_OVER};
use super::staff::{Place, Shell};
use super::{Asked, Page};
use crate::http::cookies;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
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
    /// None where it is not offered.
    pub by_email: Option<ByEmail>,
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

pub(super) async fn shown(site: &Site, door: &Door, headers: &HeaderMap) -> Result<Option<ShownReceipt>, RouteError> {
    match cookies::read(headers, door.cookie()) {
        Some(cookie) => Ok(site.app.intake.shown_receipt(cookie).await?),
        None => Ok(None),
    }
}

fn words(receipt: &ShownReceipt) -> Vec<String> {
    receipt.words.split(' ').map(str::to_owned).collect()
}

/// `GET /report/receipt`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let receipt = shown(&site, &door, &headers).await?;
    let (asked, receipt) = match (&door, receipt) {
        (Door::Web(asked), Some(receipt)) => (asked, receipt),
        (Door::Web(asked), None) => {
            let page = site.page(asked.as_deref(), "/");
            return error::page(StatusCode::OK, &ReceiptSaved { page });
        }
        (Door::Counter(member), Some(receipt)) => {
            let template = FilingReceipt {
                shell: Shell::of(&site, member, Place::Filing),
                number: receipt.number.clone(),
                words: words(&receipt),
                address: format!("{}/follow-up", site.public_url),
                respond_by: receipt.respond_by,
                resolve_by: receipt.resolve_by,
            };
            return error::page(StatusCode::OK, &template);
        }
        (Door::Counter(_), None) => return Ok(door.to_start(&site)),
    };
    let by_email = by_email::of_receipt(&site, &receipt).await?;
    drawn(&site, asked, &receipt, StatusCode::OK, by_email)
}

pub(super) fn drawn(
    site: &Site,
    asked: &Asked,
    receipt: &ShownReceipt,
    status: StatusCode,
    by_email: Option<ByEmail>,
) -> Result<Response, RouteError> {
    let language = asked.as_deref().unwrap_or(&receipt.language);
    let template = Receipt {
        page: site.page(Some(language), "/report/receipt"),
        number: receipt.number.clone(),
        words: words(receipt),
        respond_by: receipt.respond_by,
        resolve_by: receipt.resolve_by,
        by_email,
    };
    error::page(status, &template)
}

/// `GET /report/receipt.txt`: a file to keep.
pub(crate) async fn text(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let receipt = shown(&site, &door, &headers).await?.ok_or(RouteError::NotFound)?;
    let page = site.page(Some(&receipt.language), "/report/receipt");
    let text = ReceiptText {
        page,
        number: receipt.number.clone(),
        words: words(&receipt),
    };
    let text = text.render().map_err(|_| RouteError::Internal)?;
    // A name that tells nothing to whoever looks into the folder of downloads.
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"notas.txt\""),
    ];
    Ok((headers, text).into_response())
}

/// `POST /report/receipt/saved`: "Ya la guardé".
pub(crate) async fn saved(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let receipt = shown(&site, &door, &headers).await?;
    if let Some(cookie) = cookies::read(&headers, door.cookie()) {
        site.app.intake.forget_receipt(cookie).await?;
    }
    let mut response = match &door {
        Door::Web(_) => {
            let language = receipt.as_ref().map(|receipt| receipt.language.as_str());
            site.redirect(language, "/report/receipt")
        }
        Door::Counter(member) => site.redirect(Some(&member.language), HANDED_OVER),
    };
    response.headers_mut().append(SET_COOKIE, cookies::clear(door.cookie()));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::tests::{assert_sound, page};

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
}

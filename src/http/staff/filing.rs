//! `/staff/filing`: the counter. A clerk files for somebody who comes or calls, in the same chat as on the web. The clerk
//! hands the receipt over, and can open nothing of it afterwards.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::reporter::intake_origin::COUNTER;
use crate::http::site::SharedSite;
use crate::http::staff::shell::{Section, Shell};

/// The page after a receipt was handed over.
pub(crate) const HANDED_OVER: &str = "/staff/filing?handed-over";

/// `/staff/filing`
#[derive(Template)]
#[template(path = "staff/filing.html")]
pub struct Filing {
    pub shell: Shell,
    /// A report was begun in this browser and waits.
    pub draft: bool,
    /// A report was sent, and its receipt has not been handed over.
    pub receipt: bool,
    /// A receipt has just been handed over.
    pub handed_over: bool,
}

/// `/staff/filing/report/receipt`: to be dictated or printed, for the reporter alone.
#[derive(Template)]
#[template(path = "staff/filing_receipt.html")]
pub struct FilingReceipt {
    pub shell: Shell,
    pub number: String,
    /// The eight words, in order.
    pub words: Vec<String>,
    /// The address where the words open the case.
    pub address: String,
    /// Day by which a person writes.
    pub respond_by: i64,
    /// Day by which there is an outcome.
    pub resolve_by: i64,
}

/// `GET /staff/filing`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let cookie = cookies::read(&headers, CookieName::Filing);
    let (draft, receipt) = match cookie {
        Some(cookie) => (
            site.app.intake.draft(cookie).await?.is_some(),
            site.app.intake.shown_receipt(cookie).await?.is_some(),
        ),
        None => (false, false),
    };
    let filing = Filing {
        shell: Shell::of(&site, &member, Section::Filing),
        draft,
        receipt,
        handed_over: query.is_some_and(|query| query.split('&').any(|part| part == "handed-over")),
    };
    html::page(StatusCode::OK, &filing)
}

/// `POST /staff/filing/report/discard`: deletes the draft and its files, or the receipt.
pub(crate) async fn discard(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    if let Some(cookie) = cookies::read(&headers, CookieName::Filing) {
        site.app.intake.discard(cookie).await?;
    }
    let mut response = site.redirect(Some(&member.language), COUNTER);
    response
        .headers_mut()
        .append(SET_COOKIE, cookies::clear(CookieName::Filing));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, shell};

    fn start(draft: bool, receipt: bool) -> String {
        let shell = shell(Section::Filing, Some(Role::Clerk));
        let html = Filing {
            shell,
            draft,
            receipt,
            handed_over: false,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn what_waits_comes_first() {
        assert!(start(false, false).contains("action=\"/staff/filing/report/start\""));
        let unfinished = start(true, false);
        assert!(unfinished.contains("href=\"/staff/filing/report\"") && unfinished.contains("report/discard"));
        let not_handed_over = start(false, true);
        assert!(not_handed_over.contains("href=\"/staff/filing/report/receipt\""));
        for html in [unfinished, not_handed_over] {
            assert!(!html.contains("report/start"), "{html}");
        }
    }

    #[test]
    fn the_receipt_says_what_it_is_for_and_stays_in_no_cache() {
        let words = ["ábaco", "nieve", "tigre", "lunes", "piano", "gesto", "verano", "zorro"];
        let html = FilingReceipt {
            shell: shell(Section::Filing, Some(Role::Clerk)),
            number: "2026-K7Q2M9-X".into(),
            words: words.map(str::to_owned).to_vec(),
            address: "https://sigilo.example/follow-up".into(),
            respond_by: 20_784,
            resolve_by: 20_800,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        let printed = html.split("class=\"printed\"").nth(1).unwrap();
        let printed = printed.split("</div>").next().unwrap();
        for word in words {
            assert!(printed.contains(&format!("<li>{word}</li>")), "{word}");
        }
        assert!(printed.contains("2026-K7Q2M9-X") && printed.contains("https://sigilo.example/follow-up"));
        assert!(html.contains("name=\"turbo-cache-control\" content=\"no-cache\""));
        assert!(html.contains("action=\"/staff/filing/report/receipt/saved\""));
        assert!(!html.contains("receipt.txt"), "no file on the clerk's computer");
    }
}

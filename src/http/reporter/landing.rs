//! `/` and `/protection`: the start page, and the explanation of the protection.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::html;
use crate::http::page::{Page, RequestedLanguage};
use crate::http::site::SharedSite;

/// `/`
#[derive(Template)]
#[template(path = "landing.html")]
pub struct Landing {
    pub page: Page,
    /// A report was begun in this browser and waits to be finished.
    pub draft: bool,
    /// Other ways to complain, while no report can be begun; else empty.
    pub ways: Vec<String>,
    /// The number to which people may write by WhatsApp.
    pub whatsapp: Option<String>,
}

/// `/protection`
#[derive(Template)]
#[template(path = "protection.html")]
pub struct Protection {
    pub page: Page,
}

impl Protection {
    /// The table of SECURITY.md in the words of people who report: a party, what it sees, what it never sees.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    const fn rows(&self) -> [(&'static str, &'static str, &'static str); 6] {
        [
            (
                "protection-analyst",
                "protection-analyst-sees",
                "protection-analyst-never",
            ),
            (
                "protection-officer",
                "protection-officer-sees",
                "protection-officer-never",
            ),
            (
                "protection-auditor",
                "protection-auditor-sees",
                "protection-auditor-never",
            ),
            (
                "protection-operator",
                "protection-operator-sees",
                "protection-operator-never",
            ),
            ("protection-thief", "protection-thief-sees", "protection-thief-never"),
            (
                "protection-network",
                "protection-network-sees",
                "protection-network-never",
            ),
        ]
    }
}

/// `GET /`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    let draft = match cookies::read(&headers, CookieName::Draft) {
        Some(cookie) => site.app.intake.draft(cookie).await?.is_some(),
        None => false,
    };
    let page = site.page(requested.as_deref(), "/");
    html::page(
        StatusCode::OK,
        &Landing {
            ways: site.other_ways_if_full(page.t.language()),
            page,
            draft,
            whatsapp: site
                .whatsapp
                .as_ref()
                .and_then(|webhook| webhook.number().map(str::to_owned)),
        },
    )
}

/// `GET /protection`
pub(crate) async fn show_protection(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
) -> Result<Response, RouteError> {
    html::page(
        StatusCode::OK,
        &Protection {
            page: site.page(requested.as_deref(), "/protection"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::{assert_sound, page};

    #[test]
    fn both_ways_in_are_offered() {
        for language in ["es", "en"] {
            let html = Landing {
                page: page(language),
                draft: false,
                ways: Vec::new(),
                whatsapp: Some("+593990000000".into()),
            }
            .render()
            .unwrap();
            assert_sound(&html);
            assert!(html.contains("action=\"/report/start"));
            assert!(html.contains("href=\"/follow-up"));
            assert!(html.contains("action=\"/leave"));
            assert_sound(&Protection { page: page(language) }.render().unwrap());
        }
    }
}

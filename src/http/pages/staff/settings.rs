//! `/staff/settings`: the language of a member's pages, and how often they want a summary by e-mail.

use askama::Template;
use axum::extract::{Extension, Form, RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::{Place, Shell};
use crate::domain::notice::Digest;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service::notifications::digests::has_summaries;
use crate::service::people::sessions::Member;

/// `/staff/settings`
#[derive(Template)]
#[template(path = "staff/settings.html")]
pub struct Settings {
    pub shell: Shell,
    /// Whether there are summaries for this role; if not, the page says so.
    pub has_summaries: bool,
    /// Whether this server sends e-mail at all.
    pub sends: bool,
    pub email: String,
    pub digest: Digest,
    pub saved: bool,
    /// Code and own name of each language, and whether it is the present one.
    pub languages: Vec<(String, String, bool)>,
}

/// One of the answers: its value, the key of its text, whether it is the present one.
type Choice = (&'static str, &'static str, bool);

impl Settings {
    fn choices(&self) -> [Choice; 3] {
        [
            (Digest::Never, "settings-never"),
            (Digest::Daily, "settings-daily"),
            (Digest::Weekly, "settings-weekly"),
        ]
        .map(|(digest, key)| (digest.as_str(), key, digest == self.digest))
    }
}

/// `GET /staff/settings`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    RawQuery(query): RawQuery,
    Extension(member): Extension<Member>,
) -> Result<Response, RouteError> {
    let settings = Settings {
        shell: Shell::of(&site, &member, Place::Settings),
        has_summaries: has_summaries(member.role),
        sends: site.app.enabled_channels.email,
        digest: site.app.notifications.digest_frequency(member.id).await?,
        languages: languages(&site, &member.language),
        saved: query.is_some_and(|query| query == "saved"),
        email: member.email,
    };
    error::page(StatusCode::OK, &settings)
}

/// Those in which pages, profile and messages speak.
fn languages(site: &Site, present: &str) -> Vec<(String, String, bool)> {
    let spoken = site.languages.all().into_iter();
    let both = spoken.filter(|(code, _)| site.app.profile().languages.contains(code));
    both.map(|(code, name)| {
        let is_present = code == present;
        (code, name, is_present)
    })
    .collect()
}

/// What is to be changed: each form sends its own.
#[derive(Deserialize)]
pub(crate) struct Wish {
    digest: Option<Digest>,
    language: Option<String>,
}

/// `POST /staff/settings`
pub(crate) async fn save(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Form(wish): Form<Wish>,
) -> Result<Response, RouteError> {
    if let Some(language) = wish.language {
        if !languages(&site, "").iter().any(|(code, ..)| *code == language) {
            return Err(RouteError::Unprocessable);
        }
        site.app.people.set_language(member.id, &language).await?;
    }
    if let Some(digest) = wish.digest {
        if !has_summaries(member.role) {
            return Err(RouteError::Unprocessable);
        }
        site.app.notifications.set_digest_frequency(member.id, digest).await?;
    }
    Ok(Redirect::to("/staff/settings?saved").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    fn settings(role: Role, sends: bool) -> String {
        let html = Settings {
            shell: shell(Place::Settings, Some(role)),
            has_summaries: has_summaries(role),
            sends,
            email: "ana@iess.example".into(),
            digest: Digest::Weekly,
            saved: false,
            languages: vec![
                ("es".into(), "Español".into(), true),
                ("en".into(), "English".into(), false),
            ],
        };
        let html = html.render().unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn the_wish_is_checked_and_where_there_is_none_the_page_says_so() {
        let html = settings(Role::Analyst, true);
        assert!(html.contains("value=\"weekly\" checked") && html.contains("value=\"es\" lang=\"es\" checked"));
        assert_eq!(html.matches(" checked").count(), 2);
        for (role, sends) in [
            (Role::Auditor, true),
            (Role::Administrator, true),
            (Role::Officer, false),
        ] {
            assert!(!settings(role, sends).contains("name=\"digest\""), "{role}");
        }
    }
}

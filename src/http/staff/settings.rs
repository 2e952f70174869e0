//! `/staff/settings`: the language of a member's pages, and the frequency of their summaries by e-mail.

use askama::Template;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::domain::notice::Digest;
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::shell::{Section, Shell};
use crate::service::InvalidReason;
use crate::service::notifications::digests::has_summaries;

/// `/staff/settings`
#[derive(Template)]
#[template(path = "staff/settings.html")]
pub struct Settings {
    pub shell: Shell,
    /// True if there are summaries for this role; if not, the page says so.
    pub has_summaries: bool,
    /// True if this server sends e-mail at all.
    pub sends: bool,
    pub email: String,
    pub digest: Digest,
    pub saved: bool,
    /// Code and own name of each language, and true for the present one.
    pub languages: Vec<(String, String, bool)>,
}

/// One of the answers: its value, the key of its text, and true for the present one.
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
    State(site): State<SharedSite>,
    RawQuery(query): RawQuery,
    SignedIn(member): SignedIn,
) -> Result<Response, RouteError> {
    let settings = Settings {
        shell: Shell::of(&site, &member, Section::Settings),
        has_summaries: member.role.is_some_and(has_summaries),
        sends: site.app.enabled_channels().email,
        digest: site.app.notifications.digest_frequency(member.id).await?,
        languages: languages(&site, &member.language),
        saved: query.is_some_and(|query| query == "saved"),
        email: member.email,
    };
    html::page(StatusCode::OK, &settings)
}

/// Returns the languages that pages, profile and messages have.
fn languages(site: &Site, present: &str) -> Vec<(String, String, bool)> {
    let spoken = site.languages.all().into_iter();
    let both = spoken.filter(|(code, _)| site.app.profile().languages.contains(code));
    both.map(|(code, name)| {
        let is_present = code == present;
        (code, name, is_present)
    })
    .collect()
}

/// The settings to change: each form sends its own.
#[derive(Deserialize)]
pub(crate) struct SettingsForm {
    digest: Option<Digest>,
    language: Option<String>,
}

/// `POST /staff/settings`
pub(crate) async fn save(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    Form(form): Form<SettingsForm>,
) -> Result<Response, RouteError> {
    if let Some(language) = form.language {
        if !languages(&site, "").iter().any(|(code, ..)| *code == language) {
            return Err(RouteError::Unprocessable(InvalidReason::LanguageUnknown));
        }
        site.app.people.set_language(member.id, &language).await?;
    }
    if let Some(digest) = form.digest {
        if !member.role.is_some_and(has_summaries) {
            return Err(RouteError::Unprocessable(InvalidReason::DigestsForRole));
        }
        site.app.notifications.set_digest_frequency(member.id, digest).await?;
    }
    Ok(Redirect::to("/staff/settings?saved").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, shell};

    fn settings(role: Role, sends: bool) -> String {
        let html = Settings {
            shell: shell(Section::Settings, Some(role)),
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

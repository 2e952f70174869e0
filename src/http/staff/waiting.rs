//! `/staff`: leads members to the section of their role. Those whom the newest roster does not name see what they wait for.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::site::SharedSite;
use crate::http::staff::shell::{Section, Shell};

/// `/staff` of a member without a role.
#[derive(Template)]
#[template(path = "staff/waiting.html")]
pub struct Waiting {
    pub shell: Shell,
}

/// `GET /staff`
pub(crate) async fn home(State(site): State<SharedSite>, SignedIn(member): SignedIn) -> Result<Response, RouteError> {
    if let Some(role) = member.role {
        return Ok(Redirect::to(Section::home(role).path()).into_response());
    }
    let shell = Shell::of(&site, &member, Section::Waiting);
    html::page(StatusCode::OK, &Waiting { shell })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::staff::shell::SignedInName;
    use crate::http::testing::{assert_sound, shell};

    #[test]
    fn the_page_says_what_is_missing() {
        let who = Some(SignedInName {
            name: "Ana Ruiz".into(),
            role: None,
        });
        let shell = Shell {
            who,
            ..shell(Section::Waiting, None)
        };
        let html = Waiting { shell }.render().unwrap();
        assert_sound(&html);
        assert!(html.contains("la lista firmada todavía no la nombra") && html.contains("data-sign-out"));
        assert!(!html.contains("/staff/inbox") && !html.contains("/staff/log"));
    }
}

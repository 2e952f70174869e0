//! `/staff/sign-in`. The password stays in the browser, so this page needs JavaScript and says so.

use askama::Template;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::error::RouteError;
use crate::http::html;
use crate::http::page::RequestedLanguage;
use crate::http::site::SharedSite;
use crate::http::staff::shell::Shell;

/// `/staff/sign-in`
#[derive(Template)]
#[template(path = "staff/sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    /// The path to open afterwards.
    pub next: String,
}

/// `GET /staff/sign-in`
pub(crate) async fn show(State(site): State<SharedSite>, requested: RequestedLanguage) -> Result<Response, RouteError> {
    let shell = Shell::of_nobody(&site, requested.as_deref());
    let next = "/staff".to_owned();
    html::page(StatusCode::OK, &SignIn { shell, next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::staff::shell::Section;
    use crate::http::testing::{assert_sound, shell};

    #[test]
    fn the_browser_finds_its_form_and_the_instance() {
        let html = SignIn {
            shell: shell(Section::SignIn, None),
            next: "/staff/inbox".into(),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("<fieldset data-needs-script disabled>"));
        assert!(html.contains("data-sign-in data-next=\"/staff/inbox\""));
        assert!(html.contains("name=\"sigilo-instance\" content=\"a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d\""));
        assert!(!html.contains("data-sign-out"), "nobody is signed in yet");
    }
}

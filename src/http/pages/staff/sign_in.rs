//! `/staff/sign-in`. The password stays in the browser, so this page needs JavaScript and says so.

use askama::Template;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};

use super::{Place, Shell};
use crate::http::error::{self, RouteError};
use crate::http::pages::Asked;
use crate::http::site::SharedSite;
use crate::service::people::sessions::Member;

/// `/staff/sign-in`
#[derive(Template)]
#[template(path = "staff/sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    /// Where to go afterwards: a path of this site.
    pub next: String,
}

/// `GET /staff/sign-in`
pub(crate) async fn show(State(site): State<SharedSite>, asked: Asked) -> Result<Response, RouteError> {
    let shell = Shell::of_nobody(&site, asked.as_deref());
    let next = "/staff".to_owned();
    error::page(StatusCode::OK, &SignIn { shell, next })
}

/// `GET /staff`: to where a member of this role begins.
pub(crate) async fn home(Extension(member): Extension<Member>) -> Redirect {
    Redirect::to(Place::home(member.role).path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    #[test]
    fn the_browser_finds_its_form_and_the_instance() {
        let html = SignIn {
            shell: shell(Place::SignIn, None),
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

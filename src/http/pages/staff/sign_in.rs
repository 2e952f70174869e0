//! `/staff/sign-in`. The password stays in the browser, so this page needs JavaScript and says so.

use askama::Template;

use super::Shell;

/// `/staff/sign-in`
#[derive(Template)]
#[template(path = "staff/sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    /// Where to go afterwards: a path of this site.
    pub next: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Place;
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
        assert!(html.contains("data-sign-in data-next=\"/staff/inbox\""));
        assert!(html.contains("name=\"sigilo-instance\" content=\"a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d\""));
        assert!(!html.contains("data-sign-out"), "nobody is signed in yet");
    }
}

//! What staff read when there is no page: the same words as for everybody, within the staff's side.

use askama::Template;

use super::Shell;
use crate::http::pages::problem::words;

/// Any error, by its stable code.
#[derive(Template)]
#[template(path = "staff/problem.html")]
pub struct StaffProblem {
    pub shell: Shell,
    title: &'static str,
    text: &'static str,
    number: Option<String>,
}

impl StaffProblem {
    /// `code` as in `RouteError::code`.
    #[must_use]
    pub fn new(shell: Shell, code: &str, number: Option<String>) -> Self {
        let (title, text) = words(code);
        Self {
            shell,
            title,
            text,
            number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::staff::{Place, Role};
    use crate::http::pages::tests::assert_sound;

    #[test]
    fn an_error_keeps_the_way_back() {
        let html = StaffProblem::new(shell(Place::SignIn, Some(Role::Analyst)), "conflict", None);
        let html = html.render().unwrap();
        assert_sound(&html);
        assert!(html.contains("data-sign-out") && html.contains("href=\"/staff/inbox\""));
        assert!(!html.contains("/follow-up"), "nothing of the reporter's side");
    }
}

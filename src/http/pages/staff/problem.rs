//! What staff read when there is no page: the same words as for everybody, within the staff's side.

use askama::Template;

use super::Shell;
use crate::http::guards::Again;
use crate::http::pages::problem::{Told, words};

/// Any error.
#[derive(Template)]
#[template(path = "staff/problem.html")]
pub struct StaffProblem {
    pub shell: Shell,
    title: &'static str,
    text: &'static str,
    number: Option<String>,
    when: Option<String>,
    again: Option<Again>,
}

impl StaffProblem {
    #[must_use]
    pub fn new(shell: Shell, told: Told, again: Option<Again>, number: Option<String>) -> Self {
        let (title, mut text) = words(told.code);
        if told.code == "forbidden" && shell.who.is_some() {
            text = "problem-staff-forbidden-text";
        }
        Self {
            title,
            text,
            when: told.when(&shell.page.t),
            again,
            number,
            shell,
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
        let told = Told {
            code: "conflict",
            wait: None,
        };
        let html = StaffProblem::new(shell(Place::SignIn, Some(Role::Analyst)), told, None, None);
        let html = html.render().unwrap();
        assert_sound(&html);
        assert!(html.contains("data-sign-out") && html.contains("href=\"/staff/inbox\""));
        assert!(!html.contains("/follow-up"), "nothing of the reporter's side");
    }
}

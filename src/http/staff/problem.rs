//! What staff read when there is no page: the same words as for everybody, within the staff's side.

use askama::Template;

use crate::http::middleware::form_replay::ReplayForm;
use crate::http::reporter::problem::{ProblemText, words};
use crate::http::staff::shell::Shell;

/// Any error.
#[derive(Template)]
#[template(path = "staff/problem.html")]
pub struct StaffProblem {
    pub shell: Shell,
    title: &'static str,
    text: &'static str,
    number: Option<String>,
    when: Option<String>,
    again: Option<ReplayForm>,
}

impl StaffProblem {
    #[must_use]
    pub fn new(shell: Shell, told: ProblemText, again: Option<ReplayForm>, number: Option<String>) -> Self {
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
    use crate::domain::role::Role;
    use crate::http::page::tests::assert_sound;
    use crate::http::staff::shell::Section;
    use crate::http::staff::shell::tests::shell;

    #[test]
    fn an_error_keeps_the_way_back() {
        let told = ProblemText {
            code: "conflict",
            wait: None,
        };
        let html = StaffProblem::new(shell(Section::SignIn, Some(Role::Analyst)), told, None, None);
        let html = html.render().unwrap();
        assert_sound(&html);
        assert!(html.contains("data-sign-out") && html.contains("href=\"/staff/inbox\""));
        assert!(!html.contains("/follow-up"), "nothing of the reporter's side");
    }
}

//! The page of an error for staff: the same words as for everybody, in the frame of staff's pages.

use askama::Template;

use crate::http::middleware::form_replay::ReplayForm;
use crate::http::reporter::problem::{ProblemText, keys};
use crate::http::staff::shell::Shell;

/// The page of any error.
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
    pub fn new(shell: Shell, words: ProblemText, again: Option<ReplayForm>, number: Option<String>) -> Self {
        let (title, mut text) = keys(words.code);
        if words.code == "forbidden" && shell.who.is_some() {
            text = "problem-staff-forbidden-text";
        }
        Self {
            title,
            text,
            when: words.describe_wait(&shell.page.t),
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
    use crate::http::staff::shell::Section;
    use crate::http::testing::{assert_sound, shell};

    #[test]
    fn an_error_keeps_the_way_back() {
        let words = ProblemText {
            code: "conflict",
            wait: None,
        };
        let html = StaffProblem::new(shell(Section::SignIn, Some(Role::Analyst)), words, None, None);
        let html = html.render().unwrap();
        assert_sound(&html);
        assert!(html.contains("data-sign-out") && html.contains("href=\"/staff/inbox\""));
        assert!(!html.contains("/follow-up"), "nothing of the reporter's side");
    }
}

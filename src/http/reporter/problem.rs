//! The page of an error: it says what happened, what was kept, and what to do now.

use askama::Template;

use crate::http::middleware::form_replay::ReplayForm;
use crate::http::page::Page;
use crate::i18n::Texts;

/// The words of an error: its stable code, and the seconds after which one may try again, where one must wait.
#[derive(Clone, Copy, Debug)]
pub struct ProblemText {
    pub code: &'static str,
    pub wait: Option<u32>,
}

impl ProblemText {
    /// Describes in words when one may try again.
    pub(crate) fn describe_wait(self, t: &Texts) -> Option<String> {
        let seconds = self.wait?;
        Some(if seconds <= 60 {
            t.with("problem-wait-seconds", &[("count", seconds.into())])
        } else {
            t.with("problem-wait-minutes", &[("count", seconds.div_ceil(60).into())])
        })
    }
}

/// The page of any error.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct Problem {
    pub page: Page,
    title: &'static str,
    text: &'static str,
    /// The request id, by which an operator finds the request in the log.
    number: Option<String>,
    /// The time to try again, in words.
    when: Option<String>,
    /// The form that was typed, to be sent again.
    again: Option<ReplayForm>,
    /// Other ways to complain.
    ways: Vec<String>,
}

/// Returns the keys of title and text of a code as in `RouteError::code`. An unknown code reads as our own fault.
pub(crate) fn keys(code: &str) -> (&'static str, &'static str) {
    match code {
        "bad-request" => ("problem-bad-request", "problem-bad-request-text"),
        "unauthorized" => ("problem-unauthorized", "problem-unauthorized-text"),
        "forbidden" => ("problem-forbidden", "problem-forbidden-text"),
        "not-found" => ("problem-not-found", "problem-not-found-text"),
        "method-not-allowed" => ("problem-method-not-allowed", "problem-method-not-allowed-text"),
        "conflict" => ("problem-conflict", "problem-conflict-text"),
        "changed" => ("problem-changed", "problem-changed-text"),
        "too-large" => ("problem-too-large", "problem-too-large-text"),
        "unprocessable" => ("problem-unprocessable", "problem-unprocessable-text"),
        "too-many-tries" => ("problem-too-many-tries", "problem-too-many-tries-text"),
        "overloaded" => ("problem-overloaded", "problem-overloaded-text"),
        "not-ready" => ("problem-not-ready", "problem-not-ready-text"),
        "no-room" => ("problem-no-room", "problem-no-room-text"),
        _ => ("problem-internal", "problem-internal-text"),
    }
}

impl Problem {
    #[must_use]
    pub fn new(
        page: Page,
        words: ProblemText,
        again: Option<ReplayForm>,
        ways: Vec<String>,
        number: Option<String>,
    ) -> Self {
        let (title, text) = keys(words.code);
        Self {
            title,
            text,
            when: words.describe_wait(&page.t),
            again,
            ways,
            number,
            page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::middleware::form_replay::FormField;
    use crate::http::testing::{assert_sound, page};

    #[test]
    fn every_code_has_words() {
        for code in [
            "bad-request",
            "unauthorized",
            "forbidden",
            "not-found",
            "method-not-allowed",
            "conflict",
            "changed",
            "too-large",
            "unprocessable",
            "too-many-tries",
            "overloaded",
            "not-ready",
            "no-room",
            "internal",
        ] {
            let number = Some("K7Q2-M9XA".to_owned());
            let problem = Problem::new(page("es"), ProblemText { code, wait: None }, None, Vec::new(), number);
            assert!(problem.title.ends_with(code), "{code}");
            let html = problem.render().unwrap();
            assert_sound(&html);
            assert!(html.contains("K7Q2-M9XA"));
        }
    }

    #[test]
    fn what_was_typed_stands_in_the_page_and_when_to_come_back() {
        let field = |name: &str, value: &str| FormField {
            name: name.into(),
            value: value.to_owned().into(),
        };
        let again = || ReplayForm {
            action: "/report?a=\"b\"".into(),
            fields: vec![field("step", "what"), field("value", "Me pidieron <dinero> \"aquí\"")],
        };
        for (language, wait, expected) in [
            ("es", 1, "dentro de 1 segundo."),
            ("es", 45, "dentro de 45 segundos."),
            ("es", 61, "dentro de 2 minutos."),
            ("en", 61, "in 2 minutes."),
        ] {
            let words = ProblemText {
                code: "too-many-tries",
                wait: Some(wait),
            };
            let html = Problem::new(
                page(language),
                words,
                Some(again()),
                vec!["En ventanilla.".into()],
                None,
            );
            let html = html.render().unwrap();
            assert_sound(&html);
            assert!(html.contains(expected), "{html}");
            assert!(html.contains("Me pidieron &#60;dinero&#62;") && html.contains("name=\"step\" hidden"));
            assert!(html.contains("En ventanilla."));
        }
    }
}

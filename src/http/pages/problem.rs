//! What a visitor reads when there is no page: what happened, what was kept, what to do now.

use askama::Template;

use super::Page;

/// Any error, by its stable code.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct Problem {
    pub page: Page,
    title: &'static str,
    text: &'static str,
    /// By which an operator finds it in the log.
    number: Option<String>,
}

/// The keys of title and text of a code as in `RouteError::code`; an unknown one reads as our own fault.
pub(super) fn words(code: &str) -> (&'static str, &'static str) {
    match code {
        "bad-request" => ("problem-bad-request", "problem-bad-request-text"),
        "unauthorized" => ("problem-unauthorized", "problem-unauthorized-text"),
        "forbidden" => ("problem-forbidden", "problem-forbidden-text"),
        "not-found" => ("problem-not-found", "problem-not-found-text"),
        "method-not-allowed" => ("problem-method-not-allowed", "problem-method-not-allowed-text"),
        "conflict" => ("problem-conflict", "problem-conflict-text"),
        "too-large" => ("problem-too-large", "problem-too-large-text"),
        "unprocessable" => ("problem-unprocessable", "problem-unprocessable-text"),
        "too-many-tries" => ("problem-too-many-tries", "problem-too-many-tries-text"),
        "overloaded" => ("problem-overloaded", "problem-overloaded-text"),
        _ => ("problem-internal", "problem-internal-text"),
    }
}

impl Problem {
    #[must_use]
    pub fn new(page: Page, code: &str, number: Option<String>) -> Self {
        let (title, text) = words(code);
        Self {
            page,
            title,
            text,
            number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::tests::{assert_sound, page};

    #[test]
    fn every_code_has_words() {
        for code in [
            "bad-request",
            "unauthorized",
            "forbidden",
            "not-found",
            "method-not-allowed",
            "conflict",
            "too-large",
            "unprocessable",
            "too-many-tries",
            "overloaded",
            "internal",
        ] {
            let problem = Problem::new(page("es"), code, Some("K7Q2-M9XA".into()));
            assert!(problem.title.ends_with(code), "{code}");
            let html = problem.render().unwrap();
            assert_sound(&html);
            assert!(html.contains("K7Q2-M9XA"));
        }
    }
}

//! `/leave`: away at once. Answers 200 with a meta refresh, because Chromium applies `form-action` to redirects too.
//! The page names nothing and looks like nothing; the handler clears every cookie.

use askama::Template;

use super::Page;

/// `/leave`
#[derive(Template)]
#[template(path = "leave.html")]
pub struct Leave {
    pub page: Page,
    /// The neutral site to go to, from the configuration.
    pub to: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_elsewhere_and_names_nothing() {
        let html = Leave {
            page: crate::http::pages::tests::page("es"),
            to: "https://www.example.com/?a&b".into(),
        }
        .render()
        .unwrap();
        assert!(
            html.contains("content=\"0;url=https://www.example.com/?a&#38;b\""),
            "{html}"
        );
        assert!(!html.contains("Sigilo"), "{html}");
    }
}

//! `/staff/inbox`: the cases of an analyst's areas, overdue first, by facets only.

use askama::Template;

use super::Shell;
use crate::domain::state::State;
use crate::http::pages::StateTexts as _;

/// One choice that narrows the list; sent as a query parameter.
pub struct Filter {
    pub name: &'static str,
    pub label: String,
    /// Value, label, whether chosen. The first is "all", with an empty value.
    pub options: Vec<(String, String, bool)>,
}

/// One case. Labels are the profile's, in the reader's language.
pub struct Row {
    pub id: String,
    pub number: String,
    pub unread: bool,
    pub overdue: bool,
    /// The next deadline, a day since 1970-01-01; `None` once resolved.
    pub due: Option<i64>,
    pub kind: String,
    pub category: String,
    pub place: String,
    pub area: String,
    pub received_on: i64,
    pub state: State,
}

/// `/staff/inbox`
#[derive(Template)]
#[template(path = "staff/inbox.html")]
pub struct Inbox {
    pub shell: Shell,
    pub filters: Vec<Filter>,
    pub rows: Vec<Row>,
    /// How many are overdue in all, not only on this page.
    pub overdue: u64,
    /// Addresses of the pages before and after, with filters and position.
    pub previous: Option<String>,
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::staff::{Place, Role};
    use crate::http::pages::tests::assert_sound;

    fn inbox(rows: Vec<Row>) -> String {
        let html = Inbox {
            shell: shell(Place::Inbox, Some(Role::Analyst)),
            filters: vec![Filter {
                name: "state",
                label: "Estado".into(),
                options: vec![
                    (String::new(), "Todos".into(), false),
                    ("received".into(), "Recibido".into(), true),
                ],
            }],
            rows,
            overdue: 1,
            previous: None,
            next: Some("/staff/inbox?after=x&state=received".into()),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn overdue_and_unread_are_told_in_words_too() {
        let html = inbox(vec![Row {
            id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            unread: true,
            overdue: true,
            due: Some(20_780),
            kind: "Queja".into(),
            category: "Largas esperas".into(),
            place: "Pichincha".into(),
            area: "Atención al usuario".into(),
            received_on: 20_775,
            state: State::Received,
        }]);
        assert!(html.contains("href=\"/staff/cases/a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d\""));
        assert!(
            html.contains("sin leer") && html.contains("vencido"),
            "not by colour alone"
        );
        assert!(html.contains("value=\"received\" selected"));
        assert!(html.contains("href=\"/staff/inbox?after=x&#38;state=received\""));
    }

    #[test]
    fn an_empty_inbox_says_so() {
        assert!(inbox(Vec::new()).contains("No hay casos"));
    }
}

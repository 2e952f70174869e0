//! `/staff/cases/{id}`: facets in clear, everything else as sealed elements that the analyst's browser opens.

use askama::Template;

use super::Shell;
use crate::domain::state::State;
use crate::http::pages::StateTexts as _;

/// One sealed record, as the browser's `<sealed-record>` reads it.
pub struct Sealed {
    pub id: String,
    /// The record's kind, as its table column spells it.
    pub kind: &'static str,
    /// `reporter` or `staff:<uuid>`, to be compared with what the envelope says.
    pub author: String,
    /// Who wrote it, for people.
    pub by: String,
    pub day: i64,
    /// The sealed bytes, base64.
    pub body: String,
}

/// What the browser needs to open a case: recipients' files, base64.
pub struct Keys {
    pub area: String,
    pub reporter_verify_key: String,
    pub shared: String,
    pub staff: String,
}

/// What came of validating the identity; the analyst sees no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// The report was made without identity.
    Nothing,
    NotAsked,
    Asked,
    Valid,
    Mismatch,
    Unreachable,
}

impl Validation {
    const fn key(self) -> &'static str {
        match self {
            Self::Nothing => "validation-nothing",
            Self::NotAsked => "validation-not-asked",
            Self::Asked => "validation-asked",
            Self::Valid => "validation-valid",
            Self::Mismatch => "validation-mismatch",
            Self::Unreachable => "validation-unreachable",
        }
    }
}

/// `/staff/cases/{id}`
#[derive(Template)]
#[template(path = "staff/case.html")]
pub struct Case {
    pub shell: Shell,
    pub id: String,
    pub number: String,
    pub state: State,
    /// States that may follow: column value and state.
    pub next_states: Vec<(&'static str, State)>,
    /// The state's column value, which the reason's record names.
    pub state_code: &'static str,
    /// Label and value, from the profile.
    pub facets: Vec<(String, String)>,
    pub received_on: i64,
    pub respond_by: i64,
    pub responded_on: Option<i64>,
    pub resolve_by: i64,
    pub validation: Validation,
    pub keys: Keys,
    /// Narrative and shared fields, in order.
    pub report: Vec<Sealed>,
    pub messages: Vec<Sealed>,
    /// Notes and reasons.
    pub notes: Vec<Sealed>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::staff::{Place, Role};
    use crate::http::pages::tests::assert_sound;

    fn sealed(kind: &'static str) -> Sealed {
        Sealed {
            id: format!("id-of-{kind}"),
            kind,
            author: "reporter".into(),
            by: "Reportante".into(),
            day: 20_781,
            body: "AAAA".into(),
        }
    }

    #[test]
    fn every_record_is_sealed_and_inside_its_case() {
        let html = Case {
            shell: shell(Place::Inbox, Some(Role::Analyst)),
            id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            state: State::Received,
            next_states: vec![("in_review", State::InReview)],
            state_code: "received",
            facets: vec![("Tipo".into(), "Denuncia".into())],
            received_on: 20_781,
            respond_by: 20_784,
            responded_on: None,
            resolve_by: 20_870,
            validation: Validation::NotAsked,
            keys: Keys {
                area: "denuncias".into(),
                reporter_verify_key: "S0VZ".into(),
                shared: "U0hB".into(),
                staff: "U1RB".into(),
            },
            report: vec![sealed("narrative")],
            messages: vec![sealed("message")],
            notes: vec![sealed("note")],
        }
        .render()
        .unwrap();
        assert_sound(&html);
        let (open, close) = (
            html.find("<sealed-case ").unwrap(),
            html.find("</sealed-case>").unwrap(),
        );
        for kind in ["narrative", "message", "note"] {
            let at = html.find(&format!("record=\"id-of-{kind}\"")).unwrap();
            assert!(open < at && at < close, "{kind} stands in its sealed-case");
        }
        for form in ["message", "note", "reason", "validation-request"] {
            assert!(html.contains(&format!("data-seal=\"{form}\"")), "{form}");
        }
        assert!(html.contains("data-from=\"received\""));
    }
}

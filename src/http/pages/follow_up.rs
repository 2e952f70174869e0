//! `/follow-up`: the way back by eight words, and what the reporter finds there.

use askama::Template;

use super::Page;

/// Why eight words opened nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryError {
    /// Not eight words of one list, or the checksum is wrong: told before anything is looked up.
    Misspelt,
    /// Well-formed, but no case has this receipt.
    Unknown,
    /// The session is over; the words are asked for again.
    Expired,
}

/// `GET /follow-up`
#[derive(Template)]
#[template(path = "follow_up_entry.html")]
pub struct Entry {
    pub page: Page,
    pub error: Option<EntryError>,
}

impl Entry {
    fn error_key(&self) -> Option<&'static str> {
        Some(match self.error? {
            EntryError::Misspelt => "entry-error-misspelt",
            EntryError::Unknown => "entry-error-unknown",
            EntryError::Expired => "entry-error-expired",
        })
    }
}

/// A case's state, as its table column spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Received,
    InReview,
    WaitingForReporter,
    Resolved,
    Closed,
}

impl State {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Received => "state-received",
            Self::InReview => "state-in-review",
            Self::WaitingForReporter => "state-waiting",
            Self::Resolved => "state-resolved",
            Self::Closed => "state-closed",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Received => "state-received-text",
            Self::InReview => "state-in-review-text",
            Self::WaitingForReporter => "state-waiting-text",
            Self::Resolved => "state-resolved-text",
            Self::Closed => "state-closed-text",
        }
    }
}

/// What was written, by either side.
pub struct Message {
    pub mine: bool,
    /// Days since 1970-01-01.
    pub day: i64,
    pub text: String,
}

/// What came of an unseal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Asked for; the witness has not answered.
    Requested,
    Refused,
    /// Opened; no verdict yet.
    Opened,
    Valid,
    Mismatch,
    Unreachable,
}

impl Outcome {
    const fn key(self) -> &'static str {
        match self {
            Self::Requested => "outcome-requested",
            Self::Refused => "outcome-refused",
            Self::Opened => "outcome-opened",
            Self::Valid => "outcome-valid",
            Self::Mismatch => "outcome-mismatch",
            Self::Unreachable => "outcome-unreachable",
        }
    }
}

/// One opening of the identity. Never the purpose's text, never the officer's name.
pub struct Opening {
    pub day: i64,
    /// The purpose's class, already in the reporter's words (from the profile).
    pub class: String,
    pub outcome: Outcome,
}

/// What the witness states by itself about this case.
pub struct Statement {
    pub count: u64,
    /// Day of the statement.
    pub day: i64,
    /// The signed note, to be shown as it is.
    pub note: String,
}

/// `/follow-up/case`
#[derive(Template)]
#[template(path = "follow_up_case.html")]
pub struct Case {
    pub page: Page,
    pub number: String,
    pub state: State,
    pub received_on: i64,
    pub respond_by: i64,
    pub responded_on: Option<i64>,
    pub resolve_by: i64,
    /// What was reported, for the reporter's own eyes: question and answer.
    pub narrative: Vec<(String, String)>,
    pub messages: Vec<Message>,
    pub openings: Vec<Opening>,
    pub has_identity: bool,
    /// `None` while the witness cannot be asked: then the page says so.
    pub statement: Option<Statement>,
    /// A message was just kept.
    pub sent: bool,
    /// The message's field: what is wrong, and what was typed.
    pub error: Option<String>,
    pub typed: String,
}

impl Case {
    // The witness counts by itself; a difference is the one thing that the reporter must not miss.
    fn disagrees(&self) -> bool {
        let seen = self
            .openings
            .iter()
            .filter(|opening| !matches!(opening.outcome, Outcome::Requested | Outcome::Refused))
            .count();
        self.statement
            .as_ref()
            .is_some_and(|statement| statement.count != seen as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::tests::{assert_sound, page};

    fn case() -> Case {
        Case {
            page: page("es"),
            number: "2026-K7Q2M9-X".into(),
            state: State::InReview,
            received_on: 20_781,
            respond_by: 20_784,
            responded_on: None,
            resolve_by: 20_800,
            narrative: vec![("¿Qué pasó?".into(), "Me pidieron <dinero>.".into())],
            messages: vec![Message {
                mine: false,
                day: 20_782,
                text: "¿Recuerda el día?".into(),
            }],
            openings: vec![Opening {
                day: 20_783,
                class: "Validar la identidad".into(),
                outcome: Outcome::Valid,
            }],
            has_identity: true,
            statement: Some(Statement {
                count: 1,
                day: 20_783,
                note: "sigilo-witness".into(),
            }),
            sent: false,
            error: None,
            typed: String::new(),
        }
    }

    #[test]
    fn the_case_tells_state_talk_and_openings() {
        let html = case().render().unwrap();
        assert_sound(&html);
        for part in [
            "2026-K7Q2M9-X",
            "¿Recuerda el día?",
            "Validar la identidad",
            "&#60;dinero&#62;",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("id=\"diferencia\""));
    }

    #[test]
    fn an_opening_that_only_the_witness_knows_is_told() {
        let mut hidden = case();
        hidden.openings.clear();
        assert!(hidden.render().unwrap().contains("id=\"diferencia\""));
    }

    #[test]
    fn the_entry_says_what_is_wrong_beside_the_field() {
        let html = Entry {
            page: page("es"),
            error: Some(EntryError::Misspelt),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("role=\"alert\"") && html.contains("aria-describedby=\"ayuda error\""));
    }
}

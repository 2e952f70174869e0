//! The chat as it is shown: on a page of the reporter, or on one of the clerk. Its handlers are in `chat.rs`.

use askama::Template;

use crate::dialogue::{Cleaning, Input, OptionView, Preview, Screen, TextSpan, Turn};
use crate::http::page::Page;
use crate::http::reporter::intake_origin::COUNTER;
use crate::http::staff::shell::Shell;

/// Options that are shown as a row of buttons, one touch each. A longer choice is a list to pick from.
const MAX_BUTTONS: usize = 7;

/// Bytes of an answer beyond which it is clamped in its bubble.
const LONG_ANSWER_BYTES: usize = 160;

/// The chat as it stands, for either page around it.
pub struct Chat {
    pub page: Page,
    pub screen: Screen,
    /// Another tab has moved on: the screen shows the draft as it stands now.
    pub stale: bool,
    /// A clerk answers for somebody.
    pub counter: bool,
    /// Other ways to complain, while no new report can be begun; else empty.
    pub ways: Vec<String>,
}

/// `GET /report`, and `POST /report` where the answer was refused.
#[derive(Template)]
#[template(path = "report.html")]
pub struct Report {
    pub page: Page,
    pub chat: Chat,
}

/// The same at the counter, on the staff's side.
#[derive(Template)]
#[template(path = "staff/filing_chat.html")]
pub struct FilingChat {
    pub shell: Shell,
    pub chat: Chat,
}

impl Chat {
    /// Returns a path of the chat, on this side.
    fn path(&self, path: &str) -> String {
        let prefix = if self.counter { COUNTER } else { "" };
        format!("{prefix}{path}")
    }

    /// Returns the same as an address in the page's language.
    fn at(&self, path: &str) -> String {
        self.page.at(&self.path(path))
    }

    /// Returns the `autocomplete` of a field. At the counter it is off: the browser must not learn who came.
    const fn fills(&self, what: &'static str) -> &'static str {
        if self.counter { "off" } else { what }
    }

    const fn is_refused(&self) -> bool {
        matches!(self.screen.prompt.input, Input::Refused { .. })
    }

    /// Returns the number of this question, from 1.
    fn position(&self) -> usize {
        let total = self.screen.progress.about_total.max(1);
        self.screen.turns.len().saturating_add(1).min(total)
    }

    /// Returns all turns but the last. They fold away, so that the question stays in sight on a small phone.
    fn earlier(&self) -> &[Turn] {
        let turns = &self.screen.turns;
        &turns[..turns.len().saturating_sub(1)]
    }

    fn last(&self) -> Option<&Turn> {
        self.screen.turns.last()
    }

    /// Writes the attributes that describe the field: one of four constants, hence safe unescaped.
    fn described(&self) -> &'static str {
        match (self.screen.prompt.help.is_some(), self.screen.prompt.error.is_some()) {
            (false, false) => "",
            (true, false) => " aria-describedby=\"ayuda\"",
            (false, true) => " aria-describedby=\"error\" aria-invalid=\"true\"",
            (true, true) => " aria-describedby=\"ayuda error\" aria-invalid=\"true\"",
        }
    }

    /// Returns true if the input has a submit button of its own.
    fn sends_itself(&self) -> bool {
        match &self.screen.prompt.input {
            Input::Choice { options, .. } => options.len() <= MAX_BUTTONS,
            Input::Consent { .. } | Input::Files { .. } | Input::Preview(_) | Input::Refused { .. } | Input::Done => {
                true
            }
            _ => false,
        }
    }

    pub(super) fn takes_files(&self) -> bool {
        matches!(self.screen.prompt.input, Input::Files { .. })
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn is_long(&self, text: &str) -> bool {
        text.len() > LONG_ANSWER_BYTES
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn is_chosen(&self, option: &OptionView, chosen: Option<&String>) -> bool {
        chosen == Some(&option.value)
    }

    /// Returns the words that may be shown again, each once: the id of the mark, its label, the words, and true if shown.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    fn restorable<'a>(&self, preview: &'a Preview) -> Vec<(&'a str, &'a str, &'a str, bool)> {
        preview
            .narrative
            .iter()
            .flat_map(|answer| &answer.spans)
            .filter_map(|span| match span {
                TextSpan::Mark {
                    id,
                    label,
                    restored,
                    restorable: true,
                    original,
                } => Some((id.as_str(), label.as_str(), original.as_str(), *restored)),
                _ => None,
            })
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::dialogue::{PreviewAnswer, Progress, Prompt, SharedField};
    use crate::domain::role::Role;
    use crate::http::staff::shell::Section;
    use crate::http::testing::{assert_sound, page, shell};

    fn option(value: &str, label: &str) -> OptionView {
        OptionView {
            value: value.into(),
            label: label.into(),
            description: None,
        }
    }

    fn chat(counter: bool, input: Input, error: Option<&str>) -> Chat {
        let turn = |step: &str| Turn {
            step: step.into(),
            question: "¿A quién le pasó?".into(),
            answer: "A mí".into(),
        };
        Chat {
            page: page("es"),
            stale: false,
            counter,
            ways: Vec::new(),
            screen: Screen {
                turns: vec![turn("who"), turn("kind")],
                progress: Progress {
                    done: 2,
                    about_total: 12,
                },
                prompt: Prompt {
                    step: "what".into(),
                    text: "¿Qué pasó?".into(),
                    help: Some("Con sus palabras.".into()),
                    input,
                    error: error.map(str::to_owned),
                    skip_label: None,
                },
            },
        }
    }

    fn shown(input: Input, error: Option<&str>) -> String {
        let html = Report {
            page: page("es"),
            chat: chat(false, input, error),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("id=\"pregunta\""));
        html
    }

    fn at_the_counter(input: Input) -> String {
        let html = FilingChat {
            shell: shell(Section::Filing, Some(Role::Clerk)),
            chat: chat(true, input, None),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("name=\"turbo-cache-control\" content=\"no-cache\""));
        assert!(html.contains("Después no podrá abrirlos"));
        for action in ["action=\"/report", "formaction=\"/report", "/leave"] {
            assert!(!html.contains(action), "the clerk's own draft is another: {html}");
        }
        html
    }

    #[test]
    fn at_the_counter_it_is_the_same_chat_behind_another_door() {
        let html = at_the_counter(text());
        assert!(
            html.contains("action=\"/staff/filing/report\"") && html.contains("action=\"/staff/filing/report/back\"")
        );
        assert!(html.contains("action=\"/staff/filing/report/discard\""));
        let value = String::new;
        for input in [
            Input::Name { value: value() },
            Input::Phone { value: value() },
            Input::Address { value: value() },
        ] {
            let html = at_the_counter(input);
            for known in ["\"name\"", "\"tel\"", "\"street-address\""] {
                assert!(!html.contains(&format!("autocomplete={known}")), "{html}");
            }
        }
    }

    #[test]
    fn at_the_counter_terms_are_read_aloud_and_ticked() {
        let consent = || Input::Consent {
            terms: vec!["Usaremos sus datos para…".into()],
            accept_label: "Acepto".into(),
            refuse_label: "No acepto".into(),
        };
        let html = at_the_counter(consent());
        assert!(html.contains("Lea esto en voz alta") && html.contains("Usaremos sus datos"));
        assert!(html.contains("name=\"heard\" value=\"1\" required"));
        assert!(html.contains("value=\"refuse\" formnovalidate"));
        assert!(!shown(consent(), None).contains("heard"));
    }

    fn text() -> Input {
        Input::Text {
            value: "a <b>".into(),
            long: true,
            max_chars: 4000,
        }
    }

    #[test]
    fn an_error_stands_beside_its_field() {
        let html = shown(text(), Some("Escriba al menos una frase."));
        assert!(html.contains("role=\"alert\""));
        assert!(html.contains("aria-describedby=\"ayuda error\" aria-invalid=\"true\""));
        assert!(html.contains("a &#60;b&#62;"));
    }

    #[test]
    fn each_turn_can_be_changed_and_the_last_gone_back_to() {
        let html = shown(text(), None);
        assert_eq!(
            html.matches("action=\"/report/back\"").count(),
            3,
            "two turns and back: {html}"
        );
        assert!(html.contains("name=\"to\" value=\"who\""));
    }

    #[test]
    fn few_options_are_buttons_and_many_are_a_list() {
        let few = shown(
            Input::Choice {
                options: vec![option("queja", "Queja"), option("denuncia", "Denuncia")],
                selected: Some("queja".into()),
            },
            None,
        );
        assert!(few.contains("name=\"value\" value=\"denuncia\""));
        let many = shown(
            Input::Choice {
                options: (0..24).map(|n| option(&n.to_string(), "Provincia")).collect(),
                selected: Some("3".into()),
            },
            None,
        );
        assert!(many.contains("<select") && many.contains("value=\"3\" selected"));
    }

    #[test]
    fn every_other_input_has_its_fields() {
        let value = String::new;
        let cases = [
            (Input::Date { value: value() }, "name=\"value\""),
            (
                Input::Document {
                    kinds: vec![option("cedula", "Cédula"), option("passport", "Pasaporte")],
                    kind: Some("cedula".into()),
                    number: value(),
                },
                "name=\"number\"",
            ),
            (Input::Name { value: value() }, "autocomplete=\"name\""),
            (Input::Phone { value: value() }, "type=\"tel\""),
            (
                Input::Email {
                    value: value(),
                    none_label: Some("No tengo correo".into()),
                    none: true,
                },
                "name=\"none\"",
            ),
            (Input::Address { value: value() }, "autocomplete=\"street-address\""),
            (
                Input::Consent {
                    terms: vec!["Usaremos sus datos para…".into()],
                    accept_label: "Acepto".into(),
                    refuse_label: "No acepto".into(),
                },
                "value=\"refuse\"",
            ),
            (
                Input::Shared {
                    fields: vec![SharedField {
                        id: "phone".into(),
                        label: "Teléfono".into(),
                        value: "0991234567".into(),
                        checked: true,
                    }],
                },
                "name=\"share.phone\" value=\"1\" checked",
            ),
            (
                Input::Refused {
                    other_ways: vec!["En ventanilla.".into()],
                    back_to: "consent".into(),
                },
                "En ventanilla.",
            ),
            (Input::Done, "action=\"/report/submit\""),
        ];
        for (input, expected) in cases {
            let html = shown(input, None);
            assert!(html.contains(expected), "{expected} in {html}");
        }
    }

    #[test]
    fn the_preview_keeps_apart_what_only_officers_see() {
        let mark = |id: &str, restorable, restored| TextSpan::Mark {
            id: id.into(),
            label: "[nombre]".into(),
            restored,
            restorable,
            original: "Luz".into(),
        };
        let html = shown(
            Input::Preview(Preview {
                facets: vec![("Tipo".into(), "Denuncia".into())],
                narrative: vec![PreviewAnswer {
                    step: "what".into(),
                    question: "¿Qué pasó?".into(),
                    spans: vec![
                        TextSpan::Text("Se fue la ".into()),
                        mark("m1", true, true),
                        TextSpan::Text(" y ".into()),
                        mark("m2", false, false),
                    ],
                }],
                files: vec![],
                shared: vec![],
                pointed_out: vec!["0912345678".into()],
                identity: vec![("Nombre".into(), "Luz Vera".into())],
            }),
            None,
        );
        assert!(html.contains("name=\"restore.m1\" value=\"1\" checked"));
        assert!(!html.contains("restore.m2"));
        assert!(html.contains("name=\"confirm\""));
        let apart = html.find("sheet apart").unwrap();
        assert!(html.find("Luz Vera").unwrap() > apart, "identity only in its own sheet");
    }
}

//! Interprets texts and quick replies as answers to the questions of the dialogue. It changes nothing.

use super::commands::Command;
use super::matching::{match_option, normalize, parse_numbers};
use super::questions::{options_on_page, page_count, restorable_words};
use super::reply_ids;
use crate::dialogue::{
    ACCEPT, CONFIRM_FIELD, Form, Input, KIND_FIELD, NONE_FIELD, NUMBER_FIELD, OptionView, Preview, Prompt, REFUSE,
    RESTORE_FIELD_PREFIX, SHARE_FIELD_PREFIX, SKIP_FIELD, Screen, SharedField, VALUE_FIELD,
};

/// The meaning of a message at a question.
pub(crate) enum AnswerStep {
    /// An answer to this step, in several readings, the likeliest first.
    Answer(String, Vec<Form>),
    /// An answer of several messages to this step is complete.
    Complete(String),
    /// Another page of a long list.
    ShowPage(usize),
    /// Back to an earlier step.
    GoBack(String),
    NotUnderstood,
    /// Nothing at all.
    Nothing,
}

/// Interprets the id of a quick reply. It may belong to a question that was asked before.
pub(crate) fn interpret_reply(screen: &Screen, id: &str, own_number: Option<&str>) -> AnswerStep {
    let mut parts = id.splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    let (verb, step, value) = (part(), part().to_owned(), part());
    let input = &screen.prompt.input;
    let answer = |step: String, form: Form| AnswerStep::Answer(step, vec![form]);
    match verb {
        reply_ids::PAGE => AnswerStep::ShowPage(value.parse().unwrap_or(0)),
        reply_ids::GO_BACK => AnswerStep::GoBack(step),
        reply_ids::SKIP => answer(step, field(SKIP_FIELD, "1")),
        reply_ids::DONE if matches!(input, Input::Text { .. }) => AnswerStep::Complete(step),
        reply_ids::DONE => answer(step, Form::new()),
        reply_ids::OWN_NUMBER => {
            own_number.map_or(AnswerStep::Nothing, |number| answer(step, field(VALUE_FIELD, number)))
        }
        reply_ids::ANSWER if step == screen.prompt.step => {
            let form = match input {
                Input::Email { .. } => field(NONE_FIELD, "1"),
                Input::Shared { .. } => Form::new(),
                Input::Preview(preview) => confirm_preview(preview),
                _ => field(VALUE_FIELD, value),
            };
            answer(step, form)
        }
        // The question was asked before: its answer changes.
        reply_ids::ANSWER => answer(step, field(VALUE_FIELD, value)),
        _ => AnswerStep::NotUnderstood,
    }
}

/// Lists the readings of a text as an answer, the likeliest first. `page` is the page of a long list.
pub(crate) fn interpret_text(page: usize, prompt: &Prompt, text: &str) -> Vec<Form> {
    let normalized = normalize(text);
    let command = Command::from_text(text);
    if let Some(label) = &prompt.skip_label
        && (normalized == normalize(label)
            || matches!(normalized.as_str(), "omitir" | "skip" | "no se" | "no lo se")
            || command == Some(Command::No))
    {
        return vec![field(SKIP_FIELD, "1")];
    }
    match &prompt.input {
        Input::Choice { options, .. } => {
            let shown = options_on_page(options, page.min(page_count(options) - 1));
            let option = match_option(options, &shown, text);
            option
                .map(|option| field(VALUE_FIELD, &option.value))
                .into_iter()
                .collect()
        }
        Input::Consent {
            accept_label,
            refuse_label,
            ..
        } => {
            if command == Some(Command::Yes) || normalized == normalize(accept_label) {
                vec![field(VALUE_FIELD, ACCEPT)]
            } else if command == Some(Command::No) || normalized == normalize(refuse_label) {
                vec![field(VALUE_FIELD, REFUSE)]
            } else {
                Vec::new()
            }
        }
        Input::Document { kinds, .. } => interpret_document(kinds, text),
        Input::Email {
            none_label: Some(label),
            ..
        } if normalized == normalize(label) || command == Some(Command::No) => {
            vec![field(NONE_FIELD, "1")]
        }
        // "That is all" without any file skips the question.
        Input::Files { files, .. } if command == Some(Command::Done) && files.is_empty() => {
            vec![field(SKIP_FIELD, "1")]
        }
        Input::Files { .. } if command == Some(Command::Done) => vec![Form::new()],
        Input::Shared { fields } => {
            if command == Some(Command::No) || matches!(normalized.as_str(), "ninguno" | "ninguna" | "none") {
                return vec![Form::new()];
            }
            interpret_shared(fields, text).into_iter().collect()
        }
        Input::Preview(preview) => {
            if matches!(command, Some(Command::Yes | Command::Done)) {
                return vec![confirm_preview(preview)];
            }
            // "mostrar Luz" restores a redacted word.
            let word = normalized
                .strip_prefix("mostrar ")
                .or_else(|| normalized.strip_prefix("show "));
            word.map(|word| restored_words(preview, Some(word)))
                .into_iter()
                .collect()
        }
        Input::Files { .. } | Input::Refused { .. } | Input::Done => Vec::new(),
        Input::Text { .. }
        | Input::Date { .. }
        | Input::Name { .. }
        | Input::Phone { .. }
        | Input::Email { .. }
        | Input::Address { .. } => vec![field(VALUE_FIELD, text)],
    }
}

fn field(name: &str, value: &str) -> Form {
    Form::from([(name.to_owned(), value.to_owned())])
}

/// Reads "pasaporte X1234" or a bare number as a document.
fn interpret_document(kinds: &[OptionView], text: &str) -> Vec<Form> {
    let form = |kind: &str, number: &str| {
        Form::from([
            (KIND_FIELD.to_owned(), kind.to_owned()),
            (NUMBER_FIELD.to_owned(), number.to_owned()),
        ])
    };
    let named = kinds.iter().find_map(|kind| {
        let label = normalize(&kind.label);
        let name = label.split(' ').next().unwrap_or_default();
        let (first, number) = text.trim().split_once(char::is_whitespace)?;
        let first = normalize(first);
        (first == name || first == normalize(&kind.value)).then(|| form(&kind.value, number))
    });
    if let Some(form) = named {
        return vec![form];
    }
    // Digits alone are a cédula, perhaps a mistyped one. They must not pass for a passport.
    let candidates = if text.chars().any(char::is_alphabetic) {
        kinds.len()
    } else {
        1
    };
    kinds
        .iter()
        .take(candidates)
        .map(|kind| form(&kind.value, text))
        .collect()
}

/// Reads a list of numbers as the fields to share.
fn interpret_shared(fields: &[SharedField], text: &str) -> Option<Form> {
    let numbers = parse_numbers(text)?;
    numbers
        .into_iter()
        .map(|number| {
            let field = fields.get(number.checked_sub(1)?)?;
            Some((format!("{SHARE_FIELD_PREFIX}{}", field.id), "1".to_owned()))
        })
        .collect()
}

/// Confirms the preview as it is.
fn confirm_preview(preview: &Preview) -> Form {
    let mut form = restored_words(preview, None);
    form.insert(CONFIRM_FIELD.to_owned(), "1".to_owned());
    form
}

/// Lists the words that are restored already, and `word` as well.
fn restored_words(preview: &Preview, word: Option<&str>) -> Form {
    restorable_words(preview)
        .into_iter()
        .filter(|(_, original, restored)| *restored || word.is_some_and(|word| normalize(original) == word))
        .map(|(id, _, _)| (format!("{RESTORE_FIELD_PREFIX}{id}"), "1".to_owned()))
        .collect()
}

//! Builds the screen that a channel shows: the answered questions and the current one.

use super::draft::{Draft, Value};
use super::form::{FieldError, Form, KIND_FIELD, NONE_FIELD, NUMBER_FIELD, SHARE_FIELD_PREFIX, VALUE_FIELD};
use super::preview::build_preview;
use super::profile::codes::{MAX_ANSWER_CHARS, VALIDATION_PLACEHOLDER};
use super::profile::question::{AnswerType, Question};
use super::profile::text::Text;
use super::profile::types::{Profile, ValidationRule};
use super::questions::{applicable_questions, current_question, may_skip, shareable_steps, validation_rule};
use super::report;
use super::view::{FileLimits, FileView, Input, Progress, Prompt, Screen, SharedField, Turn};
use super::wording::{answer_text, options, question_text};

/// The screen of the current question.
#[must_use]
pub fn build_screen(profile: &Profile, draft: &Draft) -> Screen {
    build(profile, draft, current_question(profile, draft), None)
}

/// The screen after `form` was refused with `error`: it shows the text that was typed, and what to correct.
#[must_use]
pub fn build_screen_with_error(profile: &Profile, draft: &Draft, form: &Form, error: &FieldError) -> Screen {
    let refused = applicable_questions(profile, draft)
        .into_iter()
        .find(|question| question.id == error.step);
    let question = refused.or_else(|| current_question(profile, draft));
    let mut screen = build(profile, draft, question, Some(form));
    screen.prompt.error = Some(error.text.clone());
    screen
}

fn build(profile: &Profile, draft: &Draft, question: Option<&Question>, typed: Option<&Form>) -> Screen {
    if draft.refused {
        return refused_screen(profile, draft);
    }
    let language = draft.language.as_str();
    let questions = applicable_questions(profile, draft);
    let answered = questions.iter().filter(|q| draft.answers.contains_key(&q.id));
    let progress = Progress {
        done: answered.count(),
        about_total: questions.len(),
    };
    let turns = questions
        .iter()
        .take_while(|earlier| question.is_none_or(|current| current.id != earlier.id))
        .filter_map(|earlier| {
            Some(Turn {
                step: earlier.id.clone(),
                question: question_text(profile, draft, earlier, &earlier.text),
                answer: answer_text(profile, draft, earlier, draft.answers.get(&earlier.id)?),
            })
        })
        .collect();
    let prompt = match question {
        Some(question) => prompt(profile, draft, question, typed),
        None => closing_prompt("done", profile.texts.done.get(language), Input::Done, None),
    };
    Screen {
        turns,
        prompt,
        progress,
    }
}

fn refused_screen(profile: &Profile, draft: &Draft) -> Screen {
    let language = draft.language.as_str();
    let first = profile.questions.first();
    let input = Input::Refused {
        other_ways: profile.other_ways(language),
        back_to: first.map_or_else(String::new, |first| first.id.clone()),
    };
    let help = profile.texts.refused_help.get(language);
    Screen {
        turns: Vec::new(),
        prompt: closing_prompt("refused", profile.texts.refused.get(language), input, Some(help)),
        progress: Progress {
            done: 0,
            about_total: applicable_questions(profile, draft).len(),
        },
    }
}

fn prompt(profile: &Profile, draft: &Draft, question: &Question, typed: Option<&Form>) -> Prompt {
    let text = |text: &Text| question_text(profile, draft, question, text);
    let has_files = question.answer_type == AnswerType::Files && !draft.files.is_empty();
    let skip = question
        .skip
        .as_ref()
        .filter(|_| may_skip(draft, question) && !has_files);
    Prompt {
        step: question.id.clone(),
        text: text(&question.text),
        help: question.help.as_ref().map(text),
        input: build_input(profile, draft, question, typed),
        error: None,
        skip_label: skip.map(|skip| skip.get(&draft.language).to_owned()),
    }
}

/// A prompt that asks nothing more.
fn closing_prompt(step: &str, text: &str, input: Input, help: Option<&str>) -> Prompt {
    Prompt {
        step: step.to_owned(),
        text: text.to_owned(),
        help: help.map(ToOwned::to_owned),
        input,
        error: None,
        skip_label: None,
    }
}

/// The input of a question, with the text that was typed or the answer that the draft holds.
pub(super) fn build_input(profile: &Profile, draft: &Draft, question: &Question, typed: Option<&Form>) -> Input {
    let held = draft.answers.get(&question.id);
    let text = |field: &str| field_text(field, typed, held);
    let code = |field: &str| Some(text(field)).filter(|code| !code.is_empty());
    let label = |text: &Option<Text>| text.as_ref().map(|text| text.get(&draft.language).to_owned());
    match question.answer_type {
        AnswerType::Kind
        | AnswerType::Category
        | AnswerType::Conflict
        | AnswerType::Province
        | AnswerType::Establishment
        | AnswerType::Choice
        | AnswerType::Identify => Input::Choice {
            options: options(profile, draft, question),
            selected: code(VALUE_FIELD),
        },
        AnswerType::Text => Input::Text {
            value: text(VALUE_FIELD),
            long: question.long,
            max_chars: question.max_chars.unwrap_or(MAX_ANSWER_CHARS),
        },
        AnswerType::Date => Input::Date {
            value: text(VALUE_FIELD),
        },
        AnswerType::Consent => Input::Consent {
            terms: terms(profile, draft, question),
            accept_label: label(&question.accept).unwrap_or_default(),
            refuse_label: label(&question.refuse).unwrap_or_default(),
        },
        AnswerType::Document => Input::Document {
            kinds: options(profile, draft, question),
            kind: code(KIND_FIELD),
            number: text(NUMBER_FIELD),
        },
        AnswerType::Name => Input::Name {
            value: text(VALUE_FIELD),
        },
        AnswerType::Phone => Input::Phone {
            value: text(VALUE_FIELD),
        },
        AnswerType::Email => Input::Email {
            value: text(VALUE_FIELD),
            none_label: label(&question.none),
            none: typed.map_or(matches!(held, Some(Value::None)), |form| form.contains_key(NONE_FIELD)),
        },
        AnswerType::Address => Input::Address {
            value: text(VALUE_FIELD),
        },
        AnswerType::Files => Input::Files {
            files: draft.files.iter().map(FileView::from).collect(),
            limits: FileLimits::of(profile),
        },
        AnswerType::Share => Input::Shared {
            fields: shared_fields(profile, draft, question, typed),
        },
        AnswerType::Preview => Input::Preview(build_preview(profile, draft)),
    }
}

/// The text that was typed into a field; without a form, the answer that the draft holds.
fn field_text(field: &str, typed: Option<&Form>, held: Option<&Value>) -> String {
    match (typed, held) {
        (Some(form), _) => form.get(field).cloned().unwrap_or_default(),
        (None, Some(Value::Text(text) | Value::Choice(text))) => text.clone(),
        (None, Some(Value::Document { kind, number })) => {
            if field == KIND_FIELD {
                kind.clone()
            } else {
                number.clone()
            }
        }
        (
            None,
            Some(
                Value::None | Value::Skipped | Value::Accepted | Value::Shared(_) | Value::Files(_) | Value::Confirmed,
            )
            | None,
        ) => String::new(),
    }
}

fn terms(profile: &Profile, draft: &Draft, question: &Question) -> Vec<String> {
    let days = profile.retention.identity_days.to_string();
    let validation = match validation_rule(profile, draft) {
        Some(ValidationRule::Always) => profile.texts.validation_always.get(&draft.language),
        Some(ValidationRule::OnRequest) | None => profile.texts.validation_on_request.get(&draft.language),
    };
    question
        .terms
        .iter()
        .map(|term| {
            let term = term.get(&draft.language).replace("{identity_days}", &days);
            term.replace(VALIDATION_PLACEHOLDER, validation)
        })
        .collect()
}

fn shared_fields(profile: &Profile, draft: &Draft, question: &Question, typed: Option<&Form>) -> Vec<SharedField> {
    let held = draft.answers.get(&question.id);
    shareable_steps(draft, question)
        .filter_map(|step| {
            let field = report::personal_field(profile, draft, profile.question(step)?)?;
            let checked = match (typed, held) {
                (Some(form), _) => form.contains_key(&format!("{SHARE_FIELD_PREFIX}{step}")),
                (None, Some(Value::Shared(steps))) => steps.iter().any(|shared| shared == step),
                (None, _) => false,
            };
            Some(SharedField {
                id: step.to_owned(),
                label: field.label.clone(),
                value: field.value.clone(),
                checked,
            })
        })
        .collect()
}

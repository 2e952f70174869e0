//! From profile and draft to what is shown.

use super::answers::{FieldError, options};
use super::draft::{Draft, MAX_CHARS, Value};
use super::engine::{Form, asked, current, may_skip, shareable};
use super::profile::{Ask, Profile, Question};
use super::report;
use super::routing::worded;
use super::view::{
    FileLimits, FileLine, Input, KIND, NONE, NUMBER, Progress, Prompt, SHARE_PREFIX, Screen, SharedField, Turn, VALUE,
};

/// Where the dialogue stands.
#[must_use]
pub fn screen(profile: &Profile, draft: &Draft) -> Screen {
    show(profile, draft, current(profile, draft), None)
}

/// The same after `form` was refused with `error`: what was typed stands there again, with what is wrong about it.
#[must_use]
pub fn screen_after(profile: &Profile, draft: &Draft, form: &Form, error: &FieldError) -> Screen {
    let refused = asked(profile, draft)
        .into_iter()
        .find(|question| question.id == error.step);
    let mut screen = show(profile, draft, refused.or_else(|| current(profile, draft)), Some(form));
    screen.prompt.error = Some(error.text.clone());
    screen
}

fn show(profile: &Profile, draft: &Draft, question: Option<&Question>, typed: Option<&Form>) -> Screen {
    let language = draft.language.as_str();
    if draft.refused {
        let input = Input::Refused {
            other_ways: profile.other_ways(language),
            back_to: profile
                .questions
                .first()
                .map_or_else(String::new, |first| first.id.clone()),
        };
        let progress = Progress {
            done: 0,
            about_total: asked(profile, draft).len(),
        };
        let help = Some(profile.texts.refused_help.get(language));
        return closing(Vec::new(), progress, profile.texts.refused.get(language), input, help);
    }
    let asked = asked(profile, draft);
    let progress = Progress {
        done: asked.iter().filter(|q| draft.answers.contains_key(&q.id)).count(),
        about_total: asked.len(),
    };
    let turns = asked
        .iter()
        .take_while(|q| question.is_none_or(|now| now.id != q.id))
        .filter_map(|q| {
            let answer = spoken(profile, draft, q, draft.answers.get(&q.id)?);
            Some(Turn {
                step: q.id.clone(),
                question: worded(profile, draft, q, &q.text),
                answer,
            })
        })
        .collect();
    let Some(question) = question else {
        return closing(turns, progress, profile.texts.done.get(language), Input::Done, None);
    };
    let prompt = Prompt {
        step: question.id.clone(),
        text: worded(profile, draft, question, &question.text),
        help: question
            .help
            .as_ref()
            .map(|help| worded(profile, draft, question, help)),
        input: input(profile, draft, question, typed),
        error: None,
        skip_label: question
            .skip
            .as_ref()
            .filter(|_| may_skip(draft, question) && (question.ask != Ask::Files || draft.files.is_empty()))
            .map(|s| s.get(language).to_owned()),
    };
    Screen {
        turns,
        prompt,
        progress,
    }
}

/// A screen that asks nothing more.
fn closing(turns: Vec<Turn>, progress: Progress, text: &str, input: Input, help: Option<&str>) -> Screen {
    let step = if matches!(input, Input::Done) {
        "done"
    } else {
        "refused"
    };
    let prompt = Prompt {
        step: step.to_owned(),
        text: text.to_owned(),
        help: help.map(ToOwned::to_owned),
        input,
        error: None,
        skip_label: None,
    };
    Screen {
        turns,
        prompt,
        progress,
    }
}

fn input(profile: &Profile, draft: &Draft, question: &Question, typed: Option<&Form>) -> Input {
    let language = draft.language.as_str();
    let held = draft.answers.get(&question.id);
    let text = |field: &str| match (typed, held) {
        (Some(form), _) => form.get(field).cloned().unwrap_or_default(),
        (None, Some(Value::Text(text) | Value::Choice(text))) => text.clone(),
        (None, Some(Value::Document { kind, number })) => {
            if field == KIND {
                kind.clone()
            } else {
                number.clone()
            }
        }
        _ => String::new(),
    };
    let label = |text: &Option<super::profile::Text>| text.as_ref().map(|text| text.get(language).to_owned());
    match question.ask {
        Ask::Kind
        | Ask::Category
        | Ask::Conflict
        | Ask::Province
        | Ask::Establishment
        | Ask::Choice
        | Ask::Identify => Input::Choice {
            options: options(profile, draft, question),
            selected: Some(text(VALUE)).filter(|code| !code.is_empty()),
        },
        Ask::Text => Input::Text {
            value: text(VALUE),
            long: question.long,
            max_chars: question.max_chars.unwrap_or(MAX_CHARS),
        },
        Ask::Date => Input::Date { value: text(VALUE) },
        Ask::Consent => Input::Consent {
            terms: question
                .terms
                .iter()
                .map(|term| {
                    term.get(language)
                        .replace("{identity_days}", &profile.retention.identity_days.to_string())
                })
                .collect(),
            accept_label: label(&question.accept).unwrap_or_default(),
            refuse_label: label(&question.refuse).unwrap_or_default(),
        },
        Ask::Document => Input::Document {
            kinds: options(profile, draft, question),
            kind: Some(text(KIND)).filter(|code| !code.is_empty()),
            number: text(NUMBER),
        },
        Ask::Name => Input::Name { value: text(VALUE) },
        Ask::Phone => Input::Phone { value: text(VALUE) },
        Ask::Email => Input::Email {
            value: text(VALUE),
            none_label: label(&question.none),
            none: typed.map_or(matches!(held, Some(Value::None)), |form| form.contains_key(NONE)),
        },
        Ask::Address => Input::Address { value: text(VALUE) },
        Ask::Files => Input::Files {
            files: draft.files.iter().map(FileLine::from).collect(),
            limits: FileLimits::of(profile),
        },
        Ask::Share => Input::Shared {
            fields: shareable(draft, question)
                .filter_map(|step| {
                    let (label, value) = report::field_of(profile, draft, step)?;
                    let checked = match (typed, held) {
                        (Some(form), _) => form.contains_key(&format!("{SHARE_PREFIX}{step}")),
                        (None, Some(Value::Shared(steps))) => steps.iter().any(|shared| shared == step),
                        _ => false,
                    };
                    Some(SharedField {
                        id: step.to_owned(),
                        label,
                        value,
                        checked,
                    })
                })
                .collect(),
        },
        Ask::Preview => Input::Preview(report::preview(profile, draft)),
    }
}

/// An answer as the reporter would read it.
pub(super) fn spoken(profile: &Profile, draft: &Draft, question: &Question, value: &Value) -> String {
    let language = draft.language.as_str();
    let texts = &profile.texts;
    match value {
        Value::Choice(code) => options(profile, draft, question)
            .into_iter()
            .find(|option| option.value == *code)
            .map_or_else(|| code.clone(), |option| option.label),
        Value::Text(text) => text.clone(),
        Value::Document { kind, number } => {
            let kind = profile.documents.iter().find(|known| known.id == *kind);
            kind.map_or_else(
                || number.clone(),
                |kind| format!("{} {number}", kind.label.get(language)),
            )
        }
        Value::None => question
            .none
            .as_ref()
            .unwrap_or(&texts.skipped)
            .get(language)
            .to_owned(),
        Value::Skipped => question
            .skip
            .as_ref()
            .unwrap_or(&texts.skipped)
            .get(language)
            .to_owned(),
        Value::Accepted => question
            .accept
            .as_ref()
            .unwrap_or(&texts.confirmed)
            .get(language)
            .to_owned(),
        Value::Shared(steps) => {
            let labels: Vec<&str> = steps
                .iter()
                .filter_map(|step| profile.question(step))
                .map(|q| q.label.get(language))
                .collect();
            if labels.is_empty() {
                texts.nothing_shared.get(language).to_owned()
            } else {
                labels.join(", ")
            }
        }
        Value::Files(_) => {
            let names: Vec<&str> = draft.files.iter().map(|file| file.content.name().as_str()).collect();
            names.join(", ")
        }
        Value::Confirmed => texts.confirmed.get(language).to_owned(),
    }
}

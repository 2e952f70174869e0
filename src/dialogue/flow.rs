//! Changes a draft: starts it, takes an answer, goes back, and drops what an answer makes void.
//! Pure functions of profile and draft, the same for every channel; they know no HTML, no HTTP, no clock.

use super::answers::{self, ParsedAnswer};
use super::draft::{Draft, Value};
use super::form::{CONFIRM_FIELD, FieldError, Form, RESTORE_FIELD_PREFIX};
use super::narrative;
use super::profile::codes::{CONFLICT_STEP, CONSENT_STEP, PREVIEW_STEP};
use super::profile::question::{AnswerType, Question};
use super::profile::types::Profile;
use super::questions::{applicable_questions, applies, may_skip, shareable_steps, validation_rule};
use super::routing;
use super::wording;
use crate::vault::attachment::DescribedAttachment;

/// Starts a dialogue, in `language` if the profile has it, else in the profile's first.
#[must_use]
pub fn start(profile: &Profile, language: &str) -> Draft {
    Draft::new(profile.language(language))
}

/// Changes the language. The answers stay as they were written.
pub fn set_language(profile: &Profile, draft: &mut Draft, language: &str) {
    let language = profile.language(language);
    if draft.language != language {
        language.clone_into(&mut draft.language);
        draft.revision += 1;
    }
}

/// Sets the attached files, in the order in which they are shown. An answer about other files becomes void.
pub fn set_files(profile: &Profile, draft: &mut Draft, mut files: Vec<DescribedAttachment>) {
    files.sort_by(|a, b| (a.content.name(), a.id).cmp(&(b.content.name(), b.id)));
    draft.files = files;
    let Some(question) = profile.question_of_type(AnswerType::Files) else {
        return;
    };
    let still_holds = match draft.answers.get(&question.id) {
        Some(Value::Files(ids)) => draft.files.iter().map(|file| &file.id).eq(ids),
        Some(_) => draft.files.is_empty(),
        None => true,
    };
    if !still_holds {
        draft.answers.remove(&question.id);
        draft.answers.remove(PREVIEW_STEP);
    }
}

/// Takes the answer to `step`. On an error nothing has changed.
///
/// A form for a step that was answered before replaces that answer; the same answer again changes nothing. A form for
/// a step that is unknown, does not apply, or is not yet reached is ignored: the screen shows the current question.
pub fn answer(profile: &Profile, draft: &mut Draft, step: &str, form: &Form) -> Result<(), FieldError> {
    let questions = applicable_questions(profile, draft);
    let Some(position) = questions.iter().position(|question| question.id == step) else {
        return Ok(());
    };
    let is_reached = questions[..position]
        .iter()
        .all(|before| draft.answers.contains_key(&before.id));
    if draft.refused || !is_reached {
        return Ok(());
    }
    let question = questions[position];
    if question.answer_type == AnswerType::Preview {
        apply_preview(profile, draft, form);
        return Ok(());
    }
    match answers::parse_answer(profile, draft, question, form)? {
        ParsedAnswer::ConsentRefused => {
            draft.wipe();
            draft.refused = true;
            draft.revision += 1;
        }
        ParsedAnswer::Value(value) => store_answer(profile, draft, question, value),
    }
    Ok(())
}

/// Shows an answered step again. Later answers stay until a new answer makes them void.
/// After a refused consent this starts anew.
pub fn go_back(profile: &Profile, draft: &mut Draft, step: &str) {
    if draft.refused {
        draft.refused = false;
        draft.revision += 1;
        return;
    }
    let is_known = applicable_questions(profile, draft)
        .iter()
        .any(|question| question.id == step);
    if is_known && draft.answers.contains_key(step) {
        draft.reopened = Some(step.to_owned());
        draft.answers.remove(PREVIEW_STEP);
        draft.revision += 1;
    }
}

/// Stores an answer and drops what no longer applies.
fn store_answer(profile: &Profile, draft: &mut Draft, question: &Question, value: Value) {
    let was_reopened = draft.reopened.as_deref() == Some(&question.id);
    if was_reopened {
        draft.reopened = None;
    }
    let is_same = draft.answers.get(&question.id) == Some(&value);
    if is_same && !was_reopened {
        return;
    }
    draft.revision += 1;
    if is_same {
        return;
    }
    let area_before = routing::category_area(profile, draft).map(|area| &area.id);
    let rule_before = validation_rule(profile, draft);
    draft.answers.insert(question.id.clone(), value);
    draft.answers.remove(PREVIEW_STEP);
    // The answer about a conflict in one area does not hold for another.
    if area_before != routing::category_area(profile, draft).map(|area| &area.id) {
        draft.answers.remove(CONFLICT_STEP);
    }
    // The reporter consented to one rule of validation, and another one applies now.
    if rule_before != validation_rule(profile, draft) {
        draft.answers.remove(CONSENT_STEP);
    }
    draft.forget_restored_marks(&question.id);
    drop_void_answers(profile, draft);
}

/// Drops answers that no longer apply. Conditions refer to earlier questions only (the profile's check sees to it), so
/// one pass is enough.
fn drop_void_answers(profile: &Profile, draft: &mut Draft) {
    for question in &profile.questions {
        if !applies(profile, draft, question) || !still_fits(profile, draft, question) {
            draft.remove_answer(&question.id);
        }
        if question.answer_type == AnswerType::Share {
            let available: Vec<String> = shareable_steps(draft, question).map(ToOwned::to_owned).collect();
            if let Some(Value::Shared(steps)) = draft.answers.get_mut(&question.id) {
                steps.retain(|step| available.contains(step));
            }
        }
    }
    if draft
        .reopened
        .as_ref()
        .is_some_and(|step| !draft.answers.contains_key(step))
    {
        draft.reopened = None;
    }
}

/// True if the question would still take its answer, after others have changed.
fn still_fits(profile: &Profile, draft: &Draft, question: &Question) -> bool {
    match draft.answers.get(&question.id) {
        Some(Value::Choice(code)) => wording::options(profile, draft, question)
            .iter()
            .any(|option| option.value == *code),
        Some(Value::Skipped) => may_skip(draft, question),
        Some(
            Value::Text(_)
            | Value::Document { .. }
            | Value::None
            | Value::Accepted
            | Value::Shared(_)
            | Value::Files(_)
            | Value::Confirmed,
        )
        | None => true,
    }
}

/// Takes the preview's form: the marks to restore, and the reporter's agreement.
fn apply_preview(profile: &Profile, draft: &mut Draft, form: &Form) {
    let restored = narrative::restorable_marks(profile, draft)
        .into_iter()
        .filter(|id| form.contains_key(&format!("{RESTORE_FIELD_PREFIX}{id}")))
        .collect();
    let agrees = form.contains_key(CONFIRM_FIELD);
    if draft.restored != restored || agrees != draft.answers.contains_key(PREVIEW_STEP) {
        draft.revision += 1;
    }
    draft.restored = restored;
    draft.reopened = None;
    if agrees {
        draft.answers.insert(PREVIEW_STEP.to_owned(), Value::Confirmed);
    } else {
        draft.answers.remove(PREVIEW_STEP);
    }
}

//! The questions that apply to a draft, and the one that waits for an answer.

use super::draft::{Draft, Value};
use super::profile::codes::{IDENTIFY_STEP, KIND_STEP, NO};
use super::profile::question::{AnswerType, Condition, Destination, Question};
use super::profile::types::{IdentityRule, Profile, ValidationRule};
use super::routing;

/// The questions that apply, given the answers so far, in order.
pub(super) fn applicable_questions<'a>(profile: &'a Profile, draft: &Draft) -> Vec<&'a Question> {
    profile
        .questions
        .iter()
        .filter(|question| applies(profile, draft, question))
        .collect()
}

/// The question that waits: the one that the reporter went back to, or the first without an answer.
pub(super) fn current_question<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Question> {
    let questions = applicable_questions(profile, draft);
    let reopened = draft
        .reopened
        .as_ref()
        .and_then(|step| questions.iter().find(|question| question.id == *step));
    reopened
        .or_else(|| {
            questions
                .iter()
                .find(|question| !draft.answers.contains_key(&question.id))
        })
        .copied()
}

/// True if everything is answered and the reporter agreed with the preview.
#[must_use]
pub fn is_complete(profile: &Profile, draft: &Draft) -> bool {
    !draft.refused && current_question(profile, draft).is_none()
}

/// True if the question is asked, given the answers so far.
pub(super) fn applies(profile: &Profile, draft: &Draft, question: &Question) -> bool {
    let kind = draft.choice(KIND_STEP).and_then(|kind| profile.kind(kind));
    let is_optional = kind.is_some_and(|kind| kind.identity == IdentityRule::Optional);
    let gives_identity = !is_optional || draft.choice(IDENTIFY_STEP) != Some(NO);
    let is_relevant = match question.answer_type {
        AnswerType::Identify => is_optional,
        AnswerType::Share => shareable_steps(draft, question).next().is_some(),
        AnswerType::Conflict => routing::conflict_area(profile, draft).is_some(),
        AnswerType::Kind
        | AnswerType::Category
        | AnswerType::Province
        | AnswerType::Establishment
        | AnswerType::Choice
        | AnswerType::Text
        | AnswerType::Date
        | AnswerType::Consent
        | AnswerType::Document
        | AnswerType::Name
        | AnswerType::Phone
        | AnswerType::Email
        | AnswerType::Address
        | AnswerType::Files
        | AnswerType::Preview => gives_identity || question.into != Some(Destination::Identity),
    };
    is_relevant && question.when.iter().all(|condition| holds(draft, condition))
}

/// The rule by which identities of the chosen kind are validated.
pub(super) fn validation_rule(profile: &Profile, draft: &Draft) -> Option<ValidationRule> {
    let kind = profile.kind(draft.choice(KIND_STEP)?)?;
    Some(kind.validation)
}

fn holds(draft: &Draft, condition: &Condition) -> bool {
    match draft.answers.get(&condition.step) {
        None | Some(Value::Skipped | Value::None) => false,
        Some(Value::Choice(code)) => {
            (condition.is.is_empty() || condition.is.contains(code)) && !condition.is_not.contains(code)
        }
        Some(
            Value::Text(_)
            | Value::Document { .. }
            | Value::Accepted
            | Value::Shared(_)
            | Value::Files(_)
            | Value::Confirmed,
        ) => condition.is.is_empty(),
    }
}

/// True if the question may be left open now.
pub(super) fn may_skip(draft: &Draft, question: &Question) -> bool {
    let needed = &question.skip_needs_one_of;
    question.skip.is_some() && (needed.is_empty() || needed.iter().any(|step| draft.has_answer(step)))
}

/// The steps with an answer that the reporter may share with the area.
pub(super) fn shareable_steps<'a>(draft: &Draft, question: &'a Question) -> impl Iterator<Item = &'a str> {
    question
        .share
        .iter()
        .filter(|step| draft.has_answer(step))
        .map(String::as_str)
}

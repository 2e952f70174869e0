//! Checks the questions: their order, their conditions, and that each has the fields that its answer type needs.

use super::problems::Problems;
use crate::dialogue::profile::codes::{MAX_ANSWER_CHARS, NO, OTHER_ESTABLISHMENT, VALIDATION_PLACEHOLDER, YES};
use crate::dialogue::profile::question::{AnswerType, Destination, Question};
use crate::dialogue::profile::types::{IdentityRule, Profile};

pub(super) fn check(profile: &Profile, problems: &mut Problems) {
    check_order(profile, problems);
    for (at, question) in profile.questions.iter().enumerate() {
        let place = format!("[[questions]] {:?}", question.id);
        check_references(profile, question, &profile.questions[..at], &place, problems);
        check_shape(question, &place, problems);
        check_skip_and_length(question, &place, problems);
    }
}

fn check_order(profile: &Profile, problems: &mut Problems) {
    let questions = &profile.questions;
    let position = |answer_type: AnswerType| questions.iter().position(|q| q.answer_type == answer_type);
    for required in [
        AnswerType::Kind,
        AnswerType::Category,
        AnswerType::Consent,
        AnswerType::Preview,
    ] {
        let times = questions.iter().filter(|q| q.answer_type == required).count();
        problems.require(times == 1, || {
            let name = required.fixed_id().unwrap_or_default();
            format!("[[questions]]: {name:?} must be asked exactly once, but is asked {times} times")
        });
    }
    problems.require(position(AnswerType::Kind) == Some(0), || {
        "[[questions]]: \"kind\" must come first. Move it up".into()
    });
    let last = questions.last();
    problems.require(last.is_some_and(|last| last.answer_type == AnswerType::Preview), || {
        "[[questions]]: \"preview\" must come last. Move it down".into()
    });
    let is_optional = profile.kinds.iter().any(|k| k.identity == IdentityRule::Optional);
    problems.require(!is_optional || position(AnswerType::Identify).is_some(), || {
        "[[questions]]: a kind's identity is optional, but nothing asks `identify`. Add that question".into()
    });
    let consent = position(AnswerType::Consent);
    let terms = consent.map_or(&[][..], |at| &questions[at].terms);
    let says_when = |language: &String| {
        terms
            .iter()
            .any(|term| term.get(language).contains(VALIDATION_PLACEHOLDER))
    };
    problems.require(profile.languages.iter().all(says_when), || {
        format!("[[questions]] \"consent\", terms: none says when the identity is validated. Write {VALIDATION_PLACEHOLDER} into one")
    });
    for (at, question) in questions.iter().enumerate() {
        problems.require(
            !question.is_personal() || consent.is_some_and(|consent| consent < at),
            || {
                format!(
                    "[[questions]] {:?}: asks for personal data before the consent. Move it down",
                    question.id
                )
            },
        );
    }
}

fn check_references(
    profile: &Profile,
    question: &Question,
    earlier: &[Question],
    place: &str,
    problems: &mut Problems,
) {
    let steps = question.when.iter().map(|condition| &condition.step);
    for step in steps.chain(&question.skip_needs_one_of).chain(&question.share) {
        problems.require(earlier.iter().any(|earlier| earlier.id == *step), || {
            format!("{place}: no earlier question {step:?}. Correct the name, or move that question up")
        });
    }
    for condition in &question.when {
        let Some(asked) = profile.question(&condition.step) else {
            continue;
        };
        for value in condition.is.iter().chain(&condition.is_not) {
            problems.require(is_answer(profile, asked, value), || {
                format!(
                    "{place}, when: the question {:?} has no answer {value:?}. Use one of its codes",
                    condition.step
                )
            });
        }
    }
    for step in &question.share {
        let is_personal = profile.question(step).is_some_and(Question::is_personal);
        problems.require(is_personal, || {
            format!("{place}, share: {step:?} is not personal data. Remove it")
        });
    }
}

/// True if `value` is a code that somebody can choose at `question`.
fn is_answer(profile: &Profile, question: &Question, value: &str) -> bool {
    match question.answer_type {
        AnswerType::Kind => profile.kind(value).is_some(),
        AnswerType::Category => profile.category(value).is_some(),
        AnswerType::Province => profile.provinces.contains_key(value),
        AnswerType::Establishment => value == OTHER_ESTABLISHMENT || profile.establishment(value).is_some(),
        AnswerType::Choice | AnswerType::Identify | AnswerType::Conflict => {
            question.options.iter().any(|option| option.id == value)
        }
        AnswerType::Text
        | AnswerType::Date
        | AnswerType::Consent
        | AnswerType::Document
        | AnswerType::Name
        | AnswerType::Phone
        | AnswerType::Email
        | AnswerType::Address
        | AnswerType::Files
        | AnswerType::Share
        | AnswerType::Preview => false,
    }
}

fn check_shape(question: &Question, place: &str, problems: &mut Problems) {
    if let Some(fixed) = question.answer_type.fixed_id() {
        problems.require(question.id == fixed, || format!("{place}: must be called {fixed:?}"));
    }
    let options = question.options.iter().map(|option| option.id.as_str());
    problems.require_codes(&format!("{place}, option"), options);
    let has_yes_and_no = [YES, NO]
        .iter()
        .all(|id| question.options.iter().any(|option| option.id == *id));
    let into = question.into;
    let (fits, needs) = match question.answer_type {
        AnswerType::Choice => (
            question.options.len() >= 2 && into == Some(Destination::Narrative),
            "two options, and into = \"narrative\"",
        ),
        AnswerType::Identify => (has_yes_and_no, "the options \"yes\" and \"no\""),
        AnswerType::Conflict => (
            into.is_none() && has_yes_and_no,
            "the options \"yes\" and \"no\", and no `into`",
        ),
        AnswerType::Text | AnswerType::Date => (
            into == Some(Destination::Narrative) && question.max_chars.is_some(),
            "max_chars, and into = \"narrative\"",
        ),
        AnswerType::Consent => (
            !question.terms.is_empty() && question.accept.is_some() && question.refuse.is_some(),
            "terms, accept and refuse",
        ),
        AnswerType::Document | AnswerType::Name | AnswerType::Phone | AnswerType::Email | AnswerType::Address => {
            (question.is_personal(), "into = \"identity\" or \"affected\"")
        }
        AnswerType::Kind
        | AnswerType::Category
        | AnswerType::Preview
        | AnswerType::Province
        | AnswerType::Establishment
        | AnswerType::Share
        | AnswerType::Files => (into.is_none(), "no `into`"),
    };
    problems.require(fits, || format!("{place}: a question of this kind needs {needs}"));
}

fn check_skip_and_length(question: &Question, place: &str, problems: &mut Problems) {
    let must_be_answered = matches!(
        question.answer_type,
        AnswerType::Kind
            | AnswerType::Category
            | AnswerType::Conflict
            | AnswerType::Consent
            | AnswerType::Identify
            | AnswerType::Preview
    );
    problems.require(!must_be_answered || question.skip.is_none(), || {
        format!("{place}: cannot be left open. Remove `skip`")
    });
    let fits = question
        .max_chars
        .is_none_or(|max| (1..=MAX_ANSWER_CHARS).contains(&max));
    problems.require(fits, || format!("{place}, max_chars: must be 1 to {MAX_ANSWER_CHARS}"));
}

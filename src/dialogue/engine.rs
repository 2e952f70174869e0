//! Walks the questions of a profile: which comes next, what an answer does to the others.
//! Pure functions of profile and draft, the same for every channel; knows no HTML, no HTTP, no clock.

use std::collections::BTreeMap;

use super::answers;
use super::draft::{Draft, Value};
use super::profile::{Ask, Destination, IdentityRule, Profile, Question};
use super::routing;
use super::view::{CONFIRM, RESTORE_PREFIX};
use crate::vault::attachment::DescribedAttachment;

pub use super::answers::FieldError;
pub use super::report::{Facets, Report, facets, into_report};
pub use super::screen::{screen, screen_after};

/// An answer as a channel delivers it: the fields that [`super::view::Input`] names.
pub type Form = BTreeMap<String, String>;

/// The code of "another establishment", which every province has.
pub const OTHER_ESTABLISHMENT: &str = "otro";

/// A new dialogue, in `language` if the profile speaks it, else in its first.
#[must_use]
pub fn start(profile: &Profile, language: &str) -> Draft {
    Draft::new(profile.language(language))
}

/// Speaks another language from now on. What was written stays.
pub fn speak(profile: &Profile, draft: &mut Draft, language: &str) {
    let language = profile.language(language);
    if draft.language != language {
        language.clone_into(&mut draft.language);
        draft.revision += 1;
    }
}

/// Tells the draft what is attached now, in the order in which it is shown. An answer about other files is void.
pub fn attach(profile: &Profile, draft: &mut Draft, mut files: Vec<DescribedAttachment>) {
    files.sort_by(|a, b| (a.content.name(), a.id).cmp(&(b.content.name(), b.id)));
    draft.files = files;
    let Some(question) = profile.questions.iter().find(|question| question.ask == Ask::Files) else {
        return;
    };
    let holds = match draft.answers.get(&question.id) {
        Some(Value::Files(ids)) => draft.files.iter().map(|file| &file.id).eq(ids),
        Some(_) => draft.files.is_empty(),
        None => true,
    };
    if !holds {
        draft.answers.remove(&question.id);
        draft.answers.remove(PREVIEW);
    }
}

/// Takes the answer to `step`. On an error nothing has changed.
///
/// A form for a step that was answered before replaces that answer (the same one again does nothing). A form for a
/// step that is unknown, not asked, or not yet reached is left aside without an error: the screen tells what is next.
pub fn answer(profile: &Profile, draft: &mut Draft, step: &str, form: &Form) -> Result<(), FieldError> {
    let asked = asked(profile, draft);
    let Some(position) = asked.iter().position(|question| question.id == step) else {
        return Ok(());
    };
    if draft.refused
        || asked[..position]
            .iter()
            .any(|before| !draft.answers.contains_key(&before.id))
    {
        return Ok(());
    }
    let question = asked[position];
    if question.ask == Ask::Preview {
        review(profile, draft, form);
        return Ok(());
    }
    match answers::read(profile, draft, question, form)? {
        answers::Read::Refused => {
            draft.wipe();
            draft.refused = true;
            draft.revision += 1;
        }
        answers::Read::Value(value) => put(profile, draft, question, value),
    }
    Ok(())
}

/// Shows an answered step again. Later answers are kept; they are dropped only if the new answer makes them void.
/// After a refused consent this starts anew.
pub fn go_back(profile: &Profile, draft: &mut Draft, step: &str) {
    if draft.refused {
        draft.refused = false;
        draft.revision += 1;
        return;
    }
    let known = asked(profile, draft).iter().any(|question| question.id == step);
    if known && draft.answers.contains_key(step) {
        draft.at = Some(step.to_owned());
        draft.answers.remove(PREVIEW);
        draft.revision += 1;
    }
}

/// Whether all is answered and the preview was agreed with.
#[must_use]
pub fn is_complete(profile: &Profile, draft: &Draft) -> bool {
    !draft.refused && current(profile, draft).is_none()
}

const PREVIEW: &str = "preview";

/// Stores an answer and drops what no longer applies.
fn put(profile: &Profile, draft: &mut Draft, question: &Question, value: Value) {
    let came_back = draft.at.as_deref() == Some(&question.id);
    if came_back {
        draft.at = None;
    }
    let same = draft.answers.get(&question.id) == Some(&value);
    if same && !came_back {
        return;
    }
    draft.revision += 1;
    if same {
        return;
    }
    let area = routing::usual(profile, draft).map(|area| &area.id);
    draft.answers.insert(question.id.clone(), value);
    draft.answers.remove(PREVIEW);
    // What was said of one area says nothing of another.
    if area != routing::usual(profile, draft).map(|area| &area.id) {
        draft.answers.remove(routing::CONFLICT);
    }
    // Marks are named by where they stand in the answer.
    let of_step = format!("{}.", question.id);
    draft.restored.retain(|mark| !mark.starts_with(&of_step));
    prune(profile, draft);
}

/// Conditions look at earlier questions only (the profile's check sees to it), so one pass is enough.
fn prune(profile: &Profile, draft: &mut Draft) {
    for question in &profile.questions {
        if !is_asked(profile, draft, question) || !still_fits(profile, draft, question) {
            draft.answers.remove(&question.id);
            let of_step = format!("{}.", question.id);
            draft.restored.retain(|mark| !mark.starts_with(&of_step));
        }
        if question.ask == Ask::Share {
            let available: Vec<String> = shareable(draft, question).map(ToOwned::to_owned).collect();
            if let Some(Value::Shared(steps)) = draft.answers.get_mut(&question.id) {
                steps.retain(|step| available.contains(step));
            }
        }
    }
    if draft.at.as_ref().is_some_and(|at| !draft.answers.contains_key(at)) {
        draft.at = None;
    }
}

/// Whether an answer is still one that the question takes, after others have changed.
fn still_fits(profile: &Profile, draft: &Draft, question: &Question) -> bool {
    match (draft.answers.get(&question.id), question.ask) {
        (Some(Value::Choice(code)), _) => answers::options(profile, draft, question)
            .iter()
            .any(|option| option.value == *code),
        (Some(Value::Skipped), _) => may_skip(draft, question),
        _ => true,
    }
}

/// The preview's form: marks as ticked, and perhaps agreement.
fn review(profile: &Profile, draft: &mut Draft, form: &Form) {
    let offered = super::report::restorable_marks(profile, draft);
    let restored = offered
        .into_iter()
        .filter(|id| form.contains_key(&format!("{RESTORE_PREFIX}{id}")))
        .collect();
    let agreed = form.contains_key(CONFIRM);
    if draft.restored != restored || agreed != draft.answers.contains_key(PREVIEW) {
        draft.revision += 1;
    }
    draft.restored = restored;
    draft.at = None;
    if agreed {
        draft.answers.insert(PREVIEW.to_owned(), Value::Confirmed);
    } else {
        draft.answers.remove(PREVIEW);
    }
}

/// The questions that apply, given the answers so far, in order.
pub(super) fn asked<'a>(profile: &'a Profile, draft: &Draft) -> Vec<&'a Question> {
    profile
        .questions
        .iter()
        .filter(|question| is_asked(profile, draft, question))
        .collect()
}

/// The question that waits: the one gone back to, or the first without an answer.
pub(super) fn current<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Question> {
    let asked = asked(profile, draft);
    let back = draft
        .at
        .as_ref()
        .and_then(|at| asked.iter().find(|question| question.id == *at));
    back.or_else(|| asked.iter().find(|question| !draft.answers.contains_key(&question.id)))
        .copied()
}

fn is_asked(profile: &Profile, draft: &Draft, question: &Question) -> bool {
    let rule = chosen(draft, "kind")
        .and_then(|kind| profile.kind(kind))
        .map(|kind| kind.identity);
    let named = rule != Some(IdentityRule::Optional) || chosen(draft, "identify") != Some("no");
    let applies = match question.ask {
        Ask::Identify => rule == Some(IdentityRule::Optional),
        Ask::Share => shareable(draft, question).next().is_some(),
        Ask::Conflict => routing::other(profile, draft).is_some(),
        _ => named || question.into != Some(Destination::Identity),
    };
    applies
        && question
            .when
            .iter()
            .all(|condition| match draft.answers.get(&condition.step) {
                None | Some(Value::Skipped | Value::None) => false,
                Some(Value::Choice(code)) => {
                    (condition.is.is_empty() || condition.is.contains(code)) && !condition.is_not.contains(code)
                }
                Some(_) => condition.is.is_empty(),
            })
}

/// Whether the question may be left open now.
pub(super) fn may_skip(draft: &Draft, question: &Question) -> bool {
    question.skip.is_some()
        && (question.skip_needs_one_of.is_empty()
            || question.skip_needs_one_of.iter().any(|step| has_answer(draft, step)))
}

/// Whether the step has a real answer, not "none" or left open.
pub(super) fn has_answer(draft: &Draft, step: &str) -> bool {
    draft
        .answers
        .get(step)
        .is_some_and(|value| !matches!(value, Value::Skipped | Value::None))
}

/// The steps with an answer that the reporter may share with the area.
pub(super) fn shareable<'a>(draft: &Draft, question: &'a Question) -> impl Iterator<Item = &'a str> {
    question
        .share
        .iter()
        .filter(|step| has_answer(draft, step))
        .map(String::as_str)
}

/// The code chosen at a step.
pub(super) fn chosen<'a>(draft: &'a Draft, step: &str) -> Option<&'a str> {
    match draft.answers.get(step) {
        Some(Value::Choice(code)) => Some(code),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

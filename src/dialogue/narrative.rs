//! The answers and file names that the area reads, with the known identifiers marked.

use super::draft::{Draft, Value};
use super::profile::codes::YES;
use super::profile::question::{AnswerType, Destination, Question};
use super::profile::text::Text;
use super::profile::types::{DocumentCheck, Profile};
use super::questions::applicable_questions;
use super::wording::answer_text;
use crate::domain::ruc;
use crate::vault::attachment::DescribedAttachment;
use crate::vault::filename::tidy_name;
use crate::vault::redaction::{Identifier, IdentifierKind, Mark, Redacted, Redactor};

/// Each answer for the area, redacted. Skipped questions are left out; chosen options are the profile's own words.
pub(super) fn redacted_answers<'a>(
    profile: &'a Profile,
    draft: &Draft,
) -> impl Iterator<Item = (&'a Question, Redacted)> {
    let of_reporter = Redactor::new(&known_identifiers(profile, draft));
    let of_nobody = Redactor::new(&[]);
    applicable_questions(profile, draft)
        .into_iter()
        .filter(|question| is_for_area(draft, question))
        .filter_map(move |question| {
            let value = draft
                .answers
                .get(&question.id)
                .filter(|_| draft.has_answer(&question.id))?;
            let redactor = if matches!(value, Value::Choice(_)) {
                &of_nobody
            } else {
                &of_reporter
            };
            Some((question, redactor.redact(&answer_text(profile, draft, question, value))))
        })
}

/// True if the area reads the answer. The area that reads in place of the usual one must know of the conflict, or it
/// would send the report back; no other area is told.
fn is_for_area(draft: &Draft, question: &Question) -> bool {
    let is_diverted = question.answer_type == AnswerType::Conflict && draft.choice(&question.id) == Some(YES);
    is_diverted || question.into == Some(Destination::Narrative)
}

/// Each attached file with its name, redacted.
pub(super) fn redacted_files<'a>(
    profile: &Profile,
    draft: &'a Draft,
) -> impl Iterator<Item = (&'a DescribedAttachment, Redacted)> {
    let redactor = Redactor::new(&known_identifiers(profile, draft));
    draft
        .files
        .iter()
        .map(move |file| (file, redactor.redact(file.content.name())))
}

/// The file name that the area reads. Marks may have made it too long.
pub(super) fn shown_name(file: &DescribedAttachment, redacted: &Redacted) -> String {
    tidy_name(&redacted.render(|_| false), file.content.name())
}

/// The ids of all marks that the reporter may restore.
pub(super) fn restorable_marks(profile: &Profile, draft: &Draft) -> Vec<String> {
    let mut ids = Vec::new();
    for (question, text) in redacted_answers(profile, draft) {
        let marks = text.pieces().iter().filter_map(|piece| piece.mark());
        ids.extend(marks.filter(|mark| mark.restorable).map(|mark| mark_id(question, mark)));
    }
    ids
}

/// The id of a mark. Steps have no dots, so that a step's marks share a prefix that no other step's have.
pub(super) fn mark_id(question: &Question, mark: &Mark) -> String {
    format!("{}.{}.{}", question.id, mark.start, mark.end)
}

/// True if the reporter wants the analyst to read the marked words.
pub(super) fn is_restored(draft: &Draft, question: &Question, mark: &Mark) -> bool {
    mark.restorable && draft.restored.contains(&mark_id(question, mark))
}

/// All identifiers that the dialogue knows: the reporter's first, then the affected person's.
fn known_identifiers(profile: &Profile, draft: &Draft) -> Vec<Identifier> {
    let mut all = Vec::new();
    for destination in [Destination::Identity, Destination::Affected] {
        let questions = applicable_questions(profile, draft).into_iter();
        for question in questions.filter(|question| question.into == Some(destination)) {
            let is_affected = destination == Destination::Affected;
            match draft.answers.get(&question.id) {
                Some(Value::Document { kind, number }) => {
                    all.extend(document_identifiers(profile, draft, kind, number, is_affected));
                }
                Some(Value::Text(text)) => {
                    let (identifier_kind, mark) = text_identifier(profile, question.answer_type, is_affected);
                    all.push(Identifier::new(identifier_kind, text, mark.get(&draft.language)));
                }
                Some(
                    Value::Choice(_)
                    | Value::None
                    | Value::Skipped
                    | Value::Accepted
                    | Value::Shared(_)
                    | Value::Files(_)
                    | Value::Confirmed,
                )
                | None => {}
            }
        }
    }
    all
}

/// A document's number; for a cédula also the taxpayer number that follows from it.
fn document_identifiers(
    profile: &Profile,
    draft: &Draft,
    kind: &str,
    number: &str,
    is_affected: bool,
) -> Vec<Identifier> {
    let language = draft.language.as_str();
    let marks = &profile.marks;
    let mark = |own: &Text| {
        let mark = if is_affected { &marks.affected_document } else { own };
        mark.get(language).to_owned()
    };
    match profile.document(kind).map(|document| document.check) {
        Some(DocumentCheck::Cedula) => vec![
            Identifier::new(IdentifierKind::Ruc, &ruc::of_cedula(number), &mark(&marks.ruc)),
            Identifier::new(IdentifierKind::Cedula, number, &mark(&marks.document)),
        ],
        Some(DocumentCheck::Passport) | None => {
            vec![Identifier::new(
                IdentifierKind::Document,
                number,
                &mark(&marks.passport),
            )]
        }
    }
}

/// The kind of identifier that a typed answer is, and its mark.
fn text_identifier(profile: &Profile, answer_type: AnswerType, is_affected: bool) -> (IdentifierKind, &Text) {
    let marks = &profile.marks;
    match answer_type {
        AnswerType::Phone => (IdentifierKind::Phone, &marks.phone),
        AnswerType::Email => (IdentifierKind::Email, &marks.email),
        AnswerType::Address => (IdentifierKind::Address, &marks.address),
        AnswerType::Name
        | AnswerType::Text
        | AnswerType::Date
        | AnswerType::Kind
        | AnswerType::Category
        | AnswerType::Conflict
        | AnswerType::Province
        | AnswerType::Establishment
        | AnswerType::Choice
        | AnswerType::Consent
        | AnswerType::Identify
        | AnswerType::Document
        | AnswerType::Files
        | AnswerType::Share
        | AnswerType::Preview => {
            let mark = if is_affected { &marks.affected } else { &marks.name };
            (IdentifierKind::Name, mark)
        }
    }
}

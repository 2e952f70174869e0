//! The preview of a report: the same redaction as the report's, for the reporter's eyes.

use super::draft::{Draft, Value};
use super::narrative::{is_restored, mark_id, redacted_answers, redacted_files, shown_name};
use super::profile::question::{AnswerType, Question};
use super::profile::types::Profile;
use super::questions::applicable_questions;
use super::report::{identity_fields, shared_fields};
use super::routing;
use super::view::{FileView, Preview, PreviewAnswer, TextSpan};
use super::wording::{answer_text, question_text};
use crate::vault::content::Field;
use crate::vault::redaction::{Redacted, find_unknown_identifiers};

/// The case as an analyst will see it, beside the data that only officers will see.
pub(super) fn build_preview(profile: &Profile, draft: &Draft) -> Preview {
    let mut pointed_out: Vec<String> = Vec::new();
    let narrative = redacted_answers(profile, draft)
        .map(|(question, text)| {
            for other in find_unknown_identifiers(&text) {
                if !pointed_out.contains(&other) {
                    pointed_out.push(other);
                }
            }
            PreviewAnswer {
                step: question.id.clone(),
                question: question_text(profile, draft, question, &question.label),
                spans: spans(draft, question, &text),
            }
        })
        .collect();
    let files = redacted_files(profile, draft)
        .map(|(file, name)| FileView {
            name: shown_name(file, &name),
            ..FileView::from(file)
        })
        .collect();
    Preview {
        facets: facet_texts(profile, draft),
        narrative,
        files,
        shared: labels_and_values(&shared_fields(profile, draft)),
        pointed_out,
        identity: labels_and_values(&identity_fields(profile, draft)),
    }
}

/// The facets in words, and the area that receives the report.
fn facet_texts(profile: &Profile, draft: &Draft) -> Vec<(String, String)> {
    let language = draft.language.as_str();
    let is_facet = |question: &&Question| {
        matches!(
            question.answer_type,
            AnswerType::Kind | AnswerType::Category | AnswerType::Province | AnswerType::Establishment
        )
    };
    let questions = applicable_questions(profile, draft).into_iter().filter(is_facet);
    let mut facets: Vec<(String, String)> = questions
        .filter_map(|question| {
            let value = draft
                .answers
                .get(&question.id)
                .filter(|value| !matches!(value, Value::Skipped))?;
            Some((
                question.label.get(language).to_owned(),
                answer_text(profile, draft, question, value),
            ))
        })
        .collect();
    if let Some(area) = routing::receiving_area(profile, draft) {
        let label = profile.texts.area.get(language);
        facets.push((label.to_owned(), area.name.get(language).to_owned()));
    }
    facets
}

fn labels_and_values(fields: &[Field]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|field| (field.label.clone(), field.value.clone()))
        .collect()
}

fn spans(draft: &Draft, question: &Question, text: &Redacted) -> Vec<TextSpan> {
    text.pieces()
        .iter()
        .map(|piece| match piece.mark() {
            None => TextSpan::Text(piece.text().to_owned()),
            Some(mark) => TextSpan::Mark {
                id: mark_id(question, mark),
                label: mark.label.clone(),
                restored: is_restored(draft, question, mark),
                restorable: mark.restorable,
                original: piece.text().to_owned(),
            },
        })
        .collect()
}

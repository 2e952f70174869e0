//! The profile's texts for one draft: options, questions and answers as the reporter reads them.

use super::draft::{Draft, Value};
use super::profile::codes::{KIND_STEP, OTHER_ESTABLISHMENT, PROVINCE_STEP};
use super::profile::question::{AnswerType, Question};
use super::profile::text::Text;
use super::profile::types::{Area, Profile};
use super::routing;
use super::view::OptionView;

/// The options of a question, in the reporter's language.
pub(super) fn options(profile: &Profile, draft: &Draft, question: &Question) -> Vec<OptionView> {
    let language = draft.language.as_str();
    let option = |value: &str, label: &Text, description: Option<&Text>| OptionView {
        value: value.to_owned(),
        label: label.get(language).to_owned(),
        description: description.map(|text| text.get(language).to_owned()),
    };
    let place = |(code, name): (&String, &String)| OptionView {
        value: code.clone(),
        label: name.clone(),
        description: None,
    };
    match question.answer_type {
        AnswerType::Kind => profile
            .kinds
            .iter()
            .map(|kind| option(&kind.id, &kind.label, kind.description.as_ref()))
            .collect(),
        AnswerType::Category => {
            let kind = draft.choice(KIND_STEP);
            let of_kind = profile
                .categories
                .iter()
                .filter(|category| Some(category.kind.as_str()) == kind);
            of_kind
                .map(|category| option(&category.id, &category.label, category.description.as_ref()))
                .collect()
        }
        AnswerType::Province => profile.provinces.iter().map(place).collect(),
        AnswerType::Establishment => {
            let province = draft.choice(PROVINCE_STEP);
            let of_province = province.and_then(|province| profile.establishments.get(province));
            let other = option(OTHER_ESTABLISHMENT, &profile.texts.other_establishment, None);
            of_province.into_iter().flatten().map(place).chain([other]).collect()
        }
        AnswerType::Document => profile
            .documents
            .iter()
            .map(|document| option(&document.id, &document.label, None))
            .collect(),
        AnswerType::Conflict
        | AnswerType::Choice
        | AnswerType::Identify
        | AnswerType::Text
        | AnswerType::Date
        | AnswerType::Consent
        | AnswerType::Name
        | AnswerType::Phone
        | AnswerType::Email
        | AnswerType::Address
        | AnswerType::Files
        | AnswerType::Share
        | AnswerType::Preview => question
            .options
            .iter()
            .map(|of_question| option(&of_question.id, &of_question.label, of_question.description.as_ref()))
            .collect(),
    }
}

/// A text of a question, with the areas that it names.
pub(super) fn question_text(profile: &Profile, draft: &Draft, question: &Question, text: &Text) -> String {
    let language = draft.language.as_str();
    let text = text.get(language);
    if question.answer_type != AnswerType::Conflict {
        return text.to_owned();
    }
    let name = |area: Option<&Area>| area.map_or_else(String::new, |area| area.name.get(language).to_owned());
    text.replace("{area}", &name(routing::category_area(profile, draft)))
        .replace("{other_area}", &name(routing::conflict_area(profile, draft)))
}

/// An answer as the reporter reads it: labels, not codes.
pub(super) fn answer_text(profile: &Profile, draft: &Draft, question: &Question, value: &Value) -> String {
    let language = draft.language.as_str();
    let texts = &profile.texts;
    let own_or = |own: &Option<Text>, otherwise: &Text| own.as_ref().unwrap_or(otherwise).get(language).to_owned();
    match value {
        Value::Choice(code) => options(profile, draft, question)
            .into_iter()
            .find(|option| option.value == *code)
            .map_or_else(|| code.clone(), |option| option.label),
        Value::Text(text) => text.clone(),
        Value::Document { kind, number } => profile.document(kind).map_or_else(
            || number.clone(),
            |document| format!("{} {number}", document.label.get(language)),
        ),
        Value::None => own_or(&question.none, &texts.skipped),
        Value::Skipped => own_or(&question.skip, &texts.skipped),
        Value::Accepted => own_or(&question.accept, &texts.confirmed),
        Value::Shared(steps) => {
            let labels: Vec<&str> = steps
                .iter()
                .filter_map(|step| profile.question(step))
                .map(|shared| shared.label.get(language))
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

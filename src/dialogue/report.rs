//! The finished report: facets in clear, a redacted narrative, fields to share, and the identity.

use super::draft::{Draft, Value};
use super::narrative::{is_restored, redacted_answers, redacted_files, shown_name};
use super::profile::codes::{
    CATEGORY_STEP, CONSENT_STEP, ESTABLISHMENT_STEP, KIND_STEP, OTHER_ESTABLISHMENT, PROVINCE_STEP,
};
use super::profile::question::{AnswerType, Question};
use super::profile::types::{Profile, ValidationRule};
use super::questions::{applicable_questions, is_complete, validation_rule};
use super::routing;
use super::wording::{answer_text, question_text};
use crate::domain::facets::Kind;
use crate::vault::attachment::{self, DescribedAttachment};
use crate::vault::content::{Answer, Field, IdentityData, Narrative, Redacted, SharedFields};
use crate::vault::redaction::Mark;
use crate::vault::report::ReportInput;

/// The facets of a report, as far as the dialogue knows them. Codes of the profile only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFacets {
    pub kind: Kind,
    pub category: String,
    pub province: Option<String>,
    /// `None` also where the place was written by hand: that text is sealed.
    pub establishment: Option<String>,
    /// The area that reads the report.
    pub area: String,
    /// True if the reporter agreed to one validation of the identity, because it is always due for this kind.
    pub validation: bool,
}

/// A finished report in plaintext, ready to be sealed.
#[derive(Debug)]
pub struct Report {
    pub facets: ReportFacets,
    pub input: ReportInput,
}

impl Report {
    /// The part that stays in clear, and the part to seal.
    #[must_use]
    pub fn into_input(self) -> (ReportFacets, ReportInput) {
        (self.facets, self.input)
    }
}

/// The facets, as soon as kind and category are chosen.
pub(super) fn facets(profile: &Profile, draft: &Draft) -> Option<ReportFacets> {
    let category = profile.category(draft.choice(CATEGORY_STEP)?)?;
    Some(ReportFacets {
        kind: draft.choice(KIND_STEP)?.parse().ok()?,
        category: category.id.clone(),
        province: draft.choice(PROVINCE_STEP).map(ToOwned::to_owned),
        establishment: draft
            .choice(ESTABLISHMENT_STEP)
            .filter(|code| *code != OTHER_ESTABLISHMENT)
            .map(ToOwned::to_owned),
        area: routing::receiving_area(profile, draft)?.id.clone(),
        validation: agreed_validation(profile, draft),
    })
}

/// True if a validation is always due, and there is an identity to validate, to which the reporter consented.
fn agreed_validation(profile: &Profile, draft: &Draft) -> bool {
    let consented = matches!(draft.answers.get(CONSENT_STEP), Some(Value::Accepted));
    validation_rule(profile, draft) == Some(ValidationRule::Always)
        && consented
        && !identity_fields(profile, draft).is_empty()
}

/// Builds the report. `None` until the dialogue is complete.
#[must_use]
pub fn build_report(profile: &Profile, draft: &Draft) -> Option<Report> {
    if !is_complete(profile, draft) {
        return None;
    }
    let facets = facets(profile, draft)?;
    let mut redacted = Vec::new();
    let mut take = |mark: &str, words: &str| {
        redacted.push(Redacted {
            mark: mark.to_owned(),
            text: words.to_owned(),
        });
    };
    let answers: Vec<Answer> = redacted_answers(profile, draft)
        .map(|(question, text)| {
            let restored = |mark: &Mark| is_restored(draft, question, mark);
            text.hidden(restored).for_each(|(mark, words)| take(mark, words));
            Answer {
                question: question.id.clone(),
                label: question_text(profile, draft, question, &question.label),
                text: text.render(restored),
            }
        })
        .collect();
    let attachments = redacted_files(profile, draft)
        .map(|(file, name)| {
            name.hidden(|_| false).for_each(|(mark, words)| take(mark, words));
            let content = &file.content;
            DescribedAttachment {
                id: file.id,
                content: attachment::with_name(content, shown_name(file, &name), content.cleaning()),
            }
        })
        .collect();
    let (shared, identity) = (shared_fields(profile, draft), identity_fields(profile, draft));
    let input = ReportInput {
        narrative: Narrative::new(draft.language.clone(), answers.into()),
        shared: (!shared.is_empty()).then(|| SharedFields::new(shared.into())),
        identity: (!(identity.is_empty() && redacted.is_empty()))
            .then(|| IdentityData::new(identity.into(), redacted.into())),
        attachments,
    };
    Some(Report { facets, input })
}

/// The fields that go into the identity seal.
pub(super) fn identity_fields(profile: &Profile, draft: &Draft) -> Vec<Field> {
    applicable_questions(profile, draft)
        .into_iter()
        .filter(|question| question.is_personal())
        .filter_map(|question| personal_field(profile, draft, question))
        .collect()
}

/// The fields that the reporter shares with the area.
pub(super) fn shared_fields(profile: &Profile, draft: &Draft) -> Vec<Field> {
    let question = profile.question_of_type(AnswerType::Share);
    let Some(Value::Shared(steps)) = question.and_then(|question| draft.answers.get(&question.id)) else {
        return Vec::new();
    };
    steps
        .iter()
        .filter_map(|step| personal_field(profile, draft, profile.question(step)?))
        .collect()
}

/// Label and value of one piece of personal data; `None` where it was left open.
pub(super) fn personal_field(profile: &Profile, draft: &Draft, question: &Question) -> Option<Field> {
    let value = draft
        .answers
        .get(&question.id)
        .filter(|value| !matches!(value, Value::Skipped))?;
    Some(Field {
        field: question.id.clone(),
        label: question.label.get(&draft.language).to_owned(),
        value: answer_text(profile, draft, question, value),
    })
}

//! What a finished dialogue amounts to: facets in clear, a redacted narrative, fields to share, and the identity. And
//! the preview of it: both come from the same redaction.

use super::draft::{Draft, Value};
use super::engine::{OTHER_ESTABLISHMENT, asked, chosen, has_answer, is_complete};
use super::profile::{Ask, Destination, DocumentCheck, Profile, Question};
use super::routing::{self, YES, worded};
use super::screen::spoken;
use super::view::{Answer, FileLine, Preview, Segment};
use crate::domain::facets::Kind;
use crate::domain::ruc;
use crate::vault::attachment::{self, DescribedAttachment};
use crate::vault::content::{self, Field, IdentityData, Narrative, SharedFields};
use crate::vault::filename::tidy_name;
use crate::vault::redaction::{Identifier, IdentifierKind, Mark, Redacted, Redactor, find_unknown_identifiers};
use crate::vault::report::ReportInput;

/// What is in clear of a report, as far as the dialogue knows it. Codes of the profile only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facets {
    pub kind: Kind,
    pub category: String,
    pub province: Option<String>,
    /// None also where the place was written by hand; that text is sealed.
    pub establishment: Option<String>,
    /// By the category's routing, or away from where somebody that it is about works.
    pub area: String,
}

/// A finished report in plaintext, ready to be sealed.
#[derive(Debug)]
pub struct Report {
    pub facets: Facets,
    pub input: ReportInput,
}

impl Report {
    /// What stays in clear, and what is sealed.
    #[must_use]
    pub fn into_input(self) -> (Facets, ReportInput) {
        (self.facets, self.input)
    }
}

/// The facets, as soon as kind and category are chosen.
#[must_use]
pub fn facets(profile: &Profile, draft: &Draft) -> Option<Facets> {
    let category = profile.category(chosen(draft, "category")?)?;
    Some(Facets {
        kind: chosen(draft, "kind")?.parse().ok()?,
        category: category.id.clone(),
        province: chosen(draft, "province").map(ToOwned::to_owned),
        establishment: chosen(draft, "establishment")
            .filter(|code| *code != OTHER_ESTABLISHMENT)
            .map(ToOwned::to_owned),
        area: routing::area(profile, draft)?.id.clone(),
    })
}

/// The report, once the dialogue is complete.
#[must_use]
pub fn into_report(profile: &Profile, draft: &Draft) -> Option<Report> {
    if !is_complete(profile, draft) {
        return None;
    }
    let facets = facets(profile, draft)?;
    let language = draft.language.as_str();
    let mut redacted = Vec::new();
    let answers: Vec<content::Answer> = narrative(profile, draft)
        .map(|(question, text)| {
            let restored = |mark: &Mark| is_restored(draft, question, mark);
            redacted.extend(text.hidden(restored).map(|(mark, words)| content::Redacted {
                mark: mark.to_owned(),
                text: words.to_owned(),
            }));
            content::Answer {
                question: question.id.clone(),
                label: worded(profile, draft, question, &question.label),
                text: text.render(restored),
            }
        })
        .collect();
    let attachments = files(profile, draft)
        .map(|(file, name)| {
            redacted.extend(name.hidden(|_| false).map(|(mark, words)| content::Redacted {
                mark: mark.to_owned(),
                text: words.to_owned(),
            }));
            let content = &file.content;
            DescribedAttachment {
                id: file.id,
                content: attachment::with_name(content, shown_name(file, &name), content.cleaning()),
            }
        })
        .collect();
    let (shared, identity) = (shared(profile, draft), identity(profile, draft));
    let input = ReportInput {
        narrative: Narrative::new(language.to_owned(), answers.into()),
        shared: (!shared.is_empty()).then(|| SharedFields::new(shared.into())),
        identity: (!(identity.is_empty() && redacted.is_empty()))
            .then(|| IdentityData::new(identity.into(), redacted.into())),
        attachments,
    };
    Some(Report { facets, input })
}

/// The case as an analyst will see it, beside what only officers will.
pub(super) fn preview(profile: &Profile, draft: &Draft) -> Preview {
    let language = draft.language.as_str();
    let mut facets: Vec<(String, String)> = asked(profile, draft)
        .into_iter()
        .filter(|question| {
            matches!(
                question.ask,
                Ask::Kind | Ask::Category | Ask::Province | Ask::Establishment
            )
        })
        .filter_map(|question| {
            let value = draft
                .answers
                .get(&question.id)
                .filter(|value| !matches!(value, Value::Skipped))?;
            Some((
                question.label.get(language).to_owned(),
                spoken(profile, draft, question, value),
            ))
        })
        .collect();
    facets.extend(routing::area(profile, draft).map(|a| {
        (
            profile.texts.area.get(language).to_owned(),
            a.name.get(language).to_owned(),
        )
    }));

    let mut pointed_out: Vec<String> = Vec::new();
    let narrative = narrative(profile, draft)
        .map(|(question, text)| {
            for other in find_unknown_identifiers(&text) {
                if !pointed_out.contains(&other) {
                    pointed_out.push(other);
                }
            }
            Answer {
                step: question.id.clone(),
                question: worded(profile, draft, question, &question.label),
                segments: segments(draft, question, &text),
            }
        })
        .collect();
    let pairs = |fields: Vec<Field>| {
        fields
            .iter()
            .map(|field| (field.label.clone(), field.value.clone()))
            .collect()
    };
    Preview {
        facets,
        narrative,
        files: files(profile, draft)
            .map(|(file, name)| FileLine {
                name: shown_name(file, &name),
                ..FileLine::from(file)
            })
            .collect(),
        shared: pairs(shared(profile, draft)),
        pointed_out,
        identity: pairs(identity(profile, draft)),
    }
}

fn segments(draft: &Draft, question: &Question, text: &Redacted) -> Vec<Segment> {
    text.pieces()
        .iter()
        .map(|piece| match piece.mark() {
            None => Segment::Text(piece.text().to_owned()),
            Some(mark) => Segment::Mark {
                id: mark_id(question, mark),
                label: mark.label.clone(),
                restored: is_restored(draft, question, mark),
                restorable: mark.restorable,
                original: piece.text().to_owned(),
            },
        })
        .collect()
}

/// The ids of all marks that the reporter may restore.
pub(super) fn restorable_marks(profile: &Profile, draft: &Draft) -> Vec<String> {
    let mut ids = Vec::new();
    for (question, text) in narrative(profile, draft) {
        let marks = text.pieces().iter().filter_map(|piece| piece.mark());
        ids.extend(marks.filter(|mark| mark.restorable).map(|mark| mark_id(question, mark)));
    }
    ids
}

/// Steps have no dots, so a step's marks share a prefix that no other step's have.
fn mark_id(question: &Question, mark: &Mark) -> String {
    format!("{}.{}.{}", question.id, mark.start, mark.end)
}

fn is_restored(draft: &Draft, question: &Question, mark: &Mark) -> bool {
    mark.restorable && draft.restored.contains(&mark_id(question, mark))
}

/// Each answer for the area, redacted. Left-open ones are left out; a chosen option is the profile's own words.
fn narrative<'a>(profile: &'a Profile, draft: &Draft) -> impl Iterator<Item = (&'a Question, Redacted)> {
    let known = Redactor::new(&identifiers(profile, draft));
    let nobody = Redactor::new(&[]);
    asked(profile, draft)
        .into_iter()
        .filter(|question| {
            // Whoever reads in place of the usual area must know why, or would send it there. Else nobody is told.
            let diverted = question.ask == Ask::Conflict && chosen(draft, &question.id) == Some(YES);
            diverted || question.into == Some(Destination::Narrative)
        })
        .filter_map(move |question| {
            let value = draft
                .answers
                .get(&question.id)
                .filter(|_| has_answer(draft, &question.id))?;
            let redactor = if matches!(value, Value::Choice(_)) {
                &nobody
            } else {
                &known
            };
            Some((question, redactor.redact(&spoken(profile, draft, question, value))))
        })
}

/// The name that the area reads: marks may have made it longer than names are.
fn shown_name(file: &DescribedAttachment, redacted: &Redacted) -> String {
    tidy_name(&redacted.render(|_| false), file.content.name())
}

/// Each attached file with its name, redacted.
fn files<'a>(profile: &Profile, draft: &'a Draft) -> impl Iterator<Item = (&'a DescribedAttachment, Redacted)> {
    let known = Redactor::new(&identifiers(profile, draft));
    draft
        .files
        .iter()
        .map(move |file| (file, known.redact(file.content.name())))
}

/// All identifiers that the dialogue knows: the reporter's first.
fn identifiers(profile: &Profile, draft: &Draft) -> Vec<Identifier> {
    let language = draft.language.as_str();
    let marks = &profile.marks;
    let mut all = Vec::new();
    for whose in [Destination::Identity, Destination::Affected] {
        for question in asked(profile, draft)
            .into_iter()
            .filter(|question| question.into == Some(whose))
        {
            let affected = whose == Destination::Affected;
            match (draft.answers.get(&question.id), question.ask) {
                (Some(Value::Document { kind, number }), _) => {
                    let check = profile
                        .documents
                        .iter()
                        .find(|known| known.id == *kind)
                        .map(|known| known.check);
                    let label = match check {
                        _ if affected => &marks.affected_document,
                        Some(DocumentCheck::Cedula) => &marks.document,
                        _ => &marks.passport,
                    };
                    if check == Some(DocumentCheck::Cedula) {
                        let label = if affected { label } else { &marks.ruc };
                        all.push(Identifier::new(
                            IdentifierKind::Ruc,
                            &ruc::of_cedula(number),
                            label.get(language),
                        ));
                        let sort = IdentifierKind::Cedula;
                        let label = if affected {
                            &marks.affected_document
                        } else {
                            &marks.document
                        };
                        all.push(Identifier::new(sort, number, label.get(language)));
                    } else {
                        all.push(Identifier::new(IdentifierKind::Document, number, label.get(language)));
                    }
                }
                (Some(Value::Text(text)), ask) => {
                    let (sort, label) = match ask {
                        Ask::Phone => (IdentifierKind::Phone, &marks.phone),
                        Ask::Email => (IdentifierKind::Email, &marks.email),
                        Ask::Address => (IdentifierKind::Address, &marks.address),
                        _ if affected => (IdentifierKind::Name, &marks.affected),
                        _ => (IdentifierKind::Name, &marks.name),
                    };
                    all.push(Identifier::new(sort, text, label.get(language)));
                }
                _ => {}
            }
        }
    }
    all
}

/// What goes into the identity seal.
pub(super) fn identity(profile: &Profile, draft: &Draft) -> Vec<Field> {
    asked(profile, draft)
        .into_iter()
        .filter(|question| matches!(question.into, Some(Destination::Identity | Destination::Affected)))
        .filter_map(|question| {
            let (label, value) = field_of(profile, draft, &question.id)?;
            Some(Field {
                field: question.id.clone(),
                label,
                value,
            })
        })
        .collect()
}

fn shared(profile: &Profile, draft: &Draft) -> Vec<Field> {
    let chosen = profile.questions.iter().find(|question| question.ask == Ask::Share);
    let Some(Value::Shared(steps)) = chosen.and_then(|question| draft.answers.get(&question.id)) else {
        return Vec::new();
    };
    steps
        .iter()
        .filter_map(|step| {
            let (label, value) = field_of(profile, draft, step)?;
            Some(Field {
                field: step.clone(),
                label,
                value,
            })
        })
        .collect()
}

/// Label and value of one piece of personal data; none where it was left open.
pub(super) fn field_of(profile: &Profile, draft: &Draft, step: &str) -> Option<(String, String)> {
    let question = profile.question(step)?;
    let value = draft
        .answers
        .get(step)
        .filter(|value| !matches!(value, Value::Skipped))?;
    Some((
        question.label.get(&draft.language).to_owned(),
        spoken(profile, draft, question, value),
    ))
}

//! The profile as a whole, and the tables that are neither questions nor texts nor officers' rules.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

use super::officers::{CheckClass, ErasureReason, OfficerRules, VerdictRules};
use super::question::{AnswerType, Question};
use super::text::Text;
use super::texts::{DialogueTexts, ErrorTexts, MarkTexts};
use crate::domain::day::Day;
use crate::domain::deadline::Deadlines;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub id: String,
    /// A name of the IANA time zone database.
    pub time_zone: String,
    /// Codes of languages; the first is the default.
    pub languages: Vec<String>,
    /// Language of the receipt's word list: `es` or `en`.
    pub receipt_language: String,
    /// The area of the identity officers.
    pub desk: String,
    pub name: Text,
    pub short_name: Text,
    /// Days that do not count towards a deadline, besides Saturdays and Sundays.
    #[serde(deserialize_with = "dates")]
    pub holidays: Vec<Day>,
    pub retention: Retention,
    pub attachments: AttachmentLimits,
    pub areas: Vec<Area>,
    pub kinds: Vec<Kind>,
    pub categories: Vec<Category>,
    /// Code to name.
    pub provinces: BTreeMap<String, String>,
    /// By province: code to name.
    pub establishments: BTreeMap<String, BTreeMap<String, String>>,
    pub documents: Vec<DocumentKind>,
    pub questions: Vec<Question>,
    pub texts: DialogueTexts,
    /// Other places to which a reporter can turn.
    pub other_ways: Vec<Text>,
    pub marks: MarkTexts,
    pub errors: ErrorTexts,
    /// Classes of purposes for opening an identity.
    pub purposes: Vec<Purpose>,
    pub officers: OfficerRules,
    /// The checks that officers can make.
    pub checks: Vec<CheckClass>,
    pub erasure_reasons: Vec<ErasureReason>,
    pub verdicts: VerdictRules,
}

/// Retention periods, in days.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// From a case's closing until its identity is erased.
    pub identity_days: u32,
    /// From a case's closing until the case is erased.
    pub case_days: u32,
    /// Until erased data has left the last backup.
    pub backup_days: u32,
}

/// The number and size of files that a reporter may attach.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentLimits {
    pub max_files: u32,
    /// Megabytes (a million bytes) of one file.
    pub max_file_mb: u32,
    /// Megabytes of all files of a report.
    pub max_total_mb: u32,
}

impl AttachmentLimits {
    /// The largest file, in bytes.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        u64::from(self.max_file_mb) * 1_000_000
    }

    /// The largest sum of all files of a report, in bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        u64::from(self.max_total_mb) * 1_000_000
    }
}

/// A unit of staff that reads reports.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    pub id: String,
    /// The area that reads a report instead when somebody that it is about works in this area.
    pub conflict_area: Option<String>,
    pub name: Text,
}

/// A kind of report.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// `queja` or `denuncia`.
    pub id: String,
    pub label: Text,
    pub description: Option<Text>,
    pub identity: IdentityRule,
    pub validation: ValidationRule,
    pub deadlines: Deadlines,
}

/// The rule by which a kind of report needs an identity or not.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityRule {
    Required,
    Optional,
}

/// Says whether the identity of a kind of report is always validated.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ValidationRule {
    /// Once for every report. The reporter agrees to it when they consent, and their statement says so.
    Always,
    /// If somebody of the area asks for it.
    OnRequest,
}

/// The subject of a report. It decides which area reads it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub id: String,
    pub kind: String,
    /// The area to which cases of this category go.
    pub area: String,
    pub label: Text,
    pub description: Option<Text>,
}

/// A kind of identity document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentKind {
    pub id: String,
    pub check: DocumentCheck,
    pub label: Text,
}

/// The check that a document's number has to pass.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentCheck {
    Cedula,
    Passport,
}

/// A class of purposes for opening an identity.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    pub id: String,
    /// The first roster allows openings of this class without somebody else's signed request.
    #[serde(default)]
    pub alone: bool,
    pub label: Text,
}

impl Profile {
    /// Other places to which a reporter can turn.
    #[must_use]
    pub fn other_ways(&self, language: &str) -> Vec<String> {
        self.other_ways.iter().map(|way| way.get(language).to_owned()).collect()
    }

    /// The language `wanted` if the profile has it, else the default language.
    #[must_use]
    pub fn language(&self, wanted: &str) -> &str {
        let default = self.languages.first().map_or("es", String::as_str);
        self.languages
            .iter()
            .find(|known| *known == wanted)
            .map_or(default, String::as_str)
    }

    /// The institution's time zone. A loaded profile's exists; UTC otherwise.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// An area by its code.
    #[must_use]
    pub fn area(&self, id: &str) -> Option<&Area> {
        self.areas.iter().find(|area| area.id == id)
    }

    /// A kind of report by its code.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }

    /// A category by its code.
    #[must_use]
    pub fn category(&self, id: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// The areas to which the dialogue can send a report.
    #[must_use]
    pub fn reading_areas(&self) -> BTreeSet<&str> {
        let mut areas: BTreeSet<&str> = self.categories.iter().map(|category| category.area.as_str()).collect();
        if self.question_of_type(AnswerType::Conflict).is_some() {
            let others = areas
                .iter()
                .filter_map(|area| self.area(area)?.conflict_area.as_deref());
            areas.extend(others.collect::<Vec<_>>());
        }
        areas
    }

    /// The name of an establishment, by the code in a case's facets.
    #[must_use]
    pub fn establishment(&self, id: &str) -> Option<&str> {
        self.establishments
            .values()
            .find_map(|of| of.get(id))
            .map(String::as_str)
    }

    /// A kind of document by its code.
    #[must_use]
    pub fn document(&self, id: &str) -> Option<&DocumentKind> {
        self.documents.iter().find(|document| document.id == id)
    }

    /// A question by the name of its step.
    #[must_use]
    pub fn question(&self, step: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == step)
    }

    /// The first question that takes this type of answer.
    pub(crate) fn question_of_type(&self, answer_type: AnswerType) -> Option<&Question> {
        self.questions
            .iter()
            .find(|question| question.answer_type == answer_type)
    }

    /// A class of purposes by its code.
    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&Purpose> {
        self.purposes.iter().find(|purpose| purpose.id == id)
    }

    /// The classes that the first roster's policy lets stand alone.
    #[must_use]
    pub fn classes_that_stand_alone(&self) -> Vec<String> {
        let alone = self.purposes.iter().filter(|purpose| purpose.alone);
        alone.map(|purpose| purpose.id.clone()).collect()
    }

    /// A class of checks by its code.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&CheckClass> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// A reason of an erasure by its code.
    #[must_use]
    pub fn erasure_reason(&self, id: &str) -> Option<&ErasureReason> {
        self.erasure_reasons.iter().find(|reason| reason.id == id)
    }
}

fn dates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Day>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| {
            text.parse::<Date>()
                .map(Day::from_date)
                .map_err(serde::de::Error::custom)
        })
        .collect()
}

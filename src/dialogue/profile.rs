//! The institution's file (`profiles/*.toml`): its texts, categories, areas, questions and terms, checked when loaded.
//! Knows nothing of any one report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

use super::check;
use crate::domain::day::Day;
use crate::domain::deadline::Deadlines;

/// A text in each language of the profile.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Text(pub(super) BTreeMap<String, String>);

impl Text {
    /// The text in `language`; in whatever language there is when the profile does not speak that one.
    #[must_use]
    pub fn get(&self, language: &str) -> &str {
        self.0
            .get(language)
            .or_else(|| self.0.get("es"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}

/// A profile that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("cannot read the profile {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("the profile does not parse: {0}")]
    Parse(#[from] toml::de::Error),
    #[error("the profile is not sound:\n- {}", .0.join("\n- "))]
    Unsound(Vec<String>),
}

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub id: String,
    pub time_zone: String,
    /// The first is the default.
    pub languages: Vec<String>,
    /// Language of the receipt's word list: `es` or `en`.
    pub receipt_language: String,
    /// The area of the identity officers.
    pub desk: String,
    pub name: Text,
    pub short_name: Text,
    /// Days on which no term runs.
    #[serde(deserialize_with = "dates")]
    pub holidays: Vec<Day>,
    pub retention: Retention,
    pub evidence: Evidence,
    pub areas: Vec<Area>,
    pub kinds: Vec<Kind>,
    pub categories: Vec<Category>,
    /// Code to name.
    pub provinces: BTreeMap<String, String>,
    /// By province: code to name.
    pub establishments: BTreeMap<String, BTreeMap<String, String>>,
    pub documents: Vec<DocumentKind>,
    pub questions: Vec<Question>,
    pub texts: Texts,
    pub other_ways: Vec<Text>,
    pub marks: Marks,
    pub errors: Errors,
    /// Classes of purposes for opening an identity.
    pub purposes: Vec<Purpose>,
    pub verdicts: Verdicts,
}

/// How long things are kept, in days.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub identity_days: u32,
    pub case_days: u32,
    pub backup_days: u32,
}

/// How many files a reporter may attach, and how large.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub max_files: u32,
    /// Megabytes (a million bytes) of one file.
    pub max_file_mb: u32,
    /// Megabytes of all files of a report.
    pub max_total_mb: u32,
}

impl Evidence {
    /// Bytes of one file.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        u64::from(self.max_file_mb) * 1_000_000
    }

    /// Bytes of all files of a report.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        u64::from(self.max_total_mb) * 1_000_000
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    pub id: String,
    /// Who reads a report instead when somebody that it is about works in this area.
    pub conflict_area: Option<String>,
    pub name: Text,
}

/// What can be filed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// `queja` or `denuncia`.
    pub id: String,
    pub label: Text,
    pub description: Option<Text>,
    pub identity: IdentityRule,
    pub deadlines: Deadlines,
}

/// Whether a report of this kind may come without an identity.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityRule {
    Required,
    Optional,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub id: String,
    pub kind: String,
    /// Where cases of this category go.
    pub area: String,
    pub label: Text,
    pub description: Option<Text>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentKind {
    pub id: String,
    pub check: DocumentCheck,
    pub label: Text,
}

/// How a document's number is checked.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentCheck {
    Cedula,
    Passport,
}

/// One question of the dialogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The step's name.
    pub id: String,
    pub ask: Ask,
    pub into: Option<Destination>,
    /// Short, for summaries.
    pub label: Text,
    pub text: Text,
    pub help: Option<Text>,
    /// All must hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Set where the question may be left open: the words for it.
    pub skip: Option<Text>,
    /// It may be left open only if one of these steps has an answer.
    #[serde(default)]
    pub skip_needs_one_of: Vec<String>,
    /// For `email`: the words for having none.
    pub none: Option<Text>,
    #[serde(default)]
    pub options: Vec<ChoiceOption>,
    #[serde(default)]
    pub long: bool,
    pub max_chars: Option<usize>,
    /// For `consent`.
    #[serde(default)]
    pub terms: Vec<Text>,
    pub accept: Option<Text>,
    pub refuse: Option<Text>,
    /// For `share`: the steps whose answers may be shared with the area.
    #[serde(default)]
    pub share: Vec<String>,
}

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    Kind,
    Category,
    /// Whether somebody that the report is about works in the area that would read it; `yes` sends it to another.
    Conflict,
    Province,
    Establishment,
    Choice,
    Text,
    Date,
    Consent,
    /// Asked only where the kind's identity is optional; its options are `yes` and `no`.
    Identify,
    Document,
    Name,
    Phone,
    Email,
    Address,
    /// Asked once; what is attached comes by the channel's own way.
    Files,
    Share,
    Preview,
}

impl Ask {
    /// Asked once at most, and always under the same name.
    #[must_use]
    pub const fn fixed_id(self) -> Option<&'static str> {
        Some(match self {
            Self::Kind => "kind",
            Self::Category => "category",
            Self::Conflict => "conflict",
            Self::Province => "province",
            Self::Establishment => "establishment",
            Self::Consent => "consent",
            Self::Identify => "identify",
            Self::Files => "files",
            Self::Share => "share",
            Self::Preview => "preview",
            _ => return None,
        })
    }
}

/// Where an answer goes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// To the area, redacted.
    Narrative,
    /// The reporter's, to the officers only.
    Identity,
    /// The affected person's, to the officers only.
    Affected,
}

/// Holds if the step was answered (not left open) with one of `is`, if given, and none of `is_not`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub step: String,
    #[serde(default)]
    pub is: Vec<String>,
    #[serde(default)]
    pub is_not: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    pub id: String,
    pub label: Text,
    pub description: Option<Text>,
}

/// Texts of the dialogue that belong to no question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub other_establishment: Text,
    pub area: Text,
    pub skipped: Text,
    pub nothing_shared: Text,
    pub confirmed: Text,
    pub refused: Text,
    pub refused_help: Text,
    pub done: Text,
    pub files: Text,
}

/// What stands in place of what was hidden, without brackets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    pub document: Text,
    pub passport: Text,
    pub ruc: Text,
    pub phone: Text,
    pub email: Text,
    pub address: Text,
    pub name: Text,
    pub affected: Text,
    pub affected_document: Text,
}

/// What is said when an answer cannot be taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    pub required: Text,
    pub choose: Text,
    pub too_long: Text,
    pub cedula: Text,
    pub passport: Text,
    pub name: Text,
    pub phone: Text,
    pub email: Text,
    pub address: Text,
    pub contact: Text,
    pub consent: Text,
    pub no_file: Text,
    pub undecided_file: Text,
}

/// A class of purposes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    pub id: String,
    pub label: Text,
}

/// What the reporter reads of a verdict.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdicts {
    pub valid: Text,
    pub mismatch: Text,
    pub unreachable: Text,
}

impl Profile {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let text = std::fs::read_to_string(path).map_err(|source| ProfileError::Read {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Parses and checks the text of a profile. All that is wrong with it is named at once.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        let wrong = check::problems(&profile);
        if wrong.is_empty() {
            Ok(profile)
        } else {
            Err(ProfileError::Unsound(wrong))
        }
    }

    /// Where else one can go with a complaint.
    #[must_use]
    pub fn other_ways(&self, language: &str) -> Vec<String> {
        self.other_ways.iter().map(|way| way.get(language).to_owned()).collect()
    }

    /// The language spoken to somebody who asked for `wanted`: that one, or the default.
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

    #[must_use]
    pub fn area(&self, id: &str) -> Option<&Area> {
        self.areas.iter().find(|area| area.id == id)
    }

    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }

    #[must_use]
    pub fn category(&self, id: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// The areas to which the dialogue can send a report.
    #[must_use]
    pub fn reading_areas(&self) -> BTreeSet<&str> {
        let mut areas: BTreeSet<&str> = self.categories.iter().map(|category| category.area.as_str()).collect();
        if self.questions.iter().any(|question| question.ask == Ask::Conflict) {
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

    #[must_use]
    pub fn question(&self, step: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == step)
    }

    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&Purpose> {
        self.purposes.iter().find(|purpose| purpose.id == id)
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

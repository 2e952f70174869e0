//! The interface's texts: one folder of Fluent files a language under `locales/`, embedded in the binary.
//! A further language is a further folder. The dialogue's own texts are the profile's, never here.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;

use crate::domain::state::State;
use crate::vault::receipt::ReceiptError;

/// The language of every screen unless the visitor chose another.
pub const DEFAULT_LANGUAGE: &str = "es";

#[derive(RustEmbed)]
#[folder = "locales"]
struct Locales;

/// A file under `locales/` cannot be used; the binary was built from a broken tree.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LocaleError {
    #[error("locales/{0}: not a language tag")]
    NoLanguage(String),
    #[error("locales/{file}: {problem}")]
    Broken { file: String, problem: String },
    #[error("locales/{DEFAULT_LANGUAGE}: missing, and it is the default")]
    NoDefault,
}

/// All languages; made once at start.
#[derive(Debug, Clone)]
pub struct Languages(Arc<[Arc<Language>]>);

struct Language {
    code: String,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl Languages {
    /// Reads what is embedded; the default language comes first, the others by their codes.
    pub fn load() -> Result<Self, LocaleError> {
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in Locales::iter().filter(|path| path.ends_with(".ftl")) {
            if let Some((code, _)) = path.split_once('/') {
                files.entry(code.to_owned()).or_default().push(path.to_string());
            }
        }
        let mut all = Vec::new();
        for (code, paths) in files {
            all.push(Arc::new(Language::read(code, &paths)?));
        }
        all.sort_by_key(|language| (language.code != DEFAULT_LANGUAGE, language.code.clone()));
        match all.first() {
            Some(first) if first.code == DEFAULT_LANGUAGE => Ok(Self(all.into())),
            _ => Err(LocaleError::NoDefault),
        }
    }

    /// The texts of the language `code`, or of the default where there is no such language.
    #[must_use]
    pub fn texts(&self, code: Option<&str>) -> Texts {
        let chosen = code.and_then(|code| self.known(code)).unwrap_or(&self.0[0]);
        Texts {
            language: Arc::clone(chosen),
            all: self.clone(),
        }
    }

    /// Whether there is such a language: what `?lang=` may set.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.known(code).is_some()
    }

    /// Every language: code and own name, the default first.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String)> {
        let name = |language: &Arc<Language>| language.format("language-name", None).unwrap_or_default();
        self.0
            .iter()
            .map(|language| (language.code.clone(), name(language)))
            .collect()
    }

    fn known(&self, code: &str) -> Option<&Arc<Language>> {
        self.0.iter().find(|language| language.code == code)
    }
}

impl Language {
    fn read(code: String, paths: &[String]) -> Result<Self, LocaleError> {
        let tag = code.parse().map_err(|_| LocaleError::NoLanguage(code.clone()))?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Isolating marks are invisible and would travel into what people copy.
        bundle.set_use_isolating(false);
        for path in paths {
            let broken = |problem: String| LocaleError::Broken {
                file: path.clone(),
                problem,
            };
            let file = Locales::get(path).ok_or_else(|| broken("unreadable".into()))?;
            let text = String::from_utf8(file.data.into_owned()).map_err(|error| broken(error.to_string()))?;
            let resource = FluentResource::try_new(text).map_err(|(_, errors)| broken(format!("{errors:?}")))?;
            bundle
                .add_resource(resource)
                .map_err(|errors| broken(format!("{errors:?}")))?;
        }
        Ok(Self { code, bundle })
    }

    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        Some(text.into_owned())
    }
}

/// The texts in one request's language. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Texts {
    language: Arc<Language>,
    all: Languages,
}

impl Texts {
    /// The language's code, for `<html lang>`.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language.code
    }

    /// Whether this is the language that needs no naming.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.language.code == DEFAULT_LANGUAGE
    }

    /// The other languages: code and own name, for the link that changes language.
    #[must_use]
    pub fn others(&self) -> Vec<(String, String)> {
        let mut all = self.all.all();
        all.retain(|(code, _)| *code != self.language.code);
        all
    }

    /// The text under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> String {
        self.find(key, None)
    }

    /// The text under `key` with its arguments: `t.with(key, &[("step", 3.into())])`.
    #[must_use]
    pub fn with(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.find(key, Some(&args.iter().cloned().collect()))
    }

    /// "24 de noviembre de 2026", from days since 1970-01-01; templates hand over a value or a reference.
    #[must_use]
    pub fn date(&self, day: impl Borrow<i64>) -> String {
        let day = *day.borrow();
        let Some(date) = civil(day) else {
            return day.to_string();
        };
        let month = self.get(MONTHS[usize::from(date.month().unsigned_abs() - 1)]);
        self.with(
            "date",
            &[
                ("day", date.day().to_string().into()),
                ("month", month.into()),
                ("year", date.year().to_string().into()),
            ],
        )
    }

    /// "2026-11-24", from days since 1970-01-01: for `<time datetime>` and dense tables.
    #[must_use]
    pub fn iso(&self, day: impl Borrow<i64>) -> String {
        let day = *day.borrow();
        civil(day).map_or_else(|| day.to_string(), |date| date.to_string())
    }

    /// What was taken out of a file, as a list in words.
    #[must_use]
    pub fn traces(&self, removed: &[String]) -> String {
        let words = removed.iter().map(|word| match word.as_str() {
            "place" => "trace-place",
            "device" => "trace-device",
            "author" => "trace-author",
            "software" => "trace-software",
            "dates" => "trace-dates",
            "thumbnail" => "trace-thumbnail",
            "revisions" => "trace-revisions",
            "description" => "trace-description",
            _ => "trace-other",
        });
        let mut words: Vec<String> = words.map(|key| self.get(key)).collect();
        match (words.pop(), words.is_empty()) {
            (Some(last), false) => {
                let both = [("list", words.join(", ").into()), ("last", last.into())];
                self.with("list-and", &both)
            }
            (last, _) => last.unwrap_or_default(),
        }
    }

    /// What is wrong with words that are no receipt, without a word of them.
    #[must_use]
    pub fn misspelt(&self, what: ReceiptError) -> String {
        let count = |number: usize| FluentValue::from(number);
        match what {
            ReceiptError::Count(words) => self.with("entry-error-count", &[("count", count(words))]),
            ReceiptError::UnknownWord(place) => self.with("entry-error-word", &[("place", count(place))]),
            ReceiptError::Checksum => self.get("entry-error-misspelt"),
        }
    }

    // A key that a language lacks is told in the default language; a test keeps them alike.
    fn find(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        self.language
            .format(key, args)
            .or_else(|| self.all.0[0].format(key, args))
            .unwrap_or_else(|| {
                debug_assert!(false, "no text {key:?}");
                key.to_owned()
            })
    }
}

/// The keys of a state's texts.
pub(crate) trait StateTexts {
    fn title(&self) -> &'static str;
    fn meaning(&self) -> &'static str;
    /// As staff say it: the same words, but for those that speak to the reporter.
    fn staff_title(&self) -> &'static str;
}

impl StateTexts for State {
    fn title(&self) -> &'static str {
        match self {
            Self::Received => "state-received",
            Self::InReview => "state-in-review",
            Self::WaitingForReporter => "state-waiting",
            Self::Resolved => "state-resolved",
            Self::Closed => "state-closed",
        }
    }

    fn meaning(&self) -> &'static str {
        match self {
            Self::Received => "state-received-text",
            Self::InReview => "state-in-review-text",
            Self::WaitingForReporter => "state-waiting-text",
            Self::Resolved => "state-resolved-text",
            Self::Closed => "state-closed-text",
        }
    }

    fn staff_title(&self) -> &'static str {
        match self {
            Self::WaitingForReporter => "state-waiting-staff",
            _ => self.title(),
        }
    }
}

fn civil(day: i64) -> Option<jiff::civil::Date> {
    let span = jiff::Span::new().try_days(day).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(span).ok()
}

const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9", "month-10",
    "month-11", "month-12",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, into);
            } else if path.extension().is_none_or(|extension| extension != "jpg") {
                into.push_str(&std::fs::read_to_string(&path).unwrap());
                into.push('\n');
            }
        }
    }

    fn keys(code: &str) -> BTreeSet<String> {
        let mut text = String::new();
        files(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(code),
            &mut text,
        );
        text.lines()
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
            .filter(|key| key.starts_with(|c: char| c.is_ascii_lowercase()) && !key.contains(' '))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_key_exists_in_every_language_and_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = std::fs::read_to_string(root.join("src/i18n.rs")).unwrap();
        files(&root.join("src/http"), &mut sources);
        files(&root.join("src/channels"), &mut sources);
        files(&root.join("src/cli"), &mut sources);
        files(&root.join("src/service"), &mut sources);
        files(&root.join("templates"), &mut sources);
        let spanish = keys(DEFAULT_LANGUAGE);
        assert!(!spanish.is_empty());
        for entry in std::fs::read_dir(root.join("locales")).unwrap() {
            let code = entry.unwrap().file_name().into_string().unwrap();
            assert_eq!(
                keys(&code),
                spanish,
                "locales/{code} and locales/{DEFAULT_LANGUAGE} differ"
            );
        }
        // A key that ends with some code is put together: `format!("act-{}", …)`.
        let is_built = |key: &str| {
            let mut starts = key.match_indices('-').map(|(at, _)| format!("\"{}{{", &key[..=at]));
            starts.any(|start| sources.contains(&start))
        };
        let unused: Vec<_> = spanish
            .iter()
            .filter(|key| !sources.contains(&format!("\"{key}\"")) && !is_built(key))
            .collect();
        assert!(unused.is_empty(), "unused: {unused:?}");
        let mut missing = BTreeSet::new();
        for call in ["t.get(\"", "t.with(\"", "texts.get(\"", "texts.with(\""] {
            let is_whole =
                |at: &usize| !sources[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            for (_, rest) in sources
                .match_indices(call)
                .map(|(at, _)| at)
                .filter(is_whole)
                .map(|at| sources.split_at(at + call.len()))
            {
                let key = rest.split('"').next().unwrap_or_default();
                if !spanish.contains(key) {
                    missing.insert(key.to_owned());
                }
            }
        }
        // This file names the calls themselves; what they are followed by here is no key.
        missing.retain(|key| {
            !key.is_empty()
                && key
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        });
        assert!(missing.is_empty(), "used but not defined: {missing:?}");
    }

    #[test]
    fn dates_and_languages_are_told_as_people_say_them() {
        let languages = Languages::load().unwrap();
        let (spanish, english) = (languages.texts(None), languages.texts(Some("en")));
        assert_eq!(spanish.date(20_781), "24 de noviembre de 2026");
        assert_eq!(english.date(20_781), "24 November 2026");
        assert_eq!(spanish.iso(20_781), "2026-11-24");
        assert_eq!(spanish.others(), [("en".to_owned(), "English".to_owned())]);
        assert_eq!(languages.texts(Some("../x")).language(), "es");
    }

    #[test]
    fn no_invisible_marks_reach_a_text() {
        let texts = Languages::load().unwrap().texts(None);
        let text = texts.date(0);
        assert!(!text.contains(['\u{2068}', '\u{2069}']), "{text:?}");
    }
}

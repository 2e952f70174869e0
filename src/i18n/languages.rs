//! Loads the languages and finds their texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;

/// The language of every screen unless the visitor chose another.
pub const DEFAULT_LANGUAGE: &str = "es";

#[derive(RustEmbed)]
#[folder = "locales"]
struct Locales;

/// A file under `locales/` that cannot be used. The binary was built from a broken tree.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LocaleError {
    #[error("locales/{0}: not a language tag")]
    NoLanguage(String),
    #[error("locales/{file}: {problem}")]
    Broken { file: String, problem: String },
    #[error("locales/{DEFAULT_LANGUAGE}: missing, and it is the default")]
    NoDefault,
}

/// All languages. Loaded once at start.
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
    /// Loads the embedded files. The default language comes first, the others follow by code.
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

    /// The texts of the language `code`, or of the default if there is no such language.
    #[must_use]
    pub fn texts(&self, code: Option<&str>) -> Texts {
        let chosen = code.and_then(|code| self.known(code)).unwrap_or(&self.0[0]);
        Texts {
            language: Arc::clone(chosen),
            all: self.clone(),
        }
    }

    /// True if there is such a language, so that `?lang=` may set it.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.known(code).is_some()
    }

    /// Code and own name of every language, the default first.
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
        // Isolating marks are invisible, and people would copy them along with receipts.
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

/// The texts in the language of one request. Cheap to clone.
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

    /// True for the default language, which addresses need not name.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.language.code == DEFAULT_LANGUAGE
    }

    /// Code and own name of the other languages, for the link that changes language.
    #[must_use]
    pub fn other_languages(&self) -> Vec<(String, String)> {
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

    // The default language stands in for a key that a language lacks; a test keeps their keys alike.
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

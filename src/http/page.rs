//! The common parts of pages, and the language that an address asks for. Pages show what they are given; they know
//! neither database nor keys.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;

use crate::http::assets::Assets;
use crate::i18n::Texts;

/// The things that every page needs besides its own contents.
#[derive(Debug, Clone)]
pub struct Page {
    pub t: Texts,
    pub assets: Assets,
    /// The institution's name, as the profile has it.
    pub institution: Arc<str>,
    /// The page's own path, for the link that changes the language.
    pub path: &'static str,
}

impl Page {
    /// Returns the address of an asset, under its hashed name.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        self.assets.url(name)
    }

    /// Writes the size of a file for people: `4,2 MB`.
    #[must_use]
    pub fn size(&self, bytes: impl Borrow<u64>) -> String {
        let bytes = *bytes.borrow();
        let (unit, tenths) = match bytes {
            0..1_000 => return format!("{bytes} B"),
            1_000..1_000_000 => ("kB", bytes / 100),
            1_000_000..1_000_000_000 => ("MB", bytes / 100_000),
            _ => ("GB", bytes / 100_000_000),
        };
        let (whole, tenth) = (tenths / 10, tenths % 10);
        if whole >= 100 || tenth == 0 {
            format!("{whole} {unit}")
        } else {
            format!("{whole}{}{tenth} {unit}", self.t.get("decimal-mark"))
        }
    }

    /// Returns a path of ours with the language of this page. The address carries it, so that errors are in it too.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        let t = &self.t;
        if t.is_default() {
            return path.to_owned();
        }
        let (path, fragment) = path.split_at(path.find('#').unwrap_or(path.len()));
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{path}{sign}lang={}{fragment}", t.language())
    }
}

/// The language that the address asks for, `?lang=`. It is unchecked: an unknown one reads as the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestedLanguage(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for RequestedLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.uri))
    }
}

impl RequestedLanguage {
    pub(crate) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let language = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        Self(language.map(str::to_owned))
    }

    pub(crate) fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use crate::http::testing::page;

    #[test]
    fn the_address_carries_every_language_but_the_first() {
        let (spanish, english) = (page("es"), page("en"));
        for (path, expected) in [
            ("/", "/?lang=en"),
            ("/report#pregunta", "/report?lang=en#pregunta"),
            (
                "/follow-up/case?sent#conversacion",
                "/follow-up/case?sent&lang=en#conversacion",
            ),
        ] {
            assert_eq!(
                (spanish.at(path), english.at(path)),
                (path.to_owned(), expected.to_owned())
            );
        }
    }
}

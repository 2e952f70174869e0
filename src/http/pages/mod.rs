//! One file a page: its template's struct and what it shows. Handlers stand beside them.
//! Pages show what they are given; they know neither database nor keys.

pub mod by_email;
pub mod chat;
mod door;
pub mod entry;
pub mod files;
pub mod follow_up;
pub mod landing;
pub mod leave;
pub mod own_data;
pub mod own_files;
pub mod own_identity;
pub mod problem;
pub mod receipt;
pub mod report;
pub mod staff;

use std::borrow::Borrow;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;

use super::assets::Assets;
pub(crate) use crate::i18n::StateTexts;
use crate::i18n::Texts;
pub(super) use door::COUNTER;

/// What every page needs besides its own contents.
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
    /// The address of an asset, under its hashed name.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        self.assets.url(name)
    }

    /// How large a file is, as people say it: `4,2 MB`.
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

    /// A path of ours, in this page's language: the address carries it, so that whatever goes wrong is told in it too.
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

/// The language that the address asks for, `?lang=`; unchecked, because an unknown one reads as the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.uri))
    }
}

impl Asked {
    pub(crate) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        Self(asked.map(str::to_owned))
    }

    pub(crate) fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::i18n::Languages;

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

    /// A page in `language` with nothing built.
    pub(crate) fn page(language: &str) -> Page {
        Page {
            t: Languages::load().unwrap().texts(Some(language)),
            assets: Assets::unbuilt(),
            institution: "Instituto Ecuatoriano de Seguridad Social".into(),
            path: "/",
        }
    }

    /// What holds for every page: nothing inline, which the Content-Security-Policy would refuse, and a way to leave.
    pub(crate) fn assert_sound(html: &str) {
        for banned in ["<script>", " style=", "<style", " onclick=", "javascript:", "http://"] {
            assert!(!html.contains(banned), "{banned} in {html}");
        }
        assert!(html.contains("<main id=\"contenido\""), "{html}");
        assert_eq!(html.matches("<h1").count(), 1, "one heading of the first level: {html}");
    }
}

//! One file a page: its template's struct and what it shows. Handlers stand beside them.
//! Pages show what they are given; they know neither database nor keys.

pub mod follow_up;
pub mod landing;
pub mod leave;
pub mod problem;
pub mod receipt;
pub mod report;
pub mod staff;

use std::sync::Arc;

use super::assets::Assets;
use super::i18n::Texts;

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
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::http::i18n::Languages;

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

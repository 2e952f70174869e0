//! Sample pages for the tests of pages.

use crate::domain::role::Role;
use crate::http::assets::Assets;
use crate::http::page::Page;
use crate::http::staff::desk::LetterView;
use crate::http::staff::shell::{Section, Shell, SignedInName};
use crate::i18n::Languages;

/// A page in `language` with nothing built.
pub(crate) fn page(language: &str) -> Page {
    Page {
        t: Languages::load().unwrap().texts(Some(language)),
        assets: Assets::unbuilt(),
        institution: "Instituto Ecuatoriano de Seguridad Social".into(),
        path: "/",
    }
}

/// Checks what holds for every page: nothing inline, which the Content-Security-Policy would refuse.
pub(crate) fn assert_sound(html: &str) {
    for banned in ["<script>", " style=", "<style", " onclick=", "javascript:", "http://"] {
        assert!(!html.contains(banned), "{banned} in {html}");
    }
    assert!(html.contains("<main id=\"contenido\""), "{html}");
    assert_eq!(html.matches("<h1").count(), 1, "one heading of the first level: {html}");
}

/// Makes the shell of a staff page in Spanish.
pub(crate) fn shell(here: Section, role: Option<Role>) -> Shell {
    Shell {
        page: page("es"),
        instance: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
        who: role.map(|role| SignedInName {
            name: "Ana Ruiz".into(),
            role: Some(role),
        }),
        here,
    }
}

/// Makes a sealed letter.
pub(crate) fn letter() -> LetterView {
    LetterView {
        id: "l".into(),
        kind: "validation-request",
        author: "staff:x".into(),
        by: "Ana Ruiz".into(),
        day: 20_781,
        file: "AAAA".into(),
    }
}

//! `/staff/desk` and `/staff/desk/{case}`: what waits for the identity officers, and the page of an unseal.

use askama::Template;

use super::Shell;

/// One request by an area, still open.
pub struct Waiting {
    pub case: String,
    pub number: String,
    pub asked_on: i64,
    pub asked_by: String,
}

/// `/staff/desk`
#[derive(Template)]
#[template(path = "staff/desk.html")]
pub struct Desk {
    pub shell: Shell,
    pub waiting: Vec<Waiting>,
}

/// A letter that the officer's browser opens: `<sealed-letter>`'s attributes.
pub struct Letter {
    pub id: String,
    pub kind: &'static str,
    pub author: String,
    /// Who wrote it, for people.
    pub by: String,
    pub day: i64,
    /// The age file, base64.
    pub file: String,
}

/// An unseal of this case that the officer has made and that has no verdict yet.
pub struct Undecided {
    pub id: String,
}

/// `/staff/desk/{case}`
#[derive(Template)]
#[template(path = "staff/desk_case.html")]
pub struct DeskCase {
    pub shell: Shell,
    pub case: String,
    pub number: String,
    /// The latest manifest's hash, hex: what the request names.
    pub manifest: String,
    /// The area's request, where there is one.
    pub request: Option<Letter>,
    /// Classes of purpose: code and label, from the profile.
    pub classes: Vec<(String, String)>,
    pub undecided: Option<Undecided>,
}

// What an officer can check, and the texts' keys.
const CHECKS: [(&str, &str); 3] = [
    ("document", "check-document"),
    ("phone", "check-phone"),
    ("email", "check-email"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::staff::{Place, Role};
    use crate::http::pages::tests::assert_sound;

    fn case(undecided: Option<Undecided>) -> String {
        let html = DeskCase {
            shell: shell(Place::Desk, Some(Role::Officer)),
            case: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            manifest: "00ff".into(),
            request: Some(Letter {
                id: "l".into(),
                kind: "validation-request",
                author: "staff:x".into(),
                by: "Ana Ruiz".into(),
                day: 20_781,
                file: "AAAA".into(),
            }),
            classes: vec![("validate".into(), "Validar la identidad".into())],
            undecided,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn an_unseal_asks_for_class_text_and_password() {
        let html = case(None);
        assert!(html.contains("data-unseal data-case=\"a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d\" data-manifest=\"00ff\""));
        for name in ["class", "text", "password"] {
            assert!(html.contains(&format!("name=\"{name}\"")), "{name}");
        }
        assert!(
            html.contains("data-unseal-id=\"\" hidden"),
            "no verdict before an unseal"
        );
    }

    #[test]
    fn an_undecided_unseal_offers_its_verdict() {
        let html = case(Some(Undecided { id: "u1".into() }));
        assert!(html.contains("data-unseal-id=\"u1\">"));
        assert!(html.contains("data-check=\"phone\""));
    }

    #[test]
    fn an_empty_desk_says_so() {
        let html = Desk {
            shell: shell(Place::Desk, Some(Role::Officer)),
            waiting: Vec::new(),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("Nadie espera"));
    }
}

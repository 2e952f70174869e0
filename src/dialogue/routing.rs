//! The area that reads a report: the category's, or another when somebody that the report is about works there.

use super::draft::Draft;
use super::profile::codes::{CATEGORY_STEP, CONFLICT_STEP, YES};
use super::profile::types::{Area, Profile};

/// The area of the chosen category.
pub(super) fn category_area<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Area> {
    profile.area(&profile.category(draft.choice(CATEGORY_STEP)?)?.area)
}

/// The area that reads in place of the category's if there is a conflict of interest.
pub(super) fn conflict_area<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Area> {
    profile.area(category_area(profile, draft)?.conflict_area.as_deref()?)
}

/// The area that will read the report, by the answers so far.
pub(super) fn receiving_area<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Area> {
    if draft.choice(CONFLICT_STEP) == Some(YES) {
        conflict_area(profile, draft)
    } else {
        category_area(profile, draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::flow::{self, go_back};
    use crate::dialogue::form::{CONFIRM_FIELD, Form, SKIP_FIELD, VALUE_FIELD};
    use crate::dialogue::profile::types::IdentityRule;
    use crate::dialogue::report::{build_report, facets};
    use crate::dialogue::screen::build_screen;
    use crate::dialogue::view::Input;

    const IESS: &str = include_str!("../../profiles/iess.toml");

    fn answered(profile: &Profile, draft: &mut Draft, step: &str, value: &str) {
        let form = Form::from([(VALUE_FIELD.to_owned(), value.to_owned())]);
        flow::answer(profile, draft, step, &form).unwrap();
    }

    fn asked(language: &str, kind: &str, category: &str) -> (Profile, Draft) {
        let profile = Profile::parse(IESS).unwrap();
        let mut draft = flow::start(&profile, language);
        answered(&profile, &mut draft, "kind", kind);
        answered(&profile, &mut draft, "category", category);
        (profile, draft)
    }

    fn reads(profile: &Profile, draft: &Draft) -> String {
        facets(profile, draft).unwrap().area
    }

    #[test]
    fn the_question_names_both_areas_in_the_reporters_language() {
        for (language, usual, other) in [
            ("es", "Transparencia e investigación", "Servicio al usuario"),
            ("en", "Transparency and investigation", "User service"),
        ] {
            let (profile, draft) = asked(language, "denuncia", "coima");
            let prompt = build_screen(&profile, &draft).prompt;
            assert_eq!(prompt.step, CONFLICT_STEP);
            assert!(prompt.text.contains(usual), "{}", prompt.text);
            assert!(prompt.help.unwrap().contains(other));
            let Input::Choice { options, .. } = prompt.input else {
                panic!("a choice")
            };
            assert_eq!(options.len(), 3);
            // As buttons of WhatsApp, which cut longer ones.
            assert!(options.iter().all(|option| option.label.chars().count() <= 20));
        }
        let (profile, draft) = asked("es", "queja", "demoras");
        assert_eq!(
            build_screen(&profile, &draft).prompt.step,
            "province",
            "nobody is accused"
        );
        let (profile, draft) = asked("es", "queja", "mal-trato");
        assert_eq!(build_screen(&profile, &draft).prompt.step, CONFLICT_STEP);
    }

    #[test]
    fn only_a_yes_sends_it_elsewhere_and_only_for_the_area_that_was_named() {
        let (profile, mut draft) = asked("es", "denuncia", "coima");
        for (said, area) in [
            ("no", "transparencia"),
            ("unknown", "transparencia"),
            ("yes", "servicio-al-usuario"),
        ] {
            answered(&profile, &mut draft, CONFLICT_STEP, said);
            assert_eq!(reads(&profile, &draft), area, "{said}");
        }
        answered(&profile, &mut draft, "category", "facturacion");
        assert_eq!(
            reads(&profile, &draft),
            "servicio-al-usuario",
            "the same area was meant"
        );
        go_back(&profile, &mut draft, "kind");
        answered(&profile, &mut draft, "kind", "queja");
        answered(&profile, &mut draft, "category", "mal-trato");
        assert_eq!(
            build_screen(&profile, &draft).prompt.step,
            CONFLICT_STEP,
            "asked again of another area"
        );
        assert_eq!(reads(&profile, &draft), "servicio-al-usuario");
        answered(&profile, &mut draft, CONFLICT_STEP, "yes");
        assert_eq!(reads(&profile, &draft), "transparencia");
        answered(&profile, &mut draft, "category", "demoras");
        assert_eq!(
            reads(&profile, &draft),
            "gestion-medica",
            "no longer asked, no longer said"
        );
    }

    #[test]
    fn whoever_reads_instead_is_told_why_and_nobody_else() {
        for (said, told) in [("yes", true), ("no", false), ("unknown", false)] {
            let (mut profile, mut draft) = asked("es", "denuncia", "coima");
            profile.kinds[1].identity = IdentityRule::Optional;
            answered(&profile, &mut draft, CONFLICT_STEP, said);
            for _ in 0..20 {
                let prompt = build_screen(&profile, &draft).prompt;
                let form = match prompt.input {
                    Input::Done => break,
                    Input::Preview(ref preview) => {
                        let shown = preview.narrative.iter().any(|answer| answer.step == CONFLICT_STEP);
                        assert_eq!(shown, told, "{said}");
                        Form::from([(CONFIRM_FIELD.to_owned(), "1".to_owned())])
                    }
                    Input::Consent { .. } => Form::from([(VALUE_FIELD.to_owned(), "accept".to_owned())]),
                    _ if prompt.step == "identify" => Form::from([(VALUE_FIELD.to_owned(), "no".to_owned())]),
                    Input::Choice { ref options, .. } if prompt.skip_label.is_none() => {
                        Form::from([(VALUE_FIELD.to_owned(), options[0].value.clone())])
                    }
                    _ => Form::from([
                        (SKIP_FIELD.to_owned(), "1".to_owned()),
                        (VALUE_FIELD.to_owned(), "Algo.".to_owned()),
                    ]),
                };
                flow::answer(&profile, &mut draft, &prompt.step, &form).unwrap();
            }
            let (facets, input) = build_report(&profile, &draft).unwrap().into_input();
            let why = input
                .narrative
                .answers()
                .iter()
                .find(|answer| answer.question == CONFLICT_STEP);
            let why = why.map(|answer| (answer.label.as_str(), answer.text.as_str()));
            let expected = ("Alguien de quien trata trabaja en Transparencia e investigación", "Sí");
            assert_eq!(why, told.then_some(expected), "{said}");
            assert_eq!(facets.area == "servicio-al-usuario", told);
        }
    }
}

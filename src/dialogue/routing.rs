//! Which area reads a report: that of its category, or another when somebody that it is about works there.

use super::draft::Draft;
use super::engine::chosen;
use super::profile::{Area, Ask, Profile, Question, Text};

/// The answer that sends a report to another area.
pub(super) const YES: &str = "yes";
/// The step at which it is asked.
pub(super) const CONFLICT: &str = "conflict";

/// The area of the category.
pub(super) fn usual<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Area> {
    profile.area(&profile.category(chosen(draft, "category")?)?.area)
}

/// The area that reads in its place.
pub(super) fn other<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Area> {
    profile.area(usual(profile, draft)?.conflict_area.as_deref()?)
}

/// The area that will read the report, as far as it is answered.
pub(super) fn area<'a>(profile: &'a Profile, draft: &Draft) -> Option<&'a Area> {
    if chosen(draft, CONFLICT) == Some(YES) {
        other(profile, draft)
    } else {
        usual(profile, draft)
    }
}

/// A text of a question, with the areas that it names.
pub(super) fn worded(profile: &Profile, draft: &Draft, question: &Question, text: &Text) -> String {
    let language = draft.language.as_str();
    let text = text.get(language);
    if question.ask != Ask::Conflict {
        return text.to_owned();
    }
    let name = |area: Option<&Area>| area.map_or_else(String::new, |area| area.name.get(language).to_owned());
    text.replace("{area}", &name(usual(profile, draft)))
        .replace("{other_area}", &name(other(profile, draft)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::engine::{self, Form, facets, go_back, screen};
    use crate::dialogue::profile::IdentityRule;
    use crate::dialogue::view::{CONFIRM, Input, SKIP, VALUE};

    const IESS: &str = include_str!("../../profiles/iess.toml");

    fn answered(profile: &Profile, draft: &mut Draft, step: &str, value: &str) {
        let form = Form::from([(VALUE.to_owned(), value.to_owned())]);
        engine::answer(profile, draft, step, &form).unwrap();
    }

    fn asked(language: &str, kind: &str, category: &str) -> (Profile, Draft) {
        let profile = Profile::parse(IESS).unwrap();
        let mut draft = engine::start(&profile, language);
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
            let prompt = screen(&profile, &draft).prompt;
            assert_eq!(prompt.step, CONFLICT);
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
        assert_eq!(screen(&profile, &draft).prompt.step, "province", "nobody is accused");
        let (profile, draft) = asked("es", "queja", "mal-trato");
        assert_eq!(screen(&profile, &draft).prompt.step, CONFLICT);
    }

    #[test]
    fn only_a_yes_sends_it_elsewhere_and_only_for_the_area_that_was_named() {
        let (profile, mut draft) = asked("es", "denuncia", "coima");
        for (said, area) in [
            ("no", "transparencia"),
            ("unknown", "transparencia"),
            ("yes", "servicio-al-usuario"),
        ] {
            answered(&profile, &mut draft, CONFLICT, said);
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
            screen(&profile, &draft).prompt.step,
            CONFLICT,
            "asked again of another area"
        );
        assert_eq!(reads(&profile, &draft), "servicio-al-usuario");
        answered(&profile, &mut draft, CONFLICT, "yes");
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
            answered(&profile, &mut draft, CONFLICT, said);
            for _ in 0..20 {
                let prompt = screen(&profile, &draft).prompt;
                let form = match prompt.input {
                    Input::Done => break,
                    Input::Preview(ref preview) => {
                        let shown = preview.narrative.iter().any(|answer| answer.step == CONFLICT);
                        assert_eq!(shown, told, "{said}");
                        Form::from([(CONFIRM.to_owned(), "1".to_owned())])
                    }
                    Input::Consent { .. } => Form::from([(VALUE.to_owned(), "accept".to_owned())]),
                    _ if prompt.step == "identify" => Form::from([(VALUE.to_owned(), "no".to_owned())]),
                    Input::Choice { ref options, .. } if prompt.skip_label.is_none() => {
                        Form::from([(VALUE.to_owned(), options[0].value.clone())])
                    }
                    _ => Form::from([
                        (SKIP.to_owned(), "1".to_owned()),
                        (VALUE.to_owned(), "Algo.".to_owned()),
                    ]),
                };
                engine::answer(&profile, &mut draft, &prompt.step, &form).unwrap();
            }
            let (facets, input) = engine::into_report(&profile, &draft).unwrap().into_input();
            let why = input
                .narrative
                .answers()
                .iter()
                .find(|answer| answer.question == CONFLICT);
            let why = why.map(|answer| (answer.label.as_str(), answer.text.as_str()));
            let expected = ("Alguien de quien trata trabaja en Transparencia e investigación", "Sí");
            assert_eq!(why, told.then_some(expected), "{said}");
            assert_eq!(facets.area == "servicio-al-usuario", told);
        }
    }

    #[test]
    fn another_area_must_be_there_and_be_another() {
        let line = "conflict_area = \"servicio-al-usuario\"\n";
        for (new, fault) in [
            ("", "has no conflict_area"),
            ("conflict_area = \"transparencia\"\n", "conflict_area is itself"),
            ("conflict_area = \"nowhere\"\n", "no area \"nowhere\""),
            (
                "conflict_area = \"mesa-de-identidad\"\n",
                "no case goes to the officers' desk",
            ),
        ] {
            let text = IESS.replace(line, new);
            assert_ne!(text, IESS);
            let error = Profile::parse(&text).expect_err(fault).to_string();
            assert!(error.contains("transparencia") && error.contains(fault), "{error}");
        }
        let profile = Profile::parse(IESS).unwrap();
        assert!(!profile.reading_areas().contains("mesa-de-identidad"));
        assert_eq!(profile.reading_areas().len(), 5);
    }
}

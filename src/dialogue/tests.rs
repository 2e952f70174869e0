//! The dialogue as channels use it.

use super::*;

fn iess() -> Profile {
    Profile::parse(include_str!("../../profiles/iess.toml")).unwrap_or_else(|error| panic!("{error}"))
}

fn form(fields: &[(&str, &str)]) -> Form {
    fields
        .iter()
        .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()))
        .collect()
}

/// Answers the question that is asked, which must be `step`.
fn say(profile: &Profile, draft: &mut Draft, step: &str, fields: &[(&str, &str)]) {
    assert_eq!(build_screen(profile, draft).prompt.step, step);
    if let Err(error) = answer(profile, draft, step, &form(fields)) {
        panic!("{step}: {}", error.text);
    }
}

fn value(text: &str) -> [(&str, &str); 1] {
    [(VALUE_FIELD, text)]
}

const STORY: &str = "Soy ROSA PEREZ, cédula 171003406-5, telf. 096 253 2338. En la farmacia vendían una rosa. \
                     El cajero usa el 099 123 4567. Mi madre María Luz no recibió su receta.";

/// A denuncia for somebody else, with everything filled in, up to the preview.
fn denuncia(profile: &Profile, language: &str) -> Draft {
    let mut draft = start(profile, language);
    let d = &mut draft;
    say(profile, d, "kind", &value("denuncia"));
    say(profile, d, "category", &value("venta-de-medicinas"));
    say(profile, d, "conflict", &value("no"));
    say(profile, d, "province", &value("17"));
    say(profile, d, "establishment", &value("otro"));
    say(
        profile,
        d,
        "establishment-other",
        &value("Dispensario frente a la casa de Rosa Pérez"),
    );
    say(profile, d, "whom", &value("other"));
    say(profile, d, "relation", &value("parent"));
    say(profile, d, "story", &value(STORY));
    say(profile, d, "date", &value("a inicios de septiembre"));
    say(profile, d, "involved", &value("El cajero de la tarde"));
    say(profile, d, "files", &[(SKIP_FIELD, "1")]);
    say(profile, d, "evidence", &[(SKIP_FIELD, "1")]);
    say(profile, d, "consent", &value(ACCEPT));
    say(profile, d, "affected-name", &value("María Luz Andrade"));
    say(profile, d, "affected-document", &[(SKIP_FIELD, "1")]);
    say(
        profile,
        d,
        "document",
        &[(KIND_FIELD, "cedula"), (NUMBER_FIELD, "171003406-5")],
    );
    say(profile, d, "name", &value("Rosa  Pérez"));
    say(profile, d, "phone", &value("096 253 2338"));
    say(profile, d, "email", &[(NONE_FIELD, "1"), (VALUE_FIELD, "")]);
    say(profile, d, "address", &[(SKIP_FIELD, "1")]);
    say(
        profile,
        d,
        "share",
        &[(&format!("{SHARE_FIELD_PREFIX}affected-name"), "1")],
    );
    draft
}

#[test]
fn a_denuncia_goes_end_to_end_in_both_languages() {
    let profile = iess();
    for language in ["es", "en"] {
        let mut draft = denuncia(&profile, language);
        assert!(
            build_report(&profile, &draft).is_none(),
            "not before the preview was agreed with"
        );
        say(&profile, &mut draft, "preview", &[(CONFIRM_FIELD, "1")]);
        assert!(matches!(build_screen(&profile, &draft).prompt.input, Input::Done));

        let report = build_report(&profile, &draft).unwrap();
        let input = &report.input;
        assert_eq!(input.narrative.language(), language);
        assert_eq!(report.facets.kind, crate::domain::facets::Kind::Denuncia);
        assert!(report.facets.validation, "a denuncia is always validated");
        assert_eq!(
            (report.facets.area.as_str(), report.facets.province.as_deref()),
            ("transparencia", Some("17"))
        );
        assert_eq!(report.facets.establishment, None, "what was written by hand is sealed");

        let answers: Vec<&str> = input
            .narrative
            .answers()
            .iter()
            .map(|answer| answer.text.as_str())
            .collect();
        let text = answers.join("\n");
        for gone in ["ROSA", "Rosa", "PEREZ", "171003406", "253 2338", "María", "Luz"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        assert!(text.contains("099 123 4567"), "the cashier's number is evidence");
        assert!(
            text.contains(if language == "es" {
                "Soy [nombre], cédula [cédula], telf. [teléfono]"
            } else {
                "Soy [name], cédula [ID number], telf. [phone]"
            }),
            "{text}"
        );

        let identity = input.identity.as_ref().unwrap();
        let fields: Vec<&str> = identity.fields().iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["affected-name", "document", "name", "phone", "email"]);
        assert!(identity.redacted().iter().any(|taken| taken.text == "171003406-5"));
        assert_eq!(
            input
                .shared
                .as_ref()
                .unwrap()
                .fields()
                .iter()
                .map(|field| field.value.as_str())
                .collect::<Vec<_>>(),
            ["María Luz Andrade"]
        );
    }
}

#[test]
fn a_queja_about_oneself_is_short() {
    let profile = iess();
    let mut draft = start(&profile, "fr");
    assert_eq!(draft.language(), "es");
    let d = &mut draft;
    say(&profile, d, "kind", &value("queja"));
    say(&profile, d, "category", &value("desabastecimiento"));
    say(&profile, d, "province", &value("09"));
    say(&profile, d, "establishment", &value("htmc"));
    say(&profile, d, "whom", &value("me"));
    say(&profile, d, "story", &value("No hay insulina desde hace un mes."));
    for step in ["date", "involved", "files", "evidence"] {
        say(&profile, d, step, &[(SKIP_FIELD, "1")]);
    }
    say(&profile, d, "consent", &value(ACCEPT));
    say(
        &profile,
        d,
        "document",
        &[(KIND_FIELD, "passport"), (NUMBER_FIELD, "ab 123456")],
    );
    say(&profile, d, "name", &value("John Smith"));
    say(&profile, d, "phone", &[(SKIP_FIELD, "1")]);
    say(&profile, d, "email", &[(NONE_FIELD, "1")]);
    assert!(
        build_screen(&profile, d).prompt.skip_label.is_none(),
        "one contact is needed"
    );
    let error = answer(&profile, d, "address", &form(&[(SKIP_FIELD, "1")])).unwrap_err();
    assert_eq!(error.text, profile.errors.contact.get("es"));
    say(&profile, d, "address", &value("Av. 10 de Agosto N24-150, Quito"));
    say(&profile, d, "share", &[]);
    say(&profile, d, "preview", &[(CONFIRM_FIELD, "1")]);
    let report = build_report(&profile, d).unwrap();
    assert_eq!(report.facets.establishment.as_deref(), Some("htmc"));
    assert_eq!(report.facets.area, "farmacia-y-abastecimiento");
    assert!(report.input.shared.is_none());
}

#[test]
fn a_draft_survives_its_bytes_and_prints_nothing() {
    let profile = iess();
    let draft = denuncia(&profile, "es");
    let again = Draft::from_bytes(&draft.to_bytes()).unwrap();
    assert_eq!(*again.to_bytes(), *draft.to_bytes());
    assert!(!format!("{again:?}").contains("Rosa"));
    assert!(Draft::from_bytes(b"{}").is_err());
}

#[test]
fn a_refused_consent_keeps_nothing_and_shows_other_ways() {
    let profile = iess();
    let mut draft = denuncia(&profile, "es");
    go_back(&profile, &mut draft, "consent");
    say(&profile, &mut draft, "consent", &value(REFUSE));
    assert!(draft.is_refused());
    let bytes = String::from_utf8(draft.to_bytes().to_vec()).unwrap();
    assert!(
        !bytes.contains("Rosa") && !bytes.contains("ROSA") && !bytes.contains("denuncia"),
        "{bytes}"
    );
    let shown = build_screen(&profile, &draft);
    let Input::Refused { other_ways, back_to } = shown.prompt.input else {
        panic!("not refused")
    };
    assert!(!other_ways.is_empty() && shown.turns.is_empty());
    answer(&profile, &mut draft, "kind", &form(&value("queja"))).unwrap();
    assert!(draft.is_refused() && !is_complete(&profile, &draft));
    go_back(&profile, &mut draft, &back_to);
    assert_eq!(build_screen(&profile, &draft).prompt.step, "kind");
}

#[test]
fn another_kind_drops_only_what_no_longer_applies() {
    let profile = iess();
    let mut draft = denuncia(&profile, "es");
    go_back(&profile, &mut draft, "kind");
    let shown = build_screen(&profile, &draft);
    assert!(
        matches!(shown.prompt.input, Input::Choice { ref selected, .. } if selected.as_deref() == Some("denuncia"))
    );
    say(&profile, &mut draft, "kind", &value("queja"));
    say(&profile, &mut draft, "category", &value("turnos"));
    // The consent was to a validation that is always due, and now it is not.
    let Input::Consent { terms, .. } = build_screen(&profile, &draft).prompt.input else {
        panic!("the consent is asked for again");
    };
    assert!(
        terms
            .iter()
            .any(|term| term.contains("solo si quien atiende su caso lo pide"))
    );
    say(&profile, &mut draft, "consent", &value(ACCEPT));
    assert_eq!(
        build_screen(&profile, &draft).prompt.step,
        "preview",
        "all else still stands"
    );

    go_back(&profile, &mut draft, "whom");
    say(&profile, &mut draft, "whom", &value("me"));
    assert_eq!(build_screen(&profile, &draft).prompt.step, "preview");
    let bytes = String::from_utf8(draft.to_bytes().to_vec()).unwrap();
    assert!(
        !bytes.contains("Andrade"),
        "the other person's data went with the question"
    );
    assert!(bytes.contains("\"shared\":[]"), "{bytes}");

    go_back(&profile, &mut draft, "phone");
    say(&profile, &mut draft, "phone", &[(SKIP_FIELD, "1")]);
    assert_eq!(
        build_screen(&profile, &draft).prompt.step,
        "address",
        "it is the last contact now"
    );
}

#[test]
fn replayed_and_untimely_forms_do_no_harm() {
    let profile = iess();
    let mut draft = denuncia(&profile, "es");
    say(&profile, &mut draft, "preview", &[(CONFIRM_FIELD, "1")]);
    let before = draft.revision();
    answer(&profile, &mut draft, "story", &form(&value(STORY))).unwrap();
    assert!(is_complete(&profile, &draft), "the same answer again changes nothing");
    assert_eq!(draft.revision(), before);
    answer(&profile, &mut draft, "story", &form(&value("Otra cosa"))).unwrap();
    assert!(
        !is_complete(&profile, &draft),
        "a changed story is to be looked at again"
    );

    let mut early = start(&profile, "es");
    for step in ["document", "preview", "no-such", "", "relation"] {
        let fields = [
            (KIND_FIELD, "cedula"),
            (NUMBER_FIELD, "1710034065"),
            (CONFIRM_FIELD, "1"),
            (VALUE_FIELD, "parent"),
        ];
        answer(&profile, &mut early, step, &form(&fields)).unwrap();
    }
    assert_eq!(early.revision(), 0, "no identity before its turn");
}

#[test]
fn errors_say_what_to_mend_and_keep_what_was_typed() {
    let profile = iess();
    let mut draft = denuncia(&profile, "en");
    go_back(&profile, &mut draft, "document");
    let typed = form(&[(KIND_FIELD, "cedula"), (NUMBER_FIELD, "1710034066")]);
    let error = answer(&profile, &mut draft, "document", &typed).unwrap_err();
    assert_eq!((error.step.as_str(), error.field), ("document", NUMBER_FIELD));
    assert!(error.text.contains("1710034065"), "an example");
    let shown = build_screen_with_error(&profile, &draft, &typed, &error);
    assert!(matches!(shown.prompt.input, Input::Document { ref number, .. } if number == "1710034066"));
    assert_eq!(shown.prompt.error, Some(error.text));

    for (step, wrong) in [
        ("story", ""),
        ("story", " \u{7}\n "),
        ("name", "Rosa"),
        ("phone", "123"),
        ("email", "rosa@"),
        ("category", "mal-trato"),
        ("consent", "maybe"),
        ("address", "Quito"),
    ] {
        go_back(&profile, &mut draft, step);
        assert!(
            answer(&profile, &mut draft, step, &form(&value(wrong))).is_err(),
            "{step} took {wrong:?}"
        );
    }
    let long = "ñ".repeat(10_001);
    let error = answer(&profile, &mut draft, "story", &form(&value(&long))).unwrap_err();
    assert!(error.text.contains("10000"));
    answer(&profile, &mut draft, "story", &form(&value(&long[2..]))).unwrap();
}

#[test]
fn a_mark_can_be_restored_until_its_answer_changes() {
    let profile = iess();
    let mut draft = denuncia(&profile, "es");
    let Input::Preview(preview) = build_screen(&profile, &draft).prompt.input else {
        panic!("no preview")
    };
    assert_eq!(preview.pointed_out, ["099 123 4567"]);
    assert!(preview.identity.iter().any(|(_, value)| value == "Cédula 1710034065"));
    let mut flower = None;
    let mut number = None;
    for segment in preview.narrative.iter().flat_map(|answer| &answer.spans) {
        if let TextSpan::Mark {
            id,
            original,
            restorable,
            ..
        } = segment
        {
            match original.as_str() {
                "rosa" => flower = Some((id.clone(), *restorable)),
                "171003406-5" => number = Some((id.clone(), *restorable)),
                _ => {}
            }
        }
    }
    let (flower, restorable) = flower.unwrap();
    let (number, number_restorable) = number.unwrap();
    assert!(restorable && !number_restorable);
    let ticked = [
        format!("{RESTORE_FIELD_PREFIX}{flower}"),
        format!("{RESTORE_FIELD_PREFIX}{number}"),
    ];
    say(
        &profile,
        &mut draft,
        "preview",
        &[(&ticked[0], "1"), (&ticked[1], "1"), (CONFIRM_FIELD, "1")],
    );
    let story = |draft: &Draft| {
        let report = build_report(&profile, draft).unwrap();
        let answers = report.input.narrative.answers();
        answers
            .iter()
            .find(|answer| answer.question == "story")
            .map(|answer| answer.text.clone())
            .unwrap()
    };
    assert!(story(&draft).contains("vendían una rosa") && !story(&draft).contains("171003406"));
    answer(&profile, &mut draft, "story", &form(&value(&format!("{STORY} Fin.")))).unwrap();
    say(&profile, &mut draft, "preview", &[(CONFIRM_FIELD, "1")]);
    assert!(!story(&draft).contains("rosa"));
}

#[test]
fn identity_is_optional_where_the_profile_says_so() {
    let text = include_str!("../../profiles/iess.toml").replace("identity = \"required\"", "identity = \"optional\"");
    let profile = Profile::parse(&text).unwrap();
    let mut draft = start(&profile, "es");
    let d = &mut draft;
    say(&profile, d, "kind", &value("denuncia"));
    say(&profile, d, "category", &value("coima"));
    say(&profile, d, "conflict", &value("unknown"));
    say(&profile, d, "province", &[(SKIP_FIELD, "1")]);
    say(&profile, d, "whom", &value("general"));
    say(&profile, d, "story", &value("Piden dinero en ventanilla."));
    for step in ["date", "involved", "files", "evidence"] {
        say(&profile, d, step, &[(SKIP_FIELD, "1")]);
    }
    say(&profile, d, "consent", &value(ACCEPT));
    say(&profile, d, "identify", &value("no"));
    say(&profile, d, "preview", &[(CONFIRM_FIELD, "1")]);
    let report = build_report(&profile, d).unwrap();
    assert!(report.input.identity.is_none() && !report.facets.validation);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_that_is_posted_makes_it_panic(
        posts in proptest::collection::vec((0usize..30, "\\PC{0,40}|[\\s\\S]{0,40}", 0u8..6), 0..60),
    ) {
        let profile = iess();
        let mut draft = start(&profile, "es");
        for (at, text, how) in posts {
            let now = build_screen(&profile, &draft);
            let step = profile.questions.get(at).map_or(now.prompt.step, |question| question.id.clone());
            let first = match now.prompt.input {
                Input::Choice { ref options, .. } => options[at % options.len()].value.clone(),
                _ => text.clone(),
            };
            let fields = match how {
                0 => form(&[(SKIP_FIELD, "1")]),
                1 => form(&[(VALUE_FIELD, ACCEPT), (KIND_FIELD, "cedula"), (NUMBER_FIELD, "1710034065"), (CONFIRM_FIELD, "1")]),
                2 => form(&[(VALUE_FIELD, &text), (NONE_FIELD, "1")]),
                3 => { go_back(&profile, &mut draft, &step); continue; }
                _ => form(&[(VALUE_FIELD, &first)]),
            };
            if let Err(error) = answer(&profile, &mut draft, &step, &fields) {
                let _ = build_screen_with_error(&profile, &draft, &fields, &error);
            }
        }
        let complete = is_complete(&profile, &draft);
        proptest::prop_assert_eq!(build_report(&profile, &draft).is_some(), complete);
    }
}

#[test]
fn a_third_language_is_only_more_text() {
    let translated = |line: &str| {
        // The consent names when an identity is validated, in each language.
        let words = if line.contains("{validation}") {
            "Runasimi {validation}"
        } else {
            "Runasimi"
        };
        line.replace(", en = \"", &format!(", qu = \"{words}\", en = \"")) + "\n"
    };
    let text: String = include_str!("../../profiles/iess.toml")
        .replace(r#"languages = ["es", "en"]"#, r#"languages = ["es", "en", "qu"]"#)
        .lines()
        .map(translated)
        .collect();
    let profile = Profile::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let draft = start(&profile, "qu");
    assert_eq!(
        (draft.language(), build_screen(&profile, &draft).prompt.text.as_str()),
        ("qu", "Runasimi")
    );
}

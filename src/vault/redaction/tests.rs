use proptest::prelude::*;

use super::*;

fn redactor() -> Redactor {
    Redactor::new(&[
        Identifier::new(IdentifierKind::Ruc, "1710034065001", "RUC"),
        Identifier::new(IdentifierKind::Cedula, "1710034065", "cédula"),
        Identifier::new(IdentifierKind::Name, "José María de la Cruz Núñez", "nombre"),
        Identifier::new(IdentifierKind::Phone, "+593962532338", "teléfono"),
        Identifier::new(IdentifierKind::Phone, "+59322345678", "teléfono"),
        Identifier::new(IdentifierKind::Email, "jose.nunez84@correo.ec", "correo"),
        Identifier::new(
            IdentifierKind::Address,
            "Av. 10 de Agosto N24-150 y Colón, Quito",
            "dirección",
        ),
        Identifier::new(IdentifierKind::Name, "Luz Núñez", "paciente"),
        Identifier::new(IdentifierKind::Document, "AB123456", "documento"),
    ])
}

fn hidden(text: &str) -> String {
    redactor().redact(text).render(|_| false)
}

#[test]
fn every_spelling_is_found() {
    for (text, expected) in [
        ("cédula 1710034065.", "cédula [cédula]."),
        (
            "171003406-5; 17 1003 4065; 171.003.406.5",
            "[cédula]; [cédula]; [cédula]",
        ),
        ("RUC 1710034065001", "RUC [RUC]"),
        ("CI1710034065ok", "CI[cédula]ok"),
        ("１７１００３４０６５", "[cédula]"),
        ("17\u{200b}10034065", "[cédula]"),
        (
            "0962532338, +593 96 253 2338, (00593) 96-253-2338, 96.253.2338",
            "[teléfono], +[teléfono], ([teléfono], [teléfono]",
        ),
        ("02 234-5678 o 2345678", "[teléfono] o [teléfono]"),
        ("jose.nunez84@correo.ec JOSE.NUNEZ84 @ CORREO.EC", "[correo] [correo]"),
        ("jose punto nunez84 arroba correo punto ec", "[correo]"),
        ("me llamo JOSE  MARIA DE LA CRUZ", "me llamo [nombre]"),
        ("Jose\u{301} Nu\u{301}n\u{303}ez", "[nombre]"),
        ("N-ú-ñ-e-z, n u ñ e z", "[nombre], [nombre]"),
        ("usuario josenunez", "usuario [nombre]"),
        ("la paciente Luz Núñez", "la paciente [paciente]"),
        ("la luz de la sala", "la [paciente] de la sala"),
        ("vivo en la 10 de agosto N24 150 y Colon", "vivo en la [dirección]"),
        ("casa n24-150", "casa [dirección]"),
        ("pasaporte ab-123456", "pasaporte [documento]"),
    ] {
        assert_eq!(hidden(text), expected, "{text}");
    }
}

#[test]
fn ordinary_words_stay() {
    for text in [
        "de la sala, del hospital, los dos",
        "El 10 pagaron 150 dólares en Quito",
        "crucero, lucero, Cruzada, marías",
        "",
        " ",
        "[nombre]",
        "La Sra. Pérez cobró $ 20",
        "1710034066",
        "096 253 2339",
    ] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn initials_and_particles_are_hidden_only_as_a_whole() {
    let redactor = Redactor::new(&[Identifier::new(IdentifierKind::Name, "De La O", "nombre")]);
    assert_eq!(
        redactor.redact("de la sala, De la O, o no").render(|_| false),
        "de la sala, [nombre], o no"
    );
}

#[test]
fn what_is_restored_and_what_is_taken_tell_the_same() {
    let redacted = redactor().redact("Luz: 1710034065, la luz.");
    let words: Vec<_> = redacted.hidden(|_| false).collect();
    assert_eq!(
        words,
        [("[paciente]", "Luz"), ("[cédula]", "1710034065"), ("[paciente]", "luz")]
    );
    assert_eq!(
        redacted.render(|mark| mark.restorable && mark.start > 5),
        "[paciente]: [cédula], la luz."
    );
    assert_eq!(redacted.hidden(|mark| mark.restorable).count(), 1);
}

#[test]
fn nothing_but_words_may_be_restored() {
    let redacted = redactor()
        .redact("Luz jose.nunez84@correo.ec, Núñez escribe: jose nunez84 correo ec, 10 de agosto, colón quito");
    let restorable: Vec<_> = redacted
        .pieces()
        .iter()
        .filter(|p| p.mark().is_some_and(|m| m.restorable))
        .collect();
    let words: Vec<_> = restorable.iter().map(|piece| piece.text()).collect();
    assert_eq!(words, ["Luz", "Núñez", "colón quito"]);
}

#[test]
fn identifiers_of_others_are_pointed_out() {
    let text = "El Dr. usa 0991234567 y 099 123 4567, ruc 1790016919001, cédula 0926687856 (mía: 1710034065), \
                ana@x.ec; factura 12345678, año 2025, jose.nunez84@correo.ec, +593 2 2999 999";
    let found = find_unknown_identifiers(&redactor().redact(text));
    assert_eq!(
        found,
        [
            "0991234567",
            "099 123 4567",
            "1790016919001",
            "0926687856",
            "ana@x.ec",
            "+593 2 2999 999"
        ]
    );
}

#[test]
fn ten_thousand_characters_of_malice_are_quick() {
    for unit in [
        "1",
        "17",
        "1710034065",
        "0 ",
        "a ",
        "n u ñ e ",
        "10 agosto ",
        "jose",
        "é\u{301}\u{301}",
        "josemaria",
        "@.",
        "\u{301}",
    ] {
        let text: String = unit.chars().cycle().take(10_000).collect();
        let redacted = redactor().redact(&text);
        assert_eq!(redacted.render(|_| true), text);
        assert!(find_unknown_identifiers(&redacted).len() <= text.len());
    }
}

/// Spellings of a word or number: case, accents, separators.
fn spelled(text: &'static str, separators: &'static [&'static str]) -> impl Strategy<Value = String> {
    let length = text.chars().count();
    proptest::collection::vec((any::<bool>(), 0..separators.len()), length).prop_map(move |how| {
        let mut out = String::new();
        for (at, (c, (upper, separator))) in text.chars().zip(how).enumerate() {
            if at > 0 {
                out.push_str(separators[separator]);
            }
            if upper {
                out.extend(c.to_uppercase());
            } else {
                out.push(c);
            }
        }
        out
    })
}

/// Folded letters and digits of what an analyst reads between the marks.
fn seen(redacted: &Redacted) -> Vec<String> {
    redacted
        .pieces()
        .iter()
        .filter(|piece| piece.mark().is_none())
        .map(|piece| fold::compact(piece.text()).into_iter().collect())
        .collect()
}

proptest! {
    #[test]
    fn no_spelling_of_an_identifier_remains(
        before in "\\PC{0,30}", after in "\\PC{0,30}",
        cedula in spelled("1710034065", &["", " ", "-", ".", " - "]),
        phone in spelled("962532338", &["", " ", "-", "."]),
        name in prop_oneof![spelled("núñez", &[""]), spelled("cruz", &[""]), spelled("luz", &[""])],
        email in spelled("jose.nunez84@correo.ec", &["", " "]),
    ) {
        let text = format!("{before} {cedula} {after} {phone}; {name} {before} {email} {after}");
        let redacted = redactor().redact(&text);
        prop_assert_eq!(redacted.render(|_| true), text.clone());
        for rest in seen(&redacted) {
            for gone in ["1710034065", "962532338", "nunez84correo"] {
                prop_assert!(!rest.contains(gone), "{gone} of {text:?} in {rest:?}");
            }
        }
        let words = Redactor::new(&[Identifier::new(IdentifierKind::Name, "Núñez Cruz Luz", "nombre")]);
        let shown = redacted.render(|_| false);
        prop_assert!(words.redact(&shown).hidden(|_| false).next().is_none(), "{shown:?}");
    }

    #[test]
    fn restoring_all_gives_the_original_back(text in any::<String>(), noise in "[a-z0-9 .áéñ\u{301}]{0,80}") {
        for text in [text, noise] {
            let redacted = redactor().redact(&text);
            prop_assert_eq!(redacted.render(|_| true), text);
            let _ = find_unknown_identifiers(&redacted);
        }
    }

    #[test]
    fn any_identifiers_at_all_do_no_harm(texts in proptest::collection::vec(any::<String>(), 7), story in any::<String>()) {
        let sorts = [IdentifierKind::Cedula, IdentifierKind::Document, IdentifierKind::Ruc, IdentifierKind::Phone, IdentifierKind::Email, IdentifierKind::Address, IdentifierKind::Name];
        let all: Vec<_> = sorts.iter().zip(&texts).map(|(sort, text)| Identifier::new(*sort, text, "x")).collect();
        let text = format!("{story}{}{story}", texts.concat());
        let redacted = Redactor::new(&all).redact(&text);
        prop_assert_eq!(redacted.render(|_| true), text);
    }

    #[test]
    fn a_whole_name_never_stays(name in "[A-Za-zÁÉñ]{1,8}( [A-Za-zÁÉñ]{1,8}){0,3}", before in "[a-z ]{0,20}") {
        let text = format!("{before}, {}. {before}", name.to_uppercase());
        let redacted = Redactor::new(&[Identifier::new(IdentifierKind::Name, &name, "nombre")]).redact(&text);
        prop_assert!(redacted.hidden(|_| false).next().is_some());
    }
}

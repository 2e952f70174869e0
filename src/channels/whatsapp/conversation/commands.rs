//! What people mean: commands in both languages, options by number or by name, in any case, with or without accents.

use unicode_normalization::UnicodeNormalization as _;

use crate::dialogue::view::Opt;

/// What somebody wants besides answering. Said as the whole message, so that no story is taken for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    Menu,
    Report,
    FollowUp,
    Back,
    Change,
    Cancel,
    Done,
    Help,
    Leave,
    Yes,
    No,
    Spanish,
    English,
    StopNotices,
}

const WORDS: &[(Command, &[&str])] = &[
    (
        Command::Menu,
        &[
            "menu",
            "inicio",
            "hola",
            "buenos dias",
            "buenas tardes",
            "buenas noches",
            "buenas",
            "hello",
            "hi",
            "start",
        ],
    ),
    (
        Command::Report,
        &[
            "reportar",
            "reporte",
            "presentar",
            "presentar un caso",
            "report",
            "file",
            "file a report",
            "nuevo",
            "new",
        ],
    ),
    (
        Command::FollowUp,
        &[
            "seguimiento",
            "mi caso",
            "ver mi caso",
            "recibo",
            "tengo un recibo",
            "follow up",
            "followup",
            "my case",
            "receipt",
        ],
    ),
    (
        Command::Back,
        &["atras", "volver", "regresar", "anterior", "back", "previous"],
    ),
    (
        Command::Change,
        &["cambiar", "cambiar algo", "corregir", "change", "edit"],
    ),
    (Command::Cancel, &["cancelar", "cancel", "borrar", "borrar todo"]),
    (
        Command::Done,
        &[
            "listo",
            "lista",
            "ya",
            "ya esta",
            "fin",
            "termine",
            "eso es todo",
            "done",
            "ready",
            "finished",
            "that is all",
        ],
    ),
    (Command::Help, &["ayuda", "help", "que hago", "?"]),
    (
        Command::Leave,
        &["salir", "cerrar", "terminar", "exit", "quit", "log out", "leave"],
    ),
    (
        Command::Yes,
        &[
            "si",
            "claro",
            "ok",
            "okay",
            "bueno",
            "dale",
            "yes",
            "si autorizo",
            "autorizo",
            "acepto",
            "enviar",
            "confirmo",
            "send",
        ],
    ),
    (Command::No, &["no", "no gracias", "no thanks"]),
    (Command::Spanish, &["espanol", "spanish", "castellano"]),
    (Command::English, &["ingles", "english"]),
    (
        Command::StopNotices,
        &["no avisar", "no me avisen", "baja", "stop", "unsubscribe"],
    ),
];

/// The command that the whole text is.
pub(crate) fn command(text: &str) -> Option<Command> {
    let said = plain(text);
    WORDS
        .iter()
        .find(|(_, words)| words.contains(&said.as_str()))
        .map(|(command, _)| *command)
}

/// Lower case, without accents, punctuation and superfluous blanks.
pub(crate) fn plain(text: &str) -> String {
    if text.trim() == "?" {
        return "?".to_owned();
    }
    let letters: String = text
        .nfd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .to_lowercase();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The option that a text names: by its number as it was shown, by its name, or by a part of its name that no other has.
pub(crate) fn option<'a>(options: &'a [Opt], shown: &[&'a Opt], text: &str) -> Option<&'a Opt> {
    let said = plain(text);
    if said.is_empty() {
        return None;
    }
    if let Ok(number) = said.parse::<usize>() {
        return shown.get(number.checked_sub(1)?).copied();
    }
    let named = |matches: &dyn Fn(&str) -> bool| {
        let mut found = options
            .iter()
            .filter(|option| matches(&plain(&option.label)) || matches(&plain(&option.value)));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    };
    named(&|label| label == said)
        .or_else(|| named(&|label| label.starts_with(&said)))
        .or_else(|| named(&|label| said.len() >= 3 && label.split(' ').any(|word| word == said)))
        .or_else(|| named(&|label| said.len() >= 4 && label.contains(&said)))
        .or_else(|| named(&|label| label.len() >= 4 && format!(" {said} ").contains(&format!(" {label} "))))
}

/// The numbers that a text lists, "1, 3 y 4"; None when anything else stands there.
pub(crate) fn numbers(text: &str) -> Option<Vec<usize>> {
    let said = plain(text);
    let words = said.split(' ').filter(|word| !matches!(*word, "y" | "and" | ""));
    let numbers: Option<Vec<usize>> = words.map(|word| word.parse().ok()).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(labels: &[(&str, &str)]) -> Vec<Opt> {
        let option = |(value, label): &(&str, &str)| Opt {
            value: (*value).into(),
            label: (*label).into(),
            description: None,
        };
        labels.iter().map(option).collect()
    }

    #[test]
    fn commands_are_whole_messages_in_any_spelling() {
        for (text, expected) in [
            ("¡Atrás!", Command::Back),
            ("ATRAS", Command::Back),
            ("Cancelar.", Command::Cancel),
            ("help", Command::Help),
            ("?", Command::Help),
            ("Seguimiento", Command::FollowUp),
            ("Follow-up", Command::FollowUp),
            ("Sí", Command::Yes),
            ("inglés", Command::English),
        ] {
            assert_eq!(command(text), Some(expected), "{text}");
        }
        for text in ["me dijeron que vuelva atrás", "quiero cancelar mi cita", "", "…"] {
            assert_eq!(command(text), None, "{text}");
        }
        for (at, (_, words)) in WORDS.iter().enumerate() {
            for word in *words {
                assert_eq!(plain(word), *word, "words are written plainly");
                assert!(
                    !WORDS[at + 1..].iter().any(|(_, later)| later.contains(word)),
                    "{word} twice"
                );
            }
        }
    }

    #[test]
    fn options_are_known_by_number_name_and_part() {
        let all = options(&[
            ("queja", "Queja por el servicio"),
            ("denuncia", "Denuncia de un acto irregular"),
            ("17", "Pichincha"),
            ("23", "Santo Domingo de los Tsáchilas"),
            ("24", "Santa Elena"),
            ("07", "El Oro"),
        ]);
        let shown: Vec<&Opt> = all.iter().skip(2).collect();
        let found = |text: &str| option(&all, &shown, text).map(|option| option.value.as_str());
        for (text, expected) in [
            ("queja", "queja"),
            ("DENUNCIA", "denuncia"),
            ("quiero poner una denuncia", "denuncia"),
            ("1", "17"),
            ("2.", "23"),
            ("pichincha", "17"),
            ("tsachilas", "23"),
            ("Santa", "24"),
            ("oro", "07"),
        ] {
            assert_eq!(found(text), Some(expected), "{text}");
        }
        for text in ["san", "9", "0", "", "nada de eso"] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_people_list_them() {
        assert_eq!(numbers("1, 3 y 4"), Some(vec![1, 3, 4]));
        assert_eq!(numbers("2"), Some(vec![2]));
        assert!(numbers("el 2").is_none() && numbers("").is_none());
    }
}

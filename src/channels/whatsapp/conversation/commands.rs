//! Commands that people type or tap, in both languages.

use super::matching::normalize;
use super::reply_ids;
use crate::channels::whatsapp::inbound::message::MessageBody;

/// A wish other than an answer. A text is a command only as a whole message, so that no story is taken for one.
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

/// The texts of each command in both languages, normalized.
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

impl Command {
    /// Parses a message, typed or tapped.
    pub(crate) fn from_body(body: &MessageBody) -> Option<Self> {
        match body {
            MessageBody::Text(text) => Self::from_text(text),
            MessageBody::QuickReply(id) => Self::from_reply_id(id),
            MessageBody::Media(_) | MessageBody::Unsupported | MessageBody::Ignored => None,
        }
    }

    /// Finds the command that the whole text is.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let text = normalize(text);
        WORDS
            .iter()
            .find(|(_, words)| words.contains(&text.as_str()))
            .map(|(command, _)| *command)
    }

    fn from_reply_id(id: &str) -> Option<Self> {
        match id.strip_prefix(reply_ids::COMMAND)?.strip_prefix('/')? {
            "report" => Some(Self::Report),
            "follow-up" => Some(Self::FollowUp),
            "english" => Some(Self::English),
            "spanish" => Some(Self::Spanish),
            "menu" => Some(Self::Menu),
            "change" => Some(Self::Change),
            "send" | "yes" => Some(Self::Yes),
            "no" => Some(Self::No),
            "reconsider" | "back" => Some(Self::Back),
            "leave" => Some(Self::Leave),
            "stop" => Some(Self::StopNotices),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Command::from_text(text), Some(expected), "{text}");
        }
        for text in ["me dijeron que vuelva atrás", "quiero cancelar mi cita", "", "…"] {
            assert_eq!(Command::from_text(text), None, "{text}");
        }
        for (at, (_, words)) in WORDS.iter().enumerate() {
            for word in *words {
                assert_eq!(normalize(word), *word, "words are written plainly");
                assert!(
                    !WORDS[at + 1..].iter().any(|(_, later)| later.contains(word)),
                    "{word} twice"
                );
            }
        }
    }
}

//! Plaintext that people wrote. These types leave the vault only by sealing or through a named accessor.
//!
//! They have no `Clone`, `Display` or `Serialize`, have a redacted `Debug`, and are wiped on drop. Their JSON is in
//! `docs/PROTOCOL.md`, section 2.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The bytes are not the JSON of the expected content.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not the content that it must be")]
pub struct MalformedContent;

/// Content of an envelope.
pub trait Content: Sized {
    /// Writes the content's JSON, with all texts in NFC.
    fn to_json(&self) -> Zeroizing<String>;

    /// Reads the content's JSON.
    ///
    /// # Errors
    /// [`MalformedContent`] for anything else, unknown fields included.
    fn from_json(json: &str) -> Result<Self, MalformedContent>;
}

/// Brings a text to NFC, in one buffer that never grows.
pub(crate) fn nfc(text: &str) -> Zeroizing<String> {
    // NFC is at most three times as long in UTF-8 (UAX 15, annex on stability).
    let mut normal = Zeroizing::new(String::with_capacity(3 * text.len()));
    if is_nfc(text) {
        normal.push_str(text);
    } else {
        normal.extend(text.nfc());
    }
    normal
}

/// Brings texts to NFC before they become JSON.
///
/// Normalizing the JSON as a whole would be wrong: in `\n` before a lone accent, the escape's letter would take the accent.
trait Normalize {
    fn normalize(&mut self);
}

impl Normalize for String {
    fn normalize(&mut self) {
        if !is_nfc(self) {
            let normal = std::mem::take(&mut *nfc(self));
            self.zeroize();
            *self = normal;
        }
    }
}

impl Normalize for u64 {
    fn normalize(&mut self) {}
}

impl Normalize for Vec<String> {
    fn normalize(&mut self) {
        self.iter_mut().for_each(Normalize::normalize);
    }
}

impl<P: Zeroize + TextFields> Normalize for Parts<P> {
    fn normalize(&mut self) {
        for part in &mut self.0 {
            part.texts_mut().into_iter().for_each(Normalize::normalize);
        }
    }
}

fn write(value: &impl Serialize) -> Zeroizing<String> {
    // Allocates the exact size: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(json_size(value)));
    serde_json::to_writer(&mut *bytes, value).expect("plain structs in memory");
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *bytes)).expect("JSON is UTF-8"))
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, MalformedContent> {
    serde_json::from_str(json).map_err(|_| MalformedContent)
}

macro_rules! content {
    ($($(#[$doc:meta])* $name:ident, $inner:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ })+) => {$(
        #[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
        #[serde(deny_unknown_fields)]
        struct $inner { $($field: $type,)+ }

        $(#[$doc])*
        pub struct $name($inner);

        impl $name {
            /// Creates the content; its texts are brought to NFC.
            pub fn new($(mut $field: $type),+) -> Self {
                $($field.normalize();)+
                Self($inner { $($field),+ })
            }

            $($(#[$field_doc])* pub fn $field(&self) -> &$type { &self.0.$field })+
        }

        impl Content for $name {
            fn to_json(&self) -> Zeroizing<String> {
                write(&self.0)
            }

            fn from_json(json: &str) -> Result<Self, MalformedContent> {
                read(json).map(Self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

/// Returns the length of the JSON in bytes, without keeping it.
fn json_size(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).expect("counting does not fail");
    count.0
}

/// A part of a content; all its fields are texts.
trait TextFields: Sized {
    const FIELDS: &'static [&'static str];
    fn texts(&self) -> Vec<&str>;
    fn texts_mut(&mut self) -> Vec<&mut String>;
    fn from_texts(texts: Vec<String>) -> Self;
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: String,)+ }

        impl TextFields for $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn texts(&self) -> Vec<&str> {
                vec![$(self.$field.as_str()),+]
            }

            fn texts_mut(&mut self) -> Vec<&mut String> {
                vec![$(&mut self.$field),+]
            }

            fn from_texts(texts: Vec<String>) -> Self {
                let mut texts = texts.into_iter();
                Self { $($field: texts.next().expect("one text a field")),+ }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

parts! {
    /// One answer as the analyst reads it.
    Answer {
        /// The question's id in the profile.
        question,
        /// The question as it was asked.
        label,
        /// The answer.
        text,
    }
    /// One piece of personal data.
    Field {
        /// The field's id in the profile.
        field,
        /// The field's name as it was shown.
        label,
        /// The personal datum itself.
        value,
    }
    /// Words that redaction took out of a text.
    Redacted {
        /// Mark that replaces them in the text, such as `[cédula]`.
        mark,
        /// The original words.
        text,
    }
    /// One check that an officer made.
    Check {
        /// Kind of the check, a code of the profile.
        what,
        /// Its outcome, a code of the profile.
        outcome,
        /// Day of the check, as an ISO date.
        day,
    }
}

/// A list of parts: reads as a slice, written only inside a content.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Parts<P: Zeroize>(Vec<P>);

impl<P: Zeroize> From<Vec<P>> for Parts<P> {
    fn from(parts: Vec<P>) -> Self {
        Self(parts)
    }
}

impl<P: Zeroize> std::ops::Deref for Parts<P> {
    type Target = [P];

    fn deref(&self) -> &[P] {
        &self.0
    }
}

impl<P: Zeroize + TextFields> Serialize for Parts<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct One<'a, P>(&'a P);

        impl<P: TextFields> Serialize for One<'_, P> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(P::FIELDS.iter().zip(self.0.texts()))
            }
        }

        serializer.collect_seq(self.0.iter().map(One))
    }
}

impl<'de, P: Zeroize + TextFields> Deserialize<'de> for Parts<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Vec::<BTreeMap<String, String>>::deserialize(deserializer)?;
        list.into_iter()
            .map(
                |mut map| match P::FIELDS.iter().map(|name| map.remove(*name)).collect() {
                    Some(texts) if map.is_empty() => Ok(P::from_texts(texts)),
                    _ => Err(D::Error::custom("a field is missing or unknown")),
                },
            )
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

content! {
    /// The story, redacted, as the analyst reads it.
    Narrative, NarrativeJson {
        /// Language of the questions, such as `es`.
        language: String,
        /// Answers in the order of the questions.
        answers: Parts<Answer>,
    }
    /// Fields that the reporter chose to share with the area.
    SharedFields, SharedFieldsJson {
        /// The shared fields.
        fields: Parts<Field>,
    }
    /// A message between area and reporter.
    Message, MessageJson {
        /// The message.
        text: String,
    }
    /// An internal note.
    Note, NoteJson {
        /// The note.
        text: String,
    }
    /// Reason for a change of state.
    Reason, ReasonJson {
        /// The state before.
        from: String,
        /// The state after.
        to: String,
        /// The reason.
        text: String,
    }
    /// Description of an attachment, with the key that opens its file.
    Attachment, AttachmentJson {
        /// File name.
        name: String,
        /// Media type, detected from the content.
        r#type: String,
        /// Size of the content, in bytes.
        size: u64,
        /// SHA-256 of the content, in hex.
        sha256: String,
        /// Scalar of the age identity drawn for this file; base64 of 32 bytes.
        key: String,
        /// `cleaned` or `unchanged`.
        cleaning: String,
        /// Kinds of hidden data that cleaning removed, by the words of `docs/PROTOCOL.md`, section 12.
        removed: Vec<String>,
    }
    /// The reporter's identity: personal data, and the words that redaction took out.
    IdentityData, IdentityDataJson {
        /// The personal data.
        fields: Parts<Field>,
        /// Words that redaction took out of the narrative.
        redacted: Parts<Redacted>,
    }
    /// Purpose of an unseal.
    Purpose, PurposeJson {
        /// Class of the purpose, a code of the profile.
        class: String,
        /// The purpose in the officer's words.
        text: String,
        /// Opens the commitment in the request; base64 of 32 bytes.
        salt: String,
    }
    /// Request of an area to the officers' desk.
    ValidationRequest, ValidationRequestJson {
        /// The request.
        text: String,
    }
    /// An officer's note to one check or attempt.
    CheckNote, CheckNoteJson {
        /// The note.
        text: String,
    }
    /// Reason of a member's recusal from a case.
    RecusalReason, RecusalReasonJson {
        /// Class of the reason, a code of the profile.
        class: String,
        /// The reason in the member's words.
        text: String,
    }
    /// Checks that an officer made before the verdict.
    VerdictChecks, VerdictChecksJson {
        /// The checks, in order.
        checks: Parts<Check>,
        /// The officer's remarks.
        text: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_read_back_in_nfc_and_refuse_unknown_fields() {
        let decomposed = "cedula\u{301}";
        let narrative = Narrative::new(
            "es".into(),
            vec![Answer {
                question: "what".into(),
                label: "¿Qué pasó?".into(),
                text: decomposed.into(),
            }]
            .into(),
        );
        let json = narrative.to_json();
        assert_eq!(
            *json,
            r#"{"language":"es","answers":[{"question":"what","label":"¿Qué pasó?","text":"cedulá"}]}"#
        );
        assert_eq!(Narrative::from_json(&json).unwrap().answers()[0].text, "cedulá");
        // An accent without a letter, after what JSON escapes by a letter.
        let lone = Message::new("a\n\u{301}b".into());
        assert_eq!(Message::from_json(&lone.to_json()).unwrap().text(), "a\n\u{301}b");
        assert!(Message::from_json(r#"{"text":"a","more":1}"#).is_err());
        assert!(Narrative::from_json(r#"{"language":"es","answers":[{"question":"a","label":"b"}]}"#).is_err());
        assert_eq!(
            format!("{narrative:?} {:?}", narrative.answers()[0]),
            "Narrative(…) Answer(…)"
        );
    }
}

//! From a form to a checked answer, or to a sentence that says what to mend.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::draft::{Draft, MAX_CHARS, Value};
use super::engine::{Form, OTHER_ESTABLISHMENT, chosen, may_skip, shareable};
use super::profile::{Ask, Destination, DocumentCheck, Profile, Question, Text};
use super::view::{ACCEPT, KIND, NONE, NUMBER, Opt, REFUSE, SHARE_PREFIX, SKIP, VALUE};
use crate::domain::{cedula, email, phone};
use crate::vault::attachment::DescribedAttachment;

/// An answer that cannot be taken. Holds nothing of what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer to {step} cannot be taken")]
pub struct FieldError {
    pub step: String,
    /// The field of the form that is to be mended.
    pub field: &'static str,
    /// For the reporter, in their language.
    pub text: String,
}

/// What a form says.
pub(super) enum Read {
    Value(Value),
    /// Consent was refused.
    Refused,
}

/// Longest name.
const MAX_NAME: usize = 150;
/// Longest phone number, document or e-mail as typed.
const MAX_SHORT: usize = 254;

/// Reads and checks the answer to `question`.
pub(super) fn read(profile: &Profile, draft: &Draft, question: &Question, form: &Form) -> Result<Read, FieldError> {
    let reader = Reader {
        profile,
        draft,
        question,
        form,
    };
    if question.ask == Ask::Files {
        return reader.files().map(Read::Value);
    }
    if form.contains_key(SKIP) && question.skip.is_some() {
        return if may_skip(draft, question) {
            Ok(Read::Value(Value::Skipped))
        } else {
            Err(reader.error(VALUE, &profile.errors.contact))
        };
    }
    let value = match question.ask {
        Ask::Kind
        | Ask::Category
        | Ask::Conflict
        | Ask::Province
        | Ask::Establishment
        | Ask::Choice
        | Ask::Identify => reader.choice()?,
        Ask::Text | Ask::Date => Value::Text(
            reader
                .text(question.max_chars.unwrap_or(MAX_CHARS), question.long)?
                .to_string(),
        ),
        Ask::Consent => {
            return match form.get(VALUE).map(|text| text.trim()) {
                Some(ACCEPT) => Ok(Read::Value(Value::Accepted)),
                Some(REFUSE) => Ok(Read::Refused),
                _ => Err(reader.error(VALUE, &profile.errors.consent)),
            };
        }
        Ask::Document => reader.document()?,
        Ask::Name => reader.name()?,
        Ask::Phone => {
            let typed = reader.text(MAX_SHORT, false)?;
            Value::Text(phone::normalize(&typed).ok_or_else(|| reader.error(VALUE, &profile.errors.phone))?)
        }
        Ask::Email => {
            if question.none.is_some() && form.contains_key(NONE) {
                Value::None
            } else {
                let typed = reader.text(MAX_SHORT, false)?;
                Value::Text(email::normalize(&typed).ok_or_else(|| reader.error(VALUE, &profile.errors.email))?)
            }
        }
        Ask::Address => {
            let typed = reader.text(question.max_chars.unwrap_or(MAX_SHORT), false)?;
            let fits = typed.split_whitespace().count() >= 2 && typed.chars().any(char::is_alphabetic);
            if !fits {
                return Err(reader.error(VALUE, &profile.errors.address));
            }
            Value::Text(typed.to_string())
        }
        Ask::Share => Value::Shared(
            shareable(draft, question)
                .filter(|step| form.contains_key(&format!("{SHARE_PREFIX}{step}")))
                .map(ToOwned::to_owned)
                .collect(),
        ),
        // The engine reads the preview's form itself, and files were read above.
        Ask::Preview | Ask::Files => Value::Confirmed,
    };
    Ok(Read::Value(value))
}

struct Reader<'a> {
    profile: &'a Profile,
    draft: &'a Draft,
    question: &'a Question,
    form: &'a Form,
}

impl Reader<'_> {
    fn error(&self, field: &'static str, text: &Text) -> FieldError {
        FieldError {
            step: self.question.id.clone(),
            field,
            text: text.get(&self.draft.language).to_owned(),
        }
    }

    /// A field of the form, cleaned; an error when it is blank or too long.
    fn field(&self, field: &'static str, max_chars: usize, lines: bool) -> Result<Zeroizing<String>, FieldError> {
        let typed = self.form.get(field).map_or("", String::as_str);
        let too_long = || {
            let mut error = self.error(field, &self.profile.errors.too_long);
            error.text = error.text.replace("{max}", &max_chars.to_string());
            error
        };
        // Composition shortens a text at most about threefold: what is far beyond that need not be looked at.
        if typed.len() > max_chars.saturating_mul(16) {
            return Err(too_long());
        }
        let cleaned = clean(typed, lines);
        if cleaned.is_empty() {
            let errors = &self.profile.errors;
            let needs_contact = !self.question.skip_needs_one_of.is_empty() && !may_skip(self.draft, self.question);
            return Err(self.error(
                field,
                if needs_contact {
                    &errors.contact
                } else {
                    &errors.required
                },
            ));
        }
        if cleaned.chars().count() > max_chars {
            return Err(too_long());
        }
        Ok(cleaned)
    }

    fn text(&self, max_chars: usize, lines: bool) -> Result<Zeroizing<String>, FieldError> {
        self.field(VALUE, max_chars, lines)
    }

    fn choice(&self) -> Result<Value, FieldError> {
        let wanted = self.form.get(VALUE).map_or("", |text| text.trim());
        options(self.profile, self.draft, self.question)
            .into_iter()
            .find(|option| option.value == wanted)
            .map(|option| Value::Choice(option.value))
            .ok_or_else(|| self.error(VALUE, &self.profile.errors.choose))
    }

    /// What is attached already is the answer; the form only says that it is all.
    fn files(&self) -> Result<Value, FieldError> {
        let files = &self.draft.files;
        if files.iter().any(DescribedAttachment::is_undecided) {
            return Err(self.error(VALUE, &self.profile.errors.undecided_file));
        }
        match (files.is_empty(), self.form.contains_key(SKIP)) {
            (false, _) => Ok(Value::Files(files.iter().map(|file| file.id).collect())),
            (true, true) => Ok(Value::Skipped),
            (true, false) => Err(self.error(VALUE, &self.profile.errors.no_file)),
        }
    }

    fn document(&self) -> Result<Value, FieldError> {
        let wanted = self.form.get(KIND).map_or("", |text| text.trim());
        let Some(kind) = self.profile.documents.iter().find(|kind| kind.id == wanted) else {
            return Err(self.error(KIND, &self.profile.errors.choose));
        };
        let typed = self.field(NUMBER, MAX_SHORT, false)?;
        let (number, error) = match kind.check {
            DocumentCheck::Cedula => (cedula::normalize(&typed), &self.profile.errors.cedula),
            DocumentCheck::Passport => (passport(&typed), &self.profile.errors.passport),
        };
        let number = number.ok_or_else(|| self.error(NUMBER, error))?;
        Ok(Value::Document {
            kind: kind.id.clone(),
            number,
        })
    }

    fn name(&self) -> Result<Value, FieldError> {
        let typed = self.text(MAX_NAME, false)?;
        // Of somebody else one may know the first name only.
        let words = if self.question.into == Some(Destination::Identity) {
            2
        } else {
            1
        };
        let fits = typed
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphabetic))
            .count()
            >= words
            && !typed
                .chars()
                .any(|c| c.is_numeric() || matches!(c, '@' | '/' | '<' | '>'));
        if fits {
            Ok(Value::Text(typed.to_string()))
        } else {
            Err(self.error(VALUE, &self.profile.errors.name))
        }
    }
}

/// 5 to 20 letters and digits, a digit among them.
fn passport(text: &str) -> Option<String> {
    let number: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect::<String>()
        .to_ascii_uppercase();
    let fits = (5..=20).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_alphanumeric())
        && number.bytes().any(|b| b.is_ascii_digit());
    fits.then_some(number)
}

/// NFC, without control characters, marks that turn the direction of writing, and blanks around it. Without `lines`
/// runs of blanks become one space.
pub(super) fn clean(text: &str, lines: bool) -> Zeroizing<String> {
    let text = Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n"));
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.nfc() {
        match c {
            '\n' if lines => out.push('\n'),
            '\n' | '\t' => out.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    if lines {
        return Zeroizing::new(out.trim().to_owned());
    }
    let mut line = Zeroizing::new(String::with_capacity(out.len()));
    for word in out.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// What can be chosen at a step now, in the reporter's language.
pub(super) fn options(profile: &Profile, draft: &Draft, question: &Question) -> Vec<Opt> {
    let language = draft.language.as_str();
    let option = |value: &str, label: &Text, description: Option<&Text>| Opt {
        value: value.to_owned(),
        label: label.get(language).to_owned(),
        description: description.map(|text| text.get(language).to_owned()),
    };
    let place = |(code, name): (&String, &String)| Opt {
        value: code.clone(),
        label: name.clone(),
        description: None,
    };
    match question.ask {
        Ask::Kind => profile
            .kinds
            .iter()
            .map(|k| option(&k.id, &k.label, k.description.as_ref()))
            .collect(),
        Ask::Category => {
            let kind = chosen(draft, "kind");
            let of_kind = profile
                .categories
                .iter()
                .filter(|category| Some(category.kind.as_str()) == kind);
            of_kind
                .map(|c| option(&c.id, &c.label, c.description.as_ref()))
                .collect()
        }
        Ask::Province => profile.provinces.iter().map(place).collect(),
        Ask::Establishment => {
            let of_province = chosen(draft, "province").and_then(|province| profile.establishments.get(province));
            let other = option(OTHER_ESTABLISHMENT, &profile.texts.other_establishment, None);
            of_province.into_iter().flatten().map(place).chain([other]).collect()
        }
        Ask::Document => profile
            .documents
            .iter()
            .map(|d| option(&d.id, &d.label, None))
            .collect(),
        _ => question
            .options
            .iter()
            .map(|o| option(&o.id, &o.label, o.description.as_ref()))
            .collect(),
    }
}

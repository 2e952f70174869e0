//! Checks the form of one question: a normalized answer, or a sentence that says what to correct.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::draft::{Draft, Value};
use super::form::{
    ACCEPT, FieldError, Form, KIND_FIELD, NONE_FIELD, NUMBER_FIELD, REFUSE, SHARE_FIELD_PREFIX, SKIP_FIELD, VALUE_FIELD,
};
use super::profile::codes::MAX_ANSWER_CHARS;
use super::profile::question::{AnswerType, Destination, Question};
use super::profile::text::Text;
use super::profile::types::{DocumentCheck, Profile};
use super::questions::{may_skip, shareable_steps};
use super::wording::options;
use crate::domain::{cedula, email, phone};
use crate::vault::attachment::DescribedAttachment;

/// The content of a form that was accepted.
pub(super) enum ParsedAnswer {
    Value(Value),
    ConsentRefused,
}

/// Longest name, in Unicode scalar values.
const MAX_NAME_CHARS: usize = 150;
/// Longest phone number, document or e-mail address as typed, in Unicode scalar values.
const MAX_SHORT_CHARS: usize = 254;
/// Longest input that is normalized, in bytes for each character that is allowed. Composition shortens a text at most
/// about threefold, so that a longer input is too long in any case.
const MAX_INPUT_BYTES_PER_CHAR: usize = 16;

/// Parses and checks the answer to `question`.
pub(super) fn parse_answer(
    profile: &Profile,
    draft: &Draft,
    question: &Question,
    form: &Form,
) -> Result<ParsedAnswer, FieldError> {
    let parser = Parser {
        profile,
        draft,
        question,
        form,
    };
    if question.answer_type == AnswerType::Consent {
        return parser.consent();
    }
    let wants_skip = form.contains_key(SKIP_FIELD) && question.skip.is_some();
    if wants_skip && question.answer_type != AnswerType::Files {
        return if may_skip(draft, question) {
            Ok(ParsedAnswer::Value(Value::Skipped))
        } else {
            Err(parser.error(VALUE_FIELD, &profile.errors.contact))
        };
    }
    parser.value().map(ParsedAnswer::Value)
}

struct Parser<'a> {
    profile: &'a Profile,
    draft: &'a Draft,
    question: &'a Question,
    form: &'a Form,
}

impl Parser<'_> {
    fn value(&self) -> Result<Value, FieldError> {
        let max_chars = self.question.max_chars;
        Ok(match self.question.answer_type {
            AnswerType::Kind
            | AnswerType::Category
            | AnswerType::Conflict
            | AnswerType::Province
            | AnswerType::Establishment
            | AnswerType::Choice
            | AnswerType::Identify => self.choice()?,
            AnswerType::Text | AnswerType::Date => {
                let typed = self.text(max_chars.unwrap_or(MAX_ANSWER_CHARS), self.question.long)?;
                Value::Text(typed.to_string())
            }
            AnswerType::Document => self.document()?,
            AnswerType::Name => self.name()?,
            AnswerType::Phone => self.normalized(phone::normalize, &self.profile.errors.phone)?,
            AnswerType::Email if self.question.none.is_some() && self.form.contains_key(NONE_FIELD) => Value::None,
            AnswerType::Email => self.normalized(email::normalize, &self.profile.errors.email)?,
            AnswerType::Address => self.address(max_chars.unwrap_or(MAX_SHORT_CHARS))?,
            AnswerType::Files => self.files()?,
            AnswerType::Share => self.shared(),
            // Consent is parsed above; the flow applies the preview's form itself.
            AnswerType::Consent | AnswerType::Preview => Value::Confirmed,
        })
    }

    fn consent(&self) -> Result<ParsedAnswer, FieldError> {
        match self.form.get(VALUE_FIELD).map(|text| text.trim()) {
            Some(ACCEPT) => Ok(ParsedAnswer::Value(Value::Accepted)),
            Some(REFUSE) => Ok(ParsedAnswer::ConsentRefused),
            _ => Err(self.error(VALUE_FIELD, &self.profile.errors.consent)),
        }
    }

    /// A short text that `normalize` accepts.
    fn normalized(&self, normalize: fn(&str) -> Option<String>, error: &Text) -> Result<Value, FieldError> {
        let typed = self.text(MAX_SHORT_CHARS, false)?;
        let normalized = normalize(&typed).ok_or_else(|| self.error(VALUE_FIELD, error))?;
        Ok(Value::Text(normalized))
    }

    fn address(&self, max_chars: usize) -> Result<Value, FieldError> {
        let typed = self.text(max_chars, false)?;
        let fits = typed.split_whitespace().count() >= 2 && typed.chars().any(char::is_alphabetic);
        if fits {
            Ok(Value::Text(typed.to_string()))
        } else {
            Err(self.error(VALUE_FIELD, &self.profile.errors.address))
        }
    }

    fn shared(&self) -> Value {
        let ticked = |step: &&str| self.form.contains_key(&format!("{SHARE_FIELD_PREFIX}{step}"));
        let steps = shareable_steps(self.draft, self.question).filter(ticked);
        Value::Shared(steps.map(ToOwned::to_owned).collect())
    }

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
        if typed.len() > max_chars.saturating_mul(MAX_INPUT_BYTES_PER_CHAR) {
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
        self.field(VALUE_FIELD, max_chars, lines)
    }

    fn choice(&self) -> Result<Value, FieldError> {
        let wanted = self.form.get(VALUE_FIELD).map_or("", |text| text.trim());
        options(self.profile, self.draft, self.question)
            .into_iter()
            .find(|option| option.value == wanted)
            .map(|option| Value::Choice(option.value))
            .ok_or_else(|| self.error(VALUE_FIELD, &self.profile.errors.choose))
    }

    /// The attached files are the answer; the form only says that there are no more.
    fn files(&self) -> Result<Value, FieldError> {
        let files = &self.draft.files;
        if files.iter().any(DescribedAttachment::is_undecided) {
            return Err(self.error(VALUE_FIELD, &self.profile.errors.undecided_file));
        }
        match (files.is_empty(), self.form.contains_key(SKIP_FIELD)) {
            (false, _) => Ok(Value::Files(files.iter().map(|file| file.id).collect())),
            (true, true) => Ok(Value::Skipped),
            (true, false) => Err(self.error(VALUE_FIELD, &self.profile.errors.no_file)),
        }
    }

    fn document(&self) -> Result<Value, FieldError> {
        let wanted = self.form.get(KIND_FIELD).map_or("", |text| text.trim());
        let Some(kind) = self.profile.document(wanted) else {
            return Err(self.error(KIND_FIELD, &self.profile.errors.choose));
        };
        let typed = self.field(NUMBER_FIELD, MAX_SHORT_CHARS, false)?;
        let (number, error) = match kind.check {
            DocumentCheck::Cedula => (cedula::normalize(&typed), &self.profile.errors.cedula),
            DocumentCheck::Passport => (passport(&typed), &self.profile.errors.passport),
        };
        let number = number.ok_or_else(|| self.error(NUMBER_FIELD, error))?;
        Ok(Value::Document {
            kind: kind.id.clone(),
            number,
        })
    }

    fn name(&self) -> Result<Value, FieldError> {
        let typed = self.text(MAX_NAME_CHARS, false)?;
        // Of somebody else, the reporter may know the first name only.
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
            Err(self.error(VALUE_FIELD, &self.profile.errors.name))
        }
    }
}

/// Normalizes a passport number: 5 to 20 letters and digits, with at least one digit.
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

/// Returns the text in NFC, trimmed, without control characters and marks that change the direction of writing.
/// Without `lines`, runs of blanks become one space.
fn clean(text: &str, lines: bool) -> Zeroizing<String> {
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

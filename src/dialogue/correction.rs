//! Personal data that a reporter corrects later: the personal questions of the dialogue in one form, with the same
//! checks. The earlier answers decide which questions apply.

use super::answers::{self, ParsedAnswer};
use super::draft::{Draft, Value};
use super::form::{FieldError, Form, NONE_FIELD, NUMBER_FIELD, SKIP_FIELD, VALUE_FIELD};
use super::profile::codes::{IDENTIFY_STEP, KIND_STEP, YES};
use super::profile::question::{AnswerType, Question};
use super::profile::types::Profile;
use super::questions::applicable_questions;
use super::report;
use super::screen;
use super::view::Input;
use crate::domain::facets::Kind;
use crate::vault::content::{IdentityData, Narrative};

/// The questions that apply to one report.
#[derive(Debug)]
pub struct Correction {
    draft: Draft,
}

/// One question, ready to be rendered.
pub struct CorrectionField {
    /// The step's name. Its fields are called `<step>.<field>`.
    pub step: String,
    pub text: String,
    pub help: Option<String>,
    pub input: Input,
    /// The reason why the answer was refused.
    pub error: Option<String>,
    /// The words for leaving the question open, where it may be.
    pub skip: Option<String>,
}

impl Correction {
    /// The questions for a report of this kind with this narrative.
    #[must_use]
    pub fn of(profile: &Profile, language: &str, kind: Kind, narrative: &Narrative) -> Self {
        let mut draft = Draft::new(profile.language(language));
        let mut choose = |step: &str, code: &str| {
            draft.answers.insert(step.to_owned(), Value::Choice(code.to_owned()));
        };
        choose(KIND_STEP, kind.as_str());
        choose(IDENTIFY_STEP, YES);
        for answer in narrative.answers().iter() {
            // The narrative holds the label of a chosen option, not its code.
            let question = profile
                .question(&answer.question)
                .filter(|question| question.answer_type == AnswerType::Choice);
            let option = question.and_then(|question| {
                let mut options = question.options.iter();
                options.find(|option| option.label.get(narrative.language()) == answer.text)
            });
            if let Some(option) = option {
                choose(&answer.question, &option.id);
            }
        }
        Self { draft }
    }

    fn questions<'a>(&self, profile: &'a Profile) -> Vec<&'a Question> {
        applicable_questions(profile, &self.draft)
            .into_iter()
            .filter(|question| question.is_personal())
            .collect()
    }

    /// The questions as a form; after a refusal with the text that was typed and the errors.
    #[must_use]
    pub fn fields(&self, profile: &Profile, typed: Option<&Form>, errors: &[FieldError]) -> Vec<CorrectionField> {
        let language = self.draft.language();
        let fields = self.questions(profile).into_iter().map(|question| {
            let own = typed.map(|form| of_step(form, &question.id));
            CorrectionField {
                step: question.id.clone(),
                text: question.text.get(language).to_owned(),
                help: question.help.as_ref().map(|help| help.get(language).to_owned()),
                input: screen::build_input(profile, &self.draft, question, own.as_ref()),
                error: errors
                    .iter()
                    .find(|error| error.step == question.id)
                    .map(|error| error.text.clone()),
                skip: question.skip.as_ref().map(|skip| skip.get(language).to_owned()),
            }
        });
        fields.collect()
    }

    /// Parses the new personal data.
    ///
    /// # Errors
    /// All errors, at least one.
    pub fn read(&mut self, profile: &Profile, form: &Form) -> Result<IdentityData, Vec<FieldError>> {
        let mut errors = Vec::new();
        for question in self.questions(profile) {
            let mut own = of_step(form, &question.id);
            let is_blank = [VALUE_FIELD, NUMBER_FIELD, NONE_FIELD]
                .iter()
                .all(|field| own.get(*field).is_none_or(|text| text.trim().is_empty()));
            if is_blank && question.skip.is_some() {
                own.insert(SKIP_FIELD.to_owned(), "1".to_owned());
            }
            match answers::parse_answer(profile, &self.draft, question, &own) {
                Ok(ParsedAnswer::Value(value)) => drop(self.draft.answers.insert(question.id.clone(), value)),
                // Consent is not among the personal questions.
                Ok(ParsedAnswer::ConsentRefused) => {}
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            let fields = report::identity_fields(profile, &self.draft);
            Ok(IdentityData::new(fields.into(), Vec::new().into()))
        } else {
            Err(errors)
        }
    }
}

/// The fields of one question, without the step's prefix.
fn of_step(form: &Form, step: &str) -> Form {
    let own = form.iter().filter_map(|(name, value)| {
        let field = name.strip_prefix(step)?.strip_prefix('.')?;
        Some((field.to_owned(), value.clone()))
    });
    own.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::content::Answer;

    fn profile() -> Profile {
        Profile::parse(include_str!("../../profiles/iess.toml")).unwrap()
    }

    fn correction(whom: &str) -> Correction {
        let answer = |question: &str, text: &str| Answer {
            question: question.into(),
            label: "…".into(),
            text: text.into(),
        };
        let answers = vec![
            answer("whom", whom),
            answer("relation", "Mi hija o hijo"),
            answer("story", "A otra persona"),
        ];
        Correction::of(
            &profile(),
            "es",
            Kind::Denuncia,
            &Narrative::new("es".into(), answers.into()),
        )
    }

    fn form(fields: &[(&str, &str)]) -> Form {
        let owned = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    const WHOLE: &[(&str, &str)] = &[
        ("document.kind", "cedula"),
        ("document.number", "171003406-5"),
        ("name.value", "Sintética Prueba"),
        ("phone.value", "0991234567"),
        ("email.none", "1"),
        ("address.value", ""),
    ];

    #[test]
    fn what_is_asked_follows_from_the_story() {
        let steps = |of: &Correction| -> Vec<String> {
            let fields = of.fields(&profile(), None, &[]);
            fields.into_iter().map(|field| field.step).collect()
        };
        let own = ["document", "name", "phone", "email", "address"];
        assert_eq!(steps(&correction("A mí")), own);
        let other = steps(&correction("A otra persona"));
        assert_eq!(other[..2], ["affected-name", "affected-document"]);
        assert_eq!(other[2..], own);
    }

    #[test]
    fn the_same_checks_as_in_the_chat() {
        let data = correction("A mí").read(&profile(), &form(WHOLE)).unwrap();
        let fields: Vec<_> = data
            .fields()
            .iter()
            .map(|field| (field.field.as_str(), field.value.as_str()))
            .collect();
        assert_eq!(
            fields[..3],
            [
                ("document", "Cédula 1710034065"),
                ("name", "Sintética Prueba"),
                ("phone", "+593991234567")
            ]
        );
        let mut wrong = form(WHOLE);
        wrong.insert("document.number".into(), "1710034066".into());
        wrong.insert("phone.value".into(), String::new());
        let mut again = correction("A mí");
        let errors = again.read(&profile(), &wrong).unwrap_err();
        let steps: Vec<_> = errors.iter().map(|error| error.step.as_str()).collect();
        assert_eq!(steps, ["document", "address"], "no contact is left");
        let again = again.fields(&profile(), Some(&wrong), &errors);
        let document = again.iter().find(|field| field.step == "document").unwrap();
        assert!(document.error.is_some());
        assert!(matches!(&document.input, Input::Document { number, .. } if number == "1710034066"));
    }
}

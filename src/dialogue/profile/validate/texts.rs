//! Checks that every text is there in every language of the profile, and in no other.

use super::problems::Problems;
use crate::dialogue::profile::text::Text;
use crate::dialogue::profile::types::Profile;
use crate::domain::facets::Verdict;

pub(super) fn check(profile: &Profile, problems: &mut Problems) {
    for (place, text) in all_texts(profile) {
        for language in &profile.languages {
            let is_there = text.find(language).is_some_and(|text| !text.trim().is_empty());
            problems.require(is_there, || {
                format!("{place}: has no text in {language:?}. Add one, or remove the language from `languages`")
            });
        }
        for language in text.languages() {
            problems.require(profile.languages.iter().any(|known| known == language), || {
                format!("{place}: {language:?} is not among the languages. Add it to `languages`, or remove the text")
            });
        }
    }
}

/// Every text with its place in the file.
fn all_texts(profile: &Profile) -> Vec<(String, &Text)> {
    let mut all = vec![
        ("name".to_owned(), &profile.name),
        ("short_name".to_owned(), &profile.short_name),
    ];
    all.extend(profile.other_ways.iter().map(|way| ("other_ways".to_owned(), way)));
    all.extend(labels(profile));
    for (table, id, description) in (profile.kinds.iter().map(|k| ("kinds", &k.id, &k.description)))
        .chain(profile.categories.iter().map(|c| ("categories", &c.id, &c.description)))
    {
        let place = || format!("[[{table}]] {id:?}, description");
        all.extend(description.iter().map(|text| (place(), text)));
    }
    all.extend(question_texts(profile));
    for verdict in Verdict::ALL {
        let rule = profile.verdicts.rule(*verdict);
        all.push((format!("[verdicts.{verdict}] reporter"), &rule.reporter));
        all.push((format!("[verdicts.{verdict}] area"), &rule.area));
    }
    all.extend(fixed_texts(profile));
    all
}

/// The names and labels of the tables with ids.
fn labels(profile: &Profile) -> Vec<(String, &Text)> {
    let areas = profile.areas.iter().map(|x| ("areas", &x.id, &x.name));
    let kinds = profile.kinds.iter().map(|x| ("kinds", &x.id, &x.label));
    let categories = profile.categories.iter().map(|x| ("categories", &x.id, &x.label));
    let documents = profile.documents.iter().map(|x| ("documents", &x.id, &x.label));
    let purposes = profile.purposes.iter().map(|x| ("purposes", &x.id, &x.label));
    let checks = profile.checks.iter().map(|x| ("checks", &x.id, &x.label));
    let reasons = profile.erasure_reasons.iter();
    let reasons = reasons.map(|x| ("erasure_reasons", &x.id, &x.label));
    areas
        .chain(kinds)
        .chain(categories)
        .chain(documents)
        .chain(purposes)
        .chain(checks)
        .chain(reasons)
        .map(|(table, id, text)| (format!("[[{table}]] {id:?}"), text))
        .collect()
}

fn question_texts(profile: &Profile) -> Vec<(String, &Text)> {
    let mut all = Vec::new();
    for question in &profile.questions {
        let mut add = |field: &str, text| all.push((format!("[[questions]] {:?}, {field}", question.id), text));
        add("label", &question.label);
        add("text", &question.text);
        for (field, text) in [
            ("help", &question.help),
            ("skip", &question.skip),
            ("none", &question.none),
            ("accept", &question.accept),
            ("refuse", &question.refuse),
        ] {
            if let Some(text) = text {
                add(field, text);
            }
        }
        for term in &question.terms {
            add("terms", term);
        }
        for option in &question.options {
            add(&format!("option {:?}", option.id), &option.label);
            if let Some(description) = &option.description {
                add(&format!("option {:?}, description", option.id), description);
            }
        }
    }
    all
}

/// The texts of the tables that every profile has.
fn fixed_texts(profile: &Profile) -> Vec<(String, &Text)> {
    let (texts, marks, errors) = (&profile.texts, &profile.marks, &profile.errors);
    let texts = [
        ("other_establishment", &texts.other_establishment),
        ("area", &texts.area),
        ("skipped", &texts.skipped),
        ("nothing_shared", &texts.nothing_shared),
        ("confirmed", &texts.confirmed),
        ("refused", &texts.refused),
        ("refused_help", &texts.refused_help),
        ("done", &texts.done),
        ("files", &texts.files),
        ("validation_always", &texts.validation_always),
        ("validation_on_request", &texts.validation_on_request),
    ];
    let marks = [
        ("document", &marks.document),
        ("passport", &marks.passport),
        ("ruc", &marks.ruc),
        ("phone", &marks.phone),
        ("email", &marks.email),
        ("address", &marks.address),
        ("name", &marks.name),
        ("affected", &marks.affected),
        ("affected_document", &marks.affected_document),
    ];
    let errors = [
        ("required", &errors.required),
        ("choose", &errors.choose),
        ("too_long", &errors.too_long),
        ("cedula", &errors.cedula),
        ("passport", &errors.passport),
        ("name", &errors.name),
        ("phone", &errors.phone),
        ("email", &errors.email),
        ("address", &errors.address),
        ("contact", &errors.contact),
        ("consent", &errors.consent),
        ("no_file", &errors.no_file),
        ("undecided_file", &errors.undecided_file),
    ];
    let place = |table: &'static str| move |(field, text)| (format!("[{table}] {field}"), text);
    let texts = texts.into_iter().map(place("texts"));
    let marks = marks.into_iter().map(place("marks"));
    let errors = errors.into_iter().map(place("errors"));
    texts.chain(marks).chain(errors).collect()
}

//! Whether a profile is sound: every id that is referred to exists, every text is there in every language.
//! Knows nothing of any one report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::draft::MAX_CHARS;
use super::engine::OTHER_ESTABLISHMENT;
use super::profile::{Ask, Destination, Profile, Question, Text};
use super::routing::YES;

/// All that is wrong, in sentences for the person who edits the file.
pub(super) fn problems(profile: &Profile) -> Vec<String> {
    let mut found = Problems(Vec::new());
    found.basics(profile);
    found.referred_ids(profile);
    found.questions(profile);
    for (at, text) in texts(profile) {
        found.text(profile, &at, text);
    }
    found.0
}

struct Problems(Vec<String>);

impl Problems {
    fn unless(&mut self, sound: bool, what: impl FnOnce() -> String) {
        if !sound {
            self.0.push(what());
        }
    }

    fn unique<'a>(&mut self, what: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            let is_code = !id.is_empty()
                && id.len() <= 40
                && id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            self.unless(is_code, || {
                format!("{what} {id:?}: a code has lower-case letters, digits and hyphens only")
            });
            self.unless(seen.insert(id), || format!("{what} {id:?} stands there twice"));
        }
    }

    fn basics(&mut self, profile: &Profile) {
        for language in ["es", "en"] {
            self.unless(profile.languages.iter().any(|known| known == language), || {
                format!("languages: {language:?} is missing")
            });
        }
        self.unless(matches!(profile.receipt_language.as_str(), "es" | "en"), || {
            "receipt_language: must be es or en".into()
        });
        self.unless(TimeZone::get(&profile.time_zone).is_ok(), || {
            format!("time_zone: {:?} is not known", profile.time_zone)
        });
        self.unique("language", profile.languages.iter().map(String::as_str));
        self.unique("area", profile.areas.iter().map(|area| area.id.as_str()));
        self.unique("kind", profile.kinds.iter().map(|kind| kind.id.as_str()));
        self.unique(
            "category",
            profile.categories.iter().map(|category| category.id.as_str()),
        );
        self.unique("province", profile.provinces.keys().map(String::as_str));
        self.unique(
            "establishment",
            profile
                .establishments
                .values()
                .flat_map(BTreeMap::keys)
                .map(String::as_str),
        );
        self.unique(
            "document",
            profile.documents.iter().map(|document| document.id.as_str()),
        );
        self.unique(
            "question",
            profile.questions.iter().map(|question| question.id.as_str()),
        );
        self.unique("purpose", profile.purposes.iter().map(|purpose| purpose.id.as_str()));
        let evidence = &profile.evidence;
        self.unless(
            (1..=100).contains(&evidence.max_files)
                && evidence.max_file_mb > 0
                && evidence.max_file_mb <= evidence.max_total_mb
                && evidence.max_total_mb <= 10_000,
            || "evidence: 1 to 100 files, and max_file_mb up to max_total_mb up to 10000".into(),
        );
        for (what, is_empty) in [
            ("kinds", profile.kinds.is_empty()),
            ("documents", profile.documents.is_empty()),
            ("purposes", profile.purposes.is_empty()),
            ("other_ways", profile.other_ways.is_empty()),
        ] {
            self.unless(!is_empty, || format!("{what}: there is none"));
        }
    }

    fn referred_ids(&mut self, profile: &Profile) {
        self.unless(profile.area(&profile.desk).is_some(), || {
            format!("desk: no area {:?}", profile.desk)
        });
        for category in &profile.categories {
            let id = &category.id;
            self.unless(profile.kind(&category.kind).is_some(), || {
                format!("category {id}: no kind {:?}", category.kind)
            });
            self.unless(profile.area(&category.area).is_some(), || {
                format!("category {id}: no area {:?}", category.area)
            });
            self.unless(category.area != profile.desk, || {
                format!("category {id}: no case goes to the officers' desk")
            });
        }
        self.conflicts(profile);
        for kind in &profile.kinds {
            let id = &kind.id;
            self.unless(matches!(id.as_str(), "queja" | "denuncia"), || {
                format!("kind {id}: is neither queja nor denuncia")
            });
            self.unless(profile.categories.iter().any(|c| c.kind == *id), || {
                format!("kind {id}: has no category")
            });
        }
        for (province, establishments) in &profile.establishments {
            self.unless(profile.provinces.contains_key(province), || {
                format!("establishments: no province {province:?}")
            });
            self.unless(!establishments.contains_key(OTHER_ESTABLISHMENT), || {
                format!("establishments of {province}: {OTHER_ESTABLISHMENT:?} is added by itself")
            });
        }
    }

    /// Where it is asked who works where, another area must be there to read instead.
    fn conflicts(&mut self, profile: &Profile) {
        let position = |ask: Ask| profile.questions.iter().position(|question| question.ask == ask);
        let asked = position(Ask::Conflict);
        self.unless(asked.is_none() || position(Ask::Category) < asked, || {
            "question conflict: comes after the category".into()
        });
        for area in &profile.areas {
            let id = &area.id;
            let Some(other) = &area.conflict_area else {
                let reads = profile.categories.iter().any(|category| category.area == *id);
                self.unless(asked.is_none() || !reads, || {
                    format!("area {id}: has no conflict_area, but the dialogue asks who works there")
                });
                continue;
            };
            self.unless(profile.area(other).is_some(), || {
                format!("area {id}: no area {other:?} for conflict_area")
            });
            self.unless(other != id, || format!("area {id}: conflict_area is itself"));
            self.unless(*other != profile.desk, || {
                format!("area {id}: no case goes to the officers' desk")
            });
        }
    }

    fn questions(&mut self, profile: &Profile) {
        for ask in [Ask::Kind, Ask::Category, Ask::Consent, Ask::Preview] {
            let times = profile.questions.iter().filter(|question| question.ask == ask).count();
            self.unless(times == 1, || format!("questions: {ask:?} must be asked exactly once"));
        }
        self.unless(
            profile.questions.last().is_some_and(|last| last.ask == Ask::Preview),
            || "questions: the preview comes last".into(),
        );
        let position = |ask: Ask| profile.questions.iter().position(|question| question.ask == ask);
        self.unless(position(Ask::Kind) == Some(0), || {
            "questions: the kind comes first".into()
        });
        let optional = profile
            .kinds
            .iter()
            .any(|kind| kind.identity == super::profile::IdentityRule::Optional);
        self.unless(!optional || position(Ask::Identify).is_some(), || {
            "questions: a kind's identity is optional, but nothing asks `identify`".into()
        });
        let mut earlier: Vec<&str> = Vec::new();
        for (at, question) in profile.questions.iter().enumerate() {
            self.question(profile, question, &earlier);
            let personal = matches!(question.into, Some(Destination::Identity | Destination::Affected));
            self.unless(
                !personal || position(Ask::Consent).is_some_and(|consent| consent < at),
                || format!("question {}: asks for personal data before the consent", question.id),
            );
            earlier.push(&question.id);
        }
    }

    fn question(&mut self, profile: &Profile, question: &Question, earlier: &[&str]) {
        let id = &question.id;
        let steps = question.when.iter().map(|condition| &condition.step);
        for step in steps.chain(&question.skip_needs_one_of).chain(&question.share) {
            self.unless(earlier.contains(&step.as_str()), || {
                format!("question {id}: no earlier question {step:?}")
            });
        }
        for condition in &question.when {
            let Some(asked) = profile.question(&condition.step) else {
                continue;
            };
            for value in condition.is.iter().chain(&condition.is_not) {
                let known = match asked.ask {
                    Ask::Kind => profile.kind(value).is_some(),
                    Ask::Category => profile.category(value).is_some(),
                    Ask::Province => profile.provinces.contains_key(value),
                    Ask::Establishment => value == OTHER_ESTABLISHMENT || profile.establishment(value).is_some(),
                    Ask::Choice | Ask::Identify | Ask::Conflict => {
                        asked.options.iter().any(|option| option.id == *value)
                    }
                    _ => false,
                };
                self.unless(known, || {
                    format!("question {id}: {} has no answer {value:?}", condition.step)
                });
            }
        }
        for step in &question.share {
            self.unless(
                profile
                    .question(step)
                    .is_some_and(|q| matches!(q.into, Some(Destination::Identity | Destination::Affected))),
                || format!("question {id}: {step:?} is no personal data to share"),
            );
        }
        if let Some(fixed) = question.ask.fixed_id() {
            self.unless(id == fixed, || format!("question {id}: must be called {fixed:?}"));
        }
        self.unique(
            &format!("question {id}: option"),
            question.options.iter().map(|option| option.id.as_str()),
        );
        let shape = match question.ask {
            Ask::Choice => question.options.len() >= 2 && question.into == Some(Destination::Narrative),
            Ask::Identify => ["yes", "no"]
                .iter()
                .all(|id| question.options.iter().any(|option| option.id == *id)),
            Ask::Text | Ask::Date => question.into == Some(Destination::Narrative) && question.max_chars.is_some(),
            Ask::Consent => !question.terms.is_empty() && question.accept.is_some() && question.refuse.is_some(),
            Ask::Document | Ask::Name | Ask::Phone | Ask::Email | Ask::Address => {
                matches!(question.into, Some(Destination::Identity | Destination::Affected))
            }
            Ask::Conflict => {
                question.into.is_none()
                    && [YES, "no"]
                        .iter()
                        .all(|id| question.options.iter().any(|option| option.id == *id))
            }
            Ask::Kind | Ask::Category | Ask::Preview | Ask::Province | Ask::Establishment | Ask::Share | Ask::Files => {
                question.into.is_none()
            }
        };
        self.unless(shape, || {
            format!("question {id}: lacks what a question of this kind needs (options, into, max_chars, terms)")
        });
        let must_answer = matches!(
            question.ask,
            Ask::Kind | Ask::Category | Ask::Conflict | Ask::Consent | Ask::Identify | Ask::Preview
        );
        self.unless(!must_answer || question.skip.is_none(), || {
            format!("question {id}: cannot be left open")
        });
        self.unless(
            question.max_chars.is_none_or(|max| (1..=MAX_CHARS).contains(&max)),
            || format!("question {id}: max_chars must be 1 to {MAX_CHARS}"),
        );
    }

    fn text(&mut self, profile: &Profile, at: &str, text: &Text) {
        for language in &profile.languages {
            self.unless(text.0.get(language).is_some_and(|text| !text.trim().is_empty()), || {
                format!("{at}: has no text in {language:?}")
            });
        }
        for language in text.0.keys() {
            self.unless(profile.languages.contains(language), || {
                format!("{at}: {language:?} is not among the languages")
            });
        }
    }
}

/// Every text with where it stands.
fn texts(profile: &Profile) -> Vec<(String, &Text)> {
    let mut all = vec![
        ("name".to_owned(), &profile.name),
        ("short_name".to_owned(), &profile.short_name),
    ];
    all.extend(
        profile
            .areas
            .iter()
            .map(|area| (format!("area {}", area.id), &area.name)),
    );
    all.extend(
        profile
            .purposes
            .iter()
            .map(|purpose| (format!("purpose {}", purpose.id), &purpose.label)),
    );
    all.extend(
        profile
            .documents
            .iter()
            .map(|document| (format!("document {}", document.id), &document.label)),
    );
    all.extend(profile.other_ways.iter().map(|way| ("other_ways".to_owned(), way)));
    for (what, id, label, description) in (profile.kinds.iter().map(|k| ("kind", &k.id, &k.label, &k.description)))
        .chain(
            profile
                .categories
                .iter()
                .map(|c| ("category", &c.id, &c.label, &c.description)),
        )
    {
        all.push((format!("{what} {id}"), label));
        all.extend(
            description
                .iter()
                .map(|text| (format!("{what} {id}: description"), text)),
        );
    }
    for question in &profile.questions {
        let at = format!("question {}", question.id);
        all.extend([&question.label, &question.text].map(|text| (at.clone(), text)));
        let optional = [
            &question.help,
            &question.skip,
            &question.none,
            &question.accept,
            &question.refuse,
        ];
        all.extend(
            optional
                .into_iter()
                .flatten()
                .chain(&question.terms)
                .map(|text| (at.clone(), text)),
        );
        for option in &question.options {
            all.extend(
                std::iter::once(&option.label)
                    .chain(&option.description)
                    .map(|text| (at.clone(), text)),
            );
        }
    }
    all.extend(fixed_texts(profile));
    all
}

/// The texts of the tables that every profile has.
fn fixed_texts(profile: &Profile) -> Vec<(String, &Text)> {
    let mut all = Vec::new();
    let (texts, marks, errors, verdicts) = (&profile.texts, &profile.marks, &profile.errors, &profile.verdicts);
    all.extend(
        [
            &texts.other_establishment,
            &texts.area,
            &texts.skipped,
            &texts.nothing_shared,
            &texts.confirmed,
            &texts.refused,
            &texts.refused_help,
            &texts.done,
            &texts.files,
        ]
        .map(|text| ("texts".to_owned(), text)),
    );
    all.extend(
        [
            &marks.document,
            &marks.passport,
            &marks.ruc,
            &marks.phone,
            &marks.email,
            &marks.address,
            &marks.name,
            &marks.affected,
            &marks.affected_document,
        ]
        .map(|text| ("marks".to_owned(), text)),
    );
    all.extend(
        [
            &errors.required,
            &errors.choose,
            &errors.too_long,
            &errors.cedula,
            &errors.passport,
            &errors.name,
            &errors.phone,
            &errors.email,
            &errors.address,
            &errors.contact,
            &errors.consent,
            &errors.no_file,
            &errors.undecided_file,
        ]
        .map(|text| ("errors".to_owned(), text)),
    );
    all.extend([&verdicts.valid, &verdicts.mismatch, &verdicts.unreachable].map(|text| ("verdicts".to_owned(), text)));
    all
}

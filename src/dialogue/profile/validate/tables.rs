//! Checks languages, areas, kinds, categories, places and limits.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::problems::Problems;
use crate::dialogue::profile::codes::OTHER_ESTABLISHMENT;
use crate::dialogue::profile::question::AnswerType;
use crate::dialogue::profile::types::Profile;
use crate::domain::facets;

const MAX_FILES: u32 = 100;
const MAX_TOTAL_MB: u32 = 10_000;

pub(super) fn check(profile: &Profile, problems: &mut Problems) {
    check_languages_and_zone(profile, problems);
    check_codes(profile, problems);
    check_limits(profile, problems);
    check_routing(profile, problems);
    check_conflict_areas(profile, problems);
    check_kinds(profile, problems);
    check_establishments(profile, problems);
}

fn check_languages_and_zone(profile: &Profile, problems: &mut Problems) {
    for language in ["es", "en"] {
        problems.require(profile.languages.iter().any(|known| known == language), || {
            format!("languages: {language:?} is missing. Add it, and a text in it everywhere")
        });
    }
    problems.require(matches!(profile.receipt_language.as_str(), "es" | "en"), || {
        "receipt_language: must be \"es\" or \"en\"".into()
    });
    problems.require(TimeZone::get(&profile.time_zone).is_ok(), || {
        format!(
            "time_zone: {:?} is not known. Use a name of the IANA database, such as \"America/Guayaquil\"",
            profile.time_zone
        )
    });
}

fn check_codes(profile: &Profile, problems: &mut Problems) {
    problems.require_codes("languages", profile.languages.iter().map(String::as_str));
    problems.require_codes("[[areas]]", profile.areas.iter().map(|area| area.id.as_str()));
    problems.require_codes("[[kinds]]", profile.kinds.iter().map(|kind| kind.id.as_str()));
    problems.require_codes("[[categories]]", profile.categories.iter().map(|c| c.id.as_str()));
    problems.require_codes("[provinces]", profile.provinces.keys().map(String::as_str));
    let establishments = profile.establishments.values().flat_map(BTreeMap::keys);
    problems.require_codes("[establishments]", establishments.map(String::as_str));
    problems.require_codes("[[documents]]", profile.documents.iter().map(|d| d.id.as_str()));
    problems.require_codes("[[questions]]", profile.questions.iter().map(|q| q.id.as_str()));
    problems.require_codes("[[purposes]]", profile.purposes.iter().map(|p| p.id.as_str()));
    for (table, is_empty) in [
        ("[[kinds]]", profile.kinds.is_empty()),
        ("[[documents]]", profile.documents.is_empty()),
        ("[[purposes]]", profile.purposes.is_empty()),
        ("other_ways", profile.other_ways.is_empty()),
    ] {
        problems.require(!is_empty, || format!("{table}: there is none. Add at least one"));
    }
}

fn check_limits(profile: &Profile, problems: &mut Problems) {
    let limits = &profile.attachments;
    problems.require((1..=MAX_FILES).contains(&limits.max_files), || {
        format!("[attachments] max_files: must be 1 to {MAX_FILES}")
    });
    problems.require((1..=limits.max_total_mb).contains(&limits.max_file_mb), || {
        "[attachments] max_file_mb: must be 1 to max_total_mb".into()
    });
    problems.require(limits.max_total_mb <= MAX_TOTAL_MB, || {
        format!("[attachments] max_total_mb: must be at most {MAX_TOTAL_MB}")
    });
}

/// The problem that there is no area of that name.
fn no_area(place: &str, area: &str) -> String {
    format!("{place}: no area {area:?}. Add it under [[areas]], or name one that stands there")
}

/// The problem that the desk would read cases.
fn desk_reads(place: &str) -> String {
    format!("{place}: no case goes to the officers' desk. Name another area")
}

fn check_routing(profile: &Profile, problems: &mut Problems) {
    problems.require(profile.area(&profile.desk).is_some(), || no_area("desk", &profile.desk));
    for category in &profile.categories {
        let place = format!("[[categories]] {:?}", category.id);
        problems.require(profile.kind(&category.kind).is_some(), || {
            format!(
                "{place}: no kind {:?}. Add it under [[kinds]], or name one that stands there",
                category.kind
            )
        });
        problems.require(profile.area(&category.area).is_some(), || {
            no_area(&place, &category.area)
        });
        problems.require(category.area != profile.desk, || desk_reads(&place));
    }
}

/// If the dialogue asks about conflicts of interest, each area that reads needs another to read in its place.
fn check_conflict_areas(profile: &Profile, problems: &mut Problems) {
    let position = |answer_type: AnswerType| profile.questions.iter().position(|q| q.answer_type == answer_type);
    let conflict = position(AnswerType::Conflict);
    problems.require(conflict.is_none() || position(AnswerType::Category) < conflict, || {
        "[[questions]] \"conflict\": must come after the question \"category\". Move it down".into()
    });
    for area in &profile.areas {
        let place = format!("[[areas]] {:?}", area.id);
        let Some(other) = &area.conflict_area else {
            let reads = profile.categories.iter().any(|category| category.area == area.id);
            problems.require(conflict.is_none() || !reads, || {
                format!(
                    "{place}: has no conflict_area, but the dialogue asks about conflicts. Name the area that reads in \
                     its place"
                )
            });
            continue;
        };
        problems.require(profile.area(other).is_some(), || {
            no_area(&format!("{place}, conflict_area"), other)
        });
        problems.require(*other != area.id, || {
            format!("{place}: conflict_area is itself. Name another area")
        });
        problems.require(*other != profile.desk, || {
            desk_reads(&format!("{place}, conflict_area"))
        });
    }
}

fn check_kinds(profile: &Profile, problems: &mut Problems) {
    for kind in &profile.kinds {
        let place = format!("[[kinds]] {:?}", kind.id);
        problems.require(kind.id.parse::<facets::Kind>().is_ok(), || {
            format!("{place}: must be called \"queja\" or \"denuncia\"")
        });
        problems.require(profile.categories.iter().any(|c| c.kind == kind.id), || {
            format!("{place}: has no category. Add one under [[categories]]")
        });
    }
}

fn check_establishments(profile: &Profile, problems: &mut Problems) {
    for (province, establishments) in &profile.establishments {
        let place = format!("[establishments.{province}]");
        problems.require(profile.provinces.contains_key(province), || {
            format!("{place}: no province {province:?}. Add it under [provinces]")
        });
        problems.require(!establishments.contains_key(OTHER_ESTABLISHMENT), || {
            format!("{place}: {OTHER_ESTABLISHMENT:?} is added to every province. Remove it")
        });
    }
}

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

fn files(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_none_or(|extension| extension != "jpg") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
            into.push('\n');
        }
    }
}

fn keys(code: &str) -> BTreeSet<String> {
    let mut text = String::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(code),
        &mut text,
    );
    text.lines()
        .filter_map(|line| line.split_once(" ="))
        .map(|(key, _)| key)
        .filter(|key| key.starts_with(|c: char| c.is_ascii_lowercase()) && !key.contains(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_key_exists_in_every_language_and_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    files(&root.join("src/i18n"), &mut sources);
    files(&root.join("src/http"), &mut sources);
    files(&root.join("src/channels"), &mut sources);
    files(&root.join("src/cli"), &mut sources);
    files(&root.join("src/service"), &mut sources);
    files(&root.join("templates"), &mut sources);
    let spanish = keys(DEFAULT_LANGUAGE);
    assert!(!spanish.is_empty());
    for entry in std::fs::read_dir(root.join("locales")).unwrap() {
        let code = entry.unwrap().file_name().into_string().unwrap();
        assert_eq!(
            keys(&code),
            spanish,
            "locales/{code} and locales/{DEFAULT_LANGUAGE} differ"
        );
    }
    // A key that ends with some code is put together: `format!("act-{}", …)`.
    let is_built = |key: &str| {
        let mut starts = key.match_indices('-').map(|(at, _)| format!("\"{}{{", &key[..=at]));
        starts.any(|start| sources.contains(&start))
    };
    let unused: Vec<_> = spanish
        .iter()
        .filter(|key| !sources.contains(&format!("\"{key}\"")) && !is_built(key))
        .collect();
    assert!(unused.is_empty(), "unused: {unused:?}");
    let mut missing = BTreeSet::new();
    for call in ["t.get(\"", "t.with(\"", "texts.get(\"", "texts.with(\""] {
        let is_whole = |at: &usize| !sources[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        for (_, rest) in sources
            .match_indices(call)
            .map(|(at, _)| at)
            .filter(is_whole)
            .map(|at| sources.split_at(at + call.len()))
        {
            let key = rest.split('"').next().unwrap_or_default();
            if !spanish.contains(key) {
                missing.insert(key.to_owned());
            }
        }
    }
    // This file names the calls themselves; what they are followed by here is no key.
    missing.retain(|key| {
        !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    });
    assert!(missing.is_empty(), "used but not defined: {missing:?}");
}

#[test]
fn dates_and_languages_are_told_as_people_say_them() {
    let languages = Languages::load().unwrap();
    let (spanish, english) = (languages.texts(None), languages.texts(Some("en")));
    assert_eq!(spanish.date(20_781), "24 de noviembre de 2026");
    assert_eq!(english.date(20_781), "24 November 2026");
    assert_eq!(spanish.iso(20_781), "2026-11-24");
    assert_eq!(spanish.other_languages(), [("en".to_owned(), "English".to_owned())]);
    assert_eq!(languages.texts(Some("../x")).language(), "es");
}

#[test]
fn no_invisible_marks_reach_a_text() {
    let texts = Languages::load().unwrap().texts(None);
    let text = texts.date(0);
    assert!(!text.contains(['\u{2068}', '\u{2069}']), "{text:?}");
}

//! `docs/CONFIGURATION.md` against the types that read the configuration: every key of every section stands in it, with
//! its type and default, and none that does not exist.

use std::collections::BTreeSet;
use std::path::Path;

use sigilo::config::Config;

const PAGE: &str = include_str!("../../docs/CONFIGURATION.md");

/// A row of a section's table.
#[derive(Debug)]
struct Key {
    section: String,
    name: String,
    kind: String,
    default: String,
    meaning: String,
}

/// Reads the tables of the page: `## Top level` is the section without a name.
fn documented() -> Vec<Key> {
    let (mut keys, mut section) = (Vec::new(), String::new());
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let name = heading.trim_matches('`').trim_matches(['[', ']']);
            section = if name == "Top level" {
                String::new()
            } else {
                name.to_owned()
            };
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [name, kind, default, meaning] = cells[..]
            && name.starts_with('`')
        {
            keys.push(Key {
                section: section.clone(),
                name: name.trim_matches('`').to_owned(),
                kind: kind.to_owned(),
                default: default.trim_matches('`').to_owned(),
                meaning: meaning.to_owned(),
            });
        }
    }
    keys
}

/// A value that is accepted for a required key, or for one without a default.
fn example(key: &Key) -> &'static str {
    match key.name.as_str() {
        "public_url" => "\"https://denuncias.example\"",
        "database" => "\"sqlite:sigilo.sqlite\"",
        "onion" => "\"http://example.onion\"",
        "encryption" => "\"starttls\"",
        _ => match key.kind.as_str() {
            "path" | "text" | "URL" => "\"example\"",
            "address and port" => "\"127.0.0.1:9464\"",
            "number" => "25",
            other => panic!("{}: no example of {other}", key.name),
        },
    }
}

/// A value of another type than the documented one.
fn wrong(kind: &str) -> &'static str {
    match kind {
        "address and port" | "number" | "pair" => "\"x\"",
        "path" | "text" | "URL" | "`\"tls\"`, `\"starttls\"` or `\"none\"`" => "1",
        kind if kind.starts_with("list of ") => "\"x\"",
        other => panic!("{other} is no documented type"),
    }
}

/// Returns the table of a section, which is made if it is not there.
fn table<'a>(root: &'a mut toml::Table, section: &str) -> &'a mut toml::Table {
    let parts = section.split('.').filter(|part| !part.is_empty());
    parts.fold(root, |table, part| {
        let inner = table.entry(part).or_insert_with(|| toml::Table::new().into());
        inner.as_table_mut().unwrap()
    })
}

fn put(root: &mut toml::Table, section: &str, name: &str, value: &str) {
    let parsed: toml::Table = toml::from_str(&format!("value = {value}")).unwrap();
    table(root, section).insert(name.to_owned(), parsed["value"].clone());
}

/// A configuration with all required keys of the file and of one section.
fn smallest(keys: &[Key], section: &str) -> toml::Table {
    let mut root = toml::Table::new();
    let required = keys.iter().filter(|key| key.default == "required");
    for key in required.filter(|key| ["", "witness", section].contains(&key.section.as_str())) {
        put(&mut root, &key.section, &key.name, example(key));
    }
    table(&mut root, section);
    root
}

fn parse(root: &toml::Table) -> Result<String, String> {
    let text = toml::to_string(root).unwrap();
    Config::parse(&text, Path::new("/srv/sigilo")).map(|config| format!("{config:?}"))
}

fn sections(keys: &[Key]) -> BTreeSet<&str> {
    keys.iter().map(|key| key.section.as_str()).collect()
}

/// The types refuse unknown keys, and say which they know: exactly those of the page.
#[test]
fn every_key_is_documented_and_none_is_invented() {
    let keys = documented();
    let sections = sections(&keys);
    assert!(sections.len() >= 10, "{sections:?}");
    for section in &sections {
        let mut root = smallest(&keys, section);
        put(&mut root, section, "no-such-key", "1");
        let error = parse(&root).unwrap_err();
        let expected = error.split("expected").nth(1).unwrap_or_else(|| panic!("{error}"));
        let known: BTreeSet<&str> = expected.split('`').skip(1).step_by(2).collect();
        let own = keys.iter().filter(|key| key.section == *section);
        let mut page: BTreeSet<&str> = own.map(|key| key.name.as_str()).collect();
        page.extend(sections.iter().filter_map(|inner| {
            let rest = if section.is_empty() {
                Some(*inner)
            } else {
                inner.strip_prefix(section)?.strip_prefix('.')
            };
            rest.filter(|rest| !rest.is_empty() && !rest.contains('.'))
        }));
        assert_eq!(page, known, "[{section}]");
    }
}

#[test]
fn a_documented_default_is_what_happens_without_the_key() {
    let keys = documented();
    let mut compared = 0;
    for key in keys
        .iter()
        .filter(|key| key.default != "required" && key.default != "none")
    {
        let mut root = smallest(&keys, &key.section);
        let without = parse(&root).unwrap();
        put(&mut root, &key.section, &key.name, &key.default);
        assert_eq!(parse(&root).unwrap(), without, "{key:?}");
        compared += 1;
    }
    assert!(compared >= 15, "{compared}");
}

#[test]
fn what_is_required_is_missed_and_what_is_not_is_not() {
    let keys = documented();
    for key in &keys {
        let mut root = smallest(&keys, &key.section);
        parse(&root).unwrap_or_else(|error| panic!("{key:?}: {error}"));
        table(&mut root, &key.section).remove(&key.name);
        if key.default == "required" {
            let error = parse(&root).unwrap_err();
            assert!(error.contains(&format!("`{}`", key.name)), "{key:?}: {error}");
        }
    }
}

#[test]
fn each_key_takes_its_documented_type_and_no_other() {
    let keys = documented();
    for key in &keys {
        assert!(key.meaning.split_whitespace().count() > 3, "{key:?}");
        let mut root = smallest(&keys, &key.section);
        if key.default == "none" {
            put(&mut root, &key.section, &key.name, example(key));
            parse(&root).unwrap_or_else(|error| panic!("{key:?}: {error}"));
        }
        put(&mut root, &key.section, &key.name, wrong(&key.kind));
        assert!(parse(&root).is_err(), "{key:?}");
    }
}

/// The configuration at the top of the page, and the one that the package installs.
#[test]
fn the_examples_are_read() {
    let block = PAGE.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let package = std::fs::read_to_string("packaging/sigilo.toml").unwrap();
    for text in [block, &package] {
        Config::parse(text, Path::new("/srv/sigilo")).unwrap();
    }
}

//! Prose that must stay readable, and links that must lead somewhere.

use std::fs;
use std::path::Path;

const PAGES: &[&str] = &[
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/ARCHITECTURE.md",
    "docs/CONFIGURATION.md",
    "docs/OPERATIONS.md",
    "docs/PROTOCOL.md",
];

fn read(page: &str) -> String {
    fs::read_to_string(page).unwrap_or_else(|error| panic!("{page}: {error}"))
}

#[test]
fn no_bullet_of_the_security_page_is_longer_than_120_words() {
    let page = read("SECURITY.md");
    assert!(
        page.lines().filter(|line| line.starts_with('#')).count() >= 15,
        "headings"
    );
    // A bullet ends where the next one, a heading or an empty line begins.
    let mut bullets: Vec<String> = Vec::new();
    for line in page.lines() {
        match line.strip_prefix("- ") {
            Some(text) => bullets.push(text.to_owned()),
            None if line.starts_with("  ") => {
                if let Some(bullet) = bullets.last_mut() {
                    bullet.push_str(line);
                }
            }
            None => {}
        }
    }
    assert!(bullets.len() > 60, "{}", bullets.len());
    for bullet in bullets {
        let words = bullet.split_whitespace().count();
        assert!(words <= 120, "{words} words: {bullet}");
    }
}

/// A promise names the test that tries to break it.
#[test]
fn tests_that_the_security_page_names_are_there() {
    let page = read("SECURITY.md");
    let named = page.split('`').skip(1).step_by(2);
    let suites = ["adversary/", "flows/", "faults/", "sentinels/", "tests/"];
    let named: Vec<&str> = named
        .filter(|name| suites.iter().any(|suite| name.starts_with(suite)))
        .collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        let path = Path::new("tests").join(name.trim_start_matches("tests/"));
        assert!(path.exists(), "{name} is not there");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for page in PAGES {
        let text = read(page);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            let (file, part) = target.split_once('#').unwrap_or((target, ""));
            let place = if file.is_empty() {
                Path::new(page).to_owned()
            } else {
                Path::new(page).parent().unwrap().join(file)
            };
            assert!(place.exists(), "{page}: {target}");
            if !part.is_empty() {
                let headings = fs::read_to_string(&place).unwrap();
                let is_there = headings
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .any(|line| anchor(line) == part);
                assert!(is_there, "{page}: {target}: there is no such heading");
            }
        }
    }
}

/// The address of a heading on its page.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

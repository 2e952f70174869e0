//! `README.md`: a newcomer who follows "Run it for real" literally gets a working installation.

use super::blocks::{blocks, run_page};

const PAGE: &str = include_str!("../../README.md");

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let said = run_page(PAGE);
    for words in [
        "Installed instance",
        "Roster 1 is in force",
        "Nothing fails",
        "all good",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn all_but_two_blocks_are_run() {
    let not_run = blocks(PAGE).iter().filter(|block| block.not_run.is_some()).count();
    assert_eq!((blocks(PAGE).len() - not_run, not_run), (11, 2));
}

/// The first page shows what it is, a picture, two commands, and where to go next, in this order.
#[test]
fn the_first_minute_comes_first() {
    let places = [
        "# Sigilo",
        "docs/sigilo.png",
        "make run",
        "make test",
        "## Where to go next",
        "## Run it for real",
    ];
    let places = places.map(|words| PAGE.find(words).unwrap_or_else(|| panic!("{words} is missing")));
    assert!(places.is_sorted(), "{places:?}");
    let before = PAGE[..places[4]].lines().count();
    assert!(before < 40, "{before} lines before \"Where to go next\"");
}

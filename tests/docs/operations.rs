//! `docs/OPERATIONS.md`, word for word, and the files of the package that it speaks of.

use std::fs;
use std::path::Path;
use std::process::Command;

use sigilo::config::Config;

use super::blocks::{Block, blocks, run_page};
use crate::support::program::output_text;

const PAGE: &str = include_str!("../../docs/OPERATIONS.md");
const UNITS: [&str; 5] = [
    "sigilo.service",
    "sigilo-backup.service",
    "sigilo-backup.timer",
    "sigilo-check.service",
    "sigilo-check.timer",
];

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let said = run_page(PAGE);
    for words in [
        "Roster 1 is in force",
        "Nothing fails",
        "ready",
        "The witness has seen nothing that is not here",
        "REPORTS THAT WERE ACKNOWLEDGED AFTER THE BACKUP ARE LOST",
        "are lost: a backup was restored",
        "all good",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_is_not_run_says_why() {
    let (run, not): (Vec<Block>, Vec<Block>) = blocks(PAGE).into_iter().partition(|block| block.not_run.is_none());
    assert!(run.len() >= 18, "{}", run.len());
    for block in not {
        let why = block.not_run.unwrap();
        let needs = ["systemd", "root", "package", "PostgreSQL"];
        assert!(needs.iter().any(|need| why.contains(need)), "{why}: {}", block.commands);
    }
}

/// The installed files must be those that the page and the program name.
#[test]
fn units_and_examples_are_sound() {
    let example = fs::read_to_string("packaging/sigilo.toml").unwrap();
    let config = Config::parse(&example, Path::new("/var/lib/sigilo")).unwrap();
    assert_eq!(config.keys, Path::new("/var/lib/sigilo/keys/keys.toml"));
    // The page's configuration is the example, but for what is commented out.
    let lines = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.split(" #").next().unwrap().trim().to_owned());
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect()
    };
    let page = PAGE.split("<<'END'\n").nth(1).unwrap().split("\nEND\n").next().unwrap();
    assert_eq!(lines(page), lines(&example));

    // Each file that the package takes is there, but for the program itself.
    let manifest: toml::Table = toml::from_str(include_str!("../../Cargo.toml")).unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let assets = deb["assets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asset| asset[0].as_str().unwrap());
    for asset in assets.filter(|asset| !asset.starts_with("target/")) {
        let folder = Path::new(asset).parent().unwrap();
        let is_there = if asset.contains('*') {
            folder.is_dir()
        } else {
            Path::new(asset).is_file()
        };
        assert!(is_there, "{asset}");
    }
    for unit in deb["systemd-units"].as_array().unwrap() {
        let name = format!("{}.service", unit["unit-name"].as_str().unwrap());
        assert!(Path::new("packaging").join(&name).is_file(), "{name}");
    }
    // cargo-deb knows the file by this name. With another name its own script would look for a missing file, and the
    // package would not install.
    assert!(Path::new("packaging/sigilo.sysusers").is_file());
    let script = fs::read_to_string("packaging/debian/postinst").unwrap();
    let (user, folder) = (script.find("#DEBHELPER#"), script.find("install -d -o sigilo"));
    assert!(user.unwrap() < folder.unwrap(), "the folder's owner comes before it");

    let analyze = Command::new("systemd-analyze").arg("--version").output();
    if !analyze.is_ok_and(|output| output.status.success()) {
        // No other tool can check the units.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in UNITS {
        // The program is not installed here; another program replaces it.
        let unit = fs::read_to_string(Path::new("packaging").join(name)).unwrap();
        let unit = unit.replace("=/usr/bin/sigilo", "=/bin/true");
        fs::write(folder.path().join(name), unit).unwrap();
    }
    for name in UNITS {
        let unit = folder.path().join(name);
        let output = Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(unit)
            .output()
            .unwrap();
        let text = output_text(&output);
        assert!(output.status.success() && !text.contains(name), "{text}");
    }
}

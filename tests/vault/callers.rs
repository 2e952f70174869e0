//! Holds which code opens an identity, and which takes a member's private keys.

use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Files under `src`, outside the vault and outside tests, that contain one of the words in code.
fn files_with(words: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    files.sort();
    let contains = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        code.lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .any(|line| words.iter().any(|word| line.contains(word)))
    };
    files
        .iter()
        .filter(|path| !path.starts_with("src/vault") && !path.components().any(|part| part.as_os_str() == "tests"))
        .filter(|path| contains(path))
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn the_server_opens_no_identity() {
    let opening = ["open_share", "seal::open(", "verify_identity", "seal::{open,", "shamir"];
    assert!(
        files_with(&opening).is_empty(),
        "only an officer's browser opens an identity"
    );
    assert_eq!(files_with(&["open_half"]), ["src/witness/core.rs"]);
}

#[test]
fn only_the_command_line_takes_private_keys_of_staff() {
    let keys = [
        "StaffKeys",
        "PasswordKeys",
        "unwrap_area",
        "Sponsor",
        "open_sponsor",
        "from_key_file",
    ];
    for file in files_with(&keys) {
        let is_command_line = file.starts_with("src/cli/") || file.starts_with("src/service/people/");
        assert!(is_command_line, "{file} handles private keys of staff");
    }
    // The use cases of `people` that take a password are called from the command line alone.
    let called = files_with(&["add_member(", "open_sponsor(", "member_leaves(", "renew_area_key("]);
    for folder in ["src/http/", "src/jobs/", "src/channels/"] {
        assert!(!called.iter().any(|file| file.starts_with(folder)), "{called:?}");
    }
}

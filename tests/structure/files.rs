//! Files that can be read in one sitting, and comments that say at once what they are about.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines that a source file may have.
const MAX_LINES: usize = 450;

/// A comment opens with a verb or a noun phrase; with none of these it turns into a riddle.
const RIDDLES: &[&str] = &["What", "Whatever", "Whether", "Whose", "Whoever", "How"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !["node_modules", "dist", "target", "corpus"].contains(&name) {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "ts") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in ["src", "crates", "tests", "benches", "fuzz", "web"] {
        sources(Path::new(folder), &mut found);
    }
    let files = found.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    });
    files.collect()
}

#[test]
fn no_file_is_too_long() {
    let files = all_sources();
    let long = files.iter().filter(|(_, text)| text.lines().count() > MAX_LINES);
    let long: Vec<String> = long
        .map(|(path, text)| format!("{}: {}", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "more than {MAX_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn no_comment_begins_as_a_riddle() {
    let mut wrong = Vec::new();
    for (path, text) in all_sources() {
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let comment = comment_of(line);
            let first = comment.and_then(|comment| comment.split_whitespace().next());
            // Lines in the middle of a comment may begin with any word.
            let opens = comment_of(before).is_none_or(|before| before.is_empty() || before.ends_with(['.', ':']));
            if opens && first.is_some_and(|first| RIDDLES.contains(&first)) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
            before = line;
        }
    }
    assert!(wrong.is_empty(), "{} comments:\n{}", wrong.len(), wrong.join("\n"));
}

/// The text of a line that is a comment.
fn comment_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = ["///", "//!", "//", "/**", "* "]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))?;
    Some(text.trim_end_matches("*/").trim())
}

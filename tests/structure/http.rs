//! `http` opens no transaction, and decides nothing by comparing paths: the rows of the routes' table state it.

use std::fs;
use std::path::Path;

use super::rust_files;

#[test]
fn http_knows_neither_database_nor_paths() {
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src/http")) {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("mod tests") {
                break;
            }
            let words: Vec<&str> = line
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|word| !word.is_empty())
                .collect();
            let opens = words.iter().any(|word| ["Tx", "Db", "db"].contains(word));
            let compares = line.contains("uri().path()") || line.contains("uri.path()");
            if !line.trim_start().starts_with("//") && (opens || compares) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

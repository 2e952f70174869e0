//! Rules for the structure of the code: allowed imports between modules, and no change to shipped migrations.

mod dependencies;
mod files;
mod http;
mod imports;

use std::fs;
use std::path::{Path, PathBuf};

/// Layers, lowest first. A module imports itself and lower layers only.
/// Siblings of one layer do not know each other, but where a pair is named.
const LAYERS: &[&[&str]] = &[
    &["domain"],
    &["vault", "store", "audit", "metrics"],
    &["dialogue", "witness", "keyfile", "config", "i18n"],
    &["service"],
    &["channels"],
    &["jobs", "http"],
    &["cli"],
    &["main"],
];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}

/// The source folders of the program and of its crates.
fn source_folders() -> Vec<PathBuf> {
    let crates = fs::read_dir("crates").into_iter().flatten();
    let crates = crates.map(|entry| entry.unwrap().path().join("src"));
    std::iter::once("src".into()).chain(crates).collect()
}

/// The first folder or file name under `src`.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    inside
        .iter()
        .next()
        .unwrap()
        .to_str()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

fn layer_of(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("src/{module} has no place in LAYERS"))
}

/// Path and SHA-256 of every migration that a release has shipped.
///
/// An installation has run these very bytes, and the program compares their hashes when it starts. So a change comes in
/// a new file, and a release adds the lines of its new files here. No release has shipped any yet.
const SHIPPED: &[(&str, &str)] = &[];

#[test]
fn shipped_migrations_are_frozen() {
    use sha2::{Digest as _, Sha256};

    for (path, expected) in SHIPPED {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path} has shipped and must stay: {error}"));
        assert_eq!(
            hex::encode(Sha256::digest(bytes)),
            *expected,
            "{path} has shipped and must not change, not by a byte: installations that ran it would no longer start. \
             Write a new migration instead"
        );
    }
    // Each dialect has all of them, and a new one comes after them.
    let newest = SHIPPED
        .iter()
        .filter_map(|(path, _)| number(Path::new(path)))
        .max()
        .unwrap_or(0);
    for dialect in ["sqlite", "postgres"] {
        let folder = format!("migrations/{dialect}/");
        let shipped = SHIPPED.iter().filter(|(path, _)| path.starts_with(&folder));
        assert_eq!(shipped.count() * 2, SHIPPED.len(), "{dialect}");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let known = SHIPPED.iter().any(|(shipped, _)| Path::new(shipped) == path);
            let number = number(&path).unwrap_or_else(|| panic!("{} has no number", path.display()));
            assert!(
                known || number > newest,
                "{} comes before migrations that have shipped: installations would never run it. Give it a number above \
                 {newest}",
                path.display()
            );
        }
    }
}

/// The number with which a migration's name begins.
fn number(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.split('_').next()?.parse().ok()
}

#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src")) {
        let module = module_of(&path);
        // A module's own tests may look further, as below.
        let of_tests = path.iter().any(|part| part == "tests" || part == "tests.rs");
        if module == "lib" || of_tests {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let line = line.trim_start();
            // Tests inside a module may look further; they are indented or come after `mod tests`.
            if line.starts_with("mod tests") {
                break;
            }
            for root in ["crate::", "sigilo::"] {
                let Some(imported) = line.split_once(root).map(|(_, rest)| rest) else {
                    continue;
                };
                if line.starts_with("//") {
                    continue;
                }
                let imported: String = imported
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if imported == module || !LAYERS.iter().any(|layer| layer.contains(&imported.as_str())) {
                    continue;
                }
                if layer_of(&imported) >= layer_of(&module) {
                    wrong.push(format!(
                        "{}:{}: {module} imports {imported}",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

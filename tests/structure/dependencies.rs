//! The dependencies that the program may have: compares `cargo metadata` with `deny.toml`, for machines without
//! `cargo-deny`.
//! Advisories need the network, and stay with `cargo deny check`.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

/// The text at a path of a JSON value; empty where there is none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The names in a list of `deny.toml`: strings, or tables with a `name`.
fn names(list: &toml::Value) -> BTreeSet<&str> {
    let list = list.as_array().expect("a list");
    let names = list.iter().map(|item| item.get("name").unwrap_or(item));
    names.map(|name| name.as_str().expect("a name")).collect()
}

/// The packages that are built for any of the targets in `deny.toml`.
fn packages(deny: &toml::Value) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    for target in names(&deny["graph"]["targets"]) {
        command.args(["--filter-platform", target]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let built: BTreeSet<&str> = items(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| text(node, "id"))
        .collect();
    let packages = items(&metadata["packages"]).iter();
    packages
        .filter(|package| built.contains(text(package, "id")))
        .cloned()
        .collect()
}

fn licence_problem(package: &Value, allowed: &BTreeSet<&str>) -> Option<String> {
    let is_private = package["publish"].as_array().is_some_and(Vec::is_empty);
    if is_private {
        return None;
    }
    let Ok(expression) = Expression::parse_mode(text(package, "license"), ParseMode::LAX) else {
        return Some(format!("has no licence that can be read: {}", package["license"]));
    };
    let is_allowed = expression.evaluate(|requirement| allowed.contains(requirement.to_string().as_str()));
    (!is_allowed).then(|| format!("bears {expression}, which deny.toml does not allow"))
}

fn source_problem(package: &Value, registries: &BTreeSet<&str>) -> Option<String> {
    let source = text(package, "source");
    let is_known = source.is_empty()
        || source
            .strip_prefix("registry+")
            .is_some_and(|registry| registries.contains(registry));
    (!is_known).then(|| format!("comes from {source}, which deny.toml does not allow"))
}

fn wildcard_problem(package: &Value) -> Option<String> {
    let wild = items(&package["dependencies"])
        .iter()
        .find(|dependency| text(dependency, "req") == "*" && dependency["path"].is_null());
    // Only our own dependencies: those of others are theirs to state.
    wild.filter(|_| package["source"].is_null())
        .map(|dependency| format!("takes any version of {}", text(dependency, "name")))
}

#[test]
fn dependencies_are_what_deny_toml_allows() {
    let deny: toml::Value = toml::from_str(&fs::read_to_string("deny.toml").unwrap()).unwrap();
    let allowed = names(&deny["licenses"]["allow"]);
    let banned = names(&deny["bans"]["deny"]);
    let registries = names(&deny["sources"]["allow-registry"]);
    let packages = packages(&deny);
    assert!(packages.len() > 100, "only {} packages", packages.len());
    let mut wrong = Vec::new();
    for package in &packages {
        let name = text(package, "name");
        let problems = [
            licence_problem(package, &allowed),
            source_problem(package, &registries),
            wildcard_problem(package),
            banned.contains(name).then(|| "is banned by deny.toml".to_owned()),
        ];
        wrong.extend(
            problems
                .into_iter()
                .flatten()
                .map(|problem| format!("{name} {problem}")),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_dependency_that_is_not_allowed_is_found() {
    let package =
        |licence: &str, source: &str| serde_json::json!({ "license": licence, "source": source, "publish": null });
    let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]);
    for licence in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert_eq!(licence_problem(&package(licence, ""), &allowed), None, "{licence}");
    }
    for licence in [
        "MPL-2.0",
        "MIT AND GPL-3.0-only",
        "Apache-2.0 WITH Classpath-exception-2.0",
        "",
        "proprietary",
    ] {
        assert!(licence_problem(&package(licence, ""), &allowed).is_some(), "{licence}");
    }
    let registries = BTreeSet::from(["https://registry.test/index"]);
    assert_eq!(
        source_problem(&package("MIT", "registry+https://registry.test/index"), &registries),
        None
    );
    for source in ["registry+https://other.test/index", "git+https://registry.test/index"] {
        assert!(
            source_problem(&package("MIT", source), &registries).is_some(),
            "{source}"
        );
    }
}

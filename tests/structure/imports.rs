//! No file imports another that imports it, directly or in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, Macro, UseTree};

use super::rust_files;

type Segments = Vec<String>;

/// Collects the paths that one file names: its `use` trees, and paths from `crate`, `self` or `super` in its code.
struct Imports {
    module: Segments,
    found: Vec<Segments>,
}

impl Imports {
    fn of(module: Segments, source: &str) -> Vec<Segments> {
        let file = syn::parse_file(source).unwrap();
        let mut imports = Self {
            module,
            found: Vec::new(),
        };
        imports.visit_file(&file);
        imports.found
    }

    /// Adds a path, made absolute.
    fn add(&mut self, path: &[String]) {
        let mut absolute = self.module.clone();
        let mut rest = path.iter().map(String::as_str).peekable();
        match rest.peek() {
            Some(&"crate") => {
                rest.next();
                absolute.clear();
            }
            Some(&"self") => {
                rest.next();
            }
            _ => {}
        }
        while rest.next_if_eq(&"super").is_some() {
            absolute.pop();
        }
        absolute.extend(rest.map(str::to_owned));
        self.found.push(absolute);
    }

    fn add_tree(&mut self, prefix: &Segments, tree: &UseTree) {
        let with = |name: &dyn ToString| [prefix.as_slice(), &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.add(&with(&name.ident)),
            UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            UseTree::Glob(_) => self.add(prefix),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(prefix, tree)),
        }
    }

    /// Adds the paths in the arguments of a macro, which are not parsed as code.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if path.is_empty() => {
                    let word = ident.to_string();
                    if ["crate", "self", "super"].contains(&word.as_str()) {
                        path.push(word);
                    }
                }
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {}
                other => {
                    if path.len() > 1 {
                        self.add(&path);
                    }
                    path.clear();
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        if path.len() > 1 {
            self.add(&path);
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.add_tree(&Segments::new(), &item.tree);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_for_tests(&item.attrs) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 && ["crate", "self", "super"].contains(&segments[0].as_str()) {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.add_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

/// The module that a file holds; `mod.rs` holds its folder's.
fn module_of(file: &Path, root: &Path) -> Segments {
    let path = file.strip_prefix(root).unwrap().with_extension("");
    let mut segments: Segments = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    segments.pop_if(|last| last == "mod");
    segments
}

/// Each module of the files with those that it imports.
fn imports(files: &[(Segments, String)]) -> BTreeMap<&Segments, BTreeSet<&Segments>> {
    let modules: BTreeSet<&Segments> = files.iter().map(|(module, _)| module).collect();
    let mut graph = BTreeMap::new();
    for (module, source) in files {
        let found = Imports::of(module.clone(), source);
        let found = found.iter().filter_map(|path| {
            let prefixes = (1..=path.len()).rev().map(|length| path[..length].to_vec());
            prefixes.into_iter().find_map(|prefix| modules.get(&prefix).copied())
        });
        graph.insert(module, found.filter(|imported| *imported != module).collect());
    }
    graph
}

/// Takes away, again and again, what imports nothing that is left, or is imported by nothing that is left.
fn circles(files: &[(Segments, String)]) -> Vec<String> {
    let mut graph = imports(files);
    loop {
        let left: BTreeSet<&Segments> = graph.keys().copied().collect();
        for imported in graph.values_mut() {
            imported.retain(|module| left.contains(module));
        }
        let imported: BTreeSet<&Segments> = graph.values().flatten().copied().collect();
        graph.retain(|module, imports| !imports.is_empty() && imported.contains(module));
        if graph.len() == left.len() {
            break;
        }
    }
    let lines = graph.iter().map(|(module, imported)| {
        let imported: Vec<String> = imported.iter().map(|module| module.join("::")).collect();
        format!("{} imports {}", module.join("::"), imported.join(", "))
    });
    lines.collect()
}

#[test]
fn files_do_not_import_each_other_in_circles() {
    let mut wrong = Vec::new();
    for root in super::source_folders() {
        let files: Vec<(Segments, String)> = rust_files(&root)
            .into_iter()
            .filter(|path| !path.iter().any(|part| part == "tests" || part == "tests.rs"))
            .map(|path| (module_of(&path, &root), fs::read_to_string(&path).unwrap()))
            .collect();
        wrong.extend(
            circles(&files)
                .into_iter()
                .map(|line| format!("{}: {line}", root.display())),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let file = |module: &str, source: &str| (vec![module.to_owned()], source.to_owned());
    let acyclic = [
        file("a", "use crate::b::{self, c}; fn f() { self::f() }"),
        file("b", "#[cfg(test)] mod tests { use crate::a; }"),
    ];
    assert!(circles(&acyclic).is_empty());
    for back in [
        "use crate::a::f;",
        "use super::a::*;",
        "use crate::{a as other};",
        "fn g() { crate::a::f() }",
        "fn g() -> Vec<super::a::F> { println!(\"{}\", crate::a::f()) }",
        "fn g() { println!(\"{}\", crate::a::f()) }",
    ] {
        let found = circles(&[file("a", "use crate::b;"), file("b", back)]);
        assert_eq!(found, ["a imports b", "b imports a"], "{back}");
    }
}

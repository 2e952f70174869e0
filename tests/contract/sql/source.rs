//! Statements, row types and constants that the source has.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Expr, ExprLit, Lit, LitStr, Type};

use super::collect::Collector;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// The columns that the code expects of a statement.
#[derive(Clone, Debug)]
pub(super) enum Columns {
    /// The code does not look at them.
    Any,
    Number(usize),
    OfStruct(String),
    /// Those of the struct, and the row's MAC.
    Authenticated(String),
    /// The call leaves the row type to inference.
    Unnamed,
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) sql: String,
    pub(super) columns: Columns,
    /// Set where the code runs it on one database only.
    pub(super) dialect: Option<Dialect>,
    /// The number of values that the code binds; None where it is not known.
    pub(super) values: Option<usize>,
}

/// A field of a row type: its column, or the row type whose columns it takes (`#[sqlx(flatten)]`).
#[derive(Clone, Debug)]
enum Field {
    Column(String),
    Flattened(String),
}

/// All that was found under a folder.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) statements: Vec<Statement>,
    /// Calls of `sqlx::query…` whose SQL is not a literal.
    pub(super) dynamic: Vec<(String, usize)>,
    /// Literals with `SELECT *` or its like.
    pub(super) stars: Vec<(String, usize)>,
    /// Structs with named fields, by name, with their file.
    structs: HashMap<String, Vec<(String, Vec<Field>)>>,
}

impl Source {
    pub(super) fn read(folder: &Path) -> Self {
        let mut source = Self::default();
        for path in rust_files(folder) {
            let text = std::fs::read_to_string(&path).unwrap();
            let file = path.to_str().unwrap().to_owned();
            let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            if file.starts_with("src/store/") {
                let tokens: TokenStream = text.parse().unwrap();
                find_stars(tokens, &file, &mut source.stars);
            }
            let mut names = Names::default();
            names.visit_file(&parsed);
            for (name, fields) in names.structs {
                source.structs.entry(name).or_default().push((file.clone(), fields));
            }
            Collector::new(&file, &mut source, names.constants, names.aliases).visit_file(&parsed);
        }
        source
    }

    /// Returns the columns of a row type; one of the same file is preferred.
    pub(super) fn fields(&self, file: &str, name: &str) -> Result<Vec<String>, String> {
        let all = self.structs.get(name).ok_or(format!("no struct {name}"))?;
        let here: Vec<_> = all.iter().filter(|(defined, _)| defined == file).collect();
        let stored = || {
            all.iter()
                .filter(|(defined, _)| defined.starts_with("src/store/"))
                .collect()
        };
        let candidates: Vec<_> = if here.is_empty() { stored() } else { here };
        let [(defined, fields)] = candidates[..] else {
            return Err(format!("{} structs {name} in the store", candidates.len()));
        };
        let mut columns = Vec::new();
        for field in fields {
            match field {
                Field::Column(column) => columns.push(column.clone()),
                Field::Flattened(inner) => columns.extend(self.fields(defined, inner)?),
            }
        }
        Ok(columns)
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn find_stars(tokens: TokenStream, file: &str, stars: &mut Vec<(String, usize)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => find_stars(group.stream(), file, stars),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if let Lit::Str(text) = Lit::new(literal)
                    && has_star(&text.value())
                {
                    stars.push((file.to_owned(), line));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Returns true for `SELECT *`, `a.*`, `, *` and `RETURNING *`, but not for `count(*)` or a product.
pub(super) fn has_star(sql: &str) -> bool {
    let is_sql = ["SELECT ", "RETURNING "].iter().any(|word| sql.contains(word));
    is_sql
        && sql.match_indices('*').any(|(at, _)| {
            let before = sql[..at].trim_end();
            let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            before.ends_with(['.', ',']) || ["SELECT", "RETURNING", "DISTINCT"].contains(&word)
        })
}

/// The row types, constants and aliases of a file.
#[derive(Default)]
struct Names {
    structs: Vec<(String, Vec<Field>)>,
    constants: HashMap<String, String>,
    aliases: HashMap<String, Type>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let fields = item.fields.iter().filter_map(|field| {
            let name = field.ident.as_ref()?.to_string();
            let is_flattened = field.attrs.iter().any(|attribute| {
                attribute.path().is_ident("sqlx")
                    && attribute
                        .parse_args::<syn::Ident>()
                        .is_ok_and(|argument| argument == "flatten")
            });
            Some(match last_name(&field.ty) {
                Some(inner) if is_flattened => Field::Flattened(inner),
                _ => Field::Column(name),
            })
        });
        self.structs.push((item.ident.to_string(), fields.collect()));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if let Some(text) = literal(&item.expr) {
            self.constants.insert(item.ident.to_string(), text.value());
        }
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.aliases.insert(item.ident.to_string(), (*item.ty).clone());
    }
}

/// The last name of a path: `Case` of `cases::Case`.
pub(super) fn last_name(kind: &Type) -> Option<String> {
    let Type::Path(path) = kind else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

pub(super) fn literal(expression: &Expr) -> Option<&LitStr> {
    match expression {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => Some(text),
        _ => None,
    }
}

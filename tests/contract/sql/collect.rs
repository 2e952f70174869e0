//! Finds the SQL of a file: macro calls of the store, and calls of `sqlx::query…`.

use std::collections::HashMap;

use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, LitStr, Macro, Pat, Stmt, Token, Type};

use super::source::{Columns, Dialect, Source, Statement, last_name, literal};

/// Visits a file and adds its statements to the source.
pub(super) struct Collector<'a> {
    file: &'a str,
    source: &'a mut Source,
    constants: HashMap<String, String>,
    aliases: HashMap<String, Type>,
    /// Set inside of a match arm or the like that is of one database.
    dialect: Option<Dialect>,
    /// The beginning of a query that is built at run time, until its row type is found.
    beginning: Option<Statement>,
}

/// Arguments of `fetch_…!`: the row type, the transaction, the SQL, the values.
fn fetch_arguments(input: ParseStream<'_>) -> syn::Result<(Type, Punctuated<Expr, Token![,]>)> {
    let row = input.parse()?;
    input.parse::<Token![,]>()?;
    Ok((row, Punctuated::parse_terminated(input)?))
}

/// The body of `on!(tx, connection => body)`.
fn on_body(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Expr>()?;
    input.parse::<Token![,]>()?;
    input.parse::<syn::Ident>()?;
    input.parse::<Token![=>]>()?;
    input.parse()
}

impl<'a> Collector<'a> {
    pub(super) const fn new(
        file: &'a str,
        source: &'a mut Source,
        constants: HashMap<String, String>,
        aliases: HashMap<String, Type>,
    ) -> Self {
        Self {
            file,
            source,
            constants,
            aliases,
            dialect: None,
            beginning: None,
        }
    }

    fn columns_of(&self, row: &Type) -> Columns {
        match row {
            Type::Tuple(tuple) => Columns::Number(tuple.elems.len()),
            Type::Path(_) => {
                let name = last_name(row).expect("a path has a name");
                if name == "Stored" {
                    return Columns::Authenticated(argument_of(row).expect("a row type"));
                }
                match self.aliases.get(&name) {
                    Some(aliased) => self.columns_of(aliased),
                    None => Columns::OfStruct(name),
                }
            }
            _ => Columns::Unnamed,
        }
    }

    fn add(&mut self, line: usize, sql: String, columns: Columns, values: Option<usize>) {
        self.source.statements.push(Statement {
            file: self.file.to_owned(),
            line,
            sql,
            columns,
            dialect: self.dialect,
            values,
        });
    }

    /// Adds the call of a macro of the store: `arguments` are the transaction, the SQL, the values.
    fn add_macro(&mut self, line: usize, columns: Columns, arguments: &Punctuated<Expr, Token![,]>) {
        match arguments.iter().nth(1).and_then(literal) {
            Some(sql) => self.add(sql.span().start().line, sql.value(), columns, Some(arguments.len() - 2)),
            None => self.source.dynamic.push((self.file.to_owned(), line)),
        }
        for argument in arguments {
            self.visit_expr(argument);
        }
    }

    /// Adds a call of `sqlx::query…`; `values` is the number of `bind` calls behind it. Returns false for other calls.
    fn add_call(&mut self, call: &ExprCall, values: usize) -> bool {
        let Expr::Path(path) = &*call.func else { return false };
        let segments = &path.path.segments;
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            return false;
        };
        if first.ident == "QueryBuilder" {
            self.begin_query(call);
            return false;
        }
        if first.ident != "sqlx" {
            return false;
        }
        let row = match &last.arguments {
            syn::PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().find_map(|argument| match argument {
                    syn::GenericArgument::Type(kind @ (Type::Path(_) | Type::Tuple(_))) => Some(kind),
                    _ => None,
                })
            }
            _ => None,
        };
        let columns = match last.ident.to_string().as_str() {
            "query" | "raw_sql" => Columns::Any,
            "query_scalar" => Columns::Number(1),
            "query_as" => row.map_or(Columns::Unnamed, |row| self.columns_of(row)),
            _ => return false,
        };
        let line = last.ident.span().start().line;
        let argument = call.args.first().expect("a query has SQL");
        let constant = match argument {
            Expr::Path(path) => path
                .path
                .get_ident()
                .and_then(|name| self.constants.get(&name.to_string())),
            _ => None,
        };
        match literal(argument).map(LitStr::value).or_else(|| constant.cloned()) {
            // Several statements in one text bind nothing.
            Some(text) if last.ident == "raw_sql" => {
                for sql in text.split(';') {
                    self.add(line, sql.to_owned(), columns.clone(), Some(0));
                }
            }
            Some(sql) => self.add(line, sql, columns, Some(values)),
            None => self.source.dynamic.push((self.file.to_owned(), line)),
        }
        true
    }

    /// Takes the beginning of a query that is built at run time, where it can be completed to a whole one.
    fn begin_query(&mut self, call: &ExprCall) {
        let Some(text) = call.args.first().and_then(literal) else {
            return;
        };
        let mut sql = text.value();
        if sql.trim_end().ends_with(" IN (") {
            sql.push_str("NULL)");
        }
        let is_whole = sql.starts_with("SELECT ") && sql.matches('(').count() == sql.matches(')').count();
        self.beginning = is_whole.then(|| Statement {
            file: self.file.to_owned(),
            line: text.span().start().line,
            sql,
            columns: Columns::Unnamed,
            dialect: self.dialect,
            values: Some(0),
        });
    }

    /// Runs `visit` for code that is of one database, if `pattern` says so.
    fn within(&mut self, pattern: &Pat, visit: impl FnOnce(&mut Self)) {
        let outer = self.dialect;
        self.dialect = dialect_of(pattern).or(outer);
        visit(self);
        self.dialect = outer;
    }
}

/// Returns the name of a type's argument, such as `Draft` of `Stored<Draft>`.
fn argument_of(row: &Type) -> Option<String> {
    let Type::Path(path) = row else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(argument) => last_name(argument),
        _ => None,
    }
}

fn dialect_of(pattern: &Pat) -> Option<Dialect> {
    let path = match pattern {
        Pat::TupleStruct(pattern) => &pattern.path,
        Pat::Struct(pattern) => &pattern.path,
        _ => return None,
    };
    match path.segments.last()?.ident.to_string().as_str() {
        "Sqlite" => Some(Dialect::Sqlite),
        "Postgres" => Some(Dialect::Postgres),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_macro(&mut self, call: &'ast Macro) {
        let Some(name) = call.path.segments.last() else { return };
        let line = name.ident.span().start().line;
        let body = call.tokens.clone();
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        match name.ident.to_string().as_str() {
            "macro_rules" => {}
            "execute" => match arguments.parse2(body) {
                Ok(arguments) => self.add_macro(line, Columns::Number(0), &arguments),
                Err(error) => panic!("{}:{line}: {error}", self.file),
            },
            "fetch_one" | "fetch_optional" | "fetch_all" => match fetch_arguments.parse2(body) {
                Ok((row, arguments)) => {
                    let columns = self.columns_of(&row);
                    self.add_macro(line, columns, &arguments);
                }
                Err(error) => panic!("{}:{line}: {error}", self.file),
            },
            "on" => match on_body.parse2(body) {
                Ok(body) => self.visit_expr(&body),
                Err(error) => panic!("{}:{line}: {error}", self.file),
            },
            // Arguments of others, where they are expressions.
            _ => {
                if let Ok(arguments) = arguments.parse2(body) {
                    for argument in &arguments {
                        self.visit_expr(argument);
                    }
                }
            }
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        self.add_call(call, 0);
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "build_query_as"
            && let Some(mut statement) = self.beginning.take()
        {
            let row = call.turbofish.as_ref().and_then(|types| types.args.first());
            if let Some(syn::GenericArgument::Type(row)) = row {
                statement.columns = self.columns_of(row);
            }
            self.source.statements.push(statement);
        }
        // From the outermost call of the chain inwards, to its `sqlx::query…`.
        let mut values = 0;
        let mut inner = call;
        loop {
            values += usize::from(inner.method == "bind");
            match &*inner.receiver {
                Expr::MethodCall(receiver) => inner = receiver,
                Expr::Call(query) => {
                    if self.add_call(query, values) {
                        return;
                    }
                    break;
                }
                _ => break,
            }
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.within(&arm.pat, |collector| visit::visit_arm(collector, arm));
    }

    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        let Expr::Let(condition) = &*branch.cond else {
            return visit::visit_expr_if(self, branch);
        };
        self.within(&condition.pat, |collector| collector.visit_block(&branch.then_branch));
        self.visit_expr(&condition.expr);
        if let Some((_, otherwise)) = &branch.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let outer = self.dialect;
        for statement in &block.stmts {
            self.visit_stmt(statement);
            // After `let Tx::Postgres(tx) = tx else { return … };` the rest is of that database.
            if let Stmt::Local(local) = statement
                && local.init.as_ref().is_some_and(|init| init.diverge.is_some())
            {
                self.dialect = dialect_of(&local.pat).or(self.dialect);
            }
        }
        self.dialect = outer;
    }
}

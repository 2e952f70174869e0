//! Every SQL literal of the program is valid on both databases, and its columns are those of the type that takes them.

mod collect;
mod source;

use std::path::Path;

use sigilo::domain::row::GRANTING_TABLES;
use sqlx::{AssertSqlSafe, Column as _, Connection as _, Either, Executor as _, SqlSafeStr as _, Statement as _};

use self::source::{Columns, Dialect, Source, Statement};
use super::{Fresh, stories};

stories!(every_statement_is_valid);

/// Files that build SQL at run time: from parts of filters, or from the tables of the schema.
const DYNAMIC: &[&str] = &[
    "src/store/filters/log.rs",
    "src/store/filters/sql.rs",
    "src/store/portable.rs",
];

/// Smallest number of statements that the search must find, so that it cannot silently find nothing.
const MIN_STATEMENTS: usize = 150;

/// Names of the columns and the number of parameters of a statement, as the database reports them.
struct Prepared {
    columns: Vec<String>,
    parameters: usize,
}

enum Connection {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Connection {
    async fn open(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            Self::Sqlite(sqlx::SqliteConnection::connect(url).await.unwrap())
        } else {
            Self::Postgres(sqlx::PgConnection::connect(url).await.unwrap())
        }
    }

    const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn prepare(&mut self, sql: &str) -> Result<Prepared, sqlx::Error> {
        /// Reads names of columns and the number of parameters.
        macro_rules! described {
            ($connection:expr) => {{
                let statement = $connection
                    .prepare(AssertSqlSafe(sql.to_owned()).into_sql_str())
                    .await?;
                Prepared {
                    columns: statement
                        .columns()
                        .iter()
                        .map(|column| column.name().to_owned())
                        .collect(),
                    parameters: match statement.parameters() {
                        Some(Either::Left(types)) => types.len(),
                        Some(Either::Right(count)) => count,
                        None => 0,
                    },
                }
            }};
        }
        Ok(match self {
            Self::Sqlite(connection) => described!(connection),
            Self::Postgres(connection) => described!(connection),
        })
    }
}

/// Compares the prepared statement with the code that runs it; returns the differences.
fn compare(statement: &Statement, prepared: &Prepared, source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    let found = &prepared.columns;
    match &statement.columns {
        Columns::Any => {}
        Columns::Number(expected) => {
            if found.len() != *expected {
                wrong.push(format!("{} columns {found:?}, the code takes {expected}", found.len()));
            }
        }
        Columns::OfStruct(name) | Columns::Authenticated(name) => match source.fields(&statement.file, name) {
            Ok(mut fields) => {
                if matches!(statement.columns, Columns::Authenticated(_)) {
                    fields.push("mac".into());
                }
                let missing: Vec<_> = fields.iter().filter(|field| !found.contains(field)).collect();
                let unknown: Vec<_> = found.iter().filter(|column| !fields.contains(column)).collect();
                if !missing.is_empty() {
                    wrong.push(format!("no column for the fields {missing:?} of {name}"));
                }
                if !unknown.is_empty() {
                    wrong.push(format!("{name} has no field for the columns {unknown:?}"));
                }
                if found.len() > fields.len() {
                    wrong.push(format!("a column comes twice: {found:?}"));
                }
            }
            Err(trouble) => wrong.push(trouble),
        },
        Columns::Unnamed => wrong.push("the call does not name its row type".into()),
    }
    if let Some(values) = statement.values
        && values != prepared.parameters
    {
        wrong.push(format!("{} parameters, the code binds {values}", prepared.parameters));
    }
    wrong
}

async fn every_statement_is_valid(fresh: Fresh) {
    let source = Source::read(Path::new("src"));
    assert!(source.statements.len() >= MIN_STATEMENTS, "{}", source.statements.len());
    let mut connection = Connection::open(&fresh.url).await;
    let dialect = connection.dialect();
    let mut wrong = Vec::new();
    for statement in &source.statements {
        if statement.dialect.is_some_and(|only| only != dialect) {
            continue;
        }
        let place = format!("{}:{} on {dialect:?}", statement.file, statement.line);
        match connection.prepare(&statement.sql).await {
            Ok(prepared) => {
                let differences = compare(statement, &prepared, &source);
                wrong.extend(
                    differences
                        .into_iter()
                        .map(|difference| format!("{place}: {difference}")),
                );
            }
            Err(error) => wrong.push(format!("{place}: {error}\n    {}", statement.sql)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that read these rows without their MAC, and why they may.
const UNCHECKED: [&str; 4] = [
    // Ids of members who want a notice; their addresses are read with the MAC.
    "src/store/notices.rs",
    // Entries that have a leaf. Those in the queue are read with theirs.
    "src/store/acts.rs",
    // Counts, and entries that have a leaf: the tree's hashes are their MAC.
    "src/store/log.rs",
    // The auditor's list has entries with a leaf only.
    "src/store/filters/log.rs",
];

#[test]
fn rows_that_grant_something_are_read_with_their_mac() {
    let source = Source::read(Path::new("src"));
    let mut checked = 0;
    for statement in &source.statements {
        let words: Vec<&str> = statement.sql.split_whitespace().collect();
        let reads = words.first() == Some(&"SELECT")
            && words.windows(2).any(|pair| {
                matches!(pair[0], "FROM" | "JOIN" | "from" | "join")
                    && GRANTING_TABLES.contains(&pair[1].trim_matches([',', ')']))
            });
        let is_checked = matches!(statement.columns, Columns::Authenticated(_));
        checked += usize::from(is_checked);
        assert!(
            !reads || is_checked || UNCHECKED.contains(&statement.file.as_str()),
            "{}:{} reads rows without their MAC",
            statement.file,
            statement.line
        );
    }
    assert!(checked >= 9, "{checked}");
}

#[tokio::test]
async fn macs_cover_all_columns_in_the_order_of_the_table() {
    let (source, fresh) = (Source::read(Path::new("src")), super::sqlite().await);
    let columns = fresh.db.columns().await.unwrap();
    for (table, file, row) in [
        ("audit_entry", "src/store/log.rs", "Entry"),
        ("draft", "src/store/visitors.rs", "Draft"),
        ("follow_up_session", "src/store/visitors.rs", "FollowUp"),
        ("receipt_shown", "src/store/visitors.rs", "ReceiptShown"),
        ("staff", "src/store/staff.rs", "Staff"),
        ("staff_session", "src/store/staff.rs", "Session"),
    ] {
        let of_table = columns.iter().filter(|(name, ..)| name == table);
        let mut of_table: Vec<&str> = of_table.map(|(_, column, ..)| column.as_str()).collect();
        assert_eq!(of_table.pop(), Some("mac"), "{table}");
        assert_eq!(source.fields(file, row).unwrap(), of_table, "{table}");
    }
}

#[test]
fn columns_are_listed_by_name() {
    let source = Source::read(Path::new("src"));
    assert!(source.stars.is_empty(), "`*` instead of columns: {:?}", source.stars);
}

#[test]
fn statements_are_literals_and_stay_in_the_store() {
    let source = Source::read(Path::new("src"));
    for (file, line) in &source.dynamic {
        assert!(
            DYNAMIC.contains(&file.as_str()),
            "{file}:{line} runs SQL that is not a literal"
        );
    }
    for statement in &source.statements {
        assert!(
            statement.file.starts_with("src/store/"),
            "{}:{} has SQL outside the store",
            statement.file,
            statement.line
        );
    }
}

#[test]
fn stars_are_recognized() {
    for sql in [
        "SELECT * FROM a",
        "SELECT a.* FROM a",
        "SELECT x, * FROM a",
        "DELETE FROM a RETURNING *",
    ] {
        assert!(source::has_star(sql), "{sql}");
    }
    for sql in [
        "SELECT count(*) FROM a",
        "SELECT x * 86400 FROM a",
        "UPDATE a SET b = b *2",
    ] {
        assert!(!source::has_star(sql), "{sql}");
    }
}

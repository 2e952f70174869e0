//! Rows that grant something, as their MAC sees them (`docs/PROTOCOL.md`, section 13).
//!
//! The store knows the tables and has no key; the vault has the key and knows no tables. Both know these types.

use std::fmt;

use crate::domain::day::Day;

/// Tables whose rows grant something.
pub const GRANTING_TABLES: [&str; 6] = [
    "audit_entry",
    "draft",
    "follow_up_session",
    "receipt_shown",
    "staff",
    "staff_session",
];

/// The value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column<'a> {
    Null,
    /// An integer; a boolean is 0 or 1.
    Integer(i64),
    /// A text, or bytes: an id is its 16 bytes.
    Bytes(&'a [u8]),
}

/// Makes and checks the MACs of rows, under a key that is not in the database.
pub trait RowAuthenticator: fmt::Debug + Send + Sync {
    /// Returns the MAC over a table's name and the row's columns, in the order of the table.
    fn mac(&self, table: &str, columns: &[Column<'_>]) -> Vec<u8>;

    /// Returns true if `mac` is the row's MAC, in constant time.
    fn is_authentic(&self, table: &str, columns: &[Column<'_>], mac: &[u8]) -> bool;
}

impl<'a> From<&'a [u8]> for Column<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Column<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a str> for Column<'a> {
    fn from(text: &'a str) -> Self {
        Self::Bytes(text.as_bytes())
    }
}

impl<'a> From<&'a String> for Column<'a> {
    fn from(text: &'a String) -> Self {
        Self::Bytes(text.as_bytes())
    }
}

impl From<i64> for Column<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Day> for Column<'_> {
    fn from(day: Day) -> Self {
        Self::Integer(day.0)
    }
}

impl<'a, T: Into<Column<'a>>> From<Option<T>> for Column<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

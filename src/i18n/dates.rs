//! Dates in words and digits.

use std::borrow::Borrow;

use crate::i18n::languages::Texts;

impl Texts {
    /// "24 de noviembre de 2026", from days since 1970-01-01. Templates pass a value or a reference.
    #[must_use]
    pub fn date(&self, day: impl Borrow<i64>) -> String {
        let day = *day.borrow();
        let Some(date) = civil(day) else {
            return day.to_string();
        };
        let month = self.get(MONTHS[usize::from(date.month().unsigned_abs() - 1)]);
        self.with(
            "date",
            &[
                ("day", date.day().to_string().into()),
                ("month", month.into()),
                ("year", date.year().to_string().into()),
            ],
        )
    }

    /// "2026-11-24", from days since 1970-01-01: for `<time datetime>` and dense tables.
    #[must_use]
    pub fn iso(&self, day: impl Borrow<i64>) -> String {
        let day = *day.borrow();
        civil(day).map_or_else(|| day.to_string(), |date| date.to_string())
    }
}

fn civil(day: i64) -> Option<jiff::civil::Date> {
    let span = jiff::Span::new().try_days(day).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(span).ok()
}

const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9", "month-10",
    "month-11", "month-12",
];

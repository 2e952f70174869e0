//! The findings of `sigilo doctor`, printed line by line.

use std::fmt::Display;

use crate::cli::error::CommandError;
use crate::cli::terminal::print_line;
use crate::i18n::Texts;
use crate::service::operations::health::{Finding, Level};

/// Adds the text of an error as the reason. Errors speak English; the remedy is in the reader's language.
pub(super) fn because(finding: Finding, error: impl Display) -> Finding {
    let said = error.to_string();
    let words: Vec<&str> = said.split_whitespace().collect();
    finding.text("reason", words.join(" ").trim_end_matches('.'))
}

/// Prints findings line by line: `ok`, `warn` or `fail`, then the topic and what to do; counts them.
pub(super) struct Findings {
    texts: Texts,
    warnings: u32,
    pub(super) failures: u32,
}

impl Findings {
    pub(super) const fn new(texts: Texts) -> Self {
        Self {
            texts,
            warnings: 0,
            failures: 0,
        }
    }

    pub(super) fn take(&mut self, finding: &Finding) {
        let mark = match finding.level {
            Level::Well => "ok",
            Level::Think => {
                self.warnings += 1;
                "warn"
            }
            Level::Bad => {
                self.failures += 1;
                "fail"
            }
        };
        let said = finding.words(&self.texts, str::to_owned);
        let words: Vec<&str> = said.split_whitespace().collect();
        print_line!("{mark:<4}  {}: {}", self.texts.get(finding.topic), words.join(" "));
    }

    /// Returns the value that was read; an error becomes a failure with the remedy `wrong`.
    pub(super) fn read<T, E: Display>(
        &mut self,
        topic: &'static str,
        wrong: &'static str,
        outcome: Result<T, E>,
    ) -> Option<T> {
        match outcome {
            Ok(read) => {
                self.take(&Finding::well(topic, "doctor-reads"));
                Some(read)
            }
            Err(error) => {
                self.take(&because(Finding::bad(topic, wrong), error));
                None
            }
        }
    }

    pub(super) fn end(self) -> Result<(), CommandError> {
        let counted = [("failures", self.failures.into()), ("warnings", self.warnings.into())];
        print_line!("");
        if self.failures == 0 {
            print_line!("{}", self.texts.with("doctor-nothing-fails", &counted));
            return Ok(());
        }
        Err(CommandError::localized(self.texts.with("doctor-some-fail", &counted)))
    }
}

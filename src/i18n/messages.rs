//! Messages that are put together from several texts.

use fluent_bundle::FluentValue;

use crate::i18n::languages::Texts;
use crate::vault::receipt::ReceiptError;

impl Texts {
    /// A list in words of the kinds of hidden data that were removed from a file.
    #[must_use]
    pub fn describe_removed(&self, removed: &[String]) -> String {
        let words = removed.iter().map(|word| match word.as_str() {
            "place" => "trace-place",
            "device" => "trace-device",
            "author" => "trace-author",
            "software" => "trace-software",
            "dates" => "trace-dates",
            "thumbnail" => "trace-thumbnail",
            "revisions" => "trace-revisions",
            "description" => "trace-description",
            _ => "trace-other",
        });
        let mut words: Vec<String> = words.map(|key| self.get(key)).collect();
        match (words.pop(), words.is_empty()) {
            (Some(last), false) => {
                let both = [("list", words.join(", ").into()), ("last", last.into())];
                self.with("list-and", &both)
            }
            (last, _) => last.unwrap_or_default(),
        }
    }

    /// The reason why words are no receipt, without a word of them.
    #[must_use]
    pub fn describe_receipt_error(&self, error: ReceiptError) -> String {
        let count = |number: usize| FluentValue::from(number);
        match error {
            ReceiptError::Count(words) => self.with("entry-error-count", &[("count", count(words))]),
            ReceiptError::UnknownWord(place) => self.with("entry-error-word", &[("place", count(place))]),
            ReceiptError::Checksum => self.get("entry-error-misspelt"),
        }
    }
}

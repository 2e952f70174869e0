//! `/report/receipt`: number and eight words, until the reporter says that they are kept.

use askama::Template;

use super::Page;

/// `/report/receipt`
#[derive(Template)]
#[template(path = "receipt.html")]
pub struct Receipt {
    pub page: Page,
    pub number: String,
    /// The eight words, in order.
    pub words: Vec<String>,
    /// Day by which a person writes.
    pub respond_by: i64,
    /// Day by which there is an outcome.
    pub resolve_by: i64,
}

/// `/report/receipt.txt`
#[derive(Template)]
#[template(path = "receipt.txt")]
pub struct ReceiptText {
    pub page: Page,
    pub number: String,
    pub words: Vec<String>,
}

/// `/report/receipt/saved`, and `/report/receipt` once the receipt is gone.
#[derive(Template)]
#[template(path = "receipt_saved.html")]
pub struct ReceiptSaved {
    pub page: Page,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::tests::{assert_sound, page};

    fn words() -> Vec<String> {
        ["ábaco", "nieve", "tigre", "lunes", "piano", "gesto", "verano", "zorro"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn number_and_all_words_are_there() {
        let html = Receipt {
            page: page("es"),
            number: "2026-K7Q2M9-X".into(),
            words: words(),
            respond_by: 20_784,
            resolve_by: 20_800,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("2026-K7Q2M9-X"));
        for word in words() {
            assert!(html.contains(&format!("<li>{word}</li>")), "{word}");
        }
        assert!(html.contains("27 de noviembre de 2026"));
        assert_sound(&ReceiptSaved { page: page("en") }.render().unwrap());
    }

    #[test]
    fn the_text_file_is_plain() {
        let text = ReceiptText {
            page: page("es"),
            number: "2026-K7Q2M9-X".into(),
            words: words(),
        }
        .render()
        .unwrap();
        assert!(text.contains("1. ábaco") && text.contains("8. zorro"), "{text}");
        assert!(!text.contains('<') && !text.contains('&'), "{text}");
    }
}

//! Cleaning of file names (`docs/PROTOCOL.md`, section 12). `web/src/staff/files.ts` does the same for files that staff
//! send.

use unicode_normalization::UnicodeNormalization as _;

/// Length of the longest name, in characters.
pub const MAX_NAME_CHARS: usize = 120;
/// Length of the longest extension that survives a cut, with its point, in characters.
const MAX_EXTENSION_CHARS: usize = 10;

/// Returns the last part of a path, in NFC, no longer than [`MAX_NAME_CHARS`]; `fallback` when nothing is left.
///
/// Control and format characters are removed: they are invisible, or reverse the direction of writing.
pub fn tidy_name(name: &str, fallback: &str) -> String {
    let name: String = name.nfc().collect();
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let tidy: String = last.chars().filter(|c| !is_unseen(*c)).collect();
    let tidy = tidy.trim().trim_start_matches(['.', ' ']);
    if tidy.is_empty() {
        return fallback.to_owned();
    }
    let length = tidy.chars().count();
    if length <= MAX_NAME_CHARS {
        return tidy.to_owned();
    }
    // The extension tells people what kind of file it is.
    let ending = tidy.rfind('.').map_or("", |at| &tidy[at..]);
    let ending = if (2..=MAX_EXTENSION_CHARS).contains(&ending.chars().count()) {
        ending
    } else {
        ""
    };
    let kept = MAX_NAME_CHARS - ending.chars().count();
    tidy.chars().take(kept).chain(ending.chars()).collect()
}

/// Returns true for Unicode's categories Cc, Cf, Zl and Zp.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_format(c)
}

/// Returns true for Unicode 17's category Cf: soft hyphen, marks of direction, joiners, tags, and marks around numbers and notes.
const fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_lose_what_misleads() {
        for (name, tidy) in [
            ("C:\\fakepath\\foto 1.jpg", "foto 1.jpg"),
            ("../../etc/passwd", "passwd"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("a\nb\u{0}.pdf", "ab.pdf"),
            ("...", "archivo"),
            ("", "archivo"),
            ("dir/", "archivo"),
            (". . .oculto.txt", "oculto.txt"),
        ] {
            assert_eq!(tidy_name(name, "archivo"), tidy, "{name:?}");
        }
        let long = tidy_name(&format!("{}.jpeg", "ñ".repeat(500)), "archivo");
        assert!(long.chars().count() == MAX_NAME_CHARS && long.ends_with("ñ.jpeg"));
    }

    /// Names as people and attackers write them: any characters, many of them misleading.
    fn names() -> impl Strategy<Value = String> {
        let misleading = prop::sample::select(vec![
            "/",
            "\\",
            ".",
            "..",
            " ",
            "\0",
            "\n",
            "\r",
            "\t",
            "\u{7f}",
            "\u{85}",
            "\u{a0}",
            "\u{ad}",
            "\u{61c}",
            "\u{180e}",
            "\u{200b}",
            "\u{200d}",
            "\u{200e}",
            "\u{200f}",
            "\u{2028}",
            "\u{2029}",
            "\u{202a}",
            "\u{202e}",
            "\u{2060}",
            "\u{2066}",
            "\u{2069}",
            "\u{206f}",
            "\u{feff}",
            "\u{fffb}",
            "\u{e0001}",
            "\u{e0041}",
            "e\u{301}",
            "\u{301}",
            "\u{958}",
            "\u{1d15e}",
            ".jpeg",
            "C:",
        ]);
        let part = prop_oneof![
            misleading.prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
            "[a-zñ0-9]{1,40}",
        ];
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn whatever_it_was_sent_as_it_is_a_name(name in names()) {
            let tidy = tidy_name(&name, "archivo");
            prop_assert!(!tidy.is_empty() && tidy.chars().count() <= MAX_NAME_CHARS);
            prop_assert!(!tidy.contains(['/', '\\']) && !tidy.starts_with(['.', ' ']));
            let bidi = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!tidy.chars().any(|c| c.is_control() || bidi(c) || is_unseen(c)), "{tidy:?}");
            // The record brings it to NFC once more, which keeps it short.
            let written: String = tidy.nfc().collect();
            prop_assert!(written.chars().count() <= MAX_NAME_CHARS);
        }
    }
}

//! The two BIP-39 lists, and how a typed word is read (`docs/PROTOCOL.md`, section 4).

use std::sync::LazyLock;

use bip39::Language;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// The lists in the order in which they are tried.
const LISTS: [Language; 2] = [Language::Spanish, Language::English];
/// The lists' words as they are compared, in order, each with its number in its list. They are no secret.
pub(super) static FOLDED: LazyLock<[Vec<(String, u16)>; 2]> = LazyLock::new(|| {
    LISTS.map(|list| {
        let mut words: Vec<_> = (0..)
            .zip(list.word_list())
            .map(|(at, word)| (std::mem::take(&mut *fold(word)), at))
            .collect();
        words.sort_unstable();
        words
    })
});

/// Appends the word of 11 bits in `language` (`es`; any other gives English), in NFC.
///
/// # Panics
/// If the number has more than 11 bits.
pub(super) fn push_word(to: &mut String, index: u16, language: &str) {
    let list = if language == "es" { LISTS[0] } else { LISTS[1] };
    to.extend(list.word_list()[usize::from(index)].nfc());
}

/// Folds to lower case without accents; anything but letters becomes a space.
pub(super) fn fold(text: &str) -> Zeroizing<String> {
    /// Longest text that is read. Eight words have some hundred characters.
    const MAX_CHARS: usize = 1000;
    // No character becomes more than 18 bytes when it is taken apart (UAX 15); it never grows.
    let mut plain = Zeroizing::new(String::with_capacity(18 * text.len().min(MAX_CHARS)));
    plain.extend(
        text.chars()
            .take(MAX_CHARS)
            .nfd()
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
            .map(|c| if c.is_alphabetic() { c } else { ' ' }),
    );
    plain
}

/// Finds a folded word by itself, or by its first four letters or more: both lists are unique in four letters.
pub(super) fn find(word: &str, list: &[(String, u16)]) -> Option<u16> {
    let at = list.partition_point(|(known, _)| known.as_str() < word);
    // In the sorted list a word stands right before those that continue it.
    let (known, index) = list.get(at)?;
    let found = *known == word || (word.chars().count() >= 4 && known.starts_with(word));
    found.then_some(*index)
}

//! Identifiers of people who are not known: valid cédulas, RUCs, telephone numbers, e-mail addresses.

use super::redacted::Redacted;
use crate::domain::{cedula, email, phone, ruc};

/// Finds what looks like an identifier in the parts that are not hidden, as written, each once. Hidden parts and words
/// that the reporter put back are skipped.
#[must_use]
pub fn find_unknown_identifiers(redacted: &Redacted) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in redacted.pieces().iter().filter(|piece| piece.mark().is_none()) {
        for candidate in find_emails(piece.text()).into_iter().chain(find_numbers(piece.text())) {
            if !found.iter().any(|known| known == candidate) {
                found.push(candidate.to_owned());
            }
        }
    }
    found
}

fn find_emails(text: &str) -> Vec<&str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')' | '"' | ':'))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() <= 254 && email::normalize(word).is_some())
        .collect()
}

/// Finds numbers with a space, hyphen or dot between their groups; where the whole is no identifier, each group is tried.
fn find_numbers(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut digits = text
        .char_indices()
        .filter(|(_, c)| c.is_ascii_digit())
        .map(|(at, _)| at)
        .peekable();
    while let Some(start) = digits.next() {
        let mut end = start + 1;
        while digits.next_if_eq(&end).is_some() {
            end += 1;
        }
        let joined = groups
            .last()
            .is_some_and(|(_, before)| matches!(&text[*before..start], " " | "-" | "." | " - " | "\u{a0}"));
        if !joined {
            push_longest(text, &groups, &mut found);
            groups.clear();
        }
        groups.push((start, end));
    }
    push_longest(text, &groups, &mut found);
    found
}

/// Groups of digits that an identifier has at most.
const MAX_GROUPS: usize = 8;

/// Adds the longest stretches of groups that are an identifier, from the left.
fn push_longest<'a>(text: &'a str, groups: &[(usize, usize)], found: &mut Vec<&'a str>) {
    let mut at = 0;
    while let Some((start, _)) = groups.get(at) {
        let hit = (at..groups.len().min(at + MAX_GROUPS))
            .rev()
            .find(|last| is_identifier(&text[*start..groups[*last].1]));
        if let Some(last) = hit {
            let plus = usize::from(text[..*start].ends_with('+'));
            found.push(&text[start - plus..groups[last].1]);
            at = last;
        }
        at += 1;
    }
}

/// Returns true for a valid cédula or RUC, and for a telephone number with its national or country prefix.
fn is_identifier(number: &str) -> bool {
    if number.len() > 24 {
        return false;
    }
    let national = number.starts_with('0') || number.starts_with("593");
    cedula::normalize(number).is_some()
        || ruc::normalize(number).is_some()
        || (national && phone::normalize(number).is_some())
}

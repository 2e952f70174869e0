//! Finds names word by word: joined with their neighbours, written as one word, or spelled letter by letter.

use std::collections::BTreeMap;

use super::fold::Folded;
use super::span::{Owner, Span, tokens_span};
use super::words::PARTICLES;

/// Folded words of names, with the identifiers that they belong to.
pub(super) type NameWords = BTreeMap<String, Owner>;

/// Finds words of names; neighbours are joined with the particles between them.
pub(super) fn find_joined(names: &NameWords, folded: &Folded, found: &mut Vec<Span>) {
    if names.is_empty() {
        return;
    }
    let mut open: Option<(usize, usize, Owner)> = None;
    let mut between = 0;
    for at in 0..folded.tokens.len() {
        let word = folded.word(at);
        if folded.token(at)[0].gap > 3 {
            found.extend(
                open.take()
                    .map(|(first, last, owner)| tokens_span(folded, first, last, owner)),
            );
        }
        let owner = names.get(&word).copied().or_else(|| owner_of_compound(names, &word));
        match (owner, open) {
            (Some(owner), Some((first, _, before))) if before.both(owner).is_some() => {
                open = before.both(owner).map(|both| (first, at, both));
                between = 0;
            }
            (Some(owner), _) => {
                found.extend(open.map(|(first, last, owner)| tokens_span(folded, first, last, owner)));
                open = Some((at, at, owner));
                between = 0;
            }
            (None, Some(_)) if word != "y" && word != "e" && between < 3 && PARTICLES.contains(&word.as_str()) => {
                between += 1;
            }
            (None, _) => {
                found.extend(
                    open.take()
                        .map(|(first, last, owner)| tokens_span(folded, first, last, owner)),
                );
            }
        }
    }
    found.extend(open.map(|(first, last, owner)| tokens_span(folded, first, last, owner)));
}

/// Returns the owner of two or more words of names written as one (*juanperez*, *delatorreperez*).
fn owner_of_compound(names: &NameWords, word: &str) -> Option<Owner> {
    const MAX_BYTES: usize = 64;
    if word.len() > MAX_BYTES || word.len() < 5 || !word.is_ascii() {
        return None;
    }
    // reached[i]: owners of one way to cut word[..i] into words of names; None if there is no way.
    let mut reached: [Option<Owner>; MAX_BYTES + 1] = [None; MAX_BYTES + 1];
    reached[0] = Some(Owner::ANYBODY);
    let mut after_name = [false; MAX_BYTES + 1];
    for from in 0..word.len() {
        let Some(so_far) = reached[from] else { continue };
        let rest = &word[from..];
        for (part, owner) in names
            .iter()
            .filter(|(part, _)| part.len() >= 3 && rest.starts_with(part.as_str()))
        {
            let to = from + part.len();
            reached[to] = reached[to].or(Some(so_far.both(*owner).unwrap_or(*owner)));
            after_name[to] = true;
        }
        let particles: &[&str] = if after_name[from] { &PARTICLES } else { &[] };
        for part in particles.iter().filter(|part| rest.starts_with(**part)) {
            let to = from + part.len();
            if reached[to].is_none() {
                reached[to] = Some(so_far);
                after_name[to] = true;
            }
        }
    }
    reached[word.len()].filter(|_| after_name[word.len()])
}

/// Finds words of names spelled letter by letter: *P-é-r-e-z*, *P e r e z*.
pub(super) fn find_spelled(names: &NameWords, folded: &Folded, found: &mut Vec<Span>) {
    let single = |at: usize| folded.tokens.get(at).is_some_and(|(start, end)| end - start == 1);
    let mut at = 0;
    while at < folded.tokens.len() {
        let from = at;
        while single(at) && (at == from || folded.token(at)[0].gap <= 3) {
            at += 1;
        }
        if at == from {
            at += 1;
            continue;
        }
        let letters: Vec<char> = (from..at).map(|token| folded.token(token)[0].letter).collect();
        for (word, owner) in names {
            let word: Vec<char> = word.chars().collect();
            if word.len() < 3 || word.len() > letters.len() {
                continue;
            }
            for (offset, window) in letters.windows(word.len()).enumerate() {
                if window == word {
                    found.push(tokens_span(
                        folded,
                        from + offset,
                        from + offset + word.len() - 1,
                        *owner,
                    ));
                }
            }
        }
    }
}

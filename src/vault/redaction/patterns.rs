//! How each sort of identifier is looked for.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::fold::{Folded, Symbol, compact};
use super::{Sort, Span};
use crate::domain::{email, phone, ruc};

/// Between two parts of one identifier there may be this many characters that are neither letter nor digit.
const MAX_GAP: usize = 8;
/// Words of names and addresses that say nothing alone.
const PARTICLES: [&str; 16] = [
    "de", "del", "la", "las", "el", "los", "y", "e", "da", "das", "do", "dos", "di", "van", "von", "san",
];
/// Words of addresses that say nothing alone.
const GENERIC: [&str; 36] = [
    "av",
    "avda",
    "avenida",
    "calle",
    "c",
    "calles",
    "pasaje",
    "psje",
    "casa",
    "piso",
    "dep",
    "depto",
    "dpto",
    "departamento",
    "sector",
    "barrio",
    "entre",
    "esquina",
    "esq",
    "no",
    "nro",
    "num",
    "numero",
    "n",
    "mz",
    "manzana",
    "lt",
    "lote",
    "villa",
    "solar",
    "conjunto",
    "edificio",
    "edif",
    "km",
    "via",
    "ciudadela",
];

/// Which identifiers claim a stretch: one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(u64);

impl Owner {
    pub(super) const LIMIT: usize = 64;

    pub(super) const fn of(at: usize) -> Self {
        Self(1 << at)
    }

    /// The identifier that gives the label.
    pub(super) const fn first(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    const fn both(self, other: Self) -> Option<Self> {
        if self.0 & other.0 == 0 {
            None
        } else {
            Some(Self(self.0 & other.0))
        }
    }
}

/// A run of letters and digits, wherever it stands.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Run {
    #[zeroize(skip)]
    owner: Owner,
    symbols: Vec<char>,
    /// Must begin and end where a word or number does.
    whole: bool,
    /// A telephone number's end: prefixes before it belong to it.
    dialled: bool,
}

#[derive(Default)]
pub(super) struct Finder {
    runs: Vec<Run>,
    /// Words of names.
    words: BTreeMap<String, Owner>,
    /// Pairs of words of addresses that follow each other.
    pairs: Vec<(Owner, BTreeSet<(String, String)>)>,
}

impl Drop for Finder {
    fn drop(&mut self) {
        while let Some((mut word, _)) = self.words.pop_first() {
            word.zeroize();
        }
        for (_, mut pairs) in self.pairs.drain(..) {
            while let Some((mut one, mut other)) = pairs.pop_first() {
                one.zeroize();
                other.zeroize();
            }
        }
    }
}

impl Finder {
    pub(super) fn add(&mut self, owner: Owner, sort: Sort, text: &str) {
        match sort {
            Sort::Cedula => {
                let digits = compact(text);
                let digits_text: String = digits.iter().collect();
                self.run(owner, &digits_text, false);
                if digits.len() == 10 {
                    self.run(owner, &ruc::of_cedula(&digits_text), false);
                }
            }
            Sort::Document | Sort::Ruc => self.run(owner, text, compact(text).len() < 5),
            Sort::Phone => self.phone(owner, text),
            Sort::Email => self.email(owner, text),
            Sort::Address => self.address(owner, text),
            Sort::Name => self.name(owner, text),
        }
    }

    fn run(&mut self, owner: Owner, text: &str, whole: bool) {
        let symbols = compact(text);
        if !symbols.is_empty() {
            self.runs.push(Run {
                owner,
                symbols,
                whole,
                dialled: false,
            });
        }
    }

    fn phone(&mut self, owner: Owner, text: &str) {
        let Some(normal) = phone::normalize(text) else {
            return self.run(owner, text, false);
        };
        if let Some(significant) = phone::significant(&normal) {
            self.runs.push(Run {
                owner,
                symbols: compact(significant),
                whole: false,
                dialled: true,
            });
            if significant.len() == 8 {
                // A landline without the code of its area.
                self.run(owner, &significant[1..], true);
            }
        } else {
            self.run(owner, &normal, false);
            // Without the country's code, whose length is not known here.
            for code in 1..=3 {
                let rest: String = normal.chars().skip(1 + code).collect();
                if rest.len() >= 7 {
                    self.run(owner, &rest, true);
                }
            }
        }
    }

    fn email(&mut self, owner: Owner, text: &str) {
        self.run(owner, text, false);
        for (at, dot) in [("arroba", "."), ("arroba", "punto"), ("at", "dot"), ("@", "punto")] {
            self.run(owner, &text.replace('@', at).replace('.', dot), false);
        }
        let local =
            email::normalize(text).and_then(|normal| normal.rsplit_once('@').map(|(local, _)| local.to_owned()));
        if let Some(local) = local
            && compact(&local).len() >= 5
            && local.chars().any(|c| !c.is_alphabetic())
        {
            self.run(owner, &local, true);
        }
    }

    fn address(&mut self, owner: Owner, text: &str) {
        let folded = Folded::of(text);
        if folded.symbols.len() >= 4 {
            self.run(owner, text, true);
        }
        let words: Vec<String> = (0..folded.tokens.len())
            .map(|at| folded.word(at))
            .filter(|word| !is_generic(word))
            .collect();
        if let [only] = words.as_slice()
            && only.chars().count() >= 3
        {
            self.run(owner, only, true);
        }
        let pairs = words
            .windows(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect();
        self.pairs.push((owner, pairs));
        // Numbers of houses: N24-150, Oe4-22.
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')')) {
            let symbols = compact(word);
            let digits = symbols.iter().filter(|c| c.is_ascii_digit()).count();
            if symbols.len() >= 4 && digits >= 3 {
                self.run(owner, word, true);
            }
        }
    }

    fn name(&mut self, owner: Owner, text: &str) {
        let mut words: Vec<String> = Vec::new();
        for piece in text.split_whitespace() {
            let folded = Folded::of(piece);
            words.push(folded.symbols.iter().map(|symbol| symbol.symbol).collect());
            words.extend((0..folded.tokens.len()).map(|at| folded.word(at)));
        }
        for word in words {
            if word.chars().count() >= 2 && !PARTICLES.contains(&word.as_str()) {
                self.words
                    .entry(word)
                    .and_modify(|owners| owners.0 |= owner.0)
                    .or_insert(owner);
            }
        }
        // A name of nothing but particles and initials is hidden as a whole.
        self.run(owner, text, true);
    }

    pub(super) fn find(&self, folded: &Folded) -> Vec<Span> {
        let mut found = Vec::new();
        for run in &self.runs {
            run.find(folded, &mut found);
        }
        self.names(folded, &mut found);
        self.spelled(folded, &mut found);
        for (owner, pairs) in &self.pairs {
            address_pairs(folded, *owner, pairs, &mut found);
        }
        found
    }

    /// Words of names, neighbours joined with the particles between them.
    fn names(&self, folded: &Folded, found: &mut Vec<Span>) {
        if self.words.is_empty() {
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
            let owner = self.words.get(&word).copied().or_else(|| self.glued(&word));
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

    /// Two or more words of names written as one (*juanperez*, *PerezDeLaTorre*).
    fn glued(&self, word: &str) -> Option<Owner> {
        const LONGEST: usize = 64;
        if word.len() > LONGEST || word.len() < 5 || !word.is_ascii() {
            return None;
        }
        // reached[i]: the owners of a way to cut word[..i] into words of names; None where there is no way.
        let mut reached: [Option<Owner>; LONGEST + 1] = [None; LONGEST + 1];
        reached[0] = Some(Owner(u64::MAX));
        let mut named = [false; LONGEST + 1];
        for from in 0..word.len() {
            let Some(so_far) = reached[from] else { continue };
            let rest = &word[from..];
            for (part, owner) in self
                .words
                .iter()
                .filter(|(part, _)| part.len() >= 3 && rest.starts_with(part.as_str()))
            {
                let to = from + part.len();
                reached[to] = reached[to].or(Some(so_far.both(*owner).unwrap_or(*owner)));
                named[to] = true;
            }
            let particles: &[&str] = if named[from] { &PARTICLES } else { &[] };
            for part in particles.iter().filter(|part| rest.starts_with(**part)) {
                let to = from + part.len();
                if reached[to].is_none() {
                    reached[to] = Some(so_far);
                    named[to] = true;
                }
            }
        }
        reached[word.len()].filter(|_| named[word.len()])
    }

    /// Words of names spelled letter by letter: *P-é-r-e-z*, *P e r e z*.
    fn spelled(&self, folded: &Folded, found: &mut Vec<Span>) {
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
            let letters: Vec<char> = (from..at).map(|token| folded.token(token)[0].symbol).collect();
            for (word, owner) in &self.words {
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
}

fn is_generic(word: &str) -> bool {
    PARTICLES.contains(&word) || GENERIC.contains(&word)
}

fn tokens_span(folded: &Folded, first: usize, last: usize, owner: Owner) -> Span {
    symbols_span(&folded.symbols[folded.tokens[first].0..folded.tokens[last].1], owner)
}

/// The span of symbols, of which there is at least one.
fn symbols_span(symbols: &[Symbol], owner: Owner) -> Span {
    let (start, end) = match symbols {
        [] => (0, 0),
        [only] => (only.start, only.end),
        [first, .., last] => (first.start, last.end),
    };
    Span { start, end, owner }
}

impl Run {
    fn find(&self, folded: &Folded, found: &mut Vec<Span>) {
        let symbols = &folded.symbols;
        let length = self.symbols.len();
        for (at, window) in symbols.windows(length).enumerate() {
            let same = window
                .iter()
                .zip(&self.symbols)
                .enumerate()
                .all(|(within, (have, want))| have.symbol == *want && (within == 0 || have.gap <= MAX_GAP));
            let begins = at == 0 || window[0].gap > 0;
            let ends = symbols.get(at + length).is_none_or(|next| next.gap > 0);
            if same && (!self.whole || (begins && ends)) {
                let from = if self.dialled { dialling_prefix(symbols, at) } else { at };
                found.push(symbols_span(&symbols[from..at + length], self.owner));
            }
        }
    }
}

/// Where a number begins whose significant digits begin at `at`: before them may stand 0, 593, 5930, 00593.
fn dialling_prefix(symbols: &[Symbol], at: usize) -> usize {
    ["00593", "005930", "5930", "593", "0"]
        .iter()
        .filter_map(|prefix| {
            let from = at.checked_sub(prefix.len())?;
            let fits = symbols[from..at].iter().map(|s| s.symbol).eq(prefix.chars())
                && symbols[from + 1..=at].iter().all(|s| s.gap <= 3);
            fits.then_some(from)
        })
        .min()
        .unwrap_or(at)
}

/// Two or more words of an address in its order, with particles and generic words between them.
fn address_pairs(folded: &Folded, owner: Owner, pairs: &BTreeSet<(String, String)>, found: &mut Vec<Span>) {
    let mut before: Option<(usize, String)> = None;
    let mut far = false;
    for at in 0..folded.tokens.len() {
        far |= folded.token(at)[0].gap > MAX_GAP;
        let word = folded.word(at);
        if is_generic(&word) {
            far |= before.as_ref().is_some_and(|(token, _)| at - token > 5);
            continue;
        }
        if let Some((token, earlier)) = before.take()
            && !far
        {
            let pair = (earlier, word.clone());
            if pairs.contains(&pair) {
                found.push(tokens_span(folded, token, at, owner));
            }
        }
        far = false;
        before = Some((at, word));
    }
}

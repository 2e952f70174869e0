//! Case numbers: `2026-K7Q2M9-4`. They are random and easy to read aloud, have a check symbol, and are no secret.

use std::fmt;
use std::str::FromStr;

use rand::CryptoRng;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `YYYY-XXXXXX-C` (`docs/PROTOCOL.md`, section 4).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CaseNumber(String);

/// The text is no case number, or the check symbol shows a slip of the pen.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a case number")]
pub struct InvalidCaseNumber;

impl CaseNumber {
    /// A fresh random number of `year`.
    pub fn random(year: i16, rng: &mut dyn CryptoRng) -> Self {
        let mut random = [0; 6];
        rng.fill_bytes(&mut random);
        let body: String = random
            .iter()
            .map(|byte| char::from(CROCKFORD[usize::from(byte & 31)]))
            .collect();
        let year = format!("{year:04}");
        let check = check(&format!("{year}{body}")).expect("made of symbols");
        Self(format!("{year}-{body}-{check}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the text is a case number as it is shown and stored, in this very spelling.
    #[must_use]
    pub fn is_canonical(text: &str) -> bool {
        text.parse::<Self>().is_ok_and(|number| number.0 == text)
    }
}

fn value(symbol: char) -> Option<usize> {
    CROCKFORD.iter().position(|known| char::from(*known) == symbol)
}

fn check(symbols: &str) -> Option<char> {
    let mut sum = 0;
    for (place, symbol) in (1..).zip(symbols.chars()) {
        sum += place * value(symbol)?;
    }
    Some(char::from(CROCKFORD[sum % 31]))
}

impl FromStr for CaseNumber {
    type Err = InvalidCaseNumber;

    /// Accepts any case, hyphens or spaces anywhere, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, InvalidCaseNumber> {
        let mut symbols = String::with_capacity(11);
        for symbol in text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—'))
        {
            symbols.push(match symbol.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            });
            if symbols.len() > 11 {
                return Err(InvalidCaseNumber);
            }
        }
        if !symbols.is_ascii() || symbols.len() != 11 || !symbols[..4].bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidCaseNumber);
        }
        if check(&symbols[..10]) != symbols[10..].chars().next() {
            return Err(InvalidCaseNumber);
        }
        Ok(Self(format!(
            "{}-{}-{}",
            &symbols[..4],
            &symbols[4..10],
            &symbols[10..]
        )))
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn reads_what_people_write_and_refuses_slips() {
        let number = CaseNumber::random(2026, &mut StdRng::seed_from_u64(5));
        let text = number.as_str();
        assert_eq!(
            text.to_lowercase().replace('-', " ").replace('0', "o").parse(),
            Ok(number.clone())
        );
        for place in [5, 7, 10] {
            let mut slip: Vec<char> = text.chars().collect();
            slip[place] = if slip[place] == '7' { '8' } else { '7' };
            assert_eq!(
                slip.iter().collect::<String>().parse::<CaseNumber>(),
                Err(InvalidCaseNumber)
            );
        }
        assert!("ñ".repeat(11).parse::<CaseNumber>().is_err());
    }
}

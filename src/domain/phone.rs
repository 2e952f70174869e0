//! Telephone numbers, kept as `+` and digits (E.164).

/// The country code of the first institution.
const COUNTRY: &str = "593";

/// Normalizes a number: `+593…` for one of Ecuador in any usual spelling, `+…` for one of another country written with
/// `+` or `00`. `None` if it is neither.
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let text = text.trim();
    let international = text.starts_with('+') || text.starts_with("00");
    let mut digits = String::new();
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if at == 0 => {}
            '-' | '.' | '(' | ')' | '/' | '‐' | '‑' | '–' => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    if text.starts_with("00") {
        digits.drain(..2);
    }
    let national = match digits.strip_prefix(COUNTRY) {
        Some(rest) if international || digits.len() >= 11 => rest,
        _ if international => {
            let fits = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
            return fits.then(|| format!("+{digits}"));
        }
        _ => digits.as_str(),
    };
    let significant = national.strip_prefix('0').unwrap_or(national);
    is_national(significant).then(|| format!("+{COUNTRY}{significant}"))
}

/// True for the digits after the country's code of a mobile (9 and eight digits) or a landline (area 2 to 7 and seven
/// digits).
fn is_national(digits: &str) -> bool {
    match digits.as_bytes().first() {
        Some(b'9') => digits.len() == 9,
        Some(b'2'..=b'7') => digits.len() == 8,
        _ => false,
    }
}

/// The digits after the country's code of a normalized number of Ecuador.
#[must_use]
pub fn significant(normalized: &str) -> Option<&str> {
    let digits = normalized.strip_prefix('+')?.strip_prefix(COUNTRY)?;
    is_national(digits).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_many_spellings() {
        for text in [
            "0962532338",
            "096 253 2338",
            "+593 96 253 2338",
            "593962532338",
            "00593-96-253-2338",
            "+593 (0) 96 253 2338",
            "962532338",
            "096.253.2338",
        ] {
            assert_eq!(normalize(text).as_deref(), Some("+593962532338"), "{text}");
        }
        assert_eq!(normalize("02 234 5678").as_deref(), Some("+59322345678"));
        assert_eq!(normalize("+34 612 345 678").as_deref(), Some("+34612345678"));
        assert_eq!(significant("+593962532338"), Some("962532338"));
        assert_eq!(significant("+34612345678"), None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "12345",
            "09625323",
            "09625323381",
            "0962532338 ext 4",
            "+0012345678",
            "+",
            "00",
            "1800123456",
            "é",
        ] {
            assert_eq!(normalize(text), None, "{text}");
        }
    }
}

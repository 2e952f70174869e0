//! The number of an Ecuadorian taxpayer.

use crate::domain::cedula;

/// Normalizes a number to its 13 digits; spaces, hyphens and dots are allowed. `None` if it cannot be a RUC.
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let digits = cedula::digits_only(text)?;
    is_valid(&digits).then_some(digits)
}

/// True for the number of a natural person (a cédula and the number of a place of business), of a company (third digit
/// 9) or of a public body (third digit 6). The check digits of the latter two are ignored: new numbers have none.
#[must_use]
pub fn is_valid(digits: &str) -> bool {
    if digits.len() != 13 || !digits.bytes().all(|b| b.is_ascii_digit()) || digits.ends_with("000") {
        return false;
    }
    let province_fits = matches!(digits[..2].parse::<u8>(), Ok(1..=24 | 30));
    cedula::is_valid(&digits[..10]) || (province_fits && matches!(digits.as_bytes()[2], b'6' | b'9'))
}

/// The RUC that belongs to the holder of this cédula, if they have one.
#[must_use]
pub fn of_cedula(cedula: &str) -> String {
    format!("{cedula}001")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_companies_and_public_bodies() {
        assert!(is_valid(&of_cedula("1710034065")));
        assert_eq!(normalize("1790-016919-001").as_deref(), Some("1790016919001"));
        assert!(is_valid("1760004650001"));
        for wrong in [
            "1710034066001",
            "1710034065000",
            "171003406500",
            "9990016919001",
            "17100340650é1",
        ] {
            assert_eq!(normalize(wrong), None, "{wrong}");
        }
    }
}

//! The number of an Ecuadorian identity card.

/// Normalizes a number to its digits; spaces, hyphens and dots are allowed. `None` if the number is not valid or the text
/// has other characters.
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let digits = digits_only(text)?;
    is_valid(&digits).then_some(digits)
}

/// True for ten digits with a province 01 to 24 or 30 (registered abroad) and the right check digit.
///
/// The third digit is not checked: 6 has been issued since 2017.
#[must_use]
pub fn is_valid(digits: &str) -> bool {
    let Some(values) = values::<10>(digits) else {
        return false;
    };
    let province = values[0] * 10 + values[1];
    if !((1..=24).contains(&province) || province == 30) {
        return false;
    }
    let sum: u32 = values[..9]
        .iter()
        .enumerate()
        .map(|(at, &value)| match value * if at % 2 == 0 { 2 } else { 1 } {
            product @ 10.. => product - 9,
            product => product,
        })
        .sum();
    (10 - sum % 10) % 10 == values[9]
}

/// Keeps digits and drops spaces, hyphens and dots. `None` if there is anything else.
pub(crate) fn digits_only(text: &str) -> Option<String> {
    text.chars()
        .filter(|c| !(c.is_whitespace() || matches!(c, '-' | '.' | '‐' | '‑' | '–')))
        .map(|c| c.is_ascii_digit().then_some(c))
        .collect()
}

fn values<const N: usize>(digits: &str) -> Option<[u32; N]> {
    let all: Option<Vec<u32>> = digits.chars().map(|c| c.to_digit(10)).collect();
    all?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_and_the_province_count() {
        assert_eq!(normalize(" 171003406-5 ").as_deref(), Some("1710034065"));
        for wrong in [
            "1710034066",
            "2510034065",
            "0010034065",
            "171003406",
            "17100340655",
            "171003406a",
            "",
            "١٧١٠٠٣٤٠٦٥",
        ] {
            assert_eq!(normalize(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn abroad_and_a_third_digit_of_six_are_fine() {
        let with_check = |nine: &str| (0..10).map(|d| format!("{nine}{d}")).filter(|c| is_valid(c)).count();
        assert_eq!(with_check("300000001"), 1);
        assert_eq!(with_check("176000001"), 1);
        assert_eq!(with_check("310000001"), 0);
    }
}

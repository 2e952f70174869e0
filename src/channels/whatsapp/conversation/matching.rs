//! Matches what people type with options and numbers, in any case, with or without accents.

use unicode_normalization::UnicodeNormalization as _;

use crate::dialogue::OptionView;

/// Converts to lower case and removes accents, punctuation and extra spaces.
pub(crate) fn normalize(text: &str) -> String {
    if text.trim() == "?" {
        return "?".to_owned();
    }
    let letters: String = text
        .nfd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .to_lowercase();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Finds the option that a text names: by its number in the list, by its name, or by a part of its name that no other
/// option has.
pub(crate) fn match_option<'a>(
    options: &'a [OptionView],
    shown: &[&'a OptionView],
    text: &str,
) -> Option<&'a OptionView> {
    let text = normalize(text);
    if text.is_empty() {
        return None;
    }
    if let Ok(number) = text.parse::<usize>() {
        return shown.get(number.checked_sub(1)?).copied();
    }
    let named = |matches: &dyn Fn(&str) -> bool| {
        let mut found = options
            .iter()
            .filter(|option| matches(&normalize(&option.label)) || matches(&normalize(&option.value)));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    };
    named(&|label| label == text)
        .or_else(|| named(&|label| label.starts_with(&text)))
        .or_else(|| named(&|label| text.len() >= 3 && label.split(' ').any(|word| word == text)))
        .or_else(|| named(&|label| text.len() >= 4 && label.contains(&text)))
        .or_else(|| named(&|label| label.len() >= 4 && format!(" {text} ").contains(&format!(" {label} "))))
}

/// Parses a list of numbers, such as "1, 3 y 4". `None` if there is anything else in the text.
pub(crate) fn parse_numbers(text: &str) -> Option<Vec<usize>> {
    let text = normalize(text);
    let words = text.split(' ').filter(|word| !matches!(*word, "y" | "and" | ""));
    let numbers: Option<Vec<usize>> = words.map(|word| word.parse().ok()).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(labels: &[(&str, &str)]) -> Vec<OptionView> {
        let option = |(value, label): &(&str, &str)| OptionView {
            value: (*value).into(),
            label: (*label).into(),
            description: None,
        };
        labels.iter().map(option).collect()
    }

    #[test]
    fn options_are_known_by_number_name_and_part() {
        let all = options(&[
            ("queja", "Queja por el servicio"),
            ("denuncia", "Denuncia de un acto irregular"),
            ("17", "Pichincha"),
            ("23", "Santo Domingo de los Tsáchilas"),
            ("24", "Santa Elena"),
            ("07", "El Oro"),
        ]);
        let shown: Vec<&OptionView> = all.iter().skip(2).collect();
        let found = |text: &str| match_option(&all, &shown, text).map(|option| option.value.as_str());
        for (text, expected) in [
            ("queja", "queja"),
            ("DENUNCIA", "denuncia"),
            ("quiero poner una denuncia", "denuncia"),
            ("1", "17"),
            ("2.", "23"),
            ("pichincha", "17"),
            ("tsachilas", "23"),
            ("Santa", "24"),
            ("oro", "07"),
        ] {
            assert_eq!(found(text), Some(expected), "{text}");
        }
        for text in ["san", "9", "0", "", "nada de eso"] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_people_list_them() {
        assert_eq!(parse_numbers("1, 3 y 4"), Some(vec![1, 3, 4]));
        assert_eq!(parse_numbers("2"), Some(vec![2]));
        assert!(parse_numbers("el 2").is_none() && parse_numbers("").is_none());
    }
}

//! E-mail addresses. The check catches slips; it does not prove that the mailbox exists.

/// Normalizes an address: trimmed, its domain in lower case. `None` if it cannot be one.
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    let domain_fits = domain.len() <= 189
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit()));
    (local_fits && domain_fits).then(|| format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_caught_and_addresses_kept() {
        assert_eq!(
            normalize(" Ana.Lopez@Correo.EC ").as_deref(),
            Some("Ana.Lopez@correo.ec")
        );
        for wrong in [
            "",
            "ana",
            "ana@",
            "@correo.ec",
            "ana@correo",
            "a na@correo.ec",
            "ana@correo..ec",
            "ana@@correo.ec",
            "ana@1.2",
        ] {
            assert_eq!(normalize(wrong), None, "{wrong}");
        }
    }
}

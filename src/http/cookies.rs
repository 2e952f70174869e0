//! The five cookies, and no other. Each is `__Host-`: secure, for this host only, for every path.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};

/// The cookies, by purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieName {
    /// Opens the draft of a report for 24 hours, and after submission its receipt for 30 minutes.
    Draft,
    /// Opens one's own case for 30 minutes.
    FollowUp,
    /// A session of staff.
    Staff,
    /// As `Draft`, for what a clerk files for somebody; never mixed with a draft of the clerk's own. Ends with the session.
    Filing,
    /// Marks a browser with which staff have signed in: strangers who guess do not keep it waiting. Opens nothing.
    Device,
}

impl CookieName {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "__Host-sigilo-draft",
            Self::FollowUp => "__Host-sigilo-case",
            Self::Staff => "__Host-sigilo-staff",
            Self::Filing => "__Host-sigilo-filing",
            Self::Device => "__Host-sigilo-device",
        }
    }

    /// Returns the `SameSite` attribute. Links in e-mails lead staff to a public page first, so all cookies but the draft's
    /// can be strict: a reporter may come back to a draft from anywhere.
    const fn same_site(self) -> &'static str {
        match self {
            Self::Draft => "Lax",
            Self::FollowUp | Self::Staff | Self::Filing | Self::Device => "Strict",
        }
    }
}

/// Reads the value that the visitor sent. Where a name comes twice, the first counts.
pub(crate) fn read(headers: &HeaderMap, name: CookieName) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name.as_str()).then_some(value))
}

/// Writes `Set-Cookie` for a value of letters, digits, `-` and `_`. Without `max_age` (seconds) it ends with the browser.
///
/// # Panics
/// Never: values are base64url made here.
pub(crate) fn set(name: CookieName, value: &str, max_age: Option<i64>) -> HeaderValue {
    let age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let line = format!(
        "{}={value}; Path=/; Secure; HttpOnly; SameSite={}{age}",
        name.as_str(),
        name.same_site()
    );
    let mut line = HeaderValue::try_from(line).expect("base64url and constants are visible ASCII");
    line.set_sensitive(true);
    line
}

/// Writes the `Set-Cookie` that deletes a cookie.
pub(crate) fn clear(name: CookieName) -> HeaderValue {
    set(name, "", Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; __Host-sigilo-draft=abc; broken"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-sigilo-staff=xyz"));
        assert_eq!(read(&headers, CookieName::Draft), Some("abc"));
        assert_eq!(read(&headers, CookieName::Staff), Some("xyz"));
        assert_eq!(read(&headers, CookieName::FollowUp), None);
        assert_eq!(read(&headers, CookieName::Filing), None);
    }
}

//! The address of a person on WhatsApp.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The sender or recipient of messages: a phone number, a business-scoped user id, or both. Since 2026 Meta may hide the
/// number.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Person {
    /// Digits with the country code, without a sign.
    pub(crate) phone: Option<String>,
    pub(crate) user: Option<String>,
}

impl Person {
    /// The key under which we recognise a person in their next message. It prefers the user id, because the number may
    /// be hidden later.
    pub(crate) fn key(&self) -> String {
        match (&self.user, &self.phone) {
            (Some(user), _) => format!("user:{user}"),
            (None, phone) => format!("phone:{}", phone.as_deref().unwrap_or_default()),
        }
    }

    /// The address as one text, for notices. [`Person::from_address`] reads it back.
    pub(crate) fn address(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}|{}", part(&self.phone), part(&self.user))
    }

    pub(crate) fn from_address(address: &str) -> Option<Self> {
        let (phone, user) = address.split_once('|')?;
        let part = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let person = Self {
            phone: part(phone),
            user: part(user),
        };
        (person.phone.is_some() || person.user.is_some()).then_some(person)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back() {
        for (phone, user) in [
            (Some("593990000001"), None),
            (None, Some("EC.2")),
            (Some("1"), Some("EC.3")),
        ] {
            let person = Person {
                phone: phone.map(Into::into),
                user: user.map(Into::into),
            };
            assert!(Person::from_address(&person.address()) == Some(person));
        }
        assert!(Person::from_address("|").is_none() && Person::from_address("").is_none());
    }
}

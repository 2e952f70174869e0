//! The kinds of metadata that were removed from a file.

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// A kind of hidden metadata.
    MetadataKind {
        /// Place of origin: coordinates, names of places.
        Place = "place",
        /// Device: make, model, lens, serial numbers.
        Device = "device",
        /// Authors, owners, companies, initials.
        Author = "author",
        /// Programs and their versions.
        Software = "software",
        /// Dates of creation, change, printing.
        Dates = "dates",
        /// A second picture, small or whole. It may show parts that were cropped away.
        Thumbnail = "thumbnail",
        /// Earlier versions: revision marks, deleted objects, data after the end of the file.
        Revisions = "revisions",
        /// Titles, comments, keywords and other text.
        Description = "description",
        /// Other metadata.
        Other = "other",
    }
}

/// A set of [`MetadataKind`]s. In JSON, a list of their words in the order of the declaration.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Removed(u16);

impl Removed {
    /// The empty set.
    pub const NOTHING: Self = Self(0);

    /// The set with this kind only.
    pub const fn of(kind: MetadataKind) -> Self {
        Self(1 << kind as u16)
    }

    /// Returns true if nothing was removed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns true if metadata of this kind was removed.
    pub const fn contains(self, kind: MetadataKind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    /// Adds a kind.
    pub const fn insert(&mut self, kind: MetadataKind) {
        self.0 |= Self::of(kind).0;
    }

    /// Adds a kind if `really` is true.
    pub(super) const fn insert_if(&mut self, kind: MetadataKind, really: bool) {
        if really {
            self.insert(kind);
        }
    }

    /// Adds all kinds of another set.
    pub const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The kinds, in the order of the declaration.
    pub fn iter(self) -> impl Iterator<Item = MetadataKind> {
        MetadataKind::ALL
            .iter()
            .copied()
            .filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<MetadataKind> for Removed {
    fn from_iter<I: IntoIterator<Item = MetadataKind>>(kinds: I) -> Self {
        let mut all = Self::NOTHING;
        for kind in kinds {
            all.insert(kind);
        }
        all
    }
}

impl Serialize for Removed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Removed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<MetadataKind>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_its_words_in_a_fixed_order() {
        let some: Removed = [
            MetadataKind::Other,
            MetadataKind::Place,
            MetadataKind::Dates,
            MetadataKind::Place,
        ]
        .into_iter()
        .collect();
        let json = serde_json::to_string(&some).unwrap();
        assert_eq!(json, r#"["place","dates","other"]"#);
        assert_eq!(serde_json::from_str::<Removed>(&json).unwrap(), some);
        assert!(serde_json::from_str::<Removed>(r#"["secret"]"#).is_err());
        assert!(Removed::NOTHING.is_empty() && !some.is_empty());
    }
}

//! What was taken out of a file, in the words that the reporter is told.

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::domain::text_enum::text_enum;

text_enum! {
    /// One sort of hidden metadata.
    Trace {
        /// Where it was made: coordinates, names of places.
        Place = "place",
        /// With what: make, model, lens, serial numbers.
        Device = "device",
        /// By whom: authors, owners, companies, initials.
        Author = "author",
        /// Programs and their versions.
        Software = "software",
        /// When: times of making, changing, printing.
        Dates = "dates",
        /// A small second picture, which may show what was cropped away; whole second pictures too.
        Thumbnail = "thumbnail",
        /// Earlier states: revision marks, deleted objects, what stood behind the end of the file.
        Revisions = "revisions",
        /// Titles, comments, keywords, other text.
        Description = "description",
        /// What has no other word here.
        Other = "other",
    }
}

/// A set of [`Trace`]s. In JSON a list of their words, in the order of the declaration.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Removed(u16);

impl Removed {
    pub const NOTHING: Self = Self(0);

    pub const fn of(trace: Trace) -> Self {
        Self(1 << trace as u16)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn contains(self, trace: Trace) -> bool {
        self.0 & Self::of(trace).0 != 0
    }

    pub const fn insert(&mut self, trace: Trace) {
        self.0 |= Self::of(trace).0;
    }

    pub(super) const fn insert_if(&mut self, trace: Trace, really: bool) {
        if really {
            self.insert(trace);
        }
    }

    pub const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// In the order of the declaration.
    pub fn iter(self) -> impl Iterator<Item = Trace> {
        Trace::ALL.iter().copied().filter(move |trace| self.contains(*trace))
    }
}

impl FromIterator<Trace> for Removed {
    fn from_iter<I: IntoIterator<Item = Trace>>(traces: I) -> Self {
        let mut all = Self::NOTHING;
        for trace in traces {
            all.insert(trace);
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
        Ok(Vec::<Trace>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_its_words_in_a_fixed_order() {
        let some: Removed = [Trace::Other, Trace::Place, Trace::Dates, Trace::Place]
            .into_iter()
            .collect();
        let json = serde_json::to_string(&some).unwrap();
        assert_eq!(json, r#"["place","dates","other"]"#);
        assert_eq!(serde_json::from_str::<Removed>(&json).unwrap(), some);
        assert!(serde_json::from_str::<Removed>(r#"["secret"]"#).is_err());
        assert!(Removed::NOTHING.is_empty() && !some.is_empty());
    }
}

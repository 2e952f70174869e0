//! How much one visitor, and everybody together, may do. A visitor is a tag under a key of the day; tags, key and counts
//! are in memory only, so many at most. When there are more, those who were not seen for longest are forgotten, which
//! gives them everything anew: it is never the innocent who are shut out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::{LimitsConfig, Pair};
use crate::domain::clock::UnixSeconds;
use crate::domain::rate_limit::{Backoff, Bucket};
use crate::service::randomness::Randomness;
use crate::vault::visitor::{DayKey, VisitorTag};

/// Visitors of one generation; two are kept, of some 130 bytes a visitor.
const MOST: usize = 50_000;
const DAY: i64 = 24 * 3600;
const MEGABYTE: u64 = 1_000_000;

/// Wrong receipts of one visitor. Short, because a whole hospital may stand behind it; eighty bits need no more.
const WRONG_RECEIPTS: Backoff = Backoff {
    free_failures: 20,
    first_seconds: 5,
    max_seconds: 60,
};
/// Seconds without a wrong receipt after which they are forgotten.
const FORGOTTEN: i64 = 600;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Start,
    Submission,
    Receipt,
    SignIn,
    /// In bytes.
    Upload,
}

/// How many kinds there are.
const KINDS: usize = 5;

#[derive(Clone, Copy, Default)]
struct Counts {
    buckets: [Bucket; KINDS],
    wrong: i64,
    last_wrong: UnixSeconds,
}

#[derive(Default)]
struct State {
    /// The day and its key.
    key: Option<(i64, DayKey)>,
    young: HashMap<VisitorTag, Counts>,
    old: HashMap<VisitorTag, Counts>,
    everybody: Counts,
}

/// The figures, and who has used how much.
pub(crate) struct Limits {
    figures: LimitsConfig,
    state: Mutex<State>,
}

impl Limits {
    pub(crate) fn new(figures: LimitsConfig) -> Self {
        Self {
            figures,
            state: Mutex::default(),
        }
    }

    /// Whose visit it is today. With a new day come a new key and empty counts.
    pub(crate) fn tag(&self, address: IpAddr, now: UnixSeconds, randomness: &Randomness) -> VisitorTag {
        let day = now.div_euclid(DAY);
        let mut state = self.state();
        let key = match state.key.take() {
            Some((of, key)) if of == day => key,
            _ => {
                state.young = HashMap::new();
                state.old = HashMap::new();
                DayKey::random(&mut randomness.generator())
            }
        };
        let tag = match address.to_canonical() {
            IpAddr::V4(address) => key.tag(&address.octets()),
            // What one household or telephone gets.
            IpAddr::V6(address) => key.tag(&address.octets()[..8]),
        };
        state.key = Some((day, key));
        tag
    }

    /// Counts one more, or says after how many seconds it may be tried again. A visitor of whom nothing is known counts
    /// for everybody only.
    pub(crate) fn take(&self, what: What, visitor: Option<VisitorTag>, now: UnixSeconds) -> Result<(), u32> {
        self.counted(what, 1, visitor, now, true)
    }

    /// Whether anything more may be uploaded.
    pub(crate) fn may_upload(&self, visitor: Option<VisitorTag>, now: UnixSeconds) -> Result<(), u32> {
        self.counted(What::Upload, 0, visitor, now, true)
    }

    /// Counts bytes that came in: whoever began an upload may end it.
    pub(crate) fn came_in(&self, bytes: usize, visitor: Option<VisitorTag>, now: UnixSeconds) {
        // It never refuses what it does not ask for.
        let _ = self.counted(What::Upload, bytes as u64, visitor, now, false);
    }

    /// A receipt that nobody has: this visitor's next tries wait longer and longer.
    pub(crate) fn wrong_receipt(&self, visitor: Option<VisitorTag>, now: UnixSeconds) {
        if let Some(tag) = visitor {
            let mut state = self.state();
            let counts = state.of(tag);
            if now - counts.last_wrong >= FORGOTTEN {
                counts.wrong = 0;
            }
            counts.wrong = counts.wrong.saturating_add(1);
            counts.last_wrong = now;
        }
    }

    fn counted(
        &self,
        what: What,
        count: u64,
        visitor: Option<VisitorTag>,
        now: UnixSeconds,
        asks: bool,
    ) -> Result<(), u32> {
        let (pair, unit) = self.figure(what);
        let mut state = self.state();
        if asks {
            // Something that is asked about and not counted needs room for one.
            let asked = count.max(1);
            let own = visitor.map_or(0, |tag| {
                let counts = state.of(tag);
                let bucket = counts.buckets[what as usize].wait(pair.of_visitor(unit), asked, now);
                if what == What::Receipt {
                    bucket.max(counts.slowed(now))
                } else {
                    bucket
                }
            });
            let all = state.everybody.buckets[what as usize].wait(pair.of_everybody(unit), asked, now);
            let wait = own.max(all);
            if wait > 0 {
                return Err(u32::try_from(wait).unwrap_or(u32::MAX));
            }
        }
        if let Some(tag) = visitor {
            state.of(tag).buckets[what as usize].count(pair.of_visitor(unit), count, now);
        }
        state.everybody.buckets[what as usize].count(pair.of_everybody(unit), count, now);
        Ok(())
    }

    const fn figure(&self, what: What) -> (Pair, u64) {
        match what {
            What::Start => (self.figures.starts, 1),
            What::Submission => (self.figures.submissions, 1),
            What::Receipt => (self.figures.receipts, 1),
            What::SignIn => (self.figures.sign_ins, 1),
            What::Upload => (self.figures.upload_mb, MEGABYTE),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(&mut self, tag: VisitorTag) -> &mut Counts {
        if !self.young.contains_key(&tag) {
            if self.young.len() >= MOST {
                self.old = std::mem::take(&mut self.young);
            }
            let known = self.old.remove(&tag).unwrap_or_default();
            self.young.insert(tag, known);
        }
        self.young.entry(tag).or_default()
    }
}

impl Counts {
    fn slowed(&self, now: UnixSeconds) -> u64 {
        let passed = now - self.last_wrong;
        if self.wrong == 0 || passed >= FORGOTTEN {
            return 0;
        }
        // A clock that was put back keeps nobody waiting for longer than the wait itself.
        let wait = WRONG_RECEIPTS.after(self.wrong - 1);
        u64::try_from(wait - passed.max(0)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_532_400;

    fn limits(visitor: u64, everybody: u64) -> Limits {
        let pair = Pair { visitor, everybody };
        Limits::new(LimitsConfig {
            starts: pair,
            receipts: pair,
            upload_mb: pair,
            ..LimitsConfig::default()
        })
    }

    fn tag(limits: &Limits, address: &str, now: i64) -> VisitorTag {
        limits.tag(address.parse().unwrap(), now, &Randomness::seeded(1))
    }

    #[test]
    fn one_visitor_waits_and_others_do_not() {
        let limits = limits(3, 1000);
        let (one, other) = (tag(&limits, "192.0.2.1", NOW), tag(&limits, "192.0.2.2", NOW));
        for _ in 0..3 {
            assert_eq!(limits.take(What::Start, Some(one), NOW), Ok(()));
        }
        assert_eq!(limits.take(What::Start, Some(one), NOW), Err(200));
        assert_eq!(limits.take(What::Start, Some(other), NOW), Ok(()));
        assert_eq!(limits.take(What::Start, Some(one), NOW + 200), Ok(()));
        // Over an onion address nobody has an address: they share what is everybody's.
        for _ in 0..100 {
            assert_eq!(limits.take(What::Start, None, NOW), Ok(()));
        }
    }

    #[test]
    fn everybody_together_is_limited_too_and_what_was_refused_counts_for_nobody() {
        let limits = limits(3, 5);
        for _ in 0..5 {
            assert_eq!(limits.take(What::Start, None, NOW), Ok(()));
        }
        let one = tag(&limits, "192.0.2.1", NOW);
        for _ in 0..10 {
            assert_eq!(limits.take(What::Start, Some(one), NOW), Err(120));
        }
        assert_eq!(limits.take(What::Start, Some(one), NOW + 120), Ok(()));
    }

    #[test]
    fn networks_are_visitors_and_days_forget() {
        let limits = limits(3, 1000);
        assert_eq!(
            tag(&limits, "2001:db8:1:2::1", NOW),
            tag(&limits, "2001:db8:1:2:9::7", NOW)
        );
        assert_ne!(
            tag(&limits, "2001:db8:1:2::1", NOW),
            tag(&limits, "2001:db8:1:3::1", NOW)
        );
        assert_eq!(tag(&limits, "::ffff:192.0.2.1", NOW), tag(&limits, "192.0.2.1", NOW));
        let today = tag(&limits, "192.0.2.1", NOW);
        for _ in 0..3 {
            limits.take(What::Start, Some(today), NOW).unwrap();
        }
        let tomorrow = limits.tag("192.0.2.1".parse().unwrap(), NOW + DAY, &Randomness::seeded(2));
        assert_ne!(today, tomorrow);
        assert_eq!(limits.take(What::Start, Some(tomorrow), NOW + DAY), Ok(()));
    }

    #[test]
    fn wrong_receipts_wait_longer_and_longer_but_not_long() {
        let limits = limits(1000, 1000);
        let (one, other) = (tag(&limits, "192.0.2.1", NOW), tag(&limits, "192.0.2.2", NOW));
        for _ in 0..WRONG_RECEIPTS.free_failures {
            assert_eq!(limits.take(What::Receipt, Some(one), NOW), Ok(()));
            limits.wrong_receipt(Some(one), NOW);
        }
        let mut waits = Vec::new();
        let mut now = NOW;
        for _ in 0..6 {
            limits.wrong_receipt(Some(one), now);
            let wait = limits.take(What::Receipt, Some(one), now).unwrap_err();
            assert_eq!(limits.take(What::Receipt, Some(other), now), Ok(()));
            // With its clock put back an hour nobody waits for longer.
            assert_eq!(limits.take(What::Receipt, Some(one), now - 3600), Err(wait));
            waits.push(wait);
            now += i64::from(wait);
            assert_eq!(limits.take(What::Receipt, Some(one), now), Ok(()));
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
        limits.wrong_receipt(Some(one), now + FORGOTTEN);
        assert_eq!(limits.take(What::Receipt, Some(one), now + FORGOTTEN), Ok(()));
    }

    #[test]
    fn bytes_count_as_they_come() {
        let limits = limits(1, 1000);
        let one = tag(&limits, "192.0.2.1", NOW);
        assert_eq!(limits.may_upload(Some(one), NOW), Ok(()));
        limits.came_in(900_000, Some(one), NOW);
        assert_eq!(limits.may_upload(Some(one), NOW), Ok(()));
        limits.came_in(900_000, Some(one), NOW);
        assert!(limits.may_upload(Some(one), NOW).is_err());
        assert_eq!(limits.may_upload(Some(one), NOW + 600), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let limits = limits(1, 0);
        for number in 0..u32::try_from(3 * MOST).unwrap() {
            let tag = limits.tag(IpAddr::V4(number.into()), NOW, &Randomness::seeded(1));
            assert_eq!(limits.take(What::Start, Some(tag), NOW), Ok(()));
        }
        let state = limits.state();
        assert!(state.young.len() + state.old.len() <= 2 * MOST);
    }
}

//! Rate limits for one visitor, and for everybody together.
//!
//! A visitor is a tag under a key of the day. Tags, key and counts are in memory only, and their number is bounded: the
//! visitors who were not seen for longest are forgotten first, which gives them a full allowance again. A flood of
//! addresses thus never shuts out the innocent.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::{LimitsConfig, Quota};
use crate::domain::clock::UnixSeconds;
use crate::domain::rate_limit::{Backoff, Bucket};
use crate::service::randomness::Randomness;
use crate::vault::visitor::{DayKey, VisitorTag};

/// Visitors of one generation. Two generations are kept, of some 130 bytes a visitor.
const MAX_VISITORS: usize = 50_000;
const DAY_SECONDS: i64 = 24 * 3600;
const BYTES_PER_MEGABYTE: u64 = 1_000_000;

/// Backoff after wrong receipts of one visitor, in seconds. It is short, because a whole hospital may share an address;
/// the eighty bits of a receipt need no more.
const WRONG_RECEIPTS: Backoff = Backoff {
    free_failures: 20,
    first_seconds: 5,
    max_seconds: 60,
};
/// Seconds without a wrong receipt after which earlier ones are forgotten.
const WRONG_RECEIPT_SECONDS: i64 = 600;

/// The kinds of rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RateLimit {
    Start,
    Submission,
    Receipt,
    SignIn,
    /// In bytes.
    Upload,
}

/// The number of kinds.
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

/// The configured limits, and their use so far.
pub(crate) struct RateLimits {
    figures: LimitsConfig,
    state: Mutex<State>,
}

impl RateLimits {
    pub(crate) fn new(figures: LimitsConfig) -> Self {
        Self {
            figures,
            state: Mutex::default(),
        }
    }

    /// Returns the tag of an address for today. A new day brings a new key and empty counts.
    pub(crate) fn tag(&self, address: IpAddr, now: UnixSeconds, randomness: &Randomness) -> VisitorTag {
        let day = now.div_euclid(DAY_SECONDS);
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
            // The part of an address that one household or telephone gets.
            IpAddr::V6(address) => key.tag(&address.octets()[..8]),
        };
        state.key = Some((day, key));
        tag
    }

    /// Counts one more. A visitor of whom nothing is known counts for everybody only.
    ///
    /// # Errors
    /// The seconds after which it may be tried again.
    pub(crate) fn take(&self, limit: RateLimit, visitor: Option<VisitorTag>, now: UnixSeconds) -> Result<(), u32> {
        self.count(limit, 1, visitor, now, true)
    }

    /// Checks that more may be uploaded.
    ///
    /// # Errors
    /// The seconds after which it may be tried again.
    pub(crate) fn may_upload(&self, visitor: Option<VisitorTag>, now: UnixSeconds) -> Result<(), u32> {
        self.count(RateLimit::Upload, 0, visitor, now, true)
    }

    /// Counts uploaded bytes. An upload that has begun may end.
    pub(crate) fn came_in(&self, bytes: usize, visitor: Option<VisitorTag>, now: UnixSeconds) {
        // Counting alone never refuses.
        let _ = self.count(RateLimit::Upload, bytes as u64, visitor, now, false);
    }

    /// Notes a receipt that nobody has: the next tries of this visitor wait longer and longer.
    pub(crate) fn wrong_receipt(&self, visitor: Option<VisitorTag>, now: UnixSeconds) {
        if let Some(tag) = visitor {
            let mut state = self.state();
            let counts = state.of(tag);
            if now - counts.last_wrong >= WRONG_RECEIPT_SECONDS {
                counts.wrong = 0;
            }
            counts.wrong = counts.wrong.saturating_add(1);
            counts.last_wrong = now;
        }
    }

    fn count(
        &self,
        limit: RateLimit,
        count: u64,
        visitor: Option<VisitorTag>,
        now: UnixSeconds,
        checks: bool,
    ) -> Result<(), u32> {
        let (pair, unit) = self.figure(limit);
        let mut state = self.state();
        if checks {
            // A check without a count needs room for one.
            let needed = count.max(1);
            let own = visitor.map_or(0, |tag| {
                let counts = state.of(tag);
                let bucket = counts.buckets[limit as usize].wait(pair.of_visitor(unit), needed, now);
                if limit == RateLimit::Receipt {
                    bucket.max(counts.slowed(now))
                } else {
                    bucket
                }
            });
            let all = state.everybody.buckets[limit as usize].wait(pair.of_everybody(unit), needed, now);
            let wait = own.max(all);
            if wait > 0 {
                return Err(u32::try_from(wait).unwrap_or(u32::MAX));
            }
        }
        if let Some(tag) = visitor {
            state.of(tag).buckets[limit as usize].count(pair.of_visitor(unit), count, now);
        }
        state.everybody.buckets[limit as usize].count(pair.of_everybody(unit), count, now);
        Ok(())
    }

    const fn figure(&self, limit: RateLimit) -> (Quota, u64) {
        match limit {
            RateLimit::Start => (self.figures.starts, 1),
            RateLimit::Submission => (self.figures.submissions, 1),
            RateLimit::Receipt => (self.figures.receipts, 1),
            RateLimit::SignIn => (self.figures.sign_ins, 1),
            RateLimit::Upload => (self.figures.upload_mb, BYTES_PER_MEGABYTE),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(&mut self, tag: VisitorTag) -> &mut Counts {
        if !self.young.contains_key(&tag) {
            if self.young.len() >= MAX_VISITORS {
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
        if self.wrong == 0 || passed >= WRONG_RECEIPT_SECONDS {
            return 0;
        }
        // A clock that was put back lengthens no wait.
        let wait = WRONG_RECEIPTS.after(self.wrong - 1);
        u64::try_from(wait - passed.max(0)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_532_400;

    fn limits(visitor: u64, everybody: u64) -> RateLimits {
        let pair = Quota { visitor, everybody };
        RateLimits::new(LimitsConfig {
            starts: pair,
            receipts: pair,
            upload_mb: pair,
            ..LimitsConfig::default()
        })
    }

    fn tag(limits: &RateLimits, address: &str, now: i64) -> VisitorTag {
        limits.tag(address.parse().unwrap(), now, &Randomness::seeded(1))
    }

    #[test]
    fn one_visitor_waits_and_others_do_not() {
        let limits = limits(3, 1000);
        let (one, other) = (tag(&limits, "192.0.2.1", NOW), tag(&limits, "192.0.2.2", NOW));
        for _ in 0..3 {
            assert_eq!(limits.take(RateLimit::Start, Some(one), NOW), Ok(()));
        }
        assert_eq!(limits.take(RateLimit::Start, Some(one), NOW), Err(200));
        assert_eq!(limits.take(RateLimit::Start, Some(other), NOW), Ok(()));
        assert_eq!(limits.take(RateLimit::Start, Some(one), NOW + 200), Ok(()));
        // Over an onion address nobody has an address: they share what is everybody's.
        for _ in 0..100 {
            assert_eq!(limits.take(RateLimit::Start, None, NOW), Ok(()));
        }
    }

    #[test]
    fn everybody_together_is_limited_too_and_what_was_refused_counts_for_nobody() {
        let limits = limits(3, 5);
        for _ in 0..5 {
            assert_eq!(limits.take(RateLimit::Start, None, NOW), Ok(()));
        }
        let one = tag(&limits, "192.0.2.1", NOW);
        for _ in 0..10 {
            assert_eq!(limits.take(RateLimit::Start, Some(one), NOW), Err(120));
        }
        assert_eq!(limits.take(RateLimit::Start, Some(one), NOW + 120), Ok(()));
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
            limits.take(RateLimit::Start, Some(today), NOW).unwrap();
        }
        let tomorrow = limits.tag("192.0.2.1".parse().unwrap(), NOW + DAY_SECONDS, &Randomness::seeded(2));
        assert_ne!(today, tomorrow);
        assert_eq!(limits.take(RateLimit::Start, Some(tomorrow), NOW + DAY_SECONDS), Ok(()));
    }

    #[test]
    fn wrong_receipts_wait_longer_and_longer_but_not_long() {
        let limits = limits(1000, 1000);
        let (one, other) = (tag(&limits, "192.0.2.1", NOW), tag(&limits, "192.0.2.2", NOW));
        for _ in 0..WRONG_RECEIPTS.free_failures {
            assert_eq!(limits.take(RateLimit::Receipt, Some(one), NOW), Ok(()));
            limits.wrong_receipt(Some(one), NOW);
        }
        let mut waits = Vec::new();
        let mut now = NOW;
        for _ in 0..6 {
            limits.wrong_receipt(Some(one), now);
            let wait = limits.take(RateLimit::Receipt, Some(one), now).unwrap_err();
            assert_eq!(limits.take(RateLimit::Receipt, Some(other), now), Ok(()));
            // With its clock put back an hour nobody waits for longer.
            assert_eq!(limits.take(RateLimit::Receipt, Some(one), now - 3600), Err(wait));
            waits.push(wait);
            now += i64::from(wait);
            assert_eq!(limits.take(RateLimit::Receipt, Some(one), now), Ok(()));
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
        limits.wrong_receipt(Some(one), now + WRONG_RECEIPT_SECONDS);
        assert_eq!(
            limits.take(RateLimit::Receipt, Some(one), now + WRONG_RECEIPT_SECONDS),
            Ok(())
        );
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
        for number in 0..u32::try_from(3 * MAX_VISITORS).unwrap() {
            let tag = limits.tag(IpAddr::V4(number.into()), NOW, &Randomness::seeded(1));
            assert_eq!(limits.take(RateLimit::Start, Some(tag), NOW), Ok(()));
        }
        let state = limits.state();
        assert!(state.young.len() + state.old.len() <= 2 * MAX_VISITORS);
    }
}

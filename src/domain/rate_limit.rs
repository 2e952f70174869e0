//! Rate limits by leaky buckets, and exponential backoff after failures.

use crate::domain::clock::UnixSeconds;

/// A number of events in a period. A visitor may use all of it at once, and then as much as drains with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Zero means no limit.
    pub max: u64,
    pub period_seconds: u64,
}

/// A leaky bucket: it fills with events and drains evenly over the period of its limit.
///
/// The level is counted in events times seconds, so that nothing is rounded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    level: u64,
    updated_at: UnixSeconds,
}

impl Bucket {
    /// Seconds until `count` more events fit; 0 if they fit now.
    pub fn wait(&mut self, limit: RateLimit, count: u64, now: UnixSeconds) -> u64 {
        if limit.max == 0 {
            return 0;
        }
        self.drain(limit, now);
        let room = limit.max.saturating_mul(limit.period_seconds);
        let cost = count.min(limit.max).saturating_mul(limit.period_seconds);
        self.level.saturating_add(cost).saturating_sub(room).div_ceil(limit.max)
    }

    /// Adds events that have happened, even above the limit: later ones wait for them.
    pub fn count(&mut self, limit: RateLimit, count: u64, now: UnixSeconds) {
        self.drain(limit, now);
        self.level = self
            .level
            .saturating_add(count.saturating_mul(limit.period_seconds))
            // Caps the wait at the time that a whole bucket takes to drain.
            .min(limit.max.saturating_mul(limit.period_seconds).saturating_mul(2));
    }

    /// Lets the bucket drain up to `now`.
    fn drain(&mut self, limit: RateLimit, now: UnixSeconds) {
        // A clock that was set back drains nothing and fills nothing.
        let passed = u64::try_from(now.saturating_sub(self.updated_at)).unwrap_or(0);
        self.level = self.level.saturating_sub(passed.saturating_mul(limit.max));
        self.updated_at = now;
    }
}

/// Exponential backoff: waiting times after failures, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The number of failures without a wait.
    pub free_failures: i64,
    /// The wait after the next failure; it doubles with each further one.
    pub first_seconds: i64,
    pub max_seconds: i64,
}

impl Backoff {
    /// Seconds that must pass after `failures` failures, the last of them just now.
    pub fn after(&self, failures: i64) -> i64 {
        match failures - self.free_failures {
            ..0 => 0,
            // Sixteen doublings are longer than any wait.
            over @ 0..16 => (self.first_seconds << over).min(self.max_seconds),
            _ => self.max_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_A_MINUTE: RateLimit = RateLimit {
        max: 10,
        period_seconds: 60,
    };

    #[test]
    fn a_bucket_gives_all_at_once_and_then_evenly() {
        let mut bucket = Bucket::default();
        for _ in 0..10 {
            assert_eq!(bucket.wait(TEN_A_MINUTE, 1, 1000), 0);
            bucket.count(TEN_A_MINUTE, 1, 1000);
        }
        assert_eq!(bucket.wait(TEN_A_MINUTE, 1, 1000), 6);
        assert_eq!(bucket.wait(TEN_A_MINUTE, 1, 1005), 1);
        assert_eq!(bucket.wait(TEN_A_MINUTE, 1, 1006), 0);
        assert_eq!(bucket.wait(TEN_A_MINUTE, 10, 1060), 0);
    }

    #[test]
    fn no_debt_lasts_and_no_clock_locks_anybody_out() {
        let mut bucket = Bucket::default();
        bucket.count(TEN_A_MINUTE, u64::MAX, 1000);
        assert_eq!(bucket.wait(TEN_A_MINUTE, 1, 1000), 66);
        assert_eq!(bucket.wait(TEN_A_MINUTE, 1, 1066), 0);
        bucket.count(TEN_A_MINUTE, 10, 1066);
        // An hour back: the wait is the one that it was.
        let wait = bucket.wait(TEN_A_MINUTE, 1, 1066 - 3600);
        assert!(wait <= 66, "{wait}");
        assert_eq!(bucket.wait(TEN_A_MINUTE, 1, 1066 - 3600 + 66), 0);
        assert_eq!(bucket.wait(TEN_A_MINUTE, 1, i64::MAX), 0);
    }

    #[test]
    fn zero_is_no_limit() {
        let mut bucket = Bucket::default();
        let any = RateLimit {
            max: 0,
            period_seconds: 60,
        };
        bucket.count(any, u64::MAX, 0);
        assert_eq!(bucket.wait(any, u64::MAX, 0), 0);
    }

    #[test]
    fn waits_double_and_end() {
        let backoff = Backoff {
            free_failures: 5,
            first_seconds: 30,
            max_seconds: 900,
        };
        let waits: Vec<i64> = (0..12).map(|failures| backoff.after(failures)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(backoff.after(i64::MAX), 900);
    }
}

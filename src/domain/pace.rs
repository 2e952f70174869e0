//! How often something may happen. Buckets hold so much at once and empty evenly; waits after failures double.

use crate::domain::clock::UnixSeconds;

/// So many in so many seconds: all at once if somebody likes, then as fast as the time passes. Zero: any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub most: u64,
    pub seconds: u64,
}

/// What somebody has used of an allowance and what has not run out of the bucket yet, in units times seconds, so that
/// nothing is rounded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    used: u64,
    at: UnixSeconds,
}

impl Bucket {
    /// Seconds until `count` more fit; none if they fit now.
    pub fn wait(&mut self, allowance: Allowance, count: u64, now: UnixSeconds) -> u64 {
        if allowance.most == 0 {
            return 0;
        }
        self.settle(allowance, now);
        let room = allowance.most.saturating_mul(allowance.seconds);
        let cost = count.min(allowance.most).saturating_mul(allowance.seconds);
        self.used
            .saturating_add(cost)
            .saturating_sub(room)
            .div_ceil(allowance.most)
    }

    /// Counts without asking: what happened has happened, and later ones wait for it.
    pub fn count(&mut self, allowance: Allowance, count: u64, now: UnixSeconds) {
        self.settle(allowance, now);
        self.used = self
            .used
            .saturating_add(count.saturating_mul(allowance.seconds))
            // Nobody waits for longer than one whole bucket takes.
            .min(allowance.most.saturating_mul(allowance.seconds).saturating_mul(2));
    }

    fn settle(&mut self, allowance: Allowance, now: UnixSeconds) {
        // A clock that was put back gives nothing and takes nothing.
        let passed = u64::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        self.used = self.used.saturating_sub(passed.saturating_mul(allowance.most));
        self.at = now;
    }
}

/// How long one waits after failures, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// So many failures cost nothing.
    pub free: i64,
    /// The wait after the first failure that costs; it doubles with each further one.
    pub first: i64,
    pub longest: i64,
}

impl Backoff {
    /// Seconds that must pass after `failures` failures, the last of them just now.
    pub fn after(&self, failures: i64) -> i64 {
        match failures - self.free {
            ..0 => 0,
            // Sixteen doublings are longer than any wait.
            over @ 0..16 => (self.first << over).min(self.longest),
            _ => self.longest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_A_MINUTE: Allowance = Allowance { most: 10, seconds: 60 };

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
        let any = Allowance { most: 0, seconds: 60 };
        bucket.count(any, u64::MAX, 0);
        assert_eq!(bucket.wait(any, u64::MAX, 0), 0);
    }

    #[test]
    fn waits_double_and_end() {
        let backoff = Backoff {
            free: 5,
            first: 30,
            longest: 900,
        };
        let waits: Vec<i64> = (0..12).map(|failures| backoff.after(failures)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(backoff.after(i64::MAX), 900);
    }
}

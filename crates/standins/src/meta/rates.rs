//! Meta's rate limits: messages per second of a number (80 by default), and to one user a burst of 45, then one message
//! every six seconds.

use std::collections::VecDeque;
use std::time::Instant;

/// Messages to one user at once.
const BURST: i64 = 45;
/// Time until one more message to the user is allowed.
const MILLIS_PER_MESSAGE: i64 = 6_000;

/// A clock in milliseconds that never runs backwards. It follows real time, and leaps with the clock of the settings.
pub(super) struct MonotonicClock {
    started: Instant,
    started_clock: i64,
    leaps: i64,
}

impl MonotonicClock {
    /// Starts at these unix seconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the rates are finer than a clock of whole seconds"
    )]
    pub(super) fn new(clock: i64) -> Self {
        Self {
            started: Instant::now(),
            started_clock: clock,
            leaps: 0,
        }
    }

    /// Milliseconds since the start.
    pub(super) fn now(&mut self, clock: i64) -> i64 {
        let real = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let lead = (clock - self.started_clock) * 1_000 - (real + self.leaps);
        // Differences below a second come from the coarse clock.
        if lead >= 1_000 {
            self.leaps += lead;
        }
        real + self.leaps
    }
}

/// Rate limit of a number: messages within the last second.
pub(super) struct Throughput {
    limit: usize,
    sent: VecDeque<i64>,
}

impl Throughput {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            sent: VecDeque::new(),
        }
    }

    /// Counts a message and returns true, unless the limit is reached.
    pub(super) fn try_acquire(&mut self, now: i64) -> bool {
        while self.sent.front().is_some_and(|sent| now - sent >= 1_000) {
            self.sent.pop_front();
        }
        let allowed = self.sent.len() < self.limit;
        if allowed {
            self.sent.push_back(now);
        }
        allowed
    }
}

/// Rate limit for one user, as milliseconds until the burst is available again.
#[derive(Default)]
pub(super) struct PairRate {
    owed: i64,
    at: i64,
}

impl PairRate {
    /// Counts a message and returns true, unless the limit is reached.
    pub(super) fn try_acquire(&mut self, now: i64) -> bool {
        self.owed = (self.owed - (now - self.at)).max(0);
        self.at = now;
        let allowed = self.owed + MILLIS_PER_MESSAGE <= BURST * MILLIS_PER_MESSAGE;
        if allowed {
            self.owed += MILLIS_PER_MESSAGE;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::{MonotonicClock, PairRate, Throughput};

    #[test]
    fn a_number_sends_so_many_a_second() {
        let mut number = Throughput::new(80);
        assert_eq!((0..100).filter(|_| number.try_acquire(0)).count(), 80);
        assert!(!number.try_acquire(999));
        assert!(number.try_acquire(1_000));
    }

    #[test]
    fn a_person_gets_a_burst_of_45_then_one_in_six_seconds() {
        let mut pair = PairRate::default();
        assert_eq!((0..60).filter(|_| pair.try_acquire(0)).count(), 45);
        assert!(!pair.try_acquire(5_999));
        assert!(pair.try_acquire(6_000));
        assert!(!pair.try_acquire(6_001));
        assert!(pair.try_acquire(12_000));
    }

    #[test]
    fn time_leaps_with_a_clock_that_is_set_ahead_and_never_runs_back() {
        let mut clock = MonotonicClock::new(1_000);
        let first = clock.now(1_000);
        let leapt = clock.now(1_060);
        assert!(leapt >= first.max(60_000));
        assert!(clock.now(900) >= leapt);
    }
}

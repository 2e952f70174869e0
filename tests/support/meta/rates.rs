//! How fast Meta lets a number send: so many messages a second (80 at first), and to one person one in six seconds with a burst of 45.

use std::collections::VecDeque;
use std::time::Instant;

/// Messages to one person at once.
const BURST: i64 = 45;
/// How long one message to a person takes to be earned again, in milliseconds.
const PACE: i64 = 6_000;

/// Milliseconds that never run backwards: real time passes, and the clock of the settings may leap ahead of it.
pub(super) struct Moments {
    began: Instant,
    began_clock: i64,
    leaps: i64,
}

impl Moments {
    /// From the clock's unix seconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the rates are finer than a clock of whole seconds"
    )]
    pub(super) fn new(clock: i64) -> Self {
        Self {
            began: Instant::now(),
            began_clock: clock,
            leaps: 0,
        }
    }

    /// Milliseconds since the start.
    pub(super) fn now(&mut self, clock: i64) -> i64 {
        let real = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let lead = (clock - self.began_clock) * 1_000 - (real + self.leaps);
        // Below a second the clock is merely coarse.
        if lead >= 1_000 {
            self.leaps += lead;
        }
        real + self.leaps
    }
}

/// What the number has sent within the last second.
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

    /// Counts one more, unless that is too many.
    pub(super) fn admits(&mut self, now: i64) -> bool {
        while self.sent.front().is_some_and(|sent| now - sent >= 1_000) {
            self.sent.pop_front();
        }
        let admits = self.sent.len() < self.limit;
        if admits {
            self.sent.push_back(now);
        }
        admits
    }
}

/// What one person has been sent of late, in milliseconds still to be waited off.
#[derive(Default)]
pub(super) struct Pair {
    owed: i64,
    at: i64,
}

impl Pair {
    /// Counts one more, unless that is too many.
    pub(super) fn admits(&mut self, now: i64) -> bool {
        self.owed = (self.owed - (now - self.at)).max(0);
        self.at = now;
        let admits = self.owed + PACE <= BURST * PACE;
        if admits {
            self.owed += PACE;
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::{Moments, Pair, Throughput};

    #[test]
    fn a_number_sends_so_many_a_second() {
        let mut number = Throughput::new(80);
        assert_eq!((0..100).filter(|_| number.admits(0)).count(), 80);
        assert!(!number.admits(999));
        assert!(number.admits(1_000));
    }

    #[test]
    fn a_person_gets_a_burst_of_45_then_one_in_six_seconds() {
        let mut pair = Pair::default();
        assert_eq!((0..60).filter(|_| pair.admits(0)).count(), 45);
        assert!(!pair.admits(5_999));
        assert!(pair.admits(6_000));
        assert!(!pair.admits(6_001));
        assert!(pair.admits(12_000));
    }

    #[test]
    fn time_leaps_with_a_clock_that_is_set_ahead_and_never_runs_back() {
        let mut moments = Moments::new(1_000);
        let first = moments.now(1_000);
        let leapt = moments.now(1_060);
        assert!(leapt >= first.max(60_000));
        assert!(moments.now(900) >= leapt);
    }
}

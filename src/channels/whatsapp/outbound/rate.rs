//! The rate of sending: how many messages Meta takes from our number, and how many for one person.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::time::Duration;

use tokio::time::Instant;

/// Part of the number's limit per second that may go in a burst. The rest goes steadily, so that no second has more than
/// the limit.
const BURST_FRACTION: f64 = 1.0 / 16.0;
/// Messages to one person in a burst.
const PERSON_BURST: f64 = 45.0;
/// Messages to one person after the burst: one in six seconds.
const PERSON_PER_SECOND: f64 = 1.0 / 6.0;
/// Time after which a person's bucket is forgotten: by then it is full again.
const BUCKET_LIFETIME: Duration = Duration::from_mins(5);

/// A token bucket.
struct TokenBucket {
    tokens: f64,
    since: Instant,
}

impl TokenBucket {
    fn full(size: f64, now: Instant) -> Self {
        Self {
            tokens: size,
            since: now,
        }
    }

    /// Takes one token. The error is the time until there is one.
    fn take(&mut self, size: f64, per_second: f64, now: Instant) -> Result<(), Duration> {
        self.tokens = (self.tokens + (now - self.since).as_secs_f64() * per_second).min(size);
        self.since = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / per_second))
    }
}

/// Limits the rate of sending.
pub(crate) struct SendRate {
    burst: f64,
    per_second: f64,
    number: Option<TokenBucket>,
    people: HashMap<Vec<u8>, TokenBucket>,
    /// Nothing is sent before this moment: Meta has said that it is too much, or does not answer.
    paused_until: Option<Instant>,
}

impl SendRate {
    pub(crate) fn new(messages_per_second: NonZeroU16) -> Self {
        let limit = f64::from(messages_per_second.get());
        let burst = (limit * BURST_FRACTION).max(1.0);
        Self {
            burst,
            per_second: (limit - burst).max(1.0),
            number: None,
            people: HashMap::new(),
            paused_until: None,
        }
    }

    /// Takes the permission to send one message to this person now. The error is the time to wait.
    pub(crate) fn take(&mut self, person: &[u8], now: Instant) -> Result<(), Duration> {
        if let Some(until) = self.paused_until
            && until > now
        {
            return Err(until - now);
        }
        let person = self
            .people
            .entry(person.to_vec())
            .or_insert_with(|| TokenBucket::full(PERSON_BURST, now));
        person.take(PERSON_BURST, PERSON_PER_SECOND, now)?;
        let number = self.number.get_or_insert_with(|| TokenBucket::full(self.burst, now));
        // The person gets their token back if the number has none.
        number
            .take(self.burst, self.per_second, now)
            .inspect_err(|_| person.tokens += 1.0)
    }

    /// Stops all sending for some time.
    pub(crate) fn pause(&mut self, time: Duration) {
        let until = Instant::now() + time;
        self.paused_until = Some(self.paused_until.map_or(until, |known| known.max(until)));
    }

    /// Forgets people to whom nothing was sent for long.
    pub(crate) fn forget_idle(&mut self) {
        self.people.retain(|_, bucket| bucket.since.elapsed() < BUCKET_LIFETIME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate() -> SendRate {
        SendRate::new(NonZeroU16::new(80).unwrap())
    }

    /// The moments in milliseconds at which messages may go, each to the person that `person` gives.
    fn moments(count: u32, person: impl Fn(u32) -> u32) -> Vec<u128> {
        let (mut rate, begin) = (rate(), Instant::now());
        let mut now = begin;
        let mut moments = Vec::new();
        for number in 0..count {
            while let Err(wait) = rate.take(&person(number).to_le_bytes(), now) {
                // A wait of zero would never end.
                now += wait.max(Duration::from_micros(1));
            }
            moments.push((now - begin).as_millis());
        }
        moments
    }

    #[test]
    fn a_crowd_is_answered_at_once_but_never_faster_than_meta_takes_it() {
        let moments = moments(800, |number| number);
        for (first, moment) in moments.iter().enumerate() {
            let within = moments[first..]
                .iter()
                .take_while(|later| *later - moment < 1000)
                .count();
            assert!(within <= 80, "{within} within a second from {moment} ms");
        }
        assert!(moments[799] < 800 * 1000 / 74, "{} ms for 800", moments[799]);
    }

    #[test]
    fn one_person_gets_a_burst_and_then_one_in_six_seconds() {
        let moments = moments(50, |_| 1);
        assert!(moments[44] < 1000, "{moments:?}");
        assert!(moments[49] - moments[44] > 23_000, "{moments:?}");
    }

    #[test]
    fn whoever_must_wait_for_the_number_has_not_used_up_their_own_share() {
        let (mut rate, now) = (rate(), Instant::now());
        for _ in 0..10_000 {
            let _ = rate.take(b"one", now);
        }
        assert!(rate.people[&b"one"[..]].tokens > PERSON_BURST - rate.burst - 1.0);
    }

    #[test]
    fn a_pause_holds_everybody_and_the_longer_one_counts() {
        let (mut rate, now) = (rate(), Instant::now());
        rate.pause(Duration::from_secs(30));
        rate.pause(Duration::from_secs(1));
        assert!(rate.take(b"one", now + Duration::from_secs(29)).is_err());
        assert!(rate.take(b"one", now + Duration::from_secs(31)).is_ok());
    }
}

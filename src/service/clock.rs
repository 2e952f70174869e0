//! The time as use cases see it: the clock, and the calendar of the institution's time zone.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::domain::clock::{Clock, UnixSeconds};
use crate::domain::day::Day;

/// A clock that knows the institution's time zone.
#[derive(Clone)]
pub struct LocalClock {
    clock: Arc<dyn Clock>,
    zone: TimeZone,
}

impl LocalClock {
    pub fn new(clock: Arc<dyn Clock>, zone: TimeZone) -> Self {
        Self { clock, zone }
    }

    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// Returns today's date where the institution is.
    pub fn today(&self) -> Day {
        Day::at(self.now(), &self.zone)
    }

    pub fn zone(&self) -> TimeZone {
        self.zone.clone()
    }
}

impl std::fmt::Debug for LocalClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalClock")
            .field("zone", &self.zone)
            .finish_non_exhaustive()
    }
}

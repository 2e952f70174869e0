//! The time as use cases see it: the clock, and the calendar of the institution's time zone.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::domain::clock::{Clock, UnixSeconds};
use crate::domain::day::Day;
use crate::service::profile::ProfileHandle;

/// A clock that knows the institution's time zone, which is the profile's.
#[derive(Clone)]
pub struct LocalClock {
    clock: Arc<dyn Clock>,
    profile: ProfileHandle,
}

impl LocalClock {
    pub fn new(clock: Arc<dyn Clock>, profile: ProfileHandle) -> Self {
        Self { clock, profile }
    }

    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// Returns today's date where the institution is.
    pub fn today(&self) -> Day {
        Day::at(self.now(), &self.zone())
    }

    pub fn zone(&self) -> TimeZone {
        self.profile.zone()
    }
}

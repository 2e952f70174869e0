//! Calendar days, the finest time that is stored about a reporter, and rounding of expiry times.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;

/// A calendar day, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Day(pub i64);

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

impl Day {
    /// The day of `seconds` in `zone`. Times outside jiff's range (years ±9999) are clamped.
    #[must_use]
    pub fn at(seconds: UnixSeconds, zone: &TimeZone) -> Self {
        let timestamp =
            Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX });
        Self::from_date(timestamp.to_zoned_datetime(zone.clone()).date())
    }

    #[must_use]
    pub fn from_date(date: Date) -> Self {
        Self(date.duration_since(EPOCH).as_hours() / 24)
    }

    /// The calendar date. Days outside jiff's range are clamped.
    #[must_use]
    pub fn date(self) -> Date {
        let days = self.0.clamp(-4_000_000, 4_000_000);
        EPOCH.saturating_add(days.days())
    }

    /// The first second of the day in `zone`.
    #[must_use]
    pub fn start(self, zone: &TimeZone) -> UnixSeconds {
        let start = self.date().to_zoned_datetime(zone.clone());
        start.map_or_else(|_| self.0.saturating_mul(86_400), |start| start.timestamp().as_second())
    }

    /// The day as an ISO 8601 date, `2026-11-24`.
    #[must_use]
    pub fn iso(self) -> String {
        self.date().to_string()
    }

    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The same day of a later month, or that month's last day.
    #[must_use]
    pub fn plus_months(self, months: u16) -> Self {
        Self::from_date(self.date().saturating_add(i64::from(months).months()))
    }

    /// The day `days` working days later, counted from the day after this one. Saturdays, Sundays and `holidays` do not
    /// count.
    #[must_use]
    pub fn plus_working_days(self, days: u16, holidays: &[Self]) -> Self {
        let mut day = self;
        let mut left = days;
        while left > 0 {
            day = day.plus_days(1);
            if day.is_working(holidays) {
                left -= 1;
            }
        }
        day
    }

    /// False for Saturdays, Sundays and `holidays`.
    #[must_use]
    pub fn is_working(self, holidays: &[Self]) -> bool {
        !matches!(self.date().weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays.contains(&self)
    }

    /// The Monday of this day's week.
    #[must_use]
    pub fn monday(self) -> Self {
        self.plus_days(-i64::from(self.date().weekday().to_monday_zero_offset()))
    }
}

/// The hour of the day, 0 to 23, at `seconds` in `zone`; 0 for times outside jiff's range.
#[must_use]
pub fn hour_at(seconds: UnixSeconds, zone: &TimeZone) -> i8 {
    Timestamp::from_second(seconds).map_or(0, |at| at.to_zoned_datetime(zone.clone()).hour())
}

/// The next multiple of `step` seconds that is not before `seconds`. Rows store rounded expiry times, so that they do not
/// reveal the second at which a reporter acted.
#[must_use]
pub const fn round_up(seconds: UnixSeconds, step: i64) -> UnixSeconds {
    let over = seconds.rem_euclid(step);
    if over == 0 {
        seconds
    } else {
        seconds.saturating_add(step - over)
    }
}

/// Seconds: the rounding step of `receipt_shown.expires_at` and `follow_up_session.expires_at`.
pub const TEN_MINUTES: i64 = 600;
/// Seconds: the rounding step of `draft.expires_at`.
pub const HOUR: i64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_institutions_and_not_greenwichs() {
        let guayaquil = TimeZone::get("America/Guayaquil").unwrap();
        // 2026-11-25T03:00:00Z is still the 24th in Ecuador.
        let day = Day::at(1_795_575_600, &guayaquil);
        assert_eq!(day.iso(), "2026-11-24");
        assert_eq!(Day::at(1_795_575_600, &TimeZone::UTC), day.plus_days(1));
        assert_eq!(Day::from_date(day.date()), day);
        assert_eq!(Day::at(-1, &TimeZone::UTC), Day(-1));
        assert_eq!(hour_at(1_795_575_600, &guayaquil), 22);
        let _ = (
            Day::at(i64::MAX, &guayaquil),
            Day(i64::MAX).iso(),
            Day(i64::MIN).plus_months(3),
        );
    }

    #[test]
    fn weekends_and_holidays_are_skipped() {
        let tuesday = Day::from_date(jiff::civil::date(2026, 11, 24));
        assert_eq!(tuesday.plus_working_days(5, &[]).iso(), "2026-12-01");
        assert_eq!(
            tuesday.plus_working_days(5, &[tuesday.plus_days(1)]).iso(),
            "2026-12-02"
        );
        assert_eq!(tuesday.plus_working_days(0, &[]), tuesday);
        let monday = tuesday.plus_days(-1);
        for day in 0..7 {
            assert_eq!(monday.plus_days(day).monday(), monday);
            assert_eq!(monday.plus_days(day).is_working(&[tuesday]), ![1, 5, 6].contains(&day));
        }
        assert_eq!(
            Day::from_date(jiff::civil::date(2027, 1, 31)).plus_months(1).iso(),
            "2027-02-28"
        );
    }

    #[test]
    fn rounding_never_shortens() {
        assert_eq!(round_up(600, TEN_MINUTES), 600);
        assert_eq!(round_up(601, TEN_MINUTES), 1200);
        assert_eq!(round_up(-1, HOUR), 0);
    }
}

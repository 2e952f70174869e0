//! Numbers that wait for the end of their day.

use std::collections::HashMap;

use super::durations::Durations;
use super::labels::{NameLabel, ReportLabels, RequestLabels, RouteLabels};
use crate::domain::day::Day;

#[derive(Debug, Default)]
pub(super) struct Held {
    day: Option<Day>,
    pub(super) reports: HashMap<ReportLabels, u64>,
    pub(super) requests: HashMap<RequestLabels, u64>,
    pub(super) latency: HashMap<RouteLabels, Durations>,
    pub(super) kdf_waiting: Durations,
    pub(super) kdf_working: Durations,
    pub(super) transactions: HashMap<NameLabel, Durations>,
    pub(super) retries: HashMap<NameLabel, u64>,
}

impl Held {
    /// Takes the numbers of a day that is over; None while the day lasts.
    pub(super) fn take(&mut self, today: Day) -> Option<Self> {
        if self.day.is_none_or(|day| day >= today) {
            self.day.get_or_insert(today);
            return None;
        }
        let next = Self {
            day: Some(today),
            ..Self::default()
        };
        Some(std::mem::replace(self, next))
    }
}

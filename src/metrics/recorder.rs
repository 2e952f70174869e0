//! Recording: each method counts at once, or holds back until the day is over.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::prometheus_text;

use super::held::Held;
use super::labels::{
    NameLabel, Outcome, PoolLabels, ReportLabels, RequestLabels, RouteLabels, RunLabels, Side, status_class,
};
use super::registration::Registered;
use super::status::Status;
use crate::domain::day::Day;
use crate::domain::facets::Channel;
use crate::domain::row::GRANTING_TABLES;

/// Names of the transactions that count at once: acts of staff that no act of a reporter starts.
///
/// All others are held back until the day is over. That includes jobs which process what reporters sent, and the session
/// of a clerk, who acts for a reporter at the counter.
pub const IMMEDIATE_TRANSACTIONS: &[&str] = &[
    "add_member",
    "advance_verification",
    "announce_sealed_file",
    "attach_sealed_file",
    "begin_verification",
    "change_case_state",
    "discard_staff_draft",
    "finish_verification",
    "open_case",
    "open_sealed_file",
    "publish_roster",
    "receive_sealed_file",
    "record_backup",
    "record_check",
    "record_denial",
    "record_verdict",
    "recuse_member",
    "refuse_erasure",
    "remove_member",
    "renew_area_key",
    "renew_authentication",
    "request_unseal",
    "request_validation",
    "save_staff_draft",
    "set_digest",
    "set_language",
    "show_identity_again",
    "sign_in",
    "sign_out",
    "write_message",
    "write_note",
];

/// All metrics; one for each process.
#[derive(Debug)]
pub struct Metrics {
    registered: Registered,
    held: Mutex<Held>,
}

impl Default for Metrics {
    fn default() -> Self {
        let registered = Registered::default();
        // A series that nobody has moved yet is 0 rather than missing.
        for channel in Channel::ALL {
            for outcome in Outcome::ALL {
                let _ = registered.reports.get_or_create(&ReportLabels::new(*channel, outcome));
            }
        }
        for table in GRANTING_TABLES {
            let _ = registered.refused_rows.get_or_create(&NameLabel { name: table });
        }
        Self {
            registered,
            held: Mutex::default(),
        }
    }
}

impl Metrics {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts reports; held back until the day is over.
    pub fn count_reports(&self, channel: Channel, outcome: Outcome, count: u64) {
        if count > 0 {
            let labels = ReportLabels::new(channel, outcome);
            *self.held().reports.entry(labels).or_default() += count;
        }
    }

    /// Records a request by its route as the routes' table writes it; a reporter's is held back.
    pub fn record_request(&self, side: Side, route: &'static str, method: &'static str, status: u16, took: Duration) {
        let request = RequestLabels {
            route,
            method,
            status: status_class(status),
        };
        let of_route = RouteLabels { route, method };
        let seconds = took.as_secs_f64();
        match side {
            Side::Staff => {
                self.registered.requests.get_or_create(&request).inc();
                self.registered.latency.get_or_create(&of_route).observe(seconds);
            }
            Side::Reporter => {
                if status >= 500 {
                    self.registered.reporter_errors.inc();
                }
                let mut held = self.held();
                *held.requests.entry(request).or_default() += 1;
                held.latency.entry(of_route).or_default().add(seconds);
            }
        }
    }

    /// Records a key derivation; held back, as the words of reporters are stretched too.
    pub fn record_derivation(&self, waited: Duration, worked: Duration) {
        let mut held = self.held();
        held.kdf_waiting.add(waited.as_secs_f64());
        held.kdf_working.add(worked.as_secs_f64());
    }

    /// Counts a key derivation that was refused, at once: many were there.
    pub fn count_refused_derivation(&self) {
        self.registered.kdf_refused.inc();
    }

    /// Records a writing transaction with its retries; held back unless it is one of [`IMMEDIATE_TRANSACTIONS`].
    pub fn record_transaction(&self, name: &'static str, took: Duration, retries: u32) {
        let seconds = took.as_secs_f64();
        let label = NameLabel { name };
        if IMMEDIATE_TRANSACTIONS.contains(&name) {
            self.registered.transactions.get_or_create(&label).observe(seconds);
            self.registered.retries.get_or_create(&label).inc_by(retries.into());
        } else {
            let mut held = self.held();
            held.transactions.entry(label.clone()).or_default().add(seconds);
            *held.retries.entry(label).or_default() += u64::from(retries);
        }
    }

    /// Counts a row of a table that counts as absent because its MAC is wrong, at once: somebody wrote to the database.
    pub fn count_refused_row(&self, table: &'static str) {
        self.registered
            .refused_rows
            .get_or_create(&NameLabel { name: table })
            .inc();
    }

    /// Records a job's run.
    pub fn record_job(&self, name: &'static str, succeeded: bool, took: Duration, now: i64) {
        let outcome = if succeeded { "success" } else { "failure" };
        let all = &self.registered;
        all.runs.get_or_create(&RunLabels { name, outcome }).inc();
        all.run_seconds
            .get_or_create(&NameLabel { name })
            .set(took.as_secs_f64());
        all.job_seconds
            .get_or_create(&NameLabel { name })
            .observe(took.as_secs_f64());
        if succeeded {
            all.run_at.get_or_create(&NameLabel { name }).set(now);
        }
    }

    /// Counts a run that follows a failed one, of a job or a worker.
    pub fn count_job_retry(&self, name: &'static str) {
        self.registered.job_retries.get_or_create(&NameLabel { name }).inc();
    }

    /// Releases the numbers that were held back before `today`.
    pub fn release(&self, today: Day) {
        // The guard must not outlive this line.
        let released = self.held().take(today);
        let Some(released) = released else { return };
        let all = &self.registered;
        for (labels, count) in &released.reports {
            all.reports.get_or_create(labels).inc_by(*count);
        }
        for (labels, count) in &released.requests {
            all.requests.get_or_create(labels).inc_by(*count);
        }
        for (labels, durations) in &released.latency {
            durations.release(&all.latency.get_or_create(labels));
        }
        for (labels, durations) in &released.transactions {
            durations.release(&all.transactions.get_or_create(labels));
        }
        for (labels, count) in &released.retries {
            all.retries.get_or_create(labels).inc_by(*count);
        }
        released.kdf_waiting.release(&all.kdf_waiting);
        released.kdf_working.release(&all.kdf_working);
    }

    /// Sets a gauge.
    pub fn set_status(&self, status: Status, value: i64) {
        if let Some(gauge) = self.registered.status.get(status as usize) {
            gauge.set(value);
        }
    }

    /// Sets the number of connections of a pool to the database.
    pub fn set_pool(&self, pool: &'static str, open: u32, idle: usize) {
        let of = |state| self.registered.pools.get_or_create_owned(&PoolLabels { pool, state });
        of("open").set(open.into());
        of("idle").set(i64::try_from(idle).unwrap_or(i64::MAX));
    }

    /// Sets the length of a queue, rounded down to tens: a single waiting message would point at somebody.
    pub fn set_queue_length(&self, name: &'static str, length: i64) {
        let gauge = self.registered.queues.get_or_create_owned(&NameLabel { name });
        gauge.set(length - length % 10);
    }

    /// Sets the free bytes of a disk, rounded down: a report of some kilobytes must not show.
    pub fn set_free_bytes(&self, name: &'static str, free: u64) {
        const STEP_BYTES: u64 = 256 * 1024 * 1024;
        #[expect(clippy::cast_precision_loss, reason = "no disk is that large")]
        let rounded = (free - free % STEP_BYTES) as f64;
        self.registered.disks.get_or_create(&NameLabel { name }).set(rounded);
    }

    /// Renders all metrics in Prometheus' text format 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registered.registry);
        text
    }
}

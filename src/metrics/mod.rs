//! Numbers for the operators, as Prometheus reads them. They must not know who counts, nor anything but codes.
//!
//! A number that is scraped every few seconds tells when it changed, and a scraper keeps that for months. So whatever
//! reporters do is held back until its day is over, and then added at once: like everything else that is kept about
//! them, it tells the day (SECURITY.md). What staff and the program itself do counts at once.

mod jobs;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use self::jobs::JobMetrics;
use crate::domain::day::Day;
use crate::domain::facets::Channel;

/// Upper ends of the buckets of durations, in seconds.
const BOUNDS: [f64; 13] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Submitted,
    /// Consent was refused.
    Refused,
    /// Nobody went on with the draft.
    Expired,
    /// It was complete and could not be stored.
    Failed,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Submitted, Self::Refused, Self::Expired, Self::Failed];

    const fn code(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }
}

/// Whose act a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Counts when the day is over.
    Reporter,
    /// Counts at once.
    Staff,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReport {
    channel: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    route: &'static str,
    method: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: &'static str,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPool {
    pool: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    name: &'static str,
}

type Number = Gauge<f64, AtomicU64>;

/// Durations that wait for the end of their day, by bucket: how many, and their sum.
#[derive(Debug, Clone, Copy, Default)]
struct Durations([(u64, f64); BOUNDS.len() + 1]);

impl Durations {
    fn add(&mut self, seconds: f64) {
        let bucket = BOUNDS.iter().take_while(|bound| seconds > **bound).count();
        if let Some((count, sum)) = self.0.get_mut(bucket) {
            *count += 1;
            *sum += seconds;
        }
    }

    /// Each with the mean of its bucket, which stays in it.
    fn release(&self, into: &Histogram) {
        for (count, sum) in self.0.iter().filter(|(count, _)| *count > 0) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a day has fewer requests than a float has digits"
            )]
            let mean = sum / *count as f64;
            for _ in 0..*count {
                into.observe(mean);
            }
        }
    }
}

/// What waits for the end of its day.
#[derive(Debug, Default)]
struct Held {
    day: Option<Day>,
    reports: HashMap<OfReport, u64>,
    requests: HashMap<OfRequest, u64>,
    latency: HashMap<OfRoute, Durations>,
    waiting: Durations,
    working: Durations,
}

/// A moment from which a duration is measured.
#[derive(Debug, Clone, Copy)]
pub struct Since(Instant);

impl Since {
    /// From now on.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "metrics measure")]
    pub fn now() -> Self {
        Self(Instant::now())
    }

    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// How one thing stands that is looked at only when it is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Standing {
    LogEntries,
    /// Entries that have no place in the log yet, and the age of the oldest in seconds.
    LogWaiting,
    LogWaitingSeconds,
    CheckpointAge,
    CosignatureAge,
    /// How long the newest checkpoint has waited for the witness; 0 when it has its countersignature.
    CosignatureOverdue,
    WitnessUp,
    DatabaseUp,
    IntakeReady,
    KdfWaiting,
    KdfWorkers,
    Memory,
    FileFailures,
    RosterVersion,
}

/// All of it; one for each process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reports: Family<OfReport, Counter>,
    requests: Family<OfRequest, Counter>,
    latency: Family<OfRoute, Histogram>,
    reporter_errors: Counter,
    kdf_waiting: Histogram,
    kdf_working: Histogram,
    kdf_refused: Counter,
    jobs: JobMetrics,
    pools: Family<OfPool, Gauge>,
    queues: Family<Named, Gauge>,
    disks: Family<Named, Number>,
    standing: Vec<Gauge>,
    held: Mutex<Held>,
}

/// Name and help of each [`Standing`], in the order of the enum.
const STANDING: [(&str, &str); 14] = [
    ("log_entries", "Entries that have a place in the audit log"),
    (
        "log_waiting_entries",
        "Entries that wait for their place in the audit log",
    ),
    ("log_waiting_seconds", "How long the oldest of them has waited"),
    ("checkpoint_age_seconds", "Age of the newest checkpoint"),
    ("cosignature_age_seconds", "Age of the newest countersigned checkpoint"),
    (
        "cosignature_overdue_seconds",
        "How long the newest checkpoint has waited for the witness; 0 when it is countersigned",
    ),
    ("witness_up", "Whether the witness answers"),
    ("database_up", "Whether the database answers"),
    (
        "intake_ready",
        "Whether reports can be taken: database, signed roster and witness are there",
    ),
    ("kdf_queue", "Key derivations that wait for a worker"),
    ("kdf_workers", "Key derivations that can run at once"),
    (
        "process_resident_memory_bytes",
        "Memory of the process, rounded down to 16 MiB",
    ),
    (
        "file_store_failures",
        "Failures of the store of sealed files since the start",
    ),
    ("roster_version", "Version of the signed roster in force"),
];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("sigilo");
        let standing = STANDING.map(|(name, help)| registered(&mut registry, name, help, Gauge::default()));
        let histogram = || Histogram::new(BOUNDS);
        let all = &mut registry;
        let metrics = Self {
            reports: registered(
                all,
                "reports",
                "Reports by channel and outcome, in steps of days",
                Family::default(),
            ),
            requests: registered(
                all,
                "http_requests",
                "Requests by route, method and class of status; reporters' in steps of days",
                Family::default(),
            ),
            latency: registered(
                all,
                "http_request_seconds",
                "How long requests took; reporters' in steps of days",
                Family::new_with_constructor(histogram as fn() -> Histogram),
            ),
            reporter_errors: registered(
                all,
                "reporter_errors",
                "Requests of reporters that failed on our side, of any route, at once",
                Counter::default(),
            ),
            kdf_waiting: registered(
                all,
                "kdf_wait_seconds",
                "How long key derivations waited, in steps of days",
                histogram(),
            ),
            kdf_working: registered(
                all,
                "kdf_work_seconds",
                "How long key derivations ran, in steps of days",
                histogram(),
            ),
            kdf_refused: registered(
                all,
                "kdf_refused",
                "Key derivations that were refused because too many waited",
                Counter::default(),
            ),
            jobs: JobMetrics::new(all),
            pools: registered(
                all,
                "database_connections",
                "Connections to the database",
                Family::default(),
            ),
            queues: registered(
                all,
                "queue_length",
                "What waits to be worked off or sent, rounded down to tens",
                Family::default(),
            ),
            disks: registered(
                all,
                "disk_free_bytes",
                "Free space, rounded down to 256 MiB",
                Family::default(),
            ),
            standing: standing.into(),
            registry,
            held: Mutex::default(),
        };
        // What nobody has done yet is 0, and not unknown.
        for channel in Channel::ALL {
            for outcome in Outcome::ALL {
                let _ = metrics.reports.get_or_create(&of_report(*channel, outcome));
            }
        }
        metrics
    }
}

fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

const fn of_report(channel: Channel, outcome: Outcome) -> OfReport {
    OfReport {
        channel: channel.as_str(),
        outcome: outcome.code(),
    }
}

const fn class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

impl Metrics {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts reports, from tomorrow on.
    pub fn report(&self, channel: Channel, outcome: Outcome, count: u64) {
        if count > 0 {
            *self.held().reports.entry(of_report(channel, outcome)).or_default() += count;
        }
    }

    /// Counts a request by its route as the routes' table writes it; a reporter's from tomorrow on.
    pub fn request(&self, side: Side, route: &'static str, method: &'static str, status: u16, took: Duration) {
        let request = OfRequest {
            route,
            method,
            status: class(status),
        };
        let of_route = OfRoute { route, method };
        let seconds = took.as_secs_f64();
        match side {
            Side::Staff => {
                self.requests.get_or_create(&request).inc();
                self.latency.get_or_create(&of_route).observe(seconds);
            }
            Side::Reporter => {
                if status >= 500 {
                    self.reporter_errors.inc();
                }
                let mut held = self.held();
                *held.requests.entry(request).or_default() += 1;
                held.latency.entry(of_route).or_default().add(seconds);
            }
        }
    }

    /// Counts a key derivation, from tomorrow on: reporters' words are stretched.
    pub fn derivation(&self, waited: Duration, worked: Duration) {
        let mut held = self.held();
        held.waiting.add(waited.as_secs_f64());
        held.working.add(worked.as_secs_f64());
    }

    /// Counts a key derivation that was refused, at once: many were there.
    pub fn derivation_refused(&self) {
        self.kdf_refused.inc();
    }

    /// Counts a job's run.
    pub fn job(&self, name: &'static str, succeeded: bool, took: Duration, now: i64) {
        self.jobs.run(name, succeeded, took, now);
    }

    /// Counts a run that follows a failed one, of a job or a worker.
    pub fn job_retry(&self, name: &'static str) {
        self.jobs.retry(name);
    }

    /// Adds what was counted before `today`, once the day has changed.
    pub fn release(&self, today: Day) {
        let mut held = self.held();
        if held.day.is_none_or(|day| day >= today) {
            held.day.get_or_insert(today);
            return;
        }
        let released = std::mem::replace(
            &mut *held,
            Held {
                day: Some(today),
                ..Held::default()
            },
        );
        drop(held);
        for (labels, count) in &released.reports {
            self.reports.get_or_create(labels).inc_by(*count);
        }
        for (labels, count) in &released.requests {
            self.requests.get_or_create(labels).inc_by(*count);
        }
        for (labels, durations) in &released.latency {
            durations.release(&self.latency.get_or_create(labels));
        }
        released.waiting.release(&self.kdf_waiting);
        released.working.release(&self.kdf_working);
    }

    /// How something stands now.
    pub fn stands(&self, what: Standing, value: i64) {
        if let Some(gauge) = self.standing.get(what as usize) {
            gauge.set(value);
        }
    }

    /// Connections of a pool to the database.
    pub fn pool(&self, pool: &'static str, open: u32, idle: usize) {
        let of = |state| self.pools.get_or_create_owned(&OfPool { pool, state });
        of("open").set(open.into());
        of("idle").set(i64::try_from(idle).unwrap_or(i64::MAX));
    }

    /// How long a queue is. Less than ten is told as none: one message that waits for a moment is somebody's.
    pub fn queue(&self, name: &'static str, length: i64) {
        self.queues.get_or_create(&Named { name }).set(length - length % 10);
    }

    /// Free bytes where something lies: a report of some kilobytes must not show.
    pub fn disk(&self, name: &'static str, free: u64) {
        const STEP: u64 = 256 * 1024 * 1024;
        #[expect(clippy::cast_precision_loss, reason = "no disk is that large")]
        let rounded = (free - free % STEP) as f64;
        self.disks.get_or_create(&Named { name }).set(rounded);
    }

    /// All of it, in Prometheus' text format 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests;

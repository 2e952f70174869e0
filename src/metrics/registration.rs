//! The metrics' names and help texts.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use super::durations::new_histogram;
use super::labels::{NameLabel, PoolLabels, ReportLabels, RequestLabels, RouteLabels, RunLabels};
use super::status::STATUS;

/// A gauge with a fraction.
pub(super) type FloatGauge = Gauge<f64, AtomicU64>;

/// All metrics, registered.
#[derive(Debug)]
pub(super) struct Registered {
    pub(super) registry: Registry,
    pub(super) reports: Family<ReportLabels, Counter>,
    pub(super) requests: Family<RequestLabels, Counter>,
    pub(super) latency: Family<RouteLabels, Histogram>,
    pub(super) reporter_errors: Counter,
    pub(super) kdf_waiting: Histogram,
    pub(super) kdf_working: Histogram,
    pub(super) kdf_refused: Counter,
    pub(super) transactions: Family<NameLabel, Histogram>,
    pub(super) retries: Family<NameLabel, Counter>,
    pub(super) refused_rows: Family<NameLabel, Counter>,
    pub(super) runs: Family<RunLabels, Counter>,
    pub(super) run_at: Family<NameLabel, Gauge>,
    pub(super) run_seconds: Family<NameLabel, FloatGauge>,
    pub(super) job_seconds: Family<NameLabel, Histogram>,
    pub(super) job_retries: Family<NameLabel, Counter>,
    pub(super) pools: Family<PoolLabels, Gauge>,
    pub(super) queues: Family<NameLabel, Gauge>,
    pub(super) disks: Family<NameLabel, FloatGauge>,
    /// In the order of [`super::status::Status`].
    pub(super) status: Vec<Gauge>,
}

fn register<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Default for Registered {
    #[expect(clippy::too_many_lines, reason = "one registration after the other")]
    fn default() -> Self {
        let mut registry = Registry::with_prefix("sigilo");
        let status = STATUS.map(|(name, help)| register(&mut registry, name, help, Gauge::default()));
        let histogram = new_histogram as fn() -> Histogram;
        let all = &mut registry;
        Self {
            reports: register(
                all,
                "reports",
                "Reports by channel and outcome, in steps of days",
                Family::default(),
            ),
            requests: register(
                all,
                "http_requests",
                "Requests by route, method and class of status; reporters' in steps of days",
                Family::default(),
            ),
            latency: register(
                all,
                "http_request_seconds",
                "How long requests took; reporters' in steps of days",
                Family::new_with_constructor(histogram),
            ),
            reporter_errors: register(
                all,
                "reporter_errors",
                "Requests of reporters that failed on our side, of any route, at once",
                Counter::default(),
            ),
            kdf_waiting: register(
                all,
                "kdf_wait_seconds",
                "How long key derivations waited, in steps of days",
                histogram(),
            ),
            kdf_working: register(
                all,
                "kdf_work_seconds",
                "How long key derivations ran, in steps of days",
                histogram(),
            ),
            kdf_refused: register(
                all,
                "kdf_refused",
                "Key derivations that were refused because too many waited",
                Counter::default(),
            ),
            transactions: register(
                all,
                "transaction_seconds",
                "How long writing transactions took, retries included; all but those of staff in steps of days",
                Family::new_with_constructor(histogram),
            ),
            retries: register(
                all,
                "transaction_retries",
                "Retries of writing transactions; all but those of staff in steps of days",
                Family::default(),
            ),
            refused_rows: register(
                all,
                "refused_rows",
                "Reads of rows with a wrong MAC by table: somebody else wrote to the database",
                Family::default(),
            ),
            runs: register(all, "job_runs", "Runs of jobs by outcome", Family::default()),
            run_at: register(
                all,
                "job_last_success_timestamp_seconds",
                "When a job last succeeded",
                Family::default(),
            ),
            run_seconds: register(
                all,
                "job_last_duration_seconds",
                "How long its last run took",
                Family::default(),
            ),
            job_seconds: register(
                all,
                "job_duration_seconds",
                "How long the runs of a job took",
                Family::new_with_constructor(histogram),
            ),
            job_retries: register(
                all,
                "job_retries",
                "Runs after a failed one, of jobs and of the workers for mail and WhatsApp",
                Family::default(),
            ),
            pools: register(
                all,
                "database_connections",
                "Connections to the database",
                Family::default(),
            ),
            queues: register(
                all,
                "queue_length",
                "What waits to be worked off or sent, rounded down to tens",
                Family::default(),
            ),
            disks: register(
                all,
                "disk_free_bytes",
                "Free space, rounded down to 256 MiB",
                Family::default(),
            ),
            status: status.into(),
            registry,
        }
    }
}

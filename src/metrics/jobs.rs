//! Metrics of background jobs, by the names of their table.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS_SECONDS: [f64; 10] = [0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    name: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    name: &'static str,
}

/// Runs, durations and retries of each job.
#[derive(Debug)]
pub(super) struct JobMetrics {
    runs: Family<RunLabels, Counter>,
    last_success: Family<JobLabels, Gauge>,
    last_duration: Family<JobLabels, Gauge<f64, AtomicU64>>,
    durations: Family<JobLabels, Histogram>,
    retries: Family<JobLabels, Counter>,
}

impl JobMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let histogram = || Histogram::new(BUCKETS_SECONDS);
        Self {
            runs: register(registry, "job_runs", "Runs of jobs by outcome", Family::default()),
            last_success: register(
                registry,
                "job_last_success_timestamp_seconds",
                "When a job last succeeded",
                Family::default(),
            ),
            last_duration: register(
                registry,
                "job_last_duration_seconds",
                "How long its last run took",
                Family::default(),
            ),
            durations: register(
                registry,
                "job_duration_seconds",
                "How long its runs took",
                Family::new_with_constructor(histogram as fn() -> Histogram),
            ),
            retries: register(
                registry,
                "job_retries",
                "Runs after a failed one, of jobs and of the workers for mail and WhatsApp",
                Family::default(),
            ),
        }
    }

    /// Counts a run.
    pub(super) fn run(&self, name: &'static str, succeeded: bool, duration: Duration, now: i64) {
        let outcome = if succeeded { "success" } else { "failure" };
        let job = JobLabels { name };
        self.runs.get_or_create(&RunLabels { name, outcome }).inc();
        self.last_duration.get_or_create(&job).set(duration.as_secs_f64());
        self.durations.get_or_create(&job).observe(duration.as_secs_f64());
        if succeeded {
            self.last_success.get_or_create(&job).set(now);
        }
    }

    /// Counts a run that follows a failed one.
    pub(super) fn retry(&self, name: &'static str) {
        self.retries.get_or_create(&JobLabels { name }).inc();
    }
}

fn register<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

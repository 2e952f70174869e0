//! Runs the jobs of the table at their times.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::table::{JOBS, Job, Lane};
use crate::metrics::Stopwatch;
use crate::service::App;
use crate::service::operations::health::ScheduledJob;

/// Runs all jobs until `stop` changes.
pub async fn run(app: Arc<App>, stop: watch::Receiver<bool>) {
    announce(&app);
    let mut lanes = JoinSet::new();
    for lane in Lane::ALL {
        lanes.spawn(run_lane(app.clone(), lane, stop.clone()));
    }
    while let Some(outcome) = lanes.join_next().await {
        if let Err(error) = outcome {
            tracing::error!(%error, "a lane of jobs ended before its time");
        }
    }
}

/// Announces the jobs to the health page.
pub fn announce(app: &App) {
    app.operations.schedule_jobs(JOBS.iter().map(|job| ScheduledJob {
        name: job.name,
        period: job.period,
    }));
}

async fn run_lane(app: Arc<App>, lane: Lane, mut stop: watch::Receiver<bool>) {
    let mut ticks = interval(lane.tick());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for tick in 0_u64.. {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => return,
        }
        for job in JOBS.iter().filter(|job| job.lane == lane && is_due(job, tick)) {
            match lane {
                Lane::Prompt => run_job(&app, job).await,
                Lane::Patient => tokio::select! {
                    () = run_job(&app, job) => {}
                    _ = stop.changed() => return,
                },
            }
        }
    }
}

/// Returns true if a job runs at a tick of its lane. All jobs run at the first one.
fn is_due(job: &Job, tick: u64) -> bool {
    let every = job.period.as_secs() / job.lane.tick().as_secs().max(1);
    tick.is_multiple_of(every.max(1))
}

/// Runs a job, and records its duration and outcome.
async fn run_job(app: &App, job: &Job) {
    let since = Stopwatch::start();
    let outcome = (job.run)(app).await;
    let is_retry = app.operations.record_job_run(job.name, outcome.is_ok());
    app.metrics
        .record_job(job.name, outcome.is_ok(), since.elapsed(), app.now());
    if is_retry {
        app.metrics.count_job_retry(job.name);
    }
    if let Err(error) = outcome {
        tracing::error!(job = job.name, %error, "a job failed; it is tried again");
    }
}

//! What happens by itself: entries get their leaves within a second, checkpoints their countersignature within a
//! minute, unseals that were left open their end, seals their coverage once a day, staff their summaries, and what has
//! expired is swept.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::metrics::Stopwatch;
use crate::service::{App, Result};

const SECOND: Duration = Duration::from_secs(1);
/// Ticks between two countersignatures.
const COSIGN: u64 = 60;
/// Ticks between two looks for unseals that a stop or an absent witness left open.
const SETTLE: u64 = 60;
/// Ticks between two coverages of seals.
const COVER: u64 = 24 * 3600;
/// Ticks between two looks whether summaries are to be made.
const DIGEST: u64 = 60;
/// Ticks after which key derivations give back memory that they have not used.
const REST: u64 = 60;
/// Between two sweeps.
const SWEEP: Duration = Duration::from_mins(10);
/// Sweeps between two erasures of what the profile keeps no longer.
const ERASE: u64 = 6;

/// Runs until `stop` changes. An error is logged and tried again at the next tick: nothing of it is lost meanwhile.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let sweeping = tokio::spawn(sweep(app.clone(), stop.clone()));
    let mut ticks = interval(SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for tick in 0_u64.. {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => break,
        }
        app.metrics.release(app.today());
        work(&app, "sequence", app.log.sequence()).await;
        if tick % COSIGN == 0 {
            work(&app, "cosign", app.log.cosign()).await;
        }
        if tick % SETTLE == 0 {
            work(&app, "settle unseals", app.unseals.resume_unseals()).await;
        }
        if tick % DIGEST == 0 {
            work(&app, "digests", app.notifications.make_digests()).await;
        }
        if tick % REST == 0 {
            app.kdf.rest();
        }
        if tick % COVER == 0 {
            work(&app, "cover", app.log.cover_waiting()).await;
        }
    }
    if let Err(error) = sweeping.await {
        tracing::error!(%error, "sweeping ended before its time");
    }
}

/// What waits for other services goes by itself: the log must not wait for it.
async fn sweep(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for tick in 0_u64.. {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => break,
        }
        let work = async {
            if tick % ERASE == 0 {
                work(&app, "erase", app.identities.erase_due()).await;
            }
            work(&app, "sweep", app.operations.sweep()).await;
        };
        tokio::select! {
            () = work => {}
            _ = stop.changed() => break,
        }
    }
}

/// Does a job, counts it, and remembers how it went.
async fn work<T>(app: &App, job: &'static str, work: impl Future<Output = Result<T>>) {
    let since = Stopwatch::start();
    let outcome = work.await;
    app.metrics.record_job(job, outcome.is_ok(), since.elapsed(), app.now());
    app.operations.ran(job, outcome.is_ok());
    if let Err(error) = outcome {
        tracing::error!(job, %error, "job failed; it is tried again");
    }
}

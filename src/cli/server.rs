//! The running server: pages, internal listener, channels and jobs, until a signal stops them.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinError;

use crate::channels::email::Mailer;
use crate::channels::whatsapp::WhatsApp;
use crate::cli::error::CommandError;
use crate::http::middleware::client::Peer;
use crate::http::{Site, internal as internal_router};
use crate::jobs;
use crate::service::operations::observing::Disk;

/// The listener for the operator's own machines, and the disks whose free space it reports.
pub(crate) struct InternalListener {
    pub(crate) listener: TcpListener,
    pub(crate) disks: Vec<Disk>,
}

/// The time that requests under way get to finish when the service stops: an upload may take for ever.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// The configured channels besides the web.
pub(crate) struct Channels {
    pub(crate) mailer: Option<Mailer>,
    pub(crate) whatsapp: Option<Arc<WhatsApp>>,
}

/// Serves until `stop` is ready; requests under way are finished, then the jobs and the database end.
pub(crate) async fn serve<L>(
    site: Arc<Site>,
    channels: Channels,
    listener: L,
    pages: Router,
    internal: Option<InternalListener>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CommandError>
where
    L: Listener<Addr = SocketAddr>,
    Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let (stopping, stopped) = watch::channel(false);
    let mailer = channels.mailer.map(|mailer| {
        let stopped = stopped.clone();
        tokio::spawn(async move { mailer.run(stopped).await })
    });
    let whatsapp = channels
        .whatsapp
        .map(|whatsapp| tokio::spawn(whatsapp.run(stopped.clone())));
    let internal = internal.map(|internal| {
        let mut stopped = stopped.clone();
        let ended = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
        let serving = axum::serve(internal.listener, internal_router(site.clone(), internal.disks));
        tokio::spawn(async move { serving.with_graceful_shutdown(ended).await })
    });
    let jobs = tokio::spawn(jobs::run(site.app.clone(), stopped));
    let (stop_sender, mut stop_receiver) = watch::channel(false);
    let stop = async move {
        stop.await;
        stop_sender.send_replace(true);
    };
    let grace = async move {
        // An error means that the service has ended already.
        drop(stop_receiver.wait_for(|stop| *stop).await.map(drop));
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    let service = pages.into_make_service_with_connect_info::<Peer>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop);
    tokio::select! {
        outcome = serving => outcome.map_err(|error| {
            CommandError::new(format!("the listener: {error}"), "start the service again, and look into its log")
        })?,
        () = grace => tracing::warn!("what is still under way is broken off"),
    }
    stopping.send_replace(true);
    site.app.log.stop_slow_work();
    jobs.await.map_err(|error| task_error("the jobs", &error))?;
    if let Some(internal) = internal {
        // A scraper that keeps its connection open must not delay the end.
        internal.abort();
    }
    for channel in [mailer, whatsapp].into_iter().flatten() {
        channel.await.map_err(|error| task_error("a channel", &error))?;
    }
    site.app.log.sequence().await?;
    site.app.db().close().await;
    Ok(())
}

/// Returns a future that is ready at SIGTERM or SIGINT.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, CommandError> {
    let terminate = signal(SignalKind::terminate()).map_err(|error| signal_error(&error))?;
    let interrupt = signal(SignalKind::interrupt()).map_err(|error| signal_error(&error))?;
    let (mut terminate, mut interrupt) = (terminate, interrupt);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

/// The error of a signal that the process cannot receive.
pub(crate) fn signal_error(error: &io::Error) -> CommandError {
    CommandError::new(
        format!("signals of the system cannot be received: {error}"),
        "check the limits of this user (ulimit -a), and start it again",
    )
}

/// The error of a background task that panicked.
fn task_error(task: &str, error: &JoinError) -> CommandError {
    CommandError::new(
        format!("{task} ended by a bug: {error}"),
        "nothing that was acknowledged is lost. Start the service again, and report the place that its log names",
    )
}

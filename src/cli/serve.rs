//! `sigilo serve`: the service, until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::channels::email::Post;
use crate::channels::whatsapp::WhatsApp;
use crate::cli::{CommandError, open};
use crate::http::{Site, router};
use crate::jobs;

pub(crate) async fn run(path: &Path) -> Result<(), CommandError> {
    let (config, app) = open::from_file(path).await?;
    let (site, channels) = open::site(&config, app)?;
    let site = Arc::new(site);
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!(
            "listen = \"{}\": {error}; choose another in the configuration",
            config.listen
        )
    })?;
    tracing::info!(address = %listener.local_addr()?, instance = %site.app.instance, "listening");
    let ways = site.app.ways;
    tracing::info!(
        email = ways.email,
        whatsapp = ways.whatsapp,
        "ways by which people can be told of news"
    );
    serve(site, channels, listener, stopped()?).await
}

/// How long requests under way may take to finish when the service stops: an upload may take for ever.
const GRACE: Duration = Duration::from_secs(20);

/// What talks with people besides the web, where it is configured.
pub(crate) struct Channels {
    pub(crate) post: Option<Post>,
    pub(crate) whatsapp: Option<Arc<WhatsApp>>,
}

/// Serves until `stop` is ready; requests under way are finished, then the jobs and the database end.
pub(crate) async fn serve(
    site: Arc<Site>,
    channels: Channels,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CommandError> {
    let (stopping, stopped) = watch::channel(false);
    let post = channels.post.map(|post| {
        let stopped = stopped.clone();
        tokio::spawn(async move { post.run(stopped).await })
    });
    let whatsapp = channels
        .whatsapp
        .map(|whatsapp| tokio::spawn(whatsapp.run(stopped.clone())));
    let jobs = tokio::spawn(jobs::run(site.app.clone(), stopped));
    let (told, mut was_told) = watch::channel(false);
    let stop = async move {
        stop.await;
        told.send_replace(true);
    };
    let grace = async move {
        // Should it fail, the service has ended already.
        drop(was_told.wait_for(|told| *told).await.map(drop));
        tokio::time::sleep(GRACE).await;
    };
    let service = router(site.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop);
    tokio::select! {
        outcome = serving => outcome?,
        () = grace => tracing::warn!("what is still under way is broken off"),
    }
    stopping.send_replace(true);
    site.app.stop_slow_work();
    jobs.await?;
    for channel in [post, whatsapp].into_iter().flatten() {
        channel.await?;
    }
    site.app.sequence().await?;
    site.app.db.close().await;
    Ok(())
}

/// Ready at SIGTERM or SIGINT.
pub(crate) fn stopped() -> Result<impl Future<Output = ()> + Send + 'static, CommandError> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

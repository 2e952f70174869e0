//! `sigilo serve`: the service, until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::channels::email::Mailer;
use crate::channels::whatsapp::WhatsApp;
use crate::cli::{CommandError, open};
use crate::config::Config;
use crate::http::guards::Peer;
use crate::http::tls::{Certificates, TlsListener};
use crate::http::{Site, beside, internal, router};
use crate::jobs;
use crate::service::operations::observing::Disk;

pub(crate) async fn run(path: &Path) -> Result<(), CommandError> {
    // First of all: until it is heard, the signal ends the process.
    let hangup = signal(SignalKind::hangup())?;
    let (config, app) = open::from_file(path).await?;
    let (site, channels) = open::site(&config, app)?;
    let site = Arc::new(site);
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!(
            "listen = \"{}\": {error}; choose another in the configuration",
            config.listen
        )
    })?;
    let inside = match config.server.internal {
        Some(address) => Some(inside(&config, address).await?),
        None => None,
    };
    tracing::info!(address = %listener.local_addr()?, instance = %site.app.instance, "listening");
    let ways = site.app.enabled_channels;
    tracing::info!(
        email = ways.email,
        whatsapp = ways.whatsapp,
        "ways by which people can be told of news"
    );
    let mut pages = router(site.clone());
    if let Some(onion) = &config.server.onion {
        pages = beside::with_onion(pages, onion);
    }
    let Some(tls) = &config.server.tls else {
        let unheeded = tokio::spawn(unheeded(hangup));
        let outcome = serve(site, channels, listener, pages, inside, stopped()?).await;
        unheeded.abort();
        return outcome;
    };
    let certificates = Arc::new(Certificates::load(&tls.certificate, &tls.key)?);
    let listener = TlsListener::new(listener, certificates.clone())?;
    let (ending, ended) = watch::channel(false);
    let mut others = vec![tokio::spawn(certificates.watch(hangup, ended))];
    if let Some(address) = tls.redirect {
        let plain = TcpListener::bind(address)
            .await
            .map_err(|error| format!("server.tls.redirect = \"{address}\": {error}"))?;
        tracing::info!(address = %plain.local_addr()?, "plain HTTP leads on");
        let leading = beside::redirecting(&config.public_url);
        // It ends with the process: nobody waits for it.
        others.push(tokio::spawn(async move { drop(axum::serve(plain, leading).await) }));
    }
    let outcome = serve(site, channels, listener, pages, inside, stopped()?).await;
    ending.send_replace(true);
    for task in others {
        task.abort();
    }
    outcome
}

/// A reload without a certificate does nothing; unheard, the signal would end the service.
async fn unheeded(mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        tracing::info!("there is no certificate to take anew");
    }
}

/// What only the operator's own machines reach, and the disks that it watches.
pub(crate) struct Inside {
    listener: TcpListener,
    disks: Vec<Disk>,
}

async fn inside(config: &Config, address: SocketAddr) -> Result<Inside, CommandError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("server.internal = \"{address}\": {error}; choose another in the configuration"))?;
    tracing::info!(address = %listener.local_addr()?, "listening for the operator");
    let growing = config.growing_folders().into_iter();
    Ok(Inside {
        listener,
        disks: growing.map(|(name, folder)| (name, folder.to_owned())).collect(),
    })
}

/// How long requests under way may take to finish when the service stops: an upload may take for ever.
const GRACE: Duration = Duration::from_secs(20);

/// What talks with people besides the web, where it is configured.
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
    inside: Option<Inside>,
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
    let inside = inside.map(|inside| {
        let mut stopped = stopped.clone();
        let ended = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
        let serving = axum::serve(inside.listener, internal(site.clone(), inside.disks));
        tokio::spawn(async move { serving.with_graceful_shutdown(ended).await })
    });
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
    let service = pages.into_make_service_with_connect_info::<Peer>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop);
    tokio::select! {
        outcome = serving => outcome?,
        () = grace => tracing::warn!("what is still under way is broken off"),
    }
    stopping.send_replace(true);
    site.app.log.stop_slow_work();
    jobs.await?;
    if let Some(inside) = inside {
        // A scraper that keeps its connection open must not keep us.
        inside.abort();
    }
    for channel in [mailer, whatsapp].into_iter().flatten() {
        channel.await?;
    }
    site.app.log.sequence().await?;
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

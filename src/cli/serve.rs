//! `sigilo serve`: runs the service until a signal stops it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::cli::error::{CommandError, bind_error};
use crate::cli::open;
use crate::cli::server::{InternalListener, serve, signal_error, stop_signal};
use crate::config::Config;
use crate::http::https_redirect::https_redirect;
use crate::http::middleware::onion_location::with_onion_location;
use crate::http::router;
use crate::http::tls::{Certificates, TlsListener};

pub(crate) async fn run(path: &Path) -> Result<(), CommandError> {
    // Before everything else: without a listener the signal ends the process.
    let hangup = signal(SignalKind::hangup()).map_err(|error| signal_error(&error))?;
    let (config, app) = open::read_and_open(path).await?;
    let (site, channels) = open::build_site(&config, app)?;
    let site = Arc::new(site);
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| bind_error("listen", config.listen, &error))?;
    let listening = local_address(&listener, config.listen);
    let internal = match config.server.internal {
        Some(address) => Some(bind_internal(&config, address).await?),
        None => None,
    };
    tracing::info!(address = %listening, instance = %site.app.instance, "listening");
    let ways = site.app.enabled_channels();
    tracing::info!(
        email = ways.email,
        whatsapp = ways.whatsapp,
        "ways by which people can be told of news"
    );
    let mut pages = router(site.clone());
    if let Some(onion) = &config.server.onion {
        pages = with_onion_location(pages, onion);
    }
    let Some(tls) = &config.server.tls else {
        let ignore_hangup = tokio::spawn(ignore_hangup(hangup));
        let outcome = serve(site, channels, listener, pages, internal, stop_signal()?).await;
        ignore_hangup.abort();
        return outcome;
    };
    let certificates = Arc::new(Certificates::load(&tls.certificate, &tls.key)?);
    let listener = TlsListener::new(listener, certificates.clone())?;
    let (ending, ended) = watch::channel(false);
    let mut others = vec![tokio::spawn(certificates.watch(hangup, ended))];
    if let Some(address) = tls.redirect {
        let plain = TcpListener::bind(address)
            .await
            .map_err(|error| bind_error("server.tls.redirect", address, &error))?;
        tracing::info!(address = %local_address(&plain, address), "plain HTTP leads on");
        let leading = https_redirect(&config.public_url);
        // It ends with the process.
        others.push(tokio::spawn(async move { drop(axum::serve(plain, leading).await) }));
    }
    let outcome = serve(site, channels, listener, pages, internal, stop_signal()?).await;
    ending.send_replace(true);
    for task in others {
        task.abort();
    }
    outcome
}

/// Returns the address on which a listener listens in fact: the configured port may be 0.
fn local_address(listener: &TcpListener, configured: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(configured)
}

/// Ignores reloads without a certificate; otherwise the signal would end the service.
async fn ignore_hangup(mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        tracing::info!("there is no certificate to take anew");
    }
}

/// Binds the internal listener.
async fn bind_internal(config: &Config, address: SocketAddr) -> Result<InternalListener, CommandError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| bind_error("server.internal", address, &error))?;
    tracing::info!(address = %local_address(&listener, address), "listening for the operator");
    let growing = config.growing_folders().into_iter();
    Ok(InternalListener {
        listener,
        disks: growing.map(|(name, folder)| (name, folder.to_owned())).collect(),
    })
}

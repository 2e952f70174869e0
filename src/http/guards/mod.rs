//! What keeps the service standing when too much comes: limits a visitor, a bounded number of requests at once. Whoever is
//! refused reads when to come back, and what they typed stands in the page.

mod gate;
mod kept;
mod limits;

pub(crate) use kept::taken;
pub use kept::{Again, Field};
pub(crate) use limits::What;

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::serve::IncomingStream;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::config::{LimitsConfig, ServerConfig};
use crate::domain::clock::UnixSeconds;
use crate::http::error::RouteError;
use crate::http::site::{SharedSite, Site};
use crate::http::tls::TlsListener;
use crate::vault::visitor::VisitorTag;
use gate::Gate;
use kept::Kept;
use limits::Limits;

/// Forms that are read at once, each of a quarter of a megabyte at most: slow ones hold memory, if no place.
const READING: usize = 1024;

/// What a route asks of the guards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asks {
    /// What it counts as.
    pub(crate) what: Option<What>,
    /// Whether it takes one of the places of what is worked on at once.
    pub(crate) place: bool,
    /// Whether a form comes, whose answers must not be lost with a refusal.
    pub(crate) keeps: bool,
}

impl Asks {
    /// Of a route of the table.
    pub(crate) fn of(method: &str, path: &str, upload: bool) -> Self {
        let inner = path.strip_prefix("/staff/filing").unwrap_or(path);
        let what = match (method, inner) {
            ("POST", "/report/start") => Some(What::Start),
            ("POST", "/report/submit" | "/follow-up/message" | "/follow-up/files/send") => Some(What::Submission),
            ("POST", "/follow-up") => Some(What::Receipt),
            ("POST", "/api/v1/staff/session") => Some(What::SignIn),
            _ => None,
        };
        // Whoever must leave at once leaves; health is asked about when it is worst; files have places of their own, and
        // what is in memory needs none.
        let free = upload || path.starts_with("/assets/") || ["/leave", "/healthz", "/readyz"].contains(&path);
        Self {
            what,
            place: !free,
            keeps: method == "POST" && !upload && !path.starts_with("/api/") && !path.starts_with("/webhooks/"),
        }
    }
}

/// The guards of one process.
pub struct Guards {
    pub(crate) limits: Limits,
    gate: Gate,
    reading: Semaphore,
    trusted: Vec<IpNet>,
}

impl Default for Guards {
    fn default() -> Self {
        Self::new(&ServerConfig::default(), LimitsConfig::default())
    }
}

impl Guards {
    pub fn new(server: &ServerConfig, limits: LimitsConfig) -> Self {
        Self {
            limits: Limits::new(limits),
            gate: Gate::new(server.in_flight, server.waiting),
            reading: Semaphore::new(READING),
            trusted: server.trusted_proxies.clone(),
        }
    }

    /// Where a request comes from: the peer, or what a proxy of ours says of it. None where that tells visitors not
    /// apart: on this machine's own address, where an onion service or an unnamed proxy delivers for all.
    fn address(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let is_ours = |address: &IpAddr| self.trusted.iter().any(|network| network.contains(address));
        let peer = peer?.to_canonical();
        let address = if is_ours(&peer) {
            let named = headers.get_all("x-forwarded-for").iter().rev();
            let named = named.filter_map(|line| line.to_str().ok());
            // From the right: what stands further left than the first stranger is whatever that stranger wrote.
            let mut named = named
                .flat_map(|line| line.rsplit(','))
                .map_while(|text| text.trim().parse::<IpAddr>().ok())
                .map(|address| address.to_canonical());
            named.find(|address| !is_ours(address))?
        } else {
            peer
        };
        (!address.is_loopback() && !address.is_unspecified()).then_some(address)
    }
}

/// Where a connection comes from, whatever it was accepted by.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Whose request it is, as far as that can and may be known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visitor(pub(crate) Option<VisitorTag>);

impl Visitor {
    fn of(site: &Site, request: &Request, now: UnixSeconds) -> Self {
        let peer = request.extensions().get::<ConnectInfo<Peer>>();
        let peer = peer.map(|ConnectInfo(Peer(peer))| peer.ip());
        let address = site.guards.address(peer, request.headers());
        Self(address.map(|address| site.guards.limits.tag(address, now, &site.app.randomness)))
    }
}

/// Lets a request in, after a short wait at most, or says when to come back; keeps what a refused form says.
pub(crate) async fn admit(
    State((site, asks)): State<(SharedSite, Asks)>,
    mut request: Request,
    next: Next,
) -> Response {
    let now = site.app.now();
    let visitor = Visitor::of(&site, &request, now);
    // Nothing further in needs the address.
    request.extensions_mut().remove::<ConnectInfo<Peer>>();
    request.extensions_mut().insert(visitor);
    // Before a place is taken: a slow body must not hold one.
    let read = match site.guards.reading.try_acquire() {
        _ if !asks.keeps => Ok((request, None)),
        Ok(_reading) => Kept::read(request).await,
        Err(_) => Err(RouteError::Overloaded),
    };
    let (request, kept) = match read {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    let mut response = match asks.what.map(|what| site.guards.limits.take(what, visitor.0, now)) {
        Some(Err(wait)) => RouteError::Slowed(wait).into_response(),
        _ if asks.place => match site.guards.gate.enter().await {
            Some(_place) => next.run(request).await,
            None => RouteError::Overloaded.into_response(),
        },
        _ => next.run(request).await,
    };
    if let Some(kept) = kept
        && RouteError::of(&response).is_some_and(RouteError::passes)
    {
        response.extensions_mut().insert(kept);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&str]) -> Option<String> {
        let server = ServerConfig {
            trusted_proxies: vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()],
            ..ServerConfig::default()
        };
        let guards = Guards::new(&server, LimitsConfig::default());
        let headers: HeaderMap = lines
            .iter()
            .map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap()))
            .collect();
        let address = guards.address(Some(peer.parse().unwrap()), &headers);
        address.map(|address| address.to_string())
    }

    #[test]
    fn a_forwarded_address_is_believed_of_our_own_proxies_only() {
        let found = |address: &str| Some(address.to_owned());
        assert_eq!(seen("192.0.2.9", &["198.51.100.7"]), found("192.0.2.9"));
        assert_eq!(seen("127.0.0.1", &["198.51.100.7"]), found("198.51.100.7"));
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.7"]), found("198.51.100.7"));
        // What the visitor wrote stands further left.
        assert_eq!(seen("127.0.0.1", &["203.0.113.5, 198.51.100.7"]), found("198.51.100.7"));
        assert_eq!(
            seen("127.0.0.1", &["203.0.113.5", "198.51.100.7, 10.1.1.1"]),
            found("198.51.100.7")
        );
        assert_eq!(seen("127.0.0.1", &["198.51.100.7, unknown"]), None);
        assert_eq!(seen("127.0.0.1", &[]), None, "an onion address has none");
        assert_eq!(seen("127.0.0.1", &["10.0.0.2"]), None);
    }

    #[test]
    fn without_a_proxy_the_machines_own_address_is_nobodys() {
        let guards = Guards::default();
        for peer in ["127.0.0.1", "::1", "127.9.9.9"] {
            assert_eq!(guards.address(Some(peer.parse().unwrap()), &HeaderMap::new()), None);
        }
        assert_eq!(guards.address(None, &HeaderMap::new()), None);
    }

    #[test]
    fn leaving_and_health_need_no_place() {
        for (method, path) in [("POST", "/leave"), ("GET", "/healthz"), ("GET", "/readyz")] {
            assert!(!Asks::of(method, path, false).place, "{path}");
        }
        assert!(Asks::of("POST", "/report", false).place);
        let counter = Asks::of("POST", "/staff/filing/report/submit", false);
        assert!(counter.keeps && counter.what == Some(What::Submission));
        assert!(Asks::of("POST", "/webhooks/whatsapp", false).what.is_none());
    }
}

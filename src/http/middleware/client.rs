//! Where a request comes from: the peer of a connection, and the visitor behind it.

use std::net::SocketAddr;

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use crate::domain::clock::UnixSeconds;
use crate::http::site::Site;
use crate::http::tls::TlsListener;
use crate::vault::visitor::VisitorTag;

/// The address of a connection's other end, for both listeners.
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

/// The visitor behind a request, as far as that can and may be known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visitor(pub(crate) Option<VisitorTag>);

impl Visitor {
    pub(super) fn of(site: &Site, request: &Request, now: UnixSeconds) -> Self {
        let peer = request.extensions().get::<ConnectInfo<Peer>>();
        let peer = peer.map(|ConnectInfo(Peer(peer))| peer.ip());
        let address = site.guards.address(peer, request.headers());
        Self(address.map(|address| site.guards.rate_limits.tag(address, now, site.app.randomness())))
    }
}

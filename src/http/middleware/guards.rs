//! The state that keeps the service standing under load: rate limits, a bounded number of requests at once, and the
//! proxies that are believed.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;
use tokio::sync::Semaphore;

use crate::config::{LimitsConfig, ServerConfig};
use crate::http::middleware::concurrency_limit::ConcurrencyLimit;
use crate::http::middleware::rate_limit::RateLimits;

/// Forms that are read at once, each of a quarter of a megabyte at most: slow ones hold memory, even without a place.
const MAX_FORM_READERS: usize = 1024;

/// The guards of one process.
pub struct Guards {
    pub(crate) rate_limits: RateLimits,
    pub(super) concurrency: ConcurrencyLimit,
    pub(super) form_readers: Semaphore,
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
            rate_limits: RateLimits::new(limits),
            concurrency: ConcurrencyLimit::new(server.in_flight, server.waiting),
            form_readers: Semaphore::new(MAX_FORM_READERS),
            trusted: server.trusted_proxies.clone(),
        }
    }

    /// Returns the address of a request: that of the peer, or the one that a proxy of ours names.
    ///
    /// None where an address does not tell visitors apart: on this machine's own address, an onion service or an unnamed
    /// proxy delivers for all.
    pub(super) fn address(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let is_ours = |address: &IpAddr| self.trusted.iter().any(|network| network.contains(address));
        let peer = peer?.to_canonical();
        let address = if is_ours(&peer) {
            let named = headers.get_all("x-forwarded-for").iter().rev();
            let named = named.filter_map(|line| line.to_str().ok());
            // Read from the right: everything left of the first stranger may be that stranger's invention.
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
        // The text that the visitor wrote stands further left.
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
}

//! `[server]`: the addresses of the service, TLS, the proxies that are believed, and the work that is done at once.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::tls::TlsConfig;

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Proxies of our own whose `X-Forwarded-For` is believed: addresses or networks. From anybody else the header means
    /// nothing.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Requests that are worked on at once.
    pub in_flight: usize,
    /// Requests that may wait for a place, for a few seconds; beyond that they are told to come back.
    pub waiting: usize,
    /// The address of `/metrics`, `/healthz` and `/readyz` for the operator: `127.0.0.1:9464`. Without it there is none.
    pub internal: Option<SocketAddr>,
    /// Without it a proxy before the server ends TLS.
    pub tls: Option<TlsConfig>,
    /// The onion address, scheme and host, that pages name to Tor Browser: `http://….onion`.
    pub onion: Option<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            in_flight: 128,
            waiting: 512,
            internal: None,
            tls: None,
            onion: None,
        }
    }
}

/// Reads addresses and networks alike: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: String| {
        let parsed = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        parsed.map_err(|_| D::Error::custom("trusted_proxies: expected addresses or networks such as 10.0.0.0/8"))
    };
    texts.into_iter().map(network).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_or_networks() {
        let config = r#"trusted_proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]"#;
        let config: ServerConfig = toml::from_str(config).unwrap();
        let trusts = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            config.trusted_proxies.iter().any(|network| network.contains(&address))
        };
        assert!(trusts("127.0.0.1") && trusts("10.9.8.7") && trusts("fd00::1"));
        assert!(!trusts("127.0.0.2") && !trusts("11.0.0.1"));
        let wrong = toml::from_str::<ServerConfig>(r#"trusted_proxies = ["proxy.example"]"#);
        assert!(wrong.unwrap_err().message().contains("trusted_proxies"));
    }
}

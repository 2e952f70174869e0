//! How the service is reached, and the part of the configuration that keeps it standing: whom a proxy is believed, how much one visitor and
//! everybody together may do, how much is worked on at once, and how full a disk may be.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::tls::TlsConfig;
use crate::domain::rate_limit::RateLimit;

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
    /// Where `/metrics`, `/healthz` and `/readyz` are served for the operator: `127.0.0.1:9464`. Without it nowhere.
    pub internal: Option<SocketAddr>,
    /// Without it a proxy before the server ends TLS.
    pub tls: Option<TlsConfig>,
    /// The onion address, scheme and host, of which pages tell Tor Browser: `http://….onion`.
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

/// Addresses and networks alike: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: String| {
        let parsed = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        parsed.map_err(|_| D::Error::custom("trusted_proxies: expected addresses or networks such as 10.0.0.0/8"))
    };
    texts.into_iter().map(network).collect()
}

/// So many in ten minutes: of one visitor, and of everybody together. 0: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub visitor: u64,
    pub everybody: u64,
}

impl Pair {
    const PERIOD_SECONDS: u64 = 600;

    /// What one visitor may do; `unit` is how many of what is counted one of the figure is.
    pub(crate) const fn of_visitor(self, unit: u64) -> RateLimit {
        RateLimit {
            max: self.visitor.saturating_mul(unit),
            period_seconds: Self::PERIOD_SECONDS,
        }
    }

    /// What all may do together.
    pub(crate) const fn of_everybody(self, unit: u64) -> RateLimit {
        RateLimit {
            max: self.everybody.saturating_mul(unit),
            period_seconds: Self::PERIOD_SECONDS,
        }
    }
}

/// `[limits]`: a visitor is a network (an IPv4 address, an IPv6 /64). Mobile carriers and hospitals put hundreds of
/// people behind one, so the figures are far above what any person does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Reports that are begun.
    pub starts: Pair,
    /// Reports and messages that are sent.
    pub submissions: Pair,
    /// Receipts that are tried.
    pub receipts: Pair,
    /// Attempts to sign in.
    pub sign_ins: Pair,
    /// Megabytes of files.
    pub upload_mb: Pair,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let pair = |visitor, everybody| Pair { visitor, everybody };
        Self {
            starts: pair(600, 12_000),
            submissions: pair(600, 12_000),
            receipts: pair(600, 12_000),
            sign_ins: pair(300, 3_000),
            upload_mb: pair(10_000, 100_000),
        }
    }
}

/// `[disk]`: what must be left on the disks of database and files, in megabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiskConfig {
    /// Below it no files are taken; reports still are.
    pub files_mb: u64,
    /// Below it no report can be begun; those that were begun can be finished.
    pub reports_mb: u64,
}

impl Default for DiskConfig {
    fn default() -> Self {
        Self {
            files_mb: 1_000,
            reports_mb: 100,
        }
    }
}

/// The same in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserve {
    pub files: u64,
    pub reports: u64,
}

impl From<DiskConfig> for Reserve {
    fn from(config: DiskConfig) -> Self {
        Self {
            files: config.files_mb.saturating_mul(1_000_000),
            reports: config.reports_mb.saturating_mul(1_000_000),
        }
    }
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

    #[test]
    fn one_figure_can_be_set_and_the_rest_stays() {
        let limits: LimitsConfig = toml::from_str("starts = { visitor = 5, everybody = 9 }").unwrap();
        assert_eq!(
            limits.starts,
            Pair {
                visitor: 5,
                everybody: 9
            }
        );
        assert_eq!(limits.receipts, LimitsConfig::default().receipts);
        let disk: DiskConfig = toml::from_str("reports_mb = 5").unwrap();
        assert_eq!(
            Reserve::from(disk),
            Reserve {
                files: 1_000_000_000,
                reports: 5_000_000
            }
        );
        assert!(toml::from_str::<LimitsConfig>("starts = 5").is_err());
    }
}

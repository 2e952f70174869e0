//! How people and the operator's own machines reach the server: addresses, proxies, the certificate, the internal
//! listener.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::because;
use crate::config::Config;
use crate::domain::clock::UnixSeconds;
use crate::http::tls::{Certificates, Validity};
use crate::service::operations::health::Finding;

/// Days before its end from which on a certificate is told: tools renew it at 30, so something failed.
const SOON: i64 = 21;
/// How long the internal listener may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
const DAY: i64 = 24 * 3600;

/// Browsers keep `__Host-` cookies and give keys to pages only over HTTPS, or on the machine itself.
pub(super) fn address(url: &str) -> Finding {
    const TOPIC: &str = "doctor-public-url";
    let is_onion = |host: &str| {
        let end = host.rsplit_once('.').map(|(_, end)| end);
        end.is_some_and(|end| end.eq_ignore_ascii_case("onion"))
    };
    match url.strip_prefix("http://").map(without_port) {
        None => Finding::well(TOPIC, "doctor-public-url-https"),
        Some("localhost" | "127.0.0.1" | "[::1]") => Finding::well(TOPIC, "doctor-public-url-local"),
        Some(host) if is_onion(host) => Finding::well(TOPIC, "doctor-public-url-onion"),
        Some(_) => Finding::bad(TOPIC, "doctor-public-url-plain"),
    }
}

fn without_port(host: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let split = host.rsplit_once(':').filter(|(_, port)| is_port(port));
    split.map_or(host, |(host, _)| host)
}

/// A proxy that is not named makes all its visitors one, who soon share one limit.
pub(super) fn proxies(config: &Config) -> Option<Finding> {
    let is_unnamed = config.server.trusted_proxies.is_empty() && !config.listen.ip().is_loopback();
    is_unnamed.then(|| Finding::think("doctor-proxies", "doctor-proxies-unnamed"))
}

/// A running server goes on with what it read last.
pub(super) fn certificate(config: &Config, now: UnixSeconds) -> Vec<Finding> {
    const TOPIC: &str = "doctor-certificate";
    let Some(tls) = &config.server.tls else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    match Certificates::load(&tls.certificate, &tls.key) {
        Ok(certificates) => {
            findings.push(Finding::well(TOPIC, "doctor-certificate-whole"));
            findings.push(match certificates.validity() {
                Some(validity) => ends(TOPIC, validity, now),
                None => Finding::bad(TOPIC, "doctor-certificate-strange"),
            });
            let host = config.public_url.strip_prefix("https://").map(without_port);
            if let Some(host) = host.filter(|host| !certificates.is_for(host)) {
                // Behind a proxy people see the proxy's own certificate.
                let finding = if config.server.trusted_proxies.is_empty() {
                    Finding::bad(TOPIC, "doctor-certificate-other-host")
                } else {
                    Finding::think(TOPIC, "doctor-certificate-proxy")
                };
                findings.push(finding.text("host", host));
            }
        }
        Err(error) => findings.push(because(Finding::bad(TOPIC, "doctor-certificate-wrong"), error)),
    }
    if !config.public_url.starts_with("https://") {
        findings.push(Finding::bad(TOPIC, "doctor-certificate-plain"));
    }
    findings
}

/// Whether browsers take it today, and for how long they will.
fn ends(topic: &'static str, validity: Validity, now: UnixSeconds) -> Finding {
    let Validity { not_before, not_after } = validity;
    if now < not_before {
        return Finding::bad(topic, "doctor-certificate-early");
    }
    match (not_after - now).div_euclid(DAY) {
        left if left < 0 => Finding::bad(topic, "doctor-certificate-over").number("days", -left - 1),
        left if left <= SOON => Finding::think(topic, "doctor-certificate-soon").number("days", left),
        left => Finding::well(topic, "doctor-certificate-days").number("days", left),
    }
}

const INTERNAL: &str = "doctor-internal";

/// Whoever reaches it reads how much is reported and how the machine is; Prometheus must reach it.
pub(super) async fn internal(address: Option<SocketAddr>, is_running: bool) -> Finding {
    let Some(address) = address else {
        return Finding::well(INTERNAL, "doctor-internal-off");
    };
    let said = |finding: Finding| finding.text("address", address.to_string());
    let reach = Reach::of(address.ip());
    if reach == Reach::Everybody {
        return said(Finding::bad(INTERNAL, "doctor-internal-public"));
    }
    if address.port() != 0 {
        if is_running && !answers(address).await {
            return said(Finding::bad(INTERNAL, "doctor-internal-silent"));
        }
        if !is_running && let Err(error) = TcpListener::bind(address).await {
            let key = match error.kind() {
                io::ErrorKind::AddrInUse => "doctor-internal-taken",
                _ => "doctor-internal-elsewhere",
            };
            return because(said(Finding::bad(INTERNAL, key)), error);
        }
    }
    said(match reach {
        Reach::Machine if is_running => Finding::well(INTERNAL, "doctor-internal-answers"),
        Reach::Machine => Finding::well(INTERNAL, "doctor-internal-free"),
        Reach::Network | Reach::Everybody => Finding::think(INTERNAL, "doctor-internal-network"),
    })
}

/// Who reaches an address, as far as the address tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Machine,
    /// The institution's own network.
    Network,
    Everybody,
}

impl Reach {
    fn of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let is_own = match address {
            // 100.64.0.0/10 is what providers and overlay networks use among themselves.
            IpAddr::V4(v4) => {
                v4.is_private() || v4.is_link_local() || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64)
            }
            IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
        };
        match (address.is_loopback(), is_own) {
            (true, _) => Self::Machine,
            (false, true) => Self::Network,
            (false, false) => Self::Everybody,
        }
    }
}

/// Whether the internal listener says that the process is there.
async fn answers(address: SocketAddr) -> bool {
    let asked = async {
        let mut connection = TcpStream::connect(address).await?;
        connection
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = Vec::new();
        // Whoever else listens there may say what it likes, for as long as it likes.
        connection.take(4096).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"\r\n\r\nok\n"))
    };
    matches!(timeout(PATIENCE, asked).await, Ok(Ok(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::operations::health::Level;

    #[test]
    fn addresses_are_told_by_what_they_mean() {
        for (url, level) in [
            ("https://denuncias.example", Level::Well),
            ("http://localhost:8080", Level::Well),
            ("http://localhost", Level::Well),
            ("http://synthetic.onion", Level::Well),
            ("http://denuncias.example:8080", Level::Bad),
            ("http://localhost.example", Level::Bad),
        ] {
            assert_eq!(address(url).level, level, "{url}");
        }
    }

    #[test]
    fn a_certificate_is_told_before_it_ends_and_after() {
        let validity = Validity {
            not_before: 1_000 * DAY,
            not_after: 1_090 * DAY,
        };
        let at = |now: i64| ends("doctor-certificate", validity, now);
        let days = |key, level, days| {
            let finding = match level {
                Level::Well => Finding::well("doctor-certificate", key),
                Level::Think => Finding::think("doctor-certificate", key),
                Level::Bad => Finding::bad("doctor-certificate", key),
            };
            finding.number("days", days)
        };
        assert_eq!(at(1_000 * DAY - 1).level, Level::Bad);
        assert_eq!(at(1_000 * DAY), days("doctor-certificate-days", Level::Well, 90));
        assert_eq!(at(1_068 * DAY), days("doctor-certificate-days", Level::Well, 22));
        assert_eq!(at(1_068 * DAY + 1), days("doctor-certificate-soon", Level::Think, 21));
        assert_eq!(at(1_090 * DAY), days("doctor-certificate-soon", Level::Think, 0));
        assert_eq!(at(1_090 * DAY + 1), days("doctor-certificate-over", Level::Bad, 0));
        assert_eq!(at(1_092 * DAY), days("doctor-certificate-over", Level::Bad, 1));
    }

    #[test]
    fn who_reaches_an_address_is_known() {
        for (address, reach) in [
            ("127.0.0.1", Reach::Machine),
            ("::1", Reach::Machine),
            ("::ffff:127.0.0.1", Reach::Machine),
            ("10.1.2.3", Reach::Network),
            ("172.31.0.1", Reach::Network),
            ("100.100.1.1", Reach::Network),
            ("100.128.1.1", Reach::Everybody),
            ("fd00::1", Reach::Network),
            ("fe80::1", Reach::Network),
            ("203.0.113.7", Reach::Everybody),
            ("2001:db8::1", Reach::Everybody),
        ] {
            assert_eq!(Reach::of(address.parse().unwrap()), reach, "{address}");
        }
    }

    #[tokio::test]
    async fn what_listens_there_is_told_from_what_does_not() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(internal(Some(address), false).await.level, Level::Bad, "taken");
        let other = tokio::spawn(async move {
            let (mut connection, _) = taken.accept().await.unwrap();
            let mut asked = [0; 16];
            connection.read_exact(&mut asked).await.unwrap();
            connection
                .write_all(b"HTTP/1.1 200 OK\r\n\r\nsomething else")
                .await
                .unwrap();
        });
        assert_eq!(internal(Some(address), true).await.level, Level::Bad, "somebody else");
        other.await.unwrap();
        assert_eq!(internal(Some(address), true).await.level, Level::Bad, "nobody");
        assert_eq!(internal(Some(address), false).await.level, Level::Well, "free");
        let foreign = "203.0.113.7:9464".parse().unwrap();
        assert_eq!(internal(Some(foreign), true).await.level, Level::Bad, "public");
        assert_eq!(internal(None, true).await.level, Level::Well, "off");
    }
}

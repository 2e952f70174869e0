//! Examines the ways to reach the server: addresses, proxies, the certificate, the listeners.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::cli::doctor::findings::because;
use crate::config::Config;
use crate::domain::clock::UnixSeconds;
use crate::http::tls::{Certificates, Validity};
use crate::service::operations::health::Finding;

/// The days before its end at which a certificate is a warning: tools renew it at 30 days, so something failed.
const EXPIRY_WARNING_DAYS: i64 = 21;
/// The time that a listener gets to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
const DAY: i64 = 24 * 3600;

/// Examines `public_url`: browsers keep `__Host-` cookies and give keys to pages only over HTTPS, or on the machine
/// itself.
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

/// Warns of a proxy that is not named: all its visitors would count as one.
pub(super) fn proxies(config: &Config) -> Option<Finding> {
    let is_unnamed = config.server.trusted_proxies.is_empty() && !config.listen.ip().is_loopback();
    is_unnamed.then(|| Finding::think("doctor-proxies", "doctor-proxies-unnamed"))
}

/// Examines the certificate. A running server keeps the one that it read last.
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

/// Examines the days for which browsers accept the certificate.
fn ends(topic: &'static str, validity: Validity, now: UnixSeconds) -> Finding {
    let Validity { not_before, not_after } = validity;
    if now < not_before {
        return Finding::bad(topic, "doctor-certificate-early");
    }
    match (not_after - now).div_euclid(DAY) {
        left if left < 0 => Finding::bad(topic, "doctor-certificate-over").number("days", -left - 1),
        left if left <= EXPIRY_WARNING_DAYS => Finding::think(topic, "doctor-certificate-soon").number("days", left),
        left => Finding::well(topic, "doctor-certificate-days").number("days", left),
    }
}

/// Examines the address of `listen`: free, or in use by the running service and by nobody else.
pub(super) async fn listen(config: &Config, is_running: bool) -> Finding {
    const TOPIC: &str = "doctor-listen";
    let address = config.listen;
    let with_address = |finding: Finding| finding.text("address", address.to_string());
    if address.port() == 0 {
        return with_address(Finding::well(TOPIC, "doctor-listen-any"));
    }
    let reached = reachable(address);
    if is_running {
        // With TLS only the connection is tested, not the answer.
        let is_there = match config.server.tls {
            Some(_) => accepts(reached).await,
            None => answers(reached).await,
        };
        return with_address(if is_there {
            Finding::well(TOPIC, "doctor-listen-answers")
        } else {
            Finding::bad(TOPIC, "doctor-listen-silent")
        });
    }
    let Err(error) = TcpListener::bind(address).await else {
        return with_address(Finding::well(TOPIC, "doctor-listen-free"));
    };
    match error.kind() {
        io::ErrorKind::AddrInUse => with_address(Finding::bad(TOPIC, "doctor-listen-taken")),
        // The service's unit may use ports below 1024; the user of this command may not.
        io::ErrorKind::PermissionDenied if accepts(reached).await => {
            with_address(Finding::bad(TOPIC, "doctor-listen-taken"))
        }
        io::ErrorKind::PermissionDenied => with_address(Finding::well(TOPIC, "doctor-listen-unit")),
        _ => because(with_address(Finding::bad(TOPIC, "doctor-listen-elsewhere")), error),
    }
}

/// Returns an address at which a listener of this machine is reached: 0.0.0.0 is all of them.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

const INTERNAL: &str = "doctor-internal";

/// Examines the internal listener: Prometheus must reach it, and nobody from outside, because it tells how much is
/// reported.
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

/// The group of people who can reach an address, as far as the address tells.
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

/// Returns true if something accepts connections at an address.
async fn accepts(address: SocketAddr) -> bool {
    matches!(timeout(ANSWER_TIMEOUT, TcpStream::connect(address)).await, Ok(Ok(_)))
}

/// Returns true if a listener of the service says that the process is there.
async fn answers(address: SocketAddr) -> bool {
    let asked = async {
        let mut connection = TcpStream::connect(address).await?;
        connection
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = Vec::new();
        // Another program may listen at the address, and send any data without an end.
        connection.take(4096).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"\r\n\r\nok\n"))
    };
    matches!(timeout(ANSWER_TIMEOUT, asked).await, Ok(Ok(true)))
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

    #[tokio::test]
    async fn the_address_of_the_service_is_told_from_one_that_another_program_has() {
        let text = "public_url = \"http://localhost\"\ndatabase = \"sqlite:x\"\nprofile = \"p\"\nkeys = \"k\"\n\
                    [witness]\nkeys = \"w\"\nfolder = \"w\"\n";
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::parse(text, std::path::Path::new("")).unwrap();
        config.listen = taken.local_addr().unwrap();
        let address = config.listen.to_string();
        let bad = |key| Finding::bad("doctor-listen", key).text("address", address.clone());
        assert_eq!(listen(&config, false).await, bad("doctor-listen-taken"));
        let other = tokio::spawn(async move {
            let (mut connection, _) = taken.accept().await.unwrap();
            connection.write_all(b"SSH-2.0-other\r\n").await.unwrap();
        });
        assert_eq!(listen(&config, true).await, bad("doctor-listen-silent"));
        other.await.unwrap();
        assert_eq!(listen(&config, false).await.level, Level::Well);
        config.listen.set_port(0);
        assert_eq!(listen(&config, true).await.level, Level::Well);
        let wildcard = reachable("0.0.0.0:443".parse().unwrap());
        assert_eq!(wildcard, "127.0.0.1:443".parse().unwrap());
    }
}

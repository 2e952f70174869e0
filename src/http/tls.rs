//! TLS in the program. Certificate and key come from two PEM files, which are read again when they change, without a
//! restart. A connection is handed on once its handshake is done; a slow handshake holds nobody else up.

use std::future::pending;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use axum::serve::Listener;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::Signal;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

/// Time for a handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Handshakes that are under way at once.
const MAX_HANDSHAKES: usize = 256;
/// Time between two checks of the files.
const RELOAD_INTERVAL: Duration = Duration::from_mins(1);
/// Pause after an error of the listener itself, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{0}: there is no certificate in it. It must be PEM: -----BEGIN CERTIFICATE-----, the server's own first")]
    NoCertificate(PathBuf),
    #[error("{0}: there is no private key in it. It must be PEM, not encrypted: -----BEGIN PRIVATE KEY-----")]
    NoKey(PathBuf),
    #[error("{0}: a key of a kind that cannot be used. Use ECDSA P-256, Ed25519 or RSA")]
    KeyKind(PathBuf),
    #[error("{key} is not the key of {certificate}: one of them was renewed without the other")]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("the listener: {0}")]
    Listener(io::Error),
    #[error("TLS: {0}")]
    Setup(rustls::Error),
}

/// The modification time, length and inode of a file.
type Stamp = (Option<SystemTime>, u64, u64);

/// The certificate in use, and the files from which the next one comes.
#[derive(Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    /// The files as they were when the certificate in use was read.
    stamps: Mutex<[Stamp; 2]>,
}

impl Certificates {
    /// Reads both files.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let stamps = stamps(certificate, key)?;
        Ok(Self {
            certificate: certificate.into(),
            key: key.into(),
            current: RwLock::new(Arc::new(read(certificate, key)?)),
            stamps: Mutex::new(stamps),
        })
    }

    /// Reads the files again if they have changed. Returns true if they had.
    ///
    /// # Errors
    /// [`TlsError`]; the certificate in use stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let now = stamps(&self.certificate, &self.key)?;
        let mut known = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == now {
            return Ok(false);
        }
        let new = Arc::new(read(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        *known = now;
        Ok(true)
    }

    /// Checks the files every minute, and at once after a SIGHUP, until `stop` changes.
    pub async fn watch(self: Arc<Self>, mut hangup: Signal, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval(RELOAD_INTERVAL);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = hangup.recv() => {}
                _ = stop.changed() => return,
            }
            match self.reload() {
                Ok(true) => tracing::info!("a new certificate is in use"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the new certificate is not used; the old one stays in use"),
            }
        }
    }
}

/// The period in which a certificate is valid, in unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub not_before: i64,
    pub not_after: i64,
}

impl Certificates {
    /// Returns the period in which the server's own certificate is valid; none where it cannot be read.
    ///
    /// The library that checks certificates is asked at the beginning and at the end of time: its refusals name the period.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        let own = self.own();
        let parsed = ParsedCertificate::try_from(&own).ok()?;
        let refused = |seconds: u64| {
            let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            match verify_server_cert_signed_by_trust_anchor(&parsed, &RootCertStore::empty(), &[], at, &[]) {
                Err(rustls::Error::InvalidCertificate(why)) => Some(why),
                _ => None,
            }
        };
        let seconds = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let not_before = match refused(0)? {
            CertificateError::NotValidYetContext { not_before, .. } => seconds(not_before),
            // It was valid in 1970, so that something else is missing then.
            _ => 0,
        };
        match refused(u64::MAX)? {
            CertificateError::ExpiredContext { not_after, .. } => Some(Validity {
                not_before,
                not_after: seconds(not_after),
            }),
            _ => None,
        }
    }

    /// Returns true if the server's own certificate names this host.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        let own = self.own();
        let host = ServerName::try_from(host.trim_matches(['[', ']']));
        let parsed = ParsedCertificate::try_from(&own);
        matches!((parsed, host), (Ok(parsed), Ok(host)) if verify_server_name(&parsed, &host).is_ok())
    }

    fn own(&self) -> CertificateDer<'static> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.cert[0].clone()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn stamps(certificate: &Path, key: &Path) -> Result<[Stamp; 2], TlsError> {
    use std::os::unix::fs::MetadataExt as _;

    let stamp = |path: &Path| {
        let about = fs::metadata(path).map_err(|source| TlsError::Io {
            path: path.into(),
            source,
        })?;
        Ok((about.modified().ok(), about.len(), about.ino()))
    };
    Ok([stamp(certificate)?, stamp(key)?])
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let bytes = |path: &Path| {
        fs::read(path).map(Zeroizing::new).map_err(|source| TlsError::Io {
            path: path.into(),
            source,
        })
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(certificate.into()))?;
    let secret = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(|_| TlsError::NoKey(key.into()))?;
    let signing = ring::sign::any_supported_type(&secret).map_err(|_| TlsError::KeyKind(key.into()))?;
    let certified = CertifiedKey::new(chain, signing);
    certified.keys_match().map_err(|_| TlsError::Mismatch {
        certificate: certificate.into(),
        key: key.into(),
    })?;
    Ok(certified)
}

/// A listener of connections whose handshake is done.
#[derive(Debug)]
pub struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    /// Starts TLS on a listener.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn new(listener: TcpListener, certificates: Arc<Certificates>) -> Result<Self, TlsError> {
        let address = listener.local_addr().map_err(TlsError::Listener)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(certificates);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (done, ready) = mpsc::channel(MAX_HANDSHAKES);
        Ok(Self {
            ready,
            address,
            accepting: tokio::spawn(accept(listener, acceptor, done)),
        })
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts connections without end. Failures are not logged: they would tell who had been there.
async fn accept(listener: TcpListener, acceptor: TlsAcceptor, done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>) {
    let places = Arc::new(Semaphore::new(MAX_HANDSHAKES));
    loop {
        // Never closed.
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let Ok((stream, address)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            let shaken = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await;
            drop(place);
            if let Ok(Ok(stream)) = shaken {
                // The receiver is gone once the service stops.
                let _ = done.send((stream, address)).await;
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_certificate_says_for_whom_it_is_and_how_long() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        let names = ["denuncias.example", "*.sigilo.test", "127.0.0.1"].map(str::to_owned);
        let mut about = rcgen::CertificateParams::new(names).unwrap();
        about.not_before = rcgen::date_time_ymd(2026, 11, 1);
        about.not_after = rcgen::date_time_ymd(2027, 2, 1);
        for is_ca in [
            rcgen::IsCa::NoCa,
            rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
        ] {
            about.is_ca = is_ca;
            let secret = rcgen::KeyPair::generate().unwrap();
            fs::write(&certificate, about.self_signed(&secret).unwrap().pem()).unwrap();
            fs::write(&key, secret.serialize_pem()).unwrap();
            let certificates = Certificates::load(&certificate, &key).unwrap();
            let (not_before, not_after) = (1_793_491_200, 1_801_440_000);
            let validity = Validity { not_before, not_after };
            assert_eq!(certificates.validity(), Some(validity));
            for (host, is_for) in [
                ("denuncias.example", true),
                ("DENUNCIAS.example", true),
                ("www.sigilo.test", true),
                ("127.0.0.1", true),
                ("sigilo.test", false),
                ("other.example", false),
                ("[::1]", false),
                ("no host", false),
            ] {
                assert_eq!(certificates.is_for(host), is_for, "{host}");
            }
        }
    }

    #[test]
    fn a_broken_file_is_named_and_the_old_certificate_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        let (first, second) = (pair(), pair());
        fs::write(&certificate, &first.0).unwrap();
        assert!(matches!(
            Certificates::load(&certificate, &key),
            Err(TlsError::Io { .. })
        ));
        fs::write(&key, &first.1).unwrap();
        let certificates = Certificates::load(&certificate, &key).unwrap();
        let in_use = || certificates.current.read().unwrap().cert[0].clone();
        let old = in_use();
        assert!(!certificates.reload().unwrap());

        // Renewed one after the other, each by renaming: in between they do not belong together.
        let renewed = |name: &Path, text: &str| {
            let new = folder.path().join("new");
            fs::write(&new, text).unwrap();
            fs::rename(&new, name).unwrap();
        };
        renewed(&certificate, &second.0);
        assert!(matches!(certificates.reload(), Err(TlsError::Mismatch { .. })));
        renewed(&key, "-----BEGIN NOTHING-----\n");
        assert!(matches!(certificates.reload(), Err(TlsError::NoKey(_))));
        renewed(&certificate, "");
        assert!(matches!(certificates.reload(), Err(TlsError::NoCertificate(_))));
        assert_eq!(in_use(), old);
        renewed(&certificate, &second.0);
        renewed(&key, &second.1);
        assert!(certificates.reload().unwrap());
        assert_ne!(in_use(), old);
        assert!(!certificates.reload().unwrap());
    }
}

//! The stand-in SMTP server with the settings of the tests, and readers for its e-mails.

use std::ops::Deref;
use std::sync::Arc;

use mail_parser::{Message, MessageParser};
use sigilo::config::Encryption;
use sigilo_standins::smtp::{Login, ReceivedEmail, SmtpServer, Tls, TlsMode};
use tokio_rustls::TlsAcceptor;

/// An SMTP server, with its certificate if it uses TLS.
pub struct MailServer {
    server: SmtpServer,
    /// The certificate for `localhost`, as PEM. Empty without TLS.
    pub certificate: String,
}

impl MailServer {
    /// Starts a server without login and TLS.
    pub async fn start() -> Self {
        Self::with(None, Encryption::None).await
    }

    /// Starts a server that requires this login.
    pub async fn with_login(name: &str, password: &str) -> Self {
        let login = Login {
            name: name.to_owned(),
            password: password.to_owned(),
        };
        Self::with(Some(login), Encryption::None).await
    }

    /// Starts a server with a self-signed certificate.
    pub async fn with_tls(encryption: Encryption) -> Self {
        Self::with(None, encryption).await
    }

    async fn with(login: Option<Login>, encryption: Encryption) -> Self {
        let mode = match encryption {
            Encryption::None => None,
            Encryption::Tls => Some(TlsMode::Implicit),
            Encryption::Starttls => Some(TlsMode::StartTls),
        };
        let (tls, certificate) = match mode {
            None => (None, String::new()),
            Some(mode) => {
                let (acceptor, certificate) = make_acceptor();
                (Some(Tls { mode, acceptor }), certificate)
            }
        };
        let server = SmtpServer::start(login, tls).await.unwrap();
        Self { server, certificate }
    }
}

impl Deref for MailServer {
    type Target = SmtpServer;

    fn deref(&self) -> &SmtpServer {
        &self.server
    }
}

/// Makes a self-signed certificate for `localhost`. Returns an acceptor for it, and the certificate as PEM.
fn make_acceptor() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}

/// Reads parts of a received e-mail.
pub trait ReadEmail {
    fn parse(&self) -> Message<'_>;

    fn subject(&self) -> String {
        self.parse().subject().expect("a subject").to_owned()
    }

    fn text(&self) -> String {
        self.parse().body_text(0).expect("a text").into_owned()
    }

    fn html(&self) -> String {
        self.parse().body_html(0).expect("HTML").into_owned()
    }

    fn header(&self, name: &str) -> Option<String> {
        let message = self.parse();
        let value = message.header_raw(name.to_owned())?;
        Some(value.trim().to_owned())
    }
}

impl ReadEmail for ReceivedEmail {
    fn parse(&self) -> Message<'_> {
        MessageParser::default().parse(&self.content).expect("a message")
    }
}

//! The settings and the state of the server, which its sessions share.

use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::smtp::email::ReceivedEmail;

/// The behaviour of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpBehavior {
    /// Accepts e-mails.
    Normal,
    /// Refuses connections.
    Down,
    /// Answers 451: try again later.
    Busy,
    /// Answers 550: unknown recipient. The reply contains the address.
    Rejecting,
    /// Receives the e-mail and closes the connection without an answer.
    Disconnecting,
    /// Receives the e-mail and does not answer.
    Silent,
}

/// The way in which a connection becomes encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// From the first byte.
    Implicit,
    /// By the command `STARTTLS`.
    StartTls,
}

/// TLS of the server.
#[derive(Clone)]
pub struct Tls {
    /// The way in which connections become encrypted.
    pub mode: TlsMode,
    /// The server's certificate and key.
    pub acceptor: TlsAcceptor,
}

/// Name and password that `AUTH PLAIN` must contain.
#[derive(Clone)]
pub struct Login {
    /// The user name.
    pub name: String,
    /// The password.
    pub password: String,
}

pub(super) struct State {
    pub(super) behavior: watch::Sender<SmtpBehavior>,
    pub(super) listening: watch::Sender<bool>,
    pub(super) received: watch::Sender<Vec<ReceivedEmail>>,
    pub(super) connections: watch::Sender<usize>,
    pub(super) login: Option<Login>,
    pub(super) tls: Option<Tls>,
}

impl State {
    pub(super) fn tls_mode(&self) -> Option<TlsMode> {
        self.tls.as_ref().map(|tls| tls.mode)
    }
}

//! The way to the mail server: one connection a round, for as many mails as wait. What comes back is told without the
//! server's words, because those repeat the address.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use tokio::time::timeout;

use crate::config::{EmailConfig, Encryption};
use crate::keyfile::SmtpKeys;

/// How long it may take until the server lets us in.
const ENTRY: Duration = Duration::from_secs(30);
/// How long a mail may take: servers look for harm in it before they take it, and one given up too early is sent twice.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// "Authentication required": about us, and not about the mail.
const NOT_LET_IN: u16 = 530;

/// Why `[email]` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("[email] from = \"{0}\": no sender; write it like \"Sigilo <no-responder@iess.example>\"")]
    From(String),
    #[error(
        "[email] encryption = \"none\": only to a mail server on this machine, and {0} may be another one; use \"tls\" or \
         \"starttls\", or host = \"localhost\""
    )]
    Unprotected(String),
    #[error("[email] host = \"{host}\": TLS cannot be set up: {reason}")]
    Tls { host: String, reason: String },
}

/// Where mails are handed in, and as whom.
pub(super) struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    /// The sender's domain: this machine's own name is nobody's business.
    hello: ClientId,
    credentials: Option<Credentials>,
    pub(super) from: Mailbox,
}

/// Why a mail did not go. What is told holds no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server takes nothing from us now: it is away, or does not let us in.
    Away(String),
    /// This one not now.
    Later(String),
    /// This one never.
    Never(String),
}

impl Server {
    pub(super) fn new(config: &EmailConfig, keys: Option<&SmtpKeys>) -> Result<Self, SetUpError> {
        let from: Mailbox = config.from.parse().map_err(|_| SetUpError::From(config.from.clone()))?;
        let tls = match config.encryption {
            Encryption::None if is_this_machine(&config.host) => None,
            Encryption::None => return Err(SetUpError::Unprotected(config.host.clone())),
            Encryption::Tls | Encryption::Starttls => Some(TlsParameters::new(config.host.clone()).map_err(
                |error| SetUpError::Tls {
                    host: config.host.clone(),
                    reason: error.to_string(),
                },
            )?),
        };
        let usual = match config.encryption {
            Encryption::Tls => SUBMISSIONS_PORT,
            Encryption::Starttls => SUBMISSION_PORT,
            Encryption::None => SMTP_PORT,
        };
        Ok(Self {
            host: config.host.clone(),
            port: config.port.unwrap_or(usual),
            encryption: config.encryption,
            tls,
            hello: ClientId::Domain(from.email.domain().to_owned()),
            credentials: keys.map(|keys| Credentials::new(keys.username.clone(), keys.password.to_string())),
            from,
        })
    }

    /// Opens a connection, protected as configured, and signs in.
    pub(super) async fn enter(&self) -> Result<AsyncSmtpConnection, Failure> {
        let entering = async {
            let at_once = self.tls.clone().filter(|_| self.encryption == Encryption::Tls);
            let server = (self.host.as_str(), self.port);
            let mut connection =
                AsyncSmtpConnection::connect_tokio1(server, Some(ENTRY), &self.hello, at_once, None).await?;
            if self.encryption == Encryption::Starttls
                && let Some(tls) = self.tls.clone()
            {
                // An error where the server offers none: nothing goes out in clear.
                connection.starttls(tls, &self.hello).await?;
            }
            if let Some(credentials) = &self.credentials {
                connection.auth(DEFAULT_MECHANISMS, credentials).await?;
            }
            Ok(connection)
        };
        match timeout(ENTRY, entering).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(Failure::Away(told(&error))),
            Err(_) => Err(Failure::Away("it does not answer".into())),
        }
    }
}

/// Hands in one mail. After a failure the connection is of no use any more.
pub(super) async fn hand_in(connection: &mut AsyncSmtpConnection, mail: &lettre::Message) -> Result<(), Failure> {
    let sending = async {
        let content = mail.formatted();
        connection.send(mail.envelope(), &content).await
    };
    match timeout(PATIENCE, sending).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(judged(&error)),
        Err(_) => Err(Failure::Later("it does not answer".into())),
    }
}

/// Says good-bye; whether that is heard does not matter.
pub(super) async fn leave(mut connection: AsyncSmtpConnection) {
    drop(timeout(FAREWELL, connection.abort()).await);
}

fn judged(error: &Error) -> Failure {
    let told = told(error);
    if error.status().is_some_and(|code| u16::from(code) == NOT_LET_IN) {
        Failure::Away(told)
    } else if error.is_permanent() || error.is_client() {
        // The client's own: an address in letters that the server does not know how to take.
        Failure::Never(told)
    } else {
        Failure::Later(told)
    }
}

/// An error in words of our own, but for what the system says about the connection.
fn told(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("it answers {code}"),
        None if error.is_response() => "its answer breaks off, or is none".into(),
        None => error.to_string(),
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, encryption: Encryption) -> EmailConfig {
        EmailConfig {
            from: "Sigilo <no-responder@sigilo.test>".into(),
            host: host.into(),
            port: None,
            encryption,
        }
    }

    #[test]
    fn nothing_goes_unprotected_to_another_machine() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(Server::new(&config(host, Encryption::None), None).is_ok(), "{host}");
        }
        for host in ["correo.sigilo.test", "192.0.2.1", "localhost.sigilo.test"] {
            let error = Server::new(&config(host, Encryption::None), None).err().unwrap();
            assert!(error.to_string().contains("starttls"), "{error}");
        }
    }

    #[test]
    fn each_way_has_its_port_unless_one_is_given() {
        for (encryption, port) in [
            (Encryption::Tls, 465),
            (Encryption::Starttls, 587),
            (Encryption::None, 25),
        ] {
            assert_eq!(Server::new(&config("localhost", encryption), None).unwrap().port, port);
        }
        let own = EmailConfig {
            port: Some(2525),
            ..config("localhost", Encryption::None)
        };
        assert_eq!(Server::new(&own, None).unwrap().port, 2525);
    }

    #[test]
    fn the_sender_is_checked_before_anything_is_sent() {
        for wrong in ["", "Sigilo", "no-responder@", "Sigilo <>", "a@b.test, c@d.test"] {
            let config = EmailConfig {
                from: wrong.into(),
                ..config("localhost", Encryption::None)
            };
            assert!(
                matches!(Server::new(&config, None), Err(SetUpError::From(_))),
                "{wrong}"
            );
        }
    }
}

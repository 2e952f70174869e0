//! The connection to the mail server, one a round. Errors hold codes and not the server's words, because those repeat the
//! address.

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

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Servers may scan an e-mail for long before they take it, and one that we give up too early is sent twice.
const SUBMIT_TIMEOUT: Duration = Duration::from_mins(5);
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// The reply code for "Authentication required": it is about us, and not about the e-mail.
const AUTHENTICATION_REQUIRED: u16 = 530;

/// The reason why `[email]` cannot be used.
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

/// The mail server, and our account there.
pub(super) struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    /// The sender's domain, so that the server does not learn this machine's name.
    client_id: ClientId,
    credentials: Option<Credentials>,
    pub(super) from: Mailbox,
}

/// The reason why an e-mail was not sent. It holds no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SendError {
    /// The server takes nothing from us now: it is down, or refuses our account.
    Unreachable(String),
    /// The server does not take this e-mail now.
    Temporary(String),
    /// The server will never take this e-mail.
    Permanent(String),
}

impl Server {
    pub(super) fn new(config: &EmailConfig, keys: Option<&SmtpKeys>) -> Result<Self, SetUpError> {
        let from: Mailbox = config.from.parse().map_err(|_| SetUpError::From(config.from.clone()))?;
        let tls = match config.encryption {
            Encryption::None if is_local(&config.host) => None,
            Encryption::None => return Err(SetUpError::Unprotected(config.host.clone())),
            Encryption::Tls | Encryption::Starttls => Some(TlsParameters::new(config.host.clone()).map_err(
                |error| SetUpError::Tls {
                    host: config.host.clone(),
                    reason: error.to_string(),
                },
            )?),
        };
        let default_port = match config.encryption {
            Encryption::Tls => SUBMISSIONS_PORT,
            Encryption::Starttls => SUBMISSION_PORT,
            Encryption::None => SMTP_PORT,
        };
        Ok(Self {
            host: config.host.clone(),
            port: config.port.unwrap_or(default_port),
            encryption: config.encryption,
            tls,
            client_id: ClientId::Domain(from.email.domain().to_owned()),
            credentials: keys.map(|keys| Credentials::new(keys.username.clone(), keys.password.to_string())),
            from,
        })
    }

    /// Connects with the configured encryption and authenticates.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let connecting = async {
            let tls_from_start = self.tls.clone().filter(|_| self.encryption == Encryption::Tls);
            let server = (self.host.as_str(), self.port);
            let mut connection = AsyncSmtpConnection::connect_tokio1(
                server,
                Some(CONNECT_TIMEOUT),
                &self.client_id,
                tls_from_start,
                None,
            )
            .await?;
            if self.encryption == Encryption::Starttls
                && let Some(tls) = self.tls.clone()
            {
                // This fails if the server does not offer it: nothing is sent in clear.
                connection.starttls(tls, &self.client_id).await?;
            }
            if let Some(credentials) = &self.credentials {
                connection.auth(DEFAULT_MECHANISMS, credentials).await?;
            }
            Ok(connection)
        };
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(SendError::Unreachable(describe(&error))),
            Err(_) => Err(SendError::Unreachable("it does not answer".into())),
        }
    }
}

/// Submits one e-mail. After an error the connection is unusable.
pub(super) async fn submit(connection: &mut AsyncSmtpConnection, message: &lettre::Message) -> Result<(), SendError> {
    let sending = async {
        let content = message.formatted();
        connection.send(message.envelope(), &content).await
    };
    match timeout(SUBMIT_TIMEOUT, sending).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(classify(&error)),
        Err(_) => Err(SendError::Temporary("it does not answer".into())),
    }
}

/// Ends the session. Its outcome does not matter.
pub(super) async fn quit(mut connection: AsyncSmtpConnection) {
    drop(timeout(QUIT_TIMEOUT, connection.abort()).await);
}

fn classify(error: &Error) -> SendError {
    let reason = describe(error);
    if error
        .status()
        .is_some_and(|code| u16::from(code) == AUTHENTICATION_REQUIRED)
    {
        SendError::Unreachable(reason)
    } else if error.is_permanent() || error.is_client() {
        // A client error: an address in characters that the server cannot take.
        SendError::Permanent(reason)
    } else {
        SendError::Temporary(reason)
    }
}

/// Describes an error in our own words, except for what the system says about the connection.
fn describe(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("it answers {code}"),
        None if error.is_response() => "its answer breaks off, or is none".into(),
        None => error.to_string(),
    }
}

fn is_local(host: &str) -> bool {
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

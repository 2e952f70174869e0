//! Sends e-mails that are due, and decides when a failed one is tried again. Of several processes that serve one database,
//! the one with the lease sends.

use std::sync::Arc;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::sync::watch;

use super::compose::{Composed, Composer};
use super::smtp::{self, SendError, Server, SetUpError};
use crate::config::EmailConfig;
use crate::domain::notice::NoticeChannel;
use crate::i18n::Languages;
use crate::keyfile::SmtpKeys;
use crate::service::operations::worker::{NextRound, Permit, RoundHandler, Worker};
use crate::service::{App, Result};
use crate::store::notices::Notice;
use crate::vault::stack::with_stack_wiped;

/// The name of the mailer's lease.
pub const LEASE: &str = "email";
/// Time between two looks for due e-mails.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// The longest time that an e-mail in progress may take after the stop. Breaking it off would send it twice.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// The delay after the first failed attempt. It doubles with each further one.
const FIRST_DELAY_SECONDS: i64 = 60;
const MAX_DELAY_SECONDS: i64 = 4 * 3600;
/// An e-mail that could not be sent for so long is dropped.
const GIVE_UP_AFTER_SECONDS: i64 = 3 * 24 * 3600;

/// Checks the configuration of e-mail, without a connection.
///
/// # Errors
/// [`SetUpError`] names the setting in `[email]` that is wrong.
pub fn check(config: &EmailConfig, keys: Option<&SmtpKeys>) -> std::result::Result<(), SetUpError> {
    Server::new(config, keys).map(drop)
}

/// Sends e-mails.
pub struct Mailer {
    app: Arc<App>,
    composer: Composer,
    server: Server,
    worker: Worker,
}

impl Mailer {
    /// Sets the mailer up. It sends nothing before [`Mailer::run`].
    ///
    /// # Errors
    /// [`SetUpError`] names the setting in `[email]` that is wrong.
    pub fn new(
        app: Arc<App>,
        languages: Languages,
        public_url: String,
        config: &EmailConfig,
    ) -> std::result::Result<Self, SetUpError> {
        let server = Server::new(config, app.keys().smtp.as_ref())?;
        let lease = Arc::new(app.operations.lease(LEASE));
        let worker = Worker::new("email", lease, app.metrics.clone(), POLL_INTERVAL).with_grace(STOP_GRACE);
        let composer = Composer {
            app: app.clone(),
            languages,
            public_url,
            from: server.from.clone(),
        };
        Ok(Self {
            app,
            composer,
            server,
            worker,
        })
    }

    /// Sends until `stop` is true. E-mails that cannot be sent now wait in the database.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        self.worker.run(Rounds(self), stop).await;
        self.worker.release_lease().await;
    }

    /// Sends what is due, if this process has the lease.
    ///
    /// # Errors
    /// [`crate::service::Error::Store`]: the next round tries again.
    pub async fn round(&self, stop: &watch::Receiver<bool>) -> Result<()> {
        self.worker.run_round(&mut Rounds(self), stop).await.map(drop)
    }

    async fn send_due(&self, session: &mut Session, permit: &Permit<'_>) -> Result<()> {
        for notice in self.app.notifications.due_notices(NoticeChannel::Email).await? {
            if !permit.is_valid().await? {
                break;
            }
            self.send(session, &notice).await?;
        }
        Ok(())
    }

    /// Sends one notice, then deletes it or puts it off.
    ///
    /// If the process dies after the server has taken the e-mail and before the notice is deleted, it is sent twice. The
    /// other order would lose it.
    async fn send(&self, session: &mut Session, notice: &Notice) -> Result<()> {
        let outcome = match session {
            // The server is not asked a second time in this round.
            Session::Unreachable(reason) => Err(SendError::Unreachable(reason.clone())),
            Session::None | Session::Open(_) => match self.composer.compose(notice).await? {
                Composed::NotNeeded => return self.app.notifications.delete_notice(notice.id).await,
                Composed::Impossible(reason) => Err(SendError::Permanent(reason)),
                Composed::Ready(message) => self.deliver(session, &message).await,
            },
        };
        let kind = notice.what;
        match outcome {
            Ok(()) => tracing::debug!(%kind, "an e-mail was sent"),
            Err(SendError::Permanent(reason)) => {
                tracing::warn!(%kind, reason, "an e-mail can never be sent: it is dropped");
            }
            Err(SendError::Unreachable(reason) | SendError::Temporary(reason)) => {
                if let Some(seconds) = retry_delay(notice.attempts) {
                    tracing::warn!(%kind, reason, seconds, "an e-mail could not be sent; it is tried again");
                    return self.app.notifications.postpone_notice(notice.id, seconds).await;
                }
                tracing::error!(%kind, reason, "an e-mail could not be sent for three days: it is dropped");
            }
        }
        self.app.notifications.delete_notice(notice.id).await
    }

    async fn deliver(&self, session: &mut Session, message: &Message) -> std::result::Result<(), SendError> {
        let mut connection = match std::mem::replace(session, Session::None) {
            Session::Open(connection) => connection,
            Session::None | Session::Unreachable(_) => match self.server.connect().await {
                Ok(connection) => Box::new(connection),
                Err(error) => {
                    session.close_after(&error);
                    return Err(error);
                }
            },
        };
        let outcome = smtp::submit(&mut connection, message).await;
        match &outcome {
            Ok(()) => *session = Session::Open(connection),
            Err(error) => session.close_after(error),
        }
        outcome
    }
}

/// The rounds of the worker, one SMTP session each.
struct Rounds<'a>(&'a Mailer);

impl RoundHandler for Rounds<'_> {
    async fn may_have_work(&self) -> Result<bool> {
        Ok(!self
            .0
            .app
            .notifications
            .due_notices(NoticeChannel::Email)
            .await?
            .is_empty())
    }

    async fn round(&mut self, permit: &Permit<'_>) -> Result<NextRound> {
        let mut session = Session::None;
        let outcome = with_stack_wiped(self.0.send_due(&mut session, permit)).await;
        if let Session::Open(connection) = session {
            smtp::quit(*connection).await;
        }
        outcome.map(|()| NextRound::AtNextPoll)
    }
}

/// The connection of a round.
enum Session {
    None,
    Open(Box<AsyncSmtpConnection>),
    /// The server cannot be reached, for this reason. The rest of the round does not try.
    Unreachable(String),
}

impl Session {
    fn close_after(&mut self, error: &SendError) {
        *self = match error {
            SendError::Unreachable(reason) => Self::Unreachable(reason.clone()),
            SendError::Temporary(_) | SendError::Permanent(_) => Self::None,
        };
    }
}

/// Seconds until the next attempt after `attempts` failed ones. `None` if it is time to give up.
fn retry_delay(attempts: i64) -> Option<i64> {
    let nth = |attempt: i64| {
        let doubled = FIRST_DELAY_SECONDS.saturating_mul(1 << attempt.clamp(0, 20));
        doubled.min(MAX_DELAY_SECONDS)
    };
    let waited: i64 = (0..attempts.clamp(0, 1000)).map(nth).sum();
    let next = nth(attempts);
    (waited + next <= GIVE_UP_AFTER_SECONDS).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_four_hours_and_end_within_three_days() {
        let first: Vec<_> = (0..10).filter_map(retry_delay).collect();
        assert_eq!(first, [60, 120, 240, 480, 960, 1920, 3840, 7680, 14_400, 14_400]);
        let all: Vec<_> = (0..).map_while(retry_delay).collect();
        let total: i64 = all.iter().sum();
        assert!(
            total <= GIVE_UP_AFTER_SECONDS && total > GIVE_UP_AFTER_SECONDS - MAX_DELAY_SECONDS,
            "{total}"
        );
        assert_eq!(retry_delay(i64::MAX), None);
    }
}

//! E-mail, outwards only: notices to reporters who wished for them, summaries to staff. One process of all that serve a
//! database sends. Addresses are opened when a mail is made, and stand in no log.

mod message;
mod smtp;

use std::sync::Arc;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use rand::RngExt as _;
use tokio::pin;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};
use zeroize::Zeroizing;

use self::message::Email;
pub use self::smtp::SetUpError;
use self::smtp::{Failure, Server};
use crate::config::EmailConfig;
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::notice::{NoticeChannel, NoticeKind};
use crate::i18n::Languages;
use crate::keyfile::SmtpKeys;
use crate::service::{App, Error, Result};
use crate::store::notices::Notice;
use crate::vault::stack::wiping_the_stack;

/// Who may send.
pub const LEASE: &str = "email";
/// Between two looks for what waits.
const LOOK: Duration = Duration::from_secs(3);
/// Between two renewals of the lease while a mail takes its time; well below what a lease lasts.
const RENEW: Duration = Duration::from_secs(10);
/// How long a mail under way may take when the service stops: it would go out twice.
const GRACE: Duration = Duration::from_secs(10);

/// The first delay of a mail that could not be sent, in seconds; it doubles from then on.
const FIRST_DELAY: i64 = 60;
const LONGEST_DELAY: i64 = 4 * 3600;
/// Seconds after which a mail is given up.
const GIVEN_UP: i64 = 3 * 24 * 3600;

/// What sends.
pub struct Mailer {
    app: Arc<App>,
    languages: Languages,
    /// Scheme and host of the links.
    public_url: String,
    server: Server,
}

/// Whether mails could be handed in as configured; nobody is asked.
///
/// # Errors
/// [`SetUpError`]: what is wrong with `[email]`.
pub fn check(config: &EmailConfig, keys: Option<&SmtpKeys>) -> std::result::Result<(), SetUpError> {
    Server::new(config, keys).map(drop)
}

impl Mailer {
    /// The post as configured; nothing is sent yet.
    ///
    /// # Errors
    /// [`SetUpError`]: what is wrong with `[email]`.
    pub fn new(
        app: Arc<App>,
        languages: Languages,
        public_url: String,
        config: &EmailConfig,
    ) -> std::result::Result<Self, SetUpError> {
        let server = Server::new(config, app.keys.smtp.as_ref())?;
        Ok(Self {
            app,
            languages,
            public_url,
            server,
        })
    }

    /// Sends until `stop` changes. What cannot be sent now waits in the database.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopped = stop.clone();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.changed() => break,
            }
            let round = self.round(&stopped);
            pin!(round);
            let outcome = tokio::select! {
                outcome = &mut round => outcome,
                _ = stop.changed() => {
                    told(timeout(GRACE, round).await.unwrap_or(Ok(())));
                    break;
                }
            };
            told(outcome);
        }
        told(self.app.release(LEASE).await);
    }

    /// Sends what is due, if this process is the one that sends.
    ///
    /// # Errors
    /// [`Error::Store`]: the next round tries again.
    pub async fn round(&self, stopped: &watch::Receiver<bool>) -> Result<()> {
        let mut session = Session::None;
        let outcome = wiping_the_stack(self.send_due(&mut session, stopped)).await;
        if let Session::Open(connection) = session {
            smtp::leave(*connection).await;
        }
        outcome
    }

    async fn send_due(&self, session: &mut Session, stopped: &watch::Receiver<bool>) -> Result<()> {
        for notice in self.due().await? {
            if *stopped.borrow() || !self.app.hold(LEASE).await? {
                break;
            }
            let sending = self.send(session, &notice);
            pin!(sending);
            let mut renewals = interval_at(Instant::now() + RENEW, RENEW);
            loop {
                tokio::select! {
                    outcome = &mut sending => break outcome?,
                    _ = renewals.tick() => drop(self.app.hold(LEASE).await?),
                }
            }
        }
        Ok(())
    }

    async fn due(&self) -> Result<Vec<Notice>> {
        let due = self.app.due_notices(NoticeChannel::Email).await?;
        // A look changes nothing; holding the lease is a write.
        if due.is_empty() || !self.app.hold(LEASE).await? {
            return Ok(Vec::new());
        }
        // Again: another process may have sent some before the lease was ours.
        self.app.due_notices(NoticeChannel::Email).await
    }

    /// Sends one notice and forgets it, or puts it off.
    ///
    /// Between the server's word that it has taken a mail and the commit that forgets the notice there is a moment: a
    /// process that dies in it sends that one mail twice. The other order would lose it.
    async fn send(&self, session: &mut Session, notice: &Notice) -> Result<()> {
        let handed_in = match session {
            // Not a second time in this round.
            Session::Away(why) => Err(Failure::Away(why.clone())),
            _ => match self.mail(notice).await? {
                // Withdrawn meanwhile, or nothing to tell any more.
                None => return self.app.notice_done(notice.id).await,
                Some(Err(failure)) => Err(failure),
                Some(Ok(mail)) => self.hand_in(session, &mail).await,
            },
        };
        let what = notice.what;
        match handed_in {
            Ok(()) => tracing::debug!(%what, "a mail was sent"),
            Err(Failure::Never(why)) => tracing::warn!(%what, why, "a mail can never be sent: it is dropped"),
            Err(Failure::Away(why) | Failure::Later(why)) => {
                if let Some(seconds) = delay(notice.attempts) {
                    tracing::warn!(%what, why, seconds, "a mail could not be sent; it is tried again");
                    return self.app.put_off_notice(notice.id, seconds).await;
                }
                tracing::error!(%what, why, "a mail could not be sent for three days: it is given up");
            }
        }
        self.app.notice_done(notice.id).await
    }

    async fn hand_in(&self, session: &mut Session, mail: &Message) -> std::result::Result<(), Failure> {
        let mut connection = match std::mem::replace(session, Session::None) {
            Session::Open(connection) => connection,
            Session::None | Session::Away(_) => match self.server.enter().await {
                Ok(connection) => Box::new(connection),
                Err(failure) => {
                    session.lost(&failure);
                    return Err(failure);
                }
            },
        };
        let outcome = smtp::hand_in(&mut connection, mail).await;
        match &outcome {
            Ok(()) => *session = Session::Open(connection),
            Err(failure) => session.lost(failure),
        }
        outcome
    }

    /// The mail of a notice; none where there is nobody to tell, or nothing.
    async fn mail(&self, notice: &Notice) -> Result<Option<std::result::Result<Message, Failure>>> {
        let written = match (notice.case_id, notice.staff_id) {
            (Some(case), _) => self.to_reporter(case, notice.what).await,
            (None, Some(member)) => self.to_member(member).await,
            (None, None) => Ok(None),
        };
        let (to, email) = match written {
            Ok(Some(written)) => written,
            Ok(None) => return Ok(None),
            // An address that was exchanged, or sealed to a key that is gone: waiting does not mend it.
            Err(Error::Internal(why)) => return Ok(Some(Err(Failure::Never(why)))),
            Err(error) => return Err(error),
        };
        let mut id = [0_u8; 16];
        self.app.randomness.generator().fill(&mut id);
        let mail = email.mail(&self.server.from, &to, &hex::encode(id), self.app.now());
        Ok(Some(mail.map_err(|_| Failure::Never("the address is none".into()))))
    }

    async fn to_reporter(&self, case: CaseId, what: NoticeKind) -> Result<Option<(Zeroizing<String>, Email)>> {
        let Some(to) = self.app.contact_address(case, NoticeChannel::Email).await? else {
            return Ok(None);
        };
        let Some(of) = self.app.case_to_tell_of(case).await? else {
            return Ok(None);
        };
        let t = self.languages.texts(Some(&of.language));
        let email = match what {
            NoticeKind::Number => Email::number(&t, &self.public_url, &of.number),
            NoticeKind::News | NoticeKind::Digest => Email::news(&t, &self.public_url),
        };
        Ok(Some((to, email)))
    }

    async fn to_member(&self, member: StaffId) -> Result<Option<(Zeroizing<String>, Email)>> {
        let Some((staff, summary)) = self.app.summary(member).await? else {
            return Ok(None);
        };
        let t = self.languages.texts(Some(&staff.language));
        let email = Email::digest(&t, &self.public_url, &summary);
        Ok(Some((staff.email.into(), email)))
    }
}

/// The connection of a round.
enum Session {
    None,
    Open(Box<AsyncSmtpConnection>),
    /// The server is away, and why: the rest of the round need not try.
    Away(String),
}

impl Session {
    fn lost(&mut self, failure: &Failure) {
        *self = match failure {
            Failure::Away(why) => Self::Away(why.clone()),
            Failure::Later(_) | Failure::Never(_) => Self::None,
        };
    }
}

/// Seconds until a mail that has failed `attempts` times before is tried again; none when it is given up.
fn delay(attempts: i64) -> Option<i64> {
    let nth = |attempt: i64| {
        let doubled = FIRST_DELAY.saturating_mul(1 << attempt.clamp(0, 20));
        doubled.min(LONGEST_DELAY)
    };
    let waited: i64 = (0..attempts.clamp(0, 1000)).map(nth).sum();
    let next = nth(attempts);
    (waited + next <= GIVEN_UP).then_some(next)
}

fn told(outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "mails wait; they are tried again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_four_hours_and_end_within_three_days() {
        let first: Vec<_> = (0..10).filter_map(delay).collect();
        assert_eq!(first, [60, 120, 240, 480, 960, 1920, 3840, 7680, 14_400, 14_400]);
        let all: Vec<_> = (0..).map_while(delay).collect();
        let total: i64 = all.iter().sum();
        assert!(total <= GIVEN_UP && total > GIVEN_UP - LONGEST_DELAY, "{total}");
        assert_eq!(delay(i64::MAX), None);
    }
}

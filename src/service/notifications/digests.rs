//! Digests for staff who want them: the amount of open work, in numbers, on working days at eight.

use super::part::Notifications;
use crate::domain::day::{Day, hour_at};
use crate::domain::ids::{CaseId, QueuedId, StaffId};
use crate::domain::notice::Digest;
use crate::domain::role::{Role, StaffState};
use crate::domain::state::State;
use crate::service::error::{Error, Result};
use crate::store::filters::Filter;
use crate::store::staff::Staff;
use crate::store::{self, Tx};

/// The hour of the institution's day from which digests are made.
const DIGEST_HOUR: i8 = 8;

/// The open work of a member, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cases of their areas that nobody has begun to work on.
    pub new: i64,
    pub overdue: i64,
    /// Cases in progress with something from the reporter that the area has not opened.
    pub answers: i64,
    /// For officers: open requests at the desk, by areas and by reporters.
    pub validations: i64,
    /// Identities that were opened for this officer and have no verdict yet.
    pub unseals: i64,
}

impl Summary {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Returns true if members with this role can get digests.
#[must_use]
pub const fn has_summaries(role: Role) -> bool {
    matches!(role, Role::Analyst | Role::Officer)
}

impl Notifications {
    /// Reads how often a member wants digests.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn digest_frequency(&self, member: StaffId) -> Result<Digest> {
        let mut tx = self.db.read().await?;
        store::notices::digest_frequency(&mut tx, member)
            .await?
            .ok_or(Error::NotFound)
    }

    /// Sets how often a member wants digests. A queued one is dropped.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn set_digest_frequency(&self, member: StaffId, digest: Digest) -> Result<()> {
        let today = self.clock.today();
        self.db
            .write("set_digest", |mut tx| async move {
                store::notices::set_digest_frequency(&mut tx, member, digest, today).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Queues the digests of the day, from eight o'clock on, for each member who is due and has open work. A server that
    /// was down at eight does it when it is back.
    ///
    /// # Errors
    /// [`Error::Store`]: the next run makes the missing ones.
    pub async fn make_digests(&self) -> Result<()> {
        let today = self.clock.today();
        if !self.enabled_channels.email
            || hour_at(self.clock.now(), &self.clock.zone()) < DIGEST_HOUR
            || !today.is_working(&self.profile.load().holidays)
        {
            return Ok(());
        }
        let mut tx = self.db.read().await?;
        let subscribers = store::notices::digest_subscribers(&mut tx).await?;
        drop(tx);
        for subscriber in subscribers {
            if is_due(subscriber.digest, subscriber.digest_on, today) {
                self.make_digest(subscriber.id, today).await?;
            }
        }
        Ok(())
    }

    async fn make_digest(&self, member: StaffId, today: Day) -> Result<()> {
        let waits = self.summary(member).await?.is_some();
        let id = QueuedId::random(&mut self.randomness.generator());
        let now = self.clock.now();
        self.db
            .write("queue_digest", |mut tx| async move {
                // A member without open work is claimed too. Otherwise they would get a digest at a later hour.
                if store::notices::claim_digest(&mut tx, member, today).await? && waits {
                    store::notices::notify_member(&mut tx, id, member, now).await?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Counts the open work of a member. `None` if there is none, or if they have left.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn summary(&self, member: StaffId) -> Result<Option<(Staff, Summary)>> {
        let mut tx = self.db.read().await?;
        let Some(staff) = store::staff::by_id(&mut tx, member).await? else {
            return Ok(None);
        };
        if staff.state != StaffState::Active {
            return Ok(None);
        }
        let roster = self.rosters.newest(&mut tx).await?;
        let summary = match roster.and_then(|roster| Some(roster.member(member)?.role)) {
            Some(Role::Analyst) => self.of_areas(&mut tx, member).await?,
            Some(Role::Officer) => of_the_desk(&mut tx, member).await?,
            _ => Summary::default(),
        };
        Ok((!summary.is_empty()).then_some((staff, summary)))
    }

    /// Counts as the inbox does.
    async fn of_areas(&self, tx: &mut Tx, member: StaffId) -> Result<Summary> {
        let Ok(roster) = self.rosters.current() else {
            return Ok(Summary::default());
        };
        let areas = roster.member(member).map(|member| member.areas.clone());
        let all = Filter {
            areas: areas.unwrap_or_default(),
            not_recused: Some(member),
            ..Filter::default()
        };
        let new = Filter {
            states: vec![State::Received],
            ..all.clone()
        };
        let answers = Filter {
            states: vec![State::InReview, State::WaitingForReporter, State::Resolved],
            unread: true,
            ..all.clone()
        };
        let overdue = Filter {
            overdue_on: Some(self.clock.today()),
            ..all
        };
        Ok(Summary {
            new: count(tx, &new).await?,
            overdue: count(tx, &overdue).await?,
            answers: count(tx, &answers).await?,
            ..Summary::default()
        })
    }
}

async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    let counts = store::filters::count_by_state(tx, filter).await?;
    Ok(counts.iter().map(|count| count.cases).sum())
}

/// Counts the cases from which an officer is not recused.
async fn count_for(tx: &mut Tx, officer: StaffId, cases: impl Iterator<Item = CaseId> + Send) -> store::Result<i64> {
    let mut count = 0;
    for case in cases {
        count += i64::from(!store::recusal::holds(tx, case, officer).await?);
    }
    Ok(count)
}

async fn of_the_desk(tx: &mut Tx, officer: StaffId) -> Result<Summary> {
    let undecided = store::desk::undecided_unseals(tx, officer).await?;
    let undecided = undecided.into_iter().map(|unseal| unseal.case_id);
    Ok(Summary {
        validations: store::desk_requests::counts(tx, officer)
            .await?
            .iter()
            .map(|(_, count)| count)
            .sum(),
        unseals: count_for(tx, officer, undecided).await?,
        ..Summary::default()
    })
}

/// Returns true if a member's digest is due today, a working day. A weekly one is due on the first working day of the week,
/// or on a later one if nothing made it.
fn is_due(digest: Digest, last: Option<Day>, today: Day) -> bool {
    match digest {
        Digest::Never => false,
        Digest::Daily => last.is_none_or(|last| last < today),
        Digest::Weekly => last.is_none_or(|last| last < today.monday()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_once_a_day_or_once_a_week() {
        // A Tuesday.
        let today = Day(20_781);
        let ago = |days: i64| Some(today.plus_days(-days));
        for (digest, last, due) in [
            (Digest::Never, None, false),
            (Digest::Daily, None, true),
            (Digest::Daily, ago(1), true),
            (Digest::Daily, ago(0), false),
            (Digest::Weekly, ago(0), false),
            // Monday's was made.
            (Digest::Weekly, ago(1), false),
            // Monday was a holiday.
            (Digest::Weekly, ago(2), true),
            (Digest::Weekly, ago(8), true),
        ] {
            assert_eq!(is_due(digest, last, today), due, "{digest} {last:?}");
        }
    }
}

//! Sessions of staff, with an idle timeout and an absolute one.

use super::part::Sessions;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::{TEN_MINUTES, round_up};
use crate::domain::ids::StaffId;
use crate::domain::role::{Role, StaffState};
use crate::service::error::Result;
use crate::store;
use crate::vault::cookie::CookieToken;

/// Idle timeout of a session, in seconds.
pub const SESSION_IDLE_SECONDS: i64 = 30 * 60;
/// Absolute lifetime of a session, in seconds.
pub const SESSION_MAX_SECONDS: i64 = 10 * 3600;
/// Period for which a reauthentication counts, in seconds.
pub const REAUTHENTICATION_SECONDS: i64 = 10 * 60;
/// `seen_at` is written at most once in so many seconds.
const SEEN_INTERVAL_SECONDS: i64 = 60;

/// A member of staff who is signed in.
#[derive(Debug, Clone)]
pub struct Member {
    pub id: StaffId,
    pub name: String,
    pub email: String,
    /// The role that the newest roster gives the member; none if it does not name them.
    pub role: Option<Role>,
    pub language: String,
    /// The areas that the newest roster gives the member.
    pub areas: Vec<String>,
    pub token_hash: Vec<u8>,
    pub reauthenticated_at: UnixSeconds,
}

impl Member {
    /// Returns true if the password was typed within the last ten minutes.
    pub const fn is_fresh(&self, now: UnixSeconds) -> bool {
        now - self.reauthenticated_at <= REAUTHENTICATION_SECONDS
    }
}

/// Returns the role of a member while there is no roster at all. An administrator sees how the installation is; there
/// are no cases yet that anybody could see.
const fn role_without_roster(stored: Role) -> Option<Role> {
    match stored {
        Role::Administrator => Some(Role::Administrator),
        Role::Analyst | Role::Officer | Role::Auditor | Role::Clerk => None,
    }
}

impl Sessions {
    /// Returns the member whose session a cookie opens, or none if it has ended.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn member(&self, cookie: &str) -> Result<Option<Member>> {
        let Some(token) = CookieToken::from_text(cookie) else {
            return Ok(None);
        };
        let token_hash = token.hash(self.instance).as_bytes().to_vec();
        let now = self.clock.now();
        let mut tx = self.db.read().await?;
        let Some(session) = store::staff::session(&mut tx, &token_hash).await? else {
            return Ok(None);
        };
        let Some(staff) = store::staff::by_id(&mut tx, session.staff_id).await? else {
            return Ok(None);
        };
        let roster = self.rosters.newest(&mut tx).await?;
        drop(tx);
        let alive = now - session.seen_at <= SESSION_IDLE_SECONDS && now - session.created_at <= SESSION_MAX_SECONDS;
        if !alive || staff.state != StaffState::Active {
            return Ok(None);
        }
        let (role, areas) = match &roster {
            Some(roster) => roster
                .member(staff.id)
                .map_or_else(Default::default, |named| (Some(named.role), named.areas.clone())),
            None => (role_without_roster(staff.role), Vec::new()),
        };
        if now - session.seen_at >= SEEN_INTERVAL_SECONDS {
            let hash = &token_hash;
            // A clerk acts at the moment at which a reporter tells something: the row must not keep the second.
            let seen = if role == Some(Role::Clerk) {
                round_up(now, TEN_MINUTES)
            } else {
                now
            };
            self.db
                .write("touch_session", |mut tx| async move {
                    store::staff::touch_session(&mut tx, hash, seen).await?;
                    tx.commit().await
                })
                .await?;
        }
        Ok(Some(Member {
            id: staff.id,
            name: staff.name,
            email: staff.email,
            role,
            language: staff.language,
            areas,
            token_hash,
            reauthenticated_at: session.reauthenticated_at,
        }))
    }
}

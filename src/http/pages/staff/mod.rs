//! The staff's pages. What is sealed is opened by the browser, never here.

pub mod case;
pub mod desk;
pub mod desk_case;
pub mod filing;
pub mod inbox;
pub mod list;
pub mod log;
pub mod overview;
pub mod problem;
pub mod recusal;
pub mod settings;
pub mod sign_in;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Page;
use super::door::COUNTER;
use crate::dialogue::Profile;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::desk::Outcome;
use crate::domain::facets::{Channel, Kind, Verdict};
pub use crate::domain::role::Role;
use crate::http::site::Site;
use crate::i18n::Texts;
use crate::service::people::sessions::Member;

/// What every page of the staff's side needs besides its own contents.
#[derive(Debug, Clone)]
pub struct Shell {
    pub page: Page,
    /// The instance id, hyphenated: part of everything that the browser derives, signs and opens.
    pub instance: String,
    /// Who is signed in; `None` only on the sign-in page.
    pub who: Option<Who>,
    /// Where in the navigation this page belongs.
    pub here: Place,
}

/// The one who is signed in.
#[derive(Debug, Clone)]
pub struct Who {
    pub name: String,
    pub role: Role,
}

/// The parts of the staff's side; each role sees its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    SignIn,
    Inbox,
    Desk,
    Log,
    Overview,
    Filing,
    Settings,
}

/// A moment of staff's or the system's, where the institution is: `2026-11-24 10:15:07`.
pub(crate) fn time(zone: &TimeZone, seconds: UnixSeconds) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| seconds.to_string(),
        |at| {
            at.to_zoned_datetime(zone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

/// How far a deadline is, in words: the last day is still in time.
pub(crate) fn due_in_words(t: &Texts, due: Day, today: Day) -> String {
    let left = due.0.saturating_sub(today.0);
    let key = if left < 0 { "due-ago" } else { "due-in" };
    t.with(key, &[("days", left.unsigned_abs().into())])
}

/// The names that the profile gives to a case's facets; a code that it no longer has stands for itself.
pub(crate) fn kind_label(profile: &Profile, kind: Kind, language: &str) -> String {
    let known = profile.kind(kind.as_str());
    known.map_or_else(|| kind.to_string(), |known| known.label.get(language).into())
}

pub(crate) fn category_label(profile: &Profile, code: &str, language: &str) -> String {
    let known = profile.category(code);
    known.map_or_else(|| code.to_owned(), |known| known.label.get(language).into())
}

pub(crate) fn area_label(profile: &Profile, code: &str, language: &str) -> String {
    let known = profile.area(code);
    known.map_or_else(|| code.to_owned(), |known| known.name.get(language).into())
}

/// The key of a channel's name.
pub(crate) const fn channel_key(channel: Channel) -> &'static str {
    match channel {
        Channel::Web => "channel-web",
        Channel::Whatsapp => "channel-whatsapp",
        Channel::Desk => "channel-desk",
    }
}

/// The key of a role's name.
pub(crate) const fn role_key(role: Role) -> &'static str {
    match role {
        Role::Analyst => "role-analyst",
        Role::Officer => "role-officer",
        Role::Auditor => "role-auditor",
        Role::Administrator => "role-administrator",
        Role::Clerk => "role-clerk",
    }
}

/// The key of what came of an officer's check.
const fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Matches => "check-matches",
        Outcome::Differs => "check-differs",
        Outcome::Unknown => "check-unknown",
        Outcome::Reached => "check-reached",
        Outcome::NoAnswer => "check-no-answer",
        Outcome::WrongNumber => "check-wrong-number",
        Outcome::Refuses => "check-refuses",
    }
}

/// The key of a verdict, as staff say it.
const fn verdict_key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "verdict-valid",
        Verdict::Mismatch => "verdict-mismatch",
        Verdict::Unreachable => "verdict-unreachable",
    }
}

impl Who {
    pub(super) fn role_key(&self) -> &'static str {
        role_key(self.role)
    }
}

impl Place {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in-title",
            Self::Inbox => "inbox-title",
            Self::Desk => "desk-title",
            Self::Log => "log-title",
            Self::Overview => "overview-title",
            Self::Filing => "filing-title",
            Self::Settings => "settings-title",
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::SignIn => "/staff/sign-in",
            Self::Inbox => "/staff/inbox",
            Self::Desk => "/staff/desk",
            Self::Log => "/staff/log",
            Self::Overview => "/staff/overview",
            Self::Filing => COUNTER,
            Self::Settings => "/staff/settings",
        }
    }
}

impl Place {
    /// Where a member begins.
    pub(crate) const fn home(role: Role) -> Self {
        match role {
            Role::Analyst => Self::Inbox,
            Role::Officer => Self::Desk,
            Role::Auditor => Self::Log,
            Role::Administrator => Self::Overview,
            Role::Clerk => Self::Filing,
        }
    }
}

impl Shell {
    /// The shell of a member's page, in the member's language.
    pub(crate) fn of(site: &Site, member: &Member, here: Place) -> Self {
        Self {
            page: site.page(Some(&member.language), here.path()),
            instance: site.app.instance.to_string(),
            who: Some(Who {
                name: member.name.clone(),
                role: member.role,
            }),
            here,
        }
    }

    /// The shell of a page for somebody who is not signed in, or not known to be.
    pub(crate) fn of_nobody(site: &Site, language: Option<&str>) -> Self {
        Self {
            page: site.page(language, Place::SignIn.path()),
            instance: site.app.instance.to_string(),
            who: None,
            here: Place::SignIn,
        }
    }

    pub(super) fn places(&self) -> &'static [Place] {
        match self.who.as_ref().map(|who| who.role) {
            None => &[],
            Some(Role::Analyst) => &[Place::Inbox, Place::Settings],
            Some(Role::Officer) => &[Place::Desk, Place::Settings],
            Some(Role::Auditor) => &[Place::Log, Place::Settings],
            Some(Role::Administrator) => &[Place::Overview, Place::Settings],
            Some(Role::Clerk) => &[Place::Filing, Place::Settings],
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn shell(here: Place, role: Option<Role>) -> Shell {
        Shell {
            page: crate::http::pages::tests::page("es"),
            instance: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            who: role.map(|role| Who {
                name: "Ana Ruiz".into(),
                role,
            }),
            here,
        }
    }
}

//! The frame of every staff page: navigation, language, and the member who is signed in.

use crate::domain::role::Role;
use crate::http::page::Page;
use crate::http::reporter::intake_origin::COUNTER;
use crate::http::site::Site;
use crate::http::staff::labels::role_key;
use crate::service::people::sessions::Member;

/// The things that every page of staff needs besides its own contents.
#[derive(Debug, Clone)]
pub struct Shell {
    pub page: Page,
    /// The instance id, hyphenated: part of everything that the browser derives, signs and opens.
    pub instance: String,
    /// The member who is signed in; `None` on the sign-in page, and on errors before it.
    pub who: Option<SignedInName>,
    /// The section of the navigation to which this page belongs.
    pub here: Section,
}

/// The name and role of the member who is signed in.
#[derive(Debug, Clone)]
pub struct SignedInName {
    pub name: String,
    /// None if the newest roster does not name the member.
    pub role: Option<Role>,
}

/// The sections of the navigation; each role sees its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    SignIn,
    /// The page of members whom the newest roster does not name.
    Waiting,
    Inbox,
    Desk,
    Log,
    Overview,
    Filing,
    Settings,
}

impl SignedInName {
    pub(crate) fn role_key(&self) -> &'static str {
        self.role.map_or("role-none", role_key)
    }
}

impl Section {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in-title",
            Self::Waiting => "waiting-title",
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
            Self::Waiting => "/staff",
            Self::Inbox => "/staff/inbox",
            Self::Desk => "/staff/desk",
            Self::Log => "/staff/log",
            Self::Overview => "/staff/overview",
            Self::Filing => COUNTER,
            Self::Settings => "/staff/settings",
        }
    }
}

impl Section {
    /// Returns the section where a member of a role begins.
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
    /// Makes the shell of a member's page, in the member's language.
    pub(crate) fn of(site: &Site, member: &Member, here: Section) -> Self {
        Self {
            page: site.page(Some(&member.language), here.path()),
            instance: site.app.instance.to_string(),
            who: Some(SignedInName {
                name: member.name.clone(),
                role: member.role,
            }),
            here,
        }
    }

    /// Makes the shell of a page for somebody who is not signed in, or not known to be.
    pub(crate) fn of_nobody(site: &Site, language: Option<&str>) -> Self {
        Self {
            page: site.page(language, Section::SignIn.path()),
            instance: site.app.instance.to_string(),
            who: None,
            here: Section::SignIn,
        }
    }

    pub(crate) fn sections(&self) -> &'static [Section] {
        let Some(who) = &self.who else { return &[] };
        match who.role {
            None => &[Section::Waiting, Section::Settings],
            Some(Role::Analyst) => &[Section::Inbox, Section::Settings],
            Some(Role::Officer) => &[Section::Desk, Section::Settings],
            Some(Role::Auditor) => &[Section::Log, Section::Settings],
            Some(Role::Administrator) => &[Section::Overview, Section::Settings],
            Some(Role::Clerk) => &[Section::Filing, Section::Settings],
        }
    }
}

//! The staff's pages. What is sealed is opened by the browser, never here.

pub mod case;
pub mod desk;
pub mod inbox;
pub mod sign_in;

use super::Page;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Analyst,
    Officer,
    Auditor,
    Administrator,
}

/// The parts of the staff's side; each role sees its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    SignIn,
    Inbox,
    Desk,
    Log,
    Overview,
}

impl Role {
    const fn key(self) -> &'static str {
        match self {
            Self::Analyst => "role-analyst",
            Self::Officer => "role-officer",
            Self::Auditor => "role-auditor",
            Self::Administrator => "role-administrator",
        }
    }
}

impl Place {
    const fn key(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in-title",
            Self::Inbox => "inbox-title",
            Self::Desk => "desk-title",
            Self::Log => "log-title",
            Self::Overview => "overview-title",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::SignIn => "/staff/sign-in",
            Self::Inbox => "/staff/inbox",
            Self::Desk => "/staff/desk",
            Self::Log => "/staff/log",
            Self::Overview => "/staff/overview",
        }
    }
}

impl Shell {
    fn places(&self) -> &'static [Place] {
        match self.who.as_ref().map(|who| who.role) {
            None => &[],
            Some(Role::Analyst) => &[Place::Inbox],
            Some(Role::Officer) => &[Place::Desk],
            Some(Role::Auditor) => &[Place::Log],
            Some(Role::Administrator) => &[Place::Overview, Place::Log],
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

//! Roles and states of staff. A member has one role only: an analyst who is also an officer could see both the narrative
//! and the identity, and an analyst who files at the counter would know the person behind a case.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// A member's one role.
    Role {
        Analyst = "analyst",
        Officer = "officer",
        Auditor = "auditor",
        Administrator = "administrator",
        Clerk = "clerk",
    }
}

impl Role {
    /// True if members of this role hold an area's key: analysts their areas', officers the desk's.
    #[must_use]
    pub const fn works_in_areas(self) -> bool {
        matches!(self, Self::Analyst | Self::Officer)
    }
}

text_enum! {
    /// The state of a member's account.
    StaffState {
        Active = "active",
        Left = "left",
    }
}

//! What a member of staff is. Nobody has two roles: an analyst who is also an officer could see both halves, and one who
//! also files at the counter would know who stands behind a case.

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
    /// Whether members of this role hold an area's key: analysts their areas', officers the desk's.
    #[must_use]
    pub const fn works_in_areas(self) -> bool {
        matches!(self, Self::Analyst | Self::Officer)
    }
}

text_enum! {
    /// Whether a member still works here.
    StaffState {
        Active = "active",
        Left = "left",
    }
}

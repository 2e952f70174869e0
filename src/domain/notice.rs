//! Notices: what people are told outside of Sigilo. They hold nothing of a case but, where somebody asked, its number.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// By which way a notice goes.
    NoticeChannel {
        Email = "email",
        Whatsapp = "whatsapp",
    }
}

text_enum! {
    /// What a notice says.
    NoticeKind {
        /// The case's number, right after somebody gave their address.
        Number = "number",
        /// There is something new on the case.
        News = "news",
        /// A member's summary: what is new, overdue, waiting; counts only.
        Digest = "digest",
    }
}

text_enum! {
    /// How often a member of staff wants a summary.
    Digest {
        Never = "never",
        Daily = "daily",
        Weekly = "weekly",
    }
}

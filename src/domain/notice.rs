//! Notices: messages to people outside of Sigilo. They hold nothing of a case except its number, if somebody asked for it.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// The channel by which a notice is sent.
    NoticeChannel {
        Email = "email",
        Whatsapp = "whatsapp",
    }
}

text_enum! {
    /// The content of a notice.
    NoticeKind {
        /// The case's number, sent as soon as somebody has given an address.
        Number = "number",
        /// There is something new on the case.
        News = "news",
        /// A staff member's summary: counts of new, overdue and waiting cases.
        Digest = "digest",
        /// To an auditor: an identity was opened.
        Opening = "opening",
    }
}

text_enum! {
    /// The interval at which a member of staff gets a summary.
    Digest {
        Never = "never",
        Daily = "daily",
        Weekly = "weekly",
    }
}

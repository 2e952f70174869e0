//! The attributes of a case that are in clear (DESIGN 4.3): to route and count by, never to identify by.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// What is filed: a complaint about the service, or a report of wrongdoing.
    Kind {
        Queja = "queja",
        Denuncia = "denuncia",
    }
}

text_enum! {
    /// How a report came in.
    Channel {
        Web = "web",
        Whatsapp = "whatsapp",
        Desk = "desk",
    }
}

text_enum! {
    /// Where the report was sealed: on the server, or in the reporter's browser.
    SealedBy {
        Server = "server",
        Browser = "browser",
    }
}

text_enum! {
    /// What an officer found about an identity.
    Verdict {
        Valid = "valid",
        Mismatch = "mismatch",
        Unreachable = "unreachable",
    }
}

text_enum! {
    /// What a record of a case holds (`docs/PROTOCOL.md`, section 2); identity records live in seals.
    RecordKind {
        Narrative = "narrative",
        SharedFields = "shared-fields",
        Message = "message",
        Note = "note",
        Reason = "reason",
    }
}

text_enum! {
    /// Where on a case's page a member types what is to be sealed.
    DraftField {
        Message = "message",
        Note = "note",
        Reason = "reason",
        ValidationRequest = "validation-request",
        Purpose = "purpose",
        Checks = "checks",
    }
}

text_enum! {
    /// Which of a case's two keys.
    KeyName {
        Shared = "shared",
        Staff = "staff",
    }
}

text_enum! {
    /// To whom a case's key is handed.
    KeyHolder {
        Area = "area",
        Reporter = "reporter",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_others_are_refused() {
        for kind in RecordKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        assert!("Queja".parse::<Kind>().is_err());
    }
}

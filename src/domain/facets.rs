//! The attributes of a case that stay in clear, for routing and counting. None of them identifies a person.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// The kind of report: a complaint about the service, or a report of wrongdoing.
    Kind {
        Queja = "queja",
        Denuncia = "denuncia",
    }
}

text_enum! {
    /// The channel by which a report came in.
    Channel {
        Web = "web",
        Whatsapp = "whatsapp",
        Desk = "desk",
    }
}

text_enum! {
    /// The place where the report was sealed: the server, or the reporter's browser.
    SealedBy {
        Server = "server",
        Browser = "browser",
    }
}

text_enum! {
    /// An officer's finding about an identity.
    Verdict {
        Valid = "valid",
        Mismatch = "mismatch",
        Unreachable = "unreachable",
    }
}

text_enum! {
    /// The content of a case's record (`docs/PROTOCOL.md`, section 2). Identity records are in identity seals.
    RecordKind {
        Narrative = "narrative",
        SharedFields = "shared-fields",
        Message = "message",
        Note = "note",
        Reason = "reason",
    }
}

text_enum! {
    /// The field of a case's page into which a member types a text that will be sealed.
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
    /// The name of one of a case's two keys.
    KeyName {
        Shared = "shared",
        Staff = "staff",
    }
}

text_enum! {
    /// The party to whom a case's key is given.
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

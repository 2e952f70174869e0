//! An attachment as its record describes it.

use crate::domain::ids::{AttachmentId, CaseId, InstanceId, RecordId};
use crate::vault::content::Attachment;
use crate::vault::record::{ContentKind, RecordContext};

/// An attachment's id and the content of its record.
#[derive(Debug)]
pub struct DescribedAttachment {
    /// Names the attachment; its record has the same id.
    pub id: AttachmentId,
    /// Name, media type, size, hash and key of the file.
    pub content: Attachment,
}

impl DescribedAttachment {
    /// Returns true while its sender has yet to decide whether to send a file that could not be cleaned.
    pub fn is_undecided(&self) -> bool {
        self.content.cleaning() == UNDECIDED
    }

    /// Makes another owned copy, where two owners really are needed.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let content = &self.content;
        Self {
            id: self.id,
            content: with_name(content, content.name().clone(), content.cleaning()),
        }
    }

    /// Returns the same file, marked as sent unchanged by its sender's choice.
    #[must_use]
    pub fn unchanged(&self) -> Self {
        Self {
            id: self.id,
            content: with_name(&self.content, self.content.name().clone(), UNCHANGED),
        }
    }
}

/// Value of `cleaning`: hidden data were looked for and removed.
pub const CLEANED: &str = "cleaned";
/// Value of `cleaning`: the file could not be cleaned, and the sender chose to send it as it is.
pub const UNCHANGED: &str = "unchanged";
/// Value of `cleaning` between arrival and that choice. Never part of a sealed record.
pub const UNDECIDED: &str = "undecided";

/// Returns the context of an attachment's record, whose id is that of the attachment.
///
/// # Panics
/// Never: an attachment's id is a version 4 UUID.
pub fn record_context(instance: InstanceId, case: CaseId, id: AttachmentId) -> RecordContext {
    RecordContext {
        instance,
        case,
        record: RecordId::try_from(id.as_uuid()).expect("an attachment's id is a version 4 UUID"),
        kind: ContentKind::Attachment,
    }
}

/// Returns the same content with another name or another value of `cleaning`.
pub fn with_name(content: &Attachment, name: String, cleaning: &str) -> Attachment {
    Attachment::new(
        name,
        content.r#type().clone(),
        *content.size(),
        content.sha256().clone(),
        content.key().clone(),
        cleaning.to_owned(),
        content.removed().clone(),
    )
}

//! The types that conversations share with the channel.

use zeroize::Zeroizing;

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{AttachmentId, CaseId, QueuedId};
use crate::service::intake::Prepared;
use crate::store::attachments::NewAttachment;
use crate::store::records::NewRecord;
use crate::vault::cookie::CookieToken;

/// A position in a queue.
pub type Cursor = (i64, QueuedId);

/// The position before the first item of a queue.
///
/// # Panics
/// Never: the id is a valid version 4 UUID.
pub fn beginning() -> Cursor {
    let smallest = uuid::Builder::from_random_bytes([0; 16]).into_uuid();
    (0, QueuedId::try_from(smallest).expect("a version 4 UUID"))
}

/// A notification from the queue, in clear.
#[derive(Debug)]
pub struct QueuedNotification {
    pub cursor: Cursor,
    /// `None` if it does not open: its key is gone, or somebody exchanged it.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// A person's conversation as one message finds it.
#[derive(Debug)]
pub struct Conversation {
    /// Hash of the person under today's key.
    pub(super) person: [u8; 32],
    /// Hashes of the same person under the older keys.
    pub(super) former_hashes: Vec<[u8; 32]>,
    /// Hash and revision of the row from which it was read.
    pub(super) before: Option<(Vec<u8>, i64)>,
    /// Hash of the message.
    pub(super) seen: [u8; 32],
    /// The state that the channel stored. `None` for a new person.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// An effect of a message, besides its answers.
#[derive(Debug)]
pub enum ConversationEffect {
    /// Stores a report, with the files of the token.
    SubmitReport(Box<Prepared>, CookieToken),
    /// Adds a message of the reporter to a case.
    AppendMessage(CaseId, NewRecord),
    /// Adds files of an owner to a case.
    AddFiles(CaseId, Vec<u8>, Vec<NewAttachment>),
    /// Gives a file that arrived with this message to its owner.
    AdoptFile {
        id: AttachmentId,
        from: Vec<u8>,
        to: Vec<u8>,
        /// The description, sealed for the new owner.
        description: Vec<u8>,
    },
    /// Keeps a file that nobody could clean, with a new description.
    KeepFile {
        id: AttachmentId,
        owner: Vec<u8>,
        description: Vec<u8>,
    },
    /// Removes a file.
    RemoveFile { id: AttachmentId, owner: Vec<u8> },
    /// Removes all files of the token.
    DiscardFiles(CookieToken),
    /// Sends notices about a case to this sealed address.
    SetNoticeAddress(CaseId, Vec<u8>),
    /// Sends no more notices about a case.
    RemoveNoticeAddress(CaseId),
}

/// A message to a person, before it is sealed and queued.
#[derive(Debug)]
pub struct OutboundMessage {
    pub body: Zeroizing<Vec<u8>>,
    /// True if a later prompt may take its place while it is not sent yet.
    pub is_prompt: bool,
}

/// A message from the outbound queue.
#[derive(Debug)]
pub struct QueuedMessage {
    pub cursor: Cursor,
    /// Hash of the person. Messages with the same hash go in order.
    pub person: Vec<u8>,
    pub attempts: i64,
    pub next_at: UnixSeconds,
    /// `None` if it does not open any more.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

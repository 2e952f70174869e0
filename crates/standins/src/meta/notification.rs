//! Parts of a notification to the webhook.

use serde_json::Value;

/// A message or a status in a notification.
#[derive(Clone)]
pub(super) enum Part {
    Message { contact: Value, message: Value },
    Status(Value),
}

/// A notification as bytes, with the ids of its messages.
#[derive(Clone)]
pub(super) struct Notification {
    pub(super) body: Vec<u8>,
    pub(super) wamids: Vec<String>,
}

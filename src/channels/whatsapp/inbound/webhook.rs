//! The webhook that Meta calls: the handshake, and notifications. A notification is on the disk, sealed, before we answer.
//! Notifications that come at the same time share one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use subtle::ConstantTimeEq as _;
use tokio::sync::{Notify, mpsc, oneshot};

use super::notification::Notification;
use super::signature::is_signed_by_meta;
use crate::config::WhatsappConfig;
use crate::keyfile::WhatsappKeys;
use crate::service::App;

/// Notifications that share one transaction.
const MAX_BATCH: usize = 256;
/// Notifications that may wait for a transaction. We refuse further ones, and Meta delivers them again.
const MAX_UNSTORED: usize = 2048;

/// The answer to a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WebhookOutcome {
    /// The notification is on the disk, or it has nothing for us.
    Accepted,
    /// The call is not from Meta.
    Forged,
    /// The queue is full or the disk fails. Meta delivers it again.
    RetryLater,
}

type Unstored = (Vec<u8>, oneshot::Sender<bool>);

/// Receives the calls of Meta.
#[derive(Clone)]
pub struct Webhook {
    keys: Arc<WhatsappKeys>,
    phone_number_id: Arc<str>,
    /// Our number as people dial it.
    number: Option<Arc<str>>,
    to_store: mpsc::Sender<Unstored>,
    /// The number of signed calls that were no notification.
    malformed: Arc<AtomicU64>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhook(…)")
    }
}

impl Webhook {
    /// Stores notifications for as long as the webhook lives, and wakes the inbound worker through `arrived`.
    pub(crate) fn open(app: Arc<App>, keys: Arc<WhatsappKeys>, config: &WhatsappConfig, arrived: Arc<Notify>) -> Self {
        let (to_store, unstored) = mpsc::channel(MAX_UNSTORED);
        tokio::spawn(store_notifications(app, unstored, arrived));
        Self {
            keys,
            phone_number_id: config.phone_number_id.as_str().into(),
            number: config.number.as_deref().map(Into::into),
            to_store,
            malformed: Arc::default(),
        }
    }

    /// The number to which people write, if it is to be shown.
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// Answers the handshake: returns the challenge if the verify token is ours.
    pub fn challenge<'a>(&self, mode: &str, token: &str, challenge: &'a str) -> Option<&'a str> {
        let known = self.keys.verify_token.as_bytes();
        let is_known: bool = token.as_bytes().ct_eq(known).into();
        (mode == "subscribe" && is_known && !known.is_empty()).then_some(challenge)
    }

    /// Receives the raw bytes of a call with the signature from its header.
    pub async fn receive(&self, signature: Option<&str>, body: Vec<u8>) -> WebhookOutcome {
        if !is_signed_by_meta(&self.keys.app_secret, signature, &body) {
            return WebhookOutcome::Forged;
        }
        match Notification::parse(&body, &self.phone_number_id) {
            Err(_) => {
                // Another delivery would be the same.
                let count = self.malformed.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::warn!(count, "a signed call is not a notification");
                return WebhookOutcome::Accepted;
            }
            Ok(notification) => {
                for code in &notification.delivery_errors {
                    tracing::warn!(code, "a message could not be delivered");
                }
                if notification.unreadable > 0 {
                    tracing::warn!(count = notification.unreadable, "messages without an id or a sender");
                }
                if notification.messages.is_empty() {
                    return WebhookOutcome::Accepted;
                }
            }
        }
        let (stored, is_stored) = oneshot::channel();
        if self.to_store.try_send((body, stored)).is_err() {
            return WebhookOutcome::RetryLater;
        }
        match is_stored.await {
            Ok(true) => WebhookOutcome::Accepted,
            Ok(false) | Err(_) => WebhookOutcome::RetryLater,
        }
    }
}

/// Stores notifications, all that have come meanwhile in one transaction.
async fn store_notifications(app: Arc<App>, mut unstored: mpsc::Receiver<Unstored>, arrived: Arc<Notify>) {
    let mut batch = Vec::new();
    while unstored.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let (bodies, callers): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let outcome = app.conversations.enqueue_notifications(&bodies).await;
        if let Err(error) = &outcome {
            tracing::error!(%error, "notifications could not be stored; Meta delivers them again");
        }
        for caller in callers {
            // A caller that has gone away delivers it again, and it still counts once.
            let _ = caller.send(outcome.is_ok());
        }
        arrived.notify_one();
    }
}

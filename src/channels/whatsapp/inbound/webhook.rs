//! Where Meta delivers: the handshake, and notifications that are on the disk before they are answered. Many that come at
//! once share one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use subtle::ConstantTimeEq as _;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::channels::whatsapp::inbound::notification::Delivered;
use crate::channels::whatsapp::inbound::signature::is_signed_by_meta;
use crate::config::WhatsappConfig;
use crate::keyfile::WhatsappKeys;
use crate::service::App;

/// Notifications that are stored together.
const TOGETHER: usize = 256;
/// Those that may wait for that; a further one is Meta's to deliver again.
const WAITING: usize = 2048;

/// What came of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WebhookOutcome {
    /// On the disk, or nothing that we could do anything with.
    Accepted,
    /// Not from Meta.
    Forged,
    /// The queue is full or the disk fails: Meta delivers it again.
    RetryLater,
}

/// Takes what Meta delivers.
#[derive(Clone)]
pub struct Webhook {
    keys: Arc<WhatsappKeys>,
    phone_number_id: Arc<str>,
    /// The number as people dial it.
    number: Option<Arc<str>>,
    to_store: mpsc::Sender<(Vec<u8>, oneshot::Sender<bool>)>,
    /// Calls that were signed and no notification.
    malformed: Arc<AtomicU64>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhook(…)")
    }
}

impl Webhook {
    /// Stores what comes for as long as the inbox lives, and rings `arrived`.
    pub(crate) fn open(app: Arc<App>, keys: Arc<WhatsappKeys>, config: &WhatsappConfig, arrived: Arc<Notify>) -> Self {
        let (to_store, from_calls) = mpsc::channel(WAITING);
        tokio::spawn(store(app, from_calls, arrived));
        Self {
            keys,
            phone_number_id: config.phone_number_id.as_str().into(),
            number: config.number.as_deref().map(Into::into),
            to_store,
            malformed: Arc::default(),
        }
    }

    /// The number to which people write, where it shall be shown.
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// The handshake: what to echo when it is Meta that asks.
    pub fn challenge<'a>(&self, mode: &str, token: &str, challenge: &'a str) -> Option<&'a str> {
        let known = self.keys.verify_token.as_bytes();
        let is_known: bool = token.as_bytes().ct_eq(known).into();
        (mode == "subscribe" && is_known && !known.is_empty()).then_some(challenge)
    }

    /// Takes a call's raw bytes with the signature that came with them.
    pub async fn receive(&self, signature: Option<&str>, body: Vec<u8>) -> WebhookOutcome {
        if !is_signed_by_meta(&self.keys.app_secret, signature, &body) {
            return WebhookOutcome::Forged;
        }
        match Delivered::read(&body, &self.phone_number_id) {
            Err(_) => {
                // Delivered again it would be no better.
                let count = self.malformed.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::warn!(count, "a signed call that is no notification");
                return WebhookOutcome::Accepted;
            }
            Ok(delivered) => {
                for code in &delivered.failures {
                    tracing::warn!(code, "a message could not be delivered");
                }
                if delivered.unreadable > 0 {
                    tracing::warn!(count = delivered.unreadable, "messages without an id or a sender");
                }
                if delivered.messages.is_empty() {
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
            _ => WebhookOutcome::RetryLater,
        }
    }
}

/// Stores notifications, as many at once as have come meanwhile.
async fn store(app: Arc<App>, mut calls: mpsc::Receiver<(Vec<u8>, oneshot::Sender<bool>)>, arrived: Arc<Notify>) {
    let mut batch = Vec::new();
    while calls.recv_many(&mut batch, TOGETHER).await > 0 {
        let (bodies, waiting): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let outcome = app.enqueue_notifications(&bodies).await;
        if let Err(error) = &outcome {
            tracing::error!(%error, "notifications could not be stored; Meta delivers them again");
        }
        for caller in waiting {
            // One that has gone away is delivered again, and counts once.
            let _ = caller.send(outcome.is_ok());
        }
        arrived.notify_one();
    }
}

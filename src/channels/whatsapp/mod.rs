//! WhatsApp by Meta's Cloud API: the same dialogue as in the web chat, in messages.
//!
//! What Meta delivers is checked and on the disk, sealed, before it is answered ([`Webhook`]). From there each person's
//! messages are heard one after the other (`listening`, `hear`); what a message brings about, the answers to it, and that
//! it was heard are one transaction. Answers wait sealed until Meta has taken them (`speaking`). Senders and messages are
//! known by keyed hashes; nothing of them reaches a log.

mod conversation;
mod inbound;
mod outbound;

pub use inbound::webhook::{Webhook, WebhookOutcome};

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::config::WhatsappConfig;
use crate::i18n::Languages;
use crate::keyfile::WhatsappKeys;
use crate::service::{App, Result};
use outbound::api::Api;

/// How many messages for our number stand in the body of a call of Meta's, readable or not; none when it is no such body.
pub fn count_messages(body: &[u8], phone_number_id: &str) -> Option<usize> {
    let delivered = inbound::notification::Delivered::read(body, phone_number_id).ok()?;
    Some(delivered.messages.len() + delivered.unreadable)
}

/// The lease of whoever listens and speaks, and how often it is kept.
const LEASE: &str = "whatsapp";
const KEEP: Duration = Duration::from_secs(10);

/// The channel.
pub struct WhatsApp {
    app: Arc<App>,
    languages: Languages,
    public_url: String,
    config: WhatsappConfig,
    api: Api,
    webhook: Webhook,
    arrived: Arc<Notify>,
    to_say: Notify,
    /// Whether this process has the lease, and when it was kept.
    held: Mutex<Option<(bool, Instant)>>,
}

impl std::fmt::Debug for WhatsApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WhatsApp(…)")
    }
}

impl WhatsApp {
    /// Ready to take what Meta delivers; [`WhatsApp::run`] works it off.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(
        app: Arc<App>,
        languages: Languages,
        public_url: &str,
        config: WhatsappConfig,
        keys: WhatsappKeys,
    ) -> Result<Self, String> {
        let api = Api::new(&config, &keys)?;
        let arrived = Arc::new(Notify::new());
        let webhook = Webhook::open(app.clone(), Arc::new(keys), &config, arrived.clone());
        Ok(Self {
            app,
            languages,
            public_url: public_url.to_owned(),
            config,
            api,
            webhook,
            arrived,
            to_say: Notify::new(),
            held: Mutex::default(),
        })
    }

    /// Where Meta delivers.
    pub fn webhook(&self) -> Webhook {
        self.webhook.clone()
    }

    /// Listens and speaks until `stop` changes.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let listening = inbound::worker::listen(self.clone(), self.arrived.clone(), stop.clone());
        let speaking = outbound::worker::speak(self.clone(), stop);
        tokio::join!(listening, speaking);
        if let Err(error) = self.app.release(LEASE).await {
            tracing::warn!(%error, "the lease of WhatsApp runs out by itself");
        }
    }

    /// Whether it is this process that listens and speaks, of several that serve one database.
    async fn is_ours(&self) -> Result<bool> {
        let known = *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((held, at)) = known
            && at.elapsed() < KEEP
        {
            return Ok(held);
        }
        let held = self.app.hold(LEASE).await?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((held, Instant::now()));
        Ok(held)
    }
}

//! The channel: its webhook, and the workers for inbound messages, outbound messages, and notices.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::conversation::turn::TurnContext;
use super::inbound::notification::Notification;
use super::inbound::webhook::Webhook;
use super::inbound::worker::InboundHandler;
use super::outbound::api::Api;
use super::outbound::notices::NoticeHandler;
use super::outbound::worker::OutboundHandler;
use crate::config::WhatsappConfig;
use crate::i18n::Languages;
use crate::keyfile::WhatsappKeys;
use crate::service::App;
use crate::service::operations::worker::Worker;

/// The name of the lease. The process that has it runs all workers of the channel.
const LEASE: &str = "whatsapp";
/// Time between two looks at a queue that nobody announces: another process may have added to it.
const QUEUE_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Time between two looks at the notices.
const NOTICE_POLL_INTERVAL: Duration = Duration::from_secs(10);

/// Counts the messages for our number in a call of Meta's, readable or not. `None` if it is not a notification.
pub fn count_messages(body: &[u8], phone_number_id: &str) -> Option<usize> {
    let notification = Notification::parse(body, phone_number_id).ok()?;
    Some(notification.messages.len() + notification.unreadable)
}

/// The channel.
pub struct WhatsApp {
    context: Arc<TurnContext>,
    config: WhatsappConfig,
    webhook: Webhook,
    /// Wakes the inbound worker.
    inbound: Arc<Notify>,
}

impl std::fmt::Debug for WhatsApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WhatsApp(…)")
    }
}

impl WhatsApp {
    /// Sets the channel up. The webhook stores notifications from now on; [`WhatsApp::run`] works them off.
    ///
    /// # Errors
    /// A sentence that names the wrong setting.
    pub fn new(
        app: Arc<App>,
        languages: Languages,
        public_url: &str,
        config: WhatsappConfig,
        keys: WhatsappKeys,
    ) -> Result<Self, String> {
        let api = Arc::new(Api::new(&config, &keys)?);
        let inbound = Arc::new(Notify::new());
        let webhook = Webhook::open(app.clone(), Arc::new(keys), &config, inbound.clone());
        Ok(Self {
            context: Arc::new(TurnContext {
                app,
                languages,
                api,
                public_url: public_url.to_owned(),
            }),
            config,
            webhook,
            inbound,
        })
    }

    /// The receiver of Meta's calls.
    pub fn webhook(&self) -> Webhook {
        self.webhook.clone()
    }

    /// Handles and sends messages until `stop` is true.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let (app, api) = (&self.context.app, &self.context.api);
        let lease = Arc::new(app.operations.lease(LEASE));
        let worker = |name, poll_interval| Worker::new(name, lease.clone(), app.metrics.clone(), poll_interval);
        let outbound = Arc::new(Notify::new());
        let inbound_worker = worker("whatsapp inbound", QUEUE_POLL_INTERVAL).woken_by(self.inbound.clone());
        let outbound_worker = worker("whatsapp outbound", QUEUE_POLL_INTERVAL).woken_by(outbound.clone());
        let notice_worker = worker("whatsapp notices", NOTICE_POLL_INTERVAL);
        let inbound_handler = InboundHandler::new(
            self.context.clone(),
            self.config.phone_number_id.clone(),
            self.inbound.clone(),
            outbound.clone(),
            stop.clone(),
        );
        let rate = self.config.messages_per_second;
        let outbound_handler = OutboundHandler::new(app.clone(), api.clone(), rate, outbound);
        let notice_handler = NoticeHandler::new(app.clone(), api.clone(), self.config.news_template.clone());
        tokio::join!(
            inbound_worker.run(inbound_handler, stop.clone()),
            outbound_worker.run(outbound_handler, stop.clone()),
            notice_worker.run(notice_handler, stop),
        );
        inbound_worker.release_lease().await;
    }
}

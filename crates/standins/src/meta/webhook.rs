//! The webhook as tests control it: subscription, held notifications, retries.

use std::time::Duration;

use reqwest::Url;

use crate::meta::delivery::{Delivery, ReleaseOrder};
use crate::meta::notification::Part;
use crate::meta::server::Meta;

impl Meta {
    /// Makes this address the webhook, if it passes the handshake. Waiting notifications go there too.
    ///
    /// # Errors
    /// The reason why the handshake failed.
    pub async fn subscribe(&self, webhook: &str) -> Result<(), String> {
        let settings = &self.shared.settings;
        let challenge = self.shared.state().number();
        let query = [
            ("hub.mode", "subscribe"),
            ("hub.challenge", challenge.as_str()),
            ("hub.verify_token", settings.verify_token.as_str()),
        ];
        let url = Url::parse_with_params(webhook, query).map_err(|error| error.to_string())?;
        let answer = self.shared.client.get(url).send().await;
        let answer = answer.map_err(|_| "the webhook does not answer".to_owned())?;
        let status = answer.status().as_u16();
        let echoed = answer.bytes().await.unwrap_or_default();
        if status != 200 {
            return Err(format!("the webhook answered the handshake with {status}"));
        }
        if echoed != challenge {
            return Err("the webhook did not echo the challenge".into());
        }
        self.shared.state().webhook = Some(webhook.into());
        Ok(())
    }

    /// Holds notifications back until [`Meta::release`].
    pub fn hold(&self) {
        self.shared.state().held.get_or_insert_default();
    }

    /// Number of held messages and statuses.
    pub fn held(&self) -> usize {
        self.shared.state().held.as_ref().map_or(0, Vec::len)
    }

    /// Sends the held messages and statuses in this order. Returns the result of each notification.
    pub async fn release(&self, order: ReleaseOrder) -> Vec<Delivery> {
        let mut parts = self.shared.state().held.take().unwrap_or_default();
        if order == ReleaseOrder::Reversed {
            parts.reverse();
        }
        let groups: Vec<&[Part]> = match order {
            ReleaseOrder::Together if parts.is_empty() => Vec::new(),
            ReleaseOrder::Together => vec![&parts],
            ReleaseOrder::InOrder | ReleaseOrder::Reversed | ReleaseOrder::Twice => parts.chunks(1).collect(),
        };
        let times = if order == ReleaseOrder::Twice { 2 } else { 1 };
        let mut results = Vec::new();
        for group in groups {
            for _ in 0..times {
                let post = self.shared.notification(group);
                results.push(self.shared.attempt(post).await);
            }
        }
        results
    }

    /// Posts raw bytes to the webhook once. Returns the status, or `None` without an answer.
    pub async fn post(&self, body: impl Into<Vec<u8>>, signature: Option<&str>) -> Option<u16> {
        self.shared.post(body.into(), signature).await
    }

    /// The signature that Meta would send with these bytes.
    pub fn sign(&self, body: &[u8]) -> String {
        self.shared.sign(body)
    }

    /// Number of notifications that wait for another attempt.
    pub fn waiting(&self) -> usize {
        self.shared.state().waiting.len()
    }

    /// Retries each waiting notification once. Returns the results.
    pub async fn retry_now(&self) -> Vec<Delivery> {
        self.shared.retry_all().await
    }

    /// Waits until the webhook has accepted every notification that is not held.
    ///
    /// # Panics
    /// After a minute.
    pub async fn wait_until_delivered(&self) {
        let mut changes = self.shared.changes.subscribe();
        let wait = async {
            loop {
                changes.mark_unchanged();
                if self.shared.state().open == 0 {
                    return;
                }
                changes.changed().await.expect("the server is still there");
            }
        };
        let delivered = tokio::time::timeout(Duration::from_mins(1), wait).await;
        assert!(
            delivered.is_ok(),
            "the webhook does not accept the waiting notifications"
        );
    }
}

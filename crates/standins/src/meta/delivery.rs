//! Delivers notifications to the webhook: signed, and at least once.

use std::fmt::Write as _;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::meta::notification::{Notification, Part};
use crate::meta::state::Shared;

/// The header that carries the signature over the raw bytes.
const SIGNATURE: &str = "X-Hub-Signature-256";
/// The id of the account to which the number belongs.
const ACCOUNT: &str = "200000000000002";

/// The result of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The webhook answered 200.
    Taken,
    /// The webhook answered another status. The notification waits for another attempt.
    Refused(u16),
    /// The webhook did not answer. The notification waits for another attempt.
    Unreachable,
    /// The notification is held back: [`crate::meta::Meta::hold`].
    Held,
}

/// The order in which held notifications are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseOrder {
    /// The order in which they were made.
    InOrder,
    /// The reverse of it.
    Reversed,
    /// Each notification twice in a row.
    Twice,
    /// All in one notification.
    Together,
}

/// Retries waiting notifications in intervals.
pub(super) async fn retry_forever(shared: Arc<Shared>) {
    loop {
        if shared.state().waiting.is_empty() {
            shared.retry_needed.notified().await;
        }
        tokio::time::sleep(shared.settings.retry_interval).await;
        shared.retry_all().await;
    }
}

impl Shared {
    /// Sends one message or status, unless notifications are held.
    pub(super) async fn deliver(&self, part: Part) -> Delivery {
        {
            let mut state = self.state();
            if let Some(held) = &mut state.held {
                held.push(part);
                return Delivery::Held;
            }
        }
        let post = self.notification(&[part]);
        self.attempt(post).await
    }

    /// Sends the statuses of a message, one notification after the other.
    pub(super) fn send_statuses(self: &Arc<Self>, statuses: Vec<Value>) {
        let shared = self.clone();
        // Counted before the task begins, so that no one mistakes the pause before it for the end.
        shared.state().open += 1;
        tokio::spawn(async move {
            for status in statuses {
                shared.deliver(Part::Status(status)).await;
            }
            shared.state().open -= 1;
            shared.changed();
        });
    }

    pub(super) fn notification(&self, parts: &[Part]) -> Notification {
        let (mut contacts, mut messages, mut statuses, mut wamids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            match part {
                Part::Message { contact, message } => {
                    if !contacts.contains(contact) {
                        contacts.push(contact.clone());
                    }
                    wamids.extend(message["id"].as_str().map(str::to_owned));
                    messages.push(message.clone());
                }
                Part::Status(status) => statuses.push(status.clone()),
            }
        }
        let mut changes = Vec::new();
        if !messages.is_empty() {
            changes.push(self.change(&[("contacts", contacts), ("messages", messages)]));
        }
        if !statuses.is_empty() {
            changes.push(self.change(&[("statuses", statuses)]));
        }
        let body = json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": ACCOUNT, "changes": changes }],
        });
        self.state().open += 1;
        Notification {
            body: escape(&body.to_string()).into_bytes(),
            wamids,
        }
    }

    fn change(&self, fields: &[(&str, Vec<Value>)]) -> Value {
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": self.settings.display_phone_number,
                "phone_number_id": self.settings.phone_number_id,
            },
        });
        for (name, list) in fields {
            value[*name] = json!(list);
        }
        json!({ "value": value, "field": "messages" })
    }

    /// Attempts a delivery. A notification that is not accepted waits for the next attempt.
    pub(super) async fn attempt(&self, post: Notification) -> Delivery {
        let delivery = match self.post(post.body.clone(), Some(&self.sign(&post.body))).await {
            Some(200) => Delivery::Taken,
            Some(status) => Delivery::Refused(status),
            None => Delivery::Unreachable,
        };
        {
            let mut state = self.state();
            if delivery == Delivery::Taken {
                state.open -= 1;
                for user in &mut state.users {
                    let own = user.thread.iter_mut().filter(|bubble| bubble.state == "waiting");
                    for bubble in own.filter(|bubble| post.wamids.contains(&bubble.message.wamid)) {
                        bubble.state = "taken";
                        user.version += 1;
                    }
                }
            } else {
                state.waiting.push_back(post);
                self.retry_needed.notify_one();
            }
        }
        self.changed();
        delivery
    }

    pub(super) async fn retry_all(&self) -> Vec<Delivery> {
        let _alone = self.retrying.lock().await;
        let waiting = std::mem::take(&mut self.state().waiting);
        let mut results = Vec::new();
        for post in waiting {
            results.push(self.attempt(post).await);
        }
        results
    }

    pub(super) async fn post(&self, body: Vec<u8>, signature: Option<&str>) -> Option<u16> {
        let webhook = self.state().webhook.clone()?;
        let mut request = self
            .client
            .post(webhook)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "facebookexternalua")
            .body(body);
        if let Some(signature) = signature {
            request = request.header(SIGNATURE, signature);
        }
        let answer = request.send().await.ok()?;
        Some(answer.status().as_u16())
    }

    pub(super) fn sign(&self, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.settings.app_secret.as_bytes())
            .expect("an HMAC takes keys of any length");
        mac.update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }
}

/// Escapes JSON as Meta does: slashes and all characters outside of ASCII. So only the raw bytes fit the signature.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '/' => out.push_str("\\/"),
            letter if letter.is_ascii() => out.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect("strings grow");
                }
            }
        }
    }
    out
}

//! Notifications to the webhook: signed, at least once, and in any order that a test asks for.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Inner, Meta};

/// The header that carries the signature over the raw bytes.
const SIGNATURE: &str = "X-Hub-Signature-256";
/// The id of the account to which the number belongs.
const ACCOUNT: &str = "200000000000002";

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The webhook answered 200.
    Taken,
    /// It answered something else; the notification is kept and tried again.
    Refused(u16),
    /// It did not answer; the notification is kept and tried again.
    Unreachable,
    /// Not tried yet: [`Meta::hold`].
    Held,
}

/// In which order held notifications go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    AsMade,
    Reversed,
    /// Each one, and at once again.
    Twice,
    /// All in one notification.
    Together,
}

/// One message or status inside a notification.
#[derive(Clone)]
pub(super) enum Part {
    Message { contact: Value, message: Value },
    Status(Value),
}

/// A notification as bytes, with the ids of the messages in it.
#[derive(Clone)]
pub(super) struct Post {
    body: Vec<u8>,
    wamids: Vec<String>,
}

impl Meta {
    /// Makes this address the webhook, if it passes the handshake. What waits goes there too.
    ///
    /// # Errors
    /// Says why the handshake failed.
    pub(crate) async fn subscribe(&self, webhook: &str) -> Result<(), String> {
        let settings = &self.inner.settings;
        let challenge = self.inner.state().number();
        let query = [
            ("hub.mode", "subscribe"),
            ("hub.challenge", challenge.as_str()),
            ("hub.verify_token", settings.verify_token.as_str()),
        ];
        let url = Url::parse_with_params(webhook, query).map_err(|error| error.to_string())?;
        let answer = self.inner.client.get(url).send().await;
        let answer = answer.map_err(|_| "the webhook does not answer".to_owned())?;
        let status = answer.status().as_u16();
        let echoed = answer.bytes().await.unwrap_or_default();
        if status != 200 {
            return Err(format!("the webhook answered the handshake with {status}"));
        }
        if echoed != challenge {
            return Err("the webhook did not echo the challenge".into());
        }
        self.inner.state().webhook = Some(webhook.into());
        Ok(())
    }

    /// From now on notifications are collected and not sent.
    pub(crate) fn hold(&self) {
        self.inner.state().held.get_or_insert_default();
    }

    /// How many messages and statuses are held.
    pub(crate) fn held(&self) -> usize {
        self.inner.state().held.as_ref().map_or(0, Vec::len)
    }

    /// Ends the holding: sends what was collected in this order, and tells what became of each.
    pub(crate) async fn release(&self, order: Order) -> Vec<Delivery> {
        let mut parts = self.inner.state().held.take().unwrap_or_default();
        if order == Order::Reversed {
            parts.reverse();
        }
        let groups: Vec<&[Part]> = match order {
            Order::Together if parts.is_empty() => Vec::new(),
            Order::Together => vec![&parts],
            Order::AsMade | Order::Reversed | Order::Twice => parts.chunks(1).collect(),
        };
        let times = if order == Order::Twice { 2 } else { 1 };
        let mut results = Vec::new();
        for group in groups {
            for _ in 0..times {
                let post = self.inner.notification(group);
                results.push(self.inner.attempt(post).await);
            }
        }
        results
    }

    /// Posts these bytes to the webhook as they are, once. The status, or none without an answer.
    pub(crate) async fn post(&self, body: impl Into<Vec<u8>>, signature: Option<&str>) -> Option<u16> {
        self.inner.post(body.into(), signature).await
    }

    /// The signature that Meta would give these bytes.
    pub(crate) fn sign(&self, body: &[u8]) -> String {
        self.inner.sign(body)
    }

    /// How many notifications wait for another attempt.
    pub(crate) fn waiting(&self) -> usize {
        self.inner.state().waiting.len()
    }

    /// Tries what waits now, each once, and tells what became of it.
    pub(crate) async fn retry_now(&self) -> Vec<Delivery> {
        self.inner.retry().await
    }

    /// Waits until the webhook has taken everything that was not held.
    ///
    /// # Panics
    /// When that takes longer than a minute.
    pub(crate) async fn settled(&self) {
        let mut changes = self.inner.changes.subscribe();
        let wait = async {
            loop {
                changes.mark_unchanged();
                if self.inner.state().open == 0 {
                    return;
                }
                changes.changed().await.expect("the server is still there");
            }
        };
        let settled = tokio::time::timeout(Duration::from_mins(1), wait).await;
        assert!(settled.is_ok(), "the webhook does not take what waits for it");
    }
}

/// Tries what waits, as long as something does.
pub(super) async fn retry(inner: Arc<Inner>) {
    loop {
        if inner.state().waiting.is_empty() {
            inner.kept.notified().await;
        }
        tokio::time::sleep(inner.settings.retry).await;
        inner.retry().await;
    }
}

impl Inner {
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

    /// Tells the fate of a message that went out, one notification after the other.
    pub(super) fn tell_statuses(self: &Arc<Self>, statuses: Vec<Value>) {
        let inner = self.clone();
        // Counted before the task begins, so that nobody takes the silence before it for the end.
        inner.state().open += 1;
        tokio::spawn(async move {
            for status in statuses {
                inner.deliver(Part::Status(status)).await;
            }
            inner.state().open -= 1;
            inner.changed();
        });
    }

    fn notification(&self, parts: &[Part]) -> Post {
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
        Post {
            body: escaped(&body.to_string()).into_bytes(),
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

    /// One attempt; what is not taken waits for the next.
    async fn attempt(&self, post: Post) -> Delivery {
        let delivery = match self.post(post.body.clone(), Some(&self.sign(&post.body))).await {
            Some(200) => Delivery::Taken,
            Some(status) => Delivery::Refused(status),
            None => Delivery::Unreachable,
        };
        {
            let mut state = self.state();
            if delivery == Delivery::Taken {
                state.open -= 1;
                for human in &mut state.people {
                    let own = human.thread.iter_mut().filter(|bubble| bubble.state == "waiting");
                    for bubble in own.filter(|bubble| post.wamids.contains(&bubble.message.wamid)) {
                        bubble.state = "taken";
                        human.version += 1;
                    }
                }
            } else {
                state.waiting.push_back(post);
                self.kept.notify_one();
            }
        }
        self.changed();
        delivery
    }

    async fn retry(&self) -> Vec<Delivery> {
        let _alone = self.retrying.lock().await;
        let waiting = std::mem::take(&mut self.state().waiting);
        let mut results = Vec::new();
        for post in waiting {
            results.push(self.attempt(post).await);
        }
        results
    }

    async fn post(&self, body: Vec<u8>, signature: Option<&str>) -> Option<u16> {
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

    fn sign(&self, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.settings.app_secret.as_bytes())
            .expect("an HMAC takes keys of any length");
        mac.update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }
}

/// JSON as Meta writes it: slashes and all that is not ASCII escaped. Who signs anything but the raw bytes fails.
fn escaped(json: &str) -> String {
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

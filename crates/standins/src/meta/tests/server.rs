//! A stand-in for each test, with a webhook and a fixed clock.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::meta::server::Meta;
use crate::meta::settings::Settings;

pub(super) const PHONE: &str = "593990000001";
pub(super) const USER_ID: &str = "EC.1234567890";
pub(super) const DAY_SECONDS: i64 = 24 * 60 * 60;

/// A signature, and the raw bytes of the notification.
pub(super) type Notified = (Option<String>, Bytes);

/// A webhook that stores notifications, and can refuse them.
#[derive(Clone, Default)]
pub(super) struct Webhook {
    pub(super) got: Arc<Mutex<Vec<Notified>>>,
    pub(super) refusing: Arc<AtomicBool>,
}

impl Webhook {
    /// All accepted notifications.
    pub(super) fn notifications(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        got.iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }

    /// The texts of their messages, in order.
    pub(super) fn texts(&self) -> Vec<String> {
        let values = self.notifications();
        let messages = values
            .iter()
            .filter_map(|body| body["entry"][0]["changes"][0]["value"]["messages"].as_array());
        messages
            .flatten()
            .map(|message| message["text"]["body"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub(super) fn message(&self) -> Value {
        self.notifications().last().unwrap()["entry"][0]["changes"][0]["value"]["messages"][0].clone()
    }
}

async fn handshake(
    State(token): State<(String, Webhook)>,
    Query(query): Query<Vec<(String, String)>>,
) -> (StatusCode, String) {
    let value = |name: &str| {
        let found = query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    if value("hub.mode") != "subscribe" || value("hub.verify_token") != token.0 {
        return (StatusCode::FORBIDDEN, String::new());
    }
    (StatusCode::OK, value("hub.challenge"))
}

async fn notified(State((_, webhook)): State<(String, Webhook)>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if webhook.refusing.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let signature = headers.get("X-Hub-Signature-256");
    let signature = signature.map(|value| value.to_str().unwrap().to_owned());
    webhook.got.lock().unwrap().push((signature, body));
    StatusCode::OK
}

pub(super) struct TestServer {
    pub(super) meta: Meta,
    pub(super) webhook: Webhook,
    pub(super) clock: Arc<AtomicI64>,
    pub(super) client: reqwest::Client,
}

/// Starts a stand-in with a webhook and a fixed clock, without status notifications.
pub(super) async fn start() -> TestServer {
    let clock = Arc::new(AtomicI64::new(1_800_000_000));
    let now = clock.clone();
    let mut settings = Settings::synthetic(Arc::new(move || now.load(Ordering::SeqCst)));
    settings.retry_interval = Duration::from_millis(5);
    let token = settings.verify_token.clone();
    let meta = Meta::start(settings).await.unwrap();
    meta.set_statuses(&[]);
    let webhook = Webhook::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?of=whatsapp", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/hook", get(handshake).post(notified))
        .with_state((token, webhook.clone()));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    meta.subscribe(&url).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    TestServer {
        meta,
        webhook,
        clock,
        client,
    }
}

impl TestServer {
    /// Posts a message. Returns the status and Meta's error code, 0 for success.
    pub(super) async fn send(&self, body: &Value) -> (u16, u64) {
        let request = self.request().bearer_auth("a-synthetic-access-token");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        if status == 200 {
            assert_eq!(body["messaging_product"], "whatsapp");
            assert!(body["messages"][0]["id"].as_str().unwrap().starts_with("wamid."));
        } else {
            assert_eq!(body["error"]["type"], "OAuthException");
            assert_eq!(body["error"]["error_data"]["messaging_product"], "whatsapp");
        }
        (status, body["error"]["code"].as_u64().unwrap_or_default())
    }

    pub(super) fn request(&self) -> reqwest::RequestBuilder {
        let url = format!("{}/v25.0/100000000000001/messages", self.meta.base_url());
        self.client.post(url).header("content-type", "application/json")
    }

    pub(super) async fn get(&self, url: &str) -> (u16, Bytes) {
        let request = self.client.get(url).bearer_auth("a-synthetic-access-token");
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    }

    /// The API's description of the file in the last notification.
    pub(super) async fn described(&self) -> Value {
        let message = self.webhook.message();
        let kind = message["type"].as_str().unwrap();
        let id = message[kind]["id"].as_str().unwrap();
        let (status, body) = self.get(&format!("{}/v25.0/{id}", self.meta.base_url())).await;
        assert_eq!(status, 200);
        serde_json::from_slice(&body).unwrap()
    }
}

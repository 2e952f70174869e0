//! That the stand-in refuses what Meta refuses, and notifies as Meta does.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Router, body};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::limits::{buttons, list, text};
use super::{Delivery, MediaMood, Meta, Mood, Order, Sender, Settings};

const PHONE: &str = "593990000001";
const USER_ID: &str = "EC.1234567890";
const DAY: i64 = 24 * 60 * 60;

/// A signature and the raw bytes that it should fit.
type Notified = (Option<String>, Bytes);

/// A webhook that takes notifications down, and that may refuse.
#[derive(Clone, Default)]
struct Webhook {
    got: Arc<Mutex<Vec<Notified>>>,
    refusing: Arc<AtomicBool>,
}

impl Webhook {
    /// Every notification that was taken.
    fn notifications(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        got.iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }

    /// The texts of the messages in them, in order.
    fn texts(&self) -> Vec<String> {
        let values = self.notifications();
        let messages = values
            .iter()
            .filter_map(|body| body["entry"][0]["changes"][0]["value"]["messages"].as_array());
        messages
            .flatten()
            .map(|message| message["text"]["body"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    fn message(&self) -> Value {
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

struct Scene {
    meta: Meta,
    webhook: Webhook,
    clock: Arc<AtomicI64>,
    client: reqwest::Client,
}

/// A stand-in whose webhook is `webhook`, with a clock that stands still and nothing told of statuses.
async fn scene() -> Scene {
    let clock = Arc::new(AtomicI64::new(1_800_000_000));
    let now = clock.clone();
    let mut settings = Settings::synthetic(Arc::new(move || now.load(Ordering::SeqCst)));
    settings.retry = Duration::from_millis(5);
    let token = settings.verify_token.clone();
    let meta = Meta::start(settings).await.unwrap();
    meta.statuses(&[]);
    let webhook = Webhook::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?of=whatsapp", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/hook", get(handshake).post(notified))
        .with_state((token, webhook.clone()));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    meta.subscribe(&url).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Scene {
        meta,
        webhook,
        clock,
        client,
    }
}

impl Scene {
    /// POSTs a message; the status and Meta's code, 0 for success.
    async fn send(&self, body: &Value) -> (u16, u64) {
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

    fn request(&self) -> reqwest::RequestBuilder {
        let url = format!("{}/v25.0/100000000000001/messages", self.meta.base_url());
        self.client.post(url).header("content-type", "application/json")
    }

    async fn get(&self, url: &str) -> (u16, Bytes) {
        let request = self.client.get(url).bearer_auth("a-synthetic-access-token");
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    }

    /// What the API tells of the file in the last notification.
    async fn described(&self) -> Value {
        let message = self.webhook.message();
        let kind = message["type"].as_str().unwrap();
        let id = message[kind]["id"].as_str().unwrap();
        let (status, body) = self.get(&format!("{}/v25.0/{id}", self.meta.base_url())).await;
        assert_eq!(status, 200);
        serde_json::from_slice(&body).unwrap()
    }
}

#[tokio::test]
async fn only_the_bearer_sends_and_only_from_its_number() {
    let scene = scene().await;
    let message = text(PHONE, "x").to_string();
    let answer = scene.request().body(message.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let wrong = scene.request().bearer_auth("other").body(message.clone());
    let answer = wrong.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], 190);
    let other = format!("{}/v25.0/1/messages", scene.meta.base_url());
    let request = scene.client.post(other).header("content-type", "application/json");
    let request = request.bearer_auth("a-synthetic-access-token").body(message);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(scene.send(&text("593990000009", "x")).await, (400, 131_026));
    assert_eq!(scene.meta.all_requests().len(), 4);
}

#[tokio::test]
async fn free_messages_end_a_day_after_the_last_word() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    assert_eq!(scene.send(&text(PHONE, "x")).await, (400, 131_047));
    assert_eq!(person.says("Hola").await, Delivery::Taken);
    scene.clock.fetch_add(DAY - 1, Ordering::SeqCst);
    assert_eq!(scene.send(&text("+593 99 000 0001", "Bien")).await, (200, 0));
    assert_eq!(person.next().await.text, "Bien");
    scene.clock.fetch_add(1, Ordering::SeqCst);
    assert_eq!(scene.send(&text(PHONE, "x")).await, (400, 131_047));
    let template = json!({
        "messaging_product": "whatsapp", "to": PHONE, "type": "template",
        "template": { "name": "aviso", "language": { "code": "es" } },
    });
    assert_eq!(scene.send(&template).await, (404, 132_001));
    scene.meta.template("aviso", "es");
    assert_eq!(scene.send(&template).await, (200, 0));
    assert_eq!(person.next().await.template.as_deref(), Some("aviso"));
    // As Meta often does: success first, and the failure as a status.
    scene.meta.failures_come_later(true);
    assert_eq!(scene.send(&text(PHONE, "x")).await, (200, 0));
    scene.meta.settled().await;
    let last = scene.webhook.notifications().pop().unwrap();
    let status = &last["entry"][0]["changes"][0]["value"]["statuses"][0];
    assert_eq!(status["status"], "failed");
    assert_eq!(status["errors"][0]["code"], 131_047);
}

#[tokio::test]
async fn one_person_gets_no_more_than_a_burst() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::UserId(USER_ID), "Persona Sintética");
    person.says("Hola").await;
    let message = json!({ "messaging_product": "whatsapp", "recipient": USER_ID, "text": { "body": "x" } });
    for _ in 0..45 {
        assert_eq!(scene.send(&message).await, (200, 0));
    }
    assert_eq!(scene.send(&message).await, (429, 131_056));
    scene.clock.fetch_add(60, Ordering::SeqCst);
    assert_eq!(scene.send(&message).await, (200, 0));
    assert_eq!(person.received().len(), 46);
}

#[tokio::test]
async fn notifications_are_signed_over_their_raw_bytes() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    person.says("Señal 1/2").await;
    let (signature, raw) = scene.webhook.got.lock().unwrap()[0].clone();
    assert_eq!(signature.unwrap(), scene.meta.sign(&raw));
    assert!(std::str::from_utf8(&raw).unwrap().contains("Se\\u00f1al 1\\/2"));
    let value = &scene.webhook.notifications()[0]["entry"][0]["changes"][0]["value"];
    assert_eq!(value["contacts"][0]["wa_id"], PHONE);
    let message = &value["messages"][0];
    assert_eq!(message["from"], PHONE);
    assert_eq!(message["text"]["body"], "Señal 1/2");
    let id = message["id"].as_str().unwrap().strip_prefix("wamid.").unwrap();
    let inside = STANDARD.decode(id).unwrap();
    assert!(inside.windows(PHONE.len()).any(|window| window == PHONE.as_bytes()));
    assert_eq!(scene.meta.post("{}", None).await, Some(200));
    assert!(scene.webhook.got.lock().unwrap()[1].0.is_none());
}

#[tokio::test]
async fn a_user_id_stands_in_place_of_the_phone() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::UserId(USER_ID), "Persona Sintética");
    person.says("Hola").await;
    let value = scene.webhook.notifications()[0]["entry"][0]["changes"][0]["value"].clone();
    assert_eq!(value["contacts"][0]["user_id"], USER_ID);
    assert!(value["contacts"][0].get("wa_id").is_none());
    assert_eq!(value["messages"][0]["from_user_id"], USER_ID);
    assert!(value["messages"][0].get("from").is_none());
}

#[tokio::test]
async fn the_handshake_fails_with_a_wrong_token_or_without_a_server() {
    let scene = scene().await;
    let url = scene.meta.inner.state().webhook.clone().unwrap();
    let mut settings = Settings::synthetic(Arc::new(|| 0));
    settings.verify_token = "another".into();
    let other = Meta::start(settings).await.unwrap();
    assert!(other.subscribe(&url).await.unwrap_err().contains("403"));
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(other.subscribe(&format!("http://{nowhere}/")).await.is_err());
    let person = other.person(Sender::Phone(PHONE), "Persona Sintética");
    assert_eq!(person.says("Hola").await, Delivery::Unreachable);
}

#[tokio::test]
async fn what_the_webhook_refuses_comes_again() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    scene.webhook.refusing.store(true, Ordering::SeqCst);
    assert_eq!(person.says("Uno").await, Delivery::Refused(503));
    assert_eq!(person.says("Dos").await, Delivery::Refused(503));
    scene.webhook.refusing.store(false, Ordering::SeqCst);
    scene.meta.settled().await;
    let mut texts = scene.webhook.texts();
    texts.sort();
    assert_eq!(texts, ["Dos", "Uno"]);
}

#[tokio::test]
async fn held_notifications_go_out_as_asked() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    let orders = [
        (Order::AsMade, 2, vec!["Uno", "Dos"]),
        (Order::Reversed, 2, vec!["Dos", "Uno"]),
        (Order::Twice, 4, vec!["Uno", "Uno", "Dos", "Dos"]),
        (Order::Together, 1, vec!["Uno", "Dos"]),
    ];
    for (order, notifications, texts) in orders {
        scene.meta.hold();
        assert_eq!(person.says("Uno").await, Delivery::Held);
        assert_eq!(person.says("Dos").await, Delivery::Held);
        assert_eq!(scene.webhook.texts().len(), 0);
        let results = scene.meta.release(order).await;
        assert_eq!(results, vec![Delivery::Taken; notifications]);
        assert_eq!(scene.webhook.texts(), texts);
        scene.webhook.got.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn taps_answer_the_message_that_offers_them() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    person.says("Hola").await;
    assert!(person.taps("si").await.is_err());
    scene.send(&buttons(&[("si", "Sí"), ("no", "No")])).await;
    let asked = person.next().await;
    assert_eq!(asked.replies(), [("si", "Sí"), ("no", "No")]);
    assert_eq!(person.taps("si").await.unwrap(), Delivery::Taken);
    let message = scene.webhook.message();
    assert_eq!(message["interactive"]["button_reply"]["title"], "Sí");
    assert_eq!(message["context"]["id"], asked.wamid);
    let sections = json!([{ "rows": [{ "id": "p", "title": "Pichincha", "description": "Sierra" }] }]);
    scene.send(&list(&sections)).await;
    person.next().await;
    person.taps("p").await.unwrap();
    let reply = scene.webhook.message()["interactive"].clone();
    assert_eq!(reply["type"], "list_reply");
    assert_eq!(reply["list_reply"]["description"], "Sierra");
}

#[tokio::test]
async fn statuses_follow_and_read_marks_are_kept() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    person.says("Hola").await;
    let wamid = scene.webhook.message()["id"].clone();
    scene.meta.statuses(&["sent", "delivered", "read"]);
    scene.send(&text(PHONE, "Bien")).await;
    scene.meta.settled().await;
    let told = scene.webhook.notifications();
    let told: Vec<_> = told[1..]
        .iter()
        .map(|body| &body["entry"][0]["changes"][0]["value"]["statuses"][0])
        .collect();
    let names: Vec<_> = told.iter().map(|status| status["status"].as_str().unwrap()).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    assert_eq!(told[0]["id"], person.next().await.wamid);
    let mark = |id: &Value| json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id });
    let request = scene.request().bearer_auth("a-synthetic-access-token");
    let answer = request.body(mark(&wamid).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(scene.meta.read_marks(), [wamid.as_str().unwrap()]);
    assert_eq!(scene.send(&mark(&json!("wamid.other"))).await, (400, 131_009));
}

#[tokio::test]
async fn media_are_described_and_fetched_for_five_minutes() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    person.sends_voice(b"OggS synthetic").await;
    let message = scene.webhook.message();
    assert_eq!(message["audio"]["voice"], true);
    let hash = Sha256::digest(b"OggS synthetic");
    assert_eq!(message["audio"]["sha256"], STANDARD.encode(hash));
    let described = scene.described().await;
    assert_eq!(described["sha256"], hex::encode(hash));
    assert_eq!(described["file_size"], 14);
    let url = described["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://{}/", scene.meta.media_host())));
    assert_eq!(scene.client.get(url).send().await.unwrap().status(), 401);
    assert_eq!(scene.get(url).await, (200, Bytes::from_static(b"OggS synthetic")));
    scene.clock.fetch_add(300, Ordering::SeqCst);
    assert_eq!(scene.get(url).await.0, 404);
}

#[tokio::test]
async fn media_may_be_in_trouble() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    let file = vec![7; 100_000];
    person.sends_image(&file, "image/jpeg", Some("Foto sintética")).await;
    assert_eq!(scene.webhook.message()["image"]["caption"], "Foto sintética");
    let url = scene.described().await["url"].as_str().unwrap().to_owned();
    scene.meta.media_are(MediaMood::WrongHash);
    let (status, bytes) = scene.get(&url).await;
    assert!(status == 200 && bytes.len() == file.len() && bytes != file);
    scene.meta.media_are(MediaMood::Gone);
    assert_eq!(scene.get(&url).await.0, 404);
    scene.meta.media_are(MediaMood::Slow(Duration::from_millis(1)));
    assert_eq!(scene.get(&url).await.1, file);
    for endless in [MediaMood::Endless, MediaMood::BrokenOff] {
        scene.meta.media_are(endless);
        let request = scene.client.get(&url).bearer_auth("a-synthetic-access-token");
        let answer = request.send().await.unwrap();
        let body = body::to_bytes(body::Body::new(reqwest::Body::from(answer)), 200_000).await;
        assert!(body.is_err());
    }
    scene.meta.media_are(MediaMood::ForeignHost);
    let foreign = scene.described().await["url"].as_str().unwrap().to_owned();
    assert!(!foreign.contains(&scene.meta.media_host()));
    assert_eq!(scene.meta.foreign_requests(), 0);
    scene.get(&foreign).await;
    assert_eq!(scene.meta.foreign_requests(), 1);
}

#[tokio::test]
async fn the_api_may_be_in_trouble() {
    let scene = scene().await;
    let person = scene.meta.person(Sender::Phone(PHONE), "Persona Sintética");
    person.says("Hola").await;
    let send = || {
        let request = scene.request().bearer_auth("a-synthetic-access-token");
        request.body(text(PHONE, "x").to_string()).send()
    };
    scene.meta.is(Mood::Refusing5xx);
    assert_eq!(send().await.unwrap().status(), 503);
    scene.meta.is(Mood::Down);
    assert!(send().await.is_err());
    assert_eq!(person.received().len(), 0);
    scene.meta.is(Mood::AnswersLost);
    assert!(send().await.is_err());
    assert_eq!(person.received().len(), 1);
    scene.meta.is(Mood::Slow(Duration::from_millis(1)));
    assert_eq!(send().await.unwrap().status(), 200);
    assert_eq!(scene.meta.all_requests().len(), 4);
}

#[tokio::test]
async fn the_phone_page_writes_taps_and_sends_files() {
    let scene = scene().await;
    let base = scene.meta.base_url();
    let ask = |path: &str, body: &Value| {
        let request = scene.client.post(format!("{base}/phone/{path}")).body(body.to_string());
        request.header("content-type", "application/json")
    };
    let (status, page) = scene.get(&base).await;
    assert!(status == 200 && String::from_utf8_lossy(&page).contains("Ningún mensaje sale de esta computadora"));
    let answer = ask("person", &json!({})).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), r#"{"person":0}"#);
    let hello = json!({ "person": 0, "text": "Hola" });
    let foreign = ask("say", &hello).header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert_eq!(ask("say", &hello).send().await.unwrap().status(), 204);
    assert_eq!(scene.webhook.texts(), ["Hola"]);
    scene.send(&buttons(&[("si", "Sí")])).await;
    let (_, news) = scene.get(&format!("{base}/phone/messages?person=0&after=0")).await;
    let news: Value = serde_json::from_slice(&news).unwrap();
    assert_eq!(news["bubbles"][0]["state"], "taken");
    assert_eq!(news["bubbles"][1]["buttons"], json!([["si", "Sí"]]));
    let tap = json!({ "person": 0, "wamid": news["bubbles"][1]["wamid"], "id": "si" });
    assert_eq!(ask("tap", &tap).send().await.unwrap().status(), 204);
    assert_eq!(scene.webhook.message()["interactive"]["button_reply"]["id"], "si");
    let form = "--x\r\ncontent-disposition: form-data; name=\"person\"\r\n\r\n0\r\n\
        --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"acta.pdf\"\r\n\
        content-type: application/pdf\r\n\r\n%PDF synthetic\r\n--x--\r\n";
    let request = scene.client.post(format!("{base}/phone/media")).body(form);
    let answer = request.header("content-type", "multipart/form-data; boundary=x").send();
    assert_eq!(answer.await.unwrap().status(), 204);
    assert_eq!(scene.webhook.message()["document"]["filename"], "acta.pdf");
    assert_eq!(scene.meta.all_requests().len(), 1);
}

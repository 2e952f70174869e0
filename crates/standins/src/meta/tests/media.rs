//! Files, and the phone page.

use axum::body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::meta::tests::limits::buttons;
use crate::meta::tests::server::{PHONE, start};
use crate::meta::{MediaBehavior, UserAddress};

#[tokio::test]
async fn media_are_described_and_fetched_for_five_minutes() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    user.send_voice(b"OggS synthetic").await;
    let message = server.webhook.message();
    assert_eq!(message["audio"]["voice"], true);
    let hash = Sha256::digest(b"OggS synthetic");
    assert_eq!(message["audio"]["sha256"], STANDARD.encode(hash));
    let described = server.described().await;
    assert_eq!(described["sha256"], hex::encode(hash));
    assert_eq!(described["file_size"], 14);
    let url = described["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://{}/", server.meta.media_host())));
    assert_eq!(server.client.get(url).send().await.unwrap().status(), 401);
    assert_eq!(server.get(url).await, (200, Bytes::from_static(b"OggS synthetic")));
    server.clock.fetch_add(300, Ordering::SeqCst);
    assert_eq!(server.get(url).await.0, 404);
}

#[tokio::test]
async fn media_may_be_in_trouble() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    let file = vec![7; 100_000];
    user.send_image(&file, "image/jpeg", Some("Foto sintética")).await;
    assert_eq!(server.webhook.message()["image"]["caption"], "Foto sintética");
    let url = server.described().await["url"].as_str().unwrap().to_owned();
    server.meta.set_media_behavior(MediaBehavior::WrongHash);
    let (status, bytes) = server.get(&url).await;
    assert!(status == 200 && bytes.len() == file.len() && bytes != file);
    server.meta.set_media_behavior(MediaBehavior::Gone);
    assert_eq!(server.get(&url).await.0, 404);
    server
        .meta
        .set_media_behavior(MediaBehavior::Slow(Duration::from_millis(1)));
    assert_eq!(server.get(&url).await.1, file);
    for endless in [MediaBehavior::Endless, MediaBehavior::Truncated] {
        server.meta.set_media_behavior(endless);
        let request = server.client.get(&url).bearer_auth("a-synthetic-access-token");
        let answer = request.send().await.unwrap();
        let body = body::to_bytes(body::Body::new(reqwest::Body::from(answer)), 200_000).await;
        assert!(body.is_err());
    }
    server.meta.set_media_behavior(MediaBehavior::ForeignHost);
    let foreign = server.described().await["url"].as_str().unwrap().to_owned();
    assert!(!foreign.contains(&server.meta.media_host()));
    assert_eq!(server.meta.foreign_requests(), 0);
    server.get(&foreign).await;
    assert_eq!(server.meta.foreign_requests(), 1);
}

#[tokio::test]
async fn the_phone_page_writes_taps_and_sends_files() {
    let server = start().await;
    let base = server.meta.base_url();
    let ask = |path: &str, body: &Value| {
        let request = server
            .client
            .post(format!("{base}/phone/{path}"))
            .body(body.to_string());
        request.header("content-type", "application/json")
    };
    let (status, page) = server.get(&base).await;
    assert!(status == 200 && String::from_utf8_lossy(&page).contains("Ningún mensaje sale de esta computadora"));
    let answer = ask("person", &json!({})).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), r#"{"person":0}"#);
    let hello = json!({ "person": 0, "text": "Hola" });
    let foreign = ask("say", &hello).header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert_eq!(ask("say", &hello).send().await.unwrap().status(), 204);
    assert_eq!(server.webhook.texts(), ["Hola"]);
    server.send(&buttons(&[("si", "Sí")])).await;
    let (_, news) = server.get(&format!("{base}/phone/messages?person=0&after=0")).await;
    let news: Value = serde_json::from_slice(&news).unwrap();
    assert_eq!(news["bubbles"][0]["state"], "taken");
    assert_eq!(news["bubbles"][1]["buttons"], json!([["si", "Sí"]]));
    let tap = json!({ "person": 0, "wamid": news["bubbles"][1]["wamid"], "id": "si" });
    assert_eq!(ask("tap", &tap).send().await.unwrap().status(), 204);
    assert_eq!(server.webhook.message()["interactive"]["button_reply"]["id"], "si");
    let form = "--x\r\ncontent-disposition: form-data; name=\"person\"\r\n\r\n0\r\n\
        --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"acta.pdf\"\r\n\
        content-type: application/pdf\r\n\r\n%PDF synthetic\r\n--x--\r\n";
    let request = server.client.post(format!("{base}/phone/media")).body(form);
    let answer = request.header("content-type", "multipart/form-data; boundary=x").send();
    assert_eq!(answer.await.unwrap().status(), 204);
    assert_eq!(server.webhook.message()["document"]["filename"], "acta.pdf");
    assert_eq!(server.meta.api_calls().len(), 1);
}

//! Notifications: signature, handshake, retries, order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;

use crate::meta::tests::limits::text;
use crate::meta::tests::server::{PHONE, USER_ID, start};
use crate::meta::{Delivery, Meta, ReleaseOrder, Settings, UserAddress};

#[tokio::test]
async fn notifications_are_signed_over_their_raw_bytes() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    user.send_text("Señal 1/2").await;
    let (signature, raw) = server.webhook.got.lock().unwrap()[0].clone();
    assert_eq!(signature.unwrap(), server.meta.sign(&raw));
    assert!(std::str::from_utf8(&raw).unwrap().contains("Se\\u00f1al 1\\/2"));
    let value = &server.webhook.notifications()[0]["entry"][0]["changes"][0]["value"];
    assert_eq!(value["contacts"][0]["wa_id"], PHONE);
    let message = &value["messages"][0];
    assert_eq!(message["from"], PHONE);
    assert_eq!(message["text"]["body"], "Señal 1/2");
    let id = message["id"].as_str().unwrap().strip_prefix("wamid.").unwrap();
    let inside = STANDARD.decode(id).unwrap();
    assert!(inside.windows(PHONE.len()).any(|window| window == PHONE.as_bytes()));
    assert_eq!(server.meta.post("{}", None).await, Some(200));
    assert!(server.webhook.got.lock().unwrap()[1].0.is_none());
}

#[tokio::test]
async fn a_user_id_stands_in_place_of_the_phone() {
    let server = start().await;
    let user = server.meta.user(UserAddress::UserId(USER_ID), "Persona Sintética");
    user.send_text("Hola").await;
    let value = server.webhook.notifications()[0]["entry"][0]["changes"][0]["value"].clone();
    assert_eq!(value["contacts"][0]["user_id"], USER_ID);
    assert!(value["contacts"][0].get("wa_id").is_none());
    assert_eq!(value["messages"][0]["from_user_id"], USER_ID);
    assert!(value["messages"][0].get("from").is_none());
}

#[tokio::test]
async fn the_handshake_fails_with_a_wrong_token_or_without_a_server() {
    let server = start().await;
    let url = server.meta.shared.state().webhook.clone().unwrap();
    let mut settings = Settings::synthetic(Arc::new(|| 0));
    settings.verify_token = "another".into();
    let other = Meta::start(settings).await.unwrap();
    assert!(other.subscribe(&url).await.unwrap_err().contains("403"));
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(other.subscribe(&format!("http://{nowhere}/")).await.is_err());
    let user = other.user(UserAddress::Phone(PHONE), "Persona Sintética");
    assert_eq!(user.send_text("Hola").await, Delivery::Unreachable);
}

#[tokio::test]
async fn what_the_webhook_refuses_comes_again() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    server.webhook.refusing.store(true, Ordering::SeqCst);
    assert_eq!(user.send_text("Uno").await, Delivery::Refused(503));
    assert_eq!(user.send_text("Dos").await, Delivery::Refused(503));
    server.webhook.refusing.store(false, Ordering::SeqCst);
    server.meta.wait_until_delivered().await;
    let mut texts = server.webhook.texts();
    texts.sort();
    assert_eq!(texts, ["Dos", "Uno"]);
}

#[tokio::test]
async fn held_notifications_go_out_as_asked() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    let orders = [
        (ReleaseOrder::InOrder, 2, vec!["Uno", "Dos"]),
        (ReleaseOrder::Reversed, 2, vec!["Dos", "Uno"]),
        (ReleaseOrder::Twice, 4, vec!["Uno", "Uno", "Dos", "Dos"]),
        (ReleaseOrder::Together, 1, vec!["Uno", "Dos"]),
    ];
    for (order, notifications, texts) in orders {
        server.meta.hold();
        assert_eq!(user.send_text("Uno").await, Delivery::Held);
        assert_eq!(user.send_text("Dos").await, Delivery::Held);
        assert_eq!(server.webhook.texts().len(), 0);
        let results = server.meta.release(order).await;
        assert_eq!(results, vec![Delivery::Taken; notifications]);
        assert_eq!(server.webhook.texts(), texts);
        server.webhook.got.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn statuses_follow_and_read_marks_are_kept() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    user.send_text("Hola").await;
    let wamid = server.webhook.message()["id"].clone();
    server.meta.set_statuses(&["sent", "delivered", "read"]);
    server.send(&text(PHONE, "Bien")).await;
    server.meta.wait_until_delivered().await;
    let told = server.webhook.notifications();
    let told: Vec<_> = told[1..]
        .iter()
        .map(|body| &body["entry"][0]["changes"][0]["value"]["statuses"][0])
        .collect();
    let names: Vec<_> = told.iter().map(|status| status["status"].as_str().unwrap()).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    assert_eq!(told[0]["id"], user.next_message().await.wamid);
    let mark = |id: &Value| json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id });
    let request = server.request().bearer_auth("a-synthetic-access-token");
    let answer = request.body(mark(&wamid).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(server.meta.read_marks(), [wamid.as_str().unwrap()]);
    assert_eq!(server.send(&mark(&json!("wamid.other"))).await, (400, 131_009));
}

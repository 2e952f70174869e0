//! Sending: access, limits, taps, faults.

use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::meta::tests::limits::{buttons, list, text};
use crate::meta::tests::server::{DAY_SECONDS, PHONE, USER_ID, start};
use crate::meta::{ApiBehavior, Delivery, UserAddress};

#[tokio::test]
async fn only_the_bearer_sends_and_only_from_its_number() {
    let server = start().await;
    let message = text(PHONE, "x").to_string();
    let answer = server.request().body(message.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let wrong = server.request().bearer_auth("other").body(message.clone());
    let answer = wrong.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], 190);
    let other = format!("{}/v25.0/1/messages", server.meta.base_url());
    let request = server.client.post(other).header("content-type", "application/json");
    let request = request.bearer_auth("a-synthetic-access-token").body(message);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(server.send(&text("593990000009", "x")).await, (400, 131_026));
    assert_eq!(server.meta.api_calls().len(), 4);
}

#[tokio::test]
async fn free_messages_end_a_day_after_the_last_word() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    assert_eq!(server.send(&text(PHONE, "x")).await, (400, 131_047));
    assert_eq!(user.send_text("Hola").await, Delivery::Taken);
    server.clock.fetch_add(DAY_SECONDS - 1, Ordering::SeqCst);
    assert_eq!(server.send(&text("+593 99 000 0001", "Bien")).await, (200, 0));
    assert_eq!(user.next_message().await.text, "Bien");
    server.clock.fetch_add(1, Ordering::SeqCst);
    assert_eq!(server.send(&text(PHONE, "x")).await, (400, 131_047));
    let template = json!({
        "messaging_product": "whatsapp", "to": PHONE, "type": "template",
        "template": { "name": "aviso", "language": { "code": "es" } },
    });
    assert_eq!(server.send(&template).await, (404, 132_001));
    server.meta.approve_template("aviso", "es");
    assert_eq!(server.send(&template).await, (200, 0));
    assert_eq!(user.next_message().await.template.as_deref(), Some("aviso"));
    // As Meta often does: success first, and the failure as a status.
    server.meta.set_late_failures(true);
    assert_eq!(server.send(&text(PHONE, "x")).await, (200, 0));
    server.meta.wait_until_delivered().await;
    let last = server.webhook.notifications().pop().unwrap();
    let status = &last["entry"][0]["changes"][0]["value"]["statuses"][0];
    assert_eq!(status["status"], "failed");
    assert_eq!(status["errors"][0]["code"], 131_047);
}

#[tokio::test]
async fn one_person_gets_no_more_than_a_burst() {
    let server = start().await;
    let user = server.meta.user(UserAddress::UserId(USER_ID), "Persona Sintética");
    user.send_text("Hola").await;
    let message = json!({ "messaging_product": "whatsapp", "recipient": USER_ID, "text": { "body": "x" } });
    for _ in 0..45 {
        assert_eq!(server.send(&message).await, (200, 0));
    }
    assert_eq!(server.send(&message).await, (429, 131_056));
    server.clock.fetch_add(60, Ordering::SeqCst);
    assert_eq!(server.send(&message).await, (200, 0));
    assert_eq!(user.received().len(), 46);
}

#[tokio::test]
async fn taps_answer_the_message_that_offers_them() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    user.send_text("Hola").await;
    assert!(user.tap("si").await.is_err());
    server.send(&buttons(&[("si", "Sí"), ("no", "No")])).await;
    let asked = user.next_message().await;
    assert_eq!(asked.replies(), [("si", "Sí"), ("no", "No")]);
    assert_eq!(user.tap("si").await.unwrap(), Delivery::Taken);
    let message = server.webhook.message();
    assert_eq!(message["interactive"]["button_reply"]["title"], "Sí");
    assert_eq!(message["context"]["id"], asked.wamid);
    let sections = json!([{ "rows": [{ "id": "p", "title": "Pichincha", "description": "Sierra" }] }]);
    server.send(&list(&sections)).await;
    user.next_message().await;
    user.tap("p").await.unwrap();
    let reply = server.webhook.message()["interactive"].clone();
    assert_eq!(reply["type"], "list_reply");
    assert_eq!(reply["list_reply"]["description"], "Sierra");
}

#[tokio::test]
async fn the_api_may_be_in_trouble() {
    let server = start().await;
    let user = server.meta.user(UserAddress::Phone(PHONE), "Persona Sintética");
    user.send_text("Hola").await;
    let send = || {
        let request = server.request().bearer_auth("a-synthetic-access-token");
        request.body(text(PHONE, "x").to_string()).send()
    };
    server.meta.set_behavior(ApiBehavior::Unavailable);
    assert_eq!(send().await.unwrap().status(), 503);
    server.meta.set_behavior(ApiBehavior::Down);
    assert!(send().await.is_err());
    assert_eq!(user.received().len(), 0);
    server.meta.set_behavior(ApiBehavior::AnswersLost);
    assert!(send().await.is_err());
    assert_eq!(user.received().len(), 1);
    server.meta.set_behavior(ApiBehavior::Slow(Duration::from_millis(1)));
    assert_eq!(send().await.unwrap().status(), 200);
    assert_eq!(server.meta.api_calls().len(), 4);
}

//! Texts that staff typed and did not send: kept sealed, for their author only, until sent, discarded or old.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sigilo::domain::facets::DraftField;
use sigilo::service::casework::drafts::MAX_STAFF_DRAFT_BYTES;
use sigilo::store;
use sigilo::vault::base64;
use sigilo::vault::content::Note;
use sigilo::vault::record::ContentKind;

use super::staff::working;
use crate::support::app::{ANALYST, OFFICER, Reply, TestApp, Visitor};
use crate::support::staff::sign_in;

const DAY: i64 = 24 * 3600;

async fn put(app: &TestApp, visitor: &mut Visitor, drafts: &str, field: &str, body: &[u8]) -> Reply {
    let body = json!({ "body": base64::encode(body) }).to_string();
    app.send(
        visitor,
        Method::PUT,
        &format!("{drafts}/{field}"),
        "application/json",
        body,
    )
    .await
}

async fn list(app: &TestApp, visitor: &mut Visitor, drafts: &str) -> Value {
    let reply = app.get(visitor, drafts).await;
    assert_eq!(reply.status, StatusCode::OK);
    reply.json()["drafts"].clone()
}

#[tokio::test]
async fn a_draft_is_its_authors_alone_and_goes_when_its_text_is_sent() {
    let app = TestApp::new().await;
    let (_, mut ana, mut case, path) = working(&app).await;
    let drafts = format!("/api/v1{path}/drafts");
    let own = ana.keys.identity.recipient();
    let (first, second) = (own.seal(b"Una nota a medias"), own.seal(b"Una nota a medias, y algo"));
    for (field, body) in [("note", &first), ("note", &second), ("message", &first)] {
        let kept = put(&app, &mut ana.visitor, &drafts, field, body).await;
        assert_eq!(kept.status, StatusCode::NO_CONTENT, "{}", kept.text());
    }
    let kept = list(&app, &mut ana.visitor, &drafts).await;
    assert_eq!(
        kept,
        json!([
            { "field": "message", "body": base64::encode(&first) },
            { "field": "note", "body": base64::encode(&second) },
        ])
    );
    // The author finds it after another sign-in; others who may see the case do not.
    let mut again = sign_in(&app, ANALYST).await;
    assert_eq!(list(&app, &mut again.visitor, &drafts).await, kept);
    let mut officer = sign_in(&app, OFFICER).await;
    assert_eq!(list(&app, &mut officer.visitor, &drafts).await, json!([]));

    let note = case.seal(&ana, ContentKind::Note, &Note::new("Una nota entera.".into()));
    let sent = app
        .post_json(&mut ana.visitor, &format!("/api/v1{path}/notes"), &note)
        .await;
    assert_eq!(sent.status, StatusCode::NO_CONTENT);
    let left = list(&app, &mut ana.visitor, &drafts).await;
    assert_eq!(
        (left.as_array().unwrap().len(), &left[0]["field"]),
        (1, &json!("message"))
    );

    let message = format!("{drafts}/message");
    for _ in 0..2 {
        let discarded = app.send(&mut ana.visitor, Method::DELETE, &message, "", "").await;
        assert_eq!(discarded.status, StatusCode::NO_CONTENT, "gone is gone");
    }
    assert_eq!(list(&app, &mut ana.visitor, &drafts).await, json!([]));
}

#[tokio::test]
async fn only_what_is_sealed_small_and_of_ones_role_is_kept() {
    let app = TestApp::new().await;
    let (_, mut ana, _, path) = working(&app).await;
    let drafts = format!("/api/v1{path}/drafts");
    let sealed = ana.keys.identity.recipient().seal(b"texto");
    let large = [&sealed[..], &vec![0; MAX_STAFF_DRAFT_BYTES]].concat();
    for (field, body, status) in [
        ("note", &b"en claro"[..], StatusCode::UNPROCESSABLE_ENTITY),
        ("note", &large, StatusCode::PAYLOAD_TOO_LARGE),
        ("purpose", &sealed, StatusCode::UNPROCESSABLE_ENTITY),
        ("diary", &sealed, StatusCode::NOT_FOUND),
    ] {
        let reply = put(&app, &mut ana.visitor, &drafts, field, body).await;
        assert_eq!(reply.status, status, "{field}");
    }
    let mut officer = sign_in(&app, OFFICER).await;
    for (field, status) in [
        ("note", StatusCode::UNPROCESSABLE_ENTITY),
        ("purpose", StatusCode::NO_CONTENT),
        ("checks", StatusCode::NO_CONTENT),
    ] {
        let reply = put(&app, &mut officer.visitor, &drafts, field, &sealed).await;
        assert_eq!(reply.status, status, "{field}");
    }
    assert_eq!(list(&app, &mut ana.visitor, &drafts).await, json!([]));
}

#[tokio::test]
async fn drafts_end_with_the_week_the_departure_and_the_case() {
    let app = TestApp::new().await;
    let (_, mut ana, case, path) = working(&app).await;
    let drafts = format!("/api/v1{path}/drafts");
    let sealed = ana.keys.identity.recipient().seal(b"texto");
    put(&app, &mut ana.visitor, &drafts, "note", &sealed).await;
    app.clock.advance(DAY);
    let mut ana = sign_in(&app, ANALYST).await;
    put(&app, &mut ana.visitor, &drafts, "message", &sealed).await;

    let fields = async || {
        let mut tx = app.app().db().read().await.unwrap();
        let kept = store::staff_drafts::of_case(&mut tx, ana.id, case.id).await.unwrap();
        kept.iter().map(|draft| draft.field).collect::<Vec<_>>()
    };
    app.clock.advance(6 * DAY + 1);
    app.app().operations.sweep().await.unwrap();
    assert_eq!(fields().await, [DraftField::Message]);

    let mut tx = app.app().db().begin().await.unwrap();
    store::staff::leave(&mut tx, ana.id).await.unwrap();
    assert_eq!(
        store::staff_drafts::of_case(&mut tx, ana.id, case.id).await.unwrap(),
        []
    );
    tx.rollback().await.unwrap();
    let mut tx = app.app().db().begin().await.unwrap();
    store::seals::erase(&mut tx, case.id).await.unwrap();
    store::cases::erase(&mut tx, case.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(fields().await, []);
}

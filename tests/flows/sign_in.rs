//! Signing in and staying signed in, through the router.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::json;
use sigilo::audit::entry::{Act, Actor};
use sigilo::service::people::sessions::{SESSION_IDLE_SECONDS, SESSION_MAX_SECONDS};
use sigilo::vault::base64;

use super::staff::{acts, count};
use crate::support::app::{ANALYST, AREA, AUDITOR, OFFICER, PASSWORD, TestApp, Visitor};
use crate::support::staff::{SESSION, entries, sign_in, sign_in_body, try_sign_in};

const KEYS: &str = "/api/v1/staff/keys";
const AGAIN: &str = "/api/v1/staff/reauthentication";

#[tokio::test]
async fn signing_in_gives_sealed_keys_and_a_session() {
    let app = TestApp::new().await;
    let mut ana = sign_in(&app, ANALYST).await;
    assert_eq!(ana.body["staff"]["role"], "analyst");
    assert_eq!(ana.body["staff"]["email"], ANALYST);
    assert_eq!(ana.body["areas"][0]["area"], AREA);
    assert!(ana.body["roster"].is_string() && ana.body["checkpoint"].is_string());
    assert_eq!(app.get(&mut ana.visitor, KEYS).await.json(), ana.body);
    assert_eq!(app.get(&mut ana.visitor, "/staff").await.location(), "/staff/inbox");

    let body = sign_in_body(&app, ANALYST, PASSWORD);
    let login = json!({ "login": body["login"] });
    assert_eq!(
        app.post_json(&mut ana.visitor, AGAIN, &login).await.status,
        StatusCode::NO_CONTENT
    );
    let wrong = json!({ "login": base64::encode(&[1; 32]) });
    let refused = app.post_json(&mut ana.visitor, AGAIN, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers["content-type"], "application/problem+json");

    // The stolen cookie of a session that ended opens nothing.
    let mut stolen = ana.visitor.clone();
    let out = app
        .send(&mut ana.visitor, Method::DELETE, SESSION, "", Body::empty())
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let left: Vec<&str> = ana.visitor.0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        left,
        ["__Host-sigilo-device"],
        "the session's is taken away; what stays opens nothing"
    );
    assert_eq!(app.get(&mut stolen, KEYS).await.status, StatusCode::UNAUTHORIZED);
    let log = acts(&app).await;
    assert_eq!(
        (count(&log, Act::StaffSignedIn), count(&log, Act::StaffSignedOut)),
        (1, 1)
    );
}

#[tokio::test]
async fn guessing_is_slowed_alike_for_known_and_unknown_and_nobody_is_locked_out_for_long() {
    let app = TestApp::new().await;
    for email in [ANALYST, "nadie@sigilo.test"] {
        for _ in 0..5 {
            let wrong = json!({ "email": email, "login": base64::encode(&[7; 32]) });
            let reply = app.post_json(&mut Visitor::default(), SESSION, &wrong).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            assert!(!reply.text().contains(email));
        }
        let reply = try_sign_in(&app, &mut Visitor::default(), email, PASSWORD).await;
        assert_eq!(
            reply.status,
            StatusCode::TOO_MANY_REQUESTS,
            "even the right secret waits"
        );
    }
    // The delay affects neither other members nor a member who is already signed in.
    sign_in(&app, OFFICER).await;
    for entry in entries(&app)
        .await
        .iter()
        .filter(|entry| entry.act == Act::StaffSignInFailed)
    {
        assert_eq!((entry.actor, entry.detail.len(), entry.case), (Actor::Nobody, 0, None));
    }
    app.clock.advance(30);
    sign_in(&app, ANALYST).await;
    // The delay never exceeds a quarter of an hour, after any number of failures.
    for _ in 0..40 {
        let wrong = json!({ "email": ANALYST, "login": base64::encode(&[7; 32]) });
        app.post_json(&mut Visitor::default(), SESSION, &wrong).await;
        app.clock.advance(15 * 60);
    }
    sign_in(&app, ANALYST).await;
}

#[tokio::test]
async fn sessions_end_when_idle_and_in_any_case() {
    let app = TestApp::new().await;
    let mut idle = sign_in(&app, ANALYST).await;
    let mut busy = sign_in(&app, AUDITOR).await;
    let step = SESSION_IDLE_SECONDS - 60;
    let mut passed = 0;
    while passed + step <= SESSION_MAX_SECONDS {
        app.clock.advance(step);
        passed += step;
        assert_eq!(
            app.get(&mut busy.visitor, KEYS).await.status,
            StatusCode::OK,
            "after {passed} s"
        );
        if passed > SESSION_IDLE_SECONDS {
            assert_eq!(app.get(&mut idle.visitor, KEYS).await.status, StatusCode::UNAUTHORIZED);
        }
    }
    app.clock.advance(step);
    assert_eq!(app.get(&mut busy.visitor, KEYS).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        app.get(&mut busy.visitor, "/staff/log").await.location(),
        "/staff/sign-in"
    );
}

#[tokio::test]
async fn malformed_sign_ins_are_refused_before_anything_happens() {
    let app = TestApp::new().await;
    let before = entries(&app).await.len();
    let mut visitor = Visitor::default();
    let right = sign_in_body(&app, ANALYST, PASSWORD);
    let mut more = right.clone();
    more["role"] = json!("officer");
    for body in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        json!({ "email": ANALYST }).to_string(),
        json!({ "email": ANALYST, "login": "x" }).to_string(),
        json!({ "email": ANALYST, "login": base64::encode(&[0; 31]) }).to_string(),
        json!({ "email": "a".repeat(255), "login": right["login"] }).to_string(),
        more.to_string(),
    ] {
        let reply = app
            .send(&mut visitor, Method::POST, SESSION, "application/json", body.clone())
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(reply.headers["content-type"], "application/problem+json");
    }
    let form = app
        .send(&mut visitor, Method::POST, SESSION, "text/plain", right.to_string())
        .await;
    assert_eq!(
        form.status,
        StatusCode::BAD_REQUEST,
        "what a form of another site can send"
    );
    let huge = json!({ "email": "a".repeat(300_000), "login": "" }).to_string();
    let huge = app
        .send(&mut visitor, Method::POST, SESSION, "application/json", huge)
        .await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(entries(&app).await.len(), before);
}

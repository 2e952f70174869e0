//! The service after a loss: of an author, the database, or the newest roster.

use axum::http::StatusCode;
use serde_json::json;
use sigilo::audit::entry::{Act, Base64};
use sigilo::service::roster::Changes;
use sigilo::vault::base64;
use sigilo::vault::content::Message;
use sigilo::vault::record::ContentKind;
use sigilo::vault::roster::VerifiedRoster;

use super::report::{submit, words_of};
use super::staff::working;
use crate::support::app::{ANALYST, OFFICER, TestApp, Visitor};
use crate::support::staff::{entries, sign_in};

/// A roster without the analyst, signed.
async fn without_the_analyst(app: &TestApp) -> Vec<u8> {
    let (id, _) = app.keys_of(ANALYST).await;
    let mut next = app.app().rosters.propose(&Changes::default()).await.unwrap();
    next.members.retain(|member| member.id != id);
    next.sign(&app.authority.signing.signing_key()).unwrap()
}

#[tokio::test]
async fn the_reporter_still_reads_what_somebody_wrote_who_has_left() {
    let app = TestApp::new().await;
    let (words, mut ana, mut case, path) = working(&app).await;
    let message = case.seal(
        &ana,
        ContentKind::Message,
        &Message::new("¿Recuerda la fecha inventada?".into()),
    );
    let sent = app
        .post_json(&mut ana.visitor, &format!("/api/v1{path}/messages"), &message)
        .await;
    assert_eq!(sent.status, StatusCode::NO_CONTENT);
    let next = without_the_analyst(&app).await;
    app.app().rosters.publish(&next).await.unwrap();
    let mut reporter = Visitor::default();
    app.post(&mut reporter, "/follow-up", &[("words", &words)]).await;
    let page = app.get(&mut reporter, "/follow-up/case").await.text();
    assert!(page.contains("¿Recuerda la fecha inventada?"), "{page}");
    // After a restart too.
    app.app().rosters.load().await.unwrap();
    let page = app.get(&mut reporter, "/follow-up/case").await.text();
    assert!(page.contains("¿Recuerda la fecha inventada?"), "{page}");
}

#[tokio::test]
async fn staff_get_the_roster_that_names_who_has_left() {
    let app = TestApp::new().await;
    let (left, _) = app.keys_of(ANALYST).await;
    assert_eq!(sign_in(&app, OFFICER).await.body["former_rosters"], json!([]));
    let next = without_the_analyst(&app).await;
    app.app().rosters.publish(&next).await.unwrap();
    for restarted in [false, true] {
        if restarted {
            app.app().rosters.load().await.unwrap();
        }
        let body = sign_in(&app, OFFICER).await.body;
        let former = body["former_rosters"].as_array().unwrap();
        assert_eq!(former.len(), 1, "once, and only what names somebody more");
        let note = base64::decode(former[0].as_str().unwrap()).unwrap();
        let authority = app.authority.signing.signing_key().verify_key();
        let roster = VerifiedRoster::verify(app.app().instance, &note, &authority).unwrap();
        assert!(roster.member(left).is_some() && app.app().rosters.current().unwrap().member(left).is_none());
    }
}

#[tokio::test]
async fn leaving_needs_no_database() {
    let app = TestApp::new().await;
    let words = words_of(&submit(&app, &mut Visitor::default()).await.text());
    let mut reporter = Visitor::default();
    app.post(&mut reporter, "/follow-up", &[("words", &words)]).await;
    assert_eq!(reporter.0.len(), 1);
    app.app().db.close().await;
    let left = app.post(&mut reporter, "/leave", &[]).await;
    assert_eq!(left.status, StatusCode::OK);
    assert!(left.text().contains("https://example.org/"));
    assert!(reporter.0.is_empty(), "no cookie stays");
}

#[tokio::test]
async fn nobody_is_ready_to_take_reports_with_a_roster_that_was_rolled_back() {
    let app = TestApp::new().await;
    let mut nobody = Visitor::default();
    assert_eq!(app.get(&mut nobody, "/readyz").await.status, StatusCode::OK);
    let next = without_the_analyst(&app).await;
    app.app().witness.accept_roster(Base64(next)).await.unwrap();
    app.clock.advance(24 * 3600);
    let reply = app.get(&mut nobody, "/readyz").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_log_takes_no_text_from_an_address() {
    let app = TestApp::new().await;
    let mut officer = sign_in(&app, OFFICER).await;
    let reply = app.get(&mut officer.visitor, "/staff/cases/un-nombre-cualquiera").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let denied = entries(&app)
        .await
        .into_iter()
        .find(|entry| entry.act == Act::AccessDenied);
    assert_eq!(denied.unwrap().detail["path"], "/staff/cases/{case}");
}

//! The machine's clock jumps: a day on, an hour back, to the year 2038 and home again. All promises still hold, nobody
//! is locked out, and the log verifies.

use axum::http::StatusCode;

use crate::flows::report::{submit, walk, words_of};
use crate::flows::verification::verified;
use crate::support::app::{ANALYST, NOW, OFFICER, TestApp, Visitor};
use crate::support::staff::sign_in;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Asserts what must work at every moment: jobs run, a report goes in and opens again, staff work, the log verifies.
async fn all_goes_on(app: &TestApp, when: &str) {
    app.app()
        .log
        .sequence()
        .await
        .unwrap_or_else(|error| panic!("{when}: {error}"));
    app.app()
        .log
        .cosign()
        .await
        .unwrap_or_else(|error| panic!("{when}: {error}"));
    app.app().unseals.resume_unseals().await.unwrap();
    app.app().notifications.make_digests().await.unwrap();
    app.app().log.cover_waiting().await.unwrap();
    app.app().identities.erase_due().await.unwrap();
    app.app().operations.sweep().await.unwrap();
    let words = words_of(&submit(app, &mut Visitor::default()).await.text());
    let entered = app
        .post(&mut Visitor::default(), "/follow-up", &[("words", &words)])
        .await;
    assert_eq!(entered.location(), "/follow-up/case", "{when}");
    let mut analyst = sign_in(app, ANALYST).await.visitor;
    let inbox = app.get(&mut analyst, "/staff/inbox").await;
    assert_eq!(inbox.status, StatusCode::OK, "{when}");
    app.app().log.sequence().await.unwrap();
    let outcome = verified(app, app.app().db()).await;
    assert!(outcome.is_ok(), "{when}: {outcome:?}");
}

#[tokio::test]
async fn jumps_lose_nothing_and_lock_nobody_out() {
    let app = TestApp::new().await;
    let first = words_of(&submit(&app, &mut Visitor::default()).await.text());
    let mut writing = Visitor::default();
    walk(&app, &mut writing).await;
    let mut officer = sign_in(&app, OFFICER).await.visitor;
    let mut reader = Visitor::default();
    app.post(&mut reader, "/follow-up", &[("words", &first)]).await;

    // An hour back: sessions and drafts from the future are still valid.
    app.clock.set(NOW - HOUR);
    assert_eq!(app.get(&mut officer, "/staff/desk").await.status, StatusCode::OK);
    assert_eq!(app.get(&mut reader, "/follow-up/case").await.status, StatusCode::OK);
    assert_eq!(app.get(&mut writing, "/report").await.status, StatusCode::OK);
    all_goes_on(&app, "an hour back").await;

    app.clock.set(NOW + DAY + HOUR);
    // Sessions and drafts have expired, and the service says so; the sent report is there.
    assert_eq!(app.get(&mut officer, "/staff/desk").await.location(), "/staff/sign-in");
    assert_eq!(
        app.get(&mut reader, "/follow-up/case").await.location(),
        "/follow-up?expired"
    );
    assert_eq!(app.get(&mut writing, "/report").await.location(), "/");
    all_goes_on(&app, "a day on").await;

    // Far ahead and home again, as when a clock's battery runs out and is replaced.
    app.clock.set(2_147_483_648 + DAY);
    all_goes_on(&app, "after 2038").await;
    app.clock.set(NOW + DAY + 2 * HOUR);
    all_goes_on(&app, "home again").await;
    let entered = app
        .post(&mut Visitor::default(), "/follow-up", &[("words", &first)])
        .await;
    assert_eq!(entered.location(), "/follow-up/case");
}

//! Dependencies of the service go away and come back: PostgreSQL, the witness's folder. Nothing is lost, everybody is
//! told, and nothing needs a restart.

use std::fs;

use axum::http::StatusCode;

use super::answer;
use crate::flows::report::{submit, walk, words_of};
use crate::flows::verification::verified;
use crate::support::app::{TestApp, Visitor};
use crate::support::postgres::Own;
use crate::support::program::Installation;

const DAY: i64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_is_waited_for_and_no_answer_is_lost() {
    let (mut postgres, database) = Own::start().await;
    let installation = Installation::bare_on(&database).made_ready();
    let server = installation.serve();
    let mut filed = server.browser();
    filed.report(answer).await.unwrap();
    let words = words_of(&filed.get("/report/receipt").await.unwrap().text);
    let mut writer = server.browser();
    writer.complete(answer).await.unwrap();
    let mut teller = server.browser();
    teller.post("/report/start", &[]).await.unwrap();
    let step = crate::flows::report::step_of(&teller.get("/report").await.unwrap().text);

    postgres.stop();
    let (mut anybody, mut reader, mut asking) = (server.browser(), server.browser(), server.browser());
    let typed = [("step", step.as_str()), ("value", "denuncia")];
    let entered = [("words", words.as_str()), ("text", "Lo que escribí mientras tanto.")];
    let (health, ready, submitted, answered, returned) = tokio::join!(
        anybody.get("/healthz"),
        asking.get("/readyz"),
        writer.post("/report/submit", &[]),
        teller.post("/report", &typed),
        reader.post("/follow-up", &entered),
    );
    assert_eq!(health.unwrap().status, 200);
    assert_eq!(ready.unwrap().status, 503);
    for refused in [submitted, answered, returned].map(Result::unwrap) {
        assert_eq!(refused.status, 503, "{}", refused.text);
        assert!(refused.text.contains("Enviar otra vez"), "{}", refused.text);
    }

    postgres.rise();
    while anybody.get("/readyz").await.unwrap().status != 200 {}
    assert_eq!(writer.submit().await.unwrap().location, "/report/receipt");
    assert_eq!(teller.post("/report", &typed).await.unwrap().status, 303);
    // The message stands in its field, as it was typed before the database went away.
    let carried = reader.post("/follow-up", &entered).await.unwrap();
    assert!(carried.text.contains("Lo que escribí mientras tanto."));
    assert!(!server.log().contains("panicked"), "{}", server.log());
    drop(server);
    installation.done(&["audit", "verify"], "");
}

#[tokio::test]
async fn without_the_witnesss_files_reports_go_on_for_a_while_and_then_wait() {
    let app = TestApp::new().await;
    let folder = app.folder.path().join("witness");
    let away = app.folder.path().join("away");
    let mut visitor = Visitor::default();
    walk(&app, &mut visitor).await;

    fs::rename(&folder, &away).unwrap();
    // Something new to countersign, which it cannot write down.
    submit(&app, &mut Visitor::default()).await;
    app.app().log.cover_waiting().await.unwrap();
    app.app().log.sequence().await.unwrap();
    assert!(
        app.app().log.cosign().await.is_err(),
        "what is not on the disk is not countersigned"
    );
    let submitted = app.post(&mut visitor, "/report/submit", &[]).await;
    assert_eq!(
        submitted.location(),
        "/report/receipt",
        "a report does not wait for a countersignature"
    );
    let words = words_of(&app.get(&mut visitor, "/report/receipt").await.text());

    fs::rename(&away, &folder).unwrap();
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    app.clock.advance(DAY);
    let entered = app
        .post(&mut Visitor::default(), "/follow-up", &[("words", &words)])
        .await;
    assert_eq!(entered.location(), "/follow-up/case");
    assert_eq!(app.get(&mut Visitor::default(), "/readyz").await.status, StatusCode::OK);
    verified(&app, app.app().db()).await.unwrap();
}

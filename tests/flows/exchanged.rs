//! A seal that is exchanged before the log covers it: the reporter is told. A log that cannot show what it covers:
//! staff still reach the case's page, and their browsers use no key of the case.

use axum::http::StatusCode;

use super::report::{walk, words_of};
use super::unseal::{filed, sql};
use crate::support::app::{ANALYST, TestApp, Visitor};
use crate::support::staff::{OpenCase, sign_in};

async fn reported(app: &TestApp) -> (String, String) {
    let mut visitor = Visitor::default();
    walk(app, &mut visitor).await;
    app.post(&mut visitor, "/report/submit", &[]).await;
    let page = app.get(&mut visitor, "/report/receipt").await.text();
    let number = page
        .split("class=\"number\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    (number, words_of(&page))
}

async fn own_page(app: &TestApp, words: &str) -> String {
    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up", &[("words", words)]).await;
    let page = app.get(&mut back, "/follow-up/case").await;
    assert_eq!(page.status, StatusCode::OK);
    page.text()
}

#[tokio::test]
async fn an_exchanged_seal_is_told_to_its_reporter() {
    let app = TestApp::new().await;
    let (number, words) = reported(&app).await;
    let (other, _) = reported(&app).await;
    assert!(!own_page(&app, &words).await.contains("id=\"cambiada\""));

    let path = app.folder.path().join("sigilo.sqlite");
    let database = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    // Replaces this person's seal with another person's, and also the key that signed it.
    for statement in [
        "UPDATE seal SET manifest = t.manifest, manifest_signature = t.manifest_signature, record = t.record FROM
           (SELECT s.* FROM seal s JOIN cases c ON c.id = s.case_id WHERE c.number = $2) t
         WHERE seal.case_id = (SELECT id FROM cases WHERE number = $1)",
        "UPDATE cases SET reporter_verify_key = (SELECT reporter_verify_key FROM cases WHERE number = $2)
         WHERE number = $1",
    ] {
        let changed = sqlx::query(statement)
            .bind(&number)
            .bind(&other)
            .execute(&database)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 1);
    }
    assert!(own_page(&app, &words).await.contains("id=\"cambiada\""));
}

#[tokio::test]
async fn no_key_is_used_where_the_coverage_cannot_be_shown() {
    let app = TestApp::new().await;
    let (_, case) = filed(&app).await;
    let mut ana = sign_in(&app, ANALYST).await;
    let path = format!("/staff/cases/{case}");
    let page = app.get(&mut ana.visitor, &path).await.text();
    assert!(OpenCase::checked(&app, &ana, &page).is_ok(), "at its first opening");
    sql(&app, "DELETE FROM audit_hash").await;
    let page = app.get(&mut ana.visitor, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let opened = OpenCase::checked(&app, &ana, &page.text());
    assert_eq!(opened.err(), Some("nothing is shown"));
}

//! Cookies survive a restart, and count in every process that serves the database. Members whom the roster does not name.

use axum::http::StatusCode;
use sigilo::domain::role::Role;
use sigilo::service::people::NewMember;
use sigilo::service::roster::Changes;
use sigilo::store::Tx;

use super::report::submit;
use crate::support::app::{ADMINISTRATOR, ANALYST, AUDITOR, PASSWORD, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::staff::sign_in;

on_both_databases!(
    cookies_survive_a_restart_and_count_in_a_second_process,
    somebody_not_in_the_roster_sees_what_is_missing,
);

/// The address of a form that only the page of a receipt has.
const RECEIPT: &str = "/report/receipt/saved";

const NEWCOMER: &str = "nueva@sigilo.test";

/// The value of a visitor's cookie.
fn cookie<'a>(visitor: &'a Visitor, name: &str) -> &'a str {
    let found = visitor.0.iter().find(|(known, _)| known.ends_with(name));
    &found.unwrap_or_else(|| panic!("no cookie {name}")).1
}

async fn cookies_survive_a_restart_and_count_in_a_second_process(database: Database) {
    let app = TestApp::on(database).await;
    let mut staff = sign_in(&app, ANALYST).await.visitor;
    let (mut writing, mut filed, mut back) = (Visitor::default(), Visitor::default(), Visitor::default());
    app.post(&mut writing, "/report/start", &[]).await;
    let words = super::report::words_of(&submit(&app, &mut filed).await.text());
    app.post(&mut back, "/follow-up", &[("words", &words)]).await;

    let second = TestApp::beside(&app.address, &app.stored()).await;
    let member = second.sessions.member(cookie(&staff, "-staff")).await.unwrap().unwrap();
    assert_eq!((member.role, member.areas.len()), (Some(Role::Analyst), 1));
    assert!(second.intake.draft(cookie(&writing, "-draft")).await.unwrap().is_some());
    assert!(
        second
            .intake
            .shown_receipt(cookie(&filed, "-draft"))
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        second
            .follow_up
            .returning(cookie(&back, "-case"))
            .await
            .unwrap()
            .is_some()
    );
    second.db().close().await;

    let app = app.restarted().await;
    assert_eq!(app.get(&mut staff, "/staff/inbox").await.status, StatusCode::OK);
    assert!(app.get(&mut writing, "/report").await.text().contains("name=\"step\""));
    assert!(app.get(&mut filed, "/report/receipt").await.text().contains(RECEIPT));
    assert_eq!(app.get(&mut back, "/follow-up/case").await.status, StatusCode::OK);
    let kept = app.post(&mut staff, "/staff/settings", &[("language", "en")]).await;
    assert_eq!(kept.location(), "/staff/settings?saved");
    assert_eq!(app.get(&mut staff, "/staff/inbox").await.status, StatusCode::OK);

    // Somebody who writes to the database ends them, on either: each row is as it was, but for one column.
    for sql in [
        "UPDATE staff_session SET reauthenticated_at = reauthenticated_at + 1",
        "UPDATE draft SET revision = revision + 1",
        "UPDATE receipt_shown SET expires_at = expires_at + 600",
        "UPDATE follow_up_session SET language = 'en'",
    ] {
        write(&app, sql).await;
    }
    assert_eq!(app.get(&mut staff, "/staff/inbox").await.location(), "/staff/sign-in");
    assert!(!app.get(&mut writing, "/report").await.text().contains("name=\"step\""));
    assert!(!app.get(&mut filed, "/report/receipt").await.text().contains(RECEIPT));
    assert_eq!(
        app.get(&mut back, "/follow-up/case").await.location(),
        "/follow-up?expired"
    );
    let mut tx = app.app().db().read().await.unwrap();
    assert_eq!(sigilo::store::refused::count(&mut tx).await.unwrap().len(), 4);
}

/// Writes what nobody of the program writes.
async fn write(app: &TestApp, sql: &'static str) {
    let mut tx = app.app().db().begin().await.unwrap();
    let rows = match &mut tx {
        Tx::Sqlite(tx, _) => sqlx::query(sql).execute(&mut **tx).await.unwrap().rows_affected(),
        Tx::Postgres(tx, _) => sqlx::query(sql).execute(&mut **tx).await.unwrap().rows_affected(),
    };
    assert_ne!(rows, 0, "{sql}");
    tx.commit().await.unwrap();
}

async fn somebody_not_in_the_roster_sees_what_is_missing(database: Database) {
    let app = TestApp::on(database).await;
    let new = NewMember {
        email: NEWCOMER,
        name: "Nueva Auditora",
        role: Role::Auditor,
        language: "es",
        areas: &[],
        password: PASSWORD,
    };
    app.app().people.add_member(new, None).await.unwrap();
    let mut newcomer = sign_in(&app, NEWCOMER).await.visitor;
    let page = app.get(&mut newcomer, "/staff").await;
    assert!(
        page.text().contains("la lista firmada todavía no la nombra"),
        "{}",
        page.text()
    );
    for path in [
        "/staff/inbox",
        "/staff/desk",
        "/staff/log",
        "/staff/overview",
        "/staff/filing",
    ] {
        assert_eq!(app.get(&mut newcomer, path).await.location(), "/staff", "{path}");
    }
    let refused = app.get(&mut newcomer, "/api/v1/staff/log/verification").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(app.get(&mut newcomer, "/staff/settings").await.status, StatusCode::OK);

    // Another process publishes the roster that names them, and no longer the auditor.
    let second = TestApp::beside(&app.address, &app.stored()).await;
    second.rosters.load().await.unwrap();
    let mut former = sign_in(&app, AUDITOR).await;
    assert_eq!(app.get(&mut former.visitor, "/staff/log").await.status, StatusCode::OK);
    let mut roster = second.rosters.propose(&Changes::default()).await.unwrap();
    roster.members.retain(|member| member.id != former.id);
    let signed = roster.sign(&app.authority.signing.signing_key()).unwrap();
    second.rosters.republish(&signed).await.unwrap();
    assert_eq!(app.get(&mut newcomer, "/staff").await.location(), "/staff/log");
    assert_eq!(app.get(&mut former.visitor, "/staff/log").await.location(), "/staff");
    second.db().close().await;

    // Without any roster, an administrator sees the overview, and nobody sees anything else.
    write(&app, "DELETE FROM roster").await;
    let mut administrator = sign_in(&app, ADMINISTRATOR).await.visitor;
    let mut analyst = sign_in(&app, ANALYST).await.visitor;
    let app = app.restarted().await;
    assert_eq!(
        app.get(&mut administrator, "/staff/overview").await.status,
        StatusCode::OK
    );
    assert_eq!(
        app.get(&mut administrator, "/staff/log").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(app.get(&mut analyst, "/staff/inbox").await.location(), "/staff");
    assert_eq!(app.get(&mut newcomer, "/staff/log").await.location(), "/staff");
}

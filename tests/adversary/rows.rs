//! Row 5, rows that grant something: somebody who may write to the database makes sessions, copies login checks, changes
//! roles and drafts. Each twin has the pepper, and makes the MAC anew.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sigilo::domain::ids::StaffId;
use sigilo::domain::row::{Column, RowAuthenticator as _};
use sigilo::service::roster::Changes;
use sigilo::vault::base64;
use sigilo::vault::cookie::CookieToken;
use sigilo::vault::staffkeys::{LoginOwner, PasswordKeys, login_check};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::file;
use super::loot::{open, write};
use crate::flows::report::submit;
use crate::support::app::{
    ADMINISTRATOR, ANALYST, AUDITOR, CLERK, NOW, OFFICER, PASSWORD, TestApp, Visitor, key_files,
};
use crate::support::staff::{SESSION, sign_in, try_sign_in};

const STAFF_COOKIE: &str = "__Host-sigilo-staff";

pub(super) async fn database(app: &TestApp) -> SqliteConnection {
    open(&app.folder.path().join("sigilo.sqlite")).await
}

/// Makes the MACs of a table's rows anew: what it takes is the pepper.
pub(super) async fn with_the_pepper(connection: &mut SqliteConnection, table: &str) {
    let key = key_files().0.row_key();
    let sql = "SELECT name, type FROM pragma_table_info($1) WHERE name <> 'mac' ORDER BY cid";
    let columns: Vec<(String, String)> = sqlx::query_as(sql)
        .bind(table)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let select = AssertSqlSafe(format!("SELECT {} FROM {table}", names.join(", ")));
    let rows = sqlx::query(select).fetch_all(&mut *connection).await.unwrap();
    for row in &rows {
        let values = columns.iter().enumerate().map(|(at, (_, kind))| match kind.as_str() {
            "BIGINT" => (row.get::<Option<i64>, _>(at), None),
            "TEXT" => (None, row.get::<Option<String>, _>(at).map(String::into_bytes)),
            _ => (None, row.get::<Option<Vec<u8>>, _>(at)),
        });
        let values: Vec<(Option<i64>, Option<Vec<u8>>)> = values.collect();
        let all: Vec<Column<'_>> = values
            .iter()
            .map(|(number, bytes)| number.map_or_else(|| bytes.as_ref().into(), Column::Integer))
            .collect();
        let mac = key.mac(table, &all);
        let update = AssertSqlSafe(format!("UPDATE {table} SET mac = $1 WHERE {} = $2", names[0]));
        let update = sqlx::query(update).bind(mac).bind(values[0].1.clone());
        assert_eq!(update.execute(&mut *connection).await.unwrap().rows_affected(), 1);
    }
}

/// Where the staff's door leads to with a cookie.
async fn leads_to(app: &TestApp, visitor: &Visitor) -> String {
    let reply = app.get(&mut visitor.clone(), "/staff").await;
    if reply.status == 200 {
        "/staff".to_owned()
    } else {
        reply.location().to_owned()
    }
}

const REFUSED: &str = "/staff/sign-in";

async fn id_of(app: &TestApp, email: &str) -> StaffId {
    app.keys_of(email).await.0
}

fn hex_of(id: StaffId) -> String {
    hex::encode(id.as_bytes())
}

#[tokio::test]
async fn row_5_inserted_sessions_open_nothing() {
    let app = TestApp::new().await;
    // The worst moment: a session of the attacker's own, whose MAC can be copied.
    let own = sign_in(&app, CLERK).await;
    assert_eq!(leads_to(&app, &own.visitor).await, "/staff/filing");
    let mut rng = StdRng::seed_from_u64(17);
    for (email, home) in [
        (OFFICER, "/staff/desk"),
        (AUDITOR, "/staff/log"),
        (ADMINISTRATOR, "/staff/overview"),
        (ANALYST, "/staff/inbox"),
    ] {
        let id = id_of(&app, email).await;
        let token = CookieToken::random(&mut rng);
        let cookie = Visitor(vec![(STAFF_COOKIE.into(), token.to_text().to_string())]);
        let hash = hex::encode(token.hash(app.app().instance).as_bytes());
        let mut connection = database(&app).await;
        write(
            &mut connection,
            &format!(
                "INSERT INTO staff_session SELECT x'{hash}', x'{}', {NOW}, {NOW}, {NOW}, mac FROM staff_session",
                hex_of(id)
            ),
        )
        .await;
        assert_eq!(leads_to(&app, &cookie).await, REFUSED, "{email}");
        let keys = app.get(&mut cookie.clone(), "/api/v1/staff/keys").await;
        assert_eq!(keys.status, 401, "{email}");
        with_the_pepper(&mut connection, "staff_session").await;
        assert_eq!(leads_to(&app, &cookie).await, home, "twin: {email}");
        write(
            &mut connection,
            &format!("DELETE FROM staff_session WHERE token_hash = x'{hash}'"),
        )
        .await;
    }
}

#[tokio::test]
async fn row_5_a_session_handed_to_another_member_has_ended() {
    let app = TestApp::new().await;
    let own = sign_in(&app, CLERK).await.visitor;
    let officer = hex_of(id_of(&app, OFFICER).await);
    let mut connection = database(&app).await;
    write(
        &mut connection,
        &format!("UPDATE staff_session SET staff_id = x'{officer}'"),
    )
    .await;
    assert_eq!(leads_to(&app, &own).await, REFUSED);
    with_the_pepper(&mut connection, "staff_session").await;
    assert_eq!(leads_to(&app, &own).await, "/staff/desk", "twin");
    // A session is not prolonged either.
    write(&mut connection, "UPDATE staff_session SET created_at = created_at + 1").await;
    assert_eq!(leads_to(&app, &own).await, REFUSED);
}

#[tokio::test]
async fn row_5_a_login_check_counts_for_its_member_only() {
    let app = TestApp::new().await;
    let (clerk, officer) = (id_of(&app, CLERK).await, id_of(&app, OFFICER).await);
    // The attacker knows the clerk's password, and signs in as the officer with it.
    let own = PasswordKeys::derive(app.app().instance, CLERK, PASSWORD);
    let body = json!({ "email": OFFICER, "login": base64::encode(own.login.expose()) });
    let copied = format!(
        "UPDATE staff SET login_check = (SELECT login_check FROM staff WHERE id = x'{}') WHERE id = x'{}'",
        hex_of(clerk),
        hex_of(officer)
    );
    let mut connection = database(&app).await;
    write(&mut connection, &copied).await;
    let reply = app.post_json(&mut Visitor::default(), SESSION, &body).await;
    assert_eq!(reply.status, 401);
    // Even under a right MAC, the check is the clerk's.
    with_the_pepper(&mut connection, "staff").await;
    let reply = app.post_json(&mut Visitor::default(), SESSION, &body).await;
    assert_eq!(reply.status, 401);
    // Twin: with the pepper, the attacker makes the officer's check.
    let owner = LoginOwner {
        instance: app.app().instance,
        staff: officer,
        version: 1,
    };
    let check = login_check(key_files().0.pepper.key(), owner, &own.login);
    write(
        &mut connection,
        &format!(
            "UPDATE staff SET login_check = x'{}' WHERE id = x'{}'",
            hex::encode(check),
            hex_of(officer)
        ),
    )
    .await;
    let reply = app.post_json(&mut Visitor::default(), SESSION, &body).await;
    assert_eq!(reply.status, 401, "without the row's MAC");
    with_the_pepper(&mut connection, "staff").await;
    let mut visitor = Visitor::default();
    let reply = app.post_json(&mut visitor, SESSION, &body).await;
    assert_eq!(reply.status, 200);
    assert_eq!(leads_to(&app, &visitor).await, "/staff/desk");
}

#[tokio::test]
async fn row_5_roles_come_from_the_roster_and_not_from_rows() {
    let app = TestApp::new().await;
    let own = sign_in(&app, CLERK).await.visitor;
    let mut connection = database(&app).await;
    for role in ["officer", "auditor", "administrator", "analyst"] {
        let change = format!("UPDATE staff SET role = '{role}' WHERE email = '{CLERK}'");
        write(&mut connection, &change).await;
        assert_eq!(leads_to(&app, &own).await, REFUSED, "{role}: the row counts as absent");
        let again = try_sign_in(&app, &mut Visitor::default(), CLERK, PASSWORD).await;
        assert_eq!(again.status, 401, "{role}");
        // With the pepper it counts again, and grants no more than the roster.
        with_the_pepper(&mut connection, "staff").await;
        assert_eq!(leads_to(&app, &own).await, "/staff/filing", "{role}");
        let tries = ["/staff/desk", "/staff/log", "/staff/overview", "/staff/inbox"];
        for path in tries {
            assert_eq!(app.get(&mut own.clone(), path).await.status, 403, "{path} by {role}");
        }
    }
    // Twin: with the authority's key there is a roster that says so.
    let mut next = app.app().rosters.propose(&Changes::default()).await.unwrap();
    let clerk = id_of(&app, CLERK).await;
    let member = next.members.iter_mut().find(|member| member.id == clerk).unwrap();
    member.role = sigilo::domain::role::Role::Auditor;
    let signed = next.sign(&app.authority.signing.signing_key()).unwrap();
    app.app().rosters.publish(&signed).await.unwrap();
    assert_eq!(leads_to(&app, &own).await, "/staff/log", "twin");
}

#[tokio::test]
async fn row_5_drafts_and_receipts_are_neither_exchanged_nor_prolonged() {
    let app = TestApp::new().await;
    let mut writing = Visitor::default();
    app.post(&mut writing, "/report/start", &[]).await;
    let mut filed = Visitor::default();
    submit(&app, &mut filed).await;
    let asked = app.get(&mut writing.clone(), "/report").await.text();
    assert!(asked.contains("name=\"step\""), "{asked}");
    let receipt = app.get(&mut filed.clone(), "/report/receipt").await.text();
    assert!(receipt.contains("/report/receipt/saved"), "{receipt}");

    // The row of one is stored as the other's, with its MAC.
    let mut connection = database(&app).await;
    write(
        &mut connection,
        "CREATE TEMP TABLE kept AS SELECT * FROM receipt_shown;
         DELETE FROM receipt_shown;
         INSERT INTO receipt_shown SELECT token_hash, body, (expires_at / 600) * 600, mac FROM draft;
         DELETE FROM draft;
         INSERT INTO draft SELECT token_hash, body, 1, (expires_at / 3600 + 1) * 3600, mac FROM kept",
    )
    .await;
    for (visitor, path) in [
        (&writing, "/report"),
        (&writing, "/report/receipt"),
        (&filed, "/report"),
        (&filed, "/report/receipt"),
    ] {
        let page = app.get(&mut visitor.clone(), path).await;
        assert!(!page.status.is_server_error(), "{path}: {}", page.status);
        for part in ["name=\"step\"", "/report/receipt/saved"] {
            assert!(!page.text().contains(part), "{path}: {}", page.text());
        }
    }

    // A draft that would have expired.
    let app = TestApp::new().await;
    let mut writing = Visitor::default();
    app.post(&mut writing, "/report/start", &[]).await;
    let mut connection = database(&app).await;
    write(&mut connection, "UPDATE draft SET expires_at = expires_at + 360000").await;
    let page = app.get(&mut writing.clone(), "/report").await;
    assert!(!page.text().contains("name=\"step\""));
    with_the_pepper(&mut connection, "draft").await;
    app.clock.advance(48 * 3600);
    let page = app.get(&mut writing.clone(), "/report").await;
    assert!(page.text().contains("name=\"step\""), "twin: {}", page.text());
}

#[tokio::test]
async fn row_5_a_follow_up_session_stays_with_its_case() {
    let app = TestApp::new().await;
    let words = file(&app, false).await;
    file(&app, true).await;
    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up", &[("words", &words)]).await;
    assert_eq!(app.get(&mut back.clone(), "/follow-up/case").await.status, 200);
    let mut connection = database(&app).await;
    write(
        &mut connection,
        "UPDATE follow_up_session SET case_id = (SELECT id FROM cases WHERE kind = 'queja')",
    )
    .await;
    let ended = app.get(&mut back.clone(), "/follow-up/case").await;
    assert_eq!(ended.location(), "/follow-up?expired");
    with_the_pepper(&mut connection, "follow_up_session").await;
    let other = app.get(&mut back.clone(), "/follow-up/case").await;
    assert_ne!(other.location(), "/follow-up?expired", "twin");
}

#[tokio::test]
async fn row_5_refused_rows_are_counted_and_measured() {
    let app = TestApp::new().await;
    let own = sign_in(&app, CLERK).await.visitor;
    let counted = async || {
        let mut tx = app.app().db().read().await.unwrap();
        sigilo::store::refused::count(&mut tx).await.unwrap()
    };
    assert_eq!(counted().await, []);
    let mut connection = database(&app).await;
    write(&mut connection, "UPDATE staff_session SET mac = x'00'").await;
    assert_eq!(leads_to(&app, &own).await, REFUSED);
    assert_eq!(counted().await, [("staff_session", 1)]);
    let metrics = app.app().metrics.render();
    assert!(
        metrics.contains("sigilo_refused_rows_total{name=\"staff_session\"}"),
        "{metrics}"
    );
}

#[tokio::test]
async fn row_5_a_roster_put_back_gives_nobody_their_role_again() {
    let app = TestApp::new().await;
    let former = sign_in(&app, ANALYST).await;
    let mut roster = app.app().rosters.propose(&Changes::default()).await.unwrap();
    roster.members.retain(|member| member.id != former.id);
    let signed = roster.sign(&app.authority.signing.signing_key()).unwrap();
    app.app().rosters.publish(&signed).await.unwrap();
    assert_eq!(leads_to(&app, &former.visitor).await, "/staff");
    let mut connection = database(&app).await;
    write(&mut connection, "DELETE FROM roster WHERE version = 2").await;
    let app = app.restarted().await;
    // The witness names the newer one as soon as it is asked, which each report does.
    let refused = app.post(&mut Visitor::default(), "/report/start", &[]).await;
    assert_eq!(refused.status, 503);
    assert_eq!(leads_to(&app, &former.visitor).await, "/staff");
}

//! Row 5: a case key is an age file to a public recipient, so somebody who writes to the database can put one there. Seen
//! as an honest member's browser and the reporter's page see it.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sigilo::audit::entry::Act;
use sigilo::domain::facets::KeyHolder;
use sigilo::domain::ids::CaseId;
use sigilo::vault::agefile::Recipient;
use sigilo::vault::casekeys::{self, KeyName};
use sigilo::vault::hash::CommitmentSalt;
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::SigningKey;
use sigilo::vault::statement::{CaseStatement, SignedStatement, commit};
use sqlx::SqliteConnection;

use super::forge::{entry, log_of, own_key, put_statement, write_log};
use super::loot::open;
use super::{file, of_byte, reporters_key};
use crate::support::app::{ANALYST, AREA, TestApp, Visitor};
use crate::support::staff::{Member, OpenCase, sign_in};

const CARRIED: &str = "Perlacentinela";
const NOT_STATED: &str = "not the key that the reporter stated";

struct Scene {
    app: TestApp,
    words: String,
    ana: Member,
    case: CaseId,
}

impl Scene {
    /// One case that nobody has opened, so that the log does not cover it yet.
    async fn set() -> Self {
        let app = TestApp::new().await;
        let words = file(&app, false).await;
        let ana = sign_in(&app, ANALYST).await;
        let mut connection = open(&app.folder.path().join("sigilo.sqlite")).await;
        let case = sqlx::query_scalar("SELECT id FROM cases")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        Self { app, words, ana, case }
    }

    async fn database(&self) -> SqliteConnection {
        open(&self.app.folder.path().join("sigilo.sqlite")).await
    }

    /// The case as an honest browser of its area opens it, or the reason why it uses no key.
    async fn seen(&mut self) -> Result<OpenCase, &'static str> {
        let path = format!("/staff/cases/{}", self.case);
        let page = self.app.get(&mut self.ana.visitor, &path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        OpenCase::checked(&self.app, &self.ana, &page.text())
    }

    /// The attacker's key, as an age file to the holder's recipient, which the database tells. Returns the file before it.
    async fn put_key(&self, name: KeyName, holder: KeyHolder) -> Vec<u8> {
        let mut connection = self.database().await;
        let sql = match holder {
            KeyHolder::Area => "SELECT recipient FROM area_key WHERE area = $1",
            KeyHolder::Reporter => "SELECT reporter_recipient FROM cases WHERE $1 = $1",
        };
        let recipient: String = sqlx::query_scalar(sql)
            .bind(AREA)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let to: Recipient = recipient.parse().unwrap();
        let sql = "SELECT file FROM case_key WHERE case_id = $1 AND name = $2 AND holder = $3";
        let before = sqlx::query_scalar(sql)
            .bind(self.case)
            .bind(name.as_str())
            .bind(holder.as_str())
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let made = casekeys::wrap(&foreign(), name, 1, self.app.app().instance, self.case, &to);
        self.write_key(name, holder, &made).await;
        before
    }

    async fn write_key(&self, name: KeyName, holder: KeyHolder, file: &[u8]) {
        let sql = "UPDATE case_key SET file = $1 WHERE case_id = $2 AND name = $3 AND holder = $4";
        let done = sqlx::query(sql)
            .bind(file)
            .bind(self.case)
            .bind(name.as_str())
            .bind(holder.as_str())
            .execute(&mut self.database().await)
            .await;
        assert_eq!(done.unwrap().rows_affected(), 1);
    }

    /// The case's statement with the attacker's shared key in it, signed by a key.
    async fn restated(&self, signer: &SigningKey) -> SignedStatement {
        let stored: Vec<u8> = sqlx::query_scalar("SELECT statement FROM case_statement WHERE case_id = $1")
            .bind(self.case)
            .fetch_one(&mut self.database().await)
            .await
            .unwrap();
        let instance = self.app.app().instance;
        let salt = CommitmentSalt::random(&mut StdRng::seed_from_u64(41));
        CaseStatement {
            shared: commit(instance, KeyName::Shared, salt, &foreign()),
            ..CaseStatement::read(instance, &stored).unwrap()
        }
        .sign(signer)
    }

    async fn set_reporters(&self, signer: &SigningKey) {
        sqlx::query("UPDATE cases SET reporter_verify_key = $1")
            .bind(signer.verify_key().as_bytes().as_slice())
            .execute(&mut self.database().await)
            .await
            .unwrap();
    }

    /// The reporter comes back with the words, and a text typed before. Returns true if the case opened.
    async fn returns(&self) -> bool {
        let mut back = Visitor::default();
        let form = [("words", self.words.as_str()), ("text", CARRIED)];
        let reply = self.app.post(&mut back, "/follow-up", &form).await;
        let page = self.app.get(&mut back, "/follow-up/case").await;
        if reply.status == 200 {
            assert_eq!(page.status, 200);
            return true;
        }
        assert_eq!(reply.status, 409, "{}", reply.text());
        let told = reply.text();
        assert!(told.contains("id=\"llaves\"") && told.contains(CARRIED), "{told}");
        assert_ne!(page.status, 200, "there is no session");
        let sent = self
            .app
            .post(&mut back, "/follow-up/message", &[("text", CARRIED)])
            .await;
        assert_ne!(sent.status, 200);
        let sql = "SELECT count(*) FROM record WHERE kind = 'message'";
        let messages: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut self.database().await)
            .await
            .unwrap();
        assert_eq!(messages, 0, "nothing is sealed");
        false
    }
}

/// The key that the attacker knows.
fn foreign() -> Key32 {
    of_byte(99).scalar().duplicate()
}

#[tokio::test]
async fn row_5_an_areas_browser_uses_no_key_that_somebody_wrote() {
    let mut scene = Box::pin(Scene::set()).await;
    // Before the first opening, and after it.
    for round in ["before", "after"] {
        for name in [KeyName::Shared, KeyName::Staff] {
            let kept = scene.put_key(name, KeyHolder::Area).await;
            assert_eq!(scene.seen().await.err(), Some(NOT_STATED), "{round}: {name}");
            scene.write_key(name, KeyHolder::Area, &kept).await;
        }
        let opened = scene.seen().await.unwrap();
        assert!(opened.shared != foreign() && opened.staff != foreign());
    }
}

#[tokio::test]
async fn row_5_a_reporter_writes_nothing_under_a_key_that_somebody_wrote() {
    let scene = Box::pin(Scene::set()).await;
    assert!(scene.returns().await);
    let kept = scene.put_key(KeyName::Shared, KeyHolder::Reporter).await;
    assert!(!scene.returns().await);
    // With a statement of the attacker's own beside it.
    let mut connection = scene.database().await;
    let stated: (Vec<u8>, Vec<u8>, Vec<u8>) = sqlx::query_as("SELECT statement, hash, signature FROM case_statement")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    put_statement(&mut connection, scene.case, &scene.restated(&own_key()).await).await;
    scene.set_reporters(&own_key()).await;
    assert!(!scene.returns().await);

    // Twin: with the receipt, whose words sign for the reporter.
    let receipts = reporters_key(&scene.app, &scene.words);
    put_statement(&mut connection, scene.case, &scene.restated(&receipts).await).await;
    assert!(scene.returns().await);

    // Everything as it was, but for the reporter's recipient, to which later keys would be sealed.
    sqlx::query("UPDATE case_statement SET statement = $1, hash = $2, signature = $3")
        .bind(&stated.0)
        .bind(&stated.1)
        .bind(&stated.2)
        .execute(&mut connection)
        .await
        .unwrap();
    scene.write_key(KeyName::Shared, KeyHolder::Reporter, &kept).await;
    scene.set_reporters(&receipts).await;
    assert!(scene.returns().await);
    sqlx::query("UPDATE cases SET reporter_recipient = $1")
        .bind(of_byte(99).recipient().as_str())
        .execute(&mut connection)
        .await
        .unwrap();
    assert!(!scene.returns().await);
}

#[tokio::test]
async fn row_5_a_statement_of_ones_own_is_covered_by_no_log() {
    let mut scene = Box::pin(Scene::set()).await;
    assert!(scene.seen().await.is_ok());
    scene.app.app().log.verify_log().await.expect("good before");
    // Key, statement, and the reporter's verify key are exchanged together.
    scene.put_key(KeyName::Shared, KeyHolder::Area).await;
    let made = scene.restated(&own_key()).await;
    let mut connection = scene.database().await;
    put_statement(&mut connection, scene.case, &made).await;
    scene.set_reporters(&own_key()).await;
    assert_eq!(scene.seen().await.err(), Some("the log does not cover this statement"));
    let found = scene.app.app().log.verify_log().await.unwrap_err().to_string();
    assert!(found.contains("it covers case statement "), "{found}");
    assert!(!scene.returns().await, "and the reporter is told");

    // Twin: with the log's key it gets its entry, and the browser uses the attacker's key.
    let own = [json!({ "statement": made.hash, "verify_key": own_key().verify_key() })];
    let mut entries = log_of(&mut connection).await;
    let from = entries.len();
    entries.push(entry(
        Act::ReportsCovered,
        json!({ "statements": own, "manifests": [] }),
    ));
    let (instance, log) = (scene.app.app().instance, scene.app.app().keys().log.signing_key());
    write_log(&mut connection, instance, &entries, from, &log).await;
    let sql = "UPDATE case_statement SET covered_by = (SELECT id FROM audit_entry ORDER BY leaf_index DESC LIMIT 1)";
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    assert_eq!(scene.seen().await.unwrap().shared, foreign());
}

#[tokio::test]
async fn row_5_a_changed_facet_of_a_covered_case_is_found() {
    let mut scene = Box::pin(Scene::set()).await;
    assert!(scene.seen().await.is_ok());
    let mut connection = scene.database().await;
    for change in [
        "number = '2026-AAAAAA-A'",
        "kind = 'queja'",
        "category = 'zz'",
        "province = 'zz'",
        "establishment = 'zz'",
        "channel = 'desk'",
        "sealed_by = 'browser'",
        "language = 'en'",
        "received_on = received_on - 1",
        "area = 'zz'",
        "reporter_recipient = 'age1nobody'",
    ] {
        scene.app.app().log.verify_log().await.expect("good before");
        let column = change.split(' ').next().unwrap();
        let keep = format!("CREATE TEMPORARY TABLE kept AS SELECT {column} AS value FROM cases");
        let back = format!("UPDATE cases SET {column} = (SELECT value FROM kept)");
        for sql in [keep, format!("UPDATE cases SET {change}")] {
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        let found = scene.app.app().log.verify_log().await.unwrap_err().to_string();
        assert!(found.contains("it covers case statement "), "{change}: {found}");
        for sql in [back, "DROP TABLE kept".into()] {
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(&mut connection)
                .await
                .unwrap();
        }
    }
}

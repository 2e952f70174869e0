//! Row 5 with the keys of an analyst of the area: somebody who reads the cases and writes to the database puts words into
//! a reporter's mouth. Seen as an honest member's browser sees it, on the real page.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sigilo::audit::entry::Act;
use sigilo::domain::ids::{CaseId, RecordId, SealId};
use sigilo::vault::content::IdentityData;
use sigilo::vault::envelope::Via;
use sigilo::vault::record::{ContentKind, RecordContext};
use sigilo::vault::seal::{SealContext, SealedIdentity, seal};
use sigilo::vault::signing::SigningKey;
use sigilo::vault::statement::CaseStatement;
use sqlx::{Connection as _, SqliteConnection};

use super::forge::{CaseKeys, area_of, case_keys, entry, log_of, own_key, put, put_statement, sealed, write_log};
use super::loot::open;
use super::{file, key_of, reporters_key};
use crate::support::app::{ANALYST, AREA, TestApp, Visitor};
use crate::support::staff::{Member, OpenCase, sign_in};

const REAL: &str = "Topaciocentinela de verdad";
const FORGED: &str = "Retiro todo lo dicho";

/// A case with one message of its reporter's, opened once by its area, and what the attacker has of it.
struct Scene {
    app: TestApp,
    words: String,
    ana: Member,
    keys: CaseKeys,
    place: RecordContext,
}

impl Scene {
    async fn set() -> Self {
        let app = TestApp::new().await;
        let words = file(&app, false).await;
        let mut back = Visitor::default();
        app.post(&mut back, "/follow-up", &[("words", &words)]).await;
        let sent = app.post(&mut back, "/follow-up/message", &[("text", REAL)]).await;
        assert_eq!(sent.status, 303);
        let ana = sign_in(&app, ANALYST).await;
        let mut connection = database(&app).await;
        let instance = app.app().instance;
        let area = area_of(&mut connection, instance, AREA, &key_of(&app, ANALYST).await).await;
        let keys = case_keys(&mut connection, instance, &area).await.remove(0);
        let sql = "SELECT id FROM record WHERE kind = 'message'";
        let record: RecordId = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        let place = RecordContext {
            instance,
            case: keys.case,
            record,
            kind: ContentKind::Message,
        };
        let mut scene = Self {
            app,
            words,
            ana,
            keys,
            place,
        };
        assert_eq!(scene.seen().await, Ok(vec![Some(REAL.into())]));
        scene
    }

    /// The conversation as an honest browser shows it, or the reason why it accepts no reporter.
    async fn seen(&mut self) -> Result<Vec<Option<String>>, &'static str> {
        let path = format!("/staff/cases/{}", self.keys.case);
        let page = self.app.get(&mut self.ana.visitor, &path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let case = OpenCase::checked(&self.app, &self.ana, &page.text())?;
        Ok(case.conversation(&self.ana))
    }

    async fn forge(&self, signer: &SigningKey) {
        let body = sealed(&self.keys, &self.place, FORGED, signer);
        put(&mut database(&self.app).await, &self.place, &body).await;
    }

    /// The key that signs for the reporter, from the words of the receipt.
    fn reporters_key(&self) -> SigningKey {
        reporters_key(&self.app, &self.words)
    }

    /// Another seal for the case, with a signer's key, to the roster of everybody.
    fn own_seal(&self, signer: &SigningKey) -> SealedIdentity {
        let rng = &mut StdRng::seed_from_u64(33);
        let place = SealContext {
            instance: self.place.instance,
            case: self.place.case,
            seal: SealId::random(rng),
            previous: None,
        };
        let data = IdentityData::new(Vec::new().into(), Vec::new().into());
        seal(
            place,
            &data,
            Via::Server,
            signer,
            &self.app.app().rosters.current().unwrap(),
            rng,
        )
        .unwrap()
    }

    /// Puts a seal in the place of the case's, and a statement in the place of its statement, with the key that signed
    /// them.
    async fn exchange(&self, sealed: &SealedIdentity, signer: &SigningKey) {
        let mut connection = database(&self.app).await;
        sqlx::query("UPDATE cases SET reporter_verify_key = $1 WHERE id = $2")
            .bind(signer.verify_key().as_bytes().as_slice())
            .bind(self.place.case)
            .execute(&mut connection)
            .await
            .unwrap();
        let done = sqlx::query(
            "UPDATE seal SET manifest = $1, manifest_hash = $2, manifest_signature = $3, record = $4, witness_half = $5
             WHERE case_id = $6",
        )
        .bind(&sealed.manifest)
        .bind(sealed.manifest_hash.as_bytes().as_slice())
        .bind(sealed.manifest_signature.as_bytes().as_slice())
        .bind(&sealed.record)
        .bind(&sealed.witness_half)
        .bind(self.place.case)
        .execute(&mut connection)
        .await;
        assert_eq!(done.unwrap().rows_affected(), 1);
        let stored: Vec<u8> = sqlx::query_scalar("SELECT statement FROM case_statement WHERE case_id = $1")
            .bind(self.place.case)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let made = CaseStatement {
            validation: true,
            ..CaseStatement::read(self.place.instance, &stored).unwrap()
        }
        .sign(signer);
        put_statement(&mut connection, self.place.case, &made).await;
    }

    /// Returns true if the reporter's own page says that something was exchanged.
    async fn is_told(&self) -> bool {
        let mut back = Visitor::default();
        let reply = self.app.post(&mut back, "/follow-up", &[("words", &self.words)]).await;
        reply.status == 409 && reply.text().contains("id=\"llaves\"")
    }
}

async fn database(app: &TestApp) -> SqliteConnection {
    open(&app.folder.path().join("sigilo.sqlite")).await
}

#[tokio::test]
async fn row_5_words_in_a_reporters_mouth_are_refused() {
    let mut scene = Box::pin(Scene::set()).await;
    let own = own_key();
    scene.forge(&own).await;
    assert_eq!(scene.seen().await, Ok(vec![None]), "the case's own key did not sign it");

    // With the case's key exchanged, and then with a seal that this key signed.
    let mut connection = database(&scene.app).await;
    let kept: Vec<u8> = sqlx::query_scalar("SELECT reporter_verify_key FROM cases")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    for (key, why) in [
        (own.verify_key().as_bytes().to_vec(), Err("the statement's signature")),
        (kept, Ok(vec![None])),
    ] {
        sqlx::query("UPDATE cases SET reporter_verify_key = $1")
            .bind(key)
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(scene.seen().await, why);
    }
    scene.exchange(&scene.own_seal(&own), &own).await;
    assert_eq!(scene.seen().await, Err("the log does not cover this statement"));
}

#[tokio::test]
async fn row_5_twin_the_reporters_key_puts_words_into_the_reporters_mouth() {
    let mut scene = Box::pin(Scene::set()).await;
    scene.forge(&scene.reporters_key()).await;
    assert_eq!(scene.seen().await, Ok(vec![Some(FORGED.into())]));
}

#[tokio::test]
async fn row_5_twin_the_logs_key_makes_a_key_of_ones_own_the_reporters() {
    let mut scene = Box::pin(Scene::set()).await;
    let own = own_key();
    scene.forge(&own).await;
    let made = scene.own_seal(&own);
    scene.exchange(&made, &own).await;
    assert!(scene.seen().await.is_err());
    let mut connection = database(&scene.app).await;
    let hash: Vec<u8> = sqlx::query_scalar("SELECT hash FROM case_statement")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let covered = [json!({ "statement": hex::encode(hash), "verify_key": own.verify_key() })];
    let mut entries = log_of(&mut connection).await;
    let from = entries.len();
    entries.push(entry(
        Act::ReportsCovered,
        json!({ "statements": covered, "manifests": [] }),
    ));
    let log = scene.app.app().keys().log.signing_key();
    write_log(&mut connection, scene.place.instance, &entries, from, &log).await;
    sqlx::query("UPDATE case_statement SET covered_by = (SELECT id FROM audit_entry ORDER BY leaf_index DESC LIMIT 1)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    // The witness countersigns whatever continues what it saw.
    assert_eq!(scene.seen().await, Ok(vec![Some(FORGED.into())]));
}

#[tokio::test]
async fn row_5_a_covered_key_of_another_case_is_nobodys_here() {
    let mut scene = Box::pin(Scene::set()).await;
    // The attacker has filed a report, too, and holds its receipt.
    let (other, own) = {
        let words = file(&scene.app, false).await;
        let mut connection = database(&scene.app).await;
        let sql = "SELECT id FROM cases WHERE id != $1";
        let other: CaseId = sqlx::query_scalar(sql)
            .bind(scene.place.case)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        (other, reporters_key(&scene.app, &words))
    };
    scene
        .app
        .get(&mut scene.ana.visitor, &format!("/staff/cases/{other}"))
        .await;
    scene.forge(&own).await;
    let mut connection = database(&scene.app).await;
    sqlx::query(
        "UPDATE case_statement SET (statement, signature, covered_by) =
           (SELECT statement, signature, covered_by FROM case_statement WHERE case_id = $2) WHERE case_id = $1",
    )
    .bind(scene.place.case)
    .bind(other)
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::query("UPDATE cases SET reporter_verify_key = $1")
        .bind(own.verify_key().as_bytes().as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(scene.seen().await, Err("the statement of another case"));
}

#[tokio::test]
async fn row_5_a_statement_that_the_server_is_made_to_cover_anew_is_found_out() {
    let mut scene = Box::pin(Scene::set()).await;
    let app = scene.app.app();
    app.log.verify_log().await.expect("good before");
    let own = own_key();
    scene.forge(&own).await;
    scene.exchange(&scene.own_seal(&own), &own).await;
    sqlx::query("UPDATE case_statement SET covered_by = NULL")
        .execute(&mut database(&scene.app).await)
        .await
        .unwrap();
    // The browser cannot know: an entry covers the statement. But the entry that covered the first one stays for ever.
    assert_eq!(scene.seen().await, Ok(vec![Some(FORGED.into())]));
    let found = scene.app.app().log.verify_log().await.unwrap_err().to_string();
    assert!(found.contains("it covers case statement "), "{found}");
    assert!(scene.is_told().await, "and the reporter is told");
}

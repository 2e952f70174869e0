//! Corrections and erasures, attacked by somebody who writes to the database: a version that its reporter never made, an
//! old one passed off as the newest, and an identity that was erased and is put back.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use sigilo::domain::ids::{CaseId, SealId};
use sigilo::vault::content::{Field, IdentityData};
use sigilo::vault::envelope::Via;
use sigilo::vault::erasure::ErasureDecision;
use sigilo::vault::hash::Hash32;
use sigilo::vault::record::ContentKind;
use sigilo::vault::seal::{SealContext, seal};
use sigilo::vault::signing::SigningKey;
use sqlx::SqliteConnection;

use super::forge::{own_key, write_seal};
use super::loot::{Copy, open, plunder};
use super::{IDENTITY, file, key_of, reporters_key};
use crate::flows::own_identity::{back, correct};
use crate::support::app::{ANALYST, OFFICER, TestApp};
use crate::support::officer::{Ceremony, decision, erasure_body};
use crate::support::staff::{Member, sign_in};

struct Scene {
    app: TestApp,
    words: String,
    case: CaseId,
    officer: Member,
}

async fn database(app: &TestApp) -> SqliteConnection {
    open(&app.folder.path().join("sigilo.sqlite")).await
}

impl Scene {
    /// A case whose identity the log covers.
    async fn set() -> Self {
        let app = TestApp::new().await;
        let words = file(&app, false).await;
        app.app().log.cover_waiting().await.unwrap();
        let case = sqlx::query_scalar("SELECT id FROM cases")
            .fetch_one(&mut database(&app).await)
            .await
            .unwrap();
        let officer = sign_in(&app, OFFICER).await;
        Self {
            app,
            words,
            case,
            officer,
        }
    }

    /// Puts a version into the database that corrects the newest one, signed by whoever.
    async fn insert(&self, signer: &SigningKey) {
        let mut connection = database(&self.app).await;
        let sql = "SELECT version, manifest_hash FROM seal ORDER BY version DESC LIMIT 1";
        let (version, hash): (i64, Vec<u8>) = sqlx::query_as(sql).fetch_one(&mut connection).await.unwrap();
        let rng = &mut StdRng::seed_from_u64(51);
        let place = SealContext {
            instance: self.app.app().instance,
            case: self.case,
            seal: SealId::random(rng),
            previous: Some((u32::try_from(version).unwrap(), Hash32::from_slice(&hash).unwrap())),
        };
        let name = Field {
            field: "name".into(),
            label: "Nombre".into(),
            value: "Otra Persona Inventada".into(),
        };
        let data = IdentityData::new(vec![name].into(), Vec::new().into());
        let made = seal(
            place,
            &data,
            Via::Server,
            signer,
            &self.app.app().rosters.current().unwrap(),
            rng,
        )
        .unwrap();
        write_seal(&mut connection, self.case, version + 1, &made).await;
    }

    async fn write(&self, sql: &'static str, bound: &[u8]) {
        let mut connection = database(&self.app).await;
        sqlx::query(sql).bind(bound).execute(&mut connection).await.unwrap();
    }

    /// Result of opening the newest version.
    async fn opened(&mut self, seed: u64) -> Value {
        let ceremony = Ceremony::begin(&self.app, &mut self.officer, self.case, seed).await;
        let reply = ceremony.send(&self.app, &mut self.officer).await;
        let answer = reply.json();
        if reply.status == 200 {
            let identity = ceremony.open(&self.app, &self.officer, &answer);
            let fields = identity.fields().iter().map(|field| field.value.clone());
            return fields.collect::<String>().into();
        }
        answer["title"].clone()
    }

    async fn is_told(&self) -> bool {
        let mut reporter = back(&self.app, &self.words).await;
        let page = self.app.get(&mut reporter, "/follow-up/case").await.text();
        page.contains("id=\"cambiada\"")
    }
}

#[tokio::test]
async fn a_version_that_the_reporter_never_signed_is_refused() {
    let mut scene = Box::pin(Scene::set()).await;
    let own = own_key();
    scene.insert(&own).await;
    // The log covers it with the key that the case names, which did not sign it.
    let told = scene.opened(1).await;
    assert!(told.as_str().unwrap().contains("wrong_reporter_key"), "{told}");
    assert!(scene.is_told().await);

    // With the case's key exchanged before the log covers it: it is signed by what the log names, but corrects what
    // another key signed.
    let mut connection = database(&scene.app).await;
    for sql in [
        "DELETE FROM share WHERE seal_id IN (SELECT id FROM seal WHERE version = 2)",
        "UPDATE unseal SET seal_id = NULL",
        "DELETE FROM seal WHERE version = 2",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    scene.insert(&own).await;
    scene
        .write("UPDATE cases SET reporter_verify_key = $1", own.verify_key().as_bytes())
        .await;
    let told = scene.opened(2).await;
    assert!(told.as_str().unwrap().contains("broken_chain"), "{told}");
    assert!(scene.is_told().await);
}

#[tokio::test]
async fn twin_with_the_receipts_key_it_is_opened() {
    let mut scene = Box::pin(Scene::set()).await;
    let key = reporters_key(&scene.app, &scene.words);
    scene.insert(&key).await;
    assert_eq!(scene.opened(1).await, "Otra Persona Inventada");
    assert!(!scene.is_told().await);
}

#[tokio::test]
async fn an_old_version_does_not_pass_for_the_newest() {
    let mut scene = Box::pin(Scene::set()).await;
    correct(&scene.app, &scene.words).await;
    assert!(scene.opened(1).await.as_str().unwrap().contains("Sintética Corregida"));
    assert!(!scene.is_told().await);
    scene.app.app().log.sequence().await.unwrap();
    scene.app.app().log.cosign().await.unwrap();
    scene.app.app().log.verify_log().await.expect("good before");

    // The rows change their numbers.
    let mut connection = database(&scene.app).await;
    for sql in [
        "UPDATE seal SET version = 9 WHERE version = 1",
        "UPDATE seal SET version = 1 WHERE version = 2",
        "UPDATE seal SET version = 2 WHERE version = 9",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    let told = scene.opened(2).await;
    assert!(told.as_str().unwrap().contains("broken_chain"), "{told}");
    assert!(scene.is_told().await);

    // The newer one goes away: the row of the correction and the log both remember it.
    for sql in [
        "UPDATE unseal SET seal_id = NULL",
        "DELETE FROM share WHERE seal_id IN (SELECT id FROM seal WHERE version = 1)",
        "DELETE FROM seal WHERE version = 1",
        "UPDATE seal SET version = 1",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    assert!(scene.is_told().await);
    let found = scene.app.app().log.verify_log().await.unwrap_err().to_string();
    assert!(found.contains("it covers seal "), "{found}");
}

#[tokio::test]
async fn an_erased_identity_that_is_put_back_stays_closed() {
    let mut scene = Scene::set().await;
    correct(&scene.app, &scene.words).await;
    let early = Ceremony::begin(&scene.app, &mut scene.officer, scene.case, 1).await;
    let reply = early.send(&scene.app, &mut scene.officer).await;
    assert_eq!(reply.status, 200, "it opens before: {}", reply.text());
    let kept = Copy::of(&scene.app);

    let mut reporter = back(&scene.app, &scene.words).await;
    scene
        .app
        .post(&mut reporter, "/follow-up/identity/erasure", &[("confirm", "1")])
        .await;
    let what = (ErasureDecision::Erase, "pedido-del-titular");
    let payload = decision(&scene.app, &mut scene.officer, scene.case, what).await;
    let (path, body) = erasure_body(&scene.officer, &payload);
    let erased = scene.app.post_json(&mut scene.officer.visitor, &path, &body).await;
    assert_eq!(erased.status, 200, "{}", erased.text());

    // With every key but the reporter's, a copy made afterwards holds nothing of it.
    let instance = scene.app.app().instance;
    let keys = vec![
        key_of(&scene.app, OFFICER).await,
        scene.app.witness_keys.identity.identity(),
    ];
    let read = plunder(&Copy::of(&scene.app), instance, keys).await;
    assert_eq!((read.count(ContentKind::Identity), read.opened("share.file")), (0, 0));
    let keys = vec![
        key_of(&scene.app, OFFICER).await,
        scene.app.witness_keys.identity.identity(),
    ];
    let twin = plunder(&kept, instance, keys).await;
    assert_eq!(
        twin.count(ContentKind::Identity),
        2,
        "a copy made before holds both versions"
    );
    assert!(IDENTITY.iter().all(|text| twin.has(text)));

    // Put back from that copy.
    let old = kept.path();
    drop(kept.open().await);
    let mut connection = database(&scene.app).await;
    sqlx::query("ATTACH $1 AS kept")
        .bind(old.to_str().unwrap())
        .execute(&mut connection)
        .await
        .unwrap();
    for sql in [
        "UPDATE seal SET (record, witness_half, erased) = (SELECT record, witness_half, FALSE FROM kept.seal k WHERE k.id = seal.id)",
        "INSERT INTO share SELECT * FROM kept.share",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    drop(connection);
    let refused = async |scene: &mut Scene, seed| {
        let again = Ceremony::begin(&scene.app, &mut scene.officer, scene.case, seed).await;
        let reply = again.send(&scene.app, &mut scene.officer).await;
        assert_eq!(reply.json()["type"], "/problems/identity-erased", "{}", reply.text());
    };
    refused(&mut scene, 2).await;
    // The witness remembers it after a restart, too.
    let Scene {
        app,
        words,
        case,
        officer,
    } = scene;
    let mut scene = Scene {
        app: Box::pin(app.restarted()).await,
        words,
        case,
        officer,
    };
    refused(&mut scene, 3).await;
}

#[tokio::test]
async fn a_correction_tells_the_analyst_nothing() {
    let scene = Box::pin(Scene::set()).await;
    let app = &scene.app;
    let mut ana = sign_in(app, ANALYST).await;
    let path = format!("/staff/cases/{}", scene.case);
    // Opened twice, so that nothing is new on it any more.
    app.get(&mut ana.visitor, &path).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let strip = |page: String| -> String {
        // The proof grows with the log, whatever is in it.
        let (head, rest) = page.split_once(" coverage=\"").unwrap();
        format!("{head}{}", rest.split_once('"').unwrap().1)
    };
    let before = strip(app.get(&mut ana.visitor, &path).await.text());
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    correct(app, &scene.words).await;
    assert_eq!(strip(app.get(&mut ana.visitor, &path).await.text()), before);
    assert_eq!(app.get(&mut ana.visitor, "/staff/inbox").await.text(), inbox);

    // The page proves the case by its statement, and shows no manifest.
    let page = app.get(&mut ana.visitor, &path).await.text();
    let coverage = crate::support::staff::attributes(&page, "<sealed-case", "coverage").remove(0);
    let coverage: Value = serde_json::from_slice(&sigilo::vault::base64::decode(&coverage).unwrap()).unwrap();
    let statement = crate::support::coverage::bytes(&coverage["statement"]);
    assert!(String::from_utf8(statement).unwrap().contains("\"version\":1,"));
    assert!(coverage.get("manifest").is_none());

    // Nor does a copy with all of the analyst's keys hold more than before.
    let read = plunder(&Copy::of(app), app.app().instance, vec![key_of(app, ANALYST).await]).await;
    assert_eq!(read.count(ContentKind::Identity), 0);
    assert!(!read.has("Sintética Corregida") && !read.has("987654321"));
}

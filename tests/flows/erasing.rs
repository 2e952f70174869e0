//! An erasure that was decided is brought to its end: after a cap of the witness, and after a stop at each point.

use axum::http::StatusCode;
use sigilo::audit::entry::Act;
use sigilo::domain::ids::CaseId;
use sigilo::service::roster::Changes;
use sigilo::store;
use sigilo::vault::erasure::ErasureDecision;
use sigilo::witness::JournalReader;

use super::own_identity::{CORRECTED, ask_erasure, back};
use super::unseal::{filed, of_act, own_page, sql};
use crate::support::app::{OFFICER, Reply, TestApp};
use crate::support::officer::{decision, desk_page, erasure_body};
use crate::support::staff::{Member, sign_in};

const DAY: i64 = 24 * 3600;

async fn publish(app: &TestApp, changes: Changes) {
    let roster = app.app().rosters.propose(&changes).await.unwrap();
    let signed = roster.sign(&app.authority.signing.signing_key()).unwrap();
    app.app().rosters.publish(&signed).await.unwrap();
}

async fn erase(app: &TestApp, officer: &mut Member, case: CaseId) -> Reply {
    let erase = decision(app, officer, case, (ErasureDecision::Erase, "pedido-del-titular")).await;
    let (path, body) = erasure_body(app, officer, &erase);
    app.post_json(&mut officer.visitor, &path, &body).await
}

async fn is_erased(app: &TestApp, case: CaseId) -> bool {
    let mut tx = app.app().db.read().await.unwrap();
    let versions = store::seals::of_case(&mut tx, case).await.unwrap();
    versions.iter().all(|seal| seal.erased)
}

async fn tombstones(app: &TestApp) -> usize {
    let lines = app.app().witness.journal(JournalReader::Server).await.unwrap();
    lines.iter().filter(|line| line.contains("\"erasure\"")).count()
}

#[tokio::test]
async fn a_decision_beyond_the_cap_waits_for_the_next_day() {
    let app = TestApp::new().await;
    let changes = Changes {
        erasures: Some(1),
        ..Changes::default()
    };
    publish(&app, changes).await;
    let mut officer = sign_in(&app, OFFICER).await;
    let (words, case) = filed(&app).await;
    ask_erasure(&app, &words).await;
    assert_eq!(erase(&app, &mut officer, case).await.status, StatusCode::OK);
    let (words, case) = filed(&app).await;
    ask_erasure(&app, &words).await;
    let waits = erase(&app, &mut officer, case).await;
    assert_eq!(waits.status, StatusCode::SERVICE_UNAVAILABLE, "{}", waits.text());
    assert!(!is_erased(&app, case).await);
    // The decision stands, and nobody changes the identity any more.
    assert_eq!(of_act(&app, Act::ErasureDecided).await.len(), 2);
    assert!(own_page(&app, &words).await.contains("Un oficial decidió borrar"));
    let mut reporter = back(&app, &words).await;
    let corrected = app.post(&mut reporter, "/follow-up/identity", CORRECTED).await;
    assert_ne!(corrected.location(), "/follow-up/case?corrected#identidad");
    app.app().identities.erase_due().await.unwrap();
    assert!(!is_erased(&app, case).await);

    let app = app.restarted().await;
    app.clock.advance(DAY);
    app.app().identities.erase_due().await.unwrap();
    assert!(is_erased(&app, case).await);
    assert_eq!(tombstones(&app).await, 2);
    assert!(own_page(&app, &words).await.contains("Usted lo pidió."));
    app.app().log.sequence().await.unwrap();
    assert!(app.app().log.verify_log().await.is_ok());
}

#[tokio::test]
async fn after_a_stop_the_erasure_goes_on_and_writes_nothing_twice() {
    let app = TestApp::new().await;
    let mut officer = sign_in(&app, OFFICER).await;
    let (words, case) = filed(&app).await;
    ask_erasure(&app, &words).await;
    for keep in [
        "CREATE TABLE kept_seal AS SELECT * FROM seal",
        "CREATE TABLE kept_share AS SELECT * FROM share",
    ] {
        sql(&app, keep).await;
    }
    assert_eq!(erase(&app, &mut officer, case).await.status, StatusCode::OK);
    assert_eq!(tombstones(&app).await, 1);
    // The server stopped after the witness had written its line, and before the database was changed.
    for put_back in [
        "UPDATE seal SET erased = FALSE, record = (SELECT record FROM kept_seal k WHERE k.id = seal.id),
                         witness_half = (SELECT witness_half FROM kept_seal k WHERE k.id = seal.id)",
        "INSERT INTO share SELECT * FROM kept_share",
        "UPDATE identity_request SET state = 'erasing'",
        "DELETE FROM audit_entry WHERE act = 'identity.erased' AND leaf_index IS NULL",
        "DROP TABLE kept_seal",
        "DROP TABLE kept_share",
    ] {
        sql(&app, put_back).await;
    }
    assert!(of_act(&app, Act::IdentityErased).await.is_empty());
    let app = app.restarted().await;
    app.app().identities.erase_due().await.unwrap();
    assert!(is_erased(&app, case).await);
    assert_eq!(tombstones(&app).await, 1, "no second line");
    assert_eq!(of_act(&app, Act::IdentityErased).await.len(), 1);
    app.app().identities.erase_due().await.unwrap();
    assert_eq!(of_act(&app, Act::IdentityErased).await.len(), 1);
    let mut officer = sign_in(&app, OFFICER).await;
    assert!(desk_page(&app, &mut officer, case).await.contains("fue borrada"));
    app.app().log.sequence().await.unwrap();
    assert!(app.app().log.verify_log().await.is_ok());
}

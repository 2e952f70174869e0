//! Row 9: one malicious officer with a session, and a server that orders erasures by itself.
//!
//! The officer tries to open everything; the policy lets through what its caps and other people's requests allow, and each
//! opening has a text that auditors read.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sigilo::audit::entry::{Act, Entry};
use sigilo::audit::verify::Defect;
use sigilo::domain::ids::CaseId;
use sigilo::domain::state::State;
use sigilo::service::audit::verification::{Pins, VerificationError, verify};
use sigilo::service::roster::Changes;
use sigilo::store;
use sigilo::vault::agefile::Identity;
use sigilo::vault::base64;
use sigilo::vault::erasure::{ErasureDecision, ErasureRequest};
use sigilo::vault::secret::Key32;
use sigilo::vault::verified_purpose::{self, Opening};
use sigilo::witness::JournalReader;
use sigilo::witness::setup::inspect;
use sqlx::SqliteConnection;

use super::file;
use super::forge::own_key;
use super::loot::open;
use crate::flows::own_identity::ask_erasure;
use crate::support::app::{ANALYST, AUDITOR, OFFICER, TestApp};
use crate::support::officer::{Ceremony, PURPOSE, decision, erasure_body, validation_body};
use crate::support::staff::{Member, attributes, entries, sign_in};

const DAY: i64 = 24 * 3600;
/// A class that stands alone in the profile of the tests.
const ALONE: &str = "requerimiento-legal";

async fn database(app: &TestApp) -> SqliteConnection {
    open(&app.folder.path().join("sigilo.sqlite")).await
}

async fn publish(app: &TestApp, changes: Changes) {
    let roster = app.app().rosters.propose(&changes).await.unwrap();
    let signed = roster.sign(&app.authority.signing.signing_key()).unwrap();
    app.app().rosters.publish(&signed).await.unwrap();
}

/// Reports with identity, all covered by the log. Returns their cases.
async fn filed(app: &TestApp, count: usize) -> Vec<CaseId> {
    for _ in 0..count {
        file(app, false).await;
    }
    app.app().log.cover_waiting().await.unwrap();
    sqlx::query_scalar("SELECT id FROM cases ORDER BY id")
        .fetch_all(&mut database(app).await)
        .await
        .unwrap()
}

/// The problem that the officer got, or none.
async fn attempt(app: &TestApp, officer: &mut Member, case: CaseId, seed: u64) -> Option<Value> {
    let ceremony = Ceremony::begin(app, officer, case, seed).await;
    let reply = ceremony.send(app, officer).await;
    if reply.status == StatusCode::OK {
        ceremony.open(app, officer, &reply.json());
        return None;
    }
    assert!(!reply.text().contains("witness_half"), "{}", reply.text());
    Some(reply.json())
}

async fn journal(app: &TestApp) -> Vec<String> {
    app.app().witness().journal(JournalReader::Server).await.unwrap()
}

async fn of_act(app: &TestApp, act: Act) -> Vec<Entry> {
    let all = entries(app).await;
    all.into_iter().filter(|entry| entry.act == act).collect()
}

#[tokio::test]
async fn row_9_an_officer_opens_what_the_caps_allow_and_no_more() {
    let app = TestApp::new().await;
    let cases = filed(&app, 5).await;
    publish(
        &app,
        Changes {
            openings_per_officer: Some(2),
            ..Changes::default()
        },
    )
    .await;
    let mut tx = app.app().db().begin().await.unwrap();
    let today = app.app().today();
    store::cases::set_state(&mut tx, cases[0], State::Received, State::Closed, today)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let mut officer = sign_in(&app, OFFICER).await;
    let mut got = Vec::new();
    for (case, seed) in cases.iter().zip(1..) {
        got.push(attempt(&app, &mut officer, *case, seed).await);
    }
    assert_eq!(got.iter().filter(|problem| problem.is_none()).count(), 2, "{got:?}");
    for problem in got.iter().flatten() {
        assert_eq!(problem["type"], "/problems/officer-cap");
        assert!(
            problem["title"].as_str().unwrap().contains("todas las aperturas"),
            "{problem}"
        );
    }
    // Each attempt stands in the log, and each opening in front of the auditors.
    assert_eq!(of_act(&app, Act::UnsealRefused).await.len(), 3);
    let mut auditor = sign_in(&app, AUDITOR).await;
    let openings = app.get(&mut auditor.visitor, "/staff/openings").await.text();
    assert_eq!(openings.matches("<verified-purpose").count(), 2);

    // The twin: a day later.
    let app = app.restarted().await;
    app.clock.advance(DAY);
    let mut officer = sign_in(&app, OFFICER).await;
    assert_eq!(attempt(&app, &mut officer, cases[4], 9).await, None);
}

#[tokio::test]
async fn row_9_without_somebody_elses_request_nothing_opens_and_each_request_opens_once() {
    let app = TestApp::new().await;
    let cases = filed(&app, 2).await;
    let mut officer = sign_in(&app, OFFICER).await;
    let bare = |ceremony: &mut Ceremony| {
        ceremony.request.class = "validacion".into();
        ceremony.class = "validacion".into();
    };
    let mut ceremony = Ceremony::begin(&app, &mut officer, cases[0], 1).await;
    bare(&mut ceremony);
    let refused = ceremony.send(&app, &mut officer).await;
    assert_eq!(refused.json()["type"], "/problems/request-needed");

    let mut ana = sign_in(&app, ANALYST).await;
    let (path, body) = validation_body(&app, &ana, cases[0], 3);
    let asked = app.post_json(&mut ana.visitor, &path, &body).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT, "{}", asked.text());
    // The request of one case opens no other.
    let first = Ceremony::begin(&app, &mut officer, cases[0], 2).await;
    assert!(first.request.answers.is_some());
    let mut elsewhere = Ceremony::begin(&app, &mut officer, cases[1], 3).await;
    bare(&mut elsewhere);
    elsewhere.request.answers = first.request.answers;
    let refused = elsewhere.send(&app, &mut officer).await;
    assert_eq!(refused.json()["type"], "/problems/request-refused");

    assert_eq!(first.send(&app, &mut officer).await.status, StatusCode::OK);
    let mut again = Ceremony::begin(&app, &mut officer, cases[0], 4).await;
    assert_eq!(again.request.answers, None, "the page offers it no more");
    bare(&mut again);
    again.request.answers = first.request.answers;
    let refused = again.send(&app, &mut officer).await;
    assert_eq!(refused.json()["type"], "/problems/request-used");
    // An officer cannot ask themselves.
    let (path, body) = validation_body(&app, &officer, cases[0], 5);
    let own = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);

    // The twin: the analyst's second signed request.
    let (path, body) = validation_body(&app, &ana, cases[0], 6);
    let asked = app.post_json(&mut ana.visitor, &path, &body).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT, "{}", asked.text());
    assert_eq!(attempt(&app, &mut officer, cases[0], 7).await, None);
}

#[tokio::test]
async fn row_9_an_officer_cannot_keep_the_purpose_from_the_auditors() {
    let app = TestApp::new().await;
    let case = filed(&app, 1).await[0];
    let mut officer = sign_in(&app, OFFICER).await;
    let mut ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    assert_eq!(ceremony.class, ALONE);
    // Every copy that the officer makes goes to a key that nobody has.
    let nobody = Identity::from_scalar(Key32::from_slice(&[9; 32]).unwrap()).recipient();
    for (_, recipient) in &mut ceremony.readers {
        *recipient = nobody.clone();
    }
    assert_eq!(ceremony.send(&app, &mut officer).await.status, StatusCode::OK);
    let mut auditor = sign_in(&app, AUDITOR).await;
    let page = app.get(&mut auditor.visitor, "/staff/openings").await.text();
    let attribute = |name| attributes(&page, "<verified-purpose", name).remove(0);
    let opening = Opening {
        instance: app.app().instance,
        case,
        request: serde_json::from_value(json!(attribute("request"))).unwrap(),
        class: ALONE,
    };
    let purpose = base64::decode(&attribute("file")).unwrap();
    let (_, text) = verified_purpose::open(&opening, &purpose, &auditor.keys.identity).unwrap();
    assert_eq!(text.as_str(), PURPOSE);

    // The auditors' copies are those of the journal: an exchanged one is found.
    app.app().log.sequence().await.unwrap();
    assert!(app.app().log.verify_log().await.is_ok());
    let mut connection = database(&app).await;
    for change in [
        "UPDATE letter SET file = x'00' WHERE kind = 'verified-purpose'",
        "DELETE FROM letter WHERE kind = 'verified-purpose'",
    ] {
        sqlx::query(change).execute(&mut connection).await.unwrap();
        match app.app().log.verify_log().await {
            Err(VerificationError::Entry(finding, _)) => assert_eq!(finding.defect, Defect::PurposeChanged),
            other => panic!("{change}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_journal_that_lost_its_end_is_found_by_what_the_log_says_of_it() {
    let app = TestApp::new().await;
    publish(&app, Changes::default()).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let pins = Pins::of(app.app().keys());
    let look = |lost: usize| {
        let mut seen = inspect(&app.folder.path().join("witness")).unwrap();
        seen.lines.truncate(seen.lines.len() - lost);
        // The running service does not read the state file, which counts the line too.
        seen.head = None;
        seen
    };
    let verified = async |lost| verify(app.app().db(), &pins, async || Ok(look(lost)), async |_, _| Ok(())).await;
    assert!(verified(0).await.is_ok());
    match verified(1).await {
        Err(VerificationError::Entry(finding, _)) => assert_eq!(finding.defect, Defect::JournalCut),
        other => panic!("{other:?}"),
    }
}

/// The database's writer says that an officer has decided to erase, and that the case was closed long ago.
#[tokio::test]
async fn a_server_alone_erases_nothing() {
    let app = TestApp::new().await;
    let words = file(&app, false).await;
    app.app().log.cover_waiting().await.unwrap();
    let mut connection = database(&app).await;
    let case: CaseId = sqlx::query_scalar("SELECT id FROM cases")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    ask_erasure(&app, &words).await;
    let before = journal(&app).await;

    // The reporter did ask; no officer decided. Any entry of the log has to do.
    let any: Vec<u8> = sqlx::query_scalar("SELECT id FROM audit_entry WHERE act = 'staff.added' LIMIT 1")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    sqlx::query(
        "UPDATE identity_request SET state = 'erasing', reason = 'pedido-del-titular', decided_at = 1, decision = $1",
    )
    .bind(&any)
    .execute(&mut connection)
    .await
    .unwrap();
    // Nobody closed the case either.
    sqlx::query("UPDATE cases SET state = 'closed', closed_on = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    app.app().identities.erase_due().await.unwrap();
    assert_eq!(journal(&app).await, before, "no tombstone");
    assert!(of_act(&app, Act::IdentityErased).await.is_empty());
    assert!(of_act(&app, Act::CaseErased).await.is_empty());
    let mut officer = sign_in(&app, OFFICER).await;
    assert_eq!(attempt(&app, &mut officer, case, 1).await, None, "it still opens");

    // An officer decides on a request that the reporter never signed.
    sqlx::query("UPDATE cases SET state = 'received', closed_on = NULL")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query("UPDATE identity_request SET state = 'open', reason = NULL, decided_at = NULL, decision = NULL")
        .execute(&mut connection)
        .await
        .unwrap();
    let kept: Vec<u8> = sqlx::query_scalar("SELECT signature FROM identity_request")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let request: Vec<u8> = sqlx::query_scalar("SELECT request FROM identity_request")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let forged = ErasureRequest::sign(app.app().instance, &request, &own_key());
    let exchange = "UPDATE identity_request SET signature = $1";
    sqlx::query(exchange)
        .bind(forged.as_bytes().as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
    let erase = decision(&app, &mut officer, case, (ErasureDecision::Erase, "pedido-del-titular")).await;
    let (path, body) = erasure_body(&officer, &erase);
    let refused = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text());
    let tombstones = |lines: &[String]| lines.iter().filter(|line| line.contains("\"erasure\"")).count();
    assert_eq!(tombstones(&journal(&app).await), 0);

    // The twin: the officer's decision over the reporter's own signature.
    sqlx::query(exchange)
        .bind(&kept)
        .execute(&mut connection)
        .await
        .unwrap();
    app.app().identities.erase_due().await.unwrap();
    assert_eq!(tombstones(&journal(&app).await), 1);
    let erased = of_act(&app, Act::IdentityErased).await.remove(0);
    let decided = of_act(&app, Act::ErasureDecided).await.remove(0);
    assert_eq!(erased.detail["decided"], decided.id.to_string());
    app.app().log.sequence().await.unwrap();
    assert!(app.app().log.verify_log().await.is_ok());
}

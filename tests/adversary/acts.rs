//! Acts in a member's name. The attacker writes entries of the log, even into a queue that takes them for the program's
//! own: without the member's key nobody states an act, and nothing that a member signed counts twice.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sigilo::audit::entry::{Act, Actor, Base64, Entry, SignedPayload};
use sigilo::audit::verify::Defect;
use sigilo::domain::desk::Outcome;
use sigilo::domain::ids::{CaseId, UnsealId};
use sigilo::domain::state::State;
use sigilo::service::audit::verification::VerificationError;
use sigilo::vault::case_state::CaseStatePayload;
use sigilo::vault::checking::{CheckPayload, ShowingPayload};
use sigilo::vault::payload::Payload;
use sigilo::vault::signing::SigningKey;

use super::forge::own_key;
use crate::flows::staff::working;
use crate::flows::unseal::{at_the_desk, of_act, unsealed};
use crate::support::app::TestApp;
use crate::support::officer::{check_body, showing_body};
use crate::support::staff::Member;

/// The payload's fields that its entry's detail repeats.
fn repeated(payload: &impl Payload) -> Value {
    let mut detail: Value = serde_json::from_slice(&payload.to_bytes()).unwrap();
    for field in ["instance", "case", "previous", "member", "time"] {
        detail.as_object_mut().unwrap().remove(field);
    }
    detail
}

fn signed<P: Payload>(payload: &P, member: &Member, key: &SigningKey) -> SignedPayload {
    let bytes = payload.to_bytes();
    let signature = P::sign(payload.instance(), &bytes, key);
    SignedPayload {
        by: member.id,
        what: P::LABEL.into(),
        payload: Base64(bytes),
        signature: Base64(signature.as_bytes().to_vec()),
    }
}

/// Puts an entry in the member's name into the queue, and lets the sequencer and the witness take it.
async fn insert(app: &TestApp, member: &Member, case: CaseId, what: (Act, Value, Option<SignedPayload>)) {
    let (act, detail, signed) = what;
    let entry = app
        .app()
        .log
        .entry(act, Actor::Staff(member.id), Some(case), detail, signed);
    let mut tx = app.app().db().begin().await.unwrap();
    entry.unwrap().write(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
}

/// Verifies the log. Returns the act of the entry that is named, with what is wrong with it.
async fn named(app: &TestApp) -> Option<(Act, Defect)> {
    match app.app().log.verify_log().await {
        Err(VerificationError::Entry(finding, Some(entry))) => Some((entry.act, finding.defect)),
        // The log itself is good. The attacker may have written no row beside the entry, which is another finding.
        Ok(_) | Err(VerificationError::Row(..)) => None,
        Err(error) => panic!("{error}"),
    }
}

/// In the twin, the member's key signs, and the log is good. Then the attacker states the same act without it.
async fn nobody_else_states(app: &TestApp, member: &Member, case: CaseId, act: Act, payload: &impl Payload) {
    let twin = Some(signed(payload, member, &member.keys.signing));
    insert(app, member, case, (act, repeated(payload), twin)).await;
    assert_eq!(named(app).await, None, "the twin: {act} with the member's key");
    insert(app, member, case, (act, repeated(payload), None)).await;
    assert_eq!(named(app).await, Some((act, Defect::NotSigned)));
}

fn moved(app: &TestApp, member: &Member, case: CaseId, (from, to): (State, State)) -> CaseStatePayload {
    CaseStatePayload {
        instance: app.app().instance,
        case,
        previous: None,
        member: member.id,
        from,
        to,
        record: "77777777-7777-4777-8777-777777777777".parse().unwrap(),
        time: app.app().now(),
    }
}

#[tokio::test]
async fn nobody_else_changes_a_state() {
    let app = TestApp::new().await;
    let (_, ana, case, _) = working(&app).await;
    let payload = moved(&app, &ana, case.id, (State::Received, State::Closed));
    nobody_else_states(&app, &ana, case.id, Act::CaseStateChanged, &payload).await;
    // With a key of the attacker's own.
    let app = TestApp::new().await;
    let (_, ana, case, _) = working(&app).await;
    let payload = moved(&app, &ana, case.id, (State::Received, State::Closed));
    let own = Some(signed(&payload, &ana, &own_key()));
    insert(&app, &ana, case.id, (Act::CaseStateChanged, repeated(&payload), own)).await;
    assert_eq!(named(&app).await, Some((Act::CaseStateChanged, Defect::BadSignature)));
}

#[tokio::test]
async fn nobody_else_notes_a_check() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let unseal = unsealed(&app, &mut officer, case, 1).await;
    let now = app.app().now();
    let payload = CheckPayload {
        instance: app.app().instance,
        case,
        unseal,
        check: "88888888-8888-4888-8888-888888888888".parse().unwrap(),
        what: "llamada".into(),
        outcome: Outcome::Reached,
        made_at: now - now % 60,
        previous: None,
        member: officer.id,
        time: now,
    };
    nobody_else_states(&app, &officer, case, Act::CheckNoted, &payload).await;
}

#[tokio::test]
async fn nobody_else_says_that_an_identity_was_shown() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let unseal = unsealed(&app, &mut officer, case, 1).await;
    let payload = ShowingPayload {
        instance: app.app().instance,
        case,
        unseal,
        previous: None,
        member: officer.id,
        time: app.app().now(),
    };
    nobody_else_states(&app, &officer, case, Act::IdentityShown, &payload).await;
}

#[tokio::test]
async fn what_a_member_signed_counts_once() {
    let app = TestApp::new().await;
    let (_, mut ana, mut case, path) = working(&app).await;
    let api = format!("/api/v1{path}/state");
    let first = case.change_state(&app, &ana, (State::Received, State::Resolved), "Resuelto.");
    let sent = app.post_json(&mut ana.visitor, &api, &first).await;
    assert_eq!(sent.status, StatusCode::NO_CONTENT, "{}", sent.text());
    let page = app.get(&mut ana.visitor, &path).await.text();
    case.look_again(page);
    let back = case.change_state(&app, &ana, (State::Resolved, State::InReview), "De nuevo.");
    assert_eq!(
        app.post_json(&mut ana.visitor, &api, &back).await.status,
        StatusCode::NO_CONTENT
    );
    // The server takes neither again, although the state would allow the second one after a third.
    for body in [&first, &back] {
        let again = app.post_json(&mut ana.visitor, &api, body).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert_eq!(again.json()["type"], "/problems/changed");
    }
    app.app().log.sequence().await.unwrap();
    assert_eq!(named(&app).await, None);
    // In the log, an auditor finds it.
    let entry = of_act(&app, Act::CaseStateChanged).await.remove(0);
    let Entry { detail, signed, .. } = entry;
    insert(
        &app,
        &ana,
        case.id,
        (Act::CaseStateChanged, Value::Object(detail), signed),
    )
    .await;
    assert_eq!(named(&app).await, Some((Act::CaseStateChanged, Defect::ActRepeated)));
}

#[tokio::test]
async fn a_check_and_a_showing_count_once() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let unseal: UnsealId = unsealed(&app, &mut officer, case, 1).await;
    let (path, shown) = showing_body(&app, &mut officer, (case, unseal)).await;
    let answer = app.post_json(&mut officer.visitor, &path, &shown).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let what = ("llamada", "no_answer", app.app().now());
    let (checks, check) = check_body(&app, &mut officer, (case, unseal), what, None).await;
    let noted = app.post_json(&mut officer.visitor, &checks, &check).await;
    assert_eq!(noted.status, StatusCode::OK, "{}", noted.text());
    for (path, body) in [(&path, &shown), (&checks, &check)] {
        let again = app.post_json(&mut officer.visitor, path, body).await;
        assert_eq!(
            (again.status, &again.json()["type"]),
            (StatusCode::CONFLICT, &json!("/problems/changed"))
        );
    }
    app.app().log.sequence().await.unwrap();
    assert_eq!(named(&app).await, None);
    let entry = of_act(&app, Act::IdentityShown).await.remove(0);
    insert(
        &app,
        &officer,
        case,
        (Act::IdentityShown, Value::Object(entry.detail), entry.signed),
    )
    .await;
    assert_eq!(named(&app).await, Some((Act::IdentityShown, Defect::ActRepeated)));
}

#[tokio::test]
async fn of_two_who_act_at_once_the_second_looks_again() {
    let app = TestApp::new().await;
    let (_, mut ana, mut case, path) = working(&app).await;
    let api = format!("/api/v1{path}/state");
    let one = case.change_state(&app, &ana, (State::Received, State::InReview), "Una pestaña.");
    let two = case.change_state(&app, &ana, (State::Received, State::Resolved), "Otra pestaña.");
    assert_eq!(
        app.post_json(&mut ana.visitor, &api, &one).await.status,
        StatusCode::NO_CONTENT
    );
    let refused = app.post_json(&mut ana.visitor, &api, &two).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.json()["type"], "/problems/changed");
    assert_eq!(of_act(&app, Act::CaseStateChanged).await.len(), 1, "nothing happened");
    // With the page as it is now, the same decision is taken, before and after the first has its leaf.
    let page = app.get(&mut ana.visitor, &path).await.text();
    case.look_again(page);
    let now = case.change_state(&app, &ana, (State::InReview, State::Resolved), "Otra pestaña.");
    let taken = app.post_json(&mut ana.visitor, &api, &now).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT, "{}", taken.text());
    app.app().log.sequence().await.unwrap();
    assert_eq!(named(&app).await, None);
}

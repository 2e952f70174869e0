//! An identity stays closed: each way in which the ceremony must fail, and the traces that each leaves.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sigilo::audit::entry::{Act, Base64};
use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::CaseId;
use sigilo::domain::role::Role;
use sigilo::domain::state::UnsealState;
use sigilo::service::audit::verification::VerificationError;
use sigilo::service::people::{NewMember, Sponsor};
use sigilo::service::roster::Changes;
use sigilo::service::{Error, InvalidReason};
use sigilo::store;
use sigilo::vault::base64;
use sigilo::vault::erasure::ErasureDecision;
use sigilo::vault::roster::VerifiedRoster;
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::SigningKey;
use sigilo::vault::verdict::VerdictPayload;

use crate::support::app::{ANALYST, AUDITOR, OFFICER, PASSWORD, TestApp};
use crate::support::officer::{
    Ceremony, check_enough, decision, desk_page, erasure_body, path_of, stranger, verdict, verdict_body,
};
use crate::support::staff::{Member, entries, sign_in, sign_in_body};

use super::own_identity::ask_erasure;
use super::unseal::{DISAGREE, at_the_desk, filed, journal_lines, of_act, own_page, sql, unsealed, unseals};

/// A change to a ceremony. It may use another case.
type Change = fn(&mut Ceremony, CaseId);

/// The server refuses a changed ceremony by itself: no change has an effect.
#[tokio::test]
async fn what_is_not_right_is_refused_before_anything_happens() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let (_, other) = filed(&app).await;
    let (before, lines) = (entries(&app).await.len(), journal_lines(&app).await);
    let changes: [(&str, StatusCode, Change); 9] = [
        ("other manifest", StatusCode::CONFLICT, |c, _| {
            c.request.manifest = stranger();
        }),
        ("other roster", StatusCode::CONFLICT, |c, _| {
            c.request.roster = stranger();
        }),
        ("unknown class", StatusCode::UNPROCESSABLE_ENTITY, |c, _| {
            c.request.class = "curiosidad".into();
        }),
        ("stale", StatusCode::UNPROCESSABLE_ENTITY, |c, _| {
            c.request.time -= 601;
        }),
        ("from the future", StatusCode::UNPROCESSABLE_ENTITY, |c, _| {
            c.request.time += 601;
        }),
        ("far from any clock", StatusCode::UNPROCESSABLE_ENTITY, |c, _| {
            c.request.time = i64::MIN;
        }),
        ("other key", StatusCode::UNPROCESSABLE_ENTITY, |c, _| {
            c.signing = SigningKey::from_seed(&Key32::from_slice(&[9; 32]).unwrap());
        }),
        ("a reader left out", StatusCode::UNPROCESSABLE_ENTITY, |c, _| {
            drop(c.readers.pop());
        }),
        ("a reader twice", StatusCode::UNPROCESSABLE_ENTITY, |c, _| {
            let twice = c.readers[0].clone();
            c.readers.push(twice);
        }),
    ];
    for (name, status, change) in changes {
        let mut ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
        change(&mut ceremony, other);
        let reply = ceremony.send(&app, &mut officer).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.text());
        assert!(!reply.text().contains("witness_half"), "{name}");
    }
    // A request about one case for another, both ways.
    let ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    let body = ceremony.body(&officer);
    let elsewhere = app.post_json(&mut officer.visitor, &path_of(other), &body).await;
    assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    ceremony.request.case = other;
    assert_eq!(ceremony.send(&app, &mut officer).await.status, StatusCode::CONFLICT);
    // In somebody else's name.
    let mut ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    (ceremony.request.officer, _) = app.keys_of(AUDITOR).await;
    assert_eq!(
        ceremony.send(&app, &mut officer).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    // Malformed bodies.
    let right = Ceremony::begin(&app, &mut officer, case, 1).await.body(&officer);
    for (field, value) in [
        ("request", json!("e30=")),
        ("request", json!("…")),
        ("signature", json!("AAAA")),
        ("letters", json!([])),
        ("witness_letter", json!(base64::encode(b"en claro"))),
        ("more", json!(1)),
    ] {
        let mut body = right.clone();
        body[field] = value;
        let reply = app.post_json(&mut officer.visitor, &path_of(case), &body).await;
        let refusals = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
        assert!(refusals.contains(&reply.status), "{field}: {}", reply.text());
    }
    assert_eq!(entries(&app).await.len(), before, "no entry");
    assert_eq!(journal_lines(&app).await, lines, "the witness was not asked");
    assert!(unseals(&app, case).await.is_empty());
}

#[tokio::test]
async fn the_password_must_have_been_typed_within_ten_minutes() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    app.clock.advance(601);
    let ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    let before = entries(&app).await.len();
    let reply = ceremony.send(&app, &mut officer).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(reply.json()["type"], "/problems/reauthentication-needed");
    assert_eq!(entries(&app).await.len(), before);
    let login = json!({ "login": sign_in_body(&app, OFFICER, PASSWORD)["login"] });
    let again = "/api/v1/staff/reauthentication";
    app.post_json(&mut officer.visitor, again, &login).await;
    assert_eq!(ceremony.send(&app, &mut officer).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_counts_once() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    assert_eq!(ceremony.send(&app, &mut officer).await.status, StatusCode::OK);
    let (before, lines) = (entries(&app).await.len(), journal_lines(&app).await);
    // The second attempt fails although its letters are sealed anew.
    assert_eq!(ceremony.send(&app, &mut officer).await.status, StatusCode::CONFLICT);
    assert_eq!((entries(&app).await.len(), journal_lines(&app).await), (before, lines));
}

#[tokio::test]
async fn an_analyst_opens_nothing() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    let mut ana = sign_in(&app, ANALYST).await;
    let body = ceremony.body(&officer);
    let reply = app.post_json(&mut ana.visitor, &path_of(case), &body).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(
        app.get(&mut ana.visitor, &format!("/staff/desk/{case}")).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(of_act(&app, Act::AccessDenied).await.len(), 2, "and it is written down");
    assert!(of_act(&app, Act::UnsealRequested).await.is_empty());
}

/// Sends a ceremony that the witness refuses; the request and the refusal are all that is left.
async fn refused(app: &TestApp, officer: &mut Member, ceremony: &Ceremony, word: &str, problem: &str) {
    let lines = journal_lines(app).await;
    let reply = ceremony.send(app, officer).await;
    assert!(reply.status.is_client_error(), "{word}: {}", reply.text());
    assert_eq!(reply.json()["type"], format!("/problems/{problem}"), "{word}");
    assert!(!reply.text().contains("witness_half"));
    assert_eq!(journal_lines(app).await, lines, "{word}: the witness wrote nothing");
    let entry = of_act(app, Act::UnsealRefused).await.pop().unwrap();
    let all = unseals(app, ceremony.request.case).await;
    let request = ceremony.request.to_bytes();
    let last = all.into_iter().find(|unseal| unseal.request == request).unwrap();
    assert_eq!(last.state, UnsealState::Refused);
    assert_eq!(entry.detail["refusal"], word);
    assert_eq!(entry.detail["requested"], last.entry_id.to_string());
    assert!(of_act(app, Act::UnsealReleased).await.is_empty());
}

#[tokio::test]
async fn the_witness_refuses_and_the_log_says_so() {
    let app = TestApp::new().await;
    let (words, case, mut officer) = at_the_desk(&app).await;
    let mut empty = Ceremony::begin(&app, &mut officer, case, 1).await;
    empty.text = " … ".into();
    refused(&app, &mut officer, &empty, "empty_purpose", "purpose-refused").await;
    let mut other = Ceremony::begin(&app, &mut officer, case, 2).await;
    other.text = "Otro motivo que el que firmó.".into();
    refused(&app, &mut officer, &other, "wrong_purpose", "purpose-refused").await;
    let mut class = Ceremony::begin(&app, &mut officer, case, 3).await;
    class.class = "derechos-del-titular".into();
    refused(&app, &mut officer, &class, "wrong_purpose", "purpose-refused").await;

    // The witness has erased the identity, although the database may still hold it.
    let erased = Ceremony::begin(&app, &mut officer, case, 4).await;
    ask_erasure(&app, &words).await;
    for keep in [
        "CREATE TABLE kept_seal AS SELECT * FROM seal",
        "CREATE TABLE kept_share AS SELECT * FROM share",
    ] {
        sql(&app, keep).await;
    }
    let erase = decision(&app, &mut officer, case, (ErasureDecision::Erase, "pedido-del-titular")).await;
    let (path, body) = erasure_body(&officer, &erase);
    let decided = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(decided.status, StatusCode::OK, "{}", decided.text());
    for put_back in [
        "UPDATE seal SET erased = FALSE, record = (SELECT record FROM kept_seal k WHERE k.id = seal.id),
                         witness_half = (SELECT witness_half FROM kept_seal k WHERE k.id = seal.id)",
        "INSERT INTO share SELECT * FROM kept_share",
        "DROP TABLE kept_seal",
        "DROP TABLE kept_share",
    ] {
        sql(&app, put_back).await;
    }
    refused(&app, &mut officer, &erased, "erased", "identity-erased").await;
    let own = own_page(&app, &words).await;
    assert_eq!(own.matches("negada: no se abrió").count(), 4);
    assert!(!own.contains(DISAGREE));

    // Gone from the database too.
    let gone = Ceremony::begin(&app, &mut officer, case, 5).await;
    app.app()
        .db()
        .write("test", |mut tx| async move {
            store::seals::erase(&mut tx, case).await?;
            tx.commit().await
        })
        .await
        .unwrap();
    assert_eq!(gone.send(&app, &mut officer).await.status, StatusCode::CONFLICT);
    let page = desk_page(&app, &mut officer, case).await;
    assert!(page.contains("no tiene una identidad sellada") && !page.contains("data-unseal "));
    app.app().log.sequence().await.unwrap();
    // The log is good; the seals beside it are not as it says.
    let verified = app.app().log.verify_log().await;
    assert!(matches!(verified, Err(VerificationError::Row(..))), "{verified:?}");
}

async fn publish(app: &TestApp) {
    let roster = app.app().rosters.propose(&Changes::default()).await.unwrap();
    let signed = roster.sign(&app.authority.signing.signing_key()).unwrap();
    app.app().rosters.publish(&signed).await.unwrap();
}

/// Puts a roster in force with a quorum that the service refuses to publish.
async fn force_quorum(app: &TestApp, quorum: u8) {
    let mut roster = app.app().rosters.propose(&Changes::default()).await.unwrap();
    (roster.quorum, roster.policy.minimum_officers) = (quorum, quorum);
    let signed = roster.sign(&app.authority.signing.signing_key()).unwrap();
    let refused = app.app().rosters.publish(&signed).await.map(drop);
    assert!(matches!(refused, Err(Error::Invalid(InvalidReason::QuorumAboveOne))));
    app.app().witness().accept_roster(Base64(signed.clone())).await.unwrap();
    let hash = VerifiedRoster::verify(app.app().instance, &signed, &app.app().keys().authority)
        .unwrap()
        .hash();
    let row = store::roster::Roster {
        version: i64::try_from(roster.version).unwrap(),
        hash: hash.as_bytes().to_vec(),
        note: signed,
        published_at: app.app().now(),
    };
    let mut tx = app.app().db().begin().await.unwrap();
    store::roster::publish(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    app.app().rosters.load().await.unwrap();
}

#[tokio::test]
async fn a_rolled_back_roster_opens_nothing() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let old = Ceremony::begin(&app, &mut officer, case, 1).await;
    publish(&app).await;
    assert_eq!(
        old.send(&app, &mut officer).await.status,
        StatusCode::CONFLICT,
        "reload"
    );
    // Somebody with access to the database deletes the newest roster; the witness remembers it.
    sql(&app, "DELETE FROM roster WHERE version = 2").await;
    app.app().rosters.load().await.unwrap();
    assert_eq!(app.app().rosters.current().unwrap().version(), 1);
    refused(&app, &mut officer, &old, "wrong_roster", "witness-refused").await;
}

#[tokio::test]
async fn shares_and_verdicts_are_each_officers_own() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let unseal = unsealed(&app, &mut officer, case, 1).await;
    let new = NewMember {
        email: "nueva@sigilo.test",
        name: "Oficial nueva",
        role: Role::Officer,
        language: "es",
        areas: &["mesa-de-identidad".to_owned()],
        password: PASSWORD,
    };
    let sponsor = Sponsor {
        email: OFFICER,
        password: PASSWORD,
    };
    app.app().people.add_member(new, Some(sponsor)).await.unwrap();
    publish(&app).await;
    let mut second = sign_in(&app, "nueva@sigilo.test").await;
    let late = Ceremony::begin(&app, &mut second, case, 2).await;
    let reply = late.send(&app, &mut second).await;
    assert_eq!(reply.json()["type"], "/problems/no-share");
    let valid = verdict(&app, &mut second, (case, unseal), Verdict::Valid).await;
    let (path, body) = verdict_body(&app, &second, &valid);
    let reply = app.post_json(&mut second.visitor, &path, &body).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "not theirs");

    // A quorum of two is refused clearly, and the witness is not asked.
    force_quorum(&app, 2).await;
    let before = entries(&app).await.len();
    let ceremony = Ceremony::begin(&app, &mut officer, case, 3).await;
    let reply = ceremony.send(&app, &mut officer).await;
    assert_eq!(reply.json()["type"], "/problems/quorum-above-one");
    assert!(reply.text().contains("2 oficiales"));
    assert_eq!(entries(&app).await.len(), before);
}

#[tokio::test]
async fn a_verdict_that_is_not_right_changes_nothing() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let (_, other) = filed(&app).await;
    let unseal = unsealed(&app, &mut officer, case, 1).await;
    let right = verdict(&app, &mut officer, (case, unseal), Verdict::Valid).await;
    let (path, body) = verdict_body(&app, &officer, &right);
    let mut wrong: Vec<(&str, String, Value)> = Vec::new();
    for (name, case, time) in [
        ("other case", other, right.time),
        ("stale", case, right.time - 601),
        ("from the future", case, right.time + 601),
    ] {
        let payload = VerdictPayload {
            case,
            time,
            ..right.clone()
        };
        wrong.push((name, path.clone(), verdict_body(&app, &officer, &payload).1));
    }
    let elsewhere = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d";
    wrong.push((
        "other unseal",
        path.replace(&unseal.to_string(), elsewhere),
        body.clone(),
    ));
    for (name, field, value) in [
        ("other verdict", "verdict", json!("mismatch")),
        ("other signature", "signature", json!(base64::encode(&[1; 64]))),
        ("no letter", "letter", json!(base64::encode(b"en claro"))),
    ] {
        let mut changed = body.clone();
        changed[field] = value;
        wrong.push((name, path.clone(), changed));
    }
    let before = entries(&app).await.len();
    for (name, path, body) in &wrong {
        let reply = app.post_json(&mut officer.visitor, path, body).await;
        assert_eq!(
            reply.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}: {}",
            reply.text()
        );
    }
    assert_eq!(entries(&app).await.len(), before);
    assert_eq!(unseals(&app, case).await[0].verdict, None);
    check_enough(&app, &mut officer, case, unseal).await;
    assert_eq!(
        app.post_json(&mut officer.visitor, &path, &body).await.status,
        StatusCode::OK
    );
}

//! The officers' day: the queue, the notes between opening and verdict, an identity shown again, and the effect of a
//! verdict on its case.

use axum::http::StatusCode;
use serde_json::json;
use sigilo::audit::entry::{Act, Actor};
use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::{CaseId, LetterId, UnsealId};
use sigilo::domain::state::State;
use sigilo::store;
use sigilo::vault::base64;
use sigilo::vault::checking::CheckPayload;
use sigilo::vault::content::CheckNote;
use sigilo::vault::letter::{self, LetterContext, LetterKind};
use sigilo::vault::payload::Payload as _;

use super::unseal::{asks_for_validation, at_the_desk, filed, of_act, own_page, unsealed};
use crate::support::app::{AUDITOR, OFFICER, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::officer::{self, Ceremony, check_body, check_enough, desk_page, showing_body, verdict_body};
use crate::support::staff::{Member, attributes, entries, sign_in};

const DAY: i64 = 24 * 3600;
const NOTE: &str = "Nota-centinela";

async fn case_of(app: &TestApp, case: CaseId) -> store::cases::Case {
    let mut tx = app.app().db().read().await.unwrap();
    store::cases::by_id(&mut tx, case).await.unwrap().unwrap()
}

async fn noted(app: &TestApp, officer: &mut Member, of: (CaseId, UnsealId), what: (&str, &str, i64)) -> StatusCode {
    let (path, body) = check_body(app, officer, of, what, None).await;
    app.post_json(&mut officer.visitor, &path, &body).await.status
}

async fn stated(app: &TestApp, officer: &mut Member, case: CaseId, unseal: UnsealId, verdict: Verdict) -> StatusCode {
    if verdict == Verdict::Valid {
        check_enough(app, officer, case, unseal).await;
    }
    let payload = officer::verdict(app, officer, (case, unseal), verdict).await;
    let (path, body) = verdict_body(app, officer, &payload);
    app.post_json(&mut officer.visitor, &path, &body).await.status
}

#[tokio::test]
async fn unreachable_takes_attempts_on_several_days() {
    Box::pin(tries(TestApp::new().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgres() {
    Box::pin(tries(TestApp::on(Database::Postgres).await)).await;
}

async fn tries(app: TestApp) {
    let (words, case, mut officer) = at_the_desk(&app).await;
    asks_for_validation(&app, case).await;
    let unseal = unsealed(&app, &mut officer, case, 1).await;
    let of = (case, unseal);
    let now = app.app().now();

    let first = ("registro-civil", "matches", now);
    let (path, body) = check_body(&app, &mut officer, of, first, Some(NOTE)).await;
    assert_eq!(
        app.post_json(&mut officer.visitor, &path, &body).await.status,
        StatusCode::OK
    );
    assert_eq!(
        app.post_json(&mut officer.visitor, &path, &body).await.status,
        StatusCode::CONFLICT,
        "once"
    );
    for (what, why) in [
        (("llamada", "matches", now), "an outcome of another kind"),
        (("telepatia", "reached", now), "nothing of the profile"),
        (("llamada", "reached", now + 700), "not yet"),
        (("llamada", "reached", now - 61), "before the opening"),
        (("llamada", "reached", i64::MIN), "no time at all"),
    ] {
        assert_eq!(
            noted(&app, &mut officer, of, what).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{why}"
        );
    }
    assert_eq!(noted(&app, &mut officer, of, ("llamada", "no_answer", now)).await, 200);
    let hour = now + 3600;
    app.clock.set(hour);
    let mut officer = sign_in(&app, OFFICER).await;
    assert_eq!(
        noted(&app, &mut officer, of, ("correo", "no_answer", hour + 5)).await,
        200
    );
    app.clock.set(hour + 60);
    assert_eq!(
        noted(&app, &mut officer, of, ("llamada", "wrong_number", hour + 60)).await,
        200
    );

    // Three attempts on a single day are too few.
    let refused = stated(&app, &mut officer, case, unseal, Verdict::Unreachable).await;
    assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY);
    app.clock.set(now + DAY);
    let mut officer = sign_in(&app, OFFICER).await;
    assert_eq!(
        noted(&app, &mut officer, of, ("llamada", "no_answer", now + DAY)).await,
        200,
        "a day later, without opening the identity again"
    );
    let page = desk_page(&app, &mut officer, case).await;
    assert!(page.contains("Documento en el Registro Civil") && page.contains("Número o dirección equivocados"));
    let check = base64::decode(body["payload"].as_str().unwrap()).unwrap();
    let check = CheckPayload::read(app.app().instance, &check).unwrap();
    assert!(!page.contains(NOTE), "what is written is sealed to the desk");
    let sealed = attributes(&page, "<sealed-letter", "letter")
        .iter()
        .position(|id| *id == check.check.to_string());
    let file = attributes(&page, "<sealed-letter", "file").remove(sealed.unwrap());
    let place = LetterContext {
        instance: app.app().instance,
        case,
        letter: LetterId::try_from(check.check.as_uuid()).unwrap(),
        kind: LetterKind::CheckNote,
    };
    let desk = &officer.areas[0].1;
    let opened = letter::open(&place, &base64::decode(&file).unwrap(), desk).unwrap();
    assert_eq!(opened.content::<CheckNote>().unwrap().text(), NOTE);

    let before = case_of(&app, case).await;
    assert_eq!(
        stated(&app, &mut officer, case, unseal, Verdict::Unreachable).await,
        StatusCode::OK
    );
    let after = case_of(&app, case).await;
    assert_eq!(
        (before.state, after.state),
        (State::Received, State::WaitingForReporter)
    );
    assert_eq!(after.verdict, Some(Verdict::Unreachable));
    assert_eq!(
        after.resolve_by, before.resolve_by,
        "later than the ten working days already"
    );
    let own = own_page(&app, &words).await;
    assert!(own.contains("No pudimos comunicarnos con usted") && own.contains("Esperamos su respuesta"));

    let late = ("llamada", "reached", now + DAY + 60);
    assert_eq!(
        noted(&app, &mut officer, of, late).await,
        StatusCode::CONFLICT,
        "after the verdict nothing is noted"
    );
    the_log_tells_it(&app, &officer, case, hour).await;
}

/// All of it is in the log, in classes.
async fn the_log_tells_it(app: &TestApp, officer: &Member, case: CaseId, hour: i64) {
    let log = entries(app).await;
    let checks: Vec<_> = log.iter().filter(|entry| entry.act == Act::CheckNoted).collect();
    assert_eq!(checks.len(), 5);
    assert_eq!(
        (checks[0].actor, checks[0].case),
        (Actor::Staff(officer.id), Some(case))
    );
    assert_eq!(checks[2].detail["outcome"], "no_answer");
    assert_eq!(checks[2].detail["made_at"], hour, "to the minute");
    let verdict = log.iter().find(|entry| entry.act == Act::VerdictStated).unwrap();
    assert_eq!(verdict.detail["state"]["to"], "waiting_for_reporter");
    let moved = log.iter().find(|entry| entry.act == Act::CaseStateChanged).unwrap();
    assert_eq!(
        (&moved.detail["from"], &moved.detail["verdict"]),
        (&json!("received"), &json!("unreachable"))
    );
    let all = serde_json::to_string(&log).unwrap();
    assert!(!all.contains(NOTE) && !all.contains("1710034065"));
    app.app().log.sequence().await.unwrap();
    app.app().log.verify_log().await.unwrap();
}

#[tokio::test]
async fn an_identity_is_shown_again_within_its_unseal_only() {
    let app = TestApp::new().await;
    let (words, case, mut officer) = at_the_desk(&app).await;
    let ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    let answer = ceremony.send(&app, &mut officer).await.json();
    let unseal: UnsealId = answer["unseal"].as_str().unwrap().parse().unwrap();
    app.clock.advance(15 * 60);
    let (path, body) = showing_body(&app, &mut officer, (case, unseal)).await;
    let shown = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(shown.json()["seconds"], 15 * 60, "{}", shown.text());
    // The browser has kept the sealed contents and the request's key.
    assert!(!ceremony.open(&app, &officer, &answer).fields().is_empty());
    let entry = of_act(&app, Act::IdentityShown).await.remove(0);
    assert_eq!((entry.actor, entry.case), (Actor::Staff(officer.id), Some(case)));
    assert_eq!(entry.detail["unseal"], answer["unseal"]);
    assert_eq!(
        own_page(&app, &words).await.matches("abierta, en comprobación").count(),
        1,
        "the same opening"
    );

    let mut auditor = sign_in(&app, AUDITOR).await;
    let reply = app.post_json(&mut auditor.visitor, &path, &body).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    app.clock.advance(15 * 60);
    let mut officer = sign_in(&app, OFFICER).await;
    let (path, body) = showing_body(&app, &mut officer, (case, unseal)).await;
    let over = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(over.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(over.text().contains("nueva solicitud"), "{}", over.text());
    let nobodys = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
    let (path, body) = showing_body(&app, &mut officer, (case, nobodys)).await;
    assert_eq!(
        app.post_json(&mut officer.visitor, &path, &body).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(of_act(&app, Act::IdentityShown).await.len(), 1);
}

#[tokio::test]
async fn a_verdict_does_what_the_profile_says() {
    let app = TestApp::new().await;
    for (seed, verdict, state) in [
        (1, Verdict::Valid, State::InReview),
        (2, Verdict::Mismatch, State::WaitingForReporter),
    ] {
        let (_, case, mut officer) = at_the_desk(&app).await;
        let unseal = unsealed(&app, &mut officer, case, seed).await;
        let page = desk_page(&app, &mut officer, case).await;
        assert!(page.contains("El caso pasa a «En análisis».") && page.contains("3 intentos sin éxito en 2 días"));
        assert_eq!(stated(&app, &mut officer, case, unseal, verdict).await, StatusCode::OK);
        assert_eq!(case_of(&app, case).await.state, state);
    }
    // A case that is closed stays closed.
    let (_, case, mut officer) = at_the_desk(&app).await;
    let unseal = unsealed(&app, &mut officer, case, 3).await;
    let mut tx = app.app().db().begin().await.unwrap();
    store::cases::set_state(&mut tx, case, State::Received, State::Closed, app.app().today())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        stated(&app, &mut officer, case, unseal, Verdict::Valid).await,
        StatusCode::OK
    );
    assert_eq!(case_of(&app, case).await.state, State::Closed);
}

#[tokio::test]
async fn the_queue_shows_the_oldest_first_page_by_page() {
    let app = TestApp::new().await;
    let mut cases = Vec::new();
    for at in 0..27 {
        let (words, case) = filed(&app).await;
        let mut reporter = Visitor::default();
        app.post(&mut reporter, "/follow-up", &[("words", &words)]).await;
        let asked = app
            .post(&mut reporter, "/follow-up/identity/erasure", &[("confirm", "1")])
            .await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{at}: {}", asked.text());
        cases.push(case);
        if at == 1 {
            app.clock.advance(DAY);
        }
    }
    app.clock.advance(15 * DAY);
    asks_for_validation(&app, cases[5]).await;
    let mut officer = sign_in(&app, OFFICER).await;
    let listed = |page: &str| attributes(page, "<th scope=\"row\"><a", "href");
    let first = app.get(&mut officer.visitor, "/staff/desk").await.text();
    let rows = listed(&first);
    assert_eq!(rows.len(), 25);
    let oldest: Vec<_> = cases[..2].iter().map(|case| format!("/staff/desk/{case}")).collect();
    assert!(oldest.iter().all(|href| rows[..2].contains(href)), "the oldest first");
    assert_eq!(first.matches("16 días").count(), 2);
    assert_eq!(
        first.matches("vencido").count(),
        2,
        "more than the profile's fifteen days"
    );
    assert!(first.contains("Borrar la identidad (27)") && first.contains("Validar la identidad (1)"));
    let next = attributes(&first, "<a class=\"button quiet\" rel=\"next\"", "href").remove(0);
    let second = app.get(&mut officer.visitor, &next.replace("&#38;", "&")).await.text();
    let mut all = listed(&second);
    assert_eq!(all.len(), 3);
    assert_eq!(all[2], format!("/staff/desk/{}", cases[5]), "asked last");
    all.extend(rows);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 27, "each case once; one asks two things");
    let only = app
        .get(&mut officer.visitor, "/staff/desk?kind=validation")
        .await
        .text();
    assert_eq!(listed(&only), [format!("/staff/desk/{}", cases[5])]);
    let strange = app.get(&mut officer.visitor, "/staff/desk?kind=x&after=%27--").await;
    assert_eq!((strange.status, listed(&strange.text()).len()), (StatusCode::OK, 25));

    // The list shows what happened so far.
    unsealed(&app, &mut officer, cases[5], 1).await;
    let page = app
        .get(&mut officer.visitor, "/staff/desk?kind=validation")
        .await
        .text();
    assert!(page.contains("Validar la identidad · Abierta, sin veredicto") && page.contains("Oficial de prueba"));
}

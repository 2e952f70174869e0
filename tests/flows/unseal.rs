//! Opens an identity: the whole ceremony through the router with real keys, and each way in which it must fail.

use axum::http::StatusCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sigilo::audit::entry::{Act, Actor, Entry};
use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::{CaseId, LetterId, UnsealId};
use sigilo::domain::state::UnsealState;
use sigilo::store;
use sigilo::vault::base64;
use sigilo::vault::unseal::commit_purpose;
use sigilo::vault::verified_purpose::{self, Opening};
use sigilo::witness::JournalReader;
use sqlx::Connection as _;

use super::report::{submit, words_of};
use crate::support::app::{ANALYST, AUDITOR, OFFICER, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::officer::{Ceremony, PURPOSE, check_enough, desk_page, validation_body, verdict, verdict_body};
use crate::support::staff::{Member, attributes, entries, sign_in};

pub(crate) const DISAGREE: &str = "El testigo ha contado un número de aperturas distinto";

/// Files a report. Returns its words and its case.
pub(crate) async fn filed(app: &TestApp) -> (String, CaseId) {
    let known = uncovered(app).await;
    let words = words_of(&submit(app, &mut Visitor::default()).await.text());
    let new = uncovered(app).await.into_iter().find(|case| !known.contains(case));
    (words, new.expect("nobody has opened it yet"))
}

async fn uncovered(app: &TestApp) -> Vec<CaseId> {
    let mut tx = app.app().db().read().await.unwrap();
    let seals = store::seals::uncovered(&mut tx, 100).await.unwrap();
    seals.into_iter().map(|seal| seal.case_id).collect()
}

/// A report and an officer at their browser.
pub(crate) async fn at_the_desk(app: &TestApp) -> (String, CaseId, Member) {
    let (words, case) = filed(app).await;
    (words, case, sign_in(app, OFFICER).await)
}

/// The reporter's page.
pub(crate) async fn own_page(app: &TestApp, words: &str) -> String {
    let mut reporter = Visitor::default();
    app.post(&mut reporter, "/follow-up", &[("words", words)]).await;
    app.get(&mut reporter, "/follow-up/case").await.text()
}

pub(crate) async fn asks_for_validation(app: &TestApp, case: CaseId) -> LetterId {
    asks_again(app, case, 3).await
}

/// The same with another id.
pub(crate) async fn asks_again(app: &TestApp, case: CaseId, seed: u64) -> LetterId {
    let mut ana = sign_in(app, ANALYST).await;
    let (path, body) = validation_body(app, &ana, case, seed);
    let asked = app.post_json(&mut ana.visitor, &path, &body).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT, "{}", asked.text());
    LetterId::random(&mut StdRng::seed_from_u64(seed))
}

pub(crate) async fn unseals(app: &TestApp, case: CaseId) -> Vec<store::desk::Unseal> {
    let mut tx = app.app().db().read().await.unwrap();
    store::desk::unseals_of(&mut tx, case).await.unwrap()
}

pub(crate) async fn of_act(app: &TestApp, act: Act) -> Vec<Entry> {
    let all = entries(app).await;
    all.into_iter().filter(|entry| entry.act == act).collect()
}

pub(crate) async fn journal_lines(app: &TestApp) -> usize {
    app.app().witness().journal(JournalReader::Server).await.unwrap().len()
}

pub(crate) async fn sql(app: &TestApp, statement: &'static str) {
    let url = format!("sqlite:{}", app.folder.path().join("sigilo.sqlite").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Opens the identity of a case. Returns the unseal's id.
pub(crate) async fn unsealed(app: &TestApp, officer: &mut Member, case: CaseId, seed: u64) -> UnsealId {
    let ceremony = Ceremony::begin(app, officer, case, seed).await;
    let reply = ceremony.send(app, officer).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()["unseal"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_identity_is_opened_validated_and_the_reporter_learns_of_it() {
    Box::pin(opens_and_validates(TestApp::new().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgres() {
    Box::pin(opens_and_validates(TestApp::on(Database::Postgres).await)).await;
}

#[expect(clippy::too_many_lines, reason = "one story")]
async fn opens_and_validates(app: TestApp) {
    let (words, case, mut officer) = at_the_desk(&app).await;
    let letter = asks_for_validation(&app, case).await;
    let desk = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(desk.contains(&format!("letter=\"{letter}\"")) && desk.contains("Analista de prueba"));
    let page = desk_page(&app, &mut officer, case).await;
    assert!(page.contains("kind=\"validation-request\"") && !page.contains("<sealed-record"));
    assert!(!page.contains("Me pidieron"), "officers get no narrative");

    let ceremony = Ceremony::begin(&app, &mut officer, case, 1).await;
    let reply = ceremony.send(&app, &mut officer).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let answer = reply.json();
    let identity = ceremony.open(&app, &officer, &answer);
    let value = |of: &str| {
        identity
            .fields()
            .iter()
            .find(|field| field.field == of)
            .map(|field| field.value.clone())
    };
    let all: String = identity.fields().iter().map(|field| field.value.clone()).collect();
    assert!(
        all.contains("1710034065") && all.contains("Sintética Prueba Ejemplo"),
        "{:?}",
        value("name")
    );

    // Everything is in the log, in order, and the purpose is nowhere in clear.
    let log = entries(&app).await;
    let at = |act| log.iter().position(|entry| entry.act == act).unwrap();
    assert!(at(Act::ReportsCovered) < at(Act::UnsealRequested));
    assert!(at(Act::UnsealRequested) < at(Act::UnsealReleased));
    let requested = &log[at(Act::UnsealRequested)];
    assert_eq!(
        (requested.actor, requested.case),
        (Actor::Staff(officer.id), Some(case))
    );
    assert_eq!(
        log[at(Act::UnsealReleased)].detail["requested"],
        requested.id.to_string()
    );
    assert!(!serde_json::to_string(&log).unwrap().contains(PURPOSE));
    let mut auditor = sign_in(&app, AUDITOR).await;
    let shown = app.get(&mut auditor.visitor, "/staff/log").await.text();
    let attribute = |name| attributes(&shown, "<verified-purpose", name).remove(0);
    let class = attribute("class");
    let opening = Opening {
        instance: app.app().instance,
        case,
        request: serde_json::from_value(json!(attribute("request"))).unwrap(),
        class: &class,
    };
    let file = base64::decode(&attribute("file")).unwrap();
    let (salt, text) = verified_purpose::open(&opening, &file, &auditor.keys.identity).unwrap();
    assert_eq!(text.as_str(), PURPOSE, "the auditor reads it");
    let commitment = commit_purpose(opening.instance, &salt, &text);
    assert_eq!(
        attribute("commitment"),
        commitment.to_string(),
        "and it is what the officer signed"
    );
    let openings = app.get(&mut auditor.visitor, "/staff/openings").await.text();
    assert!(openings.contains("<verified-purpose") && openings.contains("Oficial de prueba"));

    // Before the verdict.
    let own = own_page(&app, &words).await;
    assert!(own.contains("abierta, en comprobación") && own.contains("Validar la identidad"));
    assert!(!own.contains(DISAGREE) && !own.contains(PURPOSE));
    assert!(
        app.get(&mut officer.visitor, "/staff/desk")
            .await
            .text()
            .contains("Sin veredicto")
    );
    let unseal: UnsealId = answer["unseal"].as_str().unwrap().parse().unwrap();
    let page = desk_page(&app, &mut officer, case).await;
    assert!(page.contains(&format!("data-unseal-id=\"{unseal}\">")));

    let valid = verdict(&app, &mut officer, (case, unseal), Verdict::Valid).await;
    let (path, body) = verdict_body(&app, &officer, &valid);
    let early = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(early.json()["type"], "/problems/checked-too-little");
    check_enough(&app, &mut officer, case, unseal).await;
    let stated = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(stated.status, StatusCode::OK, "{}", stated.text());
    assert_eq!(stated.json()["location"], "/staff/desk?stated");
    let again = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "once");
    let entry = of_act(&app, Act::VerdictStated).await.remove(0);
    assert_eq!(entry.signed.unwrap().by, officer.id);

    let own = own_page(&app, &words).await;
    assert!(own.contains("sus datos se comprobaron") && own.contains("24 de noviembre de 2026"));
    assert!(own.contains("el testigo ha participado en una apertura") && !own.contains(DISAGREE));
    let mut ana = sign_in(&app, ANALYST).await;
    let seen = app.get(&mut ana.visitor, &format!("/staff/cases/{case}")).await.text();
    assert!(seen.contains("Validada: la persona existe"), "the verdict");
    for hidden in ["1710034065", "Contestó", PURPOSE, "verdict-checks", "kind=\"purpose\""] {
        assert!(!seen.contains(hidden), "and nothing else: {hidden}");
    }
    let desk = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(desk.contains("Nada espera") && !desk.contains("Sin veredicto"));

    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let verified = app.app().log.verify_log().await.unwrap();
    assert_eq!((verified.summary.unseals, verified.waiting), (1, 0));
    assert_eq!(verified.summary.witnessed, verified.summary.entries);
}

#[tokio::test]
async fn a_case_is_found_by_its_number() {
    let app = TestApp::new().await;
    let (_, case, mut officer) = at_the_desk(&app).await;
    let mut tx = app.app().db().read().await.unwrap();
    let number = store::cases::by_id(&mut tx, case).await.unwrap().unwrap().number;
    drop(tx);
    let typed = number.to_lowercase().replace('-', "%20");
    let found = app
        .get(&mut officer.visitor, &format!("/staff/desk?number={typed}"))
        .await;
    assert_eq!(found.location(), format!("/staff/desk/{case}"));
    for typed in ["2026-000000-0", "%3Cb%3E", &number[..8]] {
        let none = app
            .get(&mut officer.visitor, &format!("/staff/desk?number={typed}"))
            .await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{typed}");
        assert!(none.text().contains("Ningún caso"), "{typed}");
    }
}

#[tokio::test]
async fn what_a_stop_left_open_is_brought_to_its_end() {
    let app = TestApp::new().await;
    let (words, case, mut officer) = at_the_desk(&app).await;
    // Simulates a server that stopped before it stored the witness's answer, once in time and once too late.
    for (seed, late) in [(1, 0), (2, 700)] {
        unsealed(&app, &mut officer, case, seed).await;
        let released = of_act(&app, Act::UnsealReleased).await.len();
        sql(
            &app,
            "UPDATE unseal SET state = 'requested' WHERE requested_at = (SELECT max(requested_at) FROM unseal)",
        )
        .await;
        sql(
            &app,
            "DELETE FROM audit_entry WHERE leaf_index IS NULL AND CAST(body AS TEXT) LIKE '%unseal.released%'",
        )
        .await;
        sql(
            &app,
            "DELETE FROM letter WHERE kind = 'verified-purpose'
             AND entry_id IN (SELECT entry_id FROM unseal WHERE state = 'requested')",
        )
        .await;
        assert_eq!(of_act(&app, Act::UnsealReleased).await.len(), released - 1);
        let lines = journal_lines(&app).await;
        app.clock.advance(late);
        assert_eq!(app.app().unseals.resume_unseals().await.unwrap(), 1);
        assert_eq!(app.app().unseals.resume_unseals().await.unwrap(), 0, "once");
        assert_eq!(journal_lines(&app).await, lines, "answered again, written once");
        assert_eq!(of_act(&app, Act::UnsealReleased).await.len(), released);
        assert!(!own_page(&app, &words).await.contains(DISAGREE));
        app.app().log.sequence().await.unwrap();
        app.clock.advance(1);
    }
    // A request without an answer is refused when it is too late, and the log says why.
    let mut officer = sign_in(&app, OFFICER).await;
    let mut empty = Ceremony::begin(&app, &mut officer, case, 3).await;
    empty.text = "…".into();
    empty.send(&app, &mut officer).await;
    sql(&app, "UPDATE unseal SET state = 'requested' WHERE state = 'refused'").await;
    sql(
        &app,
        "DELETE FROM audit_entry WHERE leaf_index IS NULL AND CAST(body AS TEXT) LIKE '%unseal.refused%'",
    )
    .await;
    assert_eq!(
        app.app().unseals.resume_unseals().await.unwrap(),
        0,
        "its page may still wait"
    );
    assert_eq!(unseals(&app, case).await[2].state, UnsealState::Requested);
    app.clock.advance(700);
    assert_eq!(app.app().unseals.resume_unseals().await.unwrap(), 1);
    let entry = of_act(&app, Act::UnsealRefused).await.remove(0);
    assert_eq!(entry.detail["refusal"], "stale");
    app.app().log.sequence().await.unwrap();
    let verified = app.app().log.verify_log().await.unwrap();
    assert_eq!(verified.summary.unseals, 2);
}

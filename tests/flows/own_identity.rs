//! Reporters correct their own data and ask to erase it; the desk refuses or erases. Each party sees its part of it.

use axum::http::StatusCode;
use sigilo::audit::entry::{Act, Actor};
use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::CaseId;
use sigilo::store;
use sigilo::vault::erasure::{ErasureDecision, ErasurePayload};
use sigilo::witness::JournalReader;

use super::unseal::{at_the_desk, of_act, own_page, unsealed};
use crate::support::app::{ANALYST, AUDITOR, OFFICER, Reply, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::officer::{
    self, Ceremony, check_enough, decision, desk_page, erasure_body, showing_body, verdict_body,
};
use crate::support::staff::{Member, attributes, entries, sign_in};

pub(crate) const CORRECTED: &[(&str, &str)] = &[
    ("document.kind", "cedula"),
    ("document.number", "1710034065"),
    ("name.value", "Sintética Corregida Ejemplo"),
    ("phone.value", "0987654321"),
    ("email.none", "1"),
    ("address.value", ""),
];

/// A reporter back at their case.
pub(crate) async fn back(app: &TestApp, words: &str) -> Visitor {
    let mut reporter = Visitor::default();
    app.post(&mut reporter, "/follow-up", &[("words", words)]).await;
    reporter
}

/// Gives the personal data anew.
pub(crate) async fn correct(app: &TestApp, words: &str) {
    let mut reporter = back(app, words).await;
    let sent = app.post(&mut reporter, "/follow-up/identity", CORRECTED).await;
    assert_eq!(
        (sent.status, sent.location()),
        (StatusCode::SEE_OTHER, "/follow-up/case?corrected#identidad"),
        "{}",
        sent.text()
    );
}

pub(crate) async fn ask_erasure(app: &TestApp, words: &str) {
    let mut reporter = back(app, words).await;
    let explained = app.get(&mut reporter, "/follow-up/identity/erasure").await.text();
    assert!(explained.contains("Su caso sigue") && explained.contains("No hay vuelta atrás"));
    let asked = app
        .post(&mut reporter, "/follow-up/identity/erasure", &[("confirm", "1")])
        .await;
    assert_eq!(
        asked.location(),
        "/follow-up/case?erasure#identidad",
        "{}",
        asked.text()
    );
}

pub(super) async fn decide(app: &TestApp, officer: &mut Member, payload: &ErasurePayload) -> StatusCode {
    let (path, body) = erasure_body(officer, payload);
    app.post_json(&mut officer.visitor, &path, &body).await.status
}

async fn state(app: &TestApp, officer: &mut Member, case: CaseId, seed: u64, verdict: Verdict) {
    let unseal = unsealed(app, officer, case, seed).await;
    let payload = officer::verdict(app, officer, (case, unseal), verdict).await;
    let (path, body) = verdict_body(app, officer, &payload);
    assert_eq!(
        app.post_json(&mut officer.visitor, &path, &body).await.status,
        StatusCode::OK
    );
}

async fn analysts_page(app: &TestApp, case: CaseId) -> String {
    let mut ana = sign_in(app, ANALYST).await;
    app.get(&mut ana.visitor, &format!("/staff/cases/{case}")).await.text()
}

#[tokio::test]
async fn a_correction_is_a_new_version_and_is_validated_again() {
    Box::pin(corrects(TestApp::new().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_on_postgres() {
    Box::pin(corrects(TestApp::on(Database::Postgres).await)).await;
}

async fn corrects(app: TestApp) {
    let (words, case, mut officer) = at_the_desk(&app).await;
    state(&app, &mut officer, case, 1, Verdict::Mismatch).await;
    let before = analysts_page(&app, case).await;
    assert!(before.contains("Los datos no coinciden"));

    // The page shows each error beside its field, and keeps the rest.
    let mut reporter = back(&app, &words).await;
    let form = app.get(&mut reporter, "/follow-up/identity").await.text();
    for step in [
        "document.number",
        "name.value",
        "phone.value",
        "email.none",
        "address.value",
    ] {
        assert!(form.contains(&format!("name=\"{step}\"")), "{step}");
    }
    assert!(
        !form.contains("1710034065") && !form.contains("affected"),
        "nothing is shown, nothing too much is asked"
    );
    let mut wrong = CORRECTED.to_vec();
    wrong[1] = ("document.number", "1710034066");
    let told = app.post(&mut reporter, "/follow-up/identity", &wrong).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.text().contains("id=\"document-error\"") && told.text().contains("Sintética Corregida Ejemplo"));

    let log = entries(&app).await.len();
    correct(&app, &words).await;
    let made = entries(&app).await;
    assert!(
        made[log..].iter().all(|entry| entry.act == Act::StaffSignedIn),
        "what a reporter does is no entry of its own"
    );
    let own = own_page(&app, &words).await;
    assert!(own.contains("Datos corregidos; esperan validación") && own.contains("datos anteriores"));
    assert!(!own.contains("id=\"cambiada\"") && !own.contains("Los datos que dio no coinciden"));

    // The case is in the desk's queue again, and the former verdict is marked.
    let queue = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(queue.contains("Validar datos corregidos (1)") && queue.contains(&case.to_string()));
    let page = desk_page(&app, &mut officer, case).await;
    assert!(page.contains("sobre datos anteriores") && page.contains("La versión nueva espera validación"));
    let manifests = attributes(&page, "<input type=\"radio\" name=\"manifest\"", "value");
    assert_eq!(manifests.len(), 2, "either can be opened");

    // An unseal of the earlier identity comes first: its verdict does not become the case's.
    let read = |identity: &sigilo::vault::content::IdentityData| -> String {
        identity.fields().iter().map(|field| field.value.clone()).collect()
    };
    let mut older = Ceremony::begin(&app, &mut officer, case, 2).await;
    older.request.manifest = serde_json::from_value(manifests[1].clone().into()).unwrap();
    let answer = older.send(&app, &mut officer).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let answer = answer.json();
    assert!(read(&older.open(&app, &officer, &answer)).contains("Sintética Prueba Ejemplo"));
    let page = desk_page(&app, &mut officer, case).await;
    assert!(page.contains("no será el del caso"));
    let unseal = answer["unseal"].as_str().unwrap().parse().unwrap();
    check_enough(&app, &mut officer, case, unseal).await;
    let valid = officer::verdict(&app, &mut officer, (case, unseal), Verdict::Valid).await;
    let (path, body) = verdict_body(&app, &officer, &valid);
    assert_eq!(
        app.post_json(&mut officer.visitor, &path, &body).await.status,
        StatusCode::OK
    );
    assert!(analysts_page(&app, case).await.contains("Los datos no coinciden"));
    let queue = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(queue.contains("Validar datos corregidos (1)"), "it still waits");

    // The new identity works like any other.
    let newer = Ceremony::begin(&app, &mut officer, case, 3).await;
    let answer = newer.send(&app, &mut officer).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["earlier"].as_array().unwrap().len(), 1);
    let corrected = read(&newer.open(&app, &officer, &answer));
    assert!(corrected.contains("Sintética Corregida Ejemplo") && corrected.contains("+593987654321"));
    let unseal = answer["unseal"].as_str().unwrap().parse().unwrap();
    check_enough(&app, &mut officer, case, unseal).await;
    let valid = officer::verdict(&app, &mut officer, (case, unseal), Verdict::Valid).await;
    let (path, body) = verdict_body(&app, &officer, &valid);
    assert_eq!(
        app.post_json(&mut officer.visitor, &path, &body).await.status,
        StatusCode::OK
    );
    assert!(analysts_page(&app, case).await.contains("Validada: la persona existe"));
    let queue = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(queue.contains("Nada espera"));
    let own = own_page(&app, &words).await;
    assert!(own.contains("Su identidad fue validada.") && !own.contains("esperan validación"));
    assert!(!own.contains(super::unseal::DISAGREE));

    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    app.app().log.verify_log().await.unwrap();
}

#[tokio::test]
async fn corrections_are_counted_and_closed_cases_take_none() {
    let app = TestApp::new().await;
    let (words, case, _) = at_the_desk(&app).await;
    for _ in 0..3 {
        correct(&app, &words).await;
    }
    let mut reporter = back(&app, &words).await;
    let often = app.post(&mut reporter, "/follow-up/identity", CORRECTED).await;
    assert_eq!(often.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(often.text().contains("Hoy ya corrigió sus datos"));
    let mut tx = app.app().db().begin().await.unwrap();
    let versions = store::seals::of_case(&mut tx, case).await.unwrap();
    assert_eq!(versions.len(), 4);
    let open = store::desk_requests::page(
        &mut tx,
        "66666666-6666-4666-8666-666666666666".parse().unwrap(),
        None,
        None,
        9,
    )
    .await
    .unwrap();
    assert_eq!(open.items.len(), 1, "the last one waits");
    let (from, to) = (
        sigilo::domain::state::State::Received,
        sigilo::domain::state::State::Closed,
    );
    store::cases::set_state(&mut tx, case, from, to, app.app().today())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.clock.advance(24 * 3600);
    let mut reporter = back(&app, &words).await;
    let closed = app.get(&mut reporter, "/follow-up/identity").await;
    assert_eq!(closed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(closed.text().contains("ya no se corrigen") && closed.text().contains("/follow-up/identity/erasure"));
}

#[tokio::test]
async fn an_erasure_is_asked_refused_asked_again_and_carried_out() {
    Box::pin(erases(TestApp::new().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_on_postgres() {
    Box::pin(erases(TestApp::on(Database::Postgres).await)).await;
}

async fn erases(app: TestApp) {
    let (words, case, mut officer) = at_the_desk(&app).await;
    correct(&app, &words).await;
    let unseal = unsealed(&app, &mut officer, case, 1).await;
    ask_erasure(&app, &words).await;
    let mut reporter = back(&app, &words).await;
    let twice = app
        .post(&mut reporter, "/follow-up/identity/erasure", &[("confirm", "1")])
        .await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(twice.text().contains("Ya lo pidió"));

    is_refused(&app, &words, &mut officer, case).await;
    ask_erasure(&app, &words).await;
    let erase = decision(&app, &mut officer, case, (ErasureDecision::Erase, "pedido-del-titular")).await;
    wrong_decisions(&app, &mut officer, &erase).await;
    app.clock.advance(601);
    let late = ErasurePayload {
        time: app.app().now(),
        ..erase.clone()
    };
    let (path, body) = erasure_body(&officer, &late);
    let reply = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(reply.json()["type"], "/problems/reauthentication-needed");
    assert!(of_act(&app, Act::IdentityErased).await.is_empty());

    let mut officer = sign_in(&app, OFFICER).await;
    assert_eq!(decide(&app, &mut officer, &late).await, StatusCode::OK);
    let entry = of_act(&app, Act::IdentityErased).await.remove(0);
    assert_eq!(entry.detail["reason"], "pedido-del-titular");
    let decided = of_act(&app, Act::ErasureDecided).await.remove(0);
    assert_eq!(entry.detail["decided"], decided.id.to_string());
    assert_eq!(decided.signed.unwrap().by, officer.id);
    let mut tx = app.app().db().read().await.unwrap();
    let versions = store::seals::of_case(&mut tx, case).await.unwrap();
    drop(tx);
    assert_eq!(versions.len(), 2);
    assert!(
        versions
            .iter()
            .all(|seal| seal.erased && seal.record.is_empty() && seal.witness_half.is_empty())
    );
    let tombstones = app
        .app()
        .witness()
        .journal(JournalReader::Server)
        .await
        .unwrap()
        .iter()
        .filter(|line| line.contains("\"erasure\""))
        .count();
    assert_eq!(tombstones, 2, "every version");

    everybody_sees_it(&app, &words, case, &mut officer).await;
    let (again, body) = showing_body(&app, &mut officer, (case, unseal)).await;
    let shown = app.post_json(&mut officer.visitor, &again, &body).await;
    assert_eq!(shown.status, StatusCode::CONFLICT);

    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    app.app().log.verify_log().await.unwrap();
}

/// Refuses the erasure, with a reason that the reporter reads.
async fn is_refused(app: &TestApp, words: &str, officer: &mut Member, case: CaseId) {
    let refusal = decision(app, officer, case, (ErasureDecision::Refuse, "proceso-legal")).await;
    assert_eq!(decide(app, officer, &refusal).await, StatusCode::OK);
    let own = own_page(app, words).await;
    assert!(own.contains("No se borró su identidad") && own.contains("Hay un proceso legal en curso"));
    let entry = of_act(app, Act::ErasureRefused).await.remove(0);
    assert_eq!(
        (entry.actor, entry.signed.unwrap().by),
        (Actor::Staff(officer.id), officer.id)
    );
    assert_eq!(decide(app, officer, &refusal).await, StatusCode::CONFLICT, "once");
}

async fn wrong_decisions(app: &TestApp, officer: &mut Member, erase: &ErasurePayload) {
    for (why, wrong) in [
        (
            "a reason to refuse",
            ErasurePayload {
                reason: "proceso-legal".into(),
                ..erase.clone()
            },
        ),
        (
            "no reason of the profile",
            ErasurePayload {
                reason: "porque-si".into(),
                ..erase.clone()
            },
        ),
        (
            "stale",
            ErasurePayload {
                time: erase.time - 601,
                ..erase.clone()
            },
        ),
    ] {
        assert_eq!(
            decide(app, officer, &wrong).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{why}"
        );
    }
    let unseen = ErasurePayload {
        manifest: crate::support::officer::stranger(),
        ..erase.clone()
    };
    assert_eq!(
        decide(app, officer, &unseen).await,
        StatusCode::CONFLICT,
        "not what the officer saw"
    );
    let stranger = ErasurePayload {
        request: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap(),
        ..erase.clone()
    };
    assert_eq!(decide(app, officer, &stranger).await, StatusCode::NOT_FOUND);
    let mut auditor = sign_in(app, AUDITOR).await;
    assert_eq!(decide(app, &mut auditor, erase).await, StatusCode::FORBIDDEN);
}

async fn everybody_sees_it(app: &TestApp, words: &str, case: CaseId, officer: &mut Member) {
    let own = own_page(app, words).await;
    assert!(own.contains("Identidad borrada a su pedido") && own.contains("Nadie puede abrirla"));
    assert!(own.contains("Me pidieron"), "the case lives on");
    assert!(
        !own.contains("href=\"/follow-up/identity"),
        "nothing is left to correct or erase"
    );
    assert!(!own.contains("id=\"cambiada\""));
    let mut reporter = back(app, words).await;
    let nothing = app.post(&mut reporter, "/follow-up/identity", CORRECTED).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(analysts_page(app, case).await.contains("La identidad fue borrada"));
    let page = desk_page(app, officer, case).await;
    assert!(page.contains("fue borrada") && !page.contains("data-unseal ") && !page.contains("data-erasure"));
    let queue = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(queue.contains("Nada espera"), "neither the correction nor the erasure");
}

/// Each page with the script for uploads allows it to run, at any address that renders the page. No other page allows
/// a script.
#[tokio::test]
async fn the_cases_page_runs_its_script_wherever_it_is_drawn() {
    let app = TestApp::new().await;
    let words = super::staff::file(&app).await;
    let runs = |reply: &Reply| {
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        let is_there = reply.text().contains("<script defer src=");
        assert_eq!(policy.contains("script-src 'self'"), is_there, "{policy}");
        is_there
    };
    let mut reporter = back(&app, &words).await;
    assert!(runs(&app.get(&mut reporter, "/follow-up/case").await));
    assert!(!runs(&app.get(&mut reporter, "/follow-up/identity").await));
    let wrong = app
        .post(&mut reporter, "/follow-up/identity", &[("name.value", "")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!runs(&wrong), "the questions again: nothing is attached there");

    ask_erasure(&app, &words).await;
    for (path, fields) in [
        ("/follow-up/identity/erasure", &[("confirm", "1")][..]),
        ("/follow-up/message", &[("text", "")][..]),
        ("/follow-up/files/send", &[][..]),
    ] {
        let refused = app.post(&mut reporter, path, fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(runs(&refused), "{path}");
    }
    // A text typed before the session ended comes back with the words, at the address of the words.
    let carried = [("words", words.as_str()), ("text", "Lo que ya escribí.")];
    let carried = app.post(&mut Visitor::default(), "/follow-up", &carried).await;
    assert_eq!(carried.status, StatusCode::OK);
    assert!(runs(&carried));
    assert!(!runs(&app.get(&mut Visitor::default(), "/follow-up").await));

    // The chat has the script at the question about files, and not before.
    let mut visitor = Visitor::default();
    app.post(&mut visitor, "/report/start", &[]).await;
    assert!(!runs(&app.get(&mut visitor, "/report").await));
    let mut visitor = Visitor::default();
    super::evidence::at_files(&app, &mut visitor).await;
    assert!(runs(&app.get(&mut visitor, "/report").await));
}

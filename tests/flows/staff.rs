//! Staff at work, through the router: a case from the inbox to its decision, the log, the overview.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sigilo::audit::entry::{Act, Actor};
use sigilo::domain::state::State;
use sigilo::store;
use sigilo::vault::base64;
use sigilo::vault::content::{Message, Narrative, Note, Reason};
use sigilo::vault::payload::Payload as _;
use sigilo::vault::record::ContentKind;
use sigilo::vault::validation::ValidationPayload;

use super::report::{submit, words_of};
use crate::support::app::{ADMINISTRATOR, ANALYST, AUDITOR, CLERK, OFFICER, OTHER_ANALYST, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::officer::{signed_validation, validation_body};
use crate::support::staff::{Member, OpenCase, attributes, entries, sign_in};

/// Files a denuncia of the analyst's area; returns its receipt's words.
pub(super) async fn file(app: &TestApp) -> String {
    let receipt = submit(app, &mut Visitor::default()).await;
    words_of(&receipt.text())
}

/// Files, signs the analyst in, opens the case.
pub(crate) async fn working(app: &TestApp) -> (String, Member, OpenCase, String) {
    let words = file(app).await;
    let mut ana = sign_in(app, ANALYST).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    let page = app.get(&mut ana.visitor, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let case = OpenCase::from_page(app, &ana, &page.text());
    (words, ana, case, path)
}

pub(crate) async fn acts(app: &TestApp) -> Vec<Act> {
    entries(app).await.iter().map(|entry| entry.act).collect()
}

pub(crate) fn count(acts: &[Act], act: Act) -> usize {
    acts.iter().filter(|each| **each == act).count()
}

#[tokio::test]
async fn opening_a_case_covers_its_seal_first_and_marks_it_read() {
    let app = TestApp::new().await;
    file(&app).await;
    file(&app).await;
    let mut ana = sign_in(&app, ANALYST).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    assert_eq!(inbox.matches("(sin leer)").count(), 2);
    let paths = attributes(&inbox, "<th scope=\"row\"><a", "href");
    assert_eq!(count(&acts(&app).await, Act::ReportsCovered), 0);

    app.get(&mut ana.visitor, &paths[0]).await;
    app.get(&mut ana.visitor, &paths[1]).await;
    app.get(&mut ana.visitor, &paths[0]).await;
    let log = entries(&app).await;
    let covered: Vec<_> = log.iter().filter(|entry| entry.act == Act::ReportsCovered).collect();
    assert_eq!(covered.len(), 1, "both at once, so that neither stands out");
    let manifests = covered[0].detail["manifests"].as_array().unwrap();
    let hashes: Vec<&str> = manifests
        .iter()
        .map(|each| each["manifest"].as_str().unwrap())
        .collect();
    assert!(
        hashes.len() == 2 && hashes.is_sorted(),
        "in an order that tells nothing"
    );
    assert_eq!((covered[0].actor, covered[0].case), (Actor::System, None));
    let statements = covered[0].detail["statements"].as_array().unwrap();
    let stated: Vec<&str> = statements
        .iter()
        .map(|each| each["statement"].as_str().unwrap())
        .collect();
    assert!(stated.len() == 2 && stated.is_sorted(), "the cases' statements too");
    assert_eq!(log.iter().filter(|entry| entry.act == Act::CaseOpened).count(), 3);
    let mut tx = app.app().db().read().await.unwrap();
    for (hash, each) in hashes.iter().zip(manifests) {
        let seal = store::seals::by_manifest_hash(&mut tx, &hex::decode(hash).unwrap())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(seal.covered_by, Some(covered[0].id));
        let case = store::cases::by_id(&mut tx, seal.case_id).await.unwrap().unwrap();
        assert_eq!(each["verify_key"], base64::encode(&case.reporter_verify_key));
    }
    drop(tx);
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    assert!(!inbox.contains("(sin leer)"));
}

#[tokio::test]
async fn an_analyst_reads_answers_notes_and_decides() {
    works_a_case(TestApp::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgres() {
    works_a_case(TestApp::on(Database::Postgres).await).await;
}

async fn works_a_case(app: TestApp) {
    let (words, mut ana, mut case, path) = working(&app).await;
    let narrative: Narrative = case.record(ContentKind::Narrative, &ana).content().unwrap();
    let told: String = narrative.answers().iter().map(|answer| answer.text.clone()).collect();
    assert!(told.contains("Me pidieron dinero") && told.contains("[cédula]") && !told.contains("171003406"));

    let api = format!("/api/v1{path}");
    let question = case.seal(&ana, ContentKind::Message, &Message::new("¿Recuerda el día?".into()));
    let note = case.seal(&ana, ContentKind::Note, &Note::new("Revisar turnos.".into()));
    let change = (State::Received, State::WaitingForReporter);
    let decision = case.change_state(&app, &ana, change, "Falta el día.");
    for (what, body) in [("messages", &question), ("notes", &note), ("state", &decision)] {
        let reply = app.post_json(&mut ana.visitor, &format!("{api}/{what}"), body).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{what}: {}", reply.text());
    }

    let page = app.get(&mut ana.visitor, &path).await.text();
    let opened = OpenCase::from_page(&app, &ana, &page);
    let message: Message = opened.record(ContentKind::Message, &ana).content().unwrap();
    let note: Note = opened.record(ContentKind::Note, &ana).content().unwrap();
    let reason: Reason = opened.record(ContentKind::Reason, &ana).content().unwrap();
    assert_eq!(
        (message.text().as_str(), note.text().as_str(), reason.text().as_str()),
        ("¿Recuerda el día?", "Revisar turnos.", "Falta el día.")
    );
    assert!(page.contains("Recibido → Espera a quien reporta") && page.contains("Analista de prueba"));
    for secret in ["¿Recuerda el día?", "Revisar turnos.", "Falta el día.", "Me pidieron"] {
        assert!(!page.contains(secret), "nothing in clear: {secret}");
    }

    let mut tx = app.app().db().read().await.unwrap();
    let row = store::cases::by_id(&mut tx, case.id).await.unwrap().unwrap();
    assert_eq!(
        row.responded_on,
        Some(app.app().today()),
        "the personal answer has been given"
    );
    drop(tx);
    let log = entries(&app).await;
    for act in [Act::CaseMessage, Act::CaseNote, Act::CaseStateChanged] {
        let entry = log.iter().find(|entry| entry.act == act).unwrap();
        assert_eq!((entry.actor, entry.case), (Actor::Staff(ana.id), Some(case.id)));
        assert!(entry.detail["record"].is_string());
    }

    // The reporter reads it with the eight words, verified, and answers.
    let mut reporter = Visitor::default();
    app.post(&mut reporter, "/follow-up", &[("words", &words)]).await;
    let seen = app.get(&mut reporter, "/follow-up/case").await.text();
    assert!(seen.contains("¿Recuerda el día?") && !seen.contains("Revisar turnos"));
    app.post(&mut reporter, "/follow-up/message", &[("text", "El lunes.")])
        .await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    assert!(inbox.contains("sin leer"));
}

#[tokio::test]
async fn what_is_repeated_stale_or_out_of_order_changes_nothing() {
    let app = TestApp::new().await;
    let (_, mut ana, mut case, path) = working(&app).await;
    let api = format!("/api/v1{path}");
    let (messages, state) = (format!("{api}/messages"), format!("{api}/state"));
    let body = case.seal(&ana, ContentKind::Message, &Message::new("Una vez.".into()));
    assert_eq!(
        app.post_json(&mut ana.visitor, &messages, &body).await.status,
        StatusCode::NO_CONTENT
    );
    let before = entries(&app).await.len();
    assert_eq!(
        app.post_json(&mut ana.visitor, &messages, &body).await.status,
        StatusCode::CONFLICT
    );
    // The same content is refused as another kind, too.
    let notes = format!("{api}/notes");
    assert_eq!(
        app.post_json(&mut ana.visitor, &notes, &body).await.status,
        StatusCode::CONFLICT
    );

    let mut decide = async |from: State, to: State| {
        let body = case.change_state(&app, &ana, (from, to), "Motivo.");
        app.post_json(&mut ana.visitor, &state, &body).await.status
    };
    assert_eq!(
        decide(State::InReview, State::Resolved).await,
        StatusCode::CONFLICT,
        "the page was old"
    );
    let nowhere = decide(State::Received, State::Received).await;
    assert_eq!(nowhere, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(entries(&app).await.len(), before, "nothing happened");
    let closed = decide(State::Received, State::Closed).await;
    assert_eq!(closed, StatusCode::NO_CONTENT);
    let reopened = decide(State::Closed, State::InReview).await;
    assert_eq!(reopened, StatusCode::UNPROCESSABLE_ENTITY, "closed is closed");
    let late = case.seal(&ana, ContentKind::Message, &Message::new("Tarde.".into()));
    assert_eq!(
        app.post_json(&mut ana.visitor, &messages, &late).await.status,
        StatusCode::CONFLICT
    );
    let mut tx = app.app().db().read().await.unwrap();
    let kinds = store::records::of_case(&mut tx, case.id).await.unwrap();
    assert_eq!(kinds.iter().filter(|record| record.author != "reporter").count(), 2);
}

#[tokio::test]
async fn only_sealed_records_are_taken() {
    let app = TestApp::new().await;
    let (_, mut ana, mut case, path) = working(&app).await;
    let api = format!("/api/v1{path}/notes");
    let right = case.seal(&ana, ContentKind::Note, &Note::new("Nota.".into()));
    let with = |name: &str, value: Value| {
        let mut body = right.clone();
        body[name] = value;
        body
    };
    let before = entries(&app).await.len();
    for (body, status) in [
        (json!({}), StatusCode::BAD_REQUEST),
        (with("text", json!("en claro")), StatusCode::BAD_REQUEST),
        (with("record", json!("1")), StatusCode::BAD_REQUEST),
        (
            with("record", json!("0195e0a0-0000-7000-8000-000000000000")),
            StatusCode::BAD_REQUEST,
        ),
        (with("body", json!("no es base64")), StatusCode::BAD_REQUEST),
        (with("body", json!("Tm90YS4=")), StatusCode::UNPROCESSABLE_ENTITY),
        (
            with("body", json!(base64::encode(&vec![0; 150_000]))),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let reply = app.post_json(&mut ana.visitor, &api, &body).await;
        assert_eq!(reply.status, status, "{body:.80}");
    }
    assert_eq!(entries(&app).await.len(), before);
}

fn b64(value: &Value) -> Vec<u8> {
    base64::decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_area_asks_the_desk_once() {
    let app = TestApp::new().await;
    let (_, mut ana, case, path) = working(&app).await;
    let api = format!("/api/v1{path}/validation");
    let (_, first) = validation_body(&app, &ana, case.id, 3);
    let (_, second) = validation_body(&app, &ana, case.id, 4);
    let payload = ValidationPayload::read(app.app().instance, &b64(&first["payload"])).unwrap();
    let letter = b64(&first["letter"]);
    let with = |change: fn(&mut ValidationPayload)| {
        let mut changed = payload.clone();
        change(&mut changed);
        signed_validation(app.app().instance, &ana, &changed, &letter)
    };
    let mut plain = first.clone();
    plain["letter"] = base64::encode(b"en claro").into();
    let mut unsigned = first.clone();
    unsigned["signature"] = base64::encode(&[1; 64]).into();
    let wrong = [
        plain,
        unsigned,
        with(|payload| payload.case = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()),
        with(|payload| payload.member = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()),
        with(|payload| payload.time -= 601),
        with(|payload| payload.expires += 1),
        with(|payload| payload.expires = payload.time - 1),
    ];
    let mut visitor = std::mem::take(&mut ana.visitor);
    for body in &wrong {
        let reply = app.post_json(&mut visitor, &api, body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    assert_eq!(
        app.post_json(&mut visitor, &api, &first).await.status,
        StatusCode::NO_CONTENT
    );
    for again in [&first, &second] {
        assert_eq!(
            app.post_json(&mut visitor, &api, again).await.status,
            StatusCode::CONFLICT
        );
    }
    assert_eq!(count(&acts(&app).await, Act::ValidationRequested), 1);
    let page = app.get(&mut visitor, &path).await.text();
    assert!(page.contains("espera al oficial de identidad") && !page.contains("data-seal=\"validation-request\""));
    let mut tx = app.app().db().read().await.unwrap();
    let open = store::desk::open_validation_of(&mut tx, case.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((payload.request, &b64(&first["payload"])), (open.id, &open.payload));
}

#[tokio::test]
async fn nobody_else_comes_near_a_case() {
    let app = TestApp::new().await;
    let (_, ana, mut case, path) = working(&app).await;
    let body = case.seal(&ana, ContentKind::Note, &Note::new("Nota.".into()));
    for email in [OTHER_ANALYST, OFFICER, AUDITOR, ADMINISTRATOR, CLERK] {
        let mut other = sign_in(&app, email).await;
        let page = app.get(&mut other.visitor, &path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{email}");
        assert!(!page.text().contains("<sealed-"));
        let note = app
            .post_json(&mut other.visitor, &format!("/api/v1{path}/notes"), &body)
            .await;
        assert_eq!(note.status, StatusCode::FORBIDDEN, "{email}");
        let log = entries(&app).await;
        let denied = log
            .iter()
            .filter(|entry| entry.act == Act::AccessDenied && entry.actor == Actor::Staff(other.id));
        assert_eq!(denied.count(), 2, "{email}");
    }
    let reply = app
        .post_json(&mut Visitor::default(), &format!("/api/v1{path}/notes"), &body)
        .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_auditor_reads_the_log_and_the_administrator_the_roster() {
    let app = TestApp::new().await;
    let (_, _, case, _) = working(&app).await;
    let mut tx = app.app().db().read().await.unwrap();
    let number = store::cases::by_id(&mut tx, case.id).await.unwrap().unwrap().number;
    drop(tx);
    let mut auditor = sign_in(&app, AUDITOR).await;
    assert!(
        app.get(&mut auditor.visitor, "/staff/log")
            .await
            .text()
            .contains("en espera")
    );
    app.app().log.sequence().await.unwrap();
    let log = app.get(&mut auditor.visitor, "/staff/log").await.text();
    assert!(log.contains("<td>Abrió un caso</td>") && log.contains(&number) && log.contains("Analista de prueba"));
    assert!(log.contains("Todavía sin la firma del testigo"));
    app.app().log.cosign().await.unwrap();
    let log = app.get(&mut auditor.visitor, "/staff/log").await.text();
    assert!(log.contains("Firmado por el testigo"));

    // Page by page, every entry once.
    for _ in 0..60 {
        app.get(&mut auditor.visitor, "/staff/inbox").await;
    }
    app.app().log.sequence().await.unwrap();
    let mut leaves = Vec::new();
    let mut path = "/staff/log".to_owned();
    loop {
        let page = app.get(&mut auditor.visitor, &path).await.text();
        let links = attributes(&page, "<tr>\n<td><a", "href");
        leaves.extend(
            links
                .iter()
                .map(|link| link.rsplit('/').next().unwrap().parse::<usize>().unwrap()),
        );
        match attributes(&page, "<a class=\"button quiet\" rel=\"next\"", "href").first() {
            Some(next) => path.clone_from(next),
            None => break,
        }
    }
    let all = entries(&app).await.len();
    assert!(all > 60);
    assert_eq!(leaves, (0..all).rev().collect::<Vec<_>>());

    let mut administrator = sign_in(&app, ADMINISTRATOR).await;
    let overview = app.get(&mut administrator.visitor, "/staff/overview").await.text();
    assert!(overview.contains(ANALYST) && !overview.contains("Falta en la lista firmada"));
    assert!(overview.contains(&app.app().rosters.current().unwrap().hash().to_string()));
    assert!(!overview.contains("<sealed-"));
}

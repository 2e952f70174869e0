//! The counter: a clerk files for somebody, hands the receipt over, and can open nothing of it afterwards.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use sigilo::domain::day::TEN_MINUTES;
use sigilo::domain::facets::Channel;
use sigilo::service::intake::RECEIPT_LIFETIME_SECONDS;
use sigilo::service::people::sessions::SESSION_IDLE_SECONDS;
use sigilo::store;
use sigilo::store::cases::Case;
use sigilo::vault::content::Narrative;
use sigilo::vault::record::ContentKind;

use super::report::{answer_for, step_of, words_of};
use crate::support::app::{ADMINISTRATOR, ANALYST, AUDITOR, CLERK, OFFICER, PASSWORD, Reply, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::staff::{Member, OpenCase, SESSION, entries, sign_in, try_sign_in};

const START: &str = "/staff/filing";
const CHAT: &str = "/staff/filing/report";
const SUBMIT: &str = "/staff/filing/report/submit";
const RECEIPT: &str = "/staff/filing/report/receipt";
const COOKIE: &str = "__Host-sigilo-filing";

fn cookie(visitor: &Visitor) -> Option<String> {
    let found = visitor.0.iter().find(|(name, _)| name == COOKIE);
    found.map(|(_, value)| value.clone())
}

/// Walks the clerk's chat to the question `until`, or to the end if it is never asked.
async fn walk(app: &TestApp, visitor: &mut Visitor, until: &str) -> String {
    for _ in 0..40 {
        let page = app.get(visitor, CHAT).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.location());
        let page = page.text();
        if page.contains(&format!("action=\"{SUBMIT}\"")) {
            return page;
        }
        let step = step_of(&page);
        if step == until {
            return page;
        }
        let mut fields = vec![("step", step.as_str())];
        if step == "consent" {
            fields.push(("heard", "1"));
        }
        if step != "files" || !page.contains("class=\"file\"") {
            fields.extend(answer_for(&step));
        }
        let reply = app.post(visitor, CHAT, &fields).await;
        assert_eq!(
            (reply.status, reply.location()),
            (StatusCode::SEE_OTHER, "/staff/filing/report#pregunta"),
            "{step}: {}",
            reply.text()
        );
    }
    panic!("the dialogue does not end");
}

async fn start(app: &TestApp, visitor: &mut Visitor) {
    let started = app.post(visitor, "/staff/filing/report/start", &[]).await;
    assert_eq!(started.location(), "/staff/filing/report#pregunta");
}

/// Files a denuncia with a file; returns the receipt's page.
async fn file(app: &TestApp, visitor: &mut Visitor) -> String {
    start(app, visitor).await;
    walk(app, visitor, "files").await;
    let files: &[(&str, &[u8])] = &[("turno.jpg", include_bytes!("../media/turned.jpg"))];
    let attached = app.post_files(visitor, "/staff/filing/report/files", files).await;
    assert_eq!(attached.status, StatusCode::SEE_OTHER, "{}", attached.text());
    let page = walk(app, visitor, "").await;
    assert!(page.contains("usted ya no podrá abrir este reporte"), "{page}");
    let submitted = app.post(visitor, SUBMIT, &[]).await;
    assert_eq!(
        (submitted.status, submitted.location()),
        (StatusCode::SEE_OTHER, RECEIPT)
    );
    let receipt = app.get(visitor, RECEIPT).await;
    assert_eq!(receipt.headers["cache-control"], "no-store");
    receipt.text()
}

async fn case_of(app: &TestApp, receipt: &str) -> Case {
    let number = receipt.split("class=\"number\">").nth(1).unwrap();
    let number = number.split('<').next().unwrap();
    let mut tx = app.app().db().read().await.unwrap();
    store::cases::by_number(&mut tx, number).await.unwrap().unwrap()
}

async fn sign_out(app: &TestApp, visitor: &mut Visitor) -> Reply {
    app.send(visitor, Method::DELETE, SESSION, "", Body::empty()).await
}

#[tokio::test]
async fn a_clerk_files_and_hands_the_receipt_over() {
    files_and_hands_over(TestApp::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgres() {
    files_and_hands_over(TestApp::on(Database::Postgres).await).await;
}

async fn files_and_hands_over(app: TestApp) {
    let mut clerk = sign_in(&app, CLERK).await;
    assert_eq!(app.get(&mut clerk.visitor, "/staff").await.location(), START);
    let logged = entries(&app).await.len();
    let receipt = file(&app, &mut clerk.visitor).await;
    let words = words_of(&receipt);
    assert_eq!(words.split(' ').count(), 8);
    assert!(receipt.contains("https://sigilo.test/follow-up"), "{receipt}");
    assert_eq!(
        words_of(&app.get(&mut clerk.visitor, RECEIPT).await.text()),
        words,
        "a reload shows it"
    );
    // The next report cannot replace the receipt before it was handed over.
    let next = app.post(&mut clerk.visitor, "/staff/filing/report/start", &[]).await;
    assert_eq!(next.location(), RECEIPT);
    let token = cookie(&clerk.visitor).unwrap();
    let over = app
        .post(&mut clerk.visitor, "/staff/filing/report/receipt/saved", &[])
        .await;
    assert_eq!(over.location(), "/staff/filing?handed-over");
    assert!(app.app().intake.shown_receipt(&token).await.unwrap().is_none());
    assert_eq!(app.get(&mut clerk.visitor, RECEIPT).await.location(), START);
    assert_eq!(app.get(&mut clerk.visitor, CHAT).await.location(), START);
    assert_eq!(
        entries(&app).await.len(),
        logged,
        "no entry tells when somebody was there"
    );

    let case = case_of(&app, &receipt).await;
    assert_eq!(case.channel, Channel::Desk);
    nothing_opens_it(&app, &mut clerk, &case).await;
    its_analyst_opens_it(&app, &case).await;

    let mut reporter = Visitor::default();
    let entered = app.post(&mut reporter, "/follow-up", &[("words", &words)]).await;
    assert_eq!(entered.location(), "/follow-up/case");
    let page = app.get(&mut reporter, "/follow-up/case").await.text();
    assert!(
        page.contains("Me pidieron dinero") && page.contains("turno.jpg"),
        "{page}"
    );
}

/// Asserts that no page, no API call, and none of the clerk's keys with a copy of the database opens the case.
async fn nothing_opens_it(app: &TestApp, clerk: &mut Member, case: &Case) {
    let id = case.id;
    for path in [
        "/staff/inbox".to_owned(),
        format!("/staff/cases/{id}"),
        "/staff/desk".to_owned(),
        format!("/staff/desk/{id}"),
        "/staff/overview".to_owned(),
        "/staff/log".to_owned(),
        format!("/api/v1/staff/cases/{id}/attachments/{id}"),
    ] {
        let reply = app.get(&mut clerk.visitor, &path).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
    for act in ["messages", "notes", "state", "validation", "attachments", "unseals"] {
        let path = format!("/api/v1/staff/cases/{id}/{act}");
        let reply = app.post_json(&mut clerk.visitor, &path, &serde_json::json!({})).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
    let keys = app.get(&mut clerk.visitor, "/api/v1/staff/keys").await.json();
    assert_eq!(keys["areas"], serde_json::json!([]));
    let mut tx = app.app().db().read().await.unwrap();
    let files = store::cases::keys(&mut tx, id).await.unwrap();
    assert_eq!(files.len(), 3);
    for key in files {
        assert!(clerk.keys.identity.open(&key.file).is_err(), "{:?}", key.name);
    }
}

async fn its_analyst_opens_it(app: &TestApp, case: &Case) {
    let mut ana = sign_in(app, ANALYST).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    assert!(inbox.contains("<span class=\"sub\">Ventanilla</span>"), "{inbox}");
    let page = app.get(&mut ana.visitor, &format!("/staff/cases/{}", case.id)).await;
    let page = page.text();
    assert!(page.contains("<dt>Canal</dt><dd>Ventanilla</dd>"), "{page}");
    let open = OpenCase::from_page(app, &ana, &page);
    let narrative: Narrative = open.record(ContentKind::Narrative, &ana).content().unwrap();
    let told: String = narrative.answers().iter().map(|answer| answer.text.clone()).collect();
    assert!(told.contains("Me pidieron dinero") && !told.contains("171003406"));
    assert_eq!(open.attachments(&ana).len(), 1);
}

#[tokio::test]
async fn without_a_tick_there_is_no_consent_and_a_refusal_keeps_nothing() {
    let app = TestApp::new().await;
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    start(&app, &mut clerk).await;
    let asked = walk(&app, &mut clerk, "consent").await;
    assert!(asked.contains("Lea esto en voz alta"), "{asked}");
    let unheard = app
        .post(&mut clerk, CHAT, &[("step", "consent"), ("value", "accept")])
        .await;
    assert_eq!(unheard.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unheard.text().contains("Marque la casilla"), "{}", unheard.text());
    assert_eq!(step_of(&app.get(&mut clerk, CHAT).await.text()), "consent");

    let refused = app
        .post(&mut clerk, CHAT, &[("step", "consent"), ("value", "refuse")])
        .await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    let page = app.get(&mut clerk, CHAT).await.text();
    assert!(
        page.contains("No guardamos nada") && page.contains("Defensoría"),
        "{page}"
    );
    assert!(!page.contains("Me pidieron dinero"), "{page}");
}

#[tokio::test]
async fn discarding_and_signing_out_leave_nothing() {
    let app = TestApp::new().await;
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    start(&app, &mut clerk).await;
    walk(&app, &mut clerk, "document").await;
    let token = cookie(&clerk).unwrap();
    assert!(app.app().intake.draft(&token).await.unwrap().is_some());
    let gone = app.post(&mut clerk, "/staff/filing/report/discard", &[]).await;
    assert_eq!(
        (gone.status, gone.location(), cookie(&clerk)),
        (StatusCode::SEE_OTHER, START, None)
    );
    assert!(app.app().intake.draft(&token).await.unwrap().is_none());

    start(&app, &mut clerk).await;
    let token = cookie(&clerk).unwrap();
    assert_eq!(sign_out(&app, &mut clerk).await.status, StatusCode::NO_CONTENT);
    assert!(app.app().intake.draft(&token).await.unwrap().is_none());
    assert_eq!(cookie(&clerk), None);

    // The end of the session removes the receipt, too.
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    file(&app, &mut clerk).await;
    let token = cookie(&clerk).unwrap();
    sign_out(&app, &mut clerk).await;
    assert!(app.app().intake.shown_receipt(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_that_ends_by_itself_takes_its_draft_along() {
    let app = TestApp::new().await;
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    start(&app, &mut clerk).await;
    walk(&app, &mut clerk, "document").await;
    let token = cookie(&clerk).unwrap();
    app.clock.advance(SESSION_IDLE_SECONDS + TEN_MINUTES);
    assert_eq!(app.get(&mut clerk, CHAT).await.location(), "/staff/sign-in");
    let again = try_sign_in(&app, &mut clerk, CLERK, PASSWORD).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(cookie(&clerk), None);
    assert!(
        app.app().intake.draft(&token).await.unwrap().is_none(),
        "the row is gone"
    );
    // Even a browser that kept the cookie finds nothing.
    clerk.0.push((COOKIE.into(), token));
    assert_eq!(app.get(&mut clerk, CHAT).await.location(), START);
}

#[tokio::test]
async fn the_receipt_goes_by_itself() {
    let app = TestApp::new().await;
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    file(&app, &mut clerk).await;
    // The clerk continues to work meanwhile, so only the receipt expires.
    for _ in 0..2 {
        app.clock.advance(RECEIPT_LIFETIME_SECONDS.midpoint(TEN_MINUTES));
        app.get(&mut clerk, START).await;
    }
    assert_eq!(app.get(&mut clerk, RECEIPT).await.location(), START);
}

#[tokio::test]
async fn a_clerks_session_keeps_no_second() {
    let app = TestApp::new().await;
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    app.clock.advance(421);
    start(&app, &mut clerk).await;
    let token = clerk.0.iter().find(|(name, _)| name == "__Host-sigilo-staff").unwrap();
    let member = app.app().sessions.member(&token.1).await.unwrap().unwrap();
    let mut tx = app.app().db().read().await.unwrap();
    let session = store::staff::session(&mut tx, &member.token_hash).await.unwrap();
    assert_eq!(session.unwrap().seen_at % TEN_MINUTES, 0);
}

#[tokio::test]
async fn the_clerks_own_report_is_another_draft() {
    let app = TestApp::new().await;
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    start(&app, &mut clerk).await;
    walk(&app, &mut clerk, "document").await;
    app.post(&mut clerk, "/report/start", &[]).await;
    let own = app.get(&mut clerk, "/report").await.text();
    assert_eq!(step_of(&own), "kind", "the first question");
    assert_eq!(step_of(&app.get(&mut clerk, CHAT).await.text()), "document");
}

#[tokio::test]
async fn nobody_else_files_here() {
    let app = TestApp::new().await;
    for email in [ANALYST, OFFICER, AUDITOR, ADMINISTRATOR] {
        let mut other = sign_in(&app, email).await.visitor;
        for path in [START, CHAT, RECEIPT] {
            let reply = app.get(&mut other, path).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{email} {path}");
        }
        let started = app.post(&mut other, "/staff/filing/report/start", &[]).await;
        assert_eq!(
            (started.status, cookie(&other)),
            (StatusCode::FORBIDDEN, None),
            "{email}"
        );
    }
    let nobody = app.get(&mut Visitor::default(), START).await;
    assert_eq!(nobody.location(), "/staff/sign-in");
}

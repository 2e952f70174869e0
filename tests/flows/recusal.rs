//! A recused member cannot work on the case any more, on the page or past it. The area sees that and continues.

use axum::http::{Method, StatusCode};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sigilo::audit::entry::{Act, Actor};
use sigilo::domain::ids::{CaseId, LetterId};
use sigilo::domain::role::Role;
use sigilo::service::casework::recusal::left_alone;
use sigilo::service::people::{NewMember, Sponsor};
use sigilo::service::roster::Changes;
use sigilo::vault::base64;
use sigilo::vault::content::{Content as _, Note, RecusalReason};
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::letter::{self, LetterContext, LetterKind};
use sigilo::vault::payload::Payload as _;
use sigilo::vault::record::ContentKind;
use sigilo::vault::recusal::RecusalPayload;

use super::staff::working;
use super::unseal::{asks_for_validation, filed, of_act, unseals};
use crate::support::app::{ADMINISTRATOR, ANALYST, AREA, OFFICER, PASSWORD, TestApp};
use crate::support::database::Database;
use crate::support::officer::{Ceremony, showing_body};
use crate::support::on_both_databases;
use crate::support::staff::{Member, attributes, newest_act, sign_in, signed_body};

pub(super) const COLLEAGUE: &str = "colega@sigilo.test";
const WHY: &str = "Motivocentinela: es mi vecina.";

/// The first recusal from a case, as the browser would send it.
pub(super) fn stated(app: &TestApp, member: &Member, case: CaseId, area: &str) -> Value {
    stated_after(app, member, case, area, None)
}

/// A recusal that follows on the newest act that the page names.
fn stated_after(app: &TestApp, member: &Member, case: CaseId, area: &str, page: Option<&str>) -> Value {
    let instance = app.app().instance;
    let letter = LetterId::random(&mut StdRng::seed_from_u64(
        u64::from(case.as_bytes()[0]) << 8 | u64::from(member.id.as_bytes()[0]),
    ));
    let payload = RecusalPayload {
        instance,
        case,
        previous: page.and_then(|page| newest_act(page, "data-case-act")),
        member: member.id,
        letter,
        time: app.app().now(),
    };
    let roster = app.app().rosters.current().unwrap();
    let place = LetterContext {
        instance,
        case,
        letter,
        kind: LetterKind::Recusal,
    };
    let reason = RecusalReason::new("knows".into(), WHY.into());
    let author = (Author::Staff(member.id), Via::Browser);
    let file = letter::seal(
        &place,
        author,
        &reason,
        &member.keys.signing,
        &[roster.area(area).unwrap()],
    )
    .remove(0);
    let mut body = signed_body(member, &payload);
    body["letter"] = json!(base64::encode(&file));
    body
}

pub(super) fn path_of(case: CaseId) -> String {
    format!("/api/v1/staff/cases/{case}/recusal")
}

/// Adds one more analyst of the area, in a signed roster.
pub(super) async fn with_a_colleague(app: &TestApp) {
    let new = NewMember {
        email: COLLEAGUE,
        name: "Colega de prueba",
        role: Role::Analyst,
        language: "es",
        areas: &[AREA.to_owned()],
        password: PASSWORD,
    };
    let sponsor = Sponsor {
        email: ANALYST,
        password: PASSWORD,
    };
    app.app().people.add_member(new, Some(sponsor)).await.unwrap();
    let next = app.app().rosters.propose(&Changes::default()).await.unwrap();
    let signed = next.sign(&app.authority.signing.signing_key()).unwrap();
    app.app().rosters.publish(&signed).await.unwrap();
}

async fn alone(app: &TestApp) -> Vec<String> {
    let mut tx = app.app().db().read().await.unwrap();
    let alone = left_alone(&mut tx, &app.app().rosters.current().unwrap())
        .await
        .unwrap();
    alone.into_values().flatten().collect()
}

on_both_databases!(
    an_analyst_who_recuses_sees_the_case_no_more_and_the_area_goes_on,
    an_officer_who_recuses_cannot_unseal,
    an_officer_who_recuses_after_an_opening_sees_it_no_more,
);

async fn an_analyst_who_recuses_sees_the_case_no_more_and_the_area_goes_on(database: Database) {
    let app = TestApp::on(database).await;
    with_a_colleague(&app).await;
    let (_, mut ana, mut case, path) = working(&app).await;
    let sent = stated(&app, &ana, case.id, AREA);
    let answer = app.post_json(&mut ana.visitor, &path_of(case.id), &sent).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["location"], "/staff/inbox");

    let entry = of_act(&app, Act::CaseRecused).await.remove(0);
    assert_eq!((entry.actor, entry.case), (Actor::Staff(ana.id), Some(case.id)));
    let signed = entry.signed.unwrap();
    assert_eq!((signed.by, signed.what.as_str()), (ana.id, "recusal"));
    let said = RecusalPayload::read(app.app().instance, &signed.payload.0).unwrap();
    assert_eq!(entry.detail["letter"], json!(said.letter));

    // The list, the page and all calls are closed to them; the log records each attempt.
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    assert!(attributes(&inbox, "<th scope=\"row\"><a", "href").is_empty());
    let before = of_act(&app, Act::AccessDenied).await.len();
    let note = case.seal(&ana, ContentKind::Note, &Note::new("Después de excusarme.".into()));
    let calls = [
        (Method::GET, path.clone(), Value::Null),
        (Method::POST, format!("/api/v1{path}/notes"), note.clone()),
        (Method::POST, format!("/api/v1{path}/messages"), note.clone()),
        (Method::POST, path_of(case.id), sent),
    ];
    for (method, to, body) in &calls {
        let kind = "application/json";
        let reply = app
            .send(&mut ana.visitor, method.clone(), to, kind, body.to_string())
            .await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {to}");
    }
    assert_eq!(of_act(&app, Act::AccessDenied).await.len() - before, calls.len());
    // The transaction itself refuses, too, without the guard.
    let cookie = ana.visitor.0.iter().find(|(name, _)| name.contains("staff")).unwrap();
    let member = app.app().sessions.member(&cookie.1).await.unwrap().unwrap();
    assert!(matches!(
        app.app().casework.open_case(&member, case.id).await,
        Err(sigilo::service::Error::Forbidden)
    ));

    // The colleague works on the case, sees who was recused, and reads why.
    let mut colleague = sign_in(&app, COLLEAGUE).await;
    let page = app.get(&mut colleague.visitor, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = page.text();
    assert!(page.contains("Analista de prueba</strong> se excusó"), "{page}");
    let of = |name| attributes(&page, "<sealed-letter", name).remove(0);
    assert_eq!(of("kind"), "recusal");
    let place = LetterContext {
        instance: app.app().instance,
        case: case.id,
        letter: of("letter").parse().unwrap(),
        kind: LetterKind::Recusal,
    };
    let (_, area) = &colleague.areas[0];
    let envelope = letter::open(&place, &base64::decode(&of("file")).unwrap(), area).unwrap();
    letter::verify(&envelope, &place, &ana.keys.signing.verify_key()).unwrap();
    assert_eq!(envelope.content::<RecusalReason>().unwrap().text(), WHY);
    assert_eq!(alone(&app).await, Vec::<String>::new());

    // If nobody is left, the administrator's overview says so.
    let sent = stated_after(&app, &colleague, case.id, AREA, Some(&page));
    let answer = app.post_json(&mut colleague.visitor, &path_of(case.id), &sent).await;
    assert_eq!(answer.status, StatusCode::OK);
    let number = alone(&app).await.remove(0);
    let mut administrator = sign_in(&app, ADMINISTRATOR).await;
    let overview = app.get(&mut administrator.visitor, "/staff/overview").await.text();
    assert!(
        overview.contains(&format!("nadie puede atender: {number}")),
        "{overview}"
    );
}

async fn an_officer_who_recuses_cannot_unseal(database: Database) {
    let app = TestApp::on(database).await;
    let (_, case) = filed(&app).await;
    asks_for_validation(&app, case).await;
    let mut officer = sign_in(&app, OFFICER).await;
    let desk = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(desk.contains(&case.to_string()));
    let ceremony = Ceremony::begin(&app, &mut officer, case, 5).await;
    let sent = stated(&app, &officer, case, "mesa-de-identidad");
    let answer = app.post_json(&mut officer.visitor, &path_of(case), &sent).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["location"], "/staff/desk");

    let desk = app.get(&mut officer.visitor, "/staff/desk").await.text();
    assert!(!desk.contains(&case.to_string()));
    let page = app.get(&mut officer.visitor, &format!("/staff/desk/{case}")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let refused = ceremony.send(&app, &mut officer).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(unseals(&app, case).await.is_empty());
    assert!(of_act(&app, Act::UnsealRequested).await.is_empty());
    // The area sees that the officer was recused, but cannot read why: only the desk can.
    let mut ana = sign_in(&app, ANALYST).await;
    let page = app.get(&mut ana.visitor, &format!("/staff/cases/{case}")).await.text();
    assert!(page.contains("Oficial de prueba</strong> se excusó") && !page.contains("kind=\"recusal\""));
}

async fn an_officer_who_recuses_after_an_opening_sees_it_no_more(database: Database) {
    let app = TestApp::on(database).await;
    let (_, case) = filed(&app).await;
    asks_for_validation(&app, case).await;
    let mut officer = sign_in(&app, OFFICER).await;
    let ceremony = Ceremony::begin(&app, &mut officer, case, 5).await;
    let opened = ceremony.send(&app, &mut officer).await.json();
    let unseal = opened["unseal"].as_str().unwrap().parse().unwrap();
    let (path, body) = showing_body(&app, &mut officer, (case, unseal)).await;
    let shown = app.post_json(&mut officer.visitor, &path, &body).await;
    assert!(shown.status.is_success(), "{}", shown.text());
    let sent = stated(&app, &officer, case, "mesa-de-identidad");
    let answer = app.post_json(&mut officer.visitor, &path_of(case), &sent).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let refused = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert_eq!(of_act(&app, Act::IdentityShown).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_said_by_the_member_about_this_case_now_is_refused() {
    let app = TestApp::new().await;
    let (_, mut ana, case, _) = working(&app).await;
    let good = stated(&app, &ana, case.id, AREA);
    let other = CaseId::random(&mut StdRng::seed_from_u64(1));
    let of_another = stated(&app, &ana, other, AREA);
    let officer = sign_in(&app, OFFICER).await;
    let payload = base64::decode(good["payload"].as_str().unwrap()).unwrap();
    let by_another = RecusalPayload::sign(app.app().instance, &payload, &officer.keys.signing);
    let changed = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, status) in [
        (of_another, StatusCode::UNPROCESSABLE_ENTITY),
        (
            changed("signature", json!(by_another)),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            changed("letter", json!("bm90IGEgbGV0dGVy")),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (changed("payload", json!("e30=")), StatusCode::UNPROCESSABLE_ENTITY),
        (changed("more", json!(1)), StatusCode::BAD_REQUEST),
        (Value::Null, StatusCode::BAD_REQUEST),
    ] {
        let reply = app.post_json(&mut ana.visitor, &path_of(case.id), &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
    }
    app.clock.advance(11 * 60);
    let late = app.post_json(&mut ana.visitor, &path_of(case.id), &good).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(of_act(&app, Act::CaseRecused).await.is_empty());
    assert!(RecusalReason::from_json(r#"{"class":"knows"}"#).is_err());
}

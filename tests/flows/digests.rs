//! Summaries for staff, on both databases: their recipients, numbers and times.

use axum::http::StatusCode;
use sigilo::domain::ids::{StaffId, ValidationId};
use sigilo::domain::notice::Digest;
use sigilo::domain::state::{State, ValidationState};
use sigilo::store;
use sigilo::store::desk::Validation;

use crate::contract::{bytes, new_case, rng};
use crate::support::app::{ANALYST, AREA, AUDITOR, NOW, OFFICER, OTHER_ANALYST, OTHER_AREA, TestApp};
use crate::support::database::Database;
use crate::support::mail_server::ReadEmail as _;
use crate::support::mailing::Mailing;
use crate::support::on_both_databases;
use crate::support::staff::sign_in;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Midnight in Ecuador before [`NOW`], a Tuesday.
const TUESDAY: i64 = NOW - 10 * HOUR;

async fn id_of(app: &TestApp, email: &str) -> StaffId {
    let mut tx = app.app().db().read().await.unwrap();
    store::staff::by_email(&mut tx, email).await.unwrap().unwrap().id
}

async fn wishes(app: &TestApp, email: &str, digest: Digest) {
    let id = id_of(app, email).await;
    app.app().notifications.set_digest_frequency(id, digest).await.unwrap();
}

/// In the analyst's area: two new cases of which one is overdue, one answer that nobody read, and one case at rest. In
/// the other's: one new case. At the desk: one request.
async fn cases(app: &TestApp) {
    let today = app.app().today();
    let mut tx = app.app().db().begin().await.unwrap();
    for (area, state, unread, late) in [
        (AREA, State::Received, true, false),
        (AREA, State::Received, true, true),
        (AREA, State::InReview, true, false),
        (AREA, State::InReview, false, false),
        (AREA, State::Closed, true, true),
        (OTHER_AREA, State::Received, true, false),
    ] {
        let mut new = new_case(area, today);
        new.case.state = state;
        new.case.closed_on = (state == State::Closed).then_some(today);
        new.case.unread_for_area = unread;
        new.case.respond_by = today.plus_days(300);
        new.case.resolve_by = today.plus_days(if late { -1 } else { 300 });
        store::cases::insert(&mut tx, &new).await.unwrap();
        if area == OTHER_AREA {
            let asked = Validation {
                id: ValidationId::random(&mut rng()),
                case_id: new.case.id,
                requested_by: store::staff::by_email(&mut tx, OTHER_ANALYST)
                    .await
                    .unwrap()
                    .unwrap()
                    .id,
                requested_at: NOW,
                letter: bytes(100),
                state: ValidationState::Open,
            };
            store::desk::insert_validation(&mut tx, &asked).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

/// Returns the summaries that were sent at a time, sorted by addressee.
async fn sent_at(mailing: &Mailing, time: i64) -> Vec<(String, String)> {
    mailing.app.clock.set(time);
    mailing.app.app().notifications.make_digests().await.unwrap();
    let before = mailing.sink.received().len();
    mailing.round().await;
    let taken = mailing.sink.received().split_off(before);
    let mut sent: Vec<_> = taken.iter().map(|mail| (mail.to.clone(), mail.text())).collect();
    sent.sort();
    sent
}

fn to(sent: &[(String, String)]) -> Vec<&str> {
    sent.iter().map(|(to, _)| to.as_str()).collect()
}

on_both_databases!(
    numbers_come_at_eight_on_working_days_to_whom_they_are_for,
    who_has_left_gets_none_and_one_waits_at_most,
);

async fn numbers_come_at_eight_on_working_days_to_whom_they_are_for(database: Database) {
    let mailing = Mailing::on(database).await;
    let app = &mailing.app;
    cases(app).await;
    wishes(app, ANALYST, Digest::Daily).await;
    wishes(app, OTHER_ANALYST, Digest::Weekly).await;
    wishes(app, OFFICER, Digest::Weekly).await;
    wishes(app, AUDITOR, Digest::Daily).await;
    assert_eq!(sent_at(&mailing, NOW).await, [], "the first comes on a later day");
    assert_eq!(sent_at(&mailing, TUESDAY + DAY + 8 * HOUR - 60).await, []);

    let wednesday = sent_at(&mailing, TUESDAY + DAY + 8 * HOUR).await;
    assert_eq!(to(&wednesday), [ANALYST]);
    let text = &wednesday[0].1;
    for line in [
        "- 2 casos nuevos",
        "- Un caso vencido",
        "- Un caso con respuestas sin leer",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("- ")).count(), 3, "{text}");
    assert!(text.contains("https://sigilo.test/staff/sign-in"), "{text}");
    for told in ["2026", "cobros", "denuncia", "ransparencia"] {
        assert!(!text.contains(told), "{told} in {text}");
    }
    assert_eq!(sent_at(&mailing, TUESDAY + DAY + 15 * HOUR).await, [], "once a day");

    // A weekend, then the week's first working day.
    for day in [4, 5] {
        assert_eq!(sent_at(&mailing, TUESDAY + day * DAY + 9 * HOUR).await, [], "{day}");
    }
    let monday = sent_at(&mailing, TUESDAY + 6 * DAY + 8 * HOUR).await;
    assert_eq!(to(&monday), [ANALYST, OFFICER, OTHER_ANALYST]);
    assert!(
        monday[1].1.contains("- Un pedido sobre una identidad"),
        "{}",
        monday[1].1
    );
    assert!(monday[2].1.contains("- Un caso nuevo"), "{}", monday[2].1);
    assert_eq!(to(&sent_at(&mailing, TUESDAY + 7 * DAY + 8 * HOUR).await), [ANALYST]);
    // Christmas is a Friday.
    assert_eq!(sent_at(&mailing, TUESDAY + 31 * DAY + 9 * HOUR).await, []);
}

async fn who_has_left_gets_none_and_one_waits_at_most(database: Database) {
    let mailing = Mailing::on(database).await;
    let app = &mailing.app;
    cases(app).await;
    for email in [ANALYST, OTHER_ANALYST, OFFICER] {
        wishes(app, email, Digest::Daily).await;
    }
    // No summary is sent for two days: still only one waits for each member.
    for day in [1, 2] {
        app.clock.set(TUESDAY + day * DAY + 8 * HOUR);
        app.app().notifications.make_digests().await.unwrap();
        assert_eq!(mailing.waiting().await, 3);
    }
    let left = id_of(app, OTHER_ANALYST).await;
    let mut tx = app.app().db().begin().await.unwrap();
    store::staff::leave(&mut tx, left).await.unwrap();
    // The desk's request is completed meanwhile: there is nothing to tell the officer any more.
    let open = store::desk_requests::page(
        &mut tx,
        "66666666-6666-4666-8666-666666666666".parse().unwrap(),
        None,
        None,
        9,
    )
    .await
    .unwrap();
    store::desk::settle_validations(&mut tx, open.items[0].case_id)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(to(&sent_at(&mailing, TUESDAY + 2 * DAY + 9 * HOUR).await), [ANALYST]);
    assert_eq!(mailing.waiting().await, 0);
    assert_eq!(to(&sent_at(&mailing, TUESDAY + 3 * DAY + 9 * HOUR).await), [ANALYST]);
}

#[tokio::test]
async fn each_member_chooses_on_a_page_of_their_own() {
    let mailing = Mailing::new().await;
    let app = &mailing.app;
    let mut ana = sign_in(app, ANALYST).await.visitor;
    let page = app.get(&mut ana, "/staff/settings").await.text();
    assert!(
        page.contains("value=\"never\" checked") && page.contains(ANALYST),
        "{page}"
    );
    let saved = app.post(&mut ana, "/staff/settings", &[("digest", "weekly")]).await;
    assert_eq!(
        (saved.status, saved.location()),
        (StatusCode::SEE_OTHER, "/staff/settings?saved")
    );
    let page = app.get(&mut ana, "/staff/settings?saved").await.text();
    assert!(
        page.contains("value=\"weekly\" checked") && page.contains("Guardado."),
        "{page}"
    );
    let wrong = app.post(&mut ana, "/staff/settings", &[("digest", "hourly")]).await;
    assert!(wrong.status.is_client_error());

    let id = id_of(app, ANALYST).await;
    let mut tx = app.app().db().begin().await.unwrap();
    store::staff::set_language(&mut tx, id, "en").await.unwrap();
    tx.commit().await.unwrap();
    let page = app.get(&mut ana, "/staff/settings").await.text();
    assert!(
        page.contains("<html lang=\"en\">") && page.contains("Every working day"),
        "{page}"
    );

    let mut auditor = sign_in(app, AUDITOR).await.visitor;
    let page = app.get(&mut auditor, "/staff/settings").await.text();
    assert!(
        page.contains("no hay resúmenes") && !page.contains("name=\"digest\""),
        "{page}"
    );
    let none = app.post(&mut auditor, "/staff/settings", &[("digest", "daily")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
}

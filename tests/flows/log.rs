//! The auditor reads the log: narrowed, page by page, an entry in full; and has the whole of it verified.

use axum::http::StatusCode;
use serde_json::json;
use sigilo::audit::entry::{Act, Actor, Base64};
use sigilo::audit::proof::{Extra, Proof};
use sigilo::domain::ids::QueuedId;
use sigilo::domain::state::VerificationOutcome;
use sigilo::store::verifications::{self, Verification};
use sigilo::vault::base64;
use sigilo::vault::unseal::commit_purpose;
use sigilo::vault::verified_purpose::{self, Opening};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::unseal::{filed, of_act, unsealed};
use crate::support::app::{ANALYST, AUDITOR, OFFICER, TestApp, Visitor};
use crate::support::officer::PURPOSE;
use crate::support::staff::{Member, attributes, sign_in};

/// A log with an unseal, countersigned, and the auditor.
async fn logged() -> (TestApp, Member) {
    let app = TestApp::new().await;
    let (_, case) = filed(&app).await;
    let mut officer = sign_in(&app, OFFICER).await;
    unsealed(&app, &mut officer, case, 1).await;
    let auditor = sign_in(&app, AUDITOR).await;
    countersigned(&app).await;
    (app, auditor)
}

async fn countersigned(app: &TestApp) {
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
}

/// Returns the numbers of the leaves that a page lists.
fn leaves(page: &str) -> Vec<u64> {
    let links = attributes(page, "<td><a", "href");
    let leaf = |link: &String| link.strip_prefix("/staff/log/")?.parse().ok();
    links.iter().filter_map(leaf).collect()
}

async fn listed(app: &TestApp, auditor: &mut Member, query: &str) -> Vec<u64> {
    let page = app.get(&mut auditor.visitor, &format!("/staff/log{query}")).await;
    assert_eq!(page.status, StatusCode::OK);
    leaves(&page.text())
}

#[tokio::test]
async fn the_log_is_narrowed_by_act_actor_case_and_days() {
    let (app, mut auditor) = logged().await;
    let all = listed(&app, &mut auditor, "").await;
    assert!(all.len() > 12 && all.is_sorted_by(|a, b| a > b), "{all:?}");

    let requested = of_act(&app, Act::UnsealRequested).await.remove(0);
    let one = listed(&app, &mut auditor, "?kind=unseal.requested").await;
    assert_eq!(one.len(), 1);
    let identities = listed(&app, &mut auditor, "?kind=identities").await;
    assert!(identities.len() >= 3 && identities.contains(&one[0]));
    let case = requested.case.unwrap();
    let of_case = listed(&app, &mut auditor, &format!("?case={case}")).await;
    assert!(of_case.len() >= 2 && of_case.contains(&one[0]) && of_case.len() < all.len());
    let number = {
        let mut tx = app.app().db().read().await.unwrap();
        let row = sigilo::store::cases::by_id(&mut tx, case).await.unwrap();
        row.unwrap().number.to_lowercase()
    };
    assert_eq!(listed(&app, &mut auditor, &format!("?case={number}")).await, of_case);
    let actor = requested.actor;
    let narrow = format!("?kind=unseal.requested&actor={actor}&case={case}");
    assert_eq!(listed(&app, &mut auditor, &narrow).await, one);
    assert!(
        listed(&app, &mut auditor, "?kind=unseal.requested&actor=system")
            .await
            .is_empty()
    );

    // The clock of the tests stands on 2026-11-24, ten in the morning in Ecuador.
    for (days, some) in [
        ("?from=2026-11-24&to=2026-11-24", true),
        ("?from=2026-11-25", false),
        ("?to=2026-11-23", false),
        ("?from=2026-11-24", true),
    ] {
        assert_eq!(!listed(&app, &mut auditor, days).await.is_empty(), some, "{days}");
    }
    for (wrong, said) in [
        ("?kind=nothing", "No existe ese tipo de acto"),
        ("?actor=staff:x", "No existe esa persona"),
        ("?case=2026-AAAAAA-A", "No hay ningún caso"),
        ("?from=2026-02-31", "Una de las fechas no existe"),
        ("?kind=area.member_added&from=2030-01-01", "Ninguna entrada coincide"),
    ] {
        let page = app.get(&mut auditor.visitor, &format!("/staff/log{wrong}")).await;
        assert_eq!(page.status, StatusCode::OK, "{wrong}");
        assert!(page.text().contains(said), "{wrong}: {}", page.text());
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let (app, mut auditor) = logged().await;
    for round in 0..130_i64 {
        if round % 40 == 0 {
            app.clock.advance(3);
        }
        let act = if round % 2 == 0 {
            Act::ConfigurationChanged
        } else {
            Act::LogRestored
        };
        let entry = app.app().log.entry(act, Actor::System, None, json!({}), None).unwrap();
        let mut tx = app.app().db().begin().await.unwrap();
        entry.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }
    countersigned(&app).await;
    for start in [
        "/staff/log",
        "/staff/log?kind=system",
        "/staff/log?kind=log.restored&actor=system",
    ] {
        let (mut found, mut next) = (Vec::new(), Some(start.to_owned()));
        while let Some(path) = next {
            let page = app.get(&mut auditor.visitor, &path.replace("&#38;", "&")).await.text();
            let of_page = leaves(&page);
            assert!((1..=50).contains(&of_page.len()), "{path}: {of_page:?}");
            found.extend(of_page);
            next = attributes(&page, "<a class=\"button quiet\" rel=\"next\"", "href").pop();
        }
        assert!(found.is_sorted_by(|a, b| a > b), "{start}: {found:?}");
        let least = if start.contains("restored") { 65 } else { 130 };
        assert!(found.len() >= least, "{start}: {}", found.len());
    }
}

#[tokio::test]
async fn an_entry_is_shown_whole_and_what_proves_it_comes_along() {
    let (app, mut auditor) = logged().await;
    let leaf = listed(&app, &mut auditor, "?kind=unseal.requested").await[0];
    let path = format!("/staff/log/{leaf}");
    let page = app.get(&mut auditor.visitor, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = page.text();
    assert!(page.contains("Pidió abrir una identidad") && page.contains("Oficial de prueba"));
    assert!(page.contains("Palabras de su llave") && page.contains("unseal-request"));

    // The bytes that the browser checks prove the entry here, too.
    let of = |name| attributes(&page, "<verified-entry", name).remove(0);
    let key = |key: &[u8]| Base64(key.to_vec());
    let keys = app.app().log.named();
    let hashes = of("proof");
    let hashes = hashes
        .split(' ')
        .map(|hash| base64::decode(hash).unwrap().try_into().unwrap());
    let proof = Proof {
        extra: Extra {
            entry: Base64(base64::decode(&of("entry")).unwrap()),
            authority: key(&[]),
            log: key(&[]),
            witness: key(&[]),
            rosters: Vec::new(),
        },
        index: of("index").parse().unwrap(),
        hashes: hashes.collect(),
        checkpoint: base64::decode(&of("checkpoint")).unwrap(),
    };
    let held = proof.check(keys.log.as_bytes(), keys.witness.as_bytes()).unwrap();
    assert_eq!((held.entry.act, proof.index), (Act::UnsealRequested, leaf));

    // The sealed purpose opens with the auditor's key, and what it says is what the leaf commits to.
    let purpose = |name| attributes(&page, "<verified-purpose", name).remove(0);
    let class = purpose("class");
    let opening = Opening {
        instance: app.app().instance,
        case: purpose("case").parse().unwrap(),
        request: serde_json::from_value(json!(purpose("request"))).unwrap(),
        class: &class,
    };
    let file = base64::decode(&purpose("file")).unwrap();
    let (salt, text) = verified_purpose::open(&opening, &file, &auditor.keys.identity).unwrap();
    assert_eq!(text.as_str(), PURPOSE);
    assert_eq!(
        purpose("commitment"),
        commit_purpose(opening.instance, &salt, &text).to_string()
    );

    for missing in [
        "/staff/log/999999",
        "/staff/log/-1",
        "/staff/log/x",
        "/staff/log/18446744073709551616",
    ] {
        assert_eq!(
            app.get(&mut auditor.visitor, missing).await.status,
            StatusCode::NOT_FOUND,
            "{missing}"
        );
    }
    let mut ana = sign_in(&app, ANALYST).await;
    for forbidden in [path.clone(), format!("{path}/proof")] {
        assert_eq!(
            app.get(&mut ana.visitor, &forbidden).await.status,
            StatusCode::FORBIDDEN
        );
    }
    // The newest entries have no proof yet, and the page says so.
    app.app().log.sequence().await.unwrap();
    let newest = listed(&app, &mut auditor, "").await[0];
    let page = app
        .get(&mut auditor.visitor, &format!("/staff/log/{newest}"))
        .await
        .text();
    assert!(!page.contains("<verified-entry") && page.contains("o todavía no"));
    let proof = app
        .get(&mut auditor.visitor, &format!("/staff/log/{newest}/proof"))
        .await;
    assert_eq!(proof.status, StatusCode::CONFLICT);
}

/// Asks for a verification as the page's button does, and waits for its end. Returns the page afterwards.
async fn verified(app: &TestApp, visitor: &mut Visitor) -> String {
    let begun = app.post(visitor, "/staff/log/verification", &[]).await;
    assert_eq!((begun.status, begun.location()), (StatusCode::SEE_OTHER, "/staff/log"));
    loop {
        let progress = app.get(visitor, "/api/v1/staff/log/verification").await.json();
        if progress["running"] == false {
            return app.get(visitor, "/staff/log").await.text();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_runs_by_itself_and_its_result_stays_on_the_page_and_in_the_log() {
    let (app, mut auditor) = logged().await;
    let page = verified(&app, &mut auditor.visitor).await;
    assert!(
        page.contains("Todo en orden") && page.contains("<verified-checkpoint"),
        "{page}"
    );
    let told = of_act(&app, Act::LogVerified).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].actor, Actor::Staff(auditor.id));
    assert_eq!(told[0].detail["outcome"], "good");

    app.clock.advance(1);
    // Somebody with the database's password has changed the log.
    let url = format!("sqlite:{}", app.folder.path().join("sigilo.sqlite").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let edited = "UPDATE audit_entry SET body = CAST(CAST(body AS TEXT) || ' ' AS BLOB) WHERE leaf_index = 5";
    sqlx::query(AssertSqlSafe(edited))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let page = verified(&app, &mut auditor.visitor).await;
    assert!(
        page.contains("Primera entrada mala, la 5: no es la entrada que se firmó"),
        "{page}"
    );
    assert!(page.contains("href=\"/staff/log/5\""));
    let told = of_act(&app, Act::LogVerified).await;
    assert_eq!(told[1].detail["bad_entry"], 5);
}

#[tokio::test]
async fn one_verification_at_a_time_until_it_gives_no_sign_of_life() {
    let (app, mut auditor) = logged().await;
    let (now, until) = (app.app().now(), app.app().now() + 120);
    let at_work = Verification {
        id: QueuedId::random(&mut crate::contract::rng()),
        asked_by: auditor.id,
        started_at: now,
        alive_until: until,
        finished_at: None,
        tree_size: 40,
        checked: 0,
        outcome: VerificationOutcome::Running,
        witnessed: None,
        bad_entry: None,
        bad_row: None,
        what: None,
    };
    let mut tx = app.app().db().begin().await.unwrap();
    assert!(verifications::begin(&mut tx, &at_work).await.unwrap());
    verifications::advance(&mut tx, at_work.id, 17, 40, until)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let refused = app.site.app.log.begin_verification(auditor.id).await;
    assert!(matches!(refused, Err(sigilo::service::Error::Conflict)));
    let page = app.get(&mut auditor.visitor, "/staff/log").await.text();
    assert!(page.contains("17 de 40") && !page.contains("action=\"/staff/log/verification\""));

    app.clock.advance(121);
    let page = app.get(&mut auditor.visitor, "/staff/log").await.text();
    assert!(
        page.contains("no terminó") && page.contains("action=\"/staff/log/verification\""),
        "{page}"
    );
    app.site
        .app
        .log
        .begin_verification(auditor.id)
        .await
        .unwrap()
        .await
        .unwrap();
    let page = app.get(&mut auditor.visitor, "/staff/log").await.text();
    assert!(page.contains("Todo en orden"));
}

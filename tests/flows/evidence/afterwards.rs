//! Files of a case that is there: from its reporter, from staff, changed on the disk, and gone with the case.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sigilo::audit::entry::Act;
use sigilo::domain::state::State;
use sigilo::vault::attachment::Sealer;
use sigilo::vault::base64;
use sigilo::vault::content::Attachment;
use sigilo::vault::record::ContentKind;

use super::{DAY, opened, photograph, stored, with_a_file};
use crate::support::app::{ANALYST, OTHER_ANALYST, TestApp};
use crate::support::staff::{attributes, entries, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_adds_files_on_the_way_back() {
    let app = TestApp::new().await;
    let mut back = with_a_file(&app).await;
    let refused = app.post(&mut back, "/follow-up/files/send", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let files: [(&str, &[u8]); 2] = [("foto.jpg", &photograph()), ("raro.bin", &[0, 1, 2])];
    let taken = app.post_files(&mut back, "/follow-up/files", &files).await;
    assert_eq!(taken.location(), "/follow-up/case#archivos");
    let page = app.get(&mut back, "/follow-up/case").await.text();
    let undecided = attributes(&page, "action=\"/follow-up/files/keep\"><button", "value");
    assert_eq!(undecided.len(), 1);
    let refused = app.post(&mut back, "/follow-up/files/send", &[]).await;
    assert!(refused.text().contains("Decida primero"));
    app.post(&mut back, "/follow-up/files/remove", &[("file", &undecided[0])])
        .await;
    let sent = app.post(&mut back, "/follow-up/files/send", &[]).await;
    assert_eq!(sent.location(), "/follow-up/case?files-sent#archivos");
    let mut analyst = sign_in(&app, ANALYST).await;
    let names: Vec<_> = opened(&app, &mut analyst).await.attachments(&analyst);
    let names: Vec<_> = names.iter().map(|(_, content)| content.name().as_str()).collect();
    assert_eq!(names, ["uno.txt", "foto.jpg"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_send_files_that_only_the_case_can_open() {
    let app = TestApp::new().await;
    let mut back = with_a_file(&app).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    let mut case = opened(&app, &mut analyst).await;
    let mut rng = StdRng::seed_from_u64(5);
    let mut sealer = Sealer::new(&mut rng);
    sealer.push(b"respuesta del area");
    let (file, key) = sealer.finish();
    let content = Attachment::new(
        "respuesta.txt".into(),
        "text/plain".into(),
        key.size,
        key.sha256.to_string(),
        base64::encode(key.key.expose()),
        "unchanged".into(),
        Vec::new(),
    );
    let record = case.seal(&analyst, ContentKind::Attachment, &content);
    let path = format!("/api/v1/staff/cases/{}/attachments", case.id);
    let id = record["record"].as_str().unwrap();
    let kept = json!({ "attachment": id, "body": record["body"] });
    let early = app.post_json(&mut analyst.visitor, &path, &kept).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "the record needs its file");
    let upload = format!("{path}/{id}");
    let raw = "application/octet-stream";
    let clear = app
        .send(&mut analyst.visitor, Method::POST, &upload, raw, "in clear")
        .await;
    assert_eq!(clear.status, StatusCode::BAD_REQUEST, "only what looks sealed is taken");
    let again = app
        .send(&mut analyst.visitor, Method::POST, &upload, raw, file.clone())
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT, "an id is used once");

    let record = case.seal(&analyst, ContentKind::Attachment, &content);
    let id = record["record"].as_str().unwrap();
    let upload = format!("{path}/{id}");
    let taken = app.send(&mut analyst.visitor, Method::POST, &upload, raw, file).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let kept = json!({ "attachment": id, "body": record["body"] });
    let mut stranger = sign_in(&app, OTHER_ANALYST).await;
    assert_eq!(
        app.post_json(&mut stranger.visitor, &path, &kept).await.status,
        StatusCode::FORBIDDEN
    );
    let done = app.post_json(&mut analyst.visitor, &path, &kept).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
    assert_eq!(
        app.post_json(&mut analyst.visitor, &path, &kept).await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(
        app.get(&mut stranger.visitor, &upload).await.status,
        StatusCode::FORBIDDEN
    );

    let page = app.get(&mut back, "/follow-up/case").await.text();
    assert!(page.contains("respuesta.txt") && page.contains("Equipo del caso"));
    let link = attributes(&page, "<p class=\"file-name\"><a", "href").remove(1);
    assert_eq!(app.get(&mut back, &link).await.body, b"respuesta del area");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_never_reaches_the_reporter_whole() {
    let app = TestApp::new().await;
    let mut back = with_a_file(&app).await;
    let page = app.get(&mut back, "/follow-up/case").await.text();
    let link = attributes(&page, "<p class=\"file-name\"><a", "href").remove(0);
    let id = link.rsplit('/').next().unwrap();
    let path = app.folder.path().join("files").join(&id[..2]).join(id);
    let good = std::fs::read(&path).unwrap();
    let mut changed = good.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    for bad in [&changed[..], &good[..good.len() - 20], b"something else"] {
        std::fs::write(&path, bad).unwrap();
        let request = axum::http::Request::builder()
            .uri(&link)
            .header("cookie", format!("{}={}", back.0[0].0, back.0[0].1))
            .body(Body::empty())
            .unwrap();
        let response = tower::ServiceExt::oneshot(app.router.clone(), request).await.unwrap();
        if response.status().is_success() {
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            assert!(body.is_err(), "the answer breaks off");
        } else {
            assert_eq!(response.status(), StatusCode::CONFLICT);
        }
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(app.get(&mut back, &link).await.status, StatusCode::NOT_FOUND);
    std::fs::write(&path, good).unwrap();
    assert_eq!(app.get(&mut back, &link).await.body, b"uno");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_whose_time_is_over_goes_with_its_files() {
    let app = TestApp::new().await;
    let mut back = with_a_file(&app).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    let mut case = opened(&app, &mut analyst).await;
    let path = format!("/api/v1/staff/cases/{}/state", case.id);
    let change = (State::Received, State::Closed);
    let body = case.change_state(&app, &analyst, change, "Cerrado en la prueba.");
    let closed = app.post_json(&mut analyst.visitor, &path, &body).await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT, "{}", closed.text());
    let late = app
        .post_files(&mut back, "/follow-up/files", &[("tarde.txt", b"tarde")])
        .await;
    assert_eq!(
        late.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a closed case takes no more"
    );
    assert_eq!(stored(&app), 1);
    let refused = app.post(&mut back, "/follow-up/files/send", &[]).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a closed case takes no more"
    );

    let retention = app.app().profile().retention;
    app.clock.advance((i64::from(retention.identity_days) + 1) * DAY);
    app.app().identities.erase_due().await.unwrap();
    let case_is_there = async || {
        let mut tx = app.app().db().read().await.unwrap();
        let seal = sigilo::store::seals::latest(&mut tx, case.id).await.unwrap();
        let row = sigilo::store::cases::by_id(&mut tx, case.id).await.unwrap();
        (row.is_some(), seal.is_some())
    };
    assert_eq!(case_is_there().await, (true, false), "the identity goes first");
    app.clock.advance(i64::from(retention.case_days) * DAY);
    app.app().identities.erase_due().await.unwrap();
    app.app().operations.sweep().await.unwrap();
    assert_eq!(case_is_there().await, (false, false));
    assert_eq!(stored(&app), 0);
    let acts: Vec<_> = entries(&app).await.into_iter().map(|entry| entry.act).collect();
    assert!(acts.contains(&Act::IdentityErased) && acts.contains(&Act::CaseErased));
}

//! An installation with one of everything that the log refers to.

use std::path::PathBuf;

use axum::http::Method;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::CaseId;
use sigilo::domain::state::State;
use sigilo::vault::attachment::Sealer;
use sigilo::vault::base64;
use sigilo::vault::content::{Attachment, Message, Note};
use sigilo::vault::erasure::ErasureDecision;
use sigilo::vault::record::ContentKind;

use crate::flows::own_identity::{ask_erasure, correct, decide};
use crate::flows::recusal::{COLLEAGUE, path_of, stated, with_a_colleague};
use crate::flows::staff::working;
use crate::flows::unseal::{asks_for_validation, filed, unsealed};
use crate::support::app::{AREA, AUDITOR, OFFICER, TestApp};
use crate::support::officer::{check_body, decision, verdict, verdict_body};
use crate::support::staff::{Member, OpenCase, sign_in};

pub(super) struct World {
    pub(super) app: TestApp,
    /// A case with a conversation, an opening, a verdict and a correction.
    pub(super) worked: CaseId,
}

impl World {
    /// Two cases, a roster change, an opening with a check and a verdict, a correction, an erasure, a recusal, files and a
    /// verification: all of it in the log and countersigned.
    pub(super) async fn worked() -> Self {
        let app = TestApp::new().await;
        with_a_colleague(&app).await;
        let (words, mut ana, mut case, _) = Box::pin(working(&app)).await;
        writes(&app, &mut ana, &mut case).await;
        attaches(&app, &mut ana, &mut case).await;
        let worked = case.id;
        Box::pin(asks_for_validation(&app, worked)).await;
        let mut officer = sign_in(&app, OFFICER).await;
        Box::pin(opens(&app, &mut officer, worked)).await;
        Box::pin(correct(&app, &words)).await;
        Box::pin(erases(&app, &mut officer)).await;
        let world = Self { app, worked };
        world.verifies().await;
        world.countersigned().await;
        world
    }

    pub(super) fn witness(&self) -> PathBuf {
        self.app.folder.path().join("witness")
    }

    /// Somebody signs in, which is one more entry.
    pub(super) async fn signs_in(&self) {
        sign_in(&self.app, OFFICER).await;
    }

    /// Everything that waits gets its leaf, and the witness countersigns.
    pub(super) async fn countersigned(&self) {
        let log = &self.app.app().log;
        log.cover_waiting().await.unwrap();
        log.sequence().await.unwrap();
        log.cosign().await.unwrap();
    }

    async fn verifies(&self) {
        let auditor = sign_in(&self.app, AUDITOR).await;
        self.countersigned().await;
        let log = &self.app.app().log;
        log.begin_verification(auditor.id).await.unwrap().await.unwrap();
        let verified = log.latest_verification().await.unwrap().unwrap();
        assert_eq!(verified.bad_row, None, "{verified:?}");
    }
}

/// A message, a note and a change of state.
async fn writes(app: &TestApp, ana: &mut Member, case: &mut OpenCase) {
    let api = format!("/api/v1/staff/cases/{}", case.id);
    let message = case.seal(ana, ContentKind::Message, &Message::new("¿Qué día fue?".into()));
    let note = case.seal(ana, ContentKind::Note, &Note::new("Revisar turnos.".into()));
    let state = case.change_state(app, ana, (State::Received, State::InReview), "Se revisa.");
    for (what, body) in [("messages", message), ("notes", note), ("state", state)] {
        let reply = app.post_json(&mut ana.visitor, &format!("{api}/{what}"), &body).await;
        assert_eq!(reply.status, 204, "{what}: {}", reply.text());
    }
}

/// A file of staff's.
async fn attaches(app: &TestApp, ana: &mut Member, case: &mut OpenCase) {
    let mut sealer = Sealer::new(&mut StdRng::seed_from_u64(5));
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
    let record = case.seal(ana, ContentKind::Attachment, &content);
    let id = record["record"].as_str().unwrap();
    let path = format!("/api/v1/staff/cases/{}/attachments", case.id);
    let (upload, raw) = (format!("{path}/{id}"), "application/octet-stream");
    let taken = app.send(&mut ana.visitor, Method::POST, &upload, raw, file).await;
    assert_eq!(taken.status, 201, "{}", taken.text());
    let kept = json!({ "attachment": id, "body": record["body"] });
    let done = app.post_json(&mut ana.visitor, &path, &kept).await;
    assert_eq!(done.status, 201, "{}", done.text());
}

/// Opens an identity, notes a check and states a verdict.
async fn opens(app: &TestApp, officer: &mut Member, case: CaseId) {
    let unseal = unsealed(app, officer, case, 1).await;
    let now = app.app().now();
    let what = ("registro-civil", "matches", now);
    let (path, body) = check_body(app, officer, (case, unseal), what, Some("Coincide.")).await;
    let noted = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(noted.status, 200, "{}", noted.text());
    let (path, body) = check_body(app, officer, (case, unseal), ("llamada", "reached", now), None).await;
    let noted = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(noted.status, 200, "{}", noted.text());
    let payload = verdict(app, officer, (case, unseal), Verdict::Valid).await;
    let (path, body) = verdict_body(app, officer, &payload);
    let stated = app.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(stated.status, 200, "{}", stated.text());
}

/// Another case, from which a colleague recuses and whose identity is erased at its reporter's request.
async fn erases(app: &TestApp, officer: &mut Member) {
    let (words, case) = filed(app).await;
    app.app().log.cover_waiting().await.unwrap();
    let mut colleague = sign_in(app, COLLEAGUE).await;
    let body = stated(app, &colleague, case, AREA);
    let recused = app.post_json(&mut colleague.visitor, &path_of(case), &body).await;
    assert_eq!(recused.status, 200, "{}", recused.text());
    ask_erasure(app, &words).await;
    let what = (ErasureDecision::Erase, "pedido-del-titular");
    let payload = decision(app, officer, case, what).await;
    assert_eq!(decide(app, officer, &payload).await, 200);
}

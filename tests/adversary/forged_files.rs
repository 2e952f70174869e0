//! Row 5 for files: somebody who writes to the database and to the folder, or the bucket, of files. Seen as an honest member's browser
//! sees it, on the real page, and as the reporter gets it.
//!
//! Each attack in three steps: without keys; with the area's key, which opens every file of the case but signs nothing
//! for its reporter; and its twin, with the reporter's signing key besides, which succeeds.

use std::fs;
use std::path::PathBuf;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::domain::ids::{AttachmentId, CaseId};
use sigilo::vault::agefile::Identity;
use sigilo::vault::attachment::{FileKey, Opener, padded_size, record_context};
use sigilo::vault::content::Attachment;
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::hash::Hash32;
use sigilo::vault::record;
use sigilo::vault::signing::SigningKey;
use sqlx::SqliteConnection;
use tower::ServiceExt as _;

use super::forge::{CaseKeys, area_of, case_keys, own_key};
use super::loot::open;
use super::{file_with, key_of, reporters_key};
use crate::support::app::{ANALYST, AREA, TestApp, Visitor};
use crate::support::on_both_stores;
use crate::support::staff::{Member, OpenCase, sign_in};

on_both_stores!(
    router: row_5_a_file_exchanged_cut_reordered_or_replaced_is_noticed,
    row_5_a_record_in_another_files_place_is_noticed,
    row_5_a_file_in_another_case_is_noticed,
);

/// Larger than one chunk of age, so that there are some to reorder.
const SIZE: usize = 200_000;
const CHUNK: usize = 65_536;
const CHANGED: &str = "the file is not the one that was sealed";
const UNSIGNED: &str = "the author did not sign it";
const ELSEWHERE: &str = "the record does not open in this place";

/// The hash of what is seen, or why nothing is.
type Seen = Result<Hash32, &'static str>;

/// A case with two files and another one of the same area.
struct Scene {
    app: TestApp,
    ana: Member,
    /// Of the reporters, in the order of `keys`.
    words: Vec<String>,
    keys: Vec<CaseKeys>,
    /// Of the first case, in order.
    files: Vec<AttachmentId>,
}

fn content(number: u8) -> Vec<u8> {
    let letters = (0..SIZE).map(|at| b'a' + u8::try_from(at / 1000 % 26).unwrap());
    [number].into_iter().chain(letters).take(SIZE).collect()
}

fn hash(content: &[u8]) -> Hash32 {
    Hash32::of_bytes(content)
}

impl Scene {
    async fn set(app: TestApp) -> Self {
        let (one, two) = (content(b'1'), content(b'2'));
        let mut words = vec![file_with(&app, false, &[("uno.txt", &one), ("dos.txt", &two)]).await];
        let mut connection = database(&app).await;
        let first: CaseId = sqlx::query_scalar("SELECT id FROM cases")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        words.push(file_with(&app, false, &[]).await);
        let instance = app.app().instance;
        let area = area_of(&mut connection, instance, AREA, &key_of(&app, ANALYST).await).await;
        let mut keys = case_keys(&mut connection, instance, &area).await;
        keys.sort_by_key(|keys| keys.case != first);
        let sql = "SELECT id FROM attachment ORDER BY position";
        let files = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
        let ana = sign_in(&app, ANALYST).await;
        let mut scene = Self {
            app,
            ana,
            words,
            keys,
            files,
        };
        if scene.attachment(0).await.name() != "uno.txt" {
            scene.files.reverse();
        }
        assert_eq!(scene.seen(0).await, [Ok(hash(&one)), Ok(hash(&two))]);
        scene
    }

    fn path(&self, at: usize) -> PathBuf {
        let id = self.files[at].to_string();
        self.app.stored().join(&id[..2]).join(id)
    }

    /// A case's files as an honest browser shows them, in the order of `files`.
    async fn seen(&mut self, case: usize) -> Vec<Seen> {
        let path = format!("/staff/cases/{}", self.keys[case].case);
        let page = self.app.get(&mut self.ana.visitor, &path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let described = OpenCase::from_page(&self.app, &self.ana, &page.text()).described(&self.ana);
        let mut seen = Vec::new();
        for (href, content) in described {
            let stored = self.app.get(&mut self.ana.visitor, &href).await;
            assert_eq!(stored.status, 200);
            let seen_here = content.and_then(|content| whole(&content, &stored.body));
            let known = self.files.iter().position(|id| href.ends_with(&id.to_string()));
            seen.push((known, seen_here));
        }
        seen.sort_by_key(|(known, _)| *known);
        seen.into_iter().map(|(_, seen)| seen).collect()
    }

    /// The bytes that a case's reporter gets for a file; `None` if it is refused, or breaks off.
    async fn fetched(&self, case: usize, at: usize) -> Option<Hash32> {
        let mut back = Visitor::default();
        self.app
            .post(&mut back, "/follow-up", &[("words", &self.words[case])])
            .await;
        let cookies: Vec<String> = back.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .uri(format!("/follow-up/files/{}", self.files[at]))
            .header("cookie", cookies.join("; "))
            .body(Body::empty());
        let response = self.app.router.clone().oneshot(request.unwrap()).await.unwrap();
        if !response.status().is_success() {
            return None;
        }
        let body = to_bytes(response.into_body(), usize::MAX).await;
        body.ok().map(|body| hash(&body))
    }

    /// The record of a file of the first case, opened with the area's key.
    async fn attachment(&self, at: usize) -> Attachment {
        let id = self.files[at];
        let body: Vec<u8> = sqlx::query_scalar("SELECT body FROM attachment WHERE id = $1")
            .bind(id)
            .fetch_one(&mut database(&self.app).await)
            .await
            .unwrap();
        let place = record_context(self.app.app().instance, self.keys[0].case, id);
        record::open(&self.keys[0].shared, &place, &body)
            .unwrap()
            .content()
            .unwrap()
    }

    /// With the area's key: seals other content under the file's own key, in its place.
    async fn seal_anew(&self, at: usize, wanted: &[u8]) {
        let key = FileKey::of(&self.attachment(at).await).unwrap().key;
        let mut padded = wanted.to_vec();
        padded.resize(usize::try_from(padded_size(wanted.len() as u64)).unwrap(), 0);
        fs::write(self.path(at), Identity::from_scalar(*key).recipient().seal(&padded)).unwrap();
    }

    /// With the area's key: a record for `wanted` in the place of a file, in a case, that `signer` signs for the reporter.
    async fn record_anew(&self, case: usize, at: usize, described: &Attachment, wanted: &[u8], signer: &SigningKey) {
        let content = Attachment::new(
            described.name().clone(),
            described.r#type().clone(),
            wanted.len() as u64,
            hash(wanted).to_string(),
            described.key().clone(),
            described.cleaning().clone(),
            described.removed().clone(),
        );
        let (keys, id) = (&self.keys[case], self.files[at]);
        let place = record_context(self.app.app().instance, keys.case, id);
        let (author, rng) = ((Author::Reporter, Via::Server), &mut StdRng::seed_from_u64(35));
        let body = record::seal(&keys.shared, &place, author, &content, signer, rng);
        sqlx::query("UPDATE attachment SET body = $1 WHERE id = $2")
            .bind(body)
            .bind(id)
            .execute(&mut database(&self.app).await)
            .await
            .unwrap();
    }

    fn reporter(&self, case: usize) -> SigningKey {
        reporters_key(&self.app, &self.words[case])
    }

    async fn write(&self, sql: &str) {
        super::loot::write(&mut database(&self.app).await, sql).await;
    }
}

async fn database(app: &TestApp) -> SqliteConnection {
    open(&app.folder.path().join("sigilo.sqlite")).await
}

/// Opens a stored file as a browser does.
fn whole(described: &Attachment, stored: &[u8]) -> Seen {
    let mut opener = Opener::new(&FileKey::of(described).unwrap(), stored).map_err(|_| CHANGED)?;
    let mut content = Vec::new();
    loop {
        let piece = opener.next(100_000).map_err(|_| CHANGED)?;
        if piece.is_empty() {
            return Ok(hash(&content));
        }
        content.extend(piece);
    }
}

/// Two chunks in each other's place, `length` bytes each, `from` the first one's beginning.
fn reordered(bytes: &[u8], from: usize, length: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (left, right) = bytes[from..].split_at_mut(length);
    left.swap_with_slice(&mut right[..length]);
    bytes
}

/// Where the payload of an age file begins: after its header and its nonce.
fn first_chunk(stored: &[u8]) -> usize {
    let padded = usize::try_from(padded_size(SIZE as u64)).unwrap();
    stored.len() - padded - 16 * padded.div_ceil(CHUNK)
}

async fn row_5_a_file_exchanged_cut_reordered_or_replaced_is_noticed(app: TestApp) {
    let mut scene = Box::pin(Scene::set(app)).await;
    let stored: Vec<Vec<u8>> = (0..2).map(|at| fs::read(scene.path(at)).unwrap()).collect();
    let from = first_chunk(&stored[0]);
    let own = own_key();
    let stranger = Identity::from_scalar(super::of_byte(8).scalar().duplicate());
    let forged = b"No hubo nada.".to_vec();
    for (what, attack, wanted) in [
        ("another file of the case", stored[1].clone(), content(b'2')),
        (
            "cut at a chunk's end",
            stored[0][..from + CHUNK + 16].to_vec(),
            content(b'1')[..CHUNK].to_vec(),
        ),
        (
            "cut anywhere",
            stored[0][..from + 70_000].to_vec(),
            content(b'1')[..70_000].to_vec(),
        ),
        ("nothing left", Vec::new(), Vec::new()),
        (
            "two chunks reordered",
            reordered(&stored[0], from, CHUNK + 16),
            reordered(&content(b'1'), 0, CHUNK),
        ),
        ("a file of the attacker's", stranger.recipient().seal(&forged), forged),
    ] {
        // Without keys.
        fs::write(scene.path(0), attack).unwrap();
        assert_eq!(scene.seen(0).await[0], Err(CHANGED), "{what}");
        assert_eq!(scene.fetched(0, 0).await, None, "{what}");
        // With the area's key, and so the file's own: the same, sealed as it should be.
        let kept = scene.attachment(0).await;
        scene.seal_anew(0, &wanted).await;
        assert_eq!(scene.seen(0).await[0], Err(CHANGED), "{what}, sealed anew");
        assert_eq!(scene.fetched(0, 0).await, None, "{what}, sealed anew");
        // And with a record that describes it.
        scene.record_anew(0, 0, &kept, &wanted, &own).await;
        assert_eq!(scene.seen(0).await[0], Err(UNSIGNED), "{what}, with a record");
        assert_eq!(scene.fetched(0, 0).await, None, "{what}, with a record");
        // Twin: the reporter's key makes it the reporter's.
        scene.record_anew(0, 0, &kept, &wanted, &scene.reporter(0)).await;
        assert_eq!(scene.seen(0).await[0], Ok(hash(&wanted)), "twin: {what}");
        assert_eq!(scene.fetched(0, 0).await, Some(hash(&wanted)), "twin: {what}");
        // The other file is what it was; this one is again.
        assert_eq!(scene.seen(0).await[1], Ok(hash(&content(b'2'))), "{what}");
        scene.record_anew(0, 0, &kept, &content(b'1'), &scene.reporter(0)).await;
        fs::write(scene.path(0), &stored[0]).unwrap();
        assert_eq!(scene.seen(0).await[0], Ok(hash(&content(b'1'))), "{what}");
    }
}

async fn row_5_a_record_in_another_files_place_is_noticed(app: TestApp) {
    let mut scene = Box::pin(Scene::set(app)).await;
    let described = [scene.attachment(0).await, scene.attachment(1).await];
    let own = own_key();
    // Both whole: records and stored files.
    scene
        .write(
            "CREATE TEMP TABLE two AS SELECT id AS k, body AS v FROM attachment;
             UPDATE attachment SET body = (SELECT v FROM two WHERE k != attachment.id);",
        )
        .await;
    let stored: Vec<Vec<u8>> = (0..2).map(|at| fs::read(scene.path(at)).unwrap()).collect();
    fs::write(scene.path(0), &stored[1]).unwrap();
    fs::write(scene.path(1), &stored[0]).unwrap();
    for at in 0..2 {
        assert_eq!(scene.seen(0).await[at], Err(ELSEWHERE));
        assert_eq!(scene.fetched(0, at).await, None);
    }
    for at in 0..2 {
        let (other, wanted) = (&described[1 - at], content([b'2', b'1'][at]));
        scene.record_anew(0, at, other, &wanted, &own).await;
        assert_eq!(scene.seen(0).await[at], Err(UNSIGNED), "with the area's key");
        scene.record_anew(0, at, other, &wanted, &scene.reporter(0)).await;
        assert_eq!(
            scene.seen(0).await[at],
            Ok(hash(&wanted)),
            "twin with the reporter's key"
        );
        assert_eq!(scene.fetched(0, at).await, Some(hash(&wanted)));
    }
}

async fn row_5_a_file_in_another_case_is_noticed(app: TestApp) {
    let mut scene = Box::pin(Scene::set(app)).await;
    let (described, own) = (scene.attachment(0).await, own_key());
    sqlx::query("UPDATE attachment SET case_id = $1, position = 9 WHERE id = $2")
        .bind(scene.keys[1].case)
        .bind(scene.files[0])
        .execute(&mut database(&scene.app).await)
        .await
        .unwrap();
    assert_eq!(scene.seen(1).await, [Err(ELSEWHERE)]);
    assert_eq!(scene.fetched(1, 0).await, None);
    assert_eq!(scene.seen(0).await, [Ok(hash(&content(b'2')))], "what stayed opens");
    // With the area's key, and with the key of the reporter whose case it was.
    for signer in [&own, &scene.reporter(0)] {
        scene.record_anew(1, 0, &described, &content(b'1'), signer).await;
        assert_eq!(scene.seen(1).await, [Err(UNSIGNED)]);
        assert_eq!(scene.fetched(1, 0).await, None);
    }
    // Twin: with that of the reporter whose case it is now.
    scene
        .record_anew(1, 0, &described, &content(b'1'), &scene.reporter(1))
        .await;
    assert_eq!(scene.seen(1).await, [Ok(hash(&content(b'1')))]);
    assert_eq!(scene.fetched(1, 0).await, Some(hash(&content(b'1'))));
}

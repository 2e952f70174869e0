//! Faults around files: the program is killed during uploads and submissions, and the disk has no room for them.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::sync::mpsc;

use super::{answer, connect};
use crate::flows::report::words_of;
use crate::support::on_both_stores;
use crate::support::program::{Browser, Installation, Server};
use crate::support::s3::S3Behavior;
use crate::support::staff::attributes;

on_both_stores!(
    program: files_that_were_acknowledged_survive_kill_9_and_no_other_stays,
    a_store_without_room_is_told_and_nothing_else_is_lost,
);

const ROUNDS: usize = 4;
const VISITORS: usize = 3;

pub(super) fn photograph() -> Vec<u8> {
    include_bytes!("../media/turned.jpg").to_vec()
}

pub(super) fn text(line: &str, size: usize) -> Vec<u8> {
    line.bytes().chain(*b".\n").cycle().take(size).collect()
}

/// Continues from the question about files, with the uploaded ones, to the receipt. None if the server went away.
pub(super) async fn finish(browser: &mut Browser) -> Option<String> {
    let answer = |step: &str| if step == "files" { Vec::new() } else { answer(step) };
    browser.walk("", answer).await?;
    let submitted = browser.submit().await?;
    assert_eq!(submitted.location, "/report/receipt", "{}", submitted.text);
    let page = browser.get("/report/receipt").await.ok()?;
    Some(words_of(&page.text))
}

/// Returns the files that a reporter finds in their case, by name.
pub(super) async fn found(server: &Server, words: &str) -> BTreeMap<String, Vec<u8>> {
    let mut back = server.browser();
    let entered = back.post("/follow-up", &[("words", words)]).await.unwrap();
    assert_eq!(entered.location, "/follow-up/case", "lost: {}", entered.text);
    let page = back.get("/follow-up/case").await.unwrap().text;
    let mut found = BTreeMap::new();
    for rest in page.split("<p class=\"file-name\"><a").skip(1) {
        let link = attributes(&format!("<a{rest}"), "<a", "href").remove(0);
        let name = rest
            .split_once("<b dir=\"auto\">")
            .unwrap()
            .1
            .split('<')
            .next()
            .unwrap();
        found.insert(name.to_owned(), back.download(&link).await.unwrap());
    }
    found
}

/// Files in the folder or the bucket: by name, their sizes.
pub(super) fn stored(installation: &Installation) -> BTreeMap<String, u64> {
    let shelves = fs::read_dir(installation.stored()).unwrap();
    let files = shelves.flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap());
    let told = |file: fs::DirEntry| (file.file_name().into_string().unwrap(), file.metadata().unwrap().len());
    files.map(|file| told(file.unwrap())).collect()
}

/// The files that rows know, by state.
async fn known(installation: &Installation, kept: bool) -> BTreeMap<String, u64> {
    let sql = "SELECT id, stored_size FROM attachment WHERE (state = 'kept') = $1";
    let rows: Vec<(uuid::Uuid, i64)> = sqlx::query_as(sql)
        .bind(kept)
        .fetch_all(&mut connect(installation).await)
        .await
        .unwrap();
    rows.into_iter()
        .map(|(id, size)| (id.to_string(), size.cast_unsigned()))
        .collect()
}

/// The acknowledged reports: their words and their visit.
type Shown = Arc<Mutex<Vec<(String, String)>>>;

/// Reports with files until the server is gone.
async fn keep_filing(
    fresh: impl Fn() -> Browser,
    visitor: String,
    shown: Shown,
    told: mpsc::UnboundedSender<()>,
) -> Option<()> {
    for visit in 0.. {
        let mut browser = fresh();
        let visit = format!("{visitor} {visit}");
        browser.post("/report/start", &[]).await.ok()?;
        browser.walk("files", answer).await?;
        let list = text(&visit, 300_000);
        let taken = browser
            .post_files("/report/files", &[("lista.txt", &list), ("foto.jpg", &photograph())])
            .await
            .ok()?;
        assert_eq!(taken.status, 303, "{}", taken.text);
        let _ = told.send(());
        let words = finish(&mut browser).await?;
        shown.lock().unwrap().push((words, visit));
        let _ = told.send(());
    }
    None
}

async fn files_that_were_acknowledged_survive_kill_9_and_no_other_stays(installation: Installation) {
    let mut rng = StdRng::seed_from_u64(5);
    let shown = Shown::default();
    for round in 0..ROUNDS {
        let mut server = installation.serve();
        let (told, mut heard) = mpsc::unbounded_channel();
        let visitors: Vec<_> = (0..VISITORS)
            .map(|visitor| {
                let template = server.browser();
                let name = format!("ronda {round} visitante {visitor}");
                tokio::spawn(keep_filing(
                    move || template.another(),
                    name,
                    shown.clone(),
                    told.clone(),
                ))
            })
            .collect();
        // Kills after a random number of uploads and submissions, while others are under way.
        for _ in 0..rng.random_range(3..=7) {
            heard.recv().await.unwrap();
        }
        server.kill();
        for visitor in visitors {
            visitor.await.unwrap();
        }
        assert!(!server.log().contains("panicked"), "round {round}: {}", server.log());
    }

    let server = installation.serve();
    let shown = std::mem::take(&mut *shown.lock().unwrap());
    assert!(!shown.is_empty());
    for (words, visit) in &shown {
        let files = found(&server, words).await;
        assert_eq!(files.keys().collect::<Vec<_>>(), ["foto.jpg", "lista.txt"], "{visit}");
        assert!(files["lista.txt"] == text(visit, 300_000), "{visit}");
        assert!(files["foto.jpg"].starts_with(b"\xff\xd8\xff"), "{visit}");
    }
    let (stored_now, kept, others) = (
        stored(&installation),
        known(&installation, true).await,
        known(&installation, false).await,
    );
    assert!(kept.len() >= 2 * shown.len());
    for (id, size) in &stored_now {
        assert!(!id.contains('#'), "half a file after a start: {id}");
        assert!(kept.contains_key(id) || others.contains_key(id), "nobody knows {id}");
        assert!(kept.get(id).is_none_or(|known| known == size), "{id}");
    }
    assert!(kept.keys().all(|id| stored_now.contains_key(id)));
    drop(server);

    // Files that were never submitted are deleted a day later.
    sqlx::raw_sql("UPDATE attachment SET expires_at = 600 WHERE state IN ('arriving', 'waiting')")
        .execute(&mut connect(&installation).await)
        .await
        .unwrap();
    let server = installation.serve();
    for _ in 0..500 {
        if known(&installation, false).await.is_empty() {
            break;
        }
        assert_eq!(server.browser().get("/healthz").await.unwrap().status, 200);
    }
    assert_eq!(stored(&installation), kept, "and nothing else");
}

/// Limits the size of the server's files in bytes. Writes then fail as on a full disk.
fn limit(server: &Server, most: Option<u64>) {
    let pid = Pid::from_raw(server.id().cast_signed());
    let limit = Rlimit {
        current: most,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, limit).unwrap();
}

async fn a_store_without_room_is_told_and_nothing_else_is_lost(installation: Installation) {
    let server = installation.serve_on_a_small_disk();
    let mut browser = server.browser();
    browser.post("/report/start", &[]).await.unwrap();
    browser.walk("files", answer).await.unwrap();
    let (small, large) = (text("ya llego", 100_000), text("no llega", 20_000_000));
    browser
        .post_files("/report/files", &[("antes.txt", &small)])
        .await
        .unwrap();
    assert_eq!(stored(&installation).len(), 1);

    // The database has room, the file has none. A text goes straight to its place; a picture waits to be cleaned.
    let bucket_is = |mood| installation.bucket.as_ref().map(|s3| s3.set_behavior(mood));
    limit(&server, Some(8_000_000));
    bucket_is(S3Behavior::ReadOnly);
    let picture = [b"\xff\xd8\xff\xe0".as_slice(), &large].concat();
    for (name, content) in [("ahora.txt", &large), ("ahora.jpg", &picture)] {
        let refused = browser.post_files("/report/files", &[(name, content)]).await.unwrap();
        assert_eq!(refused.status, 503, "{}", refused.text);
        let told = refused.text.contains("no podemos guardar archivos");
        assert!(
            told && refused.text.contains("antes.txt") && !refused.text.contains(name),
            "{}",
            refused.text
        );
    }
    assert_eq!(stored(&installation).len(), 1, "nothing is half there");
    assert!(server.log().contains("a file could not be stored"), "{}", server.log());
    assert!(server.log().contains("could not be kept until it is cleaned"));
    assert_eq!(server.log().contains("the disk is full"), installation.bucket.is_none());

    // No room for anything.
    let answer = |step: &str| if step == "files" { Vec::new() } else { answer(step) };
    limit(&server, None);
    browser.walk("", answer).await.unwrap();
    limit(&server, Some(0));
    let refused = browser.submit().await.unwrap();
    assert!(refused.status >= 500 && refused.location.is_empty(), "{}", refused.text);
    assert_eq!(known(&installation, true).await.len(), 0);

    // There is room again.
    limit(&server, None);
    bucket_is(S3Behavior::Normal);
    assert_eq!(server.browser().get("/readyz").await.unwrap().status, 200);
    let taken = browser
        .post_files("/report/files", &[("ahora.txt", &large)])
        .await
        .unwrap();
    assert_eq!(taken.status, 303, "{}", server.log());
    let words = finish(&mut browser).await.unwrap();
    let files = found(&server, &words).await;
    assert!(files.len() == 2 && files["antes.txt"] == small && files["ahora.txt"] == large);
    assert!(!server.log().contains("panic"), "{}", server.log());
}

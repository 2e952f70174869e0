//! A backup, taken while people report, becomes an installation again. Its log verifies, and the loss is stated.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use sigilo::audit::restore::RestoreStatement;
use sigilo::audit::restore::TreeHead;
use sigilo::domain::clock::FixedClock;
use sigilo::domain::day::Day;
use sigilo::service::audit::transparency::export::export;
use sigilo::service::audit::transparency::exported::verify_export;
use sigilo::service::audit::transparency::{Known, Trust};
use sigilo::service::operations::archive::{Head, Manifest};
use sigilo::service::operations::restoring::{RestoreError, load};
use sigilo::service::{App, Error};
use sigilo::store::Db;
use sigilo::store::blobs::BlobStore;
use sigilo::store::portable::{self, Scope};
use sigilo::vault::agefile::Identity;
use sigilo::vault::secret::Key32;
use sigilo::witness::core::Core;
use sigilo::witness::journal::{self, Event};
use sigilo::witness::{JournalReader, Refusal};
use tempfile::TempDir;
use tlog_tiles::Hash;

use super::evidence::{at_files, attach, finish};
use super::report::{submit, words_of};
use super::unseal::{filed, own_page, unsealed};
use crate::support::app::{ANALYST, NOW, OFFICER, TestApp, Visitor, core_keys, key_files};
use crate::support::database::Database;
use crate::support::postgres;
use crate::support::staff::sign_in;

fn identity() -> Identity {
    Identity::from_scalar(Key32::from_slice(&[7; 32]).unwrap())
}

async fn back_up(app: &App) -> (Head, Manifest, Vec<u8>) {
    let recipient = identity().recipient();
    let sealing = recipient.sealing(Vec::new()).unwrap();
    let (head, manifest, sealing) = app.operations.back_up(&recipient, sealing).await.unwrap();
    (head, manifest, sealing.finish().unwrap())
}

async fn restore(backup: &[u8], url: &str, files: &Path) -> Result<(Head, Manifest), RestoreError> {
    let (server, ..) = key_files();
    let opened = identity().opening(Cursor::new(backup)).unwrap();
    load(
        opened,
        server.instance,
        url,
        &BlobStore::open_folder(files).unwrap(),
        Day(20_781),
    )
    .await
}

/// Returns true if the eight words lead to the case that was reported.
async fn returns(app: &TestApp, words: &str) -> bool {
    let mut visitor = Visitor::default();
    let entered = app.post(&mut visitor, "/follow-up", &[("words", words)]).await;
    if entered.location() != "/follow-up/case" {
        return false;
    }
    let case = app.get(&mut visitor, "/follow-up/case").await.text();
    assert!(case.contains("Me pidieron dinero"), "{case}");
    true
}

async fn reported(app: &TestApp) -> String {
    words_of(&submit(app, &mut Visitor::default()).await.text())
}

/// Returns the folder of the lost installation, for its surviving witness.
fn witness_of(app: TestApp) -> TempDir {
    app.folder
}

async fn under_load(from: Database, to: Database) {
    let app = TestApp::on(from).await;
    let mut acknowledged = vec![reported(&app).await];
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    attach(
        &app,
        &mut visitor,
        &[("foto.jpg", include_bytes!("../media/turned.jpg"))],
    )
    .await;
    acknowledged.push(finish(&app, &mut visitor).await);
    // A reporter is in the middle of a report, and a member of staff is at work.
    at_files(&app, &mut visitor).await;
    sign_in(&app, ANALYST).await;

    let others = async {
        for _ in 0..6 {
            reported(&app).await;
        }
    };
    let ((head, manifest, backup), ()) = tokio::join!(back_up(app.app()), others);
    assert_eq!((manifest.files, manifest.missing.len()), (1, 0));
    assert!(manifest.rows_of("cases") >= 2);
    for passing in ["draft", "staff_session", "receipt_shown", "transit_key"] {
        assert_eq!(manifest.rows_of(passing), 0, "{passing}");
    }

    let place = tempfile::tempdir().unwrap();
    let restored = to.empty(place.path(), "restored.sqlite").await;
    let files = place.path().join("files");
    assert_eq!(
        restore(&backup, &restored, &files).await.unwrap(),
        (head.clone(), manifest)
    );
    let kept = files_of(&files);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept, files_of(&app.folder.path().join("files")));
    assert!(
        matches!(restore(&backup, &restored, &files).await, Err(RestoreError::NotEmpty)),
        "an installation is never written over"
    );

    let app = TestApp::again(witness_of(app), &restored, BlobStore::open_folder(&files).unwrap())
        .await
        .unwrap();
    let verified = app.app().log.verify_log().await.unwrap();
    assert!(verified.summary.entries >= head.log.size && verified.restored.is_empty());
    for words in &acknowledged {
        assert!(returns(&app, words).await);
    }
    // The restored installation takes new reports.
    let words = reported(&app).await;
    assert!(returns(&app, &words).await);
    sign_in(&app, ANALYST).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    app.app().log.verify_log().await.unwrap();
}

/// Names and contents of what lies in a file store.
fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for shelf in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(shelf.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            all.push((name, std::fs::read(path).unwrap()));
        }
    }
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_restores_from_sqlite() {
    Box::pin(under_load(Database::Sqlite, Database::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_restores_from_postgres() {
    Box::pin(under_load(Database::Postgres, Database::Postgres)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_into_the_other_database() {
    Box::pin(under_load(Database::Postgres, Database::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_range_takes_the_authority_and_stays_named() {
    let app = TestApp::new().await;
    let before = reported(&app).await;
    let (head, _, backup) = back_up(app.app()).await;
    let after = reported(&app).await;
    sign_in(&app, ANALYST).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let (size, root) = app.app().witness().last_checkpoint().await.unwrap();
    assert!(size > head.log.size);

    let place = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", place.path().join("restored.sqlite").display());
    let files = place.path().join("files");
    restore(&backup, &url, &files).await.unwrap();
    let folder = witness_of(app);
    let refused = TestApp::again(clone_of(&folder), &url, BlobStore::open_folder(&files).unwrap()).await;
    assert!(
        matches!(refused.err(), Some(Error::Unavailable(why)) if why.contains("old copy")),
        "nothing is served from it"
    );

    let (server, witness, authority) = key_files();
    let seen = TreeHead {
        size,
        root: Hash(*root.as_bytes()),
    };
    let statement = RestoreStatement {
        instance: server.instance,
        origin: 2,
        kept: head.log,
        seen: Some(seen),
        time: 1_795_540_000,
    };
    let note = statement.sign(&authority.signing.signing_key()).unwrap();
    let clock = Arc::new(FixedClock::new(NOW));
    let core = Core::open(&folder.path().join("witness"), core_keys(&witness), clock.clone()).unwrap();
    let forged = statement.sign(&server.log.signing_key()).unwrap();
    assert_eq!(core.accept_restore(&forged), Err(Refusal::RestoreForged));
    let other = RestoreStatement {
        seen: Some(TreeHead { size: size + 1, ..seen }),
        ..statement.clone()
    };
    let other = other.sign(&authority.signing.signing_key()).unwrap();
    assert_eq!(core.accept_restore(&other), Err(Refusal::RestoreForeign));
    core.accept_restore(&note).unwrap();
    core.accept_restore(&note).unwrap();
    assert_eq!(core.last_checkpoint().0, head.log.size);
    let lines = journal::read(&core.journal(JournalReader::Server).unwrap()).unwrap();
    assert!(matches!(lines.last().unwrap().event, Event::Restored(_)));
    drop(core);

    // It also remembers after a restart, and the statement cannot take it back.
    let core = Core::open(&folder.path().join("witness"), core_keys(&witness), clock).unwrap();
    assert_eq!(core.last_checkpoint().0, head.log.size);
    drop(core);

    let app = TestApp::again(folder, &url, BlobStore::open_folder(&files).unwrap())
        .await
        .unwrap();
    let incomplete = app.app().log.verify_log().await.unwrap_err();
    assert!(incomplete.to_string().contains("restore --signed"), "{incomplete}");
    app.app().operations.open_origin(&note).await.unwrap();
    app.app().operations.open_origin(&note).await.unwrap();
    app.app().log.cosign().await.unwrap();
    let verified = app.app().log.verify_log().await.unwrap();
    assert_eq!(verified.restored, std::slice::from_ref(&statement));
    assert_eq!(verified.summary.witnessed, verified.summary.entries);
    assert!(returns(&app, &before).await);
    assert!(!returns(&app, &after).await, "it is said plainly that this one is lost");

    // The log continues under the new origin, and an analyst's browser finds the covered seal.
    let mut analyst = sign_in(&app, ANALYST).await;
    let page = app.get(&mut analyst.visitor, "/staff/inbox").await;
    assert_eq!(page.status, 200);
    reported(&app).await;
    sign_in(&app, ANALYST).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let verified = app.app().log.verify_log().await.unwrap();
    assert_eq!(verified.restored.len(), 1);

    // Strangers verify it, and are told of the loss, too.
    let out = place.path().join("log");
    export(app.app().db(), &app.app().log.named(), &out).await.unwrap();
    let known = Known {
        authority: Some(app.app().log.named().authority),
        ..Known::default()
    };
    let good = verify_export(&out, &known).unwrap();
    assert_eq!((good.restored, good.trust), (vec![statement], Trust::Pinned));
    assert_eq!(good.summary.witnessed, verified.summary.entries);
}

/// Copies the witness's files to another folder: a witness may still have the originals open.
fn clone_of(folder: &TempDir) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("witness")).unwrap();
    for name in ["journal", "state.json"] {
        let name = Path::new("witness").join(name);
        std::fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
    }
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_foreign_backup_leaves_nothing_behind() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    attach(
        &app,
        &mut visitor,
        &[("foto.jpg", include_bytes!("../media/turned.jpg"))],
    )
    .await;
    finish(&app, &mut visitor).await;
    let (_, _, backup) = back_up(app.app()).await;
    let place = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", place.path().join("restored.sqlite").display());
    let files = place.path().join("files");
    for cut in [backup.len() - 1, backup.len() / 2, 70_000] {
        assert!(restore(&backup[..cut], &url, &files).await.is_err(), "{cut}");
    }
    let mut changed = backup.clone();
    let at = changed.len() - 1000;
    changed[at] ^= 1;
    assert!(restore(&changed, &url, &files).await.is_err());
    assert!(files_of(&files).is_empty());
    let db = Db::open(&url).await.unwrap();
    let mut tx = db.read().await.unwrap();
    assert!(portable::is_empty(&mut tx).await.unwrap());
    drop(tx);
    db.close().await;
    let other = Identity::from_scalar(Key32::from_slice(&[8; 32]).unwrap());
    assert!(other.opening(Cursor::new(&backup)).is_err());
    restore(&backup, &url, &files).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_can_be_carried_over() {
    for url in [
        format!(
            "sqlite:{}",
            tempfile::tempdir().unwrap().keep().join("x.sqlite").display()
        ),
        postgres::fresh_url().await,
    ] {
        let db = Db::open(&url).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let tables = portable::tables(&mut tx).await.unwrap();
        assert!(tables.len() > 20);
        portable::defer_references(&mut tx).await.unwrap();
        portable::check_references(&mut tx).await.unwrap();
        for table in &tables {
            let rows = futures_util::StreamExt::count(portable::rows(&mut tx, table, Scope::Everything)).await;
            assert_eq!(rows, 0, "{}", table.name);
        }
        tx.commit().await.unwrap();
    }
}

/// Returns the authority's signed statement about the present contents of a database.
async fn stated(url: &str, files: &Path, folder: &TempDir, is_lost: bool) -> Vec<u8> {
    let (_, witness, authority) = key_files();
    let copy = clone_of(folder);
    let core = Core::open(
        &copy.path().join("witness"),
        core_keys(&witness),
        Arc::new(FixedClock::new(NOW)),
    );
    let (size, root) = core.unwrap().last_checkpoint();
    let seen = TreeHead {
        size,
        root: Hash(*root.as_bytes()),
    };
    let app = TestApp::beside(url, files).await;
    let statement = app
        .operations
        .propose_restore((!is_lost).then_some(seen), 1)
        .await
        .unwrap();
    app.db().close().await;
    statement.sign(&authority.signing.signing_key()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn openings_of_the_lost_part_stay_in_the_journal_and_are_told() {
    let app = TestApp::new().await;
    let (words, case) = filed(&app).await;
    let mut officer = sign_in(&app, OFFICER).await;
    unsealed(&app, &mut officer, case, 1).await;
    let (_, _, backup) = back_up(app.app()).await;
    unsealed(&app, &mut officer, case, 2).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let folder = witness_of(app);
    let place = tempfile::tempdir().unwrap();
    let files = place.path().join("files");

    let url = format!("sqlite:{}", place.path().join("restored.sqlite").display());
    restore(&backup, &url, &files).await.unwrap();
    let note = stated(&url, &files, &folder, false).await;
    let copy = clone_of(&folder);
    let (_, witness, _) = key_files();
    let path = copy.path().join("witness");
    let core = Core::open(&path, core_keys(&witness), Arc::new(FixedClock::new(NOW))).unwrap();
    core.accept_restore(&note).unwrap();
    drop(core);
    let app = TestApp::again(copy, &url, BlobStore::open_folder(&files).unwrap())
        .await
        .unwrap();
    app.app().operations.open_origin(&note).await.unwrap();
    app.app().log.cosign().await.unwrap();
    let verified = app.app().log.verify_log().await.unwrap();
    assert_eq!((verified.lost_unseals, verified.summary.unseals), (1, 1));
    let page = own_page(&app, &words).await;
    assert!(page.contains("aperturas distinto"), "the witness counts both: {page}");
    // The identity can be opened under the new origin, too.
    let mut officer = sign_in(&app, OFFICER).await;
    unsealed(&app, &mut officer, case, 3).await;
    app.app().log.verify_log().await.unwrap();

    // If the witness's files are lost as well, a new witness begins from the authority's statement.
    let url = format!("sqlite:{}", place.path().join("anew.sqlite").display());
    let files = place.path().join("anew");
    restore(&backup, &url, &files).await.unwrap();
    let note = stated(&url, &files, &folder, true).await;
    let roster = app.app().rosters.current().unwrap().note().to_vec();
    drop(app);
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().join("witness");
    let clock = Arc::new(FixedClock::new(NOW));
    Core::init_restored(&path, core_keys(&witness), Some(&roster), &note, clock).unwrap();
    let app = TestApp::again(empty, &url, BlobStore::open_folder(&files).unwrap())
        .await
        .unwrap();
    app.app().operations.open_origin(&note).await.unwrap();
    app.app().log.cosign().await.unwrap();
    let verified = app.app().log.verify_log().await.unwrap();
    assert_eq!((verified.summary.unseals, verified.restored.len()), (0, 1));
    assert!(returns(&app, &words).await);
}

//! The whole log, exported and verified elsewhere; and the same after somebody has changed the export.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use sigilo::audit::entry::{Act, Actor};
use sigilo::audit::verify::Defect;
use sigilo::service::audit::transparency::export::{ExportError, export};
use sigilo::service::audit::transparency::exported::{InvalidExport, VerifiedExport, verify_export};
use sigilo::service::audit::transparency::{Known, Trust};

use super::proofs::elsewhere;
use crate::support::app::{OFFICER, TestApp};
use crate::support::program::{Installation, output_text};
use crate::support::staff::sign_in;

/// A log of more than two bundles, exported to a folder of this name, and one entry that came too late for it.
async fn exported(folder: &Path, name: &str) -> (TestApp, PathBuf) {
    let app = TestApp::new().await;
    sign_in(&app, OFFICER).await;
    let mut tx = app.app().db().begin().await.unwrap();
    for number in 0..560 {
        let detail = json!({ "number": number });
        let entry = app
            .app()
            .log
            .entry(Act::ConfigurationChanged, Actor::System, None, detail, None);
        entry.unwrap().write(&mut tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    sign_in(&app, OFFICER).await;
    let path = folder.join(name);
    let done = export(app.app().db(), &app.app().log.named(), &path).await.unwrap();
    assert!(done.entries > 560 && done.later == 1, "{done:?}");
    (app, path)
}

fn pinned(app: &TestApp) -> Known {
    Known {
        authority: Some(app.app().log.named().authority),
        ..Known::default()
    }
}

/// Changes one file of an export, verifies, and puts the file back.
fn with(
    export: &Path,
    known: &Known,
    name: &str,
    change: impl FnOnce(&mut Vec<u8>),
) -> Result<VerifiedExport, InvalidExport> {
    let path = export.join(name);
    let kept = fs::read(&path).unwrap();
    let mut bytes = kept.clone();
    change(&mut bytes);
    assert_ne!(bytes, kept);
    fs::write(&path, bytes).unwrap();
    let outcome = verify_export(export, known);
    fs::write(&path, kept).unwrap();
    outcome
}

#[tokio::test]
async fn an_export_verifies_as_a_folder_and_as_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let (app, export_folder) = exported(folder.path(), "log").await;
    let zip = folder.path().join("log.zip");
    export(app.app().db(), &app.app().log.named(), &zip).await.unwrap();
    for path in [&export_folder, &zip] {
        let good = verify_export(path, &pinned(&app)).unwrap();
        assert!(good.summary.entries > 560 && good.summary.witnessed == good.summary.entries);
        assert_eq!((good.rosters, good.trust), (1, Trust::Pinned));
        assert_eq!(verify_export(path, &Known::default()).unwrap().trust, Trust::Unpinned);
        let again = export(app.app().db(), &app.app().log.named(), path).await;
        assert!(matches!(again, Err(ExportError::Exists(_))));
    }
    // The layout is C2SP's, and it contains no data of any person.
    for name in [
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/entries/001",
        "rosters/1",
        "keys.json",
        "README.txt",
    ] {
        assert!(export_folder.join(name).is_file(), "{name}");
    }
    assert!(export_folder.join("tile/1/000.p/2").is_file());
}

#[tokio::test]
async fn every_file_of_an_export_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (app, export) = exported(folder.path(), "log").await;
    let known = pinned(&app);
    let flip = |at: usize| move |bytes: &mut Vec<u8>| bytes[at] ^= 1;

    // One entry is changed and still parses: the tile tells which one it is.
    let edited = with(&export, &known, "tile/entries/001", |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let at = text.find("\"number\":3").expect("numbers of the three hundreds");
        // Each byte before it is ASCII or counts as one replaced byte.
        let found = bytes.windows(10).position(|window| window == b"\"number\":3").unwrap();
        assert!(at >= found);
        bytes[found + 9] = b'9';
    });
    assert!(
        matches!(&edited, Err(InvalidExport::Entry(finding)) if finding.defect == Defect::Edited && finding.index >= 256),
        "{edited:?}"
    );
    // One entry does not parse any more, and one bundle is broken.
    assert!(matches!(
        with(&export, &known, "tile/entries/000", flip(1)),
        Err(InvalidExport::Bundle(_))
    ));
    assert!(matches!(
        with(&export, &known, "tile/entries/000", |bytes| bytes.truncate(99)),
        Err(InvalidExport::Bundle(_))
    ));
    // Tiles: of leaves, full and in part, and above.
    let leaf = with(&export, &known, "tile/0/000", flip(32 * 5));
    assert!(
        matches!(&leaf, Err(InvalidExport::Entry(finding)) if (finding.index, &finding.defect) == (5, &Defect::StoredHash)),
        "{leaf:?}"
    );
    let above = with(&export, &known, "tile/1/000.p/2", flip(40));
    assert!(matches!(&above, Err(InvalidExport::Tile { at: 1, .. })), "{above:?}");
    let longer = with(&export, &known, "tile/0/001", |bytes| bytes.push(0));
    assert!(matches!(longer, Err(InvalidExport::Tile { .. })), "{longer:?}");
    // Checkpoint, roster, keys.
    let length = fs::read(export.join("checkpoint")).unwrap().len();
    for at in [0, 60, 75, length - 10, length - 150] {
        assert!(with(&export, &known, "checkpoint", flip(at)).is_err(), "byte {at}");
    }
    assert!(matches!(
        with(&export, &known, "rosters/1", flip(80)),
        Err(InvalidExport::Keys(_))
    ));
    let keys = String::from_utf8(fs::read(export.join("keys.json")).unwrap()).unwrap();
    let at = keys.find("\"log\": \"").unwrap() + 12;
    let other = with(&export, &known, "keys.json", |bytes| {
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' }
    });
    assert!(
        matches!(other, Err(InvalidExport::Keys(_) | InvalidExport::NoKeys)),
        "{other:?}"
    );
    assert!(matches!(
        with(&export, &known, "keys.json", Vec::clear),
        Err(InvalidExport::NoKeys)
    ));

    for name in [
        "checkpoint",
        "keys.json",
        "tile/0/000",
        "tile/1/000.p/2",
        "tile/entries/001",
        "rosters/1",
    ] {
        let kept = fs::read(export.join(name)).unwrap();
        fs::remove_file(export.join(name)).unwrap();
        let missing = verify_export(&export, &known);
        fs::write(export.join(name), kept).unwrap();
        // A log without its roster cannot publish one; the error for any other file names it.
        match missing {
            Err(InvalidExport::Missing(said)) => assert_eq!(said, name),
            Err(InvalidExport::Roster(_)) => assert_eq!(name, "rosters/1"),
            other => panic!("{name}: {other:?}"),
        }
    }
    verify_export(&export, &known).unwrap();
}

#[test]
fn the_command_writes_what_it_can_verify_elsewhere() {
    let installation = Installation::ready();
    let target = tempfile::tempdir().unwrap();
    let (folder, zip) = (target.path().join("log"), target.path().join("log.zip"));
    let (folder, zip) = (folder.to_str().unwrap(), zip.to_str().unwrap());
    let output = installation.run(&["audit", "export", "--to", folder], "");
    let said = output_text(&output);
    assert!(output.status.success(), "{said}");
    installation.done(&["audit", "export", "--to", zip], "");
    let line = said.lines().find(|line| line.contains("--authority-key")).unwrap();
    let key = line.split_whitespace().nth(2).unwrap();
    for path in [folder, zip] {
        let good = elsewhere(target.path(), &["--export", path, "--authority-key", key]);
        assert_eq!(good.status.code(), Some(0), "{}", output_text(&good));
        let unpinned = elsewhere(target.path(), &["--export", path]);
        assert_eq!(unpinned.status.code(), Some(3), "{}", output_text(&unpinned));
    }
    fs::remove_file(target.path().join("log/checkpoint")).unwrap();
    let broken = elsewhere(target.path(), &["--export", folder, "--authority-key", key]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(
        output_text(&broken).contains("DOES NOT VERIFY: checkpoint is missing"),
        "{}",
        output_text(&broken)
    );
    let refused = installation.refused(&["audit", "export", "--to", zip]);
    assert!(refused.contains("is there already"), "{refused}");
    let misplaced = installation.refused(&["audit", "verify", "--log-key", key]);
    assert!(misplaced.contains("--export or --proof"), "{misplaced}");
}

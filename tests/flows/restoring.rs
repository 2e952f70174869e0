//! `sigilo restore`, as an operator runs it after a loss, with and without the witness's memory.

use std::fs;

use super::moving::{reported, returns};
use super::proofs::elsewhere;
use crate::support::program::{Installation, told};

/// Ready, with a report; its words, and a backup from afterwards.
async fn backed_up() -> (Installation, String, String) {
    let installation = Installation::ready();
    let server = installation.serve();
    let words = reported(&server).await;
    let output = installation.run(&["keys", "backup", "backup.key"], "");
    let recipient = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    // Beside the server.
    installation.done(&["backup", "--to", "all.age", "--recipient", &recipient], "");
    drop(server);
    let again = installation.refused(&["backup", "--to", "all.age", "--recipient", &recipient]);
    assert!(again.contains("overwrites nothing"), "{again}");
    (installation, words, recipient)
}

/// The disk of the database is gone, and that of the witness if it is named.
fn lose(installation: &Installation, with_witness: bool) {
    for name in ["sigilo.sqlite", "sigilo.sqlite-wal", "sigilo.sqlite-shm"] {
        let _ = fs::remove_file(installation.path(name));
    }
    let _ = fs::remove_dir_all(installation.path("files"));
    if with_witness {
        fs::remove_dir_all(installation.path("witness")).unwrap();
    }
}

const FROM: [&str; 5] = ["restore", "--from", "all.age", "--identity", "backup.key"];

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_lost_it_serves_again_at_once() {
    let (installation, words, _) = backed_up().await;
    let full = installation.refused(&FROM);
    assert!(full.contains("not empty"), "{full}");
    lose(&installation, false);
    let text = told(&installation.run(&FROM, ""));
    // The server may have had the backup's own entry countersigned, and nothing since.
    assert!(
        text.contains("1 cases") && text.contains("nothing that is not here"),
        "{text}"
    );
    installation.done(&["audit", "verify"], "");
    let server = installation.serve();
    assert!(returns(&server, &words).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_witness_takes_the_authority_and_a_new_beginning() {
    let (installation, words, _) = backed_up().await;
    lose(&installation, true);
    let missing = installation.refused(&FROM);
    assert!(missing.contains("--new-witness"), "{missing}");
    let anew: Vec<&str> = FROM.iter().copied().chain(["--new-witness"]).collect();
    let text = told(&installation.run(&anew, ""));
    assert!(text.contains("is not known") && text.contains("REPORTS"), "{text}");
    installation.refused(&["serve"]);

    // Somebody else's signature opens nothing.
    let strangers = Installation::bare();
    fs::copy(
        installation.path("restore.proposed"),
        strangers.path("restore.proposed"),
    )
    .unwrap();
    strangers.refused(&["authority", "sign", "restore.proposed", "restore.signed"]);
    let sign = ["authority", "sign", "restore.proposed", "restore.signed"];
    let unwilling = installation.refused(&sign);
    assert!(
        unwilling.contains("not signed") && unwilling.contains("nobody knows"),
        "{unwilling}"
    );
    installation.done(&sign, "yes\n");
    installation.done(&["restore", "--signed", "restore.signed"], "");
    installation.done(&["restore", "--signed", "restore.signed"], "");
    let verified = told(&installation.run(&["audit", "verify"], ""));
    assert!(
        verified.contains("another witness") && verified.contains("all good"),
        "{verified}"
    );
    // Strangers are told the same.
    let target = tempfile::tempdir().unwrap();
    let export = target.path().join("log.zip");
    let export = export.to_str().unwrap();
    let said = told(&installation.run(&["audit", "export", "--to", export], ""));
    let key = said.lines().find(|line| line.contains("--authority-key")).unwrap();
    let key = key.split_whitespace().nth(2).unwrap();
    let good = elsewhere(target.path(), &["--export", export, "--authority-key", key]);
    assert_eq!(good.status.code(), Some(0), "{}", told(&good));
    assert!(told(&good).contains("another witness") && told(&good).contains("all good"));
    let server = installation.serve();
    assert!(returns(&server, &words).await);
    let later = reported(&server).await;
    assert!(returns(&server, &later).await);
}

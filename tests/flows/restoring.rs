//! `sigilo restore`, as an operator runs it after a loss, with and without the witness's memory.

use std::fs;

use super::moving::{answers, reported, returns};
use super::proofs::elsewhere;
use super::report::words_of;
use crate::support::program::{Browser, Installation, Server, output_text};
use crate::support::s3::S3;
use crate::support::staff::attributes;

/// Makes an installation with one report and a later backup. Returns also the report's words and the recipient.
async fn backed_up() -> (Installation, String, String) {
    let installation = Installation::ready();
    let server = installation.serve();
    let words = reported(&server).await;
    let output = installation.run(&["keys", "backup", "backup.key"], "");
    let recipient = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    // The backup runs while the server runs.
    installation.done(&["backup", "--to", "all.age", "--recipient", &recipient], "");
    drop(server);
    let again = installation.refused(&["backup", "--to", "all.age", "--recipient", &recipient]);
    assert!(again.contains("nothing is overwritten"), "{again}");
    (installation, words, recipient)
}

/// Deletes the database and the files, and the witness's folder if `with_witness`.
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
    let text = output_text(&installation.run(&FROM, ""));
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
    let text = output_text(&installation.run(&anew, ""));
    assert!(text.contains("is not known") && text.contains("REPORTS"), "{text}");
    installation.refused(&["serve"]);

    // The command refuses another installation's signature.
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
    let verified = output_text(&installation.run(&["audit", "verify"], ""));
    assert!(
        verified.contains("another witness") && verified.contains("all good"),
        "{verified}"
    );
    // The verification by strangers says the same.
    let target = tempfile::tempdir().unwrap();
    let export = target.path().join("log.zip");
    let export = export.to_str().unwrap();
    let said = output_text(&installation.run(&["audit", "export", "--to", export], ""));
    let key = said.lines().find(|line| line.contains("--authority-key")).unwrap();
    let key = key.split_whitespace().nth(2).unwrap();
    let good = elsewhere(target.path(), &["--export", export, "--authority-key", key]);
    assert_eq!(good.status.code(), Some(0), "{}", output_text(&good));
    assert!(output_text(&good).contains("another witness") && output_text(&good).contains("all good"));
    let server = installation.serve();
    assert!(returns(&server, &words).await);
    let later = reported(&server).await;
    assert!(returns(&server, &later).await);
}

/// Files a report with a document. Returns its words.
async fn reported_with(server: &Server, content: &[u8]) -> String {
    let mut browser = server.browser();
    browser.post("/report/start", &[]).await.unwrap();
    browser.walk("files", answers).await.unwrap();
    let attached = browser.post_files("/report/files", &[("lista.txt", content)]).await;
    assert_eq!(attached.unwrap().status, 303);
    let rest = |step: &str| if step == "files" { Vec::new() } else { answers(step) };
    browser.walk("", rest).await.unwrap();
    assert_eq!(browser.submit().await.unwrap().status, 303);
    words_of(&browser.get("/report/receipt").await.unwrap().text)
}

/// The one file of the case to which the words lead.
async fn document(browser: &mut Browser, words: &str) -> Vec<u8> {
    browser.post("/follow-up", &[("words", words)]).await.unwrap();
    let case = browser.get("/follow-up/case").await.unwrap().text;
    let links = attributes(&case, "<p class=\"file-name\"><a", "href");
    assert_eq!(links.len(), 1, "{case}");
    browser.download(&links[0]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_a_bucket_comes_back_into_another() {
    let mut installation = Installation::in_a_bucket().await;
    let content = "Turno 14, ventanilla 3.\n".repeat(40_000).into_bytes();
    let server = installation.serve();
    let words = reported_with(&server, &content).await;
    let output = installation.run(&["keys", "backup", "backup.key"], "");
    let recipient = String::from_utf8(output.stdout).unwrap().trim().to_owned();

    // A backup without access to the bucket would contain no files.
    let keys = fs::read_to_string(installation.path("keys.toml")).unwrap();
    let without = keys.split("\n[server.s3]").next().unwrap();
    fs::write(installation.path("keys.toml"), without).unwrap();
    let refused = installation.refused(&["backup", "--to", "all.age", "--recipient", &recipient]);
    assert!(
        refused.contains("has no [server.s3]") && !installation.path("all.age").exists(),
        "{refused}"
    );
    fs::write(installation.path("keys.toml"), &keys).unwrap();
    let output = installation.run(&["backup", "--to", "all.age", "--recipient", &recipient], "");
    assert!(
        output_text(&output).contains("1 cases") && output_text(&output).contains(", 1 files of"),
        "{}",
        output_text(&output)
    );
    drop(server);

    // Database and bucket are gone; its owner has made another.
    lose(&installation, false);
    let lost = installation.bucket.take().unwrap();
    let another = S3::start().await;
    let config = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    installation.configure(&config.replace(&lost.in_configuration(), &another.in_configuration()));
    installation.bucket = Some(another);
    drop(lost);
    let text = output_text(&installation.run(&FROM, ""));
    assert!(
        text.contains("1 cases") && text.contains(", 1 files,") && text.contains("nothing that is not here"),
        "{text}"
    );
    assert!(!installation.path("files").exists(), "nothing went into a folder");
    let server = installation.serve();
    assert_eq!(document(&mut server.browser(), &words).await, content);
    // The new bucket takes what comes next.
    let later = reported_with(&server, b"Otra hoja.").await;
    assert_eq!(document(&mut server.browser(), &later).await, b"Otra hoja.");
    let doctor = output_text(&installation.run(&["doctor"], ""));
    assert!(!doctor.contains("fail  file store"), "{doctor}");
}

//! `sigilo demo --folder`: a demo that is kept, copied, and started again on other ports.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use sigilo::keyfile;
use sigilo::vault::base64;
use sigilo::vault::staffkeys::PasswordKeys;

use crate::support::binary::program;
use crate::support::program::{Browser, Installation};
use crate::support::staff::SESSION;

const PROFILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/iess.toml");
const PASSWORD: &str = "sigilo de prueba";
const MESSAGE: &str = "Un mensaje que se queda.";

/// A running demo.
struct Demo {
    child: Child,
    address: String,
    /// The receipt that it prints.
    words: String,
    /// The first line, which says what becomes of it.
    about: String,
    /// Stays open, because the program ends if it cannot write.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(program())
            .args(["demo", "--listen", "127.0.0.1:0", "--phone", "0", "--profile", PROFILE])
            .arg("--folder")
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = |marker: &str| {
            let line = output.find(|line| line.as_ref().unwrap().contains(marker));
            line.expect("it starts").unwrap()
        };
        let about = next("a demo with invented cases");
        let home = next("http://localhost:");
        let address = home.trim().strip_prefix("http://").unwrap().split('/').next().unwrap();
        next("/follow-up");
        let words = next(" ").trim().to_owned();
        Self {
            child,
            address: address.to_owned(),
            words,
            about,
            _output: output,
        }
    }

    /// Comes back with the printed receipt. Returns the browser and the page of the case.
    async fn follow_up(&self) -> (Browser, String) {
        let mut browser = Browser::at_address(&self.address);
        let entered = browser.post("/follow-up", &[("words", &self.words)]).await.unwrap();
        assert_eq!(entered.location, "/follow-up/case", "{}", entered.text);
        let page = browser.get("/follow-up/case").await.unwrap();
        (browser, page.text)
    }

    /// Stops it in order.
    fn stop(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_demo_and_its_copy_go_on_at_the_same_time() {
    let place = tempfile::tempdir().unwrap();
    let (kept, copy) = (place.path().join("demo"), place.path().join("copy"));
    let mut demo = Demo::start(&kept);
    assert!(
        demo.about.contains(&format!("It stays in {}", kept.display())),
        "{}",
        demo.about
    );
    let (mut reporter, page) = demo.follow_up().await;
    assert!(!page.contains(MESSAGE));
    let sent = reporter.post("/follow-up/message", &[("text", MESSAGE)]).await.unwrap();
    assert_eq!(sent.status, 303, "{}", sent.text);
    demo.stop();
    let copied = Command::new("cp").arg("-a").args([&kept, &copy]).status().unwrap();
    assert!(copied.success());

    let demos = [Demo::start(&kept), Demo::start(&copy)];
    assert_ne!(demos[0].address, demos[1].address);
    for again in &demos {
        assert_eq!(again.words, demo.words, "the receipt is the same");
        let (_, page) = again.follow_up().await;
        assert!(page.contains(MESSAGE), "{page}");
        let instance = keyfile::server_keys(&kept.join("keys.toml")).unwrap().instance;
        let email = "analista@demo.test";
        let login = base64::encode(PasswordKeys::derive(instance, email, PASSWORD).login.expose());
        let body = json!({ "email": email, "login": login });
        let signed_in = Browser::at_address(&again.address).post_json(SESSION, &body).await;
        assert_eq!(signed_in.unwrap().status, 200);
    }

    let said = refused(&kept);
    assert!(said.contains("in use by another `sigilo`"), "{said}");
    drop(demos);
    assert!(kept.exists());
    // A demo whose making was interrupted has no receipt yet.
    fs::remove_file(copy.join("receipt.txt")).unwrap();
    let said = refused(&copy);
    assert!(
        said.contains("no complete demo") && said.contains("broken off"),
        "{said}"
    );
    assert!(copy.join("keys.toml").exists());
}

/// Starts a demo that must fail with a next step. Returns the error.
fn refused(folder: &Path) -> String {
    let folder = folder.to_str().unwrap();
    let output = Installation::bare().refused(&[
        "demo",
        "--listen",
        "127.0.0.1:0",
        "--phone",
        "0",
        "--profile",
        PROFILE,
        "--folder",
        folder,
    ]);
    assert!(output.contains(folder), "{output}");
    output
}

#[test]
fn a_folder_that_holds_something_else_stays_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let own = place.path().join("own.txt");
    fs::write(&own, "mine").unwrap();
    for (folder, words) in [
        (place.path(), "--folder"),
        (&own, "name a folder, not a file"),
        (&place.path().join("no").join("demo"), "its folder does not exist"),
    ] {
        let said = refused(folder);
        assert!(said.contains(words) && said.contains("\n  next: "), "{said}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
}

#[test]
fn a_demo_that_could_not_be_made_leaves_no_folder() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    let installation = Installation::bare();
    let said = installation.refused(&[
        "demo",
        "--listen",
        "127.0.0.1:0",
        "--profile",
        "no.toml",
        "--folder",
        folder.to_str().unwrap(),
    ]);
    assert!(said.contains("no.toml"), "{said}");
    assert!(!folder.exists());
}

//! What goes wrong around the program: it is killed at any moment, its database is newer, its files are not what they must
//! be. What was acknowledged is there afterwards, and whatever stops it says so.

mod crawling;
mod evidence;
mod hostile;
mod mail;
mod overload;
mod whatsapp;

use std::fs;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::mpsc;

use crate::flows::report::{answer_for, words_of};
use crate::support::program::{Browser, Installation};

const ROUNDS: usize = 6;
const VISITORS: usize = 3;

fn answer(step: &str) -> Vec<(&'static str, String)> {
    let answers = answer_for(step);
    answers
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

/// Reports until the server is gone; each receipt that was shown counts as acknowledged.
async fn keep_reporting(
    mut fresh: impl FnMut() -> Browser,
    shown: Arc<Mutex<Vec<String>>>,
    told: mpsc::UnboundedSender<()>,
) {
    loop {
        let mut browser = fresh();
        let Some(submitted) = browser.report(answer).await else {
            return;
        };
        assert_eq!(submitted.location, "/report/receipt", "{}", submitted.text);
        let Ok(page) = browser.get("/report/receipt").await else {
            return;
        };
        shown.lock().unwrap().push(words_of(&page.text));
        let _ = told.send(());
    }
}

async fn connect(installation: &Installation) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(installation.path("sigilo.sqlite"));
    <SqliteConnection as sqlx::Connection>::connect_with(&options)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9_and_nothing_is_half() {
    let installation = Installation::ready();
    let mut rng = StdRng::seed_from_u64(4);
    let shown = Arc::new(Mutex::new(Vec::new()));
    for round in 0..ROUNDS {
        let mut server = installation.serve();
        let (told, mut acknowledged) = mpsc::unbounded_channel();
        let visitors: Vec<_> = (0..VISITORS)
            .map(|_| {
                let template = server.browser();
                tokio::spawn(keep_reporting(move || template.another(), shown.clone(), told.clone()))
            })
            .collect();
        for _ in 0..rng.random_range(1..=4) {
            acknowledged.recv().await.unwrap();
        }
        server.kill();
        for visitor in visitors {
            visitor.await.unwrap();
        }
        assert!(!server.log().contains("panicked"), "round {round}: {}", server.log());
    }

    let server = installation.serve();
    let shown = std::mem::take(&mut *shown.lock().unwrap());
    assert!(shown.len() >= ROUNDS);
    for words in &shown {
        let entered = server.browser().post("/follow-up", &[("words", words)]).await.unwrap();
        assert_eq!(entered.location, "/follow-up/case", "lost: {}", entered.text);
    }
    drop(server);
    let half = "SELECT count(*) FROM cases c WHERE
        (SELECT count(*) FROM record r WHERE r.case_id = c.id AND r.kind = 'narrative') != 1
        OR (SELECT count(*) FROM case_key k WHERE k.case_id = c.id) != 3
        OR (SELECT count(*) FROM seal s WHERE s.case_id = c.id) != 1
        OR (SELECT count(*) FROM share p JOIN seal s ON s.id = p.seal_id WHERE s.case_id = c.id) != 1";
    let mut connection = connect(&installation).await;
    let count = async |sql: &str, connection: &mut SqliteConnection| -> i64 {
        let count = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        count.fetch_one(connection).await.unwrap()
    };
    assert_eq!(count(half, &mut connection).await, 0);
    assert!(count("SELECT count(*) FROM cases", &mut connection).await >= i64::try_from(shown.len()).unwrap());
    drop(connection);
    installation.done(&["audit", "verify"], "");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let installation = Installation::ready();
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later',
         TRUE, x'00', 0)",
    )
    .execute(&mut connect(&installation).await)
    .await
    .unwrap();
    for command in [&["serve"][..], &["roster", "propose"], &["audit", "verify"]] {
        let said = installation.refused(command);
        assert!(said.contains("newer than this program's"), "{command:?}: {said}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let installation = Installation::bare();
    assert!(
        installation.refused(&["serve"]).contains("sigilo init"),
        "no witness yet"
    );
    let right = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    installation.configure(&format!("colour = 1\n{right}"));
    assert!(installation.refused(&["serve"]).contains("colour"));
    installation.configure(&right.replace("public_url", "#"));
    assert!(installation.refused(&["serve"]).contains("public_url"));
    installation.configure(&right);

    let keys = fs::read_to_string(installation.path("keys.toml")).unwrap();
    let without: Vec<&str> = keys.lines().filter(|line| !line.starts_with("pepper")).collect();
    fs::write(installation.path("keys.toml"), without.join("\n")).unwrap();
    let said = installation.refused(&["init"]);
    assert!(said.contains("pepper") && said.contains("keys.example"), "{said}");
    let secret = keys.lines().find_map(|line| line.strip_prefix("log = ")).unwrap();
    assert!(!said.contains(secret), "an error tells no key");
}

#[tokio::test]
async fn without_a_roster_nothing_is_taken_and_nothing_breaks() {
    let installation = Installation::staffed();
    let server = installation.serve();
    let mut browser = server.browser();
    assert_eq!(browser.get("/readyz").await.unwrap().status, 503);
    assert_eq!(browser.report(answer).await.unwrap().status, 503);
    assert!(!server.log().contains("panicked"));
    assert_eq!(browser.get("/healthz").await.unwrap().status, 200);
}

#[test]
fn a_port_that_is_taken_is_named_and_so_is_a_second_server() {
    let installation = Installation::ready();
    let right = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    installation.configure(&right.replace("127.0.0.1:0", &address));
    let said = installation.refused(&["serve"]);
    assert!(said.contains(&address) && said.contains("in use"), "{said}");
    installation.configure(&right);
    let _first = installation.serve();
    let said = installation.refused(&["serve"]);
    assert!(said.contains("another witness is running on these files"), "{said}");
}

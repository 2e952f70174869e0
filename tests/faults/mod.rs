//! Faults around the program: it is killed at any moment, its database is newer, its files are wrong. Acknowledged data
//! survives, and each fault that stops the program is reported.

mod absent;
mod clock;
mod crawling;
mod evidence;
mod full;
mod hostile;
mod killed;
mod mail;
mod malformed;
mod overload;
mod whatsapp;

use std::fs;
use std::net::TcpListener;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::flows::report::answer_for;
use crate::support::program::Installation;

fn answer(step: &str) -> Vec<(&'static str, String)> {
    let answers = answer_for(step);
    answers
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

async fn connect(installation: &Installation) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(installation.path("sigilo.sqlite"));
    <SqliteConnection as sqlx::Connection>::connect_with(&options)
        .await
        .unwrap()
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
    let refused = browser.report(answer).await.unwrap();
    assert_eq!(refused.status, 503);
    assert!(refused.text.contains("no está listo"), "{}", refused.text);
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
    assert!(
        said.contains(&address) && said.contains("another program has this address"),
        "{said}"
    );
    installation.configure(&right);
    let _first = installation.serve();
    let said = installation.refused(&["serve"]);
    assert!(said.contains("in use by another `sigilo`"), "{said}");
}

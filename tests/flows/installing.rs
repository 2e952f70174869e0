//! `sigilo init`, as an operator runs it: again, after it stopped on the way.

use std::fs;
use std::sync::Arc;

use sigilo::domain::clock::SystemClock;
use sigilo::keyfile;
use sigilo::witness::core::Core;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::app::core_keys;
use crate::support::program::Installation;

/// A witness that was set up, and nothing else.
fn witness(installation: &Installation) {
    let keys = keyfile::witness_keys(&installation.path("witness.toml")).unwrap();
    let folder = installation.path("witness");
    Core::init(&folder, core_keys(&keys), None, Arc::new(SystemClock)).unwrap();
}

#[test]
fn what_is_wrong_is_found_before_anything_is_set_up() {
    let installation = Installation::bare();
    let good = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    fs::write(installation.path("broken.toml"), "languages = 3\n").unwrap();
    fs::write(installation.path("taken"), "").unwrap();
    installation.done(&["keys", "new", "other"], "");
    let profile = good.lines().find(|line| line.starts_with("profile")).unwrap();
    for (from, to) in [
        (profile, "profile = \"broken.toml\""),
        (profile, "profile = \"not-there.toml\""),
        ("keys = \"keys.toml\"", "keys = \"other/keys.toml\""),
        ("sqlite:sigilo.sqlite", "sqlite:taken/sigilo.sqlite"),
        ("[witness]", "[files]\nfolder = \"taken\"\n[witness]"),
    ] {
        installation.configure(&good.replace(from, to));
        installation.refused(&["init"]);
        assert!(!installation.path("witness").exists(), "{to}");
    }
    installation.configure(&good);
    installation.done(&["init"], "");
}

#[tokio::test]
async fn what_stopped_in_the_middle_goes_on() {
    let installation = Installation::bare();
    witness(&installation);
    fs::remove_file(installation.path("witness/state.json")).unwrap();
    installation.done(&["init"], "");

    // The first attempt set up the database and stopped before it asked the witness.
    let database = async |sql: &'static str| {
        let address = format!("sqlite:{}", installation.path("sigilo.sqlite").display());
        let mut database = SqliteConnection::connect(&address).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    };
    database("UPDATE checkpoint SET cosigned = 0").await;
    fs::remove_dir_all(installation.path("witness")).unwrap();
    witness(&installation);
    installation.done(&["init"], "");
    // The first attempt asked the witness and stopped before it stored the answer.
    database("UPDATE checkpoint SET cosigned = 0").await;
    installation.done(&["init"], "");
    installation.done(&["audit", "verify"], "");
}

#[test]
fn a_witness_that_remembers_and_one_that_is_lost_are_no_new_ones() {
    let installation = Installation::bare();
    installation.done(&["init"], "");
    let told = installation.refused(&["init"]);
    assert!(told.contains("has been set up before"), "{told}");

    fs::rename(installation.path("witness"), installation.path("mislaid")).unwrap();
    let told = installation.refused(&["init"]);
    assert!(told.contains("--new-witness"), "{told}");
    assert!(
        !installation.path("witness").exists(),
        "no witness that forgot everything"
    );
    fs::rename(installation.path("mislaid"), installation.path("witness")).unwrap();

    for file in ["sigilo.sqlite", "sigilo.sqlite-wal", "sigilo.sqlite-shm"] {
        let _ = fs::remove_file(installation.path(file));
    }
    let told = installation.refused(&["init"]);
    assert!(told.contains("this witness remembers a log"), "{told}");
}

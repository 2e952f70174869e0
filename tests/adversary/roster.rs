//! Row 5, rosters: somebody who may write to the database wants future reports sealed to a key of their own. Against the
//! real program.

use std::sync::Arc;

use sigilo::domain::clock::SystemClock;
use sigilo::domain::ids::StaffId;
use sigilo::domain::role::Role;
use sigilo::keyfile;
use sigilo::vault::roster::{Member, Roster, VerifiedRoster};
use sigilo::vault::signing::SigningKey;
use sigilo::witness::core::Core;
use sigilo::witness::keys::Keys;
use sqlx::AssertSqlSafe;

use super::loot::{open, write};
use super::{answer, of_byte};
use crate::support::program::{Installation, Server};

const OWN: &str = "99999999-9999-4999-8999-999999999999";

/// The status of a submission.
pub(super) async fn submit(server: &Server) -> u16 {
    let mut browser = server.browser();
    browser.report(|step| answer(step, false)).await.unwrap().status
}

pub(super) async fn sql(installation: &Installation, sql: &str) {
    write(&mut open(&installation.path("sigilo.sqlite")).await, sql).await;
}

pub(super) async fn count(installation: &Installation, sql: &str) -> i64 {
    let mut connection = open(&installation.path("sigilo.sqlite")).await;
    let count = sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection);
    count.await.unwrap()
}

/// The next roster with an officer of one's own.
async fn with_own_officer(installation: &Installation) -> Roster {
    let keys = keyfile::server_keys(&installation.path("keys.toml")).unwrap();
    let mut connection = open(&installation.path("sigilo.sqlite")).await;
    let note: Vec<u8> = sqlx::query_scalar("SELECT note FROM roster ORDER BY version DESC LIMIT 1")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let current = VerifiedRoster::verify(keys.instance, &note, &keys.authority).unwrap();
    let mut roster = current.roster().clone();
    roster.version += 1;
    roster.previous = Some(current.hash());
    roster.members.push(Member {
        id: OWN.parse::<StaffId>().unwrap(),
        name: "Nadie".into(),
        role: Role::Officer,
        areas: vec![roster.desk.clone()],
        leads: Vec::new(),
        recipient: of_byte(8).recipient(),
        verify_key: SigningKey::from_seed(of_byte(9).scalar()).verify_key(),
        unseal_passkeys: Vec::new(),
    });
    roster
}

async fn insert(installation: &Installation, note: &[u8]) {
    sql(
        installation,
        &format!(
            "INSERT INTO roster VALUES (2, randomblob(32), x'{}', 0)",
            hex::encode(note)
        ),
    )
    .await;
}

#[tokio::test]
async fn row_5_a_forged_roster_seals_nothing_to_its_forger() {
    let installation = Installation::ready();
    let roster = with_own_officer(&installation).await;
    insert(
        &installation,
        &roster.sign(&SigningKey::from_seed(of_byte(9).scalar())).unwrap(),
    )
    .await;
    let said = installation.refused(&["serve"]);
    assert!(said.contains("the authority's signature"), "{said}");
    sql(
        &installation,
        "UPDATE roster SET version = 3 WHERE version = 1; UPDATE roster SET version = 1 WHERE version = 2",
    )
    .await;
    let said = installation.refused(&["serve"]);
    assert!(said.contains("the authority's signature"), "{said}");
    sql(
        &installation,
        "DELETE FROM roster WHERE version = 1; UPDATE roster SET version = 1 WHERE version = 3",
    )
    .await;

    // Twin: with the authority's key, and nothing else, it would be sealed to.
    let authority = keyfile::authority_keys(&installation.path("authority.toml")).unwrap();
    insert(&installation, &roster.sign(&authority.signing.signing_key()).unwrap()).await;
    let server = installation.serve();
    assert_eq!(submit(&server).await, 303);
    let own = format!(
        "SELECT count(*) FROM share WHERE hex(officer_id) = '{}'",
        OWN.replace('-', "")
    );
    assert_eq!(count(&installation, &own).await, 1);
}

#[tokio::test]
async fn row_5_an_officer_written_into_the_staff_gets_no_share() {
    let installation = Installation::ready();
    sql(
        &installation,
        &format!(
            "INSERT INTO staff SELECT x'{}', 'x@sigilo.test', name, role, language, state, login_check, login_version,
             sealed_blob, '{}', x'{}', created_at, digest, digest_on, signed_in_on, mac FROM staff
             WHERE role = 'officer'",
            OWN.replace('-', ""),
            of_byte(8).recipient(),
            hex::encode(SigningKey::from_seed(of_byte(9).scalar()).verify_key().as_bytes()),
        ),
    )
    .await;
    let server = installation.serve();
    assert_eq!(submit(&server).await, 303);
    assert_eq!(
        count(&installation, "SELECT count(*) FROM staff WHERE role = 'officer'").await,
        2
    );
    assert_eq!(count(&installation, "SELECT count(*) FROM share").await, 1);
    assert_eq!(shares_of_mine(&installation).await, 0);
    drop(server);

    // Twin: with the authority's key there is a roster that names them.
    let roster = with_own_officer(&installation).await;
    let authority = keyfile::authority_keys(&installation.path("authority.toml")).unwrap();
    insert(&installation, &roster.sign(&authority.signing.signing_key()).unwrap()).await;
    let server = installation.serve();
    assert_eq!(submit(&server).await, 303);
    assert_eq!(shares_of_mine(&installation).await, 1);
}

/// Number of shares that open with the attacker's own key.
async fn shares_of_mine(installation: &Installation) -> usize {
    let mine = of_byte(8);
    let mut connection = open(&installation.path("sigilo.sqlite")).await;
    let files: Vec<Vec<u8>> = sqlx::query_scalar("SELECT file FROM share")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    files.iter().filter(|file| mine.open(file).is_ok()).count()
}

#[tokio::test]
async fn row_5_a_rolled_back_roster_takes_no_reports() {
    let installation = Installation::ready();
    installation.add("auditora@sigilo.test", "auditor", &[]);
    installation.sign_next();
    let before = installation.serve();
    let mut begun = before.browser();
    assert_eq!(begun.complete(|step| answer(step, false)).await.unwrap().status, 303);
    drop(before);
    sql(
        &installation,
        "CREATE TABLE kept AS SELECT * FROM roster WHERE version = 2; DELETE FROM roster WHERE version = 2",
    )
    .await;
    let server = installation.serve();
    assert_eq!(submit(&server).await, 503, "nothing new is begun");
    let mut begun = begun.at(&server);
    assert_eq!(
        begun.submit().await.unwrap().status,
        503,
        "nor is submitted what was begun before"
    );
    assert!(server.log().contains("rolled back"), "{}", server.log());
    drop(server);
    assert_eq!(count(&installation, "SELECT count(*) FROM cases").await, 0);

    sql(&installation, "INSERT INTO roster SELECT * FROM kept").await;
    let mended = installation.serve();
    let submitted = begun.at(&mended).submit().await.unwrap();
    assert_eq!(submitted.status, 303, "the draft was kept");
    drop(mended);

    // Twin: with the witness's key there is a witness that has seen no more than the first roster.
    sql(&installation, "DELETE FROM roster WHERE version = 2").await;
    let mut connection = open(&installation.path("sigilo.sqlite")).await;
    let first: Vec<u8> = sqlx::query_scalar("SELECT note FROM roster")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let witness = keyfile::witness_keys(&installation.path("witness.toml")).unwrap();
    let keys = Keys {
        instance: witness.instance,
        authority: witness.authority,
        log: witness.log,
        identity: witness.identity.identity(),
        signing: witness.signing.signing_key(),
    };
    std::fs::remove_dir_all(installation.path("witness")).unwrap();
    Core::init(&installation.path("witness"), keys, Some(&first), Arc::new(SystemClock)).unwrap();
    let twin = installation.serve();
    assert_eq!(submit(&twin).await, 303);
}

//! Row 5, enrolment: somebody who may write to the database exchanges keys at the moment at which they are stored, so that
//! the authority signs theirs. Against the real program.

use sigilo::domain::ids::StaffId;
use sigilo::domain::note;
use sigilo::keyfile::{self, ServerKeys};
use sigilo::vault::agefile::Identity;
use sigilo::vault::areakeys::{AreaRecipient, AreaWrap};
use sigilo::vault::roster::Roster;
use sigilo::vault::signing::SigningKey;
use sigilo::vault::staffkeys::wrap_area;

use super::loot::open;
use super::of_byte;
use super::roster::{count, sql, submit};
use crate::support::program::{Installation, PASSWORD, SHEET};

const AREAS: [&str; 5] = [
    "servicio-al-usuario",
    "gestion-medica",
    "farmacia-y-abastecimiento",
    "prestaciones",
    "transparencia",
];
const OWN: &str = "99999999-9999-4999-8999-999999999999";

fn own_signing() -> SigningKey {
    SigningKey::from_seed(of_byte(9).scalar())
}

/// The attacker's identity for an area.
fn own_area(at: usize) -> Identity {
    of_byte(20 + u8::try_from(at).unwrap())
}

fn hex_id(id: StaffId) -> String {
    hex::encode(id.as_bytes())
}

/// With a database that has nobody yet.
fn installed() -> (Installation, ServerKeys) {
    let installation = Installation::bare();
    installation.done(&["init"], "");
    let keys = keyfile::server_keys(&installation.path("keys.toml")).unwrap();
    (installation, keys)
}

/// Exchanges each area's key as soon as it is stored. `maker` is SQL for the maker's id.
async fn exchange_areas(installation: &Installation, keys: &ServerKeys, maker: &str) {
    for (at, area) in AREAS.iter().enumerate() {
        let recipient = own_area(at).recipient();
        let claim = AreaRecipient {
            area,
            version: 1,
            recipient: &recipient,
            reserve: None,
        };
        let signature = claim.sign(keys.instance, &own_signing());
        sql(
            installation,
            &format!(
                "CREATE TRIGGER area_{at} AFTER INSERT ON area_key WHEN NEW.area = '{area}' BEGIN
                 UPDATE area_key SET recipient = '{recipient}', maker = {maker}, maker_key = x'{}', signature = x'{}'
                 WHERE area = NEW.area; END",
                hex::encode(own_signing().verify_key().as_bytes()),
                hex::encode(signature.as_bytes()),
            ),
        )
        .await;
    }
}

fn add_everybody(installation: &Installation) {
    installation.add("analista@sigilo.test", "analyst", &AREAS);
    installation.add("oficial@sigilo.test", "officer", &["mesa-de-identidad"]);
    installation.add("auditoria@sigilo.test", "auditor", &[]);
}

/// Nobody signs what was exchanged, whoever types the owners' words, and so nothing is sealed to anybody.
async fn nobody_signs(installation: &Installation, owner: &str) {
    installation.done(&["roster", "propose"], "");
    let said = installation.refused(&["authority", "sign", "--yes", "--words", SHEET]);
    assert!(
        said.contains("not the words of the key") && said.contains(owner),
        "{said}"
    );
    let said = installation.refused(&["authority", "sign", "--yes"]);
    assert!(said.contains("no key words of"), "{said}");
    assert!(!installation.path("roster.signed").exists());
    let server = installation.serve();
    assert_eq!(submit(&server).await, 503);
    assert_eq!(count(installation, "SELECT count(*) FROM cases").await, 0);
}

/// Twin: with the authority's key the proposal is signed as it is, and the next report opens to the attacker.
async fn the_authority_would(installation: &Installation) {
    let authority = keyfile::authority_keys(&installation.path("authority.toml")).unwrap();
    let text = std::fs::read(installation.path("roster.proposed")).unwrap();
    let proposed: Roster = note::read_json(&text, "roster", authority.instance).unwrap();
    let signed = proposed.sign(&authority.signing.signing_key()).unwrap();
    std::fs::write(installation.path("roster.signed"), signed).unwrap();
    installation.done(&["roster", "publish"], "");
    let server = installation.serve();
    assert_eq!(submit(&server).await, 303);
    let mut connection = open(&installation.path("sigilo.sqlite")).await;
    let files: Vec<Vec<u8>> = sqlx::query_scalar("SELECT file FROM case_key WHERE holder = 'area'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mine = |file: &Vec<u8>| (0..AREAS.len()).any(|at| own_area(at).open(file).is_ok());
    assert!(!files.is_empty() && files.iter().all(mine));
}

#[tokio::test]
async fn row_5_keys_exchanged_at_enrolment_are_signed_by_nobody() {
    let (installation, keys) = installed();
    sql(
        &installation,
        &format!(
            "CREATE TRIGGER person AFTER INSERT ON staff WHEN NEW.role = 'analyst' BEGIN
             UPDATE staff SET recipient = '{}', verify_key = x'{}' WHERE id = NEW.id; END",
            of_byte(8).recipient(),
            hex::encode(own_signing().verify_key().as_bytes()),
        ),
    )
    .await;
    exchange_areas(&installation, &keys, "maker").await;
    add_everybody(&installation);
    // The exchanged row of the analyst has no MAC, so that the proposal does not name them at all.
    nobody_signs(&installation, "key 1 of area").await;
    the_authority_would(&installation).await;
}

#[tokio::test]
async fn row_5_area_keys_of_an_invented_maker_are_signed_by_nobody() {
    let (installation, keys) = installed();
    // A maker who has left is in no roster, so that no rule compares their key.
    let maker = format!("x'{}'", hex_id(OWN.parse().unwrap()));
    sql(
        &installation,
        &format!(
            "CREATE TRIGGER maker BEFORE INSERT ON area_key WHEN NOT EXISTS (SELECT 1 FROM staff WHERE id = {maker}) BEGIN
             INSERT INTO staff (id, email, name, role, language, state, login_version, login_check, sealed_blob,
                                recipient, verify_key, created_at, mac)
             VALUES ({maker}, 'left:x', 'x', 'auditor', 'es', 'left', 1, x'00', x'00', '{}', x'{}', 0, x'00'); END",
            of_byte(8).recipient(),
            hex::encode(own_signing().verify_key().as_bytes()),
        ),
    )
    .await;
    exchange_areas(&installation, &keys, &maker).await;
    add_everybody(&installation);
    nobody_signs(&installation, "key 1 of area").await;
    the_authority_would(&installation).await;
}

#[tokio::test]
async fn row_5_an_area_key_that_nobody_of_the_area_wrapped_is_not_handed_on() {
    let installation = Installation::ready();
    let keys = keyfile::server_keys(&installation.path("keys.toml")).unwrap();
    let mut connection = open(&installation.path("sigilo.sqlite")).await;
    let (analyst, recipient): (StaffId, String) =
        sqlx::query_as("SELECT id, recipient FROM staff WHERE role = 'analyst'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    let own = own_area(4);
    let file = wrap_area(&own, keys.instance, "transparencia", 1, &recipient.parse().unwrap());
    let wrap = AreaWrap {
        area: "transparencia",
        version: 1,
        member: analyst,
        file: &file,
    };
    let exchange = |signer: &SigningKey| {
        format!(
            "UPDATE area_member SET wrapped = x'{}', signature = x'{}' WHERE area = 'transparencia';
             UPDATE area_key SET recipient = '{}' WHERE area = 'transparencia'",
            hex::encode(&file),
            hex::encode(wrap.sign(keys.instance, signer).as_bytes()),
            own.recipient(),
        )
    };
    let add = [
        "staff",
        "add",
        "--email",
        "otra@sigilo.test",
        "--name",
        "Otra persona",
        "--role",
        "analyst",
        "--area",
        "transparencia",
        "--sponsor",
        "analista@sigilo.test",
    ];
    let input = format!("{PASSWORD}\n{PASSWORD}\n");
    sql(&installation, &exchange(&own_signing())).await;
    let refused = installation.run(&add, &input);
    let said = crate::support::program::output_text(&refused);
    assert!(!refused.status.success() && said.contains("signed by nobody"), "{said}");
    assert_eq!(count(&installation, "SELECT count(*) FROM staff").await, 3);
}

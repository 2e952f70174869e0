//! Reporters on WhatsApp: the traces in a copy of the database, and what is left after the daily keys are destroyed.

use hmac::{Hmac, KeyInit as _, Mac as _};
use memchr::memmem::find;
use sha2::{Digest as _, Sha256, Sha512};
use sigilo::domain::day::Day;
use sigilo::domain::ids::InstanceId;
use sigilo::domain::transcript::Transcript;
use sigilo::vault::hash::hkdf;
use sigilo::vault::secret::Key32;
use sigilo::vault::transit::{TransitContent, TransitKey, TransitPurpose};

use super::loot::Copy;
use crate::support::app::TestApp;
use crate::support::chat::{Chat, NUMBER, expect_answer, send_text};
use crate::support::needles::Needles;
use sigilo_standins::meta::{Delivery, UserAddress};

const USER: &str = "EC.13491208655302741918";
const STORY: &str = "Zafirocentinela";
const PROFILE: &str = "Perlacentinela Inventada";

/// Two conversations, and a message of each that waits, unheard.
async fn talking() -> TestApp {
    let mut chat = Chat::start(TestApp::new().await).await;
    let people = [
        chat.meta.user(UserAddress::Phone(NUMBER), PROFILE),
        chat.meta.user(UserAddress::UserId(USER), PROFILE),
    ];
    for person in &people {
        send_text(person, "quiero poner una denuncia", "¿De qué se trata?").await;
        person.send_text(STORY).await;
        expect_answer(person, "¿De qué se trata?").await;
    }
    chat.crash().await;
    for person in &people {
        assert_eq!(person.send_text(STORY).await, Delivery::Taken);
    }
    chat.stop().await
}

/// All that somebody makes of a name who tries each number of the country, and has no key.
fn keyless(instance: InstanceId, name: &str) -> Vec<Vec<u8>> {
    let plain = name.split_once(':').map_or(name, |(_, plain)| plain);
    let signed = format!("+{plain}");
    let mut made = Vec::new();
    for text in [name, plain, &signed] {
        let bytes = text.as_bytes();
        made.push(bytes.to_vec());
        made.push(Sha256::digest(bytes).to_vec());
        made.push(Sha512::digest(bytes).to_vec());
        made.push(Sha256::digest([instance.as_bytes(), bytes].concat()).to_vec());
        let mut mac = Hmac::<Sha256>::new_from_slice(instance.as_bytes()).unwrap();
        mac.update(bytes);
        made.push(mac.finalize().into_bytes().to_vec());
        let id = Sha256::digest(instance.as_bytes());
        for key in [[0; 32], id.into()] {
            let info = Transcript::new("transit-hash", instance).field("person").field(text);
            made.push(hkdf(&key, &info).expose().to_vec());
        }
    }
    made
}

/// The days' keys for conversations in a copy, opened with the key file's.
async fn keys_in(copy: &Copy, root: &Key32, instance: InstanceId) -> Vec<TransitKey> {
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT day, sealed FROM transit_key WHERE purpose = 'conversation'")
            .fetch_all(&mut copy.open().await)
            .await
            .unwrap();
    rows.iter()
        .map(|(day, sealed)| TransitKey::open(root, instance, TransitPurpose::Conversation, Day(*day), sealed).unwrap())
        .collect()
}

/// Sealed rows of a copy: kind, place and body.
async fn sealed_in(copy: &Copy) -> Vec<(TransitContent, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for (what, sql) in [
        (
            TransitContent::Notification,
            "SELECT id, body FROM whatsapp_notification",
        ),
        (
            TransitContent::Conversation,
            "SELECT person, body FROM whatsapp_conversation",
        ),
        (TransitContent::Outgoing, "SELECT id, body FROM whatsapp_outgoing"),
    ] {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(sql).fetch_all(&mut copy.open().await).await.unwrap();
        all.extend(rows.into_iter().map(|(place, body)| (what, place, body)));
    }
    all
}

/// Number of rows that open with any of the keys.
fn opened(keys: &[TransitKey], sealed: &[(TransitContent, Vec<u8>, Vec<u8>)]) -> usize {
    let opens = |(what, place, body): &&(TransitContent, Vec<u8>, Vec<u8>)| {
        keys.iter().any(|key| key.unseal(*what, place, body).is_ok())
    };
    sealed.iter().filter(opens).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_1_a_copy_does_not_tell_who_writes_nor_what() {
    let app = talking().await;
    let (instance, copy) = (app.app().instance, Copy::of(&app));
    let needles = Needles::new([NUMBER, &NUMBER[3..], &USER[3..], STORY, "Perlacentinela", "wamid."]);
    for (name, bytes) in &copy.database {
        assert_eq!(needles.found(bytes), [], "{name}");
    }
    let names = [format!("phone:{NUMBER}"), format!("user:{USER}")];
    let cells = copy.cells().await;
    for name in &names {
        for made in keyless(instance, name) {
            let same = cells.iter().find(|cell| cell.bytes == made);
            assert!(same.is_none(), "{}", same.unwrap().place);
        }
    }
    assert!(cells.iter().any(|cell| cell.place == "whatsapp_conversation.person"));
    let sealed = sealed_in(&copy).await;
    // The keys stand there, sealed: what they look like opens nothing.
    let wrong = Key32::from_slice(&[7; 32]).unwrap();
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT day, sealed FROM transit_key")
        .fetch_all(&mut copy.open().await)
        .await
        .unwrap();
    for (day, row) in &rows {
        assert!(TransitKey::open(&wrong, instance, TransitPurpose::Conversation, Day(*day), row).is_err());
    }

    // Twin: with the key file's transit key, who writes is known by trying, and all opens.
    let keys = keys_in(&copy, app.app().keys().transit.key(), instance).await;
    for name in &names {
        let hash = keys[0].hash("person", name);
        assert!(
            cells
                .iter()
                .any(|cell| cell.place == "whatsapp_conversation.person" && cell.bytes == hash)
        );
    }
    assert!(sealed.len() >= 4, "{}", sealed.len());
    assert_eq!(opened(&keys, &sealed), sealed.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_days_keys_are_destroyed_nothing_opens_with_the_key_file_either() {
    let app = talking().await;
    let (service, instance) = (app.app(), app.app().instance);
    // The queue was worked off.
    let mut connection = super::loot::open(&app.folder.path().join("sigilo.sqlite")).await;
    let before = Copy::of(&app);
    let (sealed, cells) = (sealed_in(&before).await, before.cells().await);
    super::loot::write(&mut connection, "PRAGMA secure_delete = ON").await;
    for table in ["whatsapp_notification", "whatsapp_outgoing"] {
        super::loot::write(&mut connection, &format!("DELETE FROM {table}")).await;
    }
    app.clock.advance(3 * 24 * 3600);
    service.operations.sweep().await.unwrap();
    let places = ["whatsapp_conversation.body", "whatsapp_conversation.person"];
    let later = Copy::of(&app);
    assert!(
        !later
            .cells()
            .await
            .iter()
            .any(|cell| places.contains(&cell.place.as_str()))
    );
    let keys = keys_in(&later, service.keys().transit.key(), instance).await;
    assert_eq!((keys.len(), opened(&keys, &sealed)), (0, 0));
    // Nor is a key or a conversation left in what the database has freed.
    let sealed_keys = "SELECT sealed FROM transit_key WHERE purpose = 'conversation'";
    let gone: Vec<Vec<u8>> = sqlx::query_scalar(sealed_keys)
        .fetch_all(&mut before.open().await)
        .await
        .unwrap();
    assert!(!gone.is_empty());
    let talks = cells.into_iter().filter(|cell| places.contains(&cell.place.as_str()));
    for bytes in gone.into_iter().chain(talks.map(|cell| cell.bytes)) {
        for piece in bytes.chunks_exact(24) {
            assert!(
                later.database.iter().all(|(_, file)| find(file, piece).is_none()),
                "a piece of {} is left",
                bytes.len()
            );
        }
    }
    // The deduplication keys live a little longer, and are then deleted too.
    let seen = |cells: &[super::loot::Cell]| {
        cells
            .iter()
            .filter(|cell| cell.place == "whatsapp_seen.message")
            .count()
    };
    assert!(seen(&later.cells().await) > 0);
    app.clock.advance(7 * 24 * 3600);
    service.operations.sweep().await.unwrap();
    let last = Copy::of(&app).cells().await;
    assert_eq!(seen(&last), 0);
    assert!(!last.iter().any(|cell| cell.place == "transit_key.sealed"));
}

//! The same after a conversation by WhatsApp: the person, the number and the messages are on no disk, in no log and,
//! once all is processed, in no memory.

use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use sigilo::domain::clock::{Clock as _, SystemClock};
use sqlx::{Connection as _, SqliteConnection};

use super::{MESSAGE, assert_nowhere, in_memory};
use crate::flows::whatsapp::{identifies, tells};
use crate::support::chat::{NUMBER, send_text, tap_reply, voice_note};
use crate::support::needles::Needles;
use crate::support::program::{Installation, Server};
use sigilo_standins::meta::{Meta, Settings, UserAddress};

const USER: &str = "EC.77410063158820439175";
const PROFILE: &str = "Perlacentinela Jadecentinela";

/// The program, with the server in Meta's place for its Meta.
async fn talking() -> (Meta, Installation, Server) {
    let meta = Meta::start(Settings::synthetic(Arc::new(|| SystemClock.now())))
        .await
        .unwrap();
    let installation = Installation::ready();
    let settings = Settings::synthetic(Arc::new(|| 0));
    let text = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    installation.configure(&format!(
        "{}[whatsapp]\nphone_number_id = \"{}\"\nbase_url = \"{}\"\napi_version = \"{}\"\nnews_template = \"novedades\"\nmedia_hosts = [\"{}\"]\n",
        text.replace("http://localhost:8080", "https://sigilo.test"),
        settings.phone_number_id,
        meta.base_url(),
        settings.api_version,
        meta.media_host()
    ));
    let keys = fs::read_to_string(installation.path("keys.toml")).unwrap();
    let keys = format!(
        "{keys}\n[server.whatsapp]\napp_secret = \"{}\"\nverify_token = \"{}\"\naccess_token = \"{}\"\n",
        settings.app_secret, settings.verify_token, settings.access_token
    );
    fs::write(installation.path("keys.toml"), keys).unwrap();
    let server = installation.serve();
    let webhook = format!("http://{}/webhooks/whatsapp", server.address);
    meta.subscribe(&webhook).await.unwrap();
    (meta, installation, server)
}

/// Waits until both queues are empty.
async fn worked_off(installation: &Installation) {
    let file = installation.path("sigilo.sqlite");
    let sql = "SELECT (SELECT count(*) FROM whatsapp_notification) + (SELECT count(*) FROM whatsapp_outgoing)";
    loop {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display()))
            .await
            .unwrap();
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        if left == 0 {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_who_wrote_nor_what_stays_on_the_disk_in_the_log_or_in_memory() {
    let (meta, installation, server) = talking().await;
    let person = meta.user(UserAddress::Both(NUMBER, USER), PROFILE);
    tells(&person, &voice_note(&installation.path("tmp"))).await;
    fs::remove_file(installation.path("tmp").join("voz.ogg")).unwrap();
    let words = identifies(&person).await;
    tap_reply(&person, "No", "De acuerdo").await;
    send_text(&person, "seguimiento", "ocho palabras").await;
    send_text(&person, &words, "Nadie ha abierto su identidad").await;
    send_text(&person, MESSAGE, "quedó guardado").await;
    send_text(&person, "salir", "Cerramos la sesión").await;
    meta.wait_until_delivered().await;

    let three: Vec<&str> = words.split(' ').take(3).collect();
    let three = three.join(" ");
    let needles = Needles::new([
        NUMBER,
        &NUMBER[3..],
        &USER[3..],
        "Perlacentinela",
        "Jadecentinela",
        "Corpuscentinela",
        "Coralcentinela",
        "Topaciocentinela",
        "093141592",
        "Calle Inventada 123",
        "Sintética Prueba Ejemplo",
        three.as_str(),
    ]);
    let patience = Duration::from_mins(1);
    tokio::time::timeout(patience, worked_off(&installation)).await.unwrap();
    // Connections to Meta end a little later than the work.
    let quiet = async {
        loop {
            match in_memory(&needles, server.id()) {
                Ok(found) if !found.is_empty() => tokio::task::yield_now().await,
                Err(error) if error.kind() != ErrorKind::PermissionDenied => panic!("{error}"),
                _ => return,
            }
        }
    };
    // If it never becomes quiet, the next assertion tells where a text was found.
    drop(tokio::time::timeout(patience, quiet).await);
    assert_nowhere(&installation, &server, &needles).await;
}

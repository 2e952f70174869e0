//! WhatsApp conversations: 80 messages per second in and out, and a burst of ten times that. The stand-in for Meta runs
//! on the same cores; SQLite is on a disk.

#![expect(clippy::disallowed_methods, reason = "benches measure")]

use std::alloc::System;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sigilo::channels::whatsapp::WhatsApp;
use sigilo::config::WhatsappConfig;
use sigilo::domain::clock::{Clock as _, SystemClock};
use sigilo::http::assets::Assets;
use sigilo::http::middleware::guards::Guards;
use sigilo::http::{Site, router};
use sigilo::i18n::Languages;
use sigilo::keyfile::WhatsappKeys;
use sigilo::service::App;
use sigilo::service::notifications::EnabledChannels;
use sigilo::service::randomness::Randomness;
use sigilo::store::Db;
use sigilo::store::blobs::BlobStore;
use sigilo::witness::core::Core;
use sigilo_standins::meta::{Delivery, Meta, Settings, UserAddress};
use sigilo_testkit::fresh::{Parts, core_keys, key_files, profile};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use zeroizing_alloc::ZeroAlloc;

/// The server's allocator, which zeroes freed memory.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// Messages per second, and the number of seconds.
const STEADY: (u64, u64) = (80, 20);
const BURST: (u64, u64) = (800, 3);
/// Meta's limit for a new number in messages per second, and a limit that never applies.
const AT_FIRST: u16 = 80;
const FREE: u16 = 1000;
const URL: &str = "https://sigilo.test";

#[tokio::main]
async fn main() {
    run("steady, Meta takes 80 a second", AT_FIRST, STEADY).await;
    run("steady, Meta takes 1000", FREE, STEADY).await;
    run("burst, Meta takes 80 a second", AT_FIRST, BURST).await;
    run("burst, Meta takes 1000", FREE, BURST).await;
}

/// Measures a new installation with this load.
async fn run(name: &str, messages_per_second: u16, writing: (u64, u64)) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut settings = Settings::synthetic(Arc::new(|| SystemClock.now()));
    settings.throughput = messages_per_second.into();
    let meta = Meta::start(settings).await.unwrap();
    let whatsapp = whatsapp(app(&folder).await, &meta, messages_per_second);
    let site = Site {
        app: whatsapp.1,
        languages: Languages::load().unwrap(),
        assets: Assets::unbuilt(),
        public_url: URL.into(),
        leave_to: "https://example.org/".into(),
        guards: Guards::default(),
        whatsapp: Some(whatsapp.0.webhook()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = format!("http://{}/webhooks/whatsapp", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, router(Arc::new(site))).await.unwrap() });
    let (stop, stopped) = watch::channel(false);
    let talking = tokio::spawn(whatsapp.0.run(stopped));
    meta.subscribe(&webhook).await.unwrap();
    // One of Meta's three statuses per message is enough load.
    meta.set_statuses(&["delivered"]);
    write(&meta, name, writing).await;
    stop.send_replace(true);
    talking.await.unwrap();
    serving.abort();
}

/// Each user writes once and waits for the answer.
async fn write(meta: &Meta, name: &str, (a_second, seconds): (u64, u64)) {
    let (total, began) = (a_second * seconds, Instant::now());
    let mut ticks = interval(Duration::from_micros(1_000_000 / a_second));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut people = JoinSet::new();
    for number in 0..total {
        ticks.tick().await;
        let phone = format!("59398{number:07}");
        let person = meta.user(UserAddress::Phone(&phone), "Persona Sintética");
        people.spawn(async move {
            let since = Instant::now();
            let delivery = person.send_text("Hola").await;
            let taken = since.elapsed();
            person.next_message().await;
            (delivery, taken, since.elapsed())
        });
    }
    let written = began.elapsed();
    let (mut taken, mut answered, mut at_once) = (Vec::new(), Vec::new(), 0);
    while let Some(outcome) = people.join_next().await {
        // The task of a user without an answer panics after a minute.
        let Ok((delivery, stored, answer)) = outcome else {
            continue;
        };
        at_once += u64::from(delivery == Delivery::Taken);
        taken.push(stored);
        answered.push(answer);
    }
    let all = began.elapsed();
    let requests = meta.api_calls();
    let sent = requests.iter().filter(|sent| sent.json()["to"].is_string()).count();
    let p95 = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() * 95 / 100).copied().unwrap_or_default()
    };
    println!(
        "{name}: {total} written in {written:.1?}; {at_once} taken at the first try, p95 {:.0?}; {} answered, p95 {:.2?}; \
         the last after {:.1?}: {:.1} a second; {} refused as too fast",
        p95(&mut taken),
        answered.len(),
        p95(&mut answered),
        all,
        f64::from(u32::try_from(answered.len()).unwrap_or(u32::MAX)) / all.as_secs_f64(),
        sent.saturating_sub(answered.len()),
    );
}

fn whatsapp(app: Arc<App>, meta: &Meta, messages_per_second: u16) -> (Arc<WhatsApp>, Arc<App>) {
    let settings = Settings::synthetic(Arc::new(|| 0));
    let config = WhatsappConfig {
        phone_number_id: settings.phone_number_id,
        number: None,
        base_url: meta.base_url(),
        api_version: settings.api_version,
        media_hosts: vec![meta.media_host()],
        messages_per_second: messages_per_second.try_into().unwrap(),
        news_template: None,
    };
    let keys = WhatsappKeys {
        app_secret: settings.app_secret.into(),
        verify_token: settings.verify_token.into(),
        access_token: settings.access_token.into(),
    };
    let whatsapp = WhatsApp::new(app.clone(), Languages::load().unwrap(), URL, config, keys);
    (Arc::new(whatsapp.unwrap()), app)
}

/// Makes a new installation. The greeting needs no staff.
async fn app(folder: &tempfile::TempDir) -> Arc<App> {
    let (server, witness, _) = key_files();
    let clock = Arc::new(SystemClock);
    let core = Core::init(&folder.path().join("witness"), core_keys(&witness), None, clock.clone()).unwrap();
    let file = folder.path().join("sigilo.sqlite");
    let app = Parts {
        profile: profile(),
        db: Db::open(&format!("sqlite:{}", file.display())).await.unwrap(),
        files: BlobStore::open_folder(&folder.path().join("files")).unwrap(),
        scratch: folder.path().into(),
        keys: server,
        core,
        clock,
        randomness: Randomness::System,
    }
    .together(EnabledChannels::default());
    app.operations.install().await.unwrap();
    Arc::new(app)
}

//! A Sigilo with WhatsApp: its router on loopback, a running channel, and the stand-in for Meta.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sigilo::channels::whatsapp::WhatsApp;
use sigilo::config::{DEFAULT_MESSAGES_PER_SECOND, WhatsappConfig};
use sigilo::domain::clock::Clock as _;
use sigilo::http::middleware::guards::Guards;
use sigilo::http::{Site, router};
use sigilo::keyfile::WhatsappKeys;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::app::TestApp;
use sigilo_standins::meta::{Meta, ReceivedMessage, Settings, UserAddress, WhatsappUser};

pub const TEMPLATE: &str = "novedades";
/// The number of the synthetic user.
pub const NUMBER: &str = "593990000001";

pub struct Chat {
    pub app: TestApp,
    pub meta: Meta,
    /// The address to which Meta delivers.
    pub webhook: String,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    talking: Option<JoinHandle<()>>,
    serving: JoinHandle<()>,
}

impl Chat {
    pub async fn start(app: TestApp) -> Self {
        let clock = app.clock.clone();
        let meta = Meta::start(Settings::synthetic(Arc::new(move || clock.now())))
            .await
            .unwrap();
        meta.approve_template(TEMPLATE, "es");
        meta.approve_template(TEMPLATE, "en");
        let (chat, webhook) = Self::over(app, meta).await;
        chat.meta.subscribe(&webhook).await.unwrap();
        chat
    }

    async fn over(app: TestApp, meta: Meta) -> (Self, String) {
        let (whatsapp, site) = channel(&app, &meta);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let webhook = format!("http://{address}/webhooks/whatsapp");
        let serving = tokio::spawn(async move { axum::serve(listener, router(Arc::new(site))).await.unwrap() });
        let (stop, stopped) = watch::channel(false);
        let chat = Self {
            app,
            meta,
            webhook: webhook.clone(),
            address,
            stop,
            talking: Some(tokio::spawn(whatsapp.run(stopped))),
            serving,
        };
        (chat, webhook)
    }

    /// Stops the channel at once, like a crash. The address still accepts notifications.
    pub async fn crash(&mut self) {
        if let Some(talking) = self.talking.take() {
            talking.abort();
            drop(talking.await);
        }
    }

    /// Starts the channel again, like another process at the same address.
    pub async fn rise(&mut self) {
        // The lease of the old process has expired by then.
        self.app.clock.advance(31);
        self.serving.abort();
        let _ = (&mut self.serving).await;
        let (whatsapp, site) = channel(&self.app, &self.meta);
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving = tokio::spawn(async move { axum::serve(listener, router(Arc::new(site))).await.unwrap() });
        self.talking = Some(tokio::spawn(whatsapp.run(self.stop.subscribe())));
    }

    /// The synthetic user, known by number only.
    pub fn person(&self) -> WhatsappUser {
        self.meta.user(UserAddress::Phone(NUMBER), "Persona Sintética")
    }

    /// Stops in order, after current work.
    pub async fn stop(mut self) -> TestApp {
        self.stop.send_replace(true);
        if let Some(talking) = self.talking.take() {
            talking.await.unwrap();
        }
        self.serving.abort();
        self.app
    }
}

fn channel(app: &TestApp, meta: &Meta) -> (Arc<WhatsApp>, Site) {
    let settings = Settings::synthetic(Arc::new(|| 0));
    let config = WhatsappConfig {
        phone_number_id: settings.phone_number_id,
        number: Some(format!("+{}", settings.display_phone_number)),
        base_url: meta.base_url(),
        api_version: settings.api_version,
        media_hosts: vec![meta.media_host()],
        messages_per_second: DEFAULT_MESSAGES_PER_SECOND,
        news_template: Some(TEMPLATE.into()),
    };
    let keys = WhatsappKeys {
        app_secret: Zeroizing::new(settings.app_secret),
        verify_token: Zeroizing::new(settings.verify_token),
        access_token: Zeroizing::new(settings.access_token),
    };
    let site = &app.site;
    let whatsapp = WhatsApp::new(site.app.clone(), site.languages.clone(), &site.public_url, config, keys);
    let whatsapp = Arc::new(whatsapp.unwrap());
    let site = Site {
        app: site.app.clone(),
        languages: site.languages.clone(),
        assets: site.assets.clone(),
        public_url: site.public_url.clone(),
        leave_to: site.leave_to.clone(),
        guards: Guards::default(),
        whatsapp: Some(whatsapp.webhook()),
    };
    (whatsapp, site)
}

/// Waits for a message with `words`. Skips earlier messages.
pub async fn expect_answer(person: &WhatsappUser, words: &str) -> ReceivedMessage {
    let mut before = Vec::new();
    for _ in 0..12 {
        let received = person.next_message().await;
        if received.text.contains(words) {
            return received;
        }
        before.push(received.text);
    }
    panic!("nobody said {words:?}, but {before:#?}");
}

/// Sends a text, and waits for an answer with `words`.
pub async fn send_text(person: &WhatsappUser, text: &str, words: &str) -> ReceivedMessage {
    person.send_text(text).await;
    expect_answer(person, words).await
}

/// Taps the button or row with this title on the newest message that has it, and waits for an answer with `words`.
pub async fn tap_reply(person: &WhatsappUser, title: &str, words: &str) -> ReceivedMessage {
    let received = person.received();
    let id = received
        .iter()
        .rev()
        .find_map(|message| {
            message
                .replies()
                .into_iter()
                .find(|(_, known)| *known == title)
                .map(|(id, _)| id.to_owned())
        })
        .unwrap_or_else(|| panic!("no {title:?} below {:#?}", received.last()));
    person.tap(&id).await.unwrap();
    expect_answer(person, words).await
}

/// Makes a short synthetic voice note in WhatsApp's format.
pub fn voice_note(folder: &Path) -> Vec<u8> {
    let path = folder.join("voz.ogg");
    let made = Command::new("ffmpeg")
        .args([
            "-y",
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:duration=1",
        ])
        .args(["-c:a", "libopus", "-metadata", "artist=Coralcentinela"])
        .arg(&path)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::read(path).unwrap()
}

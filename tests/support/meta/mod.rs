//! A server on loopback that speaks as Meta documents the WhatsApp Cloud API, and people who write to it.
//!
//! The tests and the demo run it in Meta's place. It refuses what Meta refuses, and knows nothing of the rest of the package.

#![allow(
    dead_code,
    unused_imports,
    reason = "the tests and the demo use different parts of it"
)]

mod api;
mod delivery;
#[cfg(test)]
mod limits;
mod line;
mod media;
mod people;
mod phone;
mod rates;
mod sending;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use bytes::Bytes;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub(crate) use api::Problem;
pub(crate) use delivery::{Delivery, Order};
pub(crate) use media::MediaMood;
pub(crate) use people::{NoSuchReply, Person, Received, Sender};

use delivery::{Part, Post};
use line::{Cut, Lines};
use media::{Link, Medium};
use people::Human;
use rates::{Moments, Throughput};

/// Unix seconds from wherever the caller takes them.
pub(crate) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What Meta and the institution have agreed on.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The id of the institution's number.
    pub(crate) phone_number_id: String,
    /// The number itself, as people see it.
    pub(crate) display_phone_number: String,
    /// The institution's name at the head of the phone page.
    pub(crate) display_name: String,
    /// Signs notifications.
    pub(crate) app_secret: String,
    /// Named in the handshake.
    pub(crate) verify_token: String,
    /// The bearer token of the API and of media.
    pub(crate) access_token: String,
    /// The first part of each path.
    pub(crate) api_version: String,
    pub(crate) clock: Clock,
    /// Between attempts to deliver what the webhook has not taken.
    pub(crate) retry: Duration,
    /// Messages a second that the number may send.
    pub(crate) throughput: usize,
    /// The port of the API and of the phone page; 0 for any.
    pub(crate) port: u16,
}

impl Settings {
    /// Visibly synthetic ones.
    pub(crate) fn synthetic(clock: Clock) -> Self {
        Self {
            phone_number_id: "100000000000001".into(),
            display_phone_number: "593990000000".into(),
            display_name: "Buzón de reportes".into(),
            app_secret: "a synthetic app secret".into(),
            verify_token: "a synthetic verify token".into(),
            access_token: "a-synthetic-access-token".into(),
            api_version: "v25.0".into(),
            clock,
            retry: Duration::from_millis(100),
            throughput: 80,
            port: 0,
        }
    }
}

/// What the API does with requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Well,
    /// Connections end without an answer, and nothing is done.
    Down,
    /// Answers 503, and nothing is done.
    Refusing5xx,
    /// Answers 130429, as when other programs use up the number's messages of this second.
    TooFast,
    /// Answers only after this long.
    Slow(Duration),
    /// Does what is asked, then the connection ends without an answer.
    AnswersLost,
}

/// One request that the product sent to the API.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) uri: String,
    pub(crate) body: Bytes,
}

impl Sent {
    /// The body, or null when it is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The server. It stops when this is dropped.
pub(crate) struct Meta {
    inner: Arc<Inner>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Meta {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the port is taken.
    pub(crate) async fn start(settings: Settings) -> std::io::Result<Self> {
        // Without it the client refuses to be built; another one of this process may have installed it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(20))
            .build()
            .map_err(std::io::Error::other)?;
        let api = Lines::bind(settings.port).await?;
        let media = Lines::bind(0).await?;
        let now = (settings.clock)();
        let inner = Arc::new(Inner {
            api_port: axum::serve::Listener::local_addr(&api)?.port(),
            media_port: axum::serve::Listener::local_addr(&media)?.port(),
            state: Mutex::new(State::new(now, settings.throughput)),
            settings,
            client,
            changes: watch::Sender::new(0),
            kept: Notify::new(),
            retrying: tokio::sync::Mutex::new(()),
        });
        let stop = watch::Sender::new(false);
        let routes = sending::router(&inner).merge(phone::router(&inner));
        let tasks = vec![
            tokio::spawn(serve(api, routes, stop.subscribe())),
            tokio::spawn(serve(media, media::router(&inner), stop.subscribe())),
            tokio::spawn(delivery::retry(inner.clone())),
        ];
        Ok(Self { inner, stop, tasks })
    }

    /// What the product takes for the Graph API's address.
    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.inner.api_port)
    }

    /// Host and port from which media come: another than the API's, as at Meta.
    pub(crate) fn media_host(&self) -> String {
        self.inner.media_host()
    }

    /// Somebody who may write and be written to. Asked again for the same sender, the same person.
    pub(crate) fn person(&self, sender: Sender<'_>, name: &str) -> Person {
        Person::meet(&self.inner, sender, name)
    }

    /// Lets this template be sent in this language.
    pub(crate) fn template(&self, name: &str, language: &str) {
        self.inner.state().templates.insert((name.into(), language.into()));
    }

    /// How the API behaves from now on.
    pub(crate) fn is(&self, mood: Mood) {
        self.inner.state().mood = mood;
    }

    /// How media behave from now on.
    pub(crate) fn media_are(&self, mood: MediaMood) {
        self.inner.state().media_mood = mood;
    }

    /// Closed windows and unknown numbers are answered with success and told by a status `failed` afterwards, as Meta often does.
    pub(crate) fn failures_come_later(&self, later: bool) {
        self.inner.state().failures_come_later = later;
    }

    /// Which statuses follow upon a message; at first `sent`, `delivered` and `read`.
    pub(crate) fn statuses(&self, statuses: &[&'static str]) {
        self.inner.state().statuses = statuses.to_vec();
    }

    /// Everything that the product sent to the API, refused or not.
    pub(crate) fn all_requests(&self) -> Vec<Sent> {
        self.inner.state().requests.clone()
    }

    /// The ids of the messages that the product has marked as read, in order.
    pub(crate) fn read_marks(&self) -> Vec<String> {
        self.inner.state().read.clone()
    }

    /// How many requests came to the media's listener under a name that is not [`Meta::media_host`].
    pub(crate) fn foreign_requests(&self) -> usize {
        self.inner.state().foreign_requests
    }
}

impl Drop for Meta {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Serves until told to stop, then closes idle connections too.
async fn serve(lines: Lines, routes: Router, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let service = routes.into_make_service_with_connect_info::<Cut>();
    let _ = axum::serve(lines, service).with_graceful_shutdown(stopped).await;
}

struct Inner {
    settings: Settings,
    client: reqwest::Client,
    api_port: u16,
    media_port: u16,
    state: Mutex<State>,
    /// Counts changes, for those who wait for one.
    changes: watch::Sender<u64>,
    /// Tells that something waits for another attempt.
    kept: Notify,
    /// One attempt at what waits at a time.
    retrying: tokio::sync::Mutex<()>,
}

struct State {
    random: StdRng,
    webhook: Option<String>,
    people: Vec<Human>,
    templates: BTreeSet<(String, String)>,
    mood: Mood,
    media_mood: MediaMood,
    failures_come_later: bool,
    statuses: Vec<&'static str>,
    media: HashMap<String, Medium>,
    links: HashMap<String, Link>,
    foreign_requests: usize,
    held: Option<Vec<Part>>,
    waiting: VecDeque<Post>,
    /// Notifications that are made and not yet taken, and tasks that make more.
    open: usize,
    requests: Vec<Sent>,
    read: Vec<String>,
    moments: Moments,
    throughput: Throughput,
}

impl State {
    fn new(now: i64, throughput: usize) -> Self {
        Self {
            random: StdRng::try_from_rng(&mut SysRng).expect("the operating system gives randomness"),
            webhook: None,
            people: Vec::new(),
            templates: BTreeSet::new(),
            mood: Mood::Well,
            media_mood: MediaMood::Well,
            failures_come_later: false,
            statuses: vec!["sent", "delivered", "read"],
            media: HashMap::new(),
            links: HashMap::new(),
            foreign_requests: 0,
            held: None,
            waiting: VecDeque::new(),
            open: 0,
            requests: Vec::new(),
            read: Vec::new(),
            moments: Moments::new(now),
            throughput: Throughput::new(throughput),
        }
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    /// Fifteen digits, as Meta's ids are.
    fn number(&mut self) -> String {
        let random = u64::from_le_bytes(self.random());
        (100_000_000_000_000 + random % 900_000_000_000_000).to_string()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        (self.settings.clock)()
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn media_host(&self) -> String {
        format!("127.0.0.1:{}", self.media_port)
    }

    fn authorize(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        if bool::from(token.as_bytes().ct_eq(self.settings.access_token.as_bytes())) {
            return Ok(());
        }
        Err(Problem::bearer())
    }

    fn speaks(&self, version: &str) -> Result<(), Problem> {
        if version == self.settings.api_version {
            return Ok(());
        }
        Err(Problem::unknown_object(version))
    }
}

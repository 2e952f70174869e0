//! The state of the stand-in, which its handlers share.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::sync::{Notify, watch};

use crate::meta::behavior::{ApiBehavior, MediaBehavior};
use crate::meta::medium::{Link, Medium};
use crate::meta::notification::{Notification, Part};
use crate::meta::problem::Problem;
use crate::meta::rates::{MonotonicClock, Throughput};
use crate::meta::settings::Settings;
use crate::meta::thread::UserState;

/// A request that the program under test sent to the API.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// The raw body.
    pub body: Bytes,
}

impl ApiCall {
    /// The body as JSON, or null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The state and settings that all handlers share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) client: reqwest::Client,
    pub(super) api_port: u16,
    pub(super) media_port: u16,
    pub(super) state: Mutex<State>,
    /// Counts changes, for tasks that wait for one.
    pub(super) changes: watch::Sender<u64>,
    /// Signals that a notification waits for another attempt.
    pub(super) retry_needed: Notify,
    /// Held during retries, so that only one runs at a time.
    pub(super) retrying: tokio::sync::Mutex<()>,
}

/// The mutable state.
pub(super) struct State {
    pub(super) random: StdRng,
    pub(super) webhook: Option<String>,
    pub(super) users: Vec<UserState>,
    pub(super) templates: BTreeSet<(String, String)>,
    pub(super) behavior: ApiBehavior,
    pub(super) media_behavior: MediaBehavior,
    pub(super) late_failures: bool,
    pub(super) statuses: Vec<&'static str>,
    pub(super) media: HashMap<String, Medium>,
    pub(super) links: HashMap<String, Link>,
    pub(super) foreign_requests: usize,
    pub(super) held: Option<Vec<Part>>,
    pub(super) waiting: VecDeque<Notification>,
    /// Number of notifications that are not yet accepted, and of tasks that make more.
    pub(super) open: usize,
    pub(super) requests: Vec<ApiCall>,
    pub(super) read: Vec<String>,
    pub(super) clock: MonotonicClock,
    pub(super) throughput: Throughput,
}

impl State {
    pub(super) fn new(now: i64, throughput: usize) -> Self {
        Self {
            random: StdRng::try_from_rng(&mut SysRng).expect("the operating system gives randomness"),
            webhook: None,
            users: Vec::new(),
            templates: BTreeSet::new(),
            behavior: ApiBehavior::Normal,
            media_behavior: MediaBehavior::Normal,
            late_failures: false,
            statuses: vec!["sent", "delivered", "read"],
            media: HashMap::new(),
            links: HashMap::new(),
            foreign_requests: 0,
            held: None,
            waiting: VecDeque::new(),
            open: 0,
            requests: Vec::new(),
            read: Vec::new(),
            clock: MonotonicClock::new(now),
            throughput: Throughput::new(throughput),
        }
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    /// Makes a message id. Like real ones, it is base64 of a structure around the phone number.
    pub(super) fn wamid(&mut self, digits: &str, outbound: bool) -> String {
        let mut bytes = vec![0x1c, 0x18, u8::try_from(digits.len()).unwrap_or(u8::MAX)];
        bytes.extend_from_slice(digits.as_bytes());
        bytes.extend_from_slice(&[0x15, 2, 0, if outbound { 0x11 } else { 0x12 }, 0x18, 20]);
        bytes.extend_from_slice(hex::encode_upper(self.random::<10>()).as_bytes());
        bytes.push(0);
        format!("wamid.{}", STANDARD.encode(bytes))
    }

    /// Makes an id of fifteen digits, like Meta's.
    pub(super) fn number(&mut self) -> String {
        let random = u64::from_le_bytes(self.random());
        (100_000_000_000_000 + random % 900_000_000_000_000).to_string()
    }
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> i64 {
        (self.settings.clock)()
    }

    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn media_host(&self) -> String {
        format!("127.0.0.1:{}", self.media_port)
    }

    pub(super) fn authorize(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        if bool::from(token.as_bytes().ct_eq(self.settings.access_token.as_bytes())) {
            return Ok(());
        }
        Err(Problem::bearer())
    }

    pub(super) fn check_version(&self, version: &str) -> Result<(), Problem> {
        if version == self.settings.api_version {
            return Ok(());
        }
        Err(Problem::unknown_object(version))
    }
}

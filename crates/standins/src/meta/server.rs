//! The server, and the switches for tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::meta::behavior::{ApiBehavior, MediaBehavior};
use crate::meta::connection::{Cut, CuttableListener};
use crate::meta::settings::Settings;
use crate::meta::state::{ApiCall, Shared, State};
use crate::meta::user::{UserAddress, WhatsappUser};
use crate::meta::{delivery, media, phone, sending};

/// The server. It stops when the value is dropped.
pub struct Meta {
    pub(super) shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Meta {
    /// Starts the server.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        // The client needs a provider. Other code of this process may have installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(20))
            .build()
            .map_err(std::io::Error::other)?;
        let api = CuttableListener::bind(settings.port).await?;
        let media = CuttableListener::bind(0).await?;
        let now = (settings.clock)();
        let shared = Arc::new(Shared {
            api_port: axum::serve::Listener::local_addr(&api)?.port(),
            media_port: axum::serve::Listener::local_addr(&media)?.port(),
            state: Mutex::new(State::new(now, settings.throughput)),
            settings,
            client,
            changes: watch::Sender::new(0),
            retry_needed: Notify::new(),
            retrying: tokio::sync::Mutex::new(()),
        });
        let stop = watch::Sender::new(false);
        let routes = sending::router(&shared).merge(phone::router(&shared));
        let tasks = vec![
            tokio::spawn(serve(api, routes, stop.subscribe())),
            tokio::spawn(serve(media, media::router(&shared), stop.subscribe())),
            tokio::spawn(delivery::retry_forever(shared.clone())),
        ];
        Ok(Self { shared, stop, tasks })
    }

    /// The address to configure in place of the Graph API's.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.shared.api_port)
    }

    /// Host and port for downloads. They differ from the API's, as at Meta.
    pub fn media_host(&self) -> String {
        self.shared.media_host()
    }

    /// Returns the user with this address. The first call makes the user.
    pub fn user(&self, address: UserAddress<'_>, name: &str) -> WhatsappUser {
        WhatsappUser::find_or_add(&self.shared, address, name)
    }

    /// Approves a template in a language.
    pub fn approve_template(&self, name: &str, language: &str) {
        self.shared.state().templates.insert((name.into(), language.into()));
    }

    /// Sets the behaviour of the API.
    pub fn set_behavior(&self, behavior: ApiBehavior) {
        self.shared.state().behavior = behavior;
    }

    /// Sets the behaviour of downloads.
    pub fn set_media_behavior(&self, behavior: MediaBehavior) {
        self.shared.state().media_behavior = behavior;
    }

    /// Reports closed windows and unknown numbers by a later status `failed` in place of an error, as Meta often does.
    pub fn set_late_failures(&self, late: bool) {
        self.shared.state().late_failures = late;
    }

    /// Sets the statuses that follow a message. The default is `sent`, `delivered`, `read`.
    pub fn set_statuses(&self, statuses: &[&'static str]) {
        self.shared.state().statuses = statuses.to_vec();
    }

    /// All requests to the API, refused or not.
    pub fn api_calls(&self) -> Vec<ApiCall> {
        self.shared.state().requests.clone()
    }

    /// The ids of the messages that were marked as read, in order.
    pub fn read_marks(&self) -> Vec<String> {
        self.shared.state().read.clone()
    }

    /// Number of download requests under a name other than [`Meta::media_host`].
    pub fn foreign_requests(&self) -> usize {
        self.shared.state().foreign_requests
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

/// Serves until `stop` is true, then closes idle connections too.
async fn serve(listener: CuttableListener, routes: Router, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let service = routes.into_make_service_with_connect_info::<Cut>();
    let _ = axum::serve(listener, service).with_graceful_shutdown(stopped).await;
}

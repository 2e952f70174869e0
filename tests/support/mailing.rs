//! A Sigilo that sends e-mail, to a server of the test's own; rounds are made by hand.

use std::sync::Arc;

use axum::Router;
use sigilo::channels::email::Post;
use sigilo::config::{EmailConfig, Encryption};
use sigilo::http::router;
use tokio::sync::watch;

use super::app::{PUBLIC_URL, TestApp};
use super::smtp::Sink;

pub(crate) const SENDER: &str = "no-responder@sigilo.test";

pub(crate) struct Mailing {
    pub(crate) app: TestApp,
    pub(crate) sink: Sink,
    stop: watch::Sender<bool>,
}

impl Mailing {
    /// On SQLite.
    pub(crate) async fn new() -> Self {
        Self::of(TestApp::new().await).await
    }

    /// On any database.
    pub(crate) async fn on(database: &str) -> Self {
        Self::of(TestApp::on(tempfile::tempdir().unwrap(), database).await).await
    }

    async fn of(mut app: TestApp) -> Self {
        app.router = Router::new();
        let site = Arc::get_mut(&mut app.site).expect("only the router held it, too");
        Arc::get_mut(&mut site.app).expect("nobody else holds it").ways.email = true;
        app.router = router(app.site.clone());
        Self {
            app,
            sink: Sink::start().await,
            stop: watch::Sender::new(false),
        }
    }

    /// What sends to a server.
    pub(crate) fn post_to(&self, sink: &Sink) -> Post {
        let config = EmailConfig {
            from: format!("Sigilo <{SENDER}>"),
            host: sink.address.ip().to_string(),
            port: Some(sink.address.port()),
            encryption: Encryption::None,
        };
        let site = &self.app.site;
        Post::new(site.app.clone(), site.languages.clone(), PUBLIC_URL.into(), &config).unwrap()
    }

    /// One round; how many mails the server has taken by now.
    pub(crate) async fn round(&self) -> usize {
        self.post_to(&self.sink).round(&self.stop.subscribe()).await.unwrap();
        self.sink.taken().len()
    }
}

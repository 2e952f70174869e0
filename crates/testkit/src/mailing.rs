//! A Sigilo that sends e-mail to a server of the test. The test starts each round by hand.

use std::sync::Arc;

use sigilo::channels::email::Mailer;
use sigilo::config::{EmailConfig, Encryption};
use sigilo::domain::notice::NoticeChannel;
use sigilo::keyfile::SmtpKeys;
use sigilo::store;
use sigilo::store::notices::Notice;
use tokio::sync::watch;

use crate::app::{PUBLIC_URL, TestApp};
use crate::database::Database;
use crate::fresh::key_files;
use crate::mail_server::MailServer;

pub const SENDER: &str = "no-responder@sigilo.test";

pub struct Mailing {
    pub app: TestApp,
    pub sink: MailServer,
    stop: watch::Sender<bool>,
}

impl Mailing {
    /// On SQLite.
    pub async fn new() -> Self {
        Self::of(TestApp::new().await).await
    }

    /// On a kind of database.
    pub async fn on(database: Database) -> Self {
        Self::of(TestApp::on(database).await).await
    }

    /// With a login for the mail server.
    pub async fn as_user(username: &str, password: &str) -> Self {
        let keys = SmtpKeys {
            username: username.into(),
            password: password.to_owned().into(),
        };
        Self::with(TestApp::new().await, Some(keys)).await
    }

    async fn of(app: TestApp) -> Self {
        Self::with(app, None).await
    }

    async fn with(app: TestApp, keys: Option<SmtpKeys>) -> Self {
        let (mut server, ..) = key_files();
        server.smtp = keys;
        let app = app
            .rebuilt(|dependencies| {
                dependencies.enabled_channels.email = true;
                dependencies.keys = Arc::new(server);
            })
            .await;
        Self {
            app,
            sink: MailServer::start().await,
            stop: watch::Sender::new(false),
        }
    }

    /// Makes the sender for a server.
    pub fn mailer_to(&self, sink: &MailServer) -> Mailer {
        self.mailer_by(sink, Encryption::None)
    }

    fn mailer_by(&self, sink: &MailServer, encryption: Encryption) -> Mailer {
        let config = EmailConfig {
            from: format!("Sigilo <{SENDER}>"),
            host: "localhost".into(),
            port: Some(sink.address().port()),
            encryption,
        };
        let site = &self.app.site;
        Mailer::new(site.app.clone(), site.languages.clone(), PUBLIC_URL.into(), &config).unwrap()
    }

    /// Runs one round. Returns the number of e-mails that the server has received so far.
    pub async fn round(&self) -> usize {
        self.round_to(&self.sink).await
    }

    /// The same to another server.
    pub async fn round_to(&self, sink: &MailServer) -> usize {
        self.round_by(sink, Encryption::None).await
    }

    /// The same with this encryption.
    pub async fn round_by(&self, sink: &MailServer, encryption: Encryption) -> usize {
        let mailer = self.mailer_by(sink, encryption);
        mailer.round(&self.stop.subscribe()).await.unwrap();
        sink.received().len()
    }

    /// Number of waiting notices, due or not.
    pub async fn waiting(&self) -> usize {
        self.notices().await.len()
    }

    /// The time when the next notice is due, in unix seconds.
    pub async fn next_at(&self) -> Option<i64> {
        self.notices().await.first().map(|notice| notice.next_at)
    }

    async fn notices(&self) -> Vec<Notice> {
        let mut tx = self.app.app().db().read().await.unwrap();
        let all = store::notices::due(&mut tx, NoticeChannel::Email, i64::MAX, 1000).await;
        all.unwrap()
    }
}

//! A whole Sigilo for a test: router, database, witness, a clock that is set, randomness that is seeded, and one
//! member of staff of each role.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use sigilo::config::DiskConfig;
use sigilo::dialogue::profile::Profile;
use sigilo::domain::clock::FixedClock;
use sigilo::domain::ids::StaffId;
use sigilo::domain::role::Role;
use sigilo::http::assets::Assets;
use sigilo::http::guards::Guards;
use sigilo::http::{Site, router};
use sigilo::i18n::Languages;
use sigilo::keyfile::{AuthorityKeys, WitnessKeys};
use sigilo::service::attachments::FileProcessing;
use sigilo::service::kdf::KdfPool;
use sigilo::service::notifications::EnabledChannels;
use sigilo::service::operations::disks::Disks;
use sigilo::service::people::{NewMember, Sponsor};
use sigilo::service::randomness::Randomness;
use sigilo::service::{App, Dependencies};
use sigilo::store::Db;
use sigilo::store::files::Files;
use sigilo::vault::staffkeys::StaffKeys;
use sigilo::witness::core::Core;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::fresh::{self, Parts};
pub(crate) use super::fresh::{core_keys, key_files};
use super::s3::S3;

/// 2026-11-24T15:00:00Z, a Tuesday morning in Ecuador.
pub(crate) const NOW: i64 = 1_795_532_400;
pub(crate) const PASSWORD: &str = "una clave de prueba";
pub(crate) const PUBLIC_URL: &str = "https://sigilo.test";

/// Who works in a [`TestApp`].
pub(crate) const ANALYST: &str = "analista@sigilo.test";
pub(crate) const OTHER_ANALYST: &str = "otra.analista@sigilo.test";
pub(crate) const OFFICER: &str = "oficial@sigilo.test";
pub(crate) const AUDITOR: &str = "auditora@sigilo.test";
pub(crate) const ADMINISTRATOR: &str = "administrador@sigilo.test";
pub(crate) const CLERK: &str = "ventanilla@sigilo.test";
/// The analyst of all other areas.
pub(crate) const REST: &str = "resto@sigilo.test";

/// The areas of the two analysts.
pub(crate) const AREA: &str = "transparencia";
pub(crate) const OTHER_AREA: &str = "gestion-medica";

/// WhatsApp can always tell people of news.
const WHATSAPP: EnabledChannels = EnabledChannels {
    email: false,
    whatsapp: true,
};

pub(crate) struct TestApp {
    pub(crate) site: Arc<Site>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) router: Router,
    /// Database (`sigilo.sqlite`) and the witness's folder (`witness`).
    pub(crate) folder: TempDir,
    pub(crate) authority: AuthorityKeys,
    /// A copy of the witness's key file.
    pub(crate) witness_keys: WitnessKeys,
    /// Where sealed files lie, if not in a folder.
    bucket: Option<Box<S3>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn location(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |location| location.to_str().unwrap())
    }
}

/// A browser's cookies.
#[derive(Debug, Default, Clone)]
pub(crate) struct Visitor(pub(crate) Vec<(String, String)>);

impl TestApp {
    /// On SQLite in a temporary folder.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("sigilo.sqlite").display());
        Self::on(folder, &url).await
    }

    /// The same, with sealed files in a folder beside the database.
    pub(crate) async fn in_a_folder() -> Self {
        Self::new().await
    }

    /// The same, with sealed files in a bucket.
    pub(crate) async fn in_a_bucket() -> Self {
        let s3 = S3::start().await;
        let files = s3.files();
        Self::with_bucket(s3, files).await
    }

    /// The same, without much patience with the bucket's service.
    pub(crate) async fn in_a_bucket_without_patience() -> Self {
        let s3 = S3::start().await;
        let files = s3.impatient_files();
        Self::with_bucket(s3, files).await
    }

    async fn with_bucket(s3: S3, files: Files) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("sigilo.sqlite").display());
        let mut app = Box::pin(Self::with(folder, &url, files, |profile| profile)).await;
        app.bucket = Some(Box::new(s3));
        app
    }

    /// On any database; the folder takes the witness's files.
    pub(crate) async fn on(folder: TempDir, database: &str) -> Self {
        let files = Files::folder(&folder.path().join("files")).unwrap();
        // On the heap: what awaits it would be large, too.
        Box::pin(Self::with(folder, database, files, |profile| profile)).await
    }

    /// With sealed files anywhere, and the profile as `changed`.
    pub(crate) async fn with(
        folder: TempDir,
        database: &str,
        files: Files,
        changed: impl FnOnce(Profile) -> Profile,
    ) -> Self {
        let (server, witness, authority) = key_files();
        let clock = Arc::new(FixedClock::new(NOW));
        let core = Core::init(&folder.path().join("witness"), core_keys(&witness), None, clock.clone()).unwrap();
        let profile = changed(fresh::profile());
        let db = Db::open(database).await.unwrap();
        let seed = Randomness::seeded(11);
        let app = Parts {
            profile,
            db,
            files,
            scratch: folder.path().into(),
            keys: server,
            core,
            clock: clock.clone(),
            randomness: seed,
        }
        .together(WHATSAPP);
        app.operations.install().await.unwrap();
        for (email, name, role, area) in [
            (ANALYST, "Analista de prueba", Role::Analyst, Some(AREA)),
            (
                OTHER_ANALYST,
                "Otra analista de prueba",
                Role::Analyst,
                Some(OTHER_AREA),
            ),
            (OFFICER, "Oficial de prueba", Role::Officer, Some("mesa-de-identidad")),
            (AUDITOR, "Auditora de prueba", Role::Auditor, None),
            (ADMINISTRATOR, "Administrador de prueba", Role::Administrator, None),
            (CLERK, "Ventanilla de prueba", Role::Clerk, None),
        ] {
            let areas: Vec<String> = area.into_iter().map(str::to_owned).collect();
            let new = NewMember {
                email,
                name,
                role,
                language: "es",
                areas: &areas,
                password: PASSWORD,
            };
            app.people.add_member(new, None).await.unwrap();
        }
        // Every other area exists too, with one analyst of no further use, so that any report can be sealed.
        let rest: Vec<String> = app
            .profile
            .areas
            .iter()
            .map(|area| area.id.clone())
            .filter(|area| area != AREA && area != OTHER_AREA && *area != app.profile.desk)
            .collect();
        let new = NewMember {
            email: REST,
            name: "Analista del resto",
            role: Role::Analyst,
            language: "es",
            areas: &rest,
            password: PASSWORD,
        };
        app.people.add_member(new, None).await.unwrap();
        let signed = app
            .rosters
            .propose(1)
            .await
            .unwrap()
            .sign(&authority.signing.signing_key())
            .unwrap();
        app.rosters.publish(&signed).await.unwrap();
        app.log.sequence().await.unwrap();
        app.log.cosign().await.unwrap();
        Self::around(app, clock, folder, authority, witness)
    }

    /// The same installation's keys over another database and other files, with the witness in the folder: what a restore
    /// has made. Whether it opens is the answer.
    pub(crate) async fn again(folder: TempDir, database: &str, files: Files) -> sigilo::service::Result<Self> {
        let (server, witness, authority) = key_files();
        let clock = Arc::new(FixedClock::new(NOW + 3600));
        let core = Core::open(&folder.path().join("witness"), core_keys(&witness), clock.clone()).unwrap();
        let profile = fresh::profile();
        let db = Db::open(database).await.unwrap();
        let seed = Randomness::seeded(12);
        let app = Parts {
            profile,
            db,
            files,
            scratch: folder.path().into(),
            keys: server,
            core,
            clock: clock.clone(),
            randomness: seed,
        }
        .together(WHATSAPP);
        app.operations.open().await?;
        Ok(Self::around(app, clock, folder, authority, witness))
    }

    /// Server and witness, started anew from what they left on the disk.
    pub(crate) async fn restarted(self) -> Self {
        let (server, witness, authority) = key_files();
        let (profile, db, stored) = (
            Profile::clone(&self.app().profile),
            self.app().db.clone(),
            self.stored(),
        );
        let Self {
            site,
            clock,
            router,
            folder,
            ..
        } = self;
        // The first witness lets go of its journal.
        drop((router, site));
        let core = Core::open(&folder.path().join("witness"), core_keys(&witness), clock.clone()).unwrap();
        let files = Files::folder(&stored).unwrap();
        let seed = Randomness::seeded(12);
        let app = Parts {
            profile,
            db,
            files,
            scratch: folder.path().into(),
            keys: server,
            core,
            clock: clock.clone(),
            randomness: seed,
        }
        .together(WHATSAPP);
        app.operations.open().await.unwrap();
        Self::around(app, clock, folder, authority, witness)
    }

    /// The service over a database whose witness is not asked, as commands beside a server have it.
    pub(crate) async fn beside(database: &str, files: &std::path::Path) -> App {
        let (server, ..) = key_files();
        let profile = fresh::profile();
        let db = Db::open(database).await.unwrap();
        App::new(Dependencies {
            profile: Arc::new(profile),
            db,
            files: FileProcessing::new(Files::look(files).unwrap(), "none".into(), files.into()),
            keys: Arc::new(server),
            witness: Arc::new(sigilo::witness::absent::Absent),
            clock: Arc::new(FixedClock::new(NOW)),
            randomness: Arc::new(Randomness::seeded(13)),
            kdf: KdfPool::for_this_machine(),
            disks: Arc::new(Disks::new(Vec::new(), DiskConfig::default().into())),
            enabled_channels: EnabledChannels::default(),
        })
        .unwrap()
    }

    fn around(
        app: App,
        clock: Arc<FixedClock>,
        folder: TempDir,
        authority: AuthorityKeys,
        witness: WitnessKeys,
    ) -> Self {
        let site = Arc::new(Site {
            app: Arc::new(app),
            languages: Languages::load().unwrap(),
            assets: Assets::unbuilt(),
            public_url: PUBLIC_URL.into(),
            leave_to: "https://example.org/".into(),
            guards: Guards::default(),
            whatsapp: None,
        });
        Self {
            router: router(site.clone()),
            site,
            clock,
            folder,
            authority,
            witness_keys: witness,
            bucket: None,
        }
    }

    /// The same, changed before anybody comes.
    pub(crate) fn changed(mut self, change: impl FnOnce(&mut Site)) -> Self {
        self.router = Router::new();
        change(Arc::get_mut(&mut self.site).expect("only the router held it, too"));
        self.router = router(self.site.clone());
        self
    }

    /// The same, its application put together anew from changed things.
    pub(crate) async fn rebuilt(self, change: impl FnOnce(&mut Dependencies)) -> Self {
        let mut dependencies = self.app().dependencies().clone();
        change(&mut dependencies);
        let app = App::new(dependencies).unwrap();
        app.rosters.load().await.unwrap();
        self.changed(|site| site.app = Arc::new(app))
    }

    pub(crate) fn app(&self) -> &App {
        &self.site.app
    }

    /// The folder in which sealed files lie: our own, or that of the bucket's service.
    pub(crate) fn stored(&self) -> PathBuf {
        match &self.bucket {
            Some(s3) => s3.stored(),
            None => self.folder.path().join("files"),
        }
    }

    pub(crate) const fn is_in_a_bucket(&self) -> bool {
        self.bucket.is_some()
    }

    /// The service of the bucket in which sealed files lie.
    pub(crate) fn s3(&self) -> &S3 {
        self.bucket.as_ref().unwrap()
    }

    /// A member's id and secret keys, opened with the password.
    pub(crate) async fn keys_of(&self, email: &str) -> (StaffId, StaffKeys) {
        self.app()
            .people
            .open_sponsor(&Sponsor {
                email,
                password: PASSWORD,
            })
            .await
            .unwrap()
    }

    /// Sends a request as `visitor`'s browser would from our own pages, and keeps the cookies that come back.
    pub(crate) async fn send(
        &self,
        visitor: &mut Visitor,
        method: Method,
        path: &str,
        kind: &str,
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin");
        if !kind.is_empty() {
            request = request.header(CONTENT_TYPE, kind);
        }
        if !visitor.0.is_empty() {
            let line = visitor
                .0
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join("; ");
            request = request.header(COOKIE, line);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body.into()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(SET_COOKIE) {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            visitor.0.retain(|(known, _)| known != name);
            if !value.is_empty() {
                visitor.0.push((name.to_owned(), value.to_owned()));
            }
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, visitor: &mut Visitor, path: &str) -> Reply {
        self.send(visitor, Method::GET, path, "", Body::empty()).await
    }

    pub(crate) async fn post(&self, visitor: &mut Visitor, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form(fields);
        self.send(visitor, Method::POST, path, "application/x-www-form-urlencoded", body)
            .await
    }

    /// Sends a form with files, as a browser without a script does.
    pub(crate) async fn post_files(&self, visitor: &mut Visitor, path: &str, files: &[(&str, &[u8])]) -> Reply {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(visitor, Method::POST, path, &kind, multipart(files)).await
    }

    pub(crate) async fn post_json(&self, visitor: &mut Visitor, path: &str, body: &serde_json::Value) -> Reply {
        self.send(visitor, Method::POST, path, "application/json", body.to_string())
            .await
    }
}

/// What parts the files of a form.
pub(crate) const BOUNDARY: &str = "----frontera-de-prueba";

/// `multipart/form-data`
pub(crate) fn multipart(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// `application/x-www-form-urlencoded`
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect()
    };
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

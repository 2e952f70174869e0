//! A complete Sigilo for a test: router, database, witness, a clock that is set by hand, seeded randomness, and staff of
//! each role.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Method, Request};
use sigilo::config::DiskConfig;
use sigilo::dialogue::Profile;
use sigilo::domain::clock::FixedClock;
use sigilo::domain::ids::StaffId;
use sigilo::http::assets::Assets;
use sigilo::http::middleware::guards::Guards;
use sigilo::http::{Site, router};
use sigilo::i18n::Languages;
use sigilo::keyfile::{AuthorityKeys, WitnessKeys};
use sigilo::service::attachments::FileProcessing;
use sigilo::service::kdf::KdfPool;
use sigilo::service::notifications::EnabledChannels;
use sigilo::service::operations::disks::Disks;
use sigilo::service::people::Sponsor;
use sigilo::service::randomness::Randomness;
use sigilo::service::{App, Dependencies};
use sigilo::store::Db;
use sigilo::store::blobs::BlobStore;
use sigilo::vault::staffkeys::StaffKeys;
use sigilo::witness::core::Core;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub use crate::accounts::{
    ADMINISTRATOR, ANALYST, AREA, AUDITOR, CLERK, OFFICER, OTHER_ANALYST, OTHER_AREA, PASSWORD, REST,
};
use crate::database::Database;
use crate::fresh::{self, Parts};
pub use crate::fresh::{PUBLIC_URL, core_keys, key_files};
pub use crate::requests::{BOUNDARY, Reply, Visitor, form, multipart};
use crate::s3::S3;
use crate::{accounts, snapshot};

/// 2026-11-24T15:00:00Z, a Tuesday morning in Ecuador.
pub const NOW: i64 = 1_795_532_400;

/// Seeds of the service's randomness. They differ, so that a later process never repeats the ids of an earlier one.
const INSTALLING_SEED: u64 = 11;
const REOPENED_SEED: u64 = 12;
const COMMAND_SEED: u64 = 13;
const TEST_SEED: u64 = 14;

/// Reporters can always be notified by WhatsApp.
const WHATSAPP: EnabledChannels = EnabledChannels {
    email: false,
    whatsapp: true,
};

/// A complete Sigilo for one test.
pub struct TestApp {
    pub site: Arc<Site>,
    pub clock: Arc<FixedClock>,
    pub router: Router,
    /// The folder with the database (`sigilo.sqlite`) and the witness's files (`witness`).
    pub folder: TempDir,
    /// The address of the database, for a second process.
    pub address: String,
    pub authority: AuthorityKeys,
    /// A copy of the witness's key file.
    pub witness_keys: WitnessKeys,
    /// The service that stores sealed files, unless they are in a folder.
    bucket: Option<Box<S3>>,
}

/// The parts of a [`TestApp`] that differ from test to test.
struct Setup {
    folder: TempDir,
    address: String,
    profile: Profile,
    db: Db,
    files: BlobStore,
    clock: Arc<FixedClock>,
    seed: u64,
}

impl Setup {
    /// Starts the service with a new witness.
    fn with_new_witness(self) -> TestApp {
        let (_, witness, _) = key_files();
        let folder = self.folder.path().join("witness");
        let core = Core::init(&folder, core_keys(&witness), None, self.clock.clone()).unwrap();
        self.start(core)
    }

    /// Starts the service with the witness whose files are in the folder.
    fn with_old_witness(self) -> TestApp {
        let (_, witness, _) = key_files();
        let folder = self.folder.path().join("witness");
        let core = Core::open(&folder, core_keys(&witness), self.clock.clone()).unwrap();
        self.start(core)
    }

    fn start(self, core: Core) -> TestApp {
        let (server, witness_keys, authority) = key_files();
        let app = Parts {
            profile: self.profile,
            db: self.db,
            files: self.files,
            scratch: self.folder.path().into(),
            keys: server,
            core,
            clock: self.clock.clone(),
            randomness: Randomness::seeded(self.seed),
        }
        .together(WHATSAPP);
        let site = Arc::new(Site {
            app: Arc::new(app),
            languages: Languages::load().unwrap(),
            assets: Assets::unbuilt(),
            public_url: PUBLIC_URL.into(),
            leave_to: "https://example.org/".into(),
            guards: Guards::default(),
            whatsapp: None,
        });
        TestApp {
            router: router(site.clone()),
            site,
            clock: self.clock,
            folder: self.folder,
            address: self.address,
            authority,
            witness_keys,
            bucket: None,
        }
    }
}

impl TestApp {
    /// On SQLite, with sealed files in a folder beside the database.
    pub async fn new() -> Self {
        Self::on(Database::Sqlite).await
    }

    /// On a kind of database, with sealed files in a folder.
    pub async fn on(database: Database) -> Self {
        Self::with(database, None, |profile| profile).await
    }

    /// On SQLite, with sealed files in a folder beside the database.
    pub async fn in_a_folder() -> Self {
        Self::new().await
    }

    /// The same, with sealed files in a bucket.
    pub async fn in_a_bucket() -> Self {
        let s3 = S3::start().await;
        let files = s3.files();
        Self::with_bucket(s3, files).await
    }

    /// The same, with a short timeout for the bucket's service.
    pub async fn in_a_bucket_without_patience() -> Self {
        let s3 = S3::start().await;
        let files = s3.impatient_files();
        Self::with_bucket(s3, files).await
    }

    async fn with_bucket(s3: S3, files: BlobStore) -> Self {
        let mut app = Self::with(Database::Sqlite, Some(files), |profile| profile).await;
        app.bucket = Some(Box::new(s3));
        app
    }

    /// With sealed files in this bucket or else in a folder, and with a changed profile. Each installation is a copy of
    /// one that was made once in this process.
    pub async fn with(database: Database, bucket: Option<BlobStore>, change: impl FnOnce(Profile) -> Profile) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // On the heap, so that the futures of callers stay small.
        let address = Box::pin(snapshot::copy(database, install_closed, folder.path())).await;
        let setup = Setup {
            profile: change(fresh::profile()),
            db: Db::open(&address).await.unwrap(),
            files: bucket.unwrap_or_else(|| BlobStore::open_folder(&folder.path().join("files")).unwrap()),
            clock: Arc::new(FixedClock::new(NOW)),
            seed: TEST_SEED,
            folder,
            address,
        };
        let app = setup.with_old_witness();
        app.app().operations.open().await.unwrap();
        app
    }

    /// The same installation's keys over another database and other files, with the witness in the folder: the result of
    /// a restore.
    ///
    /// # Errors
    /// If the service refuses to open the database.
    pub async fn again(folder: TempDir, database: &str, files: BlobStore) -> sigilo::service::Result<Self> {
        let setup = Setup {
            profile: fresh::profile(),
            db: Db::open(database).await.unwrap(),
            files,
            clock: Arc::new(FixedClock::new(NOW + 3600)),
            seed: REOPENED_SEED,
            folder,
            address: database.to_owned(),
        };
        let app = setup.with_old_witness();
        app.app().operations.open().await?;
        Ok(app)
    }

    /// Server and witness, restarted from their files.
    pub async fn restarted(self) -> Self {
        let (profile, db, stored) = (
            Profile::clone(&self.app().profile()),
            self.app().db().clone(),
            self.stored(),
        );
        let Self {
            site,
            clock,
            router,
            folder,
            address,
            ..
        } = self;
        // Releases the lock on the witness's journal.
        drop((router, site));
        let setup = Setup {
            profile,
            db,
            files: BlobStore::open_folder(&stored).unwrap(),
            clock,
            seed: REOPENED_SEED,
            folder,
            address,
        };
        let app = setup.with_old_witness();
        app.app().operations.open().await.unwrap();
        app
    }

    /// The service over a database, without a witness, as in commands that run beside a server.
    pub async fn beside(database: &str, files: &std::path::Path) -> App {
        let (server, ..) = key_files();
        let profile = fresh::profile();
        let db = Db::open(database).await.unwrap();
        App::new(Dependencies {
            public_url: PUBLIC_URL.into(),
            profile: Arc::new(profile),
            db,
            files: FileProcessing::new(
                BlobStore::open_existing_folder(files).unwrap(),
                "none".into(),
                files.into(),
            ),
            keys: Arc::new(server),
            witness: Arc::new(sigilo::witness::absent::Absent),
            clock: Arc::new(FixedClock::new(NOW)),
            randomness: Arc::new(Randomness::seeded(COMMAND_SEED)),
            kdf: KdfPool::for_this_machine(),
            disks: Arc::new(Disks::new(Vec::new(), DiskConfig::default().into())),
            enabled_channels: EnabledChannels::default(),
        })
        .unwrap()
    }

    /// Changes the site before the first request.
    #[must_use]
    pub fn changed(mut self, change: impl FnOnce(&mut Site)) -> Self {
        self.router = Router::new();
        change(Arc::get_mut(&mut self.site).expect("only the router held it, too"));
        self.router = router(self.site.clone());
        self
    }

    /// Changes the dependencies of the application, and builds it again.
    #[must_use]
    pub async fn rebuilt(self, change: impl FnOnce(&mut Dependencies)) -> Self {
        let mut dependencies = self.app().dependencies().clone();
        change(&mut dependencies);
        let app = App::new(dependencies).unwrap();
        app.rosters.load().await.unwrap();
        self.changed(|site| site.app = Arc::new(app))
    }

    pub fn app(&self) -> &App {
        &self.site.app
    }

    /// The folder of the sealed files: our own, or that of the bucket's service.
    pub fn stored(&self) -> PathBuf {
        match &self.bucket {
            Some(s3) => s3.stored(),
            None => self.folder.path().join("files"),
        }
    }

    pub const fn is_in_a_bucket(&self) -> bool {
        self.bucket.is_some()
    }

    /// The service that stores the sealed files in a bucket.
    pub fn s3(&self) -> &S3 {
        self.bucket.as_ref().unwrap()
    }

    /// Opens a member's id and secret keys with the password.
    pub async fn keys_of(&self, email: &str) -> (StaffId, StaffKeys) {
        self.app()
            .people
            .open_sponsor(&Sponsor {
                email,
                password: PASSWORD,
            })
            .await
            .unwrap()
    }

    /// Sends a request like a browser on our own pages, and stores the returned cookies.
    pub async fn send(
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

    pub async fn get(&self, visitor: &mut Visitor, path: &str) -> Reply {
        self.send(visitor, Method::GET, path, "", Body::empty()).await
    }

    pub async fn post(&self, visitor: &mut Visitor, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form(fields);
        self.send(visitor, Method::POST, path, "application/x-www-form-urlencoded", body)
            .await
    }

    /// Sends a form with files, as a browser without a script does.
    pub async fn post_files(&self, visitor: &mut Visitor, path: &str, files: &[(&str, &[u8])]) -> Reply {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(visitor, Method::POST, path, &kind, multipart(files)).await
    }

    pub async fn post_json(&self, visitor: &mut Visitor, path: &str, body: &serde_json::Value) -> Reply {
        self.send(visitor, Method::POST, path, "application/json", body.to_string())
            .await
    }
}

/// Makes a complete installation in a folder and an empty database, and closes it.
async fn install_closed(folder: TempDir, database: String) -> TempDir {
    let setup = Setup {
        profile: fresh::profile(),
        db: Db::open(&database).await.unwrap(),
        files: BlobStore::open_folder(&folder.path().join("files")).unwrap(),
        clock: Arc::new(FixedClock::new(NOW)),
        seed: INSTALLING_SEED,
        folder,
        address: database,
    };
    let app = setup.with_new_witness();
    accounts::install(app.app(), &app.authority).await;
    // Writes SQLite's WAL back into its file, and leaves PostgreSQL's database to be copied.
    app.app().db().close().await;
    app.folder
}

//! An S3 service on loopback that checks signatures, and that can be told to be in trouble.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpRequest, HttpResponse};
use sigilo::store::files::{Bucket, Files};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const KEY: &str = "SYNTHETICKEY";
const SECRET: &str = "a synthetic secret";
const BUCKET: &str = "sigilo-test";

/// How long whoever has no patience with the service waits.
pub const IMPATIENCE: Duration = Duration::from_millis(600);

/// What the service does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// Answers 403 to what changes something: its owner has taken the right to write away.
    Refusing,
    /// Answers so many requests more, and accepts all others without a word until the mood is another.
    Crawling(usize),
}

/// The mood, and how many wait for it to change.
#[derive(Clone, Copy, Debug)]
struct State {
    mood: Mood,
    waiting: usize,
}

pub struct S3 {
    pub bucket: Bucket,
    state: Arc<watch::Sender<State>>,
    serving: JoinHandle<()>,
    folder: TempDir,
}

impl S3 {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(watch::Sender::new(State {
            mood: Mood::Well,
            waiting: 0,
        }));
        let serving = tokio::spawn(serve(listener, service, state.clone()));
        Self {
            bucket: Bucket {
                bucket: BUCKET.into(),
                endpoint: Some(endpoint),
                region: "us-east-1".into(),
                access_key_id: KEY.into(),
                secret_access_key: SECRET.into(),
            },
            state,
            serving,
            folder,
        }
    }

    pub fn files(&self) -> Files {
        Files::bucket(&self.bucket).unwrap()
    }

    /// The bucket, to somebody who does not wait for long.
    pub fn impatient_files(&self) -> Files {
        Files::bucket_within(&self.bucket, IMPATIENCE).unwrap()
    }

    /// The folder in which the service keeps the bucket's objects.
    pub fn stored(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// The table of `sigilo.toml` that leads to the bucket.
    pub fn in_configuration(&self) -> String {
        let Bucket {
            bucket,
            region,
            endpoint,
            ..
        } = &self.bucket;
        let endpoint = endpoint.as_ref().unwrap();
        format!("\n[files.s3]\nbucket = \"{bucket}\"\nregion = \"{region}\"\nendpoint = \"{endpoint}\"\n")
    }

    /// The table of `keys.toml` that opens it.
    pub fn in_key_file(&self) -> String {
        let Bucket {
            access_key_id: key,
            secret_access_key: secret,
            ..
        } = &self.bucket;
        format!("\n[server.s3]\naccess_key_id = \"{key}\"\nsecret_access_key = \"{secret}\"\n")
    }

    pub fn is(&self, mood: Mood) {
        self.state.send_modify(|state| state.mood = mood);
    }

    /// Returns when so many requests wait in vain.
    pub async fn is_kept_waiting_by(&self, requests: usize) {
        let mut state = self.state.subscribe();
        state.wait_for(|state| state.waiting >= requests).await.unwrap();
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One more that waits, for as long as it is held.
struct Waiting(Arc<watch::Sender<State>>);

impl Waiting {
    fn new(state: &Arc<watch::Sender<State>>) -> Self {
        state.send_modify(|state| state.waiting += 1);
        Self(state.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.send_modify(|state| state.waiting -= 1);
    }
}

/// Returns when the service would answer a request: at once, or when its mood has changed. Whether it refuses then.
async fn refuses(state: &Arc<watch::Sender<State>>, changes: bool) -> bool {
    let mut mood = Mood::Well;
    state.send_if_modified(|state| {
        mood = state.mood;
        if let Mood::Crawling(more @ 1..) = &mut state.mood {
            *more -= 1;
            return true;
        }
        false
    });
    match mood {
        Mood::Crawling(0) => {
            let _waiting = Waiting::new(state);
            let mut other = state.subscribe();
            // The sender is held by the caller.
            drop(other.wait_for(|state| !matches!(state.mood, Mood::Crawling(_))).await);
            false
        }
        Mood::Refusing => changes,
        Mood::Well | Mood::Crawling(_) => false,
    }
}

async fn serve(listener: TcpListener, service: S3Service, state: Arc<watch::Sender<State>>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (service, state) = (service.clone(), state.clone());
        let answer = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let (service, state) = (service.clone(), state.clone());
            async move {
                let changes = !matches!(*request.method(), hyper::Method::GET | hyper::Method::HEAD);
                if refuses(&state, changes).await {
                    let mut refused = HttpResponse::new(Body::empty());
                    *refused.status_mut() = hyper::StatusCode::FORBIDDEN;
                    return Ok::<_, HttpError>(refused);
                }
                let request: HttpRequest = request.map(Body::from);
                service.call(request).await
            }
        });
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            // A client that goes away is no concern of the service.
            drop(server.serve_connection(TokioIo::new(socket), answer).await);
        });
    }
}

//! An S3 service on loopback that checks signatures and can simulate faults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpRequest, HttpResponse};
use sigilo::store::blobs::{BlobStore, Bucket};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const KEY: &str = "SYNTHETICKEY";
const SECRET: &str = "a synthetic secret";
const BUCKET: &str = "sigilo-test";

/// Timeout of [`S3::impatient_files`].
pub const SHORT_TIMEOUT: Duration = Duration::from_millis(600);

/// The behaviour of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum S3Behavior {
    Normal,
    /// Answers 403 to requests that write, like a bucket without write permission.
    ReadOnly,
    /// Answers this many more requests. Accepts further ones without an answer, until the behaviour changes.
    Stalling(usize),
}

/// The behaviour, and the number of requests that wait for its change.
#[derive(Clone, Copy, Debug)]
struct State {
    behavior: S3Behavior,
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
            behavior: S3Behavior::Normal,
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

    pub fn files(&self) -> BlobStore {
        BlobStore::open_bucket(&self.bucket).unwrap()
    }

    /// The bucket, with a short timeout.
    pub fn impatient_files(&self) -> BlobStore {
        BlobStore::open_bucket_with_timeout(&self.bucket, SHORT_TIMEOUT).unwrap()
    }

    /// The folder of the bucket's objects.
    pub fn stored(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// The table of `sigilo.toml` for the bucket.
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

    /// The table of `keys.toml` for the bucket.
    pub fn in_key_file(&self) -> String {
        let Bucket {
            access_key_id: key,
            secret_access_key: secret,
            ..
        } = &self.bucket;
        format!("\n[server.s3]\naccess_key_id = \"{key}\"\nsecret_access_key = \"{secret}\"\n")
    }

    /// Sets the behaviour.
    pub fn set_behavior(&self, behavior: S3Behavior) {
        self.state.send_modify(|state| state.behavior = behavior);
    }

    /// Waits until this many requests are without an answer.
    pub async fn wait_for_stalled(&self, requests: usize) {
        let mut state = self.state.subscribe();
        state.wait_for(|state| state.waiting >= requests).await.unwrap();
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Counts a waiting request until it is dropped.
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

/// Waits until the service answers a request. Returns true if it refuses.
async fn refuses(state: &Arc<watch::Sender<State>>, changes: bool) -> bool {
    let mut behavior = S3Behavior::Normal;
    state.send_if_modified(|state| {
        behavior = state.behavior;
        if let S3Behavior::Stalling(more @ 1..) = &mut state.behavior {
            *more -= 1;
            return true;
        }
        false
    });
    match behavior {
        S3Behavior::Stalling(0) => {
            let _waiting = Waiting::new(state);
            let mut other = state.subscribe();
            // The caller holds the sender.
            drop(
                other
                    .wait_for(|state| !matches!(state.behavior, S3Behavior::Stalling(_)))
                    .await,
            );
            false
        }
        S3Behavior::ReadOnly => changes,
        S3Behavior::Normal | S3Behavior::Stalling(_) => false,
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
            // A client that disconnects is no error.
            drop(server.serve_connection(TokioIo::new(socket), answer).await);
        });
    }
}

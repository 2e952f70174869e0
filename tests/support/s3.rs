//! An S3 service on loopback that checks signatures, and that can be told to be in trouble.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpRequest, HttpResponse};
use sigilo::store::files::{Bucket, Files};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const KEY: &str = "SYNTHETICKEY";
const SECRET: &str = "a synthetic secret";
const BUCKET: &str = "sigilo-test";

/// What the service does with requests that change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mood {
    Well,
    /// Answers 403: its owner has taken the right to write away.
    Refusing,
}

pub(crate) struct S3 {
    pub(crate) bucket: Bucket,
    mood: Arc<AtomicU8>,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl S3 {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let mood = Arc::new(AtomicU8::new(Mood::Well as u8));
        let serving = tokio::spawn(serve(listener, service, mood.clone()));
        Self {
            bucket: Bucket {
                bucket: BUCKET.into(),
                endpoint: Some(endpoint),
                region: "us-east-1".into(),
                access_key_id: KEY.into(),
                secret_access_key: SECRET.into(),
            },
            mood,
            serving,
            _folder: folder,
        }
    }

    pub(crate) fn files(&self) -> Files {
        Files::bucket(&self.bucket).unwrap()
    }

    pub(crate) fn is(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service, mood: Arc<AtomicU8>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (service, mood) = (service.clone(), mood.clone());
        let answer = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let (service, mood) = (service.clone(), mood.clone());
            async move {
                let changes = !matches!(*request.method(), hyper::Method::GET | hyper::Method::HEAD);
                if changes && mood.load(Ordering::SeqCst) == Mood::Refusing as u8 {
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

//! Settings and client of a bucket.

use std::fmt;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};

/// A bucket of an S3-compatible service; the two secrets come from the key file.
#[derive(Clone)]
pub struct Bucket {
    pub bucket: String,
    /// Address of a service other than Amazon's: `https://s3.example`.
    pub endpoint: Option<String>,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.bucket)
    }
}

impl Bucket {
    /// Builds the client; it does not connect yet.
    pub(super) fn client(&self, timeout: Duration) -> object_store::Result<AmazonS3> {
        // reqwest looks for the process's own choice; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            retry_timeout: timeout,
            ..RetryConfig::default()
        };
        // Plain HTTP only where the address says so: the content is sealed, but its sizes and times are not.
        let plain = self
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_access_key_id(&self.access_key_id)
            .with_secret_access_key(&self.secret_access_key)
            .with_retry(retry)
            .with_client_options(
                ClientOptions::new()
                    // `RequestTimeout` limits each request together with its retries.
                    .with_timeout_disabled()
                    .with_connect_timeout(timeout / 3)
                    .with_allow_http(plain),
            );
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder.build()
    }
}

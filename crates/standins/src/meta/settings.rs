//! The settings that Meta and the institution share.

use std::sync::Arc;
use std::time::Duration;

/// Returns unix seconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The identifiers and secrets that Meta and the institution share.
#[derive(Clone)]
pub struct Settings {
    /// The id of the institution's number.
    pub phone_number_id: String,
    /// The number itself, as users see it.
    pub display_phone_number: String,
    /// The institution's name at the head of the phone page.
    pub display_name: String,
    /// The key that signs notifications.
    pub app_secret: String,
    /// The token of the webhook's handshake.
    pub verify_token: String,
    /// The bearer token of the API and of media.
    pub access_token: String,
    /// The first part of each path.
    pub api_version: String,
    /// The current time.
    pub clock: Clock,
    /// Pause between attempts to deliver a notification that the webhook has not accepted.
    pub retry_interval: Duration,
    /// Messages per second that the number may send.
    pub throughput: usize,
    /// The port of the API and of the phone page. 0 stands for any free port.
    pub port: u16,
}

impl Settings {
    /// Visibly synthetic settings.
    pub fn synthetic(clock: Clock) -> Self {
        Self {
            phone_number_id: "100000000000001".into(),
            display_phone_number: "593990000000".into(),
            display_name: "Buzón de reportes".into(),
            app_secret: "a synthetic app secret".into(),
            verify_token: "a synthetic verify token".into(),
            access_token: "a-synthetic-access-token".into(),
            api_version: "v25.0".into(),
            clock,
            retry_interval: Duration::from_millis(100),
            throughput: 80,
            port: 0,
        }
    }
}

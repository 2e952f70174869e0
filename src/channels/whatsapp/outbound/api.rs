//! Client of Meta's Cloud API: sends messages and downloads media. Errors hold codes, never content or addresses.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::content::MessageContent;
use crate::channels::whatsapp::inbound::message::{Media, parse_sha256};
use crate::channels::whatsapp::person::Person;
use crate::config::WhatsappConfig;
use crate::keyfile::WhatsappKeys;

const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest silence during a download.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Idle connections are closed soon, because their buffers still hold the last answer.
const IDLE_CONNECTION_LIFETIME: Duration = Duration::from_secs(3);
/// Attempts after which the person is asked to send the file again.
const MAX_DOWNLOAD_ATTEMPTS: u32 = 4;
/// Longer answers of the API are not read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The reason why Meta did not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// There was no answer in time. Meta may have taken the message.
    #[error("no answer")]
    NoAnswer,
    /// Too many messages per second from our number.
    #[error("130429: too many messages")]
    TooMany,
    /// Too many messages to this person.
    #[error("131056: too many messages to one person")]
    TooManyToPerson,
    /// The person has not written for 24 hours: only templates are allowed.
    #[error("131047: the person has not written for a day")]
    WindowClosed,
    /// Meta does not accept our token or number. An operator must look.
    #[error("{0}: the access token or the number is not accepted")]
    AccessDenied(i64),
    /// Meta has an outage; try again later.
    #[error("{0}: Meta is in trouble")]
    Outage(i64),
    /// Meta will never accept this message.
    #[error("{0}: not accepted")]
    Rejected(i64),
}

/// Error codes of the Cloud API.
mod code {
    pub(crate) const ACCESS: [i64; 4] = [0, 3, 10, 190];
    pub(crate) const THROTTLED: [i64; 3] = [4, 80_007, 130_429];
    pub(crate) const PAIR: i64 = 131_056;
    pub(crate) const CLOSED: i64 = 131_047;
    /// Unknown, unavailable, overloaded, maintenance.
    pub(crate) const TROUBLE: [i64; 6] = [1, 2, 131_000, 131_016, 131_057, 133_004];
}

/// Access to the API.
pub(crate) struct Api {
    client: Client,
    base: String,
    number: String,
    token: Zeroizing<String>,
    media_hosts: Vec<String>,
}

#[derive(Deserialize)]
struct ApiError {
    error: ApiErrorBody,
}

#[derive(Deserialize)]
struct ApiErrorBody {
    #[serde(default)]
    code: i64,
}

#[derive(Deserialize)]
struct MediaLocation {
    url: String,
    sha256: Option<String>,
}

impl Api {
    /// # Errors
    /// A sentence that names the wrong setting.
    pub(crate) fn new(config: &WhatsappConfig, keys: &WhatsappKeys) -> Result<Self, String> {
        // The client needs it. It fails if another part of this process has installed it already, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CALL_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .pool_idle_timeout(IDLE_CONNECTION_LIFETIME)
            .build()
            .map_err(|error| format!("whatsapp: {error}"))?;
        let base = config.base_url.trim_end_matches('/');
        Url::parse(base).map_err(|error| format!("whatsapp.base_url: {error}"))?;
        Ok(Self {
            client,
            base: format!("{base}/{}", config.api_version),
            number: config.phone_number_id.clone(),
            token: keys.access_token.clone(),
            media_hosts: config.media_hosts.clone(),
        })
    }

    /// Sends one message.
    ///
    /// # Errors
    /// [`SendError`]
    pub(crate) async fn send(&self, to: &Person, content: &MessageContent) -> Result<(), SendError> {
        let body = Zeroizing::new(content.to_json(to).to_string());
        let sent = self
            .client
            .post(format!("{}/{}/messages", self.base, self.number))
            .bearer_auth(&*self.token)
            .header(CONTENT_TYPE, "application/json")
            .timeout(CALL_TIMEOUT)
            .body(body.to_string())
            .send()
            .await;
        let answer = sent.map_err(|_| SendError::NoAnswer)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let error = read_answer(answer)
            .await
            .and_then(|body| serde_json::from_slice::<ApiError>(&body).ok());
        Err(classify_error(status, error.map_or(-1, |error| error.error.code)))
    }

    /// Downloads media as a stream. The stream ends in an error if the hash is wrong. `None` if there is nothing to
    /// download, or if it lies on a host that is not configured.
    pub(crate) async fn download(
        &self,
        media: &Media,
    ) -> Option<impl Stream<Item = Result<Bytes, DownloadError>> + Send + use<>> {
        for attempt in 0..MAX_DOWNLOAD_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(300 * 3_u64.pow(attempt))).await;
            }
            match self.start_download(media).await {
                Ok((response, hash)) => return Some(verify_hash(response, hash)),
                Err(again) if again => {}
                Err(_) => return None,
            }
        }
        tracing::warn!("media could not be downloaded");
        None
    }

    /// Asks for the location and starts the download. The error is true if another attempt may help.
    async fn start_download(&self, media: &Media) -> Result<(Response, Option<[u8; 32]>), bool> {
        let get = |url: Url| self.client.get(url).bearer_auth(&*self.token);
        let mut url = Url::parse(&self.base).map_err(|_| false)?;
        // The id is a text of Meta's: as one path segment it cannot lead to another path.
        url.path_segments_mut().map_err(|()| false)?.push(&media.id);
        let location = get(url).timeout(CALL_TIMEOUT).send().await.map_err(|_| true)?;
        if !location.status().is_success() {
            return Err(!location.status().is_client_error());
        }
        let location: MediaLocation =
            serde_json::from_slice(&read_answer(location).await.ok_or(true)?).map_err(|_| false)?;
        let url = Url::parse(&location.url).map_err(|_| false)?;
        if !self.is_media_host(&url) {
            tracing::warn!("media on an unexpected host are not downloaded");
            return Err(false);
        }
        let response = get(url).send().await.map_err(|_| true)?;
        if !response.status().is_success() {
            return Err(!response.status().is_client_error());
        }
        Ok((
            response,
            media
                .sha256
                .or_else(|| location.sha256.as_deref().and_then(parse_sha256)),
        ))
    }

    fn is_media_host(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let with_port = url.port().map(|port| format!("{host}:{port}"));
        let is_safe = url.scheme() == "https" || is_loopback(host);
        is_safe
            && self
                .media_hosts
                .iter()
                .any(|known| known == host || with_port.as_ref() == Some(known))
    }
}

fn is_loopback(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()) || host == "localhost"
}

fn classify_error(status: StatusCode, number: i64) -> SendError {
    match number {
        code::PAIR => SendError::TooManyToPerson,
        code::CLOSED => SendError::WindowClosed,
        number if code::THROTTLED.contains(&number) => SendError::TooMany,
        number if code::ACCESS.contains(&number) => SendError::AccessDenied(number),
        number if code::TROUBLE.contains(&number) => SendError::Outage(number),
        number => match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => SendError::AccessDenied(number),
            StatusCode::TOO_MANY_REQUESTS => SendError::TooMany,
            status if status.is_server_error() => SendError::Outage(number),
            _ => SendError::Rejected(number),
        },
    }
}

/// Reads an answer of the API. `None` if it breaks off or is too long.
async fn read_answer(mut answer: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.ok()? {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ANSWER_BYTES {
            return None;
        }
    }
    Some(body)
}

/// The connection broke, or the content does not have the announced hash.
#[derive(Debug, thiserror::Error)]
#[error("broken off or exchanged")]
pub(crate) struct DownloadError;

fn verify_hash(response: Response, hash: Option<[u8; 32]>) -> impl Stream<Item = Result<Bytes, DownloadError>> + Send {
    let pieces = stream::unfold(Some((response, Sha256::new())), move |state| async move {
        let (mut response, mut hasher) = state?;
        match response.chunk().await {
            Ok(Some(piece)) => {
                hasher.update(&piece);
                Some((Ok(piece), Some((response, hasher))))
            }
            Ok(None) => {
                let found: [u8; 32] = hasher.finalize().into();
                hash.is_some_and(|hash| hash != found)
                    .then_some((Err(DownloadError), None))
            }
            Err(_) => Some((Err(DownloadError), None)),
        }
    });
    pieces.fuse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        for (status, number, expected) in [
            (400, 131_056, SendError::TooManyToPerson),
            (429, 130_429, SendError::TooMany),
            (400, 131_047, SendError::WindowClosed),
            (401, 190, SendError::AccessDenied(190)),
            (500, 131_000, SendError::Outage(131_000)),
            (503, -1, SendError::Outage(-1)),
            (400, 131_026, SendError::Rejected(131_026)),
            (400, 100, SendError::Rejected(100)),
        ] {
            assert_eq!(classify_error(StatusCode::from_u16(status).unwrap(), number), expected);
        }
    }
}

//! Meta's Cloud API as we use it: sending, and fetching media. Errors hold codes, never what was sent or to whom.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::channels::whatsapp::inbound::notification::{Media, Person, sha256};
use crate::channels::whatsapp::outbound::message::Saying;
use crate::config::WhatsappConfig;
use crate::keyfile::WhatsappKeys;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long media may say nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a connection is kept for the next call: what it last brought stands in its buffers so long.
const KEPT: Duration = Duration::from_secs(3);
/// How often fetching is tried before the person is asked to send it again.
const TRIES: u32 = 4;
/// The largest answer of the API that is read.
const LONGEST: usize = 64 * 1024;

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Nobody answered, or not in time: whether it was taken is not known.
    #[error("no answer")]
    Unanswered,
    /// Too many a second from our number.
    #[error("130429: too many messages")]
    TooMany,
    /// Too many to this person.
    #[error("131056: too many messages to one person")]
    TooManyToOne,
    /// More than 24 hours since the person wrote.
    #[error("131047: the person has not written for a day")]
    Closed,
    /// Our token or number is wrong: an operator must look.
    #[error("{0}: the access token or the number is not accepted")]
    Access(i64),
    /// Meta is in trouble; later.
    #[error("{0}: Meta is in trouble")]
    Trouble(i64),
    /// Never.
    #[error("{0}: not accepted")]
    Never(i64),
}

/// Codes of the Cloud API's errors.
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
struct Problem {
    error: ProblemBody,
}

#[derive(Deserialize)]
struct ProblemBody {
    #[serde(default)]
    code: i64,
}

#[derive(Deserialize)]
struct Place {
    url: String,
    sha256: Option<String>,
}

impl Api {
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn new(config: &WhatsappConfig, keys: &WhatsappKeys) -> Result<Self, String> {
        // Without it the client refuses to be built; another one of this process may have installed it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(PATIENCE)
            .read_timeout(SILENCE)
            .pool_idle_timeout(KEPT)
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
    /// [`Refused`]
    pub(crate) async fn send(&self, to: &Person, saying: &Saying) -> Result<(), Refused> {
        let body = Zeroizing::new(saying.to_json(to).to_string());
        let sent = self
            .client
            .post(format!("{}/{}/messages", self.base, self.number))
            .bearer_auth(&*self.token)
            .header(CONTENT_TYPE, "application/json")
            .timeout(PATIENCE)
            .body(body.to_string())
            .send()
            .await;
        let answer = sent.map_err(|_| Refused::Unanswered)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let problem = read(answer)
            .await
            .and_then(|body| serde_json::from_slice::<Problem>(&body).ok());
        Err(refusal(status, problem.map_or(-1, |problem| problem.error.code)))
    }

    /// What lies at Meta, as it comes; it ends in an error when it is not what Meta said that it is. None when it cannot be
    /// had, or lies where media of Meta do not lie.
    pub(crate) async fn download(
        &self,
        media: &Media,
    ) -> Option<impl Stream<Item = Result<Bytes, Broken>> + Send + use<>> {
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(300 * 3_u64.pow(attempt))).await;
            }
            match self.begin(media).await {
                Ok((response, hash)) => return Some(checked(response, hash)),
                Err(again) if again => {}
                Err(_) => return None,
            }
        }
        tracing::warn!("media could not be fetched");
        None
    }

    /// Asks where it lies, and begins to fetch it. The error says whether to try again.
    async fn begin(&self, media: &Media) -> Result<(Response, Option<[u8; 32]>), bool> {
        let get = |url: Url| self.client.get(url).bearer_auth(&*self.token);
        let mut url = Url::parse(&self.base).map_err(|_| false)?;
        // Its id is Meta's text: it must not lead to another path.
        url.path_segments_mut().map_err(|()| false)?.push(&media.id);
        let place = get(url).timeout(PATIENCE).send().await.map_err(|_| true)?;
        if !place.status().is_success() {
            return Err(!place.status().is_client_error());
        }
        let place: Place = serde_json::from_slice(&read(place).await.ok_or(true)?).map_err(|_| false)?;
        let url = Url::parse(&place.url).map_err(|_| false)?;
        if !self.is_of_media(&url) {
            tracing::warn!("media at an unexpected host are not fetched");
            return Err(false);
        }
        let response = get(url).send().await.map_err(|_| true)?;
        if !response.status().is_success() {
            return Err(!response.status().is_client_error());
        }
        Ok((
            response,
            media.sha256.or_else(|| place.sha256.as_deref().and_then(sha256)),
        ))
    }

    fn is_of_media(&self, url: &Url) -> bool {
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

fn refusal(status: StatusCode, number: i64) -> Refused {
    match number {
        code::PAIR => Refused::TooManyToOne,
        code::CLOSED => Refused::Closed,
        number if code::THROTTLED.contains(&number) => Refused::TooMany,
        number if code::ACCESS.contains(&number) => Refused::Access(number),
        number if code::TROUBLE.contains(&number) => Refused::Trouble(number),
        number => match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Refused::Access(number),
            StatusCode::TOO_MANY_REQUESTS => Refused::TooMany,
            status if status.is_server_error() => Refused::Trouble(number),
            _ => Refused::Never(number),
        },
    }
}

/// An answer of the API; None when it breaks off or is longer than it may be.
async fn read(mut answer: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.ok()? {
        body.extend_from_slice(&piece);
        if body.len() > LONGEST {
            return None;
        }
    }
    Some(body)
}

/// The connection broke, or what came is not what was announced.
#[derive(Debug, thiserror::Error)]
#[error("broken off or exchanged")]
pub(crate) struct Broken;

fn checked(response: Response, hash: Option<[u8; 32]>) -> impl Stream<Item = Result<Bytes, Broken>> + Send {
    let pieces = stream::unfold(Some((response, Sha256::new())), move |state| async move {
        let (mut response, mut hasher) = state?;
        match response.chunk().await {
            Ok(Some(piece)) => {
                hasher.update(&piece);
                Some((Ok(piece), Some((response, hasher))))
            }
            Ok(None) => {
                let found: [u8; 32] = hasher.finalize().into();
                hash.is_some_and(|hash| hash != found).then_some((Err(Broken), None))
            }
            Err(_) => Some((Err(Broken), None)),
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
            (400, 131_056, Refused::TooManyToOne),
            (429, 130_429, Refused::TooMany),
            (400, 131_047, Refused::Closed),
            (401, 190, Refused::Access(190)),
            (500, 131_000, Refused::Trouble(131_000)),
            (503, -1, Refused::Trouble(-1)),
            (400, 131_026, Refused::Never(131_026)),
            (400, 100, Refused::Never(100)),
        ] {
            assert_eq!(refusal(StatusCode::from_u16(status).unwrap(), number), expected);
        }
    }
}

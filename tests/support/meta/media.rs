//! Files that people send: kept here, described by the API, and fetched from another host.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Inner;
use super::api::Problem;
use super::delivery::Delivery;
use super::people::{Person, Shown};

/// How long the address of a file is good for, in seconds.
const VALID: i64 = 5 * 60;
/// The pieces in which a troubled download comes.
const PIECE: usize = 16 * 1024;

/// What happens to downloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MediaMood {
    #[default]
    Well,
    /// Other bytes come than those of which Meta tells the hash.
    WrongHash,
    /// The address names a host that is not Meta's: [`super::Meta::foreign_requests`] counts who follows.
    ForeignHost,
    /// It never ends.
    Endless,
    /// Each piece of 16 KiB comes only after this long.
    Slow(Duration),
    /// It ends halfway, with the connection.
    BrokenOff,
    /// 404.
    Gone,
}

/// A file that somebody sent.
#[derive(Clone)]
pub(super) struct Medium {
    pub(super) bytes: Bytes,
    pub(super) mime: String,
}

/// An address under which a file can be fetched for a while.
pub(super) struct Link {
    medium: String,
    expires: i64,
}

/// What `sends_…` sends.
struct File<'a> {
    kind: &'a str,
    bytes: &'a [u8],
    mime: &'a str,
    caption: Option<&'a str>,
    filename: Option<&'a str>,
}

impl Person {
    /// Sends a photo.
    pub(crate) async fn sends_image(&self, bytes: &[u8], mime: &str, caption: Option<&str>) -> Delivery {
        self.sends_file(File {
            kind: "image",
            bytes,
            mime,
            caption,
            filename: None,
        })
        .await
    }

    /// Sends a voice note.
    pub(crate) async fn sends_voice(&self, bytes: &[u8]) -> Delivery {
        self.sends_audio(bytes, "audio/ogg; codecs=opus").await
    }

    /// Sends audio: a voice note if it is Opus in Ogg, else a file of music.
    pub(crate) async fn sends_audio(&self, bytes: &[u8], mime: &str) -> Delivery {
        self.sends_file(File {
            kind: "audio",
            bytes,
            mime,
            caption: None,
            filename: None,
        })
        .await
    }

    /// Sends a document under its file name.
    pub(crate) async fn sends_document(
        &self,
        bytes: &[u8],
        mime: &str,
        filename: &str,
        caption: Option<&str>,
    ) -> Delivery {
        self.sends_file(File {
            kind: "document",
            bytes,
            mime,
            caption,
            filename: Some(filename),
        })
        .await
    }

    /// Sends a video.
    pub(crate) async fn sends_video(&self, bytes: &[u8], mime: &str, caption: Option<&str>) -> Delivery {
        self.sends_file(File {
            kind: "video",
            bytes,
            mime,
            caption,
            filename: None,
        })
        .await
    }

    async fn sends_file(&self, file: File<'_>) -> Delivery {
        let id = {
            let mut state = self.inner.state();
            let id = state.number();
            let medium = Medium {
                bytes: Bytes::copy_from_slice(file.bytes),
                mime: file.mime.into(),
            };
            state.media.insert(id.clone(), medium);
            id
        };
        // Meta writes the hash in base64 here, and in hexadecimal where it describes the file.
        let mut content = json!({
            "mime_type": file.mime,
            "sha256": STANDARD.encode(Sha256::digest(file.bytes)),
            "id": id,
        });
        if let Some(caption) = file.caption {
            content["caption"] = json!(caption);
        }
        if let Some(filename) = file.filename {
            content["filename"] = json!(filename);
        }
        if file.kind == "audio" {
            content["voice"] = json!(file.mime == "audio/ogg; codecs=opus");
        }
        let shown = Shown {
            kind: file.kind.into(),
            text: file.caption.unwrap_or_default().into(),
            medium: Some(id),
            filename: file.filename.map(str::to_owned),
            ..Shown::default()
        };
        self.sends(file.kind, content, shown).await
    }
}

/// `GET /{version}/{media-id}`: where to fetch a file, and what it should be.
pub(super) async fn describe(
    State(inner): State<Arc<Inner>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    inner.authorize(&headers)?;
    inner.speaks(&version)?;
    let mut state = inner.state();
    let medium = state.media.get(&id).cloned();
    let medium = medium.ok_or_else(|| Problem::unknown_object(&id))?;
    let hash = hex::encode(state.random::<16>());
    let expires = inner.now() + VALID;
    let host = if state.media_mood == MediaMood::ForeignHost {
        format!("localhost:{}", inner.media_port)
    } else {
        inner.media_host()
    };
    let link = Link {
        medium: id.clone(),
        expires,
    };
    state.links.insert(hash.clone(), link);
    Ok(Json(json!({
        "messaging_product": "whatsapp",
        "url": format!("http://{host}/whatsapp_business/attachments/?mid={id}&ext={expires}&hash={hash}"),
        "mime_type": medium.mime,
        "sha256": hex::encode(Sha256::digest(&medium.bytes)),
        "file_size": medium.bytes.len(),
        "id": id,
    })))
}

pub(super) fn router(inner: &Arc<Inner>) -> Router {
    Router::new()
        .route("/whatsapp_business/attachments/", get(download))
        .with_state(inner.clone())
}

#[derive(Deserialize)]
struct Asked {
    mid: String,
    hash: String,
}

async fn download(State(inner): State<Arc<Inner>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let medium = {
        let mut state = inner.state();
        let host = headers.get(HOST).and_then(|value| value.to_str().ok());
        if host != Some(&inner.media_host()) {
            state.foreign_requests += 1;
        }
        if inner.authorize(&headers).is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let link = state.links.get(&asked.hash);
        let valid = link.is_some_and(|link| link.medium == asked.mid && inner.now() < link.expires);
        if !valid || state.media_mood == MediaMood::Gone {
            return StatusCode::NOT_FOUND.into_response();
        }
        state.media.get(&asked.mid).cloned()
    };
    let Some(medium) = medium else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mood = inner.state().media_mood;
    ([(CONTENT_TYPE, medium.mime)], bytes(mood, medium.bytes)).into_response()
}

fn bytes(mood: MediaMood, bytes: Bytes) -> Body {
    match mood {
        MediaMood::Well | MediaMood::ForeignHost | MediaMood::Gone => Body::from(bytes),
        MediaMood::WrongHash => {
            let mut other = bytes.to_vec();
            match other.last_mut() {
                Some(last) => *last ^= 1,
                None => other.push(0),
            }
            Body::from(other)
        }
        MediaMood::Endless => Body::from_stream(stream::unfold((), |()| async {
            // Other tasks get their turn between two pieces.
            tokio::task::yield_now().await;
            Some((Ok::<_, Infallible>(Bytes::from_static(&[0; PIECE])), ()))
        })),
        MediaMood::Slow(pause) => Body::from_stream(stream::unfold(bytes, move |mut rest| async move {
            if rest.is_empty() {
                return None;
            }
            tokio::time::sleep(pause).await;
            let piece = rest.split_to(rest.len().min(PIECE));
            Some((Ok::<_, Infallible>(piece), rest))
        })),
        MediaMood::BrokenOff => {
            let half = bytes.slice(..bytes.len() / 2);
            Body::from_stream(stream::unfold(Some(half), |half| async move {
                // The turn of the others lets the first half leave before the end.
                tokio::task::yield_now().await;
                let piece = half.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::ConnectionReset));
                Some((piece, None))
            }))
        }
    }
}

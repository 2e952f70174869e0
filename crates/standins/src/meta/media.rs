//! Files that users send: stored here, described by the API, and downloaded from another host.

use std::convert::Infallible;
use std::sync::Arc;

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

use crate::meta::behavior::MediaBehavior;
use crate::meta::delivery::Delivery;
use crate::meta::medium::{Link, Medium};
use crate::meta::problem::Problem;
use crate::meta::state::Shared;
use crate::meta::user::{PageContent, WhatsappUser};

/// Lifetime of the address of a file.
const LINK_LIFETIME_SECONDS: i64 = 5 * 60;
/// Size of the chunks of a faulty download.
const CHUNK_BYTES: usize = 16 * 1024;

/// A file to send.
struct File<'a> {
    kind: &'a str,
    bytes: &'a [u8],
    mime: &'a str,
    caption: Option<&'a str>,
    filename: Option<&'a str>,
}

impl WhatsappUser {
    /// Sends a photo.
    pub async fn send_image(&self, bytes: &[u8], mime: &str, caption: Option<&str>) -> Delivery {
        self.send_file(File {
            kind: "image",
            bytes,
            mime,
            caption,
            filename: None,
        })
        .await
    }

    /// Sends a voice note.
    pub async fn send_voice(&self, bytes: &[u8]) -> Delivery {
        self.send_audio(bytes, "audio/ogg; codecs=opus").await
    }

    /// Sends audio: a voice note if it is Opus in Ogg, else an audio file.
    pub async fn send_audio(&self, bytes: &[u8], mime: &str) -> Delivery {
        self.send_file(File {
            kind: "audio",
            bytes,
            mime,
            caption: None,
            filename: None,
        })
        .await
    }

    /// Sends a document under its file name.
    pub async fn send_document(&self, bytes: &[u8], mime: &str, filename: &str, caption: Option<&str>) -> Delivery {
        self.send_file(File {
            kind: "document",
            bytes,
            mime,
            caption,
            filename: Some(filename),
        })
        .await
    }

    /// Sends a video.
    pub async fn send_video(&self, bytes: &[u8], mime: &str, caption: Option<&str>) -> Delivery {
        self.send_file(File {
            kind: "video",
            bytes,
            mime,
            caption,
            filename: None,
        })
        .await
    }

    async fn send_file(&self, file: File<'_>) -> Delivery {
        let id = {
            let mut state = self.shared.state();
            let id = state.number();
            let medium = Medium {
                bytes: Bytes::copy_from_slice(file.bytes),
                mime: file.mime.into(),
            };
            state.media.insert(id.clone(), medium);
            id
        };
        // Meta writes the hash in base64 here, and in hexadecimal in the description of the file.
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
        let page = PageContent {
            kind: file.kind.into(),
            text: file.caption.unwrap_or_default().into(),
            medium: Some(id),
            filename: file.filename.map(str::to_owned),
            ..PageContent::default()
        };
        self.send(file.kind, content, page).await
    }
}

/// `GET /{version}/{media-id}`: the address of a file, with its type, size and hash.
pub(super) async fn describe(
    State(shared): State<Arc<Shared>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    shared.authorize(&headers)?;
    shared.check_version(&version)?;
    let mut state = shared.state();
    let medium = state.media.get(&id).cloned();
    let medium = medium.ok_or_else(|| Problem::unknown_object(&id))?;
    let hash = hex::encode(state.random::<16>());
    let expires = shared.now() + LINK_LIFETIME_SECONDS;
    let host = if state.media_behavior == MediaBehavior::ForeignHost {
        format!("localhost:{}", shared.media_port)
    } else {
        shared.media_host()
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

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/whatsapp_business/attachments/", get(download))
        .with_state(shared.clone())
}

/// The query of a download.
#[derive(Deserialize)]
struct DownloadQuery {
    mid: String,
    hash: String,
}

/// `GET` on the download host.
async fn download(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<DownloadQuery>,
    headers: HeaderMap,
) -> Response {
    let medium = {
        let mut state = shared.state();
        let host = headers.get(HOST).and_then(|value| value.to_str().ok());
        if host != Some(&shared.media_host()) {
            state.foreign_requests += 1;
        }
        if shared.authorize(&headers).is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let link = state.links.get(&query.hash);
        let valid = link.is_some_and(|link| link.medium == query.mid && shared.now() < link.expires);
        if !valid || state.media_behavior == MediaBehavior::Gone {
            return StatusCode::NOT_FOUND.into_response();
        }
        state.media.get(&query.mid).cloned()
    };
    let Some(medium) = medium else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let behavior = shared.state().media_behavior;
    ([(CONTENT_TYPE, medium.mime)], make_body(behavior, medium.bytes)).into_response()
}

fn make_body(behavior: MediaBehavior, bytes: Bytes) -> Body {
    match behavior {
        MediaBehavior::Normal | MediaBehavior::ForeignHost | MediaBehavior::Gone => Body::from(bytes),
        MediaBehavior::WrongHash => {
            let mut other = bytes.to_vec();
            match other.last_mut() {
                Some(last) => *last ^= 1,
                None => other.push(0),
            }
            Body::from(other)
        }
        MediaBehavior::Endless => Body::from_stream(stream::unfold((), |()| async {
            // Lets other tasks run between two chunks.
            tokio::task::yield_now().await;
            Some((Ok::<_, Infallible>(Bytes::from_static(&[0; CHUNK_BYTES])), ()))
        })),
        MediaBehavior::Slow(pause) => Body::from_stream(stream::unfold(bytes, move |mut rest| async move {
            if rest.is_empty() {
                return None;
            }
            tokio::time::sleep(pause).await;
            let chunk = rest.split_to(rest.len().min(CHUNK_BYTES));
            Some((Ok::<_, Infallible>(chunk), rest))
        })),
        MediaBehavior::Truncated => {
            let half = bytes.slice(..bytes.len() / 2);
            Body::from_stream(stream::unfold(Some(half), |half| async move {
                // Lets the first half leave before the connection ends.
                tokio::task::yield_now().await;
                let chunk = half.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::ConnectionReset));
                Some((chunk, None))
            }))
        }
    }
}

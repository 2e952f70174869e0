//! The phone page, for the demo: a conversation as the user sees it.
//!
//! A visitor gets a synthetic number, and may play several users one after the other.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::meta::state::Shared;
use crate::meta::user::{UserAddress, WhatsappUser};

/// Limit for a request that waits for news.
const LONG_POLL_TIMEOUT: Duration = Duration::from_secs(25);
/// The content security policy: nothing inline, nothing from other hosts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const MIB: usize = 1024 * 1024;
/// The largest file that WhatsApp accepts: a document.
const MAX_UPLOAD_BYTES: usize = 100 * MIB;

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route(
            "/",
            get(async || page("text/html; charset=utf-8", include_str!("phone.html"))),
        )
        .route(
            "/phone.css",
            get(async || page("text/css; charset=utf-8", include_str!("phone.css"))),
        )
        .route(
            "/phone.js",
            get(async || page("text/javascript; charset=utf-8", include_str!("phone.js"))),
        )
        .route("/phone/person", post(add_user))
        .route("/phone/messages", get(messages))
        .route("/phone/say", post(send_text))
        .route("/phone/tap", post(tap))
        .route(
            "/phone/media",
            post(send_media).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES + MIB)),
        )
        .route("/phone/media/{id}", get(get_media))
        .layer(from_fn(require_same_origin))
        .with_state(shared.clone())
}

/// Refuses requests from other sites that are open in the same browser.
async fn require_same_origin(request: Request, next: Next) -> Response {
    let site = request.headers().get(HeaderName::from_static("sec-fetch-site"));
    let foreign = site.is_some_and(|site| site != "same-origin");
    if foreign && request.method() == Method::POST {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

fn page(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

/// Adds a user with a synthetic number.
async fn add_user(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let count = shared.state().users.len() + 1;
    let phone = format!("59399000{count:04}");
    let user = WhatsappUser::find_or_add(&shared, UserAddress::Phone(&phone), &format!("Persona {count}"));
    Json(json!({ "person": user.index }))
}

/// Returns the user with this index.
fn find_user(shared: &Arc<Shared>, index: usize) -> Result<WhatsappUser, StatusCode> {
    if index >= shared.state().users.len() {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(WhatsappUser {
        shared: shared.clone(),
        index,
    })
}

#[derive(Deserialize)]
struct NewsQuery {
    person: usize,
    after: u64,
}

/// Returns the conversation as soon as it has changed.
async fn messages(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<NewsQuery>,
) -> Result<Json<Value>, StatusCode> {
    let user = find_user(&shared, query.person)?;
    let mut changes = shared.changes.subscribe();
    let news = async {
        // `after` is the `next` of the last answer: the version plus one, so that 0 never waits.
        while shared.state().users[user.index].version + 1 == query.after {
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    // After the timeout the page asks again.
    let _ = tokio::time::timeout(LONG_POLL_TIMEOUT, news).await;
    let state = shared.state();
    let current = &state.users[user.index];
    let users = state.users.iter().map(|user| {
        let phone = user.phone.as_ref().map(|phone| format!("+{phone}"));
        json!({ "name": user.name, "number": phone.or_else(|| user.user_id.clone()) })
    });
    Ok(Json(json!({
        "institution": shared.settings.display_name,
        "people": users.collect::<Vec<_>>(),
        "next": current.version + 1,
        "typing": current.typing,
        "bubbles": current.thread,
    })))
}

#[derive(Deserialize)]
struct TextForm {
    person: usize,
    text: String,
}

async fn send_text(State(shared): State<Arc<Shared>>, Json(form): Json<TextForm>) -> Result<StatusCode, StatusCode> {
    let user = find_user(&shared, form.person)?;
    let length = form.text.encode_utf16().count();
    if form.text.trim().is_empty() || length > 4_096 {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    // The conversation shows the page if the message was delivered.
    user.send_text(&form.text).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct TapForm {
    person: usize,
    wamid: String,
    id: String,
}

async fn tap(State(shared): State<Arc<Shared>>, Json(form): Json<TapForm>) -> Result<StatusCode, StatusCode> {
    let user = find_user(&shared, form.person)?;
    let tapped = user.tap_on(&form.wamid, &form.id).await;
    tapped.map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A form with a file.
#[derive(Default)]
struct Upload {
    person: Option<usize>,
    caption: Option<String>,
    voice: bool,
    mime: String,
    filename: String,
    bytes: Option<Bytes>,
}

impl Upload {
    async fn read(mut form: Multipart) -> Result<Self, MultipartError> {
        let mut upload = Self::default();
        while let Some(field) = form.next_field().await? {
            match field.name() {
                Some("person") => upload.person = field.text().await?.parse().ok(),
                Some("caption") => upload.caption = Some(field.text().await?).filter(|text| !text.trim().is_empty()),
                Some("voice") => upload.voice = field.text().await? == "true",
                Some("file") => {
                    upload.mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
                    upload.filename = field.file_name().unwrap_or("archivo").to_owned();
                    upload.bytes = Some(field.bytes().await?);
                }
                _ => {}
            }
        }
        Ok(upload)
    }
}

/// Sends a file as phones would: as an image, audio or video if WhatsApp supports its type, else as a document.
async fn send_media(State(shared): State<Arc<Shared>>, form: Multipart) -> Result<StatusCode, StatusCode> {
    let upload = Upload::read(form).await.map_err(|error| error.status())?;
    let user = find_user(&shared, upload.person.ok_or(StatusCode::BAD_REQUEST)?)?;
    let bytes = upload.bytes.ok_or(StatusCode::BAD_REQUEST)?;
    if bytes.is_empty() {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let caption = upload.caption.as_deref();
    let base = upload.mime.split(';').next().unwrap_or_default().trim();
    let max_bytes = match base {
        "image/jpeg" | "image/png" => 5 * MIB,
        "audio/ogg" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/amr" | "video/mp4" | "video/3gpp" => 16 * MIB,
        _ => MAX_UPLOAD_BYTES,
    };
    if bytes.len() > max_bytes {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match base {
        "image/jpeg" | "image/png" => user.send_image(&bytes, base, caption).await,
        "video/mp4" | "video/3gpp" => user.send_video(&bytes, base, caption).await,
        "audio/ogg" if upload.voice => user.send_voice(&bytes).await,
        "audio/ogg" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/amr" => user.send_audio(&bytes, base).await,
        _ => user.send_document(&bytes, base, &upload.filename, caption).await,
    };
    Ok(StatusCode::NO_CONTENT)
}

/// Returns a file that the user sent, so that the page can show it.
async fn get_media(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, StatusCode> {
    let medium = shared.state().media.get(&id).cloned().ok_or(StatusCode::NOT_FOUND)?;
    let shown = ["image/jpeg", "image/png"].contains(&medium.mime.as_str())
        || medium.mime.starts_with("audio/")
        || medium.mime.starts_with("video/");
    let disposition = if shown { "inline" } else { "attachment" };
    let kind = if shown {
        medium.mime.as_str()
    } else {
        "application/octet-stream"
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, medium.bytes).into_response())
}

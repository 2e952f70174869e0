//! The phone page: a conversation as the person sees it, for the demo.
//!
//! Whoever opens it gets a synthetic number; several people may be played one after the other.

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

use super::people::Person;
use super::{Inner, Sender};

/// How long a request for news stays open.
const POLL: Duration = Duration::from_secs(25);
/// Nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A mebibyte.
const MIB: usize = 1024 * 1024;
/// The largest file that may be sent: a document.
const LARGEST: usize = 100 * MIB;

pub(super) fn router(inner: &Arc<Inner>) -> Router {
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
        .route("/phone/person", post(person))
        .route("/phone/messages", get(messages))
        .route("/phone/say", post(say))
        .route("/phone/tap", post(tap))
        .route("/phone/media", post(media).layer(DefaultBodyLimit::max(LARGEST + MIB)))
        .route("/phone/media/{id}", get(medium))
        .layer(from_fn(from_this_page))
        .with_state(inner.clone())
}

/// Other sites that are open in the same browser write nothing here.
async fn from_this_page(request: Request, next: Next) -> Response {
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

/// Another person, with a synthetic number of their own.
async fn person(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let count = inner.state().people.len() + 1;
    let phone = format!("59399000{count:04}");
    let person = Person::meet(&inner, Sender::Phone(&phone), &format!("Persona {count}"));
    Json(json!({ "person": person.index }))
}

fn known(inner: &Arc<Inner>, index: usize) -> Result<Person, StatusCode> {
    if index >= inner.state().people.len() {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(Person {
        inner: inner.clone(),
        index,
    })
}

#[derive(Deserialize)]
struct News {
    person: usize,
    after: u64,
}

/// The conversation, as soon as it differs from what the page has.
async fn messages(State(inner): State<Arc<Inner>>, Query(asked): Query<News>) -> Result<Json<Value>, StatusCode> {
    let person = known(&inner, asked.person)?;
    let mut changes = inner.changes.subscribe();
    let news = async {
        // `after` is what this answered before: one more than the version, so that 0 never waits.
        while inner.state().people[person.index].version + 1 == asked.after {
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    // Silence is an answer too: the page asks again.
    let _ = tokio::time::timeout(POLL, news).await;
    let state = inner.state();
    let human = &state.people[person.index];
    let people = state.people.iter().map(|human| {
        let phone = human.phone.as_ref().map(|phone| format!("+{phone}"));
        json!({ "name": human.name, "number": phone.or_else(|| human.user_id.clone()) })
    });
    Ok(Json(json!({
        "institution": inner.settings.display_name,
        "people": people.collect::<Vec<_>>(),
        "next": human.version + 1,
        "typing": human.typing,
        "bubbles": human.thread,
    })))
}

#[derive(Deserialize)]
struct Saying {
    person: usize,
    text: String,
}

async fn say(State(inner): State<Arc<Inner>>, Json(saying): Json<Saying>) -> Result<StatusCode, StatusCode> {
    let person = known(&inner, saying.person)?;
    let length = saying.text.encode_utf16().count();
    if saying.text.trim().is_empty() || length > 4_096 {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    // The page learns from the conversation whether it was taken.
    person.says(&saying.text).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Tapping {
    person: usize,
    wamid: String,
    id: String,
}

async fn tap(State(inner): State<Arc<Inner>>, Json(tapping): Json<Tapping>) -> Result<StatusCode, StatusCode> {
    let person = known(&inner, tapping.person)?;
    let tapped = person.taps_on(&tapping.wamid, &tapping.id).await;
    tapped.map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a form with a file holds.
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

/// Sends a file as the kind that phones would send it as; what they cannot send so goes as a document.
async fn media(State(inner): State<Arc<Inner>>, form: Multipart) -> Result<StatusCode, StatusCode> {
    let upload = Upload::read(form).await.map_err(|error| error.status())?;
    let person = known(&inner, upload.person.ok_or(StatusCode::BAD_REQUEST)?)?;
    let bytes = upload.bytes.ok_or(StatusCode::BAD_REQUEST)?;
    if bytes.is_empty() {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let caption = upload.caption.as_deref();
    let base = upload.mime.split(';').next().unwrap_or_default().trim();
    let most = match base {
        "image/jpeg" | "image/png" => 5 * MIB,
        "audio/ogg" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/amr" | "video/mp4" | "video/3gpp" => 16 * MIB,
        _ => LARGEST,
    };
    if bytes.len() > most {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match base {
        "image/jpeg" | "image/png" => person.sends_image(&bytes, base, caption).await,
        "video/mp4" | "video/3gpp" => person.sends_video(&bytes, base, caption).await,
        "audio/ogg" if upload.voice => person.sends_voice(&bytes).await,
        "audio/ogg" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/amr" => person.sends_audio(&bytes, base).await,
        _ => person.sends_document(&bytes, base, &upload.filename, caption).await,
    };
    Ok(StatusCode::NO_CONTENT)
}

/// A file of the person's own, to be seen or heard again on the page.
async fn medium(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Result<Response, StatusCode> {
    let medium = inner.state().media.get(&id).cloned().ok_or(StatusCode::NOT_FOUND)?;
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

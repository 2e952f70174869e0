//! JSON under `/api/v1`: what the staff's browser calls (`web/README.md`). Errors are problem documents, by `error.rs`.

pub(crate) mod attachments;
pub(crate) mod casework;
pub(crate) mod drafts;
pub(crate) mod recusal;
pub(crate) mod session;
pub(crate) mod unsealing;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Json, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::error::RouteError;
use crate::vault::base64;
use crate::witness::Inclusion;

/// A JSON body. Whatever is not of the expected shape is a bad request, whatever is too big is said to be.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = RouteError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RouteError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refused(&rejection)),
        }
    }
}

fn refused(rejection: &JsonRejection) -> RouteError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        RouteError::TooLarge
    } else {
        RouteError::BadRequest
    }
}

/// Bytes that are base64 in JSON, at most `limit` of them.
///
/// # Errors
/// [`RouteError::BadRequest`], [`RouteError::TooLarge`]
pub(crate) fn bytes(text: &str, limit: usize) -> Result<Vec<u8>, RouteError> {
    if text.len() > limit.div_ceil(3) * 4 {
        return Err(RouteError::TooLarge);
    }
    base64::decode(text).ok_or(RouteError::BadRequest)
}

/// That an entry stands in the log, with the countersigned checkpoint of the proof's tree.
pub(crate) fn inclusion(inclusion: &Inclusion, checkpoint: &[u8]) -> Value {
    let proof = inclusion.proof.iter().map(|hash| base64::encode(hash.as_bytes()));
    json!({
        "entry": base64::encode(&inclusion.entry.0),
        "index": inclusion.index,
        "proof": proof.collect::<Vec<_>>(),
        "checkpoint": base64::encode(checkpoint),
    })
}

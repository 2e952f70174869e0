//! The bodies of the API: JSON, and bytes in base64 within it.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Json, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::http::error::RouteError;
use crate::service::audit::signed_acts::SignedBytes;
use crate::vault::base64;
use crate::vault::signing::Signature;

/// Most bytes of a signed payload: all are a handful of ids, codes and hashes.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 4096;

/// A JSON body. A body of another shape is a bad request; one that is too large is refused as such.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = RouteError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RouteError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(to_route_error(&rejection)),
        }
    }
}

fn to_route_error(rejection: &JsonRejection) -> RouteError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        RouteError::TooLarge
    } else {
        RouteError::BadRequest
    }
}

/// Decodes base64, at most `limit` bytes of it.
///
/// # Errors
/// [`RouteError::BadRequest`], [`RouteError::TooLarge`]
pub(crate) fn decode(text: &str, limit: usize) -> Result<Vec<u8>, RouteError> {
    if text.len() > limit.div_ceil(3) * 4 {
        return Err(RouteError::TooLarge);
    }
    base64::decode(text).ok_or(RouteError::BadRequest)
}

/// Decodes a signed payload.
///
/// # Errors
/// [`RouteError::BadRequest`], [`RouteError::TooLarge`]
pub(crate) fn decode_signed(payload: &str, signature: Signature) -> Result<SignedBytes, RouteError> {
    Ok(SignedBytes {
        payload: decode(payload, MAX_PAYLOAD_BYTES)?,
        signature,
    })
}

//! `/assets/{name}`: the files that the build made, under hashed names.

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::RouteError;
use crate::http::site::SharedSite;

/// `GET /assets/{name}`
pub(crate) async fn serve(State(site): State<SharedSite>, Path(name): Path<String>) -> Result<Response, RouteError> {
    let asset = site.assets.get(&name).ok_or(RouteError::NotFound)?;
    Ok(([(CONTENT_TYPE, asset.content_type)], asset.body).into_response())
}

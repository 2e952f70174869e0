//! `/api/v1/staff/session`, `/keys`, `/reauthentication`: take the login secret, and answer with the sealed keys.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::http::api::body::JsonBody;
use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::site::{SharedSite, Site};
use crate::service::people::sign_in::{DEVICE_LIFETIME_SECONDS, KeyMaterial, SignInError, SignedIn as NewSession};
use crate::vault::base64;
use crate::vault::secret::Key32;

/// Bytes of an e-mail address (RFC 5321).
const MAX_EMAIL_BYTES: usize = 254;

/// E-mail and login secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInSubmission {
    email: String,
    login: Zeroizing<String>,
}

/// The login secret, derived again from the password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReauthenticationSubmission {
    login: Zeroizing<String>,
}

fn login_secret(text: &str) -> Result<Key32, RouteError> {
    let bytes = Zeroizing::new(base64::decode(text).ok_or(RouteError::BadRequest)?);
    Key32::from_slice(&bytes).ok_or(RouteError::BadRequest)
}

impl From<SignInError> for RouteError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::Unauthorized,
            SignInError::TooManyTries(wait) => Self::RateLimited(wait),
            SignInError::Service(error) => error.into(),
        }
    }
}

fn body(material: &KeyMaterial) -> Json<Value> {
    let areas = material
        .areas
        .iter()
        .map(|area| json!({ "area": area.area, "version": area.version, "wrapped": base64::encode(&area.file) }));
    Json(json!({
        "staff": {
            "id": material.staff,
            "name": material.name,
            "role": material.role,
            "language": material.language,
            "email": material.email,
        },
        "blob": base64::encode(&material.blob),
        "areas": areas.collect::<Vec<_>>(),
        "roster": material.roster.as_deref().map(base64::encode),
        "former_rosters": material.former_rosters.iter().map(|note| base64::encode(note)).collect::<Vec<_>>(),
        "checkpoint": material.checkpoint.as_deref().map(base64::encode),
        "instance": material.instance,
    }))
}

/// Deletes the draft that was being filed in this browser: the next session must not find it.
async fn discard_filing(site: &Site, headers: &HeaderMap) -> Result<(), RouteError> {
    if let Some(cookie) = cookies::read(headers, CookieName::Filing) {
        site.app.intake.discard(cookie).await?;
    }
    Ok(())
}

/// `POST /api/v1/staff/session`
pub(crate) async fn sign_in(
    State(site): State<SharedSite>,
    headers: HeaderMap,
    JsonBody(sent): JsonBody<SignInSubmission>,
) -> Result<Response, RouteError> {
    if sent.email.len() > MAX_EMAIL_BYTES {
        return Err(RouteError::BadRequest);
    }
    let login = login_secret(&sent.login)?;
    let device = cookies::read(&headers, CookieName::Device);
    let NewSession { token, id, device } = site.app.sessions.sign_in(&sent.email, &login, device).await?;
    let material = site.app.sessions.key_material(id).await?;
    // A session that ended by itself may have left a draft.
    discard_filing(&site, &headers).await?;
    let cookies = [
        cookies::set(CookieName::Staff, &token, None),
        cookies::set(CookieName::Device, &device, Some(DEVICE_LIFETIME_SECONDS)),
        cookies::clear(CookieName::Filing),
    ];
    let cookies = cookies.map(|cookie| (SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies), body(&material)).into_response())
}

/// `GET /api/v1/staff/keys`
pub(crate) async fn keys(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
) -> Result<Json<Value>, RouteError> {
    Ok(body(&site.app.sessions.key_material(member.id).await?))
}

/// `POST /api/v1/staff/reauthentication`
pub(crate) async fn reauthenticate(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    JsonBody(sent): JsonBody<ReauthenticationSubmission>,
) -> Result<StatusCode, RouteError> {
    site.app
        .sessions
        .reauthenticate(&member, &login_secret(&sent.login)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/staff/session`
pub(crate) async fn sign_out(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    discard_filing(&site, &headers).await?;
    site.app.sessions.sign_out(&member).await?;
    let cookies = [CookieName::Staff, CookieName::Filing].map(|name| (SET_COOKIE, cookies::clear(name)));
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies)).into_response())
}

//! The routes of the API, and the delivery of messages to users.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::meta::behavior::ApiBehavior;
use crate::meta::connection::Cut;
use crate::meta::media;
use crate::meta::message::ReceivedMessage;
use crate::meta::problem::Problem;
use crate::meta::request::{ApiRequest, read};
use crate::meta::state::{ApiCall, Shared};
use crate::meta::thread::ThreadEntry;

/// The customer service window: free messages are allowed for this time after the user's last message.
const SERVICE_WINDOW_SECONDS: i64 = 24 * 60 * 60;
/// The largest request that is accepted.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/{version}/{id}/messages", post(messages))
        .route("/{version}/{id}", get(media::describe))
        .layer(from_fn_with_state(shared.clone(), apply_behavior))
        .with_state(shared.clone())
}

/// Records the request, and applies the current behaviour.
async fn apply_behavior(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST_BYTES).await else {
        return Problem::parameter("the body is too large").into_response();
    };
    let behavior = {
        let mut state = shared.state();
        state.requests.push(ApiCall {
            method: parts.method.to_string(),
            uri: parts.uri.to_string(),
            body: body.clone(),
        });
        state.behavior
    };
    match behavior {
        ApiBehavior::Normal | ApiBehavior::AnswersLost => {}
        ApiBehavior::Slow(delay) => tokio::time::sleep(delay).await,
        ApiBehavior::RateLimited => return Problem::throughput().into_response(),
        ApiBehavior::Unavailable => return Problem::unavailable().into_response(),
        ApiBehavior::Down => {
            cut.now();
            return ().into_response();
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if behavior == ApiBehavior::AnswersLost {
        cut.now();
    }
    response
}

/// `POST /{version}/{phone-number-id}/messages`.
async fn messages(
    State(shared): State<Arc<Shared>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    shared.authorize(&headers)?;
    shared.check_version(&version)?;
    if id != shared.settings.phone_number_id {
        return Err(Problem::unknown_object(&id));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Problem::parameter("the body must be application/json"));
    }
    match read(&body)? {
        ApiRequest::Message {
            to,
            by_user_id,
            content,
        } => shared.send(&to, by_user_id, *content),
        ApiRequest::MarkRead { wamid, typing } => shared.mark_read(wamid, typing),
    }
    .map(Json)
}

impl Shared {
    fn send(self: &Arc<Self>, to: &str, by_user_id: bool, content: ReceivedMessage) -> Result<Value, Problem> {
        let address = if by_user_id { to.to_owned() } else { digits(to) };
        let id = if by_user_id { "user_id" } else { "wa_id" };
        let wamid = match self.accept(&address, by_user_id, content) {
            Ok(wamid) => wamid,
            Err(problem) if self.is_reported_later(&problem) => {
                let wamid = self.state().wamid(&digits(to), true);
                let mut status = self.status(&wamid, "failed", &address, by_user_id);
                status["errors"] = json!([problem.to_status_error()]);
                self.send_statuses(vec![status]);
                wamid
            }
            Err(problem) => return Err(problem),
        };
        Ok(json!({
            "messaging_product": "whatsapp",
            "contacts": [{ "input": to, id: address }],
            "messages": [{ "id": wamid }],
        }))
    }

    /// Delivers the message to the user, if rate limits, window and templates allow it. Returns its id.
    fn accept(
        self: &Arc<Self>,
        address: &str,
        by_user_id: bool,
        mut content: ReceivedMessage,
    ) -> Result<String, Problem> {
        let now = self.now();
        let (wamid, statuses) = {
            let mut state = self.state();
            let state = &mut *state;
            let millis = state.clock.now(now);
            if !state.throughput.try_acquire(millis) {
                return Err(Problem::throughput());
            }
            let index = state.users.iter().position(|user| {
                let name = if by_user_id { &user.user_id } else { &user.phone };
                name.as_deref() == Some(address)
            });
            let index = index.ok_or_else(Problem::undeliverable)?;
            if let (Some(name), Some(language)) = (&content.template, &content.language) {
                if !state.templates.contains(&(name.clone(), language.clone())) {
                    return Err(Problem::template(name, language));
                }
            } else if state.users[index]
                .last_wrote
                .is_none_or(|wrote| now - wrote >= SERVICE_WINDOW_SECONDS)
            {
                return Err(Problem::window());
            }
            if !state.users[index].pair.try_acquire(millis) {
                return Err(Problem::pair());
            }
            let digits = state.users[index].digits();
            content.wamid = state.wamid(&digits, true);
            let wamid = content.wamid.clone();
            let user = &mut state.users[index];
            user.thread.push(ThreadEntry {
                mine: false,
                at: now,
                state: "",
                answers: None,
                medium: None,
                filename: None,
                message: content.clone(),
            });
            user.version += 1;
            user.typing = false;
            user.received.push(content);
            (wamid, state.statuses.clone())
        };
        self.changed();
        let statuses = statuses
            .into_iter()
            .map(|status| self.status(&wamid, status, address, by_user_id));
        self.send_statuses(statuses.collect());
        Ok(wamid)
    }

    /// Returns true if this error is reported by a later status.
    fn is_reported_later(&self, problem: &Problem) -> bool {
        [131_026, 131_047].contains(&problem.code) && self.state().late_failures
    }

    fn status(&self, wamid: &str, status: &str, address: &str, by_user_id: bool) -> Value {
        let recipient = if by_user_id {
            "recipient_user_id"
        } else {
            "recipient_id"
        };
        let mut content = json!({
            "id": wamid,
            "status": status,
            "timestamp": self.now().to_string(),
            recipient: address,
        });
        if status != "failed" {
            content["pricing"] = json!({
                "billable": false,
                "pricing_model": "PMP",
                "category": "service",
                "type": "free_customer_service",
            });
        }
        content
    }

    fn mark_read(&self, wamid: String, typing: bool) -> Result<Value, Problem> {
        {
            let mut state = self.state();
            let mut found = false;
            for user in &mut state.users {
                let Some(last) = user
                    .thread
                    .iter()
                    .rposition(|bubble| bubble.mine && bubble.message.wamid == wamid)
                else {
                    continue;
                };
                found = true;
                // A read mark covers all earlier messages too.
                for bubble in user.thread[..=last].iter_mut().filter(|bubble| bubble.mine) {
                    bubble.state = "read";
                }
                user.typing = typing;
                user.version += 1;
            }
            if !found {
                return Err(Problem::value("message_id: no such message"));
            }
            state.read.push(wamid);
        }
        self.changed();
        Ok(json!({ "success": true }))
    }
}

/// Removes the punctuation from a phone number.
fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

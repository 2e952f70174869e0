//! The API's routes, and what becomes of a message that the product sends.

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

use super::api::{Asked, Problem, read};
use super::line::Cut;
use super::people::{Bubble, Received};
use super::{Inner, Mood, Sent, media};

/// How long after a person's last message free ones may be sent, in seconds.
const WINDOW: i64 = 24 * 60 * 60;
/// No request of the product is larger.
const LARGEST: usize = 1024 * 1024;

pub(super) fn router(inner: &Arc<Inner>) -> Router {
    Router::new()
        .route("/{version}/{id}/messages", post(messages))
        .route("/{version}/{id}", get(media::describe))
        .layer(from_fn_with_state(inner.clone(), behave))
        .with_state(inner.clone())
}

/// Writes down what came, and behaves by the mood.
async fn behave(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Problem::parameter("the body is too large").into_response();
    };
    let mood = {
        let mut state = inner.state();
        state.requests.push(Sent {
            method: parts.method.to_string(),
            uri: parts.uri.to_string(),
            body: body.clone(),
        });
        state.mood
    };
    match mood {
        Mood::Well | Mood::AnswersLost => {}
        Mood::Slow(how_long) => tokio::time::sleep(how_long).await,
        Mood::TooFast => return Problem::throughput().into_response(),
        Mood::Refusing5xx => return Problem::unavailable().into_response(),
        Mood::Down => {
            cut.now();
            return ().into_response();
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if mood == Mood::AnswersLost {
        cut.now();
    }
    response
}

async fn messages(
    State(inner): State<Arc<Inner>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    inner.authorize(&headers)?;
    inner.speaks(&version)?;
    if id != inner.settings.phone_number_id {
        return Err(Problem::unknown_object(&id));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Problem::parameter("the body must be application/json"));
    }
    match read(&body)? {
        Asked::Message {
            to,
            by_user_id,
            content,
        } => inner.send(&to, by_user_id, *content),
        Asked::Read { wamid, typing } => inner.mark_read(wamid, typing),
    }
    .map(Json)
}

impl Inner {
    fn send(self: &Arc<Self>, to: &str, by_user_id: bool, content: Received) -> Result<Value, Problem> {
        let address = if by_user_id { to.to_owned() } else { digits(to) };
        let id = if by_user_id { "user_id" } else { "wa_id" };
        let wamid = match self.accept(&address, by_user_id, content) {
            Ok(wamid) => wamid,
            Err(problem) if self.tells_later(&problem) => {
                let wamid = self.state().wamid(&digits(to), true);
                let mut status = self.status(&wamid, "failed", &address, by_user_id);
                status["errors"] = json!([problem.told_later()]);
                self.tell_statuses(vec![status]);
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

    /// Puts the message into the person's hands, if rates, window and templates allow it. Its id.
    fn accept(self: &Arc<Self>, address: &str, by_user_id: bool, mut content: Received) -> Result<String, Problem> {
        let now = self.now();
        let (wamid, statuses) = {
            let mut state = self.state();
            let state = &mut *state;
            let moment = state.moments.now(now);
            if !state.throughput.admits(moment) {
                return Err(Problem::throughput());
            }
            let person = state.people.iter().position(|human| {
                let name = if by_user_id { &human.user_id } else { &human.phone };
                name.as_deref() == Some(address)
            });
            let person = person.ok_or_else(Problem::undeliverable)?;
            if let (Some(name), Some(language)) = (&content.template, &content.language) {
                if !state.templates.contains(&(name.clone(), language.clone())) {
                    return Err(Problem::template(name, language));
                }
            } else if state.people[person].wrote.is_none_or(|wrote| now - wrote >= WINDOW) {
                return Err(Problem::window());
            }
            if !state.people[person].pair.admits(moment) {
                return Err(Problem::pair());
            }
            let digits = state.people[person].digits();
            content.wamid = state.wamid(&digits, true);
            let wamid = content.wamid.clone();
            let human = &mut state.people[person];
            human.thread.push(Bubble {
                mine: false,
                at: now,
                state: "",
                answers: None,
                medium: None,
                filename: None,
                message: content.clone(),
            });
            human.version += 1;
            human.typing = false;
            human.received.push(content);
            (wamid, state.statuses.clone())
        };
        self.changed();
        let told = statuses
            .into_iter()
            .map(|status| self.status(&wamid, status, address, by_user_id));
        let told = told.collect();
        self.tell_statuses(told);
        Ok(wamid)
    }

    fn tells_later(&self, problem: &Problem) -> bool {
        [131_026, 131_047].contains(&problem.code) && self.state().failures_come_later
    }

    fn status(&self, wamid: &str, status: &str, address: &str, by_user_id: bool) -> Value {
        let recipient = if by_user_id {
            "recipient_user_id"
        } else {
            "recipient_id"
        };
        let mut told = json!({
            "id": wamid,
            "status": status,
            "timestamp": self.now().to_string(),
            recipient: address,
        });
        if status != "failed" {
            told["pricing"] = json!({
                "billable": false,
                "pricing_model": "PMP",
                "category": "service",
                "type": "free_customer_service",
            });
        }
        told
    }

    fn mark_read(&self, wamid: String, typing: bool) -> Result<Value, Problem> {
        {
            let mut state = self.state();
            let mut found = false;
            for human in &mut state.people {
                let Some(last) = human
                    .thread
                    .iter()
                    .rposition(|bubble| bubble.mine && bubble.message.wamid == wamid)
                else {
                    continue;
                };
                found = true;
                // Whoever has read one message has read those before it.
                for bubble in human.thread[..=last].iter_mut().filter(|bubble| bubble.mine) {
                    bubble.state = "read";
                }
                human.typing = typing;
                human.version += 1;
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

/// A phone number without the marks that people write in it.
fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

//! Admission of a request: its rate limit, a place among those that are worked on at once, and a copy of its form.
//! Whoever is refused reads when to come back, and what they typed stands in the page.

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::RouteError;
use crate::http::middleware::client::{Peer, Visitor};
use crate::http::middleware::form_replay::KeptForm;
use crate::http::middleware::rate_limit::RateLimit;
use crate::http::site::SharedSite;

/// RateLimit a route asks of the guards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteLimits {
    /// RateLimit it counts as.
    pub(crate) what: Option<RateLimit>,
    /// Whether it takes one of the places of what is worked on at once.
    pub(crate) place: bool,
    /// Whether a form comes, whose answers must not be lost with a refusal.
    pub(crate) keeps: bool,
}

impl RouteLimits {
    /// Of a route of the table.
    pub(crate) fn of(method: &str, path: &str, upload: bool) -> Self {
        let inner = path.strip_prefix("/staff/filing").unwrap_or(path);
        let what = match (method, inner) {
            ("POST", "/report/start") => Some(RateLimit::Start),
            ("POST", "/report/submit" | "/follow-up/message" | "/follow-up/files/send") => Some(RateLimit::Submission),
            ("POST", "/follow-up") => Some(RateLimit::Receipt),
            ("POST", "/api/v1/staff/session") => Some(RateLimit::SignIn),
            _ => None,
        };
        // Whoever must leave at once leaves; health is asked about when it is worst; files have places of their own, and
        // what is in memory needs none.
        let free = upload || path.starts_with("/assets/") || ["/leave", "/healthz", "/readyz"].contains(&path);
        Self {
            what,
            place: !free,
            keeps: method == "POST" && !upload && !path.starts_with("/api/") && !path.starts_with("/webhooks/"),
        }
    }
}

/// Lets a request in, after a short wait at most, or says when to come back; keeps what a refused form says.
pub(crate) async fn admit(
    State((site, asks)): State<(SharedSite, RouteLimits)>,
    mut request: Request,
    next: Next,
) -> Response {
    let now = site.app.now();
    let visitor = Visitor::of(&site, &request, now);
    // Nothing further in needs the address.
    request.extensions_mut().remove::<ConnectInfo<Peer>>();
    request.extensions_mut().insert(visitor);
    // Before a place is taken: a slow body must not hold one.
    let read = match site.guards.reading.try_acquire() {
        _ if !asks.keeps => Ok((request, None)),
        Ok(_reading) => KeptForm::read(request).await,
        Err(_) => Err(RouteError::Overloaded),
    };
    let (request, kept) = match read {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    let mut response = match asks.what.map(|what| site.guards.rate_limits.take(what, visitor.0, now)) {
        Some(Err(wait)) => RouteError::Slowed(wait).into_response(),
        _ if asks.place => match site.guards.concurrency.enter().await {
            Some(_place) => next.run(request).await,
            None => RouteError::Overloaded.into_response(),
        },
        _ => next.run(request).await,
    };
    if let Some(kept) = kept
        && RouteError::of(&response).is_some_and(RouteError::passes)
    {
        response.extensions_mut().insert(kept);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_and_health_need_no_place() {
        for (method, path) in [("POST", "/leave"), ("GET", "/healthz"), ("GET", "/readyz")] {
            assert!(!RouteLimits::of(method, path, false).place, "{path}");
        }
        assert!(RouteLimits::of("POST", "/report", false).place);
        let counter = RouteLimits::of("POST", "/staff/filing/report/submit", false);
        assert!(counter.keeps && counter.what == Some(RateLimit::Submission));
        assert!(RouteLimits::of("POST", "/webhooks/whatsapp", false).what.is_none());
    }
}

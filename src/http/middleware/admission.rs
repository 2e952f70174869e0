//! Admission of a request: its rate limit, a place among those that are worked on at once, and a copy of its form. The page
//! of a refusal says when to come back, and holds the form that was typed.

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::RouteError;
use crate::http::middleware::client::{Peer, Visitor};
use crate::http::middleware::form_replay::KeptForm;
use crate::http::route::{Concurrency, Route};
use crate::http::site::SharedSite;

/// Lets a request in, after a short wait at most, or says when to come back. Keeps the form of a refused request.
pub(crate) async fn admit(
    State((site, route)): State<(SharedSite, &'static Route)>,
    mut request: Request,
    next: Next,
) -> Response {
    let now = site.app.now();
    let visitor = Visitor::of(&site, &request, now);
    // Nothing further in needs the address.
    request.extensions_mut().remove::<ConnectInfo<Peer>>();
    request.extensions_mut().insert(visitor);
    // The form is read before a place is taken: a slow body must not hold one.
    let read = match site.guards.form_readers.try_acquire() {
        _ if !route.body.is_replayed() => Ok((request, None)),
        Ok(_reader) => KeptForm::read(request).await,
        Err(_) => Err(RouteError::Overloaded),
    };
    let (request, kept) = match read {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    let rate_limit = route
        .rate_limit
        .map(|limit| site.guards.rate_limits.take(limit, visitor.0, now));
    let mut response = match (rate_limit, route.concurrency) {
        (Some(Err(wait)), _) => RouteError::RateLimited(wait).into_response(),
        (_, Concurrency::Limited) => match site.guards.concurrency.enter().await {
            Some(_place) => next.run(request).await,
            None => RouteError::Overloaded.into_response(),
        },
        (_, Concurrency::Unlimited) => next.run(request).await,
    };
    if let Some(kept) = kept
        && RouteError::of(&response).is_some_and(RouteError::is_temporary)
    {
        response.extensions_mut().insert(kept);
    }
    response
}

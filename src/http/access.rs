//! Who may come in: one guard, configured by the routes' table.

use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::domain::ids::CaseId;
use crate::domain::role::Role;
use crate::http::cookies::{self, CookieName};
use crate::http::error::{RouteError, SignedIn, Spoken, wants_json};
use crate::http::pages::Asked;
use crate::http::site::{SharedSite, Site};
use crate::service::follow_up::Returning;
use crate::service::people::sessions::Member;
use crate::store;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// Who has presented a receipt.
    Reporter,
    /// Staff in one of these roles.
    Staff(&'static [Role]),
    /// Staff in one of these roles, for the case that the path names: analysts only of the case's area, and nobody who
    /// is recused from it.
    Case(&'static [Role]),
}

/// Lets in whom the route is for, which the state names as the table writes it; puts a [`Member`], and a case of [`store::cases::Case`], into the request.
///
/// # Errors
/// [`RouteError::Unauthorized`], [`RouteError::Forbidden`] (which is an audit entry), [`RouteError::NotFound`]
pub(crate) async fn guard(
    State((site, access, route)): State<(SharedSite, Access, &'static str)>,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, RouteError> {
    let (roles, of_case) = match access {
        Access::Anyone => return Ok(next.run(request).await),
        Access::Reporter => {
            let Some(returning) = returning(&site, request.headers()).await? else {
                if wants_json(request.headers()) {
                    return Err(RouteError::Unauthorized);
                }
                let asked = Asked::of(request.uri());
                return Ok(site.redirect(asked.as_deref(), "/follow-up?expired"));
            };
            let spoken = Spoken(returning.language.clone());
            request.extensions_mut().insert(std::sync::Arc::new(returning));
            let mut response = next.run(request).await;
            response.extensions_mut().insert(spoken);
            return Ok(response);
        }
        Access::Staff(roles) => (roles, false),
        Access::Case(roles) => (roles, true),
    };
    let cookie = cookies::read(request.headers(), CookieName::Staff);
    let Some(member) = (match cookie {
        Some(cookie) => site.app.sessions.member(cookie).await?,
        None => None,
    }) else {
        let is_page = request.method() == Method::GET && !request.uri().path().starts_with("/api/");
        return if is_page {
            Ok(Redirect::to("/staff/sign-in").into_response())
        } else {
            Err(RouteError::Unauthorized)
        };
    };
    let signed_in = SignedIn(member.clone());
    let in_their_words = |outcome: Result<Response, RouteError>| {
        let mut response = outcome.into_response();
        response.extensions_mut().insert(signed_in);
        Ok(response)
    };
    if !roles.contains(&member.role) {
        deny(&site, &member, None, route).await?;
        return in_their_words(Err(RouteError::Forbidden));
    }
    if of_case {
        let id = parameters
            .iter()
            .find(|(name, _)| *name == "case")
            .and_then(|(_, id)| id.parse::<CaseId>().ok());
        let id = id.ok_or(RouteError::NotFound)?;
        let mut tx = site.app.db.read().await.map_err(crate::service::Error::from)?;
        let case = store::cases::by_id(&mut tx, id)
            .await
            .map_err(crate::service::Error::from)?;
        drop(tx);
        let case = case.ok_or(RouteError::NotFound)?;
        if member.role == Role::Analyst && !member.areas.contains(&case.area) {
            deny(&site, &member, Some(id), route).await?;
            return in_their_words(Err(RouteError::Forbidden));
        }
        if site.app.casework.is_recused(member.id, id).await? {
            deny(&site, &member, Some(id), route).await?;
            return in_their_words(Err(RouteError::Forbidden));
        }
        request.extensions_mut().insert(case);
    }
    request.extensions_mut().insert(member);
    in_their_words(Ok(next.run(request).await))
}

/// Who has presented a receipt, as far as the session still lives.
pub(crate) async fn returning(site: &Site, headers: &HeaderMap) -> Result<Option<Returning>, RouteError> {
    match cookies::read(headers, CookieName::FollowUp) {
        Some(cookie) => Ok(site.app.follow_up.returning(cookie).await?),
        None => Ok(None),
    }
}

/// Writes down that somebody tried what they may not.
async fn deny(site: &Site, member: &Member, case: Option<CaseId>, route: &'static str) -> Result<(), RouteError> {
    let app = &site.app;
    // The route as the table writes it: what stands in the parameters' places may be anybody's text.
    let entry = app.log.entry(
        Act::AccessDenied,
        Actor::Staff(member.id),
        case,
        json!({ "path": route }),
        None,
    )?;
    let entry = &entry;
    app.db
        .write("record_denial", |mut tx| async move {
            entry.write(&mut tx).await?;
            tx.commit().await
        })
        .await
        .map_err(crate::service::Error::from)?;
    Ok(())
}

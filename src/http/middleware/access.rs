//! The access guard: lets in those for whom the routes' table has a route.

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::domain::ids::CaseId;
use crate::domain::role::Role;
use crate::http::audience::{SessionLanguage, SignedInMember, wants_json};
use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::extract::find_returning;
use crate::http::page::RequestedLanguage;
use crate::http::route::{Access, Route};
use crate::http::site::{SharedSite, Site};
use crate::http::staff::shell::Section;
use crate::service::people::sessions::Member;
use crate::store::cases::Case;

/// Lets a request in, or refuses it. Puts the [`Route`], the [`Member`] or the reporter's session, and the [`Case`] into
/// the request, where the extractors find them.
///
/// # Errors
/// [`RouteError::Unauthorized`], [`RouteError::Forbidden`] (which is an audit entry), [`RouteError::NotFound`]
pub(crate) async fn guard(
    State((site, route)): State<(SharedSite, &'static Route)>,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, RouteError> {
    request.extensions_mut().insert(route);
    let (roles, names_case): (Option<&[Role]>, bool) = match route.access {
        Access::Anyone => return Ok(next.run(request).await),
        Access::Reporter => return let_reporter_in(&site, request, next).await,
        Access::Member => (None, false),
        Access::Staff(roles) => (Some(roles), false),
        Access::Case(roles) => (Some(roles), true),
    };
    let cookie = cookies::read(request.headers(), CookieName::Staff);
    let is_page = request.method() == Method::GET && !route.side.is_api();
    let Some(member) = (match cookie {
        Some(cookie) => site.app.sessions.member(cookie).await?,
        None => None,
    }) else {
        return if is_page {
            Ok(Redirect::to("/staff/sign-in").into_response())
        } else {
            Err(RouteError::Unauthorized)
        };
    };
    if is_page && member.role.is_none() && roles.is_some() {
        // The page there says what the member waits for.
        return Ok(Redirect::to(Section::Waiting.path()).into_response());
    }
    let signed_in = SignedInMember(member.clone());
    let outcome = match check_role(&site, route, &member, roles).await {
        Ok(()) if names_case => {
            let id = parameters
                .iter()
                .find(|(name, _)| *name == "case")
                .and_then(|(_, id)| id.parse::<CaseId>().ok());
            let case = site.app.casework.case(id.ok_or(RouteError::NotFound)?).await?;
            let case = case.ok_or(RouteError::NotFound)?;
            let checked = check_case(&site, route, &member, &case).await;
            request.extensions_mut().insert(case);
            checked
        }
        checked => checked,
    };
    let mut response = match outcome {
        Ok(()) => {
            request.extensions_mut().insert(member);
            next.run(request).await
        }
        Err(RouteError::Forbidden) => RouteError::Forbidden.into_response(),
        Err(error) => return Err(error),
    };
    response.extensions_mut().insert(signed_in);
    Ok(response)
}

async fn let_reporter_in(site: &Site, mut request: Request, next: Next) -> Result<Response, RouteError> {
    let Some(session) = find_returning(site, request.headers()).await? else {
        if wants_json(request.headers()) {
            return Err(RouteError::Unauthorized);
        }
        let language = RequestedLanguage::of(request.uri());
        return Ok(site.redirect(language.as_deref(), "/follow-up?expired"));
    };
    let language = SessionLanguage(session.language.clone());
    request.extensions_mut().insert(Arc::new(session));
    let mut response = next.run(request).await;
    response.extensions_mut().insert(language);
    Ok(response)
}

async fn check_role(site: &Site, route: &Route, member: &Member, roles: Option<&[Role]>) -> Result<(), RouteError> {
    if roles.is_none_or(|roles| member.role.is_some_and(|role| roles.contains(&role))) {
        return Ok(());
    }
    site.app.log.note_access_denied(member.id, None, route.path).await?;
    Err(RouteError::Forbidden)
}

async fn check_case(site: &Site, route: &Route, member: &Member, case: &Case) -> Result<(), RouteError> {
    let is_of_area = member.role != Some(Role::Analyst) || member.areas.contains(&case.area);
    if is_of_area && !site.app.casework.is_recused(member.id, case.id).await? {
        return Ok(());
    }
    site.app
        .log
        .note_access_denied(member.id, Some(case.id), route.path)
        .await?;
    Err(RouteError::Forbidden)
}

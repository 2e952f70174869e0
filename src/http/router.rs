//! The routes' table: the one list from which the router, and the test of who may go where, are built.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};

use crate::domain::role::Role;
use tower_http::timeout::TimeoutLayer;

use crate::http::access::{Access, guard};
use crate::http::api;
use crate::http::error::{self, RouteError};
use crate::http::guards::{Asks, admit};
use crate::http::observe::{self, Watched};
use crate::http::pages;
use crate::http::security;
use crate::http::site::SharedSite;
use crate::http::webhook;

/// What a form may weigh: the longest text in characters of four bytes, each percent-encoded, and room for the rest.
const FORM_LIMIT: usize = 256 * 1024;

/// How long a request may take, its body included: a slow phone needs some, a stuck one must not hold a place.
const PATIENCE: Duration = Duration::from_mins(1);

/// One row of the table.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    /// Takes files: as large as the profile allows, for as long as they keep coming.
    pub upload: bool,
    /// Bytes of a body that is no file.
    body_limit: usize,
    handler: fn() -> MethodRouter<SharedSite>,
}

impl Route {
    /// One line of the golden table in `tests/routes/routes.txt`: everything that decides who gets in and what it costs.
    pub fn summary(&self) -> String {
        let roles = |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join("+");
        let access = match self.access {
            Access::Anyone => "anyone".to_owned(),
            Access::Reporter => "reporter".to_owned(),
            Access::Staff(of) => format!("staff({})", roles(of)),
            Access::Case(of) => format!("case({})", roles(of)),
        };
        let body = if self.upload {
            "upload".to_owned()
        } else {
            self.body_limit.to_string()
        };
        let asks = Asks::of(self.method, self.path, self.upload);
        let side = Watched::of(self.path, self.method).side();
        let rate_limit = asks
            .what
            .map_or_else(|| "-".to_owned(), |what| format!("{what:?}").to_lowercase());
        format!(
            "{} {} access={access} side={side} body={body} rate_limit={rate_limit} concurrency={} replay={}",
            self.method, self.path, asks.place, asks.keeps
        )
    }
}

macro_rules! routes {
    ($($method:ident $path:literal $access:expr => $handler:path;)+) => {
        &[$(Route {
            method: routes!(# $method),
            path: $path,
            upload: matches!(stringify!($method).as_bytes(), b"UPLOAD"),
            body_limit: if matches!(stringify!($method).as_bytes(), b"WEBHOOK") { webhook::LIMIT } else { FORM_LIMIT },
            access: $access,
            handler: || routes!(@ $method)($handler),
        }),+]
    };
    (# UPLOAD) => { "POST" };
    (# WEBHOOK) => { "POST" };
    (# $method:ident) => { stringify!($method) };
    (@ UPLOAD) => { post };
    (@ WEBHOOK) => { post };
    (@ PUT) => { axum::routing::put };
    (@ GET) => { get };
    (@ POST) => { post };
    (@ DELETE) => { axum::routing::delete };
}

use Access::{Anyone, Case, Reporter, Staff};

const ANALYST: &[Role] = &[Role::Analyst];
const OFFICER: &[Role] = &[Role::Officer];
const AUDITOR: &[Role] = &[Role::Auditor];
/// Who types on a case's page.
const WRITERS: &[Role] = &[Role::Analyst, Role::Officer];
const CLERK: &[Role] = &[Role::Clerk];
const EVERY_ROLE: &[Role] = &[
    Role::Analyst,
    Role::Officer,
    Role::Auditor,
    Role::Administrator,
    Role::Clerk,
];

/// Everything that is served.
pub const ROUTES: &[Route] = routes! {
    GET "/" Anyone => pages::landing::show;
    GET "/protection" Anyone => pages::landing::show_protection;
    POST "/leave" Anyone => pages::leave::leave;

    POST "/report/start" Anyone => pages::report::start;
    GET "/report" Anyone => pages::report::show;
    POST "/report" Anyone => pages::report::answer;
    POST "/report/back" Anyone => pages::report::back;
    POST "/report/restore" Anyone => pages::report::answer;
    UPLOAD "/report/files" Anyone => pages::files::attach;
    POST "/report/files/keep" Anyone => pages::files::keep;
    POST "/report/files/remove" Anyone => pages::files::remove;
    POST "/report/submit" Anyone => pages::report::submit;
    GET "/report/receipt" Anyone => pages::receipt::show;
    GET "/report/receipt.txt" Anyone => pages::receipt::text;
    POST "/report/receipt/saved" Anyone => pages::receipt::saved;
    POST "/report/receipt/notices" Anyone => pages::by_email::give_with_receipt;
    POST "/report/receipt/notices/end" Anyone => pages::by_email::withdraw_with_receipt;

    GET "/follow-up" Anyone => pages::entry::enter;
    POST "/follow-up" Anyone => pages::entry::present;
    GET "/follow-up/case" Reporter => pages::follow_up::show;
    POST "/follow-up/message" Anyone => pages::follow_up::write;
    UPLOAD "/follow-up/files" Reporter => pages::own_files::attach;
    POST "/follow-up/files/keep" Reporter => pages::own_files::keep;
    POST "/follow-up/files/remove" Reporter => pages::own_files::remove;
    POST "/follow-up/files/send" Reporter => pages::own_files::send;
    GET "/follow-up/files/{attachment}" Reporter => pages::own_files::download;
    POST "/follow-up/notices" Reporter => pages::by_email::give;
    POST "/follow-up/notices/end" Reporter => pages::by_email::withdraw;
    GET "/follow-up/identity" Reporter => pages::own_identity::show;
    POST "/follow-up/identity" Reporter => pages::own_identity::correct;
    GET "/follow-up/identity/erasure" Reporter => pages::own_identity::show_erasure;
    POST "/follow-up/identity/erasure" Reporter => pages::own_identity::ask_erasure;
    POST "/follow-up/leave" Reporter => pages::follow_up::leave;

    GET "/staff" Staff(EVERY_ROLE) => pages::staff::sign_in::home;
    GET "/staff/sign-in" Anyone => pages::staff::sign_in::show;
    GET "/staff/inbox" Staff(ANALYST) => pages::staff::inbox::show;
    GET "/staff/cases/{case}" Case(ANALYST) => pages::staff::case::show;
    GET "/staff/desk" Staff(OFFICER) => pages::staff::desk::show;
    GET "/staff/desk/{case}" Case(OFFICER) => pages::staff::desk_case::show;
    GET "/staff/overview" Staff(&[Role::Administrator]) => pages::staff::overview::show;
    GET "/staff/log" Staff(AUDITOR) => pages::staff::log::show;
    GET "/staff/log/{leaf}" Staff(AUDITOR) => pages::staff::log::entry::show;
    GET "/staff/log/{leaf}/proof" Staff(AUDITOR) => pages::staff::log::entry::proof;
    POST "/staff/log/verification" Staff(AUDITOR) => pages::staff::log::checking::begin;
    GET "/api/v1/staff/log/verification" Staff(AUDITOR) => pages::staff::log::checking::progress;

    GET "/staff/filing" Staff(CLERK) => pages::staff::filing::show;
    POST "/staff/filing/report/start" Staff(CLERK) => pages::report::start;
    GET "/staff/filing/report" Staff(CLERK) => pages::report::show;
    POST "/staff/filing/report" Staff(CLERK) => pages::report::answer;
    POST "/staff/filing/report/back" Staff(CLERK) => pages::report::back;
    POST "/staff/filing/report/restore" Staff(CLERK) => pages::report::answer;
    UPLOAD "/staff/filing/report/files" Staff(CLERK) => pages::files::attach;
    POST "/staff/filing/report/files/keep" Staff(CLERK) => pages::files::keep;
    POST "/staff/filing/report/files/remove" Staff(CLERK) => pages::files::remove;
    POST "/staff/filing/report/submit" Staff(CLERK) => pages::report::submit;
    POST "/staff/filing/report/discard" Staff(CLERK) => pages::staff::filing::discard;
    GET "/staff/filing/report/receipt" Staff(CLERK) => pages::receipt::show;
    POST "/staff/filing/report/receipt/saved" Staff(CLERK) => pages::receipt::saved;

    GET "/staff/settings" Staff(EVERY_ROLE) => pages::staff::settings::show;
    POST "/staff/settings" Staff(EVERY_ROLE) => pages::staff::settings::save;
    POST "/api/v1/staff/session" Anyone => api::session::sign_in;
    DELETE "/api/v1/staff/session" Staff(EVERY_ROLE) => api::session::sign_out;
    GET "/api/v1/staff/keys" Staff(EVERY_ROLE) => api::session::keys;
    POST "/api/v1/staff/reauthentication" Staff(EVERY_ROLE) => api::session::reauthenticate;

    POST "/api/v1/staff/cases/{case}/messages" Case(ANALYST) => api::casework::message;
    POST "/api/v1/staff/cases/{case}/notes" Case(ANALYST) => api::casework::note;
    POST "/api/v1/staff/cases/{case}/state" Case(ANALYST) => api::casework::state;
    POST "/api/v1/staff/cases/{case}/validation" Case(ANALYST) => api::casework::validation;

    GET "/api/v1/staff/cases/{case}/drafts" Case(WRITERS) => api::drafts::list;
    PUT "/api/v1/staff/cases/{case}/drafts/{field}" Case(WRITERS) => api::drafts::keep;
    DELETE "/api/v1/staff/cases/{case}/drafts/{field}" Case(WRITERS) => api::drafts::discard;

    GET "/api/v1/staff/cases/{case}/attachments/{attachment}" Case(ANALYST) => api::attachments::fetch;
    UPLOAD "/api/v1/staff/cases/{case}/attachments/{attachment}" Case(ANALYST) => api::attachments::receive;
    POST "/api/v1/staff/cases/{case}/attachments" Case(ANALYST) => api::attachments::keep;

    POST "/api/v1/staff/cases/{case}/recusal" Case(&[Role::Analyst, Role::Officer]) => api::recusal::state;
    POST "/api/v1/staff/cases/{case}/unseals" Case(OFFICER) => api::unsealing::request;
    POST "/api/v1/staff/unseals/{unseal}/checks" Staff(OFFICER) => api::unsealing::check;
    POST "/api/v1/staff/unseals/{unseal}/showings" Staff(OFFICER) => api::unsealing::show_again;
    POST "/api/v1/staff/unseals/{unseal}/verdict" Staff(OFFICER) => api::unsealing::verdict;
    POST "/api/v1/staff/cases/{case}/erasure" Case(OFFICER) => api::unsealing::erasure;

    GET "/webhooks/whatsapp" Anyone => webhook::subscribe;
    WEBHOOK "/webhooks/whatsapp" Anyone => webhook::notify;

    GET "/assets/{name}" Anyone => asset;
    GET "/healthz" Anyone => healthz;
    GET "/readyz" Anyone => readyz;
};

/// The whole service.
pub fn router(site: SharedSite) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let guarded =
            (route.handler)().route_layer(from_fn_with_state((site.clone(), route.access, route.path), guard));
        let asks = Asks::of(route.method, route.path, route.upload);
        let admitted = guarded.layer::<_, Infallible>(from_fn_with_state((site.clone(), asks), admit));
        let bounded = if route.upload {
            admitted.layer::<_, Infallible>(DefaultBodyLimit::disable())
        } else {
            admitted
                .layer::<_, Infallible>(DefaultBodyLimit::max(route.body_limit))
                .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        };
        let watched = Watched::of(route.path, route.method);
        let seen = bounded.layer::<_, Infallible>(from_fn_with_state((site.clone(), watched), observe::watch));
        router = router.route(route.path, seen);
    }
    router
        .fallback(async || RouteError::NotFound)
        .method_not_allowed_fallback(async || RouteError::MethodNotAllowed)
        .layer(from_fn_with_state(site.clone(), security::same_site_only))
        .layer(from_fn_with_state(site.clone(), error::render))
        .layer(from_fn_with_state(site.clone(), security::headers))
        .layer(from_fn_with_state(site.clone(), observe::number))
        .layer(from_fn(security::leave_nothing_on_the_stack))
        .with_state(site)
}

/// `/assets/{name}`: what the build made, under hashed names.
async fn asset(State(site): State<SharedSite>, Path(name): Path<String>) -> Result<Response, RouteError> {
    let asset = site.assets.get(&name).ok_or(RouteError::NotFound)?;
    Ok(([(CONTENT_TYPE, asset.content_type)], asset.body).into_response())
}

/// `/healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `/readyz`: reports can be taken: database, roster, witness and room are there.
pub(super) async fn readyz(State(site): State<SharedSite>) -> Result<&'static str, RouteError> {
    site.app.db.ping().await.map_err(crate::service::Error::from)?;
    site.app.intake.may_begin().await?;
    Ok("ready\n")
}

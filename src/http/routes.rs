//! The routes' table: the one list from which the router, and the test of who may go where, are built.
//!
//! Each row states all that middleware decides by; no middleware looks at a path.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, any, delete, get, post, put};
use tower_http::timeout::TimeoutLayer;

use crate::domain::role::Role;
use crate::http::error::RouteError;
use crate::http::middleware::rate_limit::RateLimit;
use crate::http::middleware::{access, admission, request_id, same_site, security_headers, stack_wipe, telemetry};
use crate::http::reporter::{
    case_files, chat, draft_files, email_notice_forms, follow_up_case, follow_up_entry, landing, leave, message,
    own_identity, receipt,
};
use crate::http::route::{Access, BodyKind, Concurrency, Route, Side};
use crate::http::site::SharedSite;
use crate::http::{api, probes, render, staff, static_files, webhook};

/// Time for a request, its body included: a slow phone needs some, a stuck one must not hold a place.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

const ANALYST: &[Role] = &[Role::Analyst];
const OFFICER: &[Role] = &[Role::Officer];
const AUDITOR: &[Role] = &[Role::Auditor];
const ADMINISTRATOR: &[Role] = &[Role::Administrator];
const CLERK: &[Role] = &[Role::Clerk];
/// Those who type on a case's page.
const WRITERS: &[Role] = &[Role::Analyst, Role::Officer];

/// Makes rows of `method path side access body rate-limit concurrency => handler;`. A dash is no rate limit.
macro_rules! routes {
    ($(
        $method:ident $path:literal $side:ident $access:ident $(($roles:ident))? $body:ident $rate:tt $concurrency:ident
        => $handler:path;
    )+) => {
        &[$(Route {
            method: stringify!($method),
            path: $path,
            side: Side::$side,
            access: Access::$access $(($roles))?,
            body: BodyKind::$body,
            rate_limit: routes!(@rate $rate),
            concurrency: Concurrency::$concurrency,
            handler: || routes!(@method $method)($handler),
        }),+]
    };
    (@rate -) => { None };
    (@rate $limit:ident) => { Some(RateLimit::$limit) };
    (@method GET) => { get };
    (@method POST) => { post };
    (@method PUT) => { put };
    (@method DELETE) => { delete };
}

/// Everything that is served.
pub const ROUTES: &[Route] = routes! {
    // meth. path                                                  side     access               body    rate limit concurrency    handler
    GET      "/"                                                   Reporter Anyone               Empty   -          Limited     => landing::show;
    GET      "/protection"                                         Reporter Anyone               Empty   -          Limited     => landing::show_protection;
    POST     "/leave"                                              Reporter Anyone               Form    -          Unlimited   => leave::leave;

    POST     "/report/start"                                       Reporter Anyone               Form    Start      Limited     => chat::start;
    GET      "/report"                                             Reporter Anyone               Empty   -          Limited     => chat::show;
    POST     "/report"                                             Reporter Anyone               Form    -          Limited     => chat::answer;
    POST     "/report/back"                                        Reporter Anyone               Form    -          Limited     => chat::back;
    POST     "/report/restore"                                     Reporter Anyone               Form    -          Limited     => chat::answer;
    POST     "/report/files"                                       Reporter Anyone               Upload  -          Unlimited   => draft_files::attach;
    POST     "/report/files/keep"                                  Reporter Anyone               Form    -          Limited     => draft_files::keep;
    POST     "/report/files/remove"                                Reporter Anyone               Form    -          Limited     => draft_files::remove;
    POST     "/report/submit"                                      Reporter Anyone               Form    Submission Limited     => chat::submit;
    GET      "/report/receipt"                                     Reporter Anyone               Empty   -          Limited     => receipt::show;
    GET      "/report/receipt.txt"                                 Reporter Anyone               Empty   -          Limited     => receipt::text;
    POST     "/report/receipt/saved"                               Reporter Anyone               Form    -          Limited     => receipt::saved;
    POST     "/report/receipt/notices"                             Reporter Anyone               Form    -          Limited     => email_notice_forms::give_with_receipt;
    POST     "/report/receipt/notices/end"                         Reporter Anyone               Form    -          Limited     => email_notice_forms::withdraw_with_receipt;

    GET      "/follow-up"                                          Reporter Anyone               Empty   -          Limited     => follow_up_entry::enter;
    POST     "/follow-up"                                          Reporter Anyone               Form    Receipt    Limited     => follow_up_entry::present;
    GET      "/follow-up/case"                                     Reporter Reporter             Empty   -          Limited     => follow_up_case::show;
    POST     "/follow-up/message"                                  Reporter Anyone               Form    Submission Limited     => message::write;
    POST     "/follow-up/files"                                    Reporter Reporter             Upload  -          Unlimited   => case_files::attach;
    POST     "/follow-up/files/keep"                               Reporter Reporter             Form    -          Limited     => case_files::keep;
    POST     "/follow-up/files/remove"                             Reporter Reporter             Form    -          Limited     => case_files::remove;
    POST     "/follow-up/files/send"                               Reporter Reporter             Form    Submission Limited     => case_files::send;
    GET      "/follow-up/files/{attachment}"                       Reporter Reporter             Empty   -          Limited     => case_files::download;
    POST     "/follow-up/notices"                                  Reporter Reporter             Form    -          Limited     => email_notice_forms::give;
    POST     "/follow-up/notices/end"                              Reporter Reporter             Form    -          Limited     => email_notice_forms::withdraw;
    GET      "/follow-up/identity"                                 Reporter Reporter             Empty   -          Limited     => own_identity::show;
    POST     "/follow-up/identity"                                 Reporter Reporter             Form    -          Limited     => own_identity::correct;
    GET      "/follow-up/identity/erasure"                         Reporter Reporter             Empty   -          Limited     => own_identity::show_erasure;
    POST     "/follow-up/identity/erasure"                         Reporter Reporter             Form    -          Limited     => own_identity::request_erasure;
    POST     "/follow-up/leave"                                    Reporter Reporter             Form    -          Limited     => follow_up_case::leave;

    GET      "/staff"                                              Staff    Member               Empty   -          Limited     => staff::waiting::home;
    GET      "/staff/sign-in"                                      Staff    Anyone               Empty   -          Limited     => staff::sign_in::show;
    GET      "/staff/inbox"                                        Staff    Staff(ANALYST)       Empty   -          Limited     => staff::inbox::show;
    GET      "/staff/cases/{case}"                                 Staff    Case(ANALYST)        Empty   -          Limited     => staff::case::show;
    GET      "/staff/desk"                                         Staff    Staff(OFFICER)       Empty   -          Limited     => staff::desk::show;
    GET      "/staff/desk/{case}"                                  Staff    Case(OFFICER)        Empty   -          Limited     => staff::desk_case::show;
    GET      "/staff/overview"                                     Staff    Staff(ADMINISTRATOR) Empty   -          Limited     => staff::overview::show;
    GET      "/staff/log"                                          Staff    Staff(AUDITOR)       Empty   -          Limited     => staff::log::list::show;
    GET      "/staff/log/{leaf}"                                   Staff    Staff(AUDITOR)       Empty   -          Limited     => staff::log::entry::show;
    GET      "/staff/log/{leaf}/proof"                             Staff    Staff(AUDITOR)       Empty   -          Limited     => staff::log::entry::proof;
    POST     "/staff/log/verification"                             Staff    Staff(AUDITOR)       Form    -          Limited     => staff::log::verification::begin;
    GET      "/api/v1/staff/log/verification"                      StaffApi Staff(AUDITOR)       Empty   -          Limited     => staff::log::verification::progress;

    GET      "/staff/filing"                                       Counter  Staff(CLERK)         Empty   -          Limited     => staff::filing::show;
    POST     "/staff/filing/report/start"                          Counter  Staff(CLERK)         Form    Start      Limited     => chat::start;
    GET      "/staff/filing/report"                                Counter  Staff(CLERK)         Empty   -          Limited     => chat::show;
    POST     "/staff/filing/report"                                Counter  Staff(CLERK)         Form    -          Limited     => chat::answer;
    POST     "/staff/filing/report/back"                           Counter  Staff(CLERK)         Form    -          Limited     => chat::back;
    POST     "/staff/filing/report/restore"                        Counter  Staff(CLERK)         Form    -          Limited     => chat::answer;
    POST     "/staff/filing/report/files"                          Counter  Staff(CLERK)         Upload  -          Unlimited   => draft_files::attach;
    POST     "/staff/filing/report/files/keep"                     Counter  Staff(CLERK)         Form    -          Limited     => draft_files::keep;
    POST     "/staff/filing/report/files/remove"                   Counter  Staff(CLERK)         Form    -          Limited     => draft_files::remove;
    POST     "/staff/filing/report/submit"                         Counter  Staff(CLERK)         Form    Submission Limited     => chat::submit;
    POST     "/staff/filing/report/discard"                        Counter  Staff(CLERK)         Form    -          Limited     => staff::filing::discard;
    GET      "/staff/filing/report/receipt"                        Counter  Staff(CLERK)         Empty   -          Limited     => receipt::show;
    POST     "/staff/filing/report/receipt/saved"                  Counter  Staff(CLERK)         Form    -          Limited     => receipt::saved;

    GET      "/staff/settings"                                     Staff    Member               Empty   -          Limited     => staff::settings::show;
    POST     "/staff/settings"                                     Staff    Member               Form    -          Limited     => staff::settings::save;
    POST     "/api/v1/staff/session"                               StaffApi Anyone               Json    SignIn     Limited     => api::session::sign_in;
    DELETE   "/api/v1/staff/session"                               StaffApi Member               Json    -          Limited     => api::session::sign_out;
    GET      "/api/v1/staff/keys"                                  StaffApi Member               Empty   -          Limited     => api::session::keys;
    POST     "/api/v1/staff/reauthentication"                      StaffApi Member               Json    -          Limited     => api::session::reauthenticate;

    POST     "/api/v1/staff/cases/{case}/messages"                 StaffApi Case(ANALYST)        Json    -          Limited     => api::casework::message;
    POST     "/api/v1/staff/cases/{case}/notes"                    StaffApi Case(ANALYST)        Json    -          Limited     => api::casework::note;
    POST     "/api/v1/staff/cases/{case}/state"                    StaffApi Case(ANALYST)        Json    -          Limited     => api::casework::state;
    POST     "/api/v1/staff/cases/{case}/validation"               StaffApi Case(ANALYST)        Json    -          Limited     => api::casework::validation;

    GET      "/api/v1/staff/cases/{case}/drafts"                   StaffApi Case(WRITERS)        Empty   -          Limited     => api::drafts::list;
    PUT      "/api/v1/staff/cases/{case}/drafts/{field}"           StaffApi Case(WRITERS)        Json    -          Limited     => api::drafts::keep;
    DELETE   "/api/v1/staff/cases/{case}/drafts/{field}"           StaffApi Case(WRITERS)        Json    -          Limited     => api::drafts::discard;

    GET      "/api/v1/staff/cases/{case}/attachments/{attachment}" StaffApi Case(ANALYST)        Empty   -          Limited     => api::attachments::fetch;
    POST     "/api/v1/staff/cases/{case}/attachments/{attachment}" StaffApi Case(ANALYST)        Upload  -          Unlimited   => api::attachments::receive;
    POST     "/api/v1/staff/cases/{case}/attachments"              StaffApi Case(ANALYST)        Json    -          Limited     => api::attachments::keep;

    POST     "/api/v1/staff/cases/{case}/recusal"                  StaffApi Case(WRITERS)        Json    -          Limited     => api::recusal::state;
    POST     "/api/v1/staff/cases/{case}/unseals"                  StaffApi Case(OFFICER)        Json    -          Limited     => api::unsealing::request;
    POST     "/api/v1/staff/unseals/{unseal}/checks"               StaffApi Staff(OFFICER)       Json    -          Limited     => api::unsealing::check;
    POST     "/api/v1/staff/unseals/{unseal}/showings"             StaffApi Staff(OFFICER)       Json    -          Limited     => api::unsealing::show_again;
    POST     "/api/v1/staff/unseals/{unseal}/verdict"              StaffApi Staff(OFFICER)       Json    -          Limited     => api::unsealing::verdict;
    POST     "/api/v1/staff/cases/{case}/erasure"                  StaffApi Case(OFFICER)        Json    -          Limited     => api::unsealing::erasure;

    GET      "/webhooks/whatsapp"                                  Webhook  Anyone               Empty   -          Limited     => webhook::subscribe;
    POST     "/webhooks/whatsapp"                                  Webhook  Anyone               Webhook -          Limited     => webhook::notify;

    GET      "/assets/{name}"                                      Asset    Anyone               Empty   -          Unlimited   => static_files::serve;
    GET      "/healthz"                                            Probe    Anyone               Empty   -          Unlimited   => probes::healthz;
    GET      "/readyz"                                             Probe    Anyone               Empty   -          Unlimited   => probes::readyz;
};

/// Addresses under which nothing is served, and the side that says so. All others are the reporter's.
const UNSERVED: &[(&str, Side)] = &[
    ("/staff/", Side::Staff),
    ("/staff/{*rest}", Side::Staff),
    ("/api/", Side::StaffApi),
    ("/api/{*rest}", Side::StaffApi),
];

/// Builds the whole service from the table.
pub fn router(site: SharedSite) -> Router {
    let mut router = Router::new();
    for rows in ROUTES.chunk_by(|one, next| one.path == next.path) {
        let mut methods = MethodRouter::new();
        for row in rows {
            methods = methods.merge(with_row_layers(row, &site));
        }
        let methods = methods.fallback(async || RouteError::MethodNotAllowed);
        router = router.route(rows[0].path, with_side_layers(methods, rows[0].side, &site));
    }
    for (path, side) in UNSERVED {
        router = router.route(path, not_found(*side, &site));
    }
    router.fallback(not_found(Side::Reporter, &site)).with_state(site)
}

fn not_found(side: Side, site: &SharedSite) -> MethodRouter<SharedSite> {
    with_side_layers(any(async || RouteError::NotFound), side, site)
}

/// Puts the layers around a handler that its row decides: from within, access, admission, body and telemetry.
fn with_row_layers(row: &'static Route, site: &SharedSite) -> MethodRouter<SharedSite> {
    let state = (site.clone(), row);
    let guarded = (row.handler)().route_layer(from_fn_with_state(state.clone(), access::guard));
    let admitted = guarded.layer::<_, Infallible>(from_fn_with_state(state.clone(), admission::admit));
    let bounded = match row.body.max_bytes() {
        None => admitted.layer::<_, Infallible>(DefaultBodyLimit::disable()),
        Some(bytes) => {
            admitted
                .layer::<_, Infallible>(DefaultBodyLimit::max(bytes))
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::REQUEST_TIMEOUT,
                    REQUEST_TIMEOUT,
                ))
        }
    };
    bounded.layer(from_fn_with_state(state, telemetry::record))
}

/// Puts the layers around an address that its side decides, errors included.
fn with_side_layers(methods: MethodRouter<SharedSite>, side: Side, site: &SharedSite) -> MethodRouter<SharedSite> {
    let state = (site.clone(), side);
    methods
        .layer::<_, Infallible>(from_fn_with_state(state.clone(), same_site::same_site_only))
        .layer(from_fn_with_state(state.clone(), render::render_errors))
        .layer(from_fn_with_state(state, security_headers::add))
        .layer(from_fn_with_state(site.clone(), request_id::assign))
        .layer(from_fn(stack_wipe::wipe))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::metrics;

    #[test]
    fn methods_of_a_path_stand_together_and_share_its_side() {
        let mut seen = HashSet::new();
        for rows in ROUTES.chunk_by(|one, next| one.path == next.path) {
            let path = rows[0].path;
            assert!(seen.insert(path), "{path} stands in two places");
            assert!(rows.iter().all(|row| row.side == rows[0].side), "{path}");
        }
    }

    fn row(method: &str, path: &str) -> &'static Route {
        let row = ROUTES.iter().find(|row| row.method == method && row.path == path);
        row.unwrap_or_else(|| panic!("{method} {path} is not in the table"))
    }

    #[test]
    fn telemetry_tells_the_second_of_staff_only() {
        for (method, path) in [
            ("GET", "/"),
            ("POST", "/report/submit"),
            ("GET", "/follow-up"),
            ("POST", "/webhooks/whatsapp"),
            ("GET", "/staff/filing"),
            ("GET", "/staff/filing/report"),
            ("GET", "/assets/{name}"),
        ] {
            assert_eq!(row(method, path).side.telemetry(), metrics::Side::Reporter, "{path}");
        }
        for path in ["/staff", "/staff/inbox", "/api/v1/staff/keys"] {
            assert_eq!(row("GET", path).side.telemetry(), metrics::Side::Staff, "{path}");
        }
    }

    #[test]
    fn leaving_and_health_need_no_place() {
        for (method, path) in [("POST", "/leave"), ("GET", "/healthz"), ("GET", "/readyz")] {
            assert_eq!(row(method, path).concurrency, Concurrency::Unlimited, "{path}");
        }
        assert_eq!(row("POST", "/report").concurrency, Concurrency::Limited);
        let counter = row("POST", "/staff/filing/report/submit");
        assert!(counter.body.is_replayed() && counter.rate_limit == Some(RateLimit::Submission));
        assert_eq!(row("POST", "/webhooks/whatsapp").rate_limit, None);
    }

    #[test]
    fn forms_and_only_forms_change_something_from_pages() {
        for row in ROUTES {
            let expected = match (row.method, row.side) {
                ("GET", _) => [BodyKind::Empty].as_slice(),
                (_, Side::StaffApi) => &[BodyKind::Json, BodyKind::Upload],
                (_, Side::Webhook) => &[BodyKind::Webhook],
                _ => &[BodyKind::Form, BodyKind::Upload],
            };
            assert!(expected.contains(&row.body), "{} {}", row.method, row.path);
        }
    }
}

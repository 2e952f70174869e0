//! The routes' table against everybody: access, the headers of every response, and requests from other sites.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use sigilo::domain::role::Role;
use sigilo::http::ROUTES;
use sigilo::http::route::Access;
use tower::ServiceExt as _;

use crate::flows::report::{submit, words_of};
use crate::support::app::{ADMINISTRATOR, ANALYST, AUDITOR, CLERK, OFFICER, OTHER_ANALYST, Reply, TestApp, Visitor};
use crate::support::staff::{attributes, sign_in};

/// Somebody at a browser.
pub(crate) struct Who {
    pub(crate) name: &'static str,
    role: Option<Role>,
    /// True if the case of the test is of an area of theirs. Officers have no area's cases but may be let in by role.
    of_area: bool,
    reporter: bool,
    pub(crate) visitor: Visitor,
}

pub(crate) async fn everybody(app: &TestApp) -> (Vec<Who>, String) {
    let mut filing = Visitor::default();
    let words = words_of(&submit(app, &mut filing).await.text());
    let mut reporter = Visitor::default();
    app.post(&mut reporter, "/follow-up", &[("words", &words)]).await;
    let who = |name, role, of_area, reporter, visitor| Who {
        name,
        role,
        of_area,
        reporter,
        visitor,
    };
    let mut all = vec![
        who("nobody", None, false, false, Visitor::default()),
        who("reporter", None, false, true, reporter),
    ];
    for (name, email, role) in [
        ("analyst", ANALYST, Role::Analyst),
        ("analyst of another area", OTHER_ANALYST, Role::Analyst),
        ("officer", OFFICER, Role::Officer),
        ("auditor", AUDITOR, Role::Auditor),
        ("administrator", ADMINISTRATOR, Role::Administrator),
        ("clerk", CLERK, Role::Clerk),
    ] {
        let visitor = sign_in(app, email).await.visitor;
        all.push(who(name, Some(role), email != OTHER_ANALYST, false, visitor));
    }
    let inbox = app.get(&mut all[2].visitor, "/staff/inbox").await.text();
    let case = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    (all, case.rsplit('/').next().unwrap().to_owned())
}

/// A path with its parameters filled in.
pub(crate) fn filled(path: &str, case: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{case}" => case,
        part if part.starts_with('{') => "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The expected outcome: let in, or a refusal.
#[derive(Debug, PartialEq)]
enum Expected {
    In,
    Refused(StatusCode, &'static str),
}

fn expected(access: Access, who: &Who, is_page: bool) -> Expected {
    let (roles, of_case) = match access {
        Access::Anyone => return Expected::In,
        Access::Reporter if who.reporter => return Expected::In,
        Access::Reporter => return Expected::Refused(StatusCode::SEE_OTHER, "/follow-up?expired"),
        Access::Member => (None, false),
        Access::Staff(roles) => (Some(roles), false),
        Access::Case(roles) => (Some(roles), true),
    };
    let Some(role) = who.role else {
        return if is_page {
            Expected::Refused(StatusCode::SEE_OTHER, "/staff/sign-in")
        } else {
            Expected::Refused(StatusCode::UNAUTHORIZED, "")
        };
    };
    if roles.is_some_and(|roles| !roles.contains(&role)) || (of_case && role == Role::Analyst && !who.of_area) {
        return Expected::Refused(StatusCode::FORBIDDEN, "");
    }
    Expected::In
}

fn assert_headers(what: &str, reply: &Reply, staff: bool) {
    let headers = &reply.headers;
    let csp = headers["content-security-policy"].to_str().unwrap();
    assert!(
        csp.starts_with("default-src 'none';") && csp.contains("frame-ancestors 'none'"),
        "{what}: {csp}"
    );
    // Of the reporter's pages, those with the script that shows how far files are.
    assert_eq!(
        csp.contains("script-src"),
        staff || reply.text().contains("<script"),
        "{what}: {csp}"
    );
    assert!(
        !csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'"),
        "{what}: {csp}"
    );
    for (name, value) in [
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ] {
        assert_eq!(
            headers.get(name).unwrap_or_else(|| panic!("{what}: no {name}")),
            value,
            "{what}"
        );
    }
    assert!(headers.contains_key("permissions-policy"), "{what}");
}

#[tokio::test]
async fn everybody_gets_where_the_table_says_and_nowhere_else() {
    let app = TestApp::new().await;
    let (everybody, case) = everybody(&app).await;
    // Those that end a session come last.
    let mut routes: Vec<_> = ROUTES.iter().collect();
    routes.sort_by_key(|route| match (route.method, route.path) {
        (_, "/leave") => 2,
        ("DELETE", "/api/v1/staff/session") | (_, "/follow-up/leave") => 1,
        _ => 0,
    });
    for route in routes {
        let path = filled(route.path, &case);
        let is_page = route.method == "GET" && !path.starts_with("/api/");
        for who in &everybody {
            let what = format!("{} {} by {}", route.method, route.path, who.name);
            let mut visitor = who.visitor.clone();
            let method: Method = route.method.parse().unwrap();
            let reply = app.send(&mut visitor, method, &path, "", Body::empty()).await;
            assert_headers(&what, &reply, path.starts_with("/staff"));
            match expected(route.access, who, is_page) {
                Expected::Refused(status, location) => {
                    assert_eq!((reply.status, reply.location()), (status, location), "{what}");
                }
                Expected::In => {
                    assert!(!reply.status.is_server_error(), "{what}: {}", reply.status);
                    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
                    assert!(!refusals.contains(&reply.status), "{what}: {}", reply.status);
                    let location = reply.location();
                    let guarded = ["/staff/sign-in", "/follow-up?expired"].contains(&location);
                    assert!(!guarded, "{what}: sent to {location}");
                }
            }
        }
    }
}

/// Holds the table to `routes.txt`, so that no change of who gets in, or at what cost, goes unseen.
/// To accept a change, run the test with `SIGILO_GOLDEN=write` and review the difference.
#[test]
fn the_table_is_the_golden_one() {
    let table: String = ROUTES.iter().map(|route| route.summary() + "\n").collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/routes/routes.txt");
    if std::env::var("SIGILO_GOLDEN").as_deref() == Ok("write") {
        std::fs::write(path, &table).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    for (row, expected) in table.lines().zip(golden.lines()) {
        assert_eq!(row, expected);
    }
    assert_eq!(table.lines().count(), golden.lines().count());
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let app = TestApp::new().await;
    for route in ROUTES.iter().filter(|route| route.method != "GET") {
        let path = filled(route.path, "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d");
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://elsewhere.test"),
            ("origin", "null"),
            ("x-nothing", "at-all"),
        ] {
            let request = Request::builder()
                .method(route.method)
                .uri(&path)
                .header(name, value)
                .body(Body::empty())
                .unwrap();
            let response = app.router.clone().oneshot(request).await.unwrap();
            assert_eq!(
                response.status(),
                StatusCode::FORBIDDEN,
                "{} {path} with {name}: {value}",
                route.method
            );
        }
    }
}

#[tokio::test]
async fn errors_are_told_in_the_visitors_language_and_on_their_side() {
    let app = TestApp::new().await;
    // A reporter who chose English: the address carries it from page to page, and so does the session.
    let mut visitor = Visitor::default();
    let started = app.post(&mut visitor, "/report/start?lang=en", &[]).await;
    assert_eq!(started.location(), "/report?lang=en#pregunta");
    let page = app.get(&mut visitor, "/report?lang=en").await.text();
    for action in attributes(&page, "<form", "action") {
        assert!(action.ends_with("?lang=en"), "{action}");
    }
    let wrong = app.post(&mut visitor, "/report?lang=en", &[]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("<html lang=\"en\">"), "{}", wrong.text());

    let words = words_of(&submit(&app, &mut Visitor::default()).await.text());
    let mut reporter = Visitor::default();
    let entered = app
        .post(&mut reporter, "/follow-up?lang=en", &[("words", &words)])
        .await;
    assert_eq!(entered.location(), "/follow-up/case?lang=en");
    app.app().db().close().await;
    let failed = app.get(&mut reporter, "/follow-up/case?lang=en").await;
    assert!(failed.status.is_server_error() && failed.text().contains("<html lang=\"en\">"));

    // Staff stay on their side.
    let app = TestApp::new().await;
    let mut ana = sign_in(&app, ANALYST).await.visitor;
    let refused = app.get(&mut ana, "/staff/desk").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let page = refused.text();
    assert!(
        page.contains("data-sign-out") && page.contains("href=\"/staff/inbox\""),
        "{page}"
    );
    assert!(
        !page.contains("/follow-up") && !page.contains("class=\"leave\""),
        "{page}"
    );
    let nowhere = app.get(&mut Visitor::default(), "/staff/nope?lang=en").await.text();
    assert!(nowhere.contains("sigilo-instance") && nowhere.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn what_is_not_served_says_so_under_the_same_headers() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    for path in [
        "/nope",
        "/staff/nope",
        "/api/v1/nope",
        "/staff/cases",
        "/assets/nope.js",
        "/.env",
    ] {
        let reply = app.get(&mut visitor, path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_headers(path, &reply, path.starts_with("/staff"));
        let kind = reply.headers["content-type"].to_str().unwrap();
        if path.starts_with("/api/") {
            assert_eq!(kind, "application/problem+json");
            assert_eq!(reply.json()["status"], 404);
        } else {
            assert!(
                kind.starts_with("text/html") && reply.text().contains("Esta página no existe"),
                "{path}"
            );
        }
    }
    let reply = app.send(&mut visitor, Method::DELETE, "/", "", Body::empty()).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_headers("DELETE /", &reply, false);
}

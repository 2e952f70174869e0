//! The inbox's pages at a million cases, through the router, on both databases. The target is 20 ms at the 95th
//! percentile.
//!
//! Covers each filter and order alone, rare and missing values, late pages and random combinations; for an analyst with
//! one area and one with all areas; sequentially and with eight requests in parallel.

#![expect(clippy::disallowed_methods, reason = "benches measure")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use sigilo::dialogue::Profile;
use sigilo::http::{Site, router};
use sigilo::vault::base64;
use sigilo::vault::staffkeys::PasswordKeys;
use sigilo_testkit::postgres;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

#[path = "support/fill.rs"]
mod fill;
#[path = "support/service.rs"]
mod service;

/// Measured pages of each kind.
const PAGES: usize = 40;
const AT_ONCE: usize = 8;
/// Number of random combinations.
const DRAWN: usize = 400;
/// The target in milliseconds.
const FIGURE: f64 = 20.0;

#[tokio::main]
async fn main() {
    let cases = std::env::var("CASES").map_or(1_000_000, |cases| cases.parse().expect("a number"));
    let only = std::env::var("DATABASE").ok();
    for database in ["SQLite", "PostgreSQL"] {
        if only.as_ref().is_some_and(|only| only != database) {
            continue;
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let url = if database == "SQLite" {
            format!("sqlite:{}", folder.path().join("sigilo.sqlite").display())
        } else {
            postgres::fresh_url().await
        };
        let site = service::site(&folder, &url).await;
        let begun = Instant::now();
        fill::fill(&url, &site.app.profile(), site.app.today(), cases).await;
        println!(
            "\n{database}, {cases} cases, filled in {:.0} s\n",
            begun.elapsed().as_secs_f64()
        );
        measure(&site).await;
        site.app.db().close().await;
    }
}

async fn measure(site: &Arc<Site>) {
    let router = router(site.clone());
    let today = site.app.today().0;
    let mut worst: f64 = 0.0;
    for (who, email) in [("all areas", service::ALL_AREAS), ("one area", service::ONE_AREA)] {
        let cookie = sign_in(site, &router, email).await;
        println!("{who:<38}  p50 ms  p95 ms  p99 ms   8 at once: p95 ms   rows");
        for (what, query) in queries(today) {
            let alone = alone(&router, &cookie, &query).await;
            let crowd = at_once(&router, &cookie, &query).await;
            worst = worst.max(alone.percentile(95));
            println!(
                "  {what:<36} {:>7.1} {:>7.1} {:>7.1} {:>19.1} {:>6}",
                alone.percentile(50),
                alone.percentile(95),
                alone.percentile(99),
                crowd.percentile(95),
                alone.rows
            );
        }
        let (first, drawn) = drawn(&site.app.profile(), &router, &cookie).await;
        worst = worst.max(drawn.percentile(95));
        for (what, run) in [
            ("drawn at random, for the first time", first),
            ("the same again", drawn),
        ] {
            println!(
                "  {:<36} {:>7.1} {:>7.1} {:>7.1} {:>26}",
                format!("{DRAWN} {what}"),
                run.percentile(50),
                run.percentile(95),
                run.percentile(99),
                format!("{} went on elsewhere", run.rows),
            );
        }
        println!();
    }
    let verdict = if worst < FIGURE { "holds" } else { "DOES NOT HOLD" };
    println!("worst p95 {worst:.1} ms: the figure of {FIGURE} ms {verdict}");
}

/// Each filter and order alone, and hard combinations: common values that rarely occur together.
fn queries(today: i64) -> Vec<(&'static str, String)> {
    let mut queries = Vec::new();
    let mut add = |what, query: &str| queries.push((what, query.to_owned()));
    add("default", "");
    add("newest", "sort=newest");
    add("oldest", "sort=oldest");
    add("all states", "state=all");
    add("all states, newest", "state=all&sort=newest");
    add("all states, oldest", "state=all&sort=oldest");
    add("received", "state=received");
    add("waiting, oldest", "state=waiting_for_reporter&sort=oldest");
    add("closed", "state=closed");
    add("closed, oldest", "state=closed&sort=oldest");
    add("denuncias", "kind=denuncia");
    add("a common category", "category=mal-trato&state=all&sort=newest");
    add("a rare category", "category=facturacion&state=all&sort=newest");
    add("no such category", "category=no-such&state=all");
    add("a large province", "province=17");
    add("a small province", "province=20&state=all&sort=oldest");
    add("a large hospital", "province=17&establishment=hcam&state=all");
    add("a small hospital", "establishment=puyo&state=all&sort=newest");
    add(
        "a hospital's oldest denuncias",
        "establishment=hcam&kind=denuncia&sort=oldest",
    );
    add("the counter", "channel=desk");
    add("the counter, all, oldest", "channel=desk&state=all&sort=oldest");
    add("verdict valid", "verdict=valid&state=all");
    add("verdict unreachable", "verdict=unreachable&state=all&sort=newest");
    add("verdict unreachable, open", "verdict=unreachable");
    add("no verdict, closed", "verdict=none&state=closed");
    add("overdue", "overdue=1");
    add("overdue, newest", "overdue=1&sort=newest");
    add("unread", "unread=1");
    add("unread, all, oldest", "unread=1&state=all&sort=oldest");
    add(
        "common values that hardly meet",
        "state=closed&verdict=mismatch&channel=desk&kind=queja&sort=oldest",
    );
    add(
        "five filters that meet nowhere",
        "state=received&verdict=valid&channel=desk&province=20&unread=1",
    );
    add("a page in the middle, open", &format!("after=due.{}.80", today - 20));
    add(
        "a page in the middle, all",
        &format!("state=all&sort=newest&after=day.{}.80", today - 400),
    );
    add(
        "far down, and rare",
        &format!(
            "state=all&sort=newest&verdict=mismatch&province=09&after=day.{}.80",
            today - 600
        ),
    );
    queries
}

/// The durations of one address of the inbox, page by page.
struct Run {
    /// Sorted, shortest first.
    took: Vec<Duration>,
    rows: usize,
}

impl Run {
    fn of(mut took: Vec<Duration>, rows: usize) -> Self {
        took.sort_unstable();
        Self { took, rows }
    }

    /// A percentile in milliseconds.
    fn percentile(&self, hundredths: usize) -> f64 {
        let rank = (self.took.len() * hundredths).div_ceil(100).max(1);
        self.took[rank - 1].as_secs_f64() * 1000.0
    }
}

async fn page(router: &Router, cookie: &str, query: &str) -> (Duration, String) {
    let request = Request::get(format!("/staff/inbox?{query}"))
        .header(COOKIE, cookie)
        .body(Body::empty())
        .unwrap();
    let asked = Instant::now();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let took = asked.elapsed();
    assert_eq!(status, StatusCode::OK, "{query}");
    (took, String::from_utf8(body.to_vec()).unwrap())
}

async fn alone(router: &Router, cookie: &str, query: &str) -> Run {
    let (_, first) = page(router, cookie, query).await;
    let mut took = Vec::new();
    for _ in 0..PAGES {
        took.push(page(router, cookie, query).await.0);
    }
    Run::of(took, first.matches("<th scope=\"row\">").count())
}

async fn at_once(router: &Router, cookie: &str, query: &str) -> Run {
    let mut running = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (router, cookie, query) = (router.clone(), cookie.to_owned(), query.to_owned());
        running.spawn(async move {
            let mut took = Vec::new();
            for _ in 0..PAGES / AT_ONCE {
                took.push(page(&router, &cookie, &query).await.0);
            }
            took
        });
    }
    Run::of(running.join_all().await.concat(), 0)
}

/// Durations of random combinations, at the first request and at the second. `rows` counts unfinished pages.
async fn drawn(profile: &Profile, router: &Router, cookie: &str) -> (Run, Run) {
    let mut rng = StdRng::seed_from_u64(11);
    let (mut first, mut took, mut unfinished) = (Vec::new(), Vec::new(), 0);
    for _ in 0..DRAWN {
        let query = draw(profile, &mut rng);
        first.push(page(router, cookie, &query).await.0);
        let (time, html) = page(router, cookie, &query).await;
        if std::env::var_os("SLOW").is_some() && time.as_secs_f64() * 1000.0 > FIGURE / 2.0 {
            println!("    {:.1} ms: {query}", time.as_secs_f64() * 1000.0);
        }
        took.push(time);
        unfinished += usize::from(html.contains("data-unfinished"));
    }
    (Run::of(first, unfinished), Run::of(took, unfinished))
}

fn draw(profile: &Profile, rng: &mut StdRng) -> String {
    let mut one_of = |values: &[&str]| values[rng.next_u32() as usize % values.len()].to_owned();
    let categories: Vec<&str> = profile.categories.iter().map(|each| each.id.as_str()).collect();
    let provinces: Vec<&str> = profile.provinces.keys().map(String::as_str).collect();
    let establishments = profile
        .establishments
        .values()
        .flat_map(|of| of.keys().map(String::as_str));
    let establishments: Vec<&str> = establishments.collect();
    let states = [
        "open",
        "all",
        "received",
        "in_review",
        "waiting_for_reporter",
        "resolved",
        "closed",
    ];
    let mut query = String::new();
    for (name, odds, values) in [
        ("state", 100, &states[..]),
        ("sort", 100, &["deadline", "newest", "oldest"]),
        ("kind", 30, &["queja", "denuncia"]),
        ("category", 40, &categories),
        ("province", 30, &provinces),
        ("establishment", 20, &establishments),
        ("channel", 40, &["web", "whatsapp", "desk"]),
        ("verdict", 50, &["none", "valid", "mismatch", "unreachable"]),
        ("overdue", 15, &["1"]),
        ("unread", 15, &["1"]),
    ] {
        let value = one_of(values);
        let lot: usize = one_of(&["0", "10", "20", "30", "40", "50", "60", "70", "80", "90"])
            .parse()
            .unwrap();
        if lot < odds {
            write!(query, "{name}={value}&").unwrap();
        }
    }
    query
}

/// Signs in. Returns the session's cookie.
async fn sign_in(site: &Site, router: &Router, email: &str) -> String {
    let keys = PasswordKeys::derive(site.app.instance, email, service::PASSWORD);
    let body = json!({ "email": email, "login": base64::encode(keys.login.expose()) });
    let request = Request::post("/api/v1/staff/session")
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

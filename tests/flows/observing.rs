//! The operators' view: metrics on a separate listener, and a log with the error numbers that people were shown. Also
//! the facts that neither of them reveals.

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use sigilo::domain::facets::Channel;
use sigilo::http::internal;
use sigilo::metrics::Outcome;
use tower::ServiceExt as _;

use super::report::{answer_for, submit, words_of};
use crate::support::app::{ANALYST, AUDITOR, CLERK, TestApp, Visitor};
use crate::support::program::Installation;
use crate::support::staff::sign_in;

/// Returns the answer of the operator's listener.
async fn inside(app: &TestApp, path: &str) -> (StatusCode, String) {
    let router = internal(app.site.clone(), vec![("database", app.folder.path().to_owned())]);
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn scraped(app: &TestApp) -> String {
    let (status, text) = inside(app, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    text
}

/// The value of a series, as its line has it.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[tokio::test]
async fn what_staff_and_the_program_do_is_told_at_once() {
    let app = TestApp::new().await;
    let mut ana = sign_in(&app, ANALYST).await;
    app.get(&mut ana.visitor, "/staff/inbox").await;
    app.get(&mut ana.visitor, "/staff/desk").await;
    app.clock.advance(7);
    let text = scraped(&app).await;
    for (series, expected) in [
        (
            "sigilo_http_requests_total{route=\"/staff/inbox\",method=\"GET\",status=\"2xx\"}",
            1.0,
        ),
        (
            "sigilo_http_requests_total{route=\"/staff/desk\",method=\"GET\",status=\"4xx\"}",
            1.0,
        ),
        (
            "sigilo_http_request_seconds_count{route=\"/staff/inbox\",method=\"GET\"}",
            1.0,
        ),
        // The sign-in and the refusal wait for the sequencer.
        ("sigilo_log_waiting_entries", 2.0),
        ("sigilo_log_waiting_seconds", 7.0),
        ("sigilo_cosignature_overdue_seconds", 0.0),
        ("sigilo_witness_up", 1.0),
        ("sigilo_database_up", 1.0),
        ("sigilo_intake_ready", 1.0),
        ("sigilo_kdf_queue", 0.0),
        ("sigilo_roster_version", 1.0),
        ("sigilo_queue_length{name=\"notices\"}", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in {text}");
    }
    assert!(value(&text, "sigilo_disk_free_bytes{name=\"database\"}").is_some());
    app.app().log.sequence().await.unwrap();
    app.clock.advance(90);
    let text = scraped(&app).await;
    assert_eq!(value(&text, "sigilo_log_waiting_entries"), Some(0.0));
    assert_eq!(value(&text, "sigilo_cosignature_overdue_seconds"), Some(90.0));
    // The metrics matter most to an operator when the database is away.
    app.app().db().close().await;
    let text = scraped(&app).await;
    assert_eq!(value(&text, "sigilo_database_up"), Some(0.0));
    assert_eq!(inside(&app, "/healthz").await.0, StatusCode::OK);
    assert_eq!(inside(&app, "/readyz").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(inside(&app, "/staff").await.0, StatusCode::NOT_FOUND);
}

/// Only what reporters move: the counted requests of the auditor, clocks and the machine's own figures are left out.
fn of_reporters(text: &str) -> Vec<String> {
    let counted = [
        "sigilo_reports_total",
        "sigilo_http_",
        "sigilo_kdf_w",
        "sigilo_transaction",
        "sigilo_queue_length",
        "sigilo_reporter_errors",
        "sigilo_log_",
    ];
    let lines = text
        .lines()
        .filter(|line| counted.iter().any(|name| line.starts_with(name)));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn what_reporters_do_moves_no_number_before_their_day_is_over() {
    let app = TestApp::new().await;
    app.app().metrics.release(app.app().today());
    let before = of_reporters(&scraped(&app).await);
    let words = words_of(&submit(&app, &mut Visitor::default()).await.text());
    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up", &[("words", &words)]).await;
    app.get(&mut back, "/follow-up/case").await;
    let mut refusing = Visitor::default();
    refuse(&app, &mut refusing).await;
    app.app().metrics.release(app.app().today());
    assert_eq!(of_reporters(&scraped(&app).await), before);

    app.clock.advance(24 * 3600);
    app.app().metrics.release(app.app().today());
    let text = scraped(&app).await;
    for (series, expected) in [
        ("sigilo_reports_total{channel=\"web\",outcome=\"submitted\"}", 1.0),
        ("sigilo_reports_total{channel=\"web\",outcome=\"refused\"}", 1.0),
        ("sigilo_reports_total{channel=\"web\",outcome=\"failed\"}", 0.0),
        ("sigilo_reports_total{channel=\"whatsapp\",outcome=\"submitted\"}", 0.0),
        (
            "sigilo_http_requests_total{route=\"/report/submit\",method=\"POST\",status=\"3xx\"}",
            1.0,
        ),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in {text}");
    }
    // Besides the passwords of staff, the words were made once and typed once.
    assert!(value(&text, "sigilo_kdf_work_seconds_count") > Some(1.0));
    // The draft of the person who refused is swept a day later, and counted another day later.
    app.clock.advance(3600);
    app.app().operations.sweep().await.unwrap();
    let swept = "sigilo_reports_total{channel=\"web\",outcome=\"expired\"}";
    assert_eq!(value(&scraped(&app).await, swept), Some(0.0));
    app.clock.advance(24 * 3600);
    app.app().metrics.release(app.app().today());
    assert_eq!(value(&scraped(&app).await, swept), Some(1.0));
}

/// Answers until consent is asked for, and refuses it.
async fn refuse(app: &TestApp, visitor: &mut Visitor) {
    app.post(visitor, "/report/start", &[]).await;
    loop {
        let page = app.get(visitor, "/report").await.text();
        let step = super::report::step_of(&page);
        let mut fields = vec![("step", step.as_str())];
        if page.contains("value=\"refuse\"") {
            fields.push(("value", "refuse"));
            app.post(visitor, "/report", &fields).await;
            return;
        }
        fields.extend(answer_for(&step));
        app.post(visitor, "/report", &fields).await;
    }
}

#[tokio::test]
async fn no_label_says_more_than_a_code() {
    let app = TestApp::new().await;
    submit(&app, &mut Visitor::default()).await;
    let mut ana = sign_in(&app, ANALYST).await;
    sign_in(&app, CLERK).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    let case = crate::support::staff::attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    app.get(&mut ana.visitor, &case).await;
    app.get(&mut ana.visitor, "/staff/cases/Centinela%20de%20la%20ruta")
        .await;
    app.get(&mut ana.visitor, "/staff/Centinela").await;
    app.app().metrics.count_reports(Channel::Desk, Outcome::Submitted, 1);
    app.clock.advance(24 * 3600);
    app.app().metrics.release(app.app().today());
    app.app().metrics.release(app.app().today().plus_days(1));
    let text = scraped(&app).await;
    let number = case.rsplit('/').next().unwrap();
    for secret in [
        number,
        ANALYST,
        "Centinela",
        &app.app().instance.to_string(),
        &ana.id.to_string(),
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let labels = line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
        for label in labels.iter().flat_map(|(labels, _)| labels.split("\",")) {
            let (_, value) = label.split_once("=\"").unwrap();
            let plain = |c: char| c.is_ascii_alphanumeric() || " /{}._+-".contains(c);
            assert!(value.trim_end_matches('"').chars().all(plain), "{line}");
        }
    }
}

#[tokio::test]
async fn the_public_side_knows_no_metrics() {
    let app = TestApp::new().await;
    for mut visitor in [Visitor::default(), sign_in(&app, AUDITOR).await.visitor] {
        for path in ["/metrics", "/metrics/", "/internal/metrics", "//metrics"] {
            assert_eq!(
                app.get(&mut visitor, path).await.status,
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn an_error_has_a_number_that_the_log_has_too() {
    let app = TestApp::new().await;
    let mut ana = sign_in(&app, ANALYST).await.visitor;
    let refused = app.get(&mut ana, "/staff/desk").await;
    let number = refused.headers["x-request-id"].to_str().unwrap().to_owned();
    assert!(
        refused.text().contains(&format!("Número de este error: {number}")),
        "{}",
        refused.text()
    );
    let again = app.get(&mut ana, "/staff/desk").await;
    assert_ne!(again.headers["x-request-id"].to_str().unwrap(), number);
    let problem = app.get(&mut ana, "/api/v1/staff/nope").await;
    assert_eq!(
        problem.json()["request"],
        serde_json::Value::Null,
        "the log tells nothing of it"
    );
    // No log contains a reporter's mistake, so the page shows no number.
    let nowhere = app.get(&mut Visitor::default(), "/nope").await;
    assert!(nowhere.headers.contains_key("x-request-id") && !nowhere.text().contains("Número de este error"));
    // The service never takes a request id from outside.
    let request = Request::builder().uri("/").header("x-request-id", "AAAA-AAAA");
    let response = app
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_ne!(response.headers()["x-request-id"], "AAAA-AAAA");

    app.app().db().close().await;
    let failed = app.post(&mut Visitor::default(), "/report/start?lang=en", &[]).await;
    assert!(failed.status.is_server_error());
    let number = failed.headers["x-request-id"].to_str().unwrap();
    assert!(
        failed.text().contains(&format!("Number of this error: {number}")),
        "{}",
        failed.text()
    );
}

/// The names of series that a text uses, without what belongs to histograms and counters.
fn names(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("sigilo_") {
        let name: String = text[at..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '_')
            .collect();
        let ends = ["_bucket", "_count", "_sum", "_total"];
        let bare = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        found.insert(bare.to_owned());
    }
    found
}

#[tokio::test]
async fn dashboard_and_alerts_ask_for_what_there_is() {
    let app = TestApp::new().await;
    let mut ana = sign_in(&app, ANALYST).await;
    app.get(&mut ana.visitor, "/staff/inbox").await;
    app.app()
        .metrics
        .record_job("sequence", true, std::time::Duration::ZERO, 1);
    let there = names(&scraped(&app).await);
    let dashboard: serde_json::Value = serde_json::from_str(include_str!("../../docs/grafana-dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 20 && dashboard["title"] == "Sigilo");
    let mut asked = BTreeSet::new();
    for expression in panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten())
    {
        asked.extend(names(expression["expr"].as_str().unwrap()));
    }
    asked.extend(names(include_str!("../../docs/prometheus-alerts.yaml")));
    assert!(asked.len() > 15);
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?} of {there:?}");
    let unseen: Vec<_> = there.difference(&asked).collect();
    assert!(unseen.is_empty(), "nobody looks at {unseen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_keeps_both_listeners_and_its_log_apart() {
    let installation = Installation::ready();
    let own = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    installation.configure(&format!("{own}[server]\ninternal = \"127.0.0.1:0\"\n"));
    let server = installation.serve();
    let mark = "listening for the operator\",\"address\":\"";
    let log = server.log();
    let address = log.split(mark).nth(1).unwrap_or_else(|| panic!("{log}"));
    let address = address.split('"').next().unwrap();

    let mut browser = server.browser();
    let client = reqwest::Client::builder()
        .user_agent("Navegadorcentinela/1.0")
        .build()
        .unwrap();
    let get = async |url: String| {
        client
            .get(url)
            .header("x-forwarded-for", "203.0.113.77")
            .send()
            .await
            .unwrap()
    };
    let metrics = get(format!("http://{address}/metrics")).await;
    assert_eq!(metrics.status(), 200);
    assert_eq!(
        metrics.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = metrics.text().await.unwrap();
    assert!(
        text.contains("sigilo_job_runs_total{name=\"sequence\",outcome=\"success\"}"),
        "{text}"
    );
    assert_eq!(get(format!("http://{address}/readyz")).await.status(), 200);
    for path in [
        "/metrics",
        "/report?q=Consultacentinela",
        "/staff/sign-in?lang=Consultacentinela",
    ] {
        get(format!("http://{}{path}", server.address)).await;
    }
    let answer = |step: &str| {
        let known = answer_for(step).into_iter();
        known.map(|(name, value)| (name, value.to_owned())).collect()
    };
    let submitted = browser.report(answer).await.unwrap();
    assert_eq!(submitted.location, "/report/receipt", "{}", submitted.text);

    let log = server.log();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests: Vec<_> = lines
        .iter()
        .filter(|line| line["fields"]["message"] == "request")
        .collect();
    assert!(
        requests.iter().any(|line| line["fields"]["route"] == "/staff/sign-in"),
        "{log}"
    );
    for line in &requests {
        let route = line["fields"]["route"].as_str().unwrap();
        assert!(
            route.starts_with("/staff") || route.starts_with("/api/v1/staff"),
            "{line}"
        );
        assert_eq!(line["span"]["number"].as_str().unwrap().len(), 9);
    }
    for secret in ["centinela", "Centinela", "203.0.113.77", "/report"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

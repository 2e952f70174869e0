//! Overload, rate limits and full disks: some requests are refused, others are not, and no typed text is lost.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use serde_json::json;
use sigilo::config::{DiskReserve, LimitsConfig, Quota, ServerConfig};
use sigilo::http::middleware::client::Peer;
use sigilo::http::middleware::guards::Guards;
use sigilo::service::operations::disks::Disks;
use sigilo::vault::base64;

use crate::flows::evidence::at_files;
use crate::flows::report::{answer_for, step_of, submit, walk, words_of};
use crate::support::app::{ADMINISTRATOR, ANALYST, CLERK, PASSWORD, Reply, TestApp, Visitor, form};
use crate::support::staff::{SESSION, sign_in, try_sign_in};

const STORY: &str = "Me pidieron <dinero> en la ventanilla, y \"nadie\" me oyó.";

/// The service with visitors from given addresses, as the listener reports them.
struct Peers {
    app: TestApp,
    router: axum::Router,
}

impl Peers {
    async fn under(limits: LimitsConfig, trusted: &[&str]) -> Self {
        let server = ServerConfig {
            trusted_proxies: trusted.iter().map(|network| network.parse().unwrap()).collect(),
            ..ServerConfig::default()
        };
        let app = TestApp::new()
            .await
            .changed(|site| site.guards = Guards::new(&server, limits));
        Self {
            router: app.router.clone(),
            app,
        }
    }

    /// Returns the service as a visitor at this address reaches it.
    fn at(&mut self, address: &str) -> &TestApp {
        let address: SocketAddr = format!("{address}:4000").parse().unwrap();
        self.app.router = self.router.clone().layer(Extension(ConnectInfo(Peer(address))));
        &self.app
    }
}

fn pair(visitor: u64) -> Quota {
    Quota {
        visitor,
        everybody: 10_000,
    }
}

fn retry_after(reply: &Reply) -> u32 {
    let value = reply.headers.get("retry-after");
    value.expect("it says when").to_str().unwrap().parse().unwrap()
}

/// Returns the form that a page offers for sending again: its action, and its fields as a browser would send them.
fn again(page: &str) -> (String, Vec<(String, String)>) {
    let form = page
        .split("</form>")
        .find(|part| part.contains("Enviar otra vez"))
        .unwrap();
    let form = form.rsplit("<form").next().unwrap();
    let action = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = form.split("<textarea name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once('"').unwrap();
        let value = rest.split_once(">\n").unwrap().1.split("</textarea>").next().unwrap();
        let value = value.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
        (name.to_owned(), value)
    });
    (action.to_owned(), fields.collect())
}

#[tokio::test]
async fn one_visitor_waits_keeps_the_words_and_others_go_on() {
    let limits = LimitsConfig {
        starts: pair(3),
        ..LimitsConfig::default()
    };
    let mut peers = Peers::under(limits, &[]).await;
    for _ in 0..3 {
        let started = peers
            .at("192.0.2.7")
            .post(&mut Visitor::default(), "/report/start", &[])
            .await;
        assert_eq!(started.status, StatusCode::SEE_OTHER);
    }
    let refused = peers
        .at("192.0.2.7")
        .post(&mut Visitor::default(), "/report/start?lang=en", &[])
        .await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(retry_after(&refused), 200);
    let page = refused.text();
    assert!(page.contains("in 4 minutes.") && page.contains("Send again"), "{page}");
    assert_eq!(refused.headers["cache-control"], "no-store");
    for (address, expected) in [
        ("192.0.2.8", 303),
        ("192.0.2.7", 429),
        ("127.0.0.1", 303),
        ("127.0.0.1", 303),
    ] {
        let reply = peers
            .at(address)
            .post(&mut Visitor::default(), "/report/start", &[])
            .await;
        assert_eq!(reply.status, expected, "{address}");
    }
    // The page names no address.
    assert!(!page.contains("192.0.2"));
    peers.app.clock.advance(200);
    let later = peers
        .at("192.0.2.7")
        .post(&mut Visitor::default(), "/report/start", &[])
        .await;
    assert_eq!(later.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_message_that_is_refused_stands_in_the_page_and_arrives_from_there() {
    let limits = LimitsConfig {
        submissions: pair(1),
        ..LimitsConfig::default()
    };
    let mut peers = Peers::under(limits, &[]).await;
    let words = words_of(&submit(peers.at("192.0.2.7"), &mut Visitor::default()).await.text());
    let mut back = Visitor::default();
    peers
        .at("192.0.2.7")
        .post(&mut back, "/follow-up", &[("words", &words)])
        .await;
    let refused = peers
        .at("192.0.2.7")
        .post(&mut back, "/follow-up/message", &[("text", STORY)])
        .await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait = retry_after(&refused);
    let (action, fields) = again(&refused.text());
    assert_eq!(
        (action.as_str(), fields),
        ("/follow-up/message", vec![("text".to_owned(), STORY.to_owned())])
    );
    peers.app.clock.advance(i64::from(wait));
    let sent = peers.at("192.0.2.7").post(&mut back, &action, &[("text", STORY)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guessing_receipts_slows_the_guesser_alone() {
    let mut peers = Peers::under(LimitsConfig::default(), &[]).await;
    let words = words_of(&submit(peers.at("192.0.2.7"), &mut Visitor::default()).await.text());
    // Words with a correct checksum that belong to no case.
    let other = TestApp::new().await;
    let nobodys = {
        let mut visitor = Visitor::default();
        submit(&other, &mut Visitor::default()).await;
        words_of(&submit(&other, &mut visitor).await.text())
    };
    assert_ne!(words, nobodys);
    let mut waited = 0;
    for _ in 0..25 {
        let guess = [("words", nobodys.as_str())];
        let reply = peers
            .at("192.0.2.66")
            .post(&mut Visitor::default(), "/follow-up", &guess)
            .await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            waited += 1;
            let wait = retry_after(&reply);
            assert!((1..=60).contains(&wait), "{wait}");
            // The right words must wait too. The page returns them in a hidden field.
            let right = peers
                .at("192.0.2.66")
                .post(&mut Visitor::default(), "/follow-up", &[("words", &words)])
                .await;
            assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(again(&right.text()).1, [("words".to_owned(), words.clone())]);
            peers.app.clock.advance(i64::from(wait));
        } else {
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let reader = peers
            .at("192.0.2.7")
            .post(&mut Visitor::default(), "/follow-up", &[("words", &words)])
            .await;
        assert_eq!(reader.location(), "/follow-up/case");
    }
    assert!(waited >= 2, "{waited}");
    // Misspelt words do not count against the limit: they are refused before any lookup.
    for _ in 0..30 {
        let reply = peers
            .at("192.0.2.9")
            .post(&mut Visitor::default(), "/follow-up", &[("words", "no son ocho")])
            .await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn behind_our_own_proxy_visitors_are_told_apart_and_nobody_can_be_another() {
    let limits = LimitsConfig {
        receipts: pair(1),
        ..LimitsConfig::default()
    };
    let peers = Peers::under(limits, &["10.0.0.0/8"]).await;
    let try_from = async |peer: &str, forwarded: &str| {
        use tower::ServiceExt as _;
        let address: SocketAddr = format!("{peer}:4000").parse().unwrap();
        let request = axum::http::Request::post("/follow-up")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", forwarded)
            .extension(ConnectInfo(Peer(address)))
            .body(axum::body::Body::from(form(&[("words", "no son ocho")])));
        peers.router.clone().oneshot(request.unwrap()).await.unwrap().status()
    };
    assert_eq!(try_from("10.0.0.1", "192.0.2.1").await, 422);
    assert_eq!(try_from("10.0.0.1", "192.0.2.2").await, 422);
    assert_eq!(try_from("10.0.0.1", "192.0.2.1").await, 429);
    // A header of an untrusted address changes only that address's own count.
    assert_eq!(try_from("198.51.100.1", "192.0.2.3").await, 422);
    assert_eq!(try_from("198.51.100.1", "192.0.2.4").await, 429);
    assert_eq!(try_from("10.0.0.1", "192.0.2.3").await, 422);
}

#[tokio::test]
async fn very_many_files_wait_and_those_that_came_stay() {
    let limits = LimitsConfig {
        upload_mb: pair(1),
        ..LimitsConfig::default()
    };
    let mut peers = Peers::under(limits, &[]).await;
    let mut visitor = Visitor::default();
    at_files(peers.at("192.0.2.7"), &mut visitor).await;
    let file = vec![b'a'; 1_200_000];
    let sent = peers
        .at("192.0.2.7")
        .post_files(&mut visitor, "/report/files", &[("uno.txt", &file)])
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "whoever began may end");
    let refused = peers
        .at("192.0.2.7")
        .post_files(&mut visitor, "/report/files", &[("dos.txt", b"dos")])
        .await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text().contains("uno.txt") && refused.text().contains("muchos archivos"));
    peers.app.clock.advance(i64::from(retry_after(&refused)));
    let sent = peers
        .at("192.0.2.7")
        .post_files(&mut visitor, "/report/files", &[("dos.txt", b"dos")])
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_overload_refuses_at_once_and_loses_no_answer() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    app.post(&mut visitor, "/report/start", &[]).await;
    loop {
        let step = step_of(&app.get(&mut visitor, "/report").await.text());
        if step == "what" || answer_for(&step)[0].1.starts_with("Me pidieron") {
            break;
        }
        let mut fields = vec![("step", step.as_str())];
        fields.extend(answer_for(&step));
        app.post(&mut visitor, "/report", &fields).await;
    }
    let step = step_of(&app.get(&mut visitor, "/report").await.text());
    let mut clerk = sign_in(&app, CLERK).await.visitor;
    let none = ServerConfig {
        in_flight: 0,
        waiting: 0,
        ..ServerConfig::default()
    };
    let app = app.changed(|site| site.guards = Guards::new(&none, LimitsConfig::default()));
    let typed = [("step", step.as_str()), ("value", STORY)];
    let refused = app.post(&mut visitor, "/report", &typed).await;
    assert_eq!(
        (refused.status, retry_after(&refused)),
        (StatusCode::SERVICE_UNAVAILABLE, 5)
    );
    let (action, fields) = again(&refused.text());
    assert_eq!(action, "/report");
    assert_eq!(fields, typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    // The same holds for staff and for scripts. Requests to leave and health checks are let through.
    let at_the_counter = app.post(&mut clerk, "/staff/filing/report", &typed).await;
    assert_eq!(at_the_counter.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(again(&at_the_counter.text()).0, "/staff/filing/report");
    let script = app.post_json(&mut Visitor::default(), SESSION, &json!({})).await;
    assert_eq!(script.json()["type"], "/problems/overloaded");
    assert_eq!(app.get(&mut visitor, "/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        app.post(&mut Visitor::default(), "/leave", &[]).await.status,
        StatusCode::OK
    );
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.get(&mut visitor, path).await.status, StatusCode::OK, "{path}");
    }
    // The service has capacity again: the answer arrives when it is sent from the page.
    let app = app.changed(|site| site.guards = Guards::default());
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        app.post(&mut visitor, &action, &fields).await.status,
        StatusCode::SEE_OTHER
    );
    let page = app.get(&mut visitor, "/report").await.text();
    assert!(page.contains("Me pidieron &#60;dinero&#62;"), "{page}");
}

#[tokio::test]
async fn when_key_derivations_or_the_database_are_busy_a_form_comes_back_too() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    walk(&app, &mut visitor).await;
    let app = app
        .rebuilt(|dependencies| dependencies.kdf = sigilo::service::kdf::KdfPool::new(1, 0))
        .await;
    let refused = app.post(&mut visitor, "/report/submit", &[]).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(again(&refused.text()), ("/report/submit".to_owned(), Vec::new()));
    let app = app
        .rebuilt(|dependencies| dependencies.kdf = sigilo::service::kdf::KdfPool::for_this_machine())
        .await;
    let sent = app.post(&mut visitor, "/report/submit", &[]).await;
    assert_eq!(sent.location(), "/report/receipt");
    let words = words_of(&app.get(&mut visitor, "/report/receipt").await.text());
    app.app().db().close().await;
    let typed = [("words", words.as_str()), ("text", STORY)];
    let refused = app.post(&mut Visitor::default(), "/follow-up", &typed).await;
    assert!(refused.status.is_server_error(), "{}", refused.status);
    let (action, fields) = again(&refused.text());
    assert_eq!(action, "/follow-up");
    assert_eq!(fields, typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

async fn with_reserve(app: TestApp, files: u64, reports: u64) -> TestApp {
    let folder = app.folder.path().to_owned();
    app.rebuilt(|dependencies| {
        dependencies.disks = Arc::new(Disks::new(vec![("files", folder)], DiskReserve { files, reports }));
    })
    .await
}

#[tokio::test]
async fn a_disk_that_fills_refuses_files_then_new_reports_and_nothing_that_was_begun() {
    let app = with_reserve(TestApp::new().await, u64::MAX, 0).await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let refused = app
        .post_files(&mut visitor, "/report/files", &[("foto.jpg", b"x")])
        .await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.text().contains("no podemos guardar archivos"));
    let mut administrator = sign_in(&app, ADMINISTRATOR).await.visitor;
    assert!(
        app.get(&mut administrator, "/staff/overview")
            .await
            .text()
            .contains("no se reciben archivos")
    );

    let app = with_reserve(app, u64::MAX, u64::MAX).await;
    // Visitors are told before they write anything, with the other channels.
    for (page, started) in [
        (app.get(&mut Visitor::default(), "/").await, false),
        (app.post(&mut Visitor::default(), "/report/start", &[]).await, true),
    ] {
        let text = page.text();
        assert!(
            text.contains("Por ahora no podemos recibir reportes") && text.contains("Defensoría"),
            "{text}"
        );
        assert!(!text.contains("Empezar un reporte"));
        if started {
            assert_eq!(
                (page.status, retry_after(&page)),
                (StatusCode::SERVICE_UNAVAILABLE, 600)
            );
            assert!(page.headers.get("set-cookie").is_none());
        }
    }
    assert_eq!(
        app.get(&mut Visitor::default(), "/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(
        app.get(&mut administrator, "/staff/overview")
            .await
            .text()
            .contains("no se puede empezar ningún reporte")
    );
    // A visitor in the middle of a report is told too, and can finish it.
    assert!(
        app.get(&mut visitor, "/report")
            .await
            .text()
            .contains("Este sí puede terminarlo")
    );
    let words = words_of(&submit(&app, &mut visitor).await.text());
    let entered = app
        .post(&mut Visitor::default(), "/follow-up", &[("words", &words)])
        .await;
    assert_eq!(entered.location(), "/follow-up/case");
}

#[tokio::test]
async fn a_stranger_who_keeps_guessing_does_not_lock_out_a_browser_that_is_known() {
    let app = TestApp::new().await;
    let mut known = sign_in(&app, ANALYST).await.visitor;
    known.0.retain(|(name, _)| name == "__Host-sigilo-device");
    assert_eq!(known.0.len(), 1);
    let wrong = json!({ "email": ANALYST, "login": base64::encode(&[7; 32]) });
    for _ in 0..12 {
        app.post_json(&mut Visitor::default(), SESSION, &wrong).await;
    }
    let stranger = try_sign_in(&app, &mut Visitor::default(), ANALYST, PASSWORD).await;
    assert_eq!(stranger.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(retry_after(&stranger), 30);
    let owner = try_sign_in(&app, &mut known.clone(), ANALYST, PASSWORD).await;
    assert_eq!(owner.status, StatusCode::OK);
    // A known browser cannot guess faster: it has its own count, and is known for its own e-mail only.
    for _ in 0..5 {
        assert_eq!(
            app.post_json(&mut known.clone(), SESSION, &wrong).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    let slowed = try_sign_in(&app, &mut known.clone(), ANALYST, PASSWORD).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    let others = json!({ "email": ADMINISTRATOR, "login": base64::encode(&[7; 32]) });
    for _ in 0..5 {
        app.post_json(&mut known.clone(), SESSION, &others).await;
    }
    let other = try_sign_in(&app, &mut Visitor::default(), ADMINISTRATOR, PASSWORD).await;
    assert_eq!(other.status, StatusCode::TOO_MANY_REQUESTS);
}

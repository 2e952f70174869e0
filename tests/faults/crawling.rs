//! A bucket's service that accepts requests and never answers: people who need it are told in time, no part of a file
//! is left, and everybody else can work.

use std::future::Future;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::service::Error;
use sigilo::vault::attachment::Sealer;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::flows::evidence::{at_files, attach, fetched, finish, opened, with_a_file};
use crate::flows::report::{answer_for, step_of};
use crate::support::app::{ANALYST, Reply, TestApp, Visitor};
use crate::support::s3::{S3Behavior, SHORT_TIMEOUT};
use crate::support::staff::{attributes, sign_in};

const DAY: i64 = 86_400;
const NO_ROOM: &str = "no podemos guardar archivos";

/// Limits the work to a time far below the production timeouts, but long enough for a slow machine.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let outcome = timeout(SHORT_TIMEOUT * 20, work).await;
    outcome.expect("it waits for a service that never answers")
}

/// Objects in the bucket.
fn stored(app: &TestApp) -> usize {
    let shelves = std::fs::read_dir(app.stored()).unwrap();
    let shelves = shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count());
    shelves.sum()
}

/// Fetches a file as a visitor. Returns the status, and all bytes unless the answer breaks off.
async fn download(app: &TestApp, visitor: &Visitor, path: &str) -> (StatusCode, Option<Vec<u8>>) {
    let cookies: Vec<String> = visitor
        .0
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let request = Request::builder().uri(path).header("cookie", cookies.join("; "));
    let response = app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await;
    let response = response.unwrap();
    let status = response.status();
    (
        status,
        to_bytes(response.into_body(), usize::MAX).await.ok().map(Into::into),
    )
}

/// A picture, whose cleaner needs all of it before it begins.
fn picture() -> Vec<u8> {
    include_bytes!("../media/turned.jpg").to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_ends_with_a_message_wherever_the_service_falls_silent() {
    let app = TestApp::in_a_bucket_without_patience().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    attach(&app, &mut visitor, &[("antes.txt", b"ya llego")]).await;
    let (text, picture) = (vec![b'a'; 6_000_000], picture());
    // The service stalls before the upload begins, before each of its two parts, or before its end. Pictures, which are
    // cleaned as a whole, stall in the same way.
    let texts = (0..4).map(|answers| (answers, "ahora.txt", &text));
    let pictures = (0..3).map(|answers| (answers, "ahora.jpg", &picture));
    for (answers, name, content) in texts.chain(pictures) {
        app.s3().set_behavior(S3Behavior::Stalling(answers));
        let sent: [(&str, &[u8]); 1] = [(name, content)];
        let refused = in_time(app.post_files(&mut visitor, "/report/files", &sent)).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{name}, {answers}");
        let page = refused.text();
        assert!(
            page.contains(NO_ROOM) && page.contains("antes.txt") && !page.contains(name),
            "{name}, {answers}: {page}"
        );
        // A recovered service may execute old requests.
        app.s3().set_behavior(S3Behavior::Normal);
    }
    // The next upload succeeds, and the report is sent with the files that had arrived.
    attach(&app, &mut visitor, &[("luego.txt", b"llega despues")]).await;
    finish(&app, &mut visitor).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    let attachments = opened(&app, &mut analyst).await.attachments(&analyst);
    let names: Vec<_> = attachments.iter().map(|(_, content)| content.name().as_str()).collect();
    assert_eq!(names, ["antes.txt", "luego.txt"]);
    // Abandoned files are deleted for good when nothing can still be using them.
    app.clock.advance(DAY + 3600);
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_staff_is_refused_in_time() {
    let app = TestApp::in_a_bucket_without_patience().await;
    with_a_file(&app).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    let case = opened(&app, &mut analyst).await;
    let mut sealer = Sealer::new(&mut StdRng::seed_from_u64(5));
    sealer.push(b"respuesta del area");
    let (file, _) = sealer.finish();
    let path = format!("/api/v1/staff/cases/{}/attachments", case.id);
    for (answers, id) in [
        (0, "7b1c5d1e-0f7a-4c43-9d0e-000000000001"),
        (1, "7b1c5d1e-0f7a-4c43-9d0e-000000000002"),
        (2, "7b1c5d1e-0f7a-4c43-9d0e-000000000003"),
    ] {
        app.s3().set_behavior(S3Behavior::Stalling(answers));
        let kind = "application/octet-stream";
        let upload = format!("{path}/{id}");
        let sent = app.send(&mut analyst.visitor, Method::POST, &upload, kind, file.clone());
        let refused = in_time(sent).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{answers}");
        assert_eq!(refused.json()["type"], "/problems/overloaded");
        app.s3().set_behavior(S3Behavior::Normal);
    }
    app.clock.advance(DAY);
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_is_told_or_breaks_off_in_time() {
    let app = TestApp::in_a_bucket_without_patience().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let text = vec![b'a'; 3_000_000];
    attach(&app, &mut visitor, &[("largo.txt", &text)]).await;
    let words = finish(&app, &mut visitor).await;
    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up", &[("words", &words)]).await;
    let page = app.get(&mut back, "/follow-up/case").await.text();
    let link = attributes(&page, "<p class=\"file-name\"><a", "href").remove(0);
    let mut analyst = sign_in(&app, ANALYST).await;
    let file = opened(&app, &mut analyst).await.attachments(&analyst).remove(0);

    app.s3().set_behavior(S3Behavior::Stalling(0));
    // The case itself does not need the bucket.
    assert_eq!(app.get(&mut back, "/follow-up/case").await.status, StatusCode::OK);
    let (status, page) = in_time(download(&app, &back, &link)).await;
    let page = String::from_utf8(page.unwrap()).unwrap();
    assert!(
        status == StatusCode::SERVICE_UNAVAILABLE && page.contains("<h1"),
        "{page}"
    );
    let (status, problem) = in_time(download(&app, &analyst.visitor, &file.0)).await;
    let problem = String::from_utf8(problem.unwrap()).unwrap();
    assert!(
        status == StatusCode::SERVICE_UNAVAILABLE && problem.contains("/problems/overloaded"),
        "{problem}"
    );
    // The service stalls in the middle: the reader can tell that the file is incomplete.
    for (visitor, path) in [(&back, &link), (&analyst.visitor, &file.0)] {
        app.s3().set_behavior(S3Behavior::Stalling(2));
        let broken = in_time(download(&app, visitor, path)).await;
        assert_eq!(broken, (StatusCode::OK, None), "{path}");
    }
    app.s3().set_behavior(S3Behavior::Normal);
    assert!(download(&app, &back, &link).await.1.unwrap() == text);
    assert!(fetched(&app, &mut analyst, &file).await == text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_ends_in_time_and_goes_on_later() {
    let app = TestApp::in_a_bucket_without_patience().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let names: Vec<String> = (0..8).map(|number| format!("{number}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"uno".as_slice())).collect();
    attach(&app, &mut visitor, &files).await;
    app.clock.advance(DAY + 3600);
    app.s3().set_behavior(S3Behavior::Stalling(3));
    let swept = timeout(SHORT_TIMEOUT * 4, app.app().operations.sweep()).await;
    let swept = swept.expect("it asks once, and not for each file");
    assert!(matches!(swept, Err(Error::Unavailable(_))), "{swept:?}");
    // All other expired data is deleted, and so are the files that could be deleted.
    assert_eq!(app.get(&mut visitor, "/report").await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&app), 5);
    app.s3().set_behavior(S3Behavior::Normal);
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_else_goes_on_meanwhile() {
    // The timeouts are those of production: waiting requests wait throughout this test.
    let app = TestApp::in_a_bucket().await;
    let back = with_a_file(&app).await;
    let page = app.get(&mut back.clone(), "/follow-up/case").await.text();
    let link = attributes(&page, "<p class=\"file-name\"><a", "href").remove(0);
    let mut ready = Visitor::default();
    at_files(&app, &mut ready).await;
    attach(&app, &mut ready, &[("antes.txt", b"ya llego")]).await;
    app.s3().set_behavior(S3Behavior::Stalling(0));

    let mut senders = Vec::new();
    for _ in 0..20 {
        let mut sender = Visitor::default();
        app.post(&mut sender, "/report/start", &[]).await;
        senders.push(sender);
    }
    let sending = senders
        .iter_mut()
        .map(|sender| app.post_files(sender, "/report/files", &[("ahora.txt", b"llega tarde")]));
    let opening = (0..30).map(|_| download(&app, &back, &link));
    let waiting = async {
        tokio::join!(
            futures_util::future::join_all(sending),
            futures_util::future::join_all(opening)
        )
    };
    let others = async {
        app.s3().wait_for_stalled(50).await;
        // A submission with a file that had come, and a report from its beginning.
        finish(&app, &mut ready).await;
        report(&app).await;
        assert_eq!(app.get(&mut Visitor::default(), "/readyz").await.status, StatusCode::OK);
        app.app().log.sequence().await.unwrap();
        app.app().operations.sweep().await.unwrap();
        let mut analyst = sign_in(&app, ANALYST).await;
        let inbox = app.get(&mut analyst.visitor, "/staff/inbox").await.text();
        assert_eq!(attributes(&inbox, "<th scope=\"row\"><a", "href").len(), 3);
        app.s3().wait_for_stalled(50).await;
        app.s3().set_behavior(S3Behavior::Normal);
    };
    let ((sent, opened), ()) = timeout(Duration::from_secs(25), async { tokio::join!(waiting, others) })
        .await
        .expect("somebody waits for those who wait");
    assert!(sent.iter().all(|reply: &Reply| reply.status == StatusCode::SEE_OTHER));
    assert!(opened.iter().all(|(_, content)| content.as_deref() == Some(b"uno")));
    assert_eq!(stored(&app), 22);
}

/// A report without files.
async fn report(app: &TestApp) {
    let mut visitor = Visitor::default();
    app.post(&mut visitor, "/report/start", &[]).await;
    loop {
        let page = app.get(&mut visitor, "/report").await.text();
        if page.contains("action=\"/report/submit\"") {
            break;
        }
        let step = step_of(&page);
        let mut fields = vec![("step", step.as_str())];
        fields.extend(answer_for(&step));
        app.post(&mut visitor, "/report", &fields).await;
    }
    let submitted = app.post(&mut visitor, "/report/submit", &[]).await;
    assert_eq!(submitted.location(), "/report/receipt");
}

//! Files: attached in the chat, opened by the area, and refused or broken. `afterwards`: files of existing
//! cases.

mod afterwards;

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use futures_util::stream;
use sigilo::audit::entry::Act;
use sigilo::dialogue::Profile;
use sigilo::vault::attachment::{FileKey, Opener};
use sigilo::vault::content::Attachment;

use super::report::{answer_for, step_of, words_of};
use crate::support::app::{ANALYST, BOUNDARY, TestApp, Visitor, multipart};
use crate::support::database::Database;
use crate::support::s3::{S3, S3Behavior};
use crate::support::staff::{Member, OpenCase, attributes, entries, sign_in};

const DAY: i64 = 86_400;

/// A photograph whose EXIF has its orientation, place and camera, and which has data after its end.
fn photograph() -> Vec<u8> {
    include_bytes!("../media/turned.jpg").to_vec()
}

/// The chat up to the question about files.
pub(crate) async fn at_files(app: &TestApp, visitor: &mut Visitor) {
    app.post(visitor, "/report/start", &[]).await;
    for _ in 0..20 {
        let step = step_of(&app.get(visitor, "/report").await.text());
        if step == "files" {
            return;
        }
        let mut fields = vec![("step", step.as_str())];
        fields.extend(answer_for(&step));
        app.post(visitor, "/report", &fields).await;
    }
    panic!("the dialogue does not ask for files");
}

pub(crate) async fn attach(app: &TestApp, visitor: &mut Visitor, files: &[(&str, &[u8])]) {
    let reply = app.post_files(visitor, "/report/files", files).await;
    assert_eq!(
        (reply.status, reply.location()),
        (StatusCode::SEE_OTHER, "/report#pregunta"),
        "{}",
        reply.text()
    );
}

/// Continues from the question about files to the receipt. Returns its words.
pub(crate) async fn finish(app: &TestApp, visitor: &mut Visitor) -> String {
    for _ in 0..20 {
        let page = app.get(visitor, "/report").await.text();
        if page.contains("action=\"/report/submit\"") {
            app.post(visitor, "/report/submit", &[]).await;
            return words_of(&app.get(visitor, "/report/receipt").await.text());
        }
        let step = step_of(&page);
        let mut fields = vec![("step", step.as_str())];
        if step != "files" {
            fields.extend(answer_for(&step));
        }
        let reply = app.post(visitor, "/report", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{step}: {}", reply.text());
    }
    panic!("the dialogue does not end");
}

/// The newest case, as its analyst's browser opens it.
pub(crate) async fn opened(app: &TestApp, member: &mut Member) -> OpenCase {
    let inbox = app.get(&mut member.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    let page = app.get(&mut member.visitor, &path).await.text();
    OpenCase::from_page(app, member, &page)
}

/// Fetches a file as the analyst's browser does, and opens it.
pub(crate) async fn fetched(app: &TestApp, member: &mut Member, (href, content): &(String, Attachment)) -> Vec<u8> {
    let stored = app.get(&mut member.visitor, href).await;
    assert_eq!(stored.status, StatusCode::OK);
    assert_eq!(stored.headers["content-length"], stored.body.len().to_string());
    let mut opener = Opener::new(&FileKey::of(content).unwrap(), stored.body.as_slice()).unwrap();
    let mut all = Vec::new();
    loop {
        let piece = opener.next(100_000).unwrap();
        if piece.is_empty() {
            return all;
        }
        all.extend(piece);
    }
}

/// Files in the file store, those in the making included.
fn stored(app: &TestApp) -> usize {
    let shelves = std::fs::read_dir(app.folder.path().join("files")).unwrap();
    let shelves = shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count());
    shelves.sum()
}

async fn with_small_limits() -> TestApp {
    TestApp::with(Database::Sqlite, None, small).await
}

fn small(mut profile: Profile) -> Profile {
    profile.attachments.max_files = 3;
    profile.attachments.max_file_mb = 1;
    profile.attachments.max_total_mb = 2;
    profile
}

/// Follows files from the upload to the area and back to the reporter, in any file store.
async fn goes_all_the_way(app: TestApp) {
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let page = app.get(&mut visitor, "/report").await.text();
    assert!(page.contains("No tengo archivos") && page.contains("enctype=\"multipart/form-data\""));
    let text = "Turno 14, ventanilla 3.\n".repeat(40_000);
    let files: [(&str, &[u8]); 2] = [
        ("C:\\fotos\\receta de Sintética Prueba.jpg", &photograph()),
        ("lista.txt", text.as_bytes()),
    ];
    attach(&app, &mut visitor, &files).await;
    let page = app.get(&mut visitor, "/report").await.text();
    assert!(
        page.contains("lista.txt") && !page.contains("C:"),
        "names have no paths"
    );
    assert!(
        page.contains("Quitamos el lugar, el aparato"),
        "what was taken out is told: {page}"
    );
    assert!(!page.contains("No tengo archivos"));

    let words = finish(&app, &mut visitor).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    let case = opened(&app, &mut analyst).await;
    let attachments = case.attachments(&analyst);
    assert_eq!(attachments.len(), 2);
    let named = |name: &str| attachments.iter().find(|(_, content)| content.name() == name).unwrap();
    let list = named("lista.txt");
    assert_eq!(fetched(&app, &mut analyst, list).await, text.as_bytes());
    // The reporter's own name stands in no file's name.
    let photo = named("receta de [nombre].jpg");
    assert_eq!(
        (photo.1.r#type().as_str(), photo.1.cleaning().as_str()),
        ("image/jpeg", "cleaned")
    );
    let clean = fetched(&app, &mut analyst, photo).await;
    for trace in ["MARCA SINTETICA", "Autora Inventada", "GPS"] {
        assert!(memchr::memmem::find(&photograph(), trace.as_bytes()).is_some() || trace == "GPS");
        assert!(memchr::memmem::find(&clean, trace.as_bytes()).is_none(), "{trace}");
    }
    let openings = entries(&app)
        .await
        .into_iter()
        .filter(|entry| entry.act == Act::AttachmentOpened);
    assert_eq!(openings.count(), 2, "each opening is written down");

    // The way back: the reporter sees and gets both.
    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up", &[("words", &words)]).await;
    let page = app.get(&mut back, "/follow-up/case").await.text();
    let links = attributes(&page, "<p class=\"file-name\"><a", "href");
    assert_eq!(links.len(), 2);
    let mut contents = Vec::new();
    for link in links {
        let reply = app.get(&mut back, &link).await;
        assert!(
            reply.headers["content-disposition"]
                .to_str()
                .unwrap()
                .starts_with("attachment;")
        );
        assert_eq!(reply.headers["content-type"], "application/octet-stream");
        contents.push(reply.body);
    }
    contents.sort_by_key(Vec::len);
    assert_eq!(contents, [clean, text.into_bytes()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_all_the_way_by_a_folder() {
    goes_all_the_way(TestApp::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_all_the_way_by_a_bucket_and_postgres() {
    let s3 = S3::start().await;
    let app = TestApp::with(Database::Postgres, Some(s3.files()), |profile| profile).await;
    goes_all_the_way(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_cleaned_is_the_reporters_to_decide() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    // A file with only the first bytes of a JPEG, a type without a cleaner, a page with a script.
    let broken = [b"\xff\xd8\xff\xe1".as_slice(), &[7; 5000]].concat();
    let files: [(&str, &[u8]); 3] = [
        ("rota.jpg", &broken),
        ("datos.bin", &[1, 2, 3]),
        ("pagina.html", b"<!doctype html><script>alert(1)</script>"),
    ];
    attach(&app, &mut visitor, &files).await;
    let page = app.get(&mut visitor, "/report").await.text();
    let keep = attributes(&page, "action=\"/report/files/keep\"><button", "value");
    let remove = attributes(&page, "action=\"/report/files/remove\"><button", "value");
    assert_eq!((keep.len(), remove.len()), (3, 3));
    let refused = app.post(&mut visitor, "/report", &[("step", "files")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Falta decidir"));

    app.post(&mut visitor, "/report/files/keep", &[("file", &keep[0])])
        .await;
    app.post(&mut visitor, "/report/files/keep", &[("file", &keep[1])])
        .await;
    app.post(&mut visitor, "/report/files/remove", &[("file", &keep[2])])
        .await;
    finish(&app, &mut visitor).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    let case = opened(&app, &mut analyst).await;
    let attachments = case.attachments(&analyst);
    assert_eq!(attachments.len(), 2);
    for file in &attachments {
        assert_eq!(file.1.cleaning(), "unchanged");
        let original = files.iter().find(|(name, _)| name == file.1.name()).unwrap().1;
        assert_eq!(fetched(&app, &mut analyst, file).await, original);
    }
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 2, "what was removed is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_told_and_the_others_stay() {
    let app = with_small_limits().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let (fits, large) = (vec![b'a'; 900_000], vec![b'a'; 1_000_001]);
    attach(&app, &mut visitor, &[("uno.txt", &fits)]).await;
    let refused = |reply: crate::support::app::Reply, status: u16, told: &str| {
        assert_eq!(reply.status, status, "{}", reply.text());
        let page = reply.text();
        assert!(page.contains(told) && page.contains("uno.txt"), "{told}: {page}");
    };
    let post =
        async |visitor: &mut Visitor, files: &[(&str, &[u8])]| app.post_files(visitor, "/report/files", files).await;
    refused(post(&mut visitor, &[("grande.txt", &large)]).await, 413, "pasa de 1 MB");
    refused(post(&mut visitor, &[("nada.txt", b"")]).await, 422, "vacío");
    refused(post(&mut visitor, &[]).await, 422, "No llegó ningún archivo");
    attach(&app, &mut visitor, &[("dos.txt", &fits)]).await;
    refused(post(&mut visitor, &[("tres.txt", &fits)]).await, 413, "2 MB en total");
    attach(&app, &mut visitor, &[("tres.txt", b"poco")]).await;
    refused(
        post(&mut visitor, &[("cuatro.txt", b"poco")]).await,
        422,
        "hasta 3 archivos",
    );
    let malformed = app
        .send(
            &mut visitor,
            Method::POST,
            "/report/files",
            "multipart/form-data; boundary=x",
            "nonsense",
        )
        .await;
    refused(malformed, 422, "conexión se cortó");
    let no_form = app
        .send(&mut visitor, Method::POST, "/report/files", "text/plain", "nonsense")
        .await;
    assert_eq!(no_form.status, StatusCode::BAD_REQUEST);
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_leaves_nothing() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let whole = multipart(&[("largo.bin", &vec![5; 3_000_000])]);
    for sent in [150, 2_000_000] {
        let half = Bytes::from(whole[..sent].to_vec());
        let body = Body::from_stream(stream::iter([
            Ok(half),
            Err(std::io::Error::other("the phone went into a tunnel")),
        ]));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let reply = app.send(&mut visitor, Method::POST, "/report/files", &kind, body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.text().contains("La conexión se cortó"));
    }
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_is_broken_off_and_not_kept() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
    for beginning in [String::new(), head] {
        // The body never sends a boundary or the end of a part's headers.
        let forever = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 8192])));
        let begun = stream::iter([Ok(Bytes::from(beginning.into_bytes()))]);
        let body = Body::from_stream(futures_util::StreamExt::chain(begun, forever));
        let reply = app.send(&mut visitor, Method::POST, "/report/files", &kind, body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readers_at_once_wait_for_each_other() {
    let app = TestApp::new().await;
    let mut back = with_a_file(&app).await;
    let page = app.get(&mut back, "/follow-up/case").await.text();
    let link = attributes(&page, "<p class=\"file-name\"><a", "href").remove(0);
    // There are more readers than threads for blocking work.
    let readers = (0..600).map(|_| {
        let (mut visitor, link) = (back.clone(), link.clone());
        let app = &app;
        async move { app.get(&mut visitor, &link).await.body }
    });
    for body in futures_util::future::join_all(readers).await {
        assert_eq!(body, b"uno");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_name_stays_one_that_can_be_read_when_marks_are_put_in() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    let name = format!("{}x.txt", "Ana Prueba Ejemplo, ".repeat(5));
    attach(&app, &mut visitor, &[(&name, b"uno")]).await;
    finish(&app, &mut visitor).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    let (_, content) = opened(&app, &mut analyst).await.attachments(&analyst).remove(0);
    assert!(content.name().chars().count() <= 120 && !content.name().contains("Prueba"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_is_told_and_nothing_else_is_lost() {
    let s3 = S3::start().await;
    let app = TestApp::with(Database::Sqlite, Some(s3.files()), |profile| profile).await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    attach(&app, &mut visitor, &[("antes.txt", b"ya llego")]).await;
    s3.set_behavior(S3Behavior::ReadOnly);
    let reply = app
        .post_files(&mut visitor, "/report/files", &[("ahora.txt", b"no llega")])
        .await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = reply.text();
    assert!(page.contains("no podemos guardar archivos") && page.contains("antes.txt"));
    s3.set_behavior(S3Behavior::Normal);
    finish(&app, &mut visitor).await;
    let mut analyst = sign_in(&app, ANALYST).await;
    assert_eq!(opened(&app, &mut analyst).await.attachments(&analyst).len(), 1);
    // The sweep retries the failed deletion, and succeeds.
    app.app().operations.sweep().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_submitted_is_swept() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    attach(&app, &mut visitor, &[("uno.txt", b"uno"), ("dos.txt", b"dos")]).await;
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 2);
    app.clock.advance(DAY + 3600);
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_consent_keeps_no_file() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    attach(&app, &mut visitor, &[("uno.txt", b"uno")]).await;
    app.post(&mut visitor, "/report", &[("step", "files")]).await;
    app.post(&mut visitor, "/report", &[("step", "evidence"), ("skip", "1")])
        .await;
    app.post(&mut visitor, "/report", &[("step", "consent"), ("value", "refuse")])
        .await;
    app.app().operations.sweep().await.unwrap();
    assert_eq!(stored(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_after_the_question_was_answered_asks_it_again() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    at_files(&app, &mut visitor).await;
    app.post(&mut visitor, "/report", &[("step", "files"), ("skip", "1")])
        .await;
    assert_eq!(step_of(&app.get(&mut visitor, "/report").await.text()), "evidence");
    // Another tab still shows the question.
    attach(&app, &mut visitor, &[("tarde.txt", b"llega tarde")]).await;
    assert_eq!(step_of(&app.get(&mut visitor, "/report").await.text()), "files");
}

/// A case with one text file, and the way back to it.
pub(crate) async fn with_a_file(app: &TestApp) -> Visitor {
    let mut visitor = Visitor::default();
    at_files(app, &mut visitor).await;
    attach(app, &mut visitor, &[("uno.txt", b"uno")]).await;
    let words = finish(app, &mut visitor).await;
    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up", &[("words", &words)]).await;
    back
}

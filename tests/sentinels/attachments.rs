//! The same for files that were sent, kept, opened, refused or broke off: no content is left in clear, and no key that
//! opens one.

use std::fs;

use sigilo::vault::attachment::FileKey;

use super::{assert_nowhere, files, in_memory, settled};
use crate::flows::report::words_of;
use crate::support::host::Host as _;
use crate::support::needles::Needles;
use crate::support::program::{Browser, Installation, Server};
use crate::support::staff::{OpenCase, attributes, sign_in};

const TEXT: &str = "Berilocentinela del archivo";
const HIDDEN: &str = "EXIF-centinela1";
const PICTURE: &str = "Jaspecentinela en la foto";
const UNKNOWN: &str = "Agatacentinela sin tipo";
const ADDED: &str = "Onixcentinela vino despues";
const REFUSED: &str = "Cuarzocentinela no cabe";
const NAMES: [&str; 4] = [
    "Perlacentinela.txt",
    "Coralcentinela.jpg",
    "Nacarcentinela.raro",
    "Marfilcentinela.txt",
];

/// `size` bytes of a text.
fn text(line: &str, size: usize) -> Vec<u8> {
    line.bytes().chain(*b".\n").cycle().take(size).collect()
}

/// A photograph with one text in its hidden data, and one in the data that is kept, within its scan.
fn photograph() -> Vec<u8> {
    let photo = include_bytes!("../media/turned.jpg");
    let mut photo = photo.to_vec();
    let make = memchr::memmem::find(&photo, b"MARCA SINTETICA").unwrap();
    photo[make..make + HIDDEN.len()].copy_from_slice(HIDDEN.as_bytes());
    let end = memchr::memmem::rfind(&photo, b"\xff\xd9").unwrap();
    photo.splice(end..end, text(PICTURE, 5000));
    photo
}

/// Bytes of no known type.
fn unknown() -> Vec<u8> {
    let mut bytes = vec![1, 2, 3, 0, 255, 254];
    bytes.extend(text(UNKNOWN, 100_000));
    bytes
}

/// Files a report with three files, one of which cannot be cleaned and is sent as it is. Returns the words.
async fn file(browser: &mut Browser) -> String {
    browser.post("/report/start", &[]).await.unwrap();
    browser.walk("files", super::answer).await.unwrap();
    let (list, photo, unknown) = (text(TEXT, 300_000), photograph(), unknown());
    let sent: [(&str, &[u8]); 3] = [(NAMES[0], &list), (NAMES[1], &photo), (NAMES[2], &unknown)];
    let taken = browser.post_files("/report/files", &sent).await.unwrap();
    assert_eq!(taken.status, 303, "{}", taken.text);
    let empty = browser.post_files("/report/files", &[("nada.txt", b"")]).await.unwrap();
    assert_eq!(empty.status, 422);
    let page = browser.walk("files", super::answer).await.unwrap();
    assert!(NAMES[..3].iter().all(|name| page.contains(name)), "{page}");
    for file in attributes(&page, "action=\"/report/files/keep\"><button", "value") {
        browser.post("/report/files/keep", &[("file", &file)]).await.unwrap();
    }
    let answer = |step: &str| {
        if step == "files" {
            Vec::new()
        } else {
            super::answer(step)
        }
    };
    browser.walk("", answer).await.unwrap();
    let submitted = browser.submit().await.unwrap();
    assert_eq!(submitted.location, "/report/receipt", "{}", submitted.text);
    let words = words_of(&browser.get("/report/receipt").await.unwrap().text);
    browser.post("/report/receipt/saved", &[]).await.unwrap();
    words
}

/// Comes back, adds one file, and downloads all files of the case.
async fn fetch(back: &mut Browser, words: &str) {
    back.post("/follow-up", &[("words", words)]).await.unwrap();
    let added = text(ADDED, 70_000);
    back.post_files("/follow-up/files", &[(NAMES[3], &added)])
        .await
        .unwrap();
    let large = text(REFUSED, 100_100_000);
    let refused = back
        .post_files("/follow-up/files", &[("grande.txt", &large)])
        .await
        .unwrap();
    assert_eq!(refused.status, 413);
    let sent = back.post("/follow-up/files/send", &[]).await.unwrap();
    assert!(sent.location.contains("files-sent"), "{}", sent.text);
    let page = back.get("/follow-up/case").await.unwrap().text;
    let links = attributes(&page, "<p class=\"file-name\"><a", "href");
    assert_eq!(links.len(), 4);
    let mut got = Vec::new();
    for link in links {
        got.push(back.download(&link).await.unwrap());
    }
    got.sort_by_key(Vec::len);
    assert_eq!([&got[1], &got[2], &got[3]], [&added, &unknown(), &text(TEXT, 300_000)]);
    let has = |what: &str| memchr::memmem::find(&got[0], what.as_bytes()).is_some();
    assert!(has(PICTURE) && !has(HIDDEN), "what is hidden went, what is seen stayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_file_stays_in_clear_and_no_key_that_opens_it() {
    let installation = Installation::ready();
    let server = installation.serve();
    let (mut browser, mut back) = (server.browser(), server.browser());
    let words = file(&mut browser).await;
    fetch(&mut back, &words).await;

    // The keys of the files, as the area's browsers learn them.
    let host = installation.at_work(&server);
    let mut ana = sign_in(&host, "analista@sigilo.test").await;
    let inbox = host.get(&mut ana.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    let page = host.get(&mut ana.visitor, &path).await.text();
    let case = OpenCase::from_page(&host, &ana, &page);
    let attachments = case.attachments(&ana);
    assert_eq!(attachments.len(), 4);
    for (href, _) in &attachments {
        host.get(&mut ana.visitor, href).await;
    }
    let keys: Vec<_> = attachments
        .iter()
        .map(|(_, content)| (content.name().clone(), FileKey::of(content).unwrap().key))
        .collect();

    let texts = [
        "Berilocentinela",
        "centinela del archivo",
        HIDDEN,
        "Jaspecentinela",
        "Agatacentinela",
    ];
    let texts = texts.into_iter().chain(["Onixcentinela", "Cuarzocentinela"]);
    let stems = NAMES.map(|name| name.split('.').next().unwrap());
    let needles = Needles::new(texts.chain(stems).chain([words.as_str()]))
        .and_keys(keys.iter().map(|(name, key)| (name.as_str(), key.expose())));
    assert_nowhere(&installation, &server, &needles).await;
}

/// Content of files that the server holds open and that have no name any more.
fn nameless(server: &Server) -> Vec<u8> {
    let mut all = Vec::new();
    let Ok(open) = fs::read_dir(format!("/proc/{}/fd", server.id())) else {
        return all;
    };
    for one in open.map(|one| one.unwrap().path()) {
        let target = fs::read_link(&one).unwrap_or_default();
        if target.to_string_lossy().contains("(deleted)") {
            all.extend(fs::read(one).unwrap_or_default());
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_waits_to_be_cleaned_lies_sealed_and_is_gone_when_it_breaks_off() {
    let installation = Installation::ready();
    let server = installation.serve();
    let needles = Needles::new(["Jaspecentinela", "Coralcentinela"]);
    let mut browser = server.browser();
    browser.post("/report/start", &[]).await.unwrap();
    let photo = photograph();
    let start = memchr::memmem::find(&photo, PICTURE.as_bytes()).unwrap();
    let half = [&photo[..start], &text(PICTURE, 3_000_000)].concat();
    let upload = server.upload_half(&browser, "Coralcentinela.jpg", &half);
    // A reader of the process sees the file there, and nothing in it.
    let mut spooled = Vec::new();
    for _ in 0..200 {
        assert_eq!(server.browser().get("/healthz").await.unwrap().status, 200);
        spooled = nameless(&server);
        if spooled.len() > 2_000_000 || in_memory(&needles, server.id()).is_err() {
            break;
        }
    }
    if in_memory(&needles, server.id()).is_ok() {
        assert!(
            spooled.len() > 2_000_000,
            "the test does not see the file: {}",
            spooled.len()
        );
        assert!(spooled.starts_with(b"age-encryption.org/v1"));
    }
    assert_eq!(needles.found(&spooled), []);
    drop(upload);
    if let Ok(found) = settled(&server, &needles).await {
        assert!(found.is_empty(), "in memory:\n{}", found.join("\n"));
    }
    let mut stored = Vec::new();
    files(&installation.path("files"), &mut stored);
    assert!(
        stored.is_empty(),
        "{:?}",
        stored.iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
    assert!(nameless(&server).is_empty());
}

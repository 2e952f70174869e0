//! Row 6 and leftovers: after reports, files, casework and unseals, no typed text and no key that opens one is on the
//! disk, in the log or in the memory of the real program.

mod attachments;
mod mail;
mod unseal;
mod whatsapp;

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::flows::report::{answer_for, words_of};
use crate::support::needles::Needles;
use crate::support::program::{Browser, Installation, Server};

const STORY: &str = "Zafirocentinela del relato pidió dinero";
const MESSAGE: &str = "Topaciocentinela recordó el lunes";
const NAME: &str = "Rubicentinela Opalocentinela";
const ADDRESS: &str = "Callejadecentinela 77 y Segundacentinela";
const CEDULA: &str = "1719876540";
const PHONE: &str = "0987612345";
const MAIL: &str = "ambarcentinela@correo.test";

/// Texts that must appear nowhere, in pieces that survive encodings and redaction.
const SENTINELS: [&str; 10] = [
    "Zafirocentinela",
    "Topaciocentinela",
    "Rubicentinela",
    "Opalocentinela",
    "Callejadecentinela",
    "Segundacentinela",
    CEDULA,
    "987612345",
    "ambarcentinela",
    "centinela del relato",
];

fn answer(step: &str) -> Vec<(&'static str, String)> {
    let own = |value: &str| vec![("value", value.to_owned())];
    match step {
        "document" => vec![("kind", "cedula".to_owned()), ("number", CEDULA.to_owned())],
        "name" => own(NAME),
        "phone" => own(PHONE),
        "email" => own(MAIL),
        "address" => own(ADDRESS),
        other => match answer_for(other).as_slice() {
            [("value", text)] if text.starts_with("Me pidieron") => {
                own(&format!("{STORY}. Soy {NAME}, cédula {CEDULA}, vivo en {ADDRESS}."))
            }
            known => known.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        },
    }
}

/// Files a report, keeps the receipt, comes back with it, writes and reads. Returns the words.
async fn whole_visit(browser: &mut Browser, back: &mut Browser) -> String {
    let submitted = browser.report(answer).await.unwrap();
    assert_eq!(submitted.location, "/report/receipt", "{}", submitted.text);
    let words = words_of(&browser.get("/report/receipt").await.unwrap().text);
    browser.post("/report/receipt/saved", &[]).await.unwrap();
    let entered = back.post("/follow-up", &[("words", &words)]).await.unwrap();
    assert_eq!(entered.location, "/follow-up/case", "{}", entered.text);
    assert!(
        back.get("/follow-up/case")
            .await
            .unwrap()
            .text
            .contains("Zafirocentinela")
    );
    back.post("/follow-up/message", &[("text", MESSAGE)]).await.unwrap();
    assert!(back.get("/follow-up/case").await.unwrap().text.contains(MESSAGE));
    // The message is typed once more after the session ended, and carried along past wrong words.
    let mut late = back.another();
    let carried = late.post("/follow-up/message", &[("text", MESSAGE)]).await.unwrap();
    assert!(carried.text.contains(MESSAGE));
    let wrong = [("words", "abeja abeja"), ("text", MESSAGE)];
    assert!(late.post("/follow-up", &wrong).await.unwrap().text.contains(MESSAGE));
    // This one just goes away, without leaving.
    words
}

/// Every file below a folder.
fn files(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

/// Needles found in the writable memory of a process, each with its mapping and the bytes around it.
fn in_memory(needles: &Needles, id: u32) -> std::io::Result<Vec<String>> {
    let memory = fs::File::open(format!("/proc/{id}/mem"))?;
    let mut found = Vec::new();
    for line in fs::read_to_string(format!("/proc/{id}/maps"))?.lines() {
        let mut parts = line.split_whitespace();
        let (Some(range), Some(rights)) = (parts.next(), parts.next()) else {
            continue;
        };
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (
            u64::from_str_radix(from, 16).unwrap(),
            u64::from_str_radix(to, 16).unwrap(),
        );
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A mapping may end while it is read; what can be read counts.
        let mut read = 0;
        while read < bytes.len() {
            match memory.read_at(&mut bytes[read..], from + read as u64) {
                Ok(0) | Err(_) => break,
                Ok(more) => read += more,
            }
        }
        for run in written(&bytes[..read]) {
            for (what, at) in needles.found(run) {
                let around = &run[at.saturating_sub(160)..(at + 160).min(run.len())];
                found.push(format!(
                    "{what} in {line}\n    …{}…",
                    String::from_utf8_lossy(around).escape_debug()
                ));
            }
        }
    }
    Ok(found)
}

/// The runs of pages in which anything is written: most of a process's memory is zeros, and no needle has a page of
/// them.
fn written(bytes: &[u8]) -> Vec<&[u8]> {
    const PAGE: usize = 4096;
    let mut runs = Vec::new();
    let mut from = 0;
    for (at, page) in bytes.chunks(PAGE).enumerate() {
        if *page == [0; PAGE][..page.len()] {
            runs.push(&bytes[from..at * PAGE]);
            from = at * PAGE + page.len();
        }
    }
    runs.push(&bytes[from..]);
    runs.retain(|run| !run.is_empty());
    runs
}

/// Returns the needles in memory after connections have ended. Repeats while requests find the server busy with that.
async fn settled(server: &Server, needles: &Needles) -> std::io::Result<Vec<String>> {
    let mut found = in_memory(needles, server.id())?;
    for _ in 0..10 {
        if found.is_empty() {
            break;
        }
        assert_eq!(server.browser().get("/healthz").await.unwrap().status, 200);
        found = in_memory(needles, server.id())?;
    }
    Ok(found)
}

/// Asserts that the needles are neither in memory nor in anything that the program has written.
async fn assert_nowhere(installation: &Installation, server: &Server, needles: &Needles) {
    match settled(server, needles).await {
        Ok(found) => assert!(found.is_empty(), "in memory:\n{}", found.join("\n")),
        // Without root the kernel itself refuses: the program has made itself unreadable to its own user.
        Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}"),
    }
    let mut stored = vec![("the log".to_owned(), server.log().into_bytes())];
    files(&installation.path(""), &mut stored);
    for name in ["sigilo.sqlite", "sigilo.sqlite-wal", "witness/journal"] {
        assert!(
            stored
                .iter()
                .any(|(path, bytes)| path.ends_with(name) && !bytes.is_empty()),
            "{name}"
        );
    }
    for (path, bytes) in &stored {
        assert_eq!(needles.found(bytes), [], "{path}");
    }
}

#[tokio::test]
async fn nothing_that_was_typed_stays_on_the_disk_in_the_log_or_in_memory() {
    let installation = Installation::ready();
    let server = installation.serve();
    let (mut browser, mut back) = (server.browser(), server.browser());
    // The browsers stay, with all connections that the server lets them keep.
    let words = whole_visit(&mut browser, &mut back).await;
    let three: Vec<&str> = words.split(' ').take(3).collect();
    let three = three.join(" ");
    let needles = Needles::new(SENTINELS.into_iter().chain([three.as_str()]));

    assert_nowhere(&installation, &server, &needles).await;
}

#[tokio::test]
async fn what_is_still_on_its_way_is_in_memory_and_gone_when_it_breaks_off() {
    let installation = Installation::ready();
    let server = installation.serve();
    let needles = Needles::new(["Granatecentinela"]);
    let mut upload = TcpStream::connect(&server.address).unwrap();
    write!(
        upload,
        "POST /follow-up HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 9999\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\nwords=Granatecentinela"
    )
    .unwrap();
    // Twin: the same scan sees what the program must hold at that moment.
    let mut held = false;
    for _ in 0..20 {
        assert_eq!(server.browser().get("/healthz").await.unwrap().status, 200);
        match in_memory(&needles, server.id()) {
            Ok(found) if found.is_empty() => {}
            Ok(_) => {
                held = true;
                break;
            }
            Err(error) => return assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}"),
        }
    }
    assert!(held, "the scan does not see what is there");
    drop(upload);
    let found = settled(&server, &needles).await.unwrap();
    assert!(found.is_empty(), "in memory:\n{}", found.join("\n"));
}

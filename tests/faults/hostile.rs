//! Hostile files and hostile visitors: an upload is never treated as more than a file, and others are still served.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::answer;
use super::evidence::{finish, found, photograph, stored, text};
use crate::support::on_both_stores;
use crate::support::program::{Browser, Installation, Server};
use crate::support::staff::attributes;

on_both_stores!(
    program: bombs_do_not_go_off_and_what_is_two_things_becomes_one,
    names_lead_nowhere,
    a_hundred_slow_uploads_keep_nobody_waiting,
);

/// Megabytes of zeros in each of the bomb's parts, and how many parts it has: three gigabytes.
const PART: usize = 32;
const PARTS: usize = 96;

/// An archive with `parts` by name.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A small letter whose pictures unpack to gigabytes.
fn bomb() -> Vec<u8> {
    let zeros = vec![0; PART << 20];
    let mut one = ZipArchive::new(Cursor::new(archive(&[("zeros", &zeros)]))).unwrap();
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override \
                 PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.\
                 wordprocessingml.document.main+xml\"/></Types>";
    let letter = [
        ("[Content_Types].xml", types.as_bytes()),
        ("word/document.xml", b"<document/>".as_slice()),
    ];
    let mut zip = ZipWriter::new_append(Cursor::new(archive(&letter))).unwrap();
    for part in 0..PARTS {
        let raw = one.by_index_raw(0).unwrap();
        zip.raw_copy_file_rename(raw, format!("word/media/{part}.png")).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A picture that says that it is 65535 pixels wide and high, and holds next to none.
fn giant() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], content: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(content);
        png.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        png.extend_from_slice(kind);
        png.extend_from_slice(content);
        png.extend(crc.sum().to_be_bytes());
    };
    let mut head = [65_535_u32.to_be_bytes(), 65_535_u32.to_be_bytes()].concat();
    head.extend([8, 6, 0, 0, 0]);
    chunk(b"IHDR", &head);
    let mut pixels = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    pixels.write_all(&[0; 1000]).unwrap();
    chunk(b"IDAT", &pixels.finish().unwrap());
    chunk(b"IEND", b"");
    png
}

/// The most memory that the server has used, in bytes.
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes * 1024
}

async fn at_files(server: &Server) -> Browser {
    let mut browser = server.browser();
    browser.post("/report/start", &[]).await.unwrap();
    browser.walk("files", answer).await.unwrap();
    browser
}

/// Keeps all files that cannot be cleaned, as they are. Returns their number.
async fn keep_all(browser: &mut Browser) -> usize {
    let page = browser.walk("files", answer).await.unwrap();
    let undecided = attributes(&page, "action=\"/report/files/keep\"><button", "value");
    for file in &undecided {
        browser.post("/report/files/keep", &[("file", file)]).await.unwrap();
    }
    undecided.len()
}

async fn bombs_do_not_go_off_and_what_is_two_things_becomes_one(installation: Installation) {
    let server = installation.serve();
    let mut browser = at_files(&server).await;
    let (bomb, giant) = (bomb(), giant());
    assert!(bomb.len() < 8 << 20, "{}", bomb.len());
    let before = peak(&server);
    // A picture, and an archive for a reader that starts at the end.
    let secret = "Granatecentinela dentro del archivo";
    let polyglot = [photograph(), archive(&[("secreto.txt", secret.as_bytes())])].concat();
    let sent: [(&str, &[u8]); 3] = [("carta.docx", &bomb), ("enorme.png", &giant), ("doble.jpg", &polyglot)];
    for file in sent {
        let taken = browser.post_files("/report/files", &[file]).await.unwrap();
        assert_eq!(taken.status, 303, "{}: {}", file.0, taken.text);
        assert_eq!(server.browser().get("/readyz").await.unwrap().status, 200);
    }
    let grown = peak(&server) - before;
    assert!(grown < 100 << 20, "{grown}");
    assert!(
        keep_all(&mut browser).await >= 1,
        "a bomb cannot be cleaned, and its sender is told"
    );
    let words = finish(&mut browser).await.unwrap();
    let files = found(&server, &words).await;
    assert!(
        files["carta.docx"] == bomb,
        "what could not be cleaned is what was sent"
    );
    assert!(files["enorme.png"].starts_with(b"\x89PNG"));
    let picture = &files["doble.jpg"];
    assert!(picture.starts_with(b"\xff\xd8\xff") && picture.ends_with(b"\xff\xd9"));
    for trace in [b"PK\x03\x04".as_slice(), b"PK\x05\x06", b"secreto.txt"] {
        assert!(memchr::memmem::find(picture, trace).is_none(), "{trace:?}");
    }
    assert!(ZipArchive::new(Cursor::new(picture)).is_err());
}

async fn names_lead_nowhere(installation: Installation) {
    let server = installation.serve();
    let mut browser = at_files(&server).await;
    let long = "n".repeat(5000);
    let names = [
        "../../../keys.toml",
        "..\\..\\sigilo.sqlite",
        "/etc/passwd",
        "\u{202e}gpj.exe",
        "a\tb.txt",
        "a\u{1}b.txt",
        "%0d%0aSet-Cookie: x=y",
        "<script>alert(1)</script>.txt",
        &long,
    ];
    let mut taken = 0;
    for name in names {
        let reply = browser
            .post_files("/report/files", &[(name, b"contenido")])
            .await
            .unwrap();
        // A name that a header cannot hold makes the form malformed.
        assert!([303, 422].contains(&reply.status), "{name:?}: {}", reply.text);
        taken += usize::from(reply.status == 303);
    }
    assert!(taken >= 7, "{taken}");
    let page = browser.walk("files", answer).await.unwrap();
    assert!(!page.contains("<script>alert"));
    keep_all(&mut browser).await;
    let words = finish(&mut browser).await.unwrap();
    let files = found(&server, &words).await;
    assert_eq!(stored(&installation).len(), taken);
    for name in files.keys() {
        assert!(!name.contains(['/', '\\', '\u{202e}', '\u{1}', '\t']), "{name:?}");
        assert!(name.chars().count() <= 200, "{name}");
    }
    assert!(files.values().all(|content| content == b"contenido"));
    assert!(files.contains_key("keys.toml") && files.contains_key("passwd"));
    assert!(!server.log().contains("panic"), "{}", server.log());
}

async fn a_hundred_slow_uploads_keep_nobody_waiting(installation: Installation) {
    let server = installation.serve();
    let half = text("despacio", 600_000);
    let mut slow = Vec::new();
    for number in 0..100 {
        let mut browser = server.browser();
        browser.post("/report/start", &[]).await.unwrap();
        // Some go to their place at once, some wait to be cleaned.
        let picture = [b"\xff\xd8\xff\xe0".as_slice(), &half].concat();
        let (name, half) = if number % 4 == 0 {
            ("lenta.jpg", &picture)
        } else {
            ("lento.txt", &half)
        };
        slow.push((server.upload_half(&browser, name, half), browser));
    }
    let mut browser = at_files(&server).await;
    let list = text("rapido", 300_000);
    let taken = browser
        .post_files("/report/files", &[("lista.txt", &list), ("foto.jpg", &photograph())])
        .await;
    assert_eq!(taken.unwrap().status, 303);
    let words = finish(&mut browser).await.unwrap();
    assert!(found(&server, &words).await["lista.txt"] == list);
    assert!(peak(&server) < 700 << 20, "{}", peak(&server));
    // The slow uploads are still open: their visitors may go on.
    for (upload, _) in &slow {
        assert!(upload.take_error().unwrap().is_none() && upload.peer_addr().is_ok());
    }
    drop(slow);
    for _ in 0..2000 {
        assert_eq!(server.browser().get("/healthz").await.unwrap().status, 200);
        if stored(&installation).len() == 2 {
            break;
        }
    }
    assert_eq!(stored(&installation).len(), 2, "what broke off is gone");
}

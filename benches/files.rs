//! Files over HTTP against the running program, compared with the `age` crate on the same bytes in memory. Also the
//! growth of the program's memory during parallel uploads, beyond its memory after single uploads. The client runs on
//! the same cores.

#![expect(clippy::disallowed_methods, reason = "benches measure")]

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Size of one file in bytes.
const SIZE: usize = 100_000_000;
/// Rounds for each figure. The median counts.
const ROUNDS: usize = 5;
/// Parallel uploads for the memory figure.
const AT_ONCE: usize = 4;
const BOUNDARY: &str = "----frontera";

fn main() {
    let film = Arc::new(film());
    let plain = Arc::new(noise(SIZE));
    let server = Server::start();
    println!("100 MB, on cores that the service and this client share\n");
    println!("{:<44} {:>8} {:>7}", "sealing", "MB/s", "ratio");
    let in_memory = median(|| seal_in_memory(&plain));
    row("the age crate, in memory", in_memory, in_memory);
    for (what, content) in [
        ("through HTTP, of no known type", &plain),
        ("through HTTP, a film that is cleaned", &film),
    ] {
        let took = median(|| {
            let visitor = server.visitor();
            let begun = Instant::now();
            visitor.upload(content);
            begun.elapsed()
        });
        row(what, took, in_memory);
    }

    let idle = server.resident();
    let most = server.watch();
    let uploads: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (visitor, film) = (server.visitor(), film.clone());
            std::thread::spawn(move || visitor.upload(&film))
        })
        .collect();
    for upload in uploads {
        upload.join().unwrap();
    }
    let most = most();
    println!(
        "\nmemory: {:.1} MB idle after those, {:.1} MB more at most while {AT_ONCE} such films come at once",
        megabytes(idle),
        megabytes(most.saturating_sub(idle))
    );
}

fn row(what: &str, took: Duration, in_memory: Duration) {
    let rate = 100.0 / took.as_secs_f64();
    println!(
        "{what:<44} {rate:>8.0} {:>7.2}",
        in_memory.as_secs_f64() / took.as_secs_f64()
    );
}

fn median(mut once: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..ROUNDS).map(|_| once()).collect();
    all.sort_unstable();
    all[ROUNDS / 2]
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

/// Makes bytes without a pattern, quickly.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut bytes = vec![0; size];
    for piece in bytes.chunks_mut(8) {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        piece.copy_from_slice(&state.to_be_bytes()[..piece.len()]);
    }
    bytes
}

/// Makes a film like those of phones: media first, then the index with a name and a place.
fn film() -> Vec<u8> {
    let boxed = |kind: &[u8; 4], content: &[u8]| {
        let size = u32::try_from(8 + content.len()).unwrap();
        [size.to_be_bytes().as_slice(), kind, content].concat()
    };
    let header = boxed(b"ftyp", b"isom\0\0\x02\0isommp41");
    let index = boxed(
        b"moov",
        &[boxed(b"mvhd", &[0; 100]), boxed(b"udta", b"+00.1800-078.4700/")].concat(),
    );
    let shown = boxed(b"mdat", &noise(SIZE - header.len() - index.len() - 8));
    [header, shown, index].concat()
}

fn seal_in_memory(content: &[u8]) -> Duration {
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public();
    let mut sealed = Vec::with_capacity(content.len() + content.len() / 1000 + 1000);
    let begun = Instant::now();
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let mut writer = encryptor.wrap_output(&mut sealed).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap();
    let took = begun.elapsed();
    std::hint::black_box(&sealed);
    took
}

/// A running demo with its folder on the disk of the build.
struct Server {
    child: Child,
    address: String,
    folder: String,
    /// Kept open, because the program ends if it cannot write.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start() -> Self {
        let folder = format!("{}/files-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/iess.toml");
        let mut child = Command::new(env!("CARGO_BIN_EXE_sigilo"))
            .args([
                "demo",
                "--listen",
                "127.0.0.1:0",
                "--profile",
                profile,
                "--folder",
                &folder,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = output
            .find_map(|line| {
                let line = line.unwrap();
                let port = line
                    .trim()
                    .strip_prefix("http://localhost:")?
                    .split('/')
                    .next()?
                    .to_owned();
                Some(format!("127.0.0.1:{port}"))
            })
            .expect("the demo tells its address");
        Self {
            child,
            address,
            folder,
            _output: output,
        }
    }

    /// Starts a report. Returns the visitor.
    fn visitor(&self) -> Visitor {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /report/start HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
             Content-Length: 0\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let cookie = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next())
            .unwrap_or_else(|| panic!("no cookie in {answer}"));
        Visitor {
            address: self.address.clone(),
            cookie: cookie.to_owned(),
        }
    }

    /// The program's memory in bytes.
    fn resident(&self) -> u64 {
        resident(self.child.id())
    }

    /// Samples the memory until it is told to stop. Returns the peak.
    fn watch(&self) -> impl FnOnce() -> u64 {
        let id = self.child.id();
        let ended = Arc::new(AtomicBool::new(false));
        let watcher = std::thread::spawn({
            let ended = ended.clone();
            move || {
                let mut most = 0;
                while !ended.load(Ordering::Relaxed) {
                    most = most.max(resident(id));
                    std::thread::sleep(Duration::from_millis(2));
                }
                most
            }
        });
        move || {
            ended.store(true, Ordering::Relaxed);
            watcher.join().unwrap()
        }
    }
}

fn resident(id: u32) -> u64 {
    let pages = fs::read_to_string(format!("/proc/{id}/statm")).unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        drop(Command::new("kill").args(["-TERM", &id]).status());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

struct Visitor {
    address: String,
    cookie: String,
}

impl Visitor {
    fn upload(&self, content: &[u8]) {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"algo\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        let length = head.len() + content.len() + tail.len();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /report/files HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
             Cookie: {}\r\nAccept: application/json\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
             Content-Length: {length}\r\n\r\n{head}",
            self.cookie
        )
        .unwrap();
        stream.write_all(content).unwrap();
        stream.write_all(tail.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }
}

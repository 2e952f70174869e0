//! Ten thousand malformed requests, made from the routes' table by a seed: as every kind of visitor, with broken
//! methods, paths, headers and bodies. Each gets an answer, none an internal error, and the service works as before.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use sigilo::http::ROUTES;
use tower::ServiceExt as _;

use crate::flows::evidence::at_files;
use crate::flows::report::submit;
use crate::flows::verification::verified;
use crate::routes::{everybody, filled};
use crate::support::app::{BOUNDARY, TestApp, Visitor};

const REQUESTS: usize = 10_000;
const SEED: u64 = 20_261_125;

const METHODS: &[&str] = &[
    "GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "X",
];
const SEGMENTS: &[&str] = &[
    "",
    "x",
    "..",
    "%2e%2e",
    "%2F",
    "%00",
    "%ff%fe",
    "%C3%28",
    "%",
    "%zz",
    "ñ",
    "%F0%9F%92%A5",
    "0",
    "-1",
    "null",
    "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7",
    "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d0",
    "A1A2A3A4B1B24C1C8D1D2D3D4D5D6D7D",
    "{case}",
    "' OR 1=1 --",
    "18446744073709551616",
    "00000000-0000-0000-0000-000000000000",
];
const QUERIES: &[&str] = &[
    "lang=%ff",
    "lang=en&lang=es",
    "lang=../../es",
    "after=%00",
    "page=-1",
    "page=99999999999999999999",
    "state=x&state=y",
    "kind[]=queja",
    "cursor=AAAA",
    "cursor=%E2%82",
    "=",
    "&&&",
    "expired",
    "a=b;c=d",
    "from=9999-99-99&to=0000-00-00",
    "hub.mode=subscribe&hub.verify_token=&hub.challenge=%00",
];
const KINDS: &[&str] = &[
    "",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "text/plain",
    "application/octet-stream",
    ";;;",
    "a/b/c",
    "application/json; charset=\"",
    "multipart/form-data; boundary=----frontera-de-prueba",
];
const FIELDS: &[&str] = &[
    "step",
    "value",
    "kind",
    "number",
    "none",
    "skip",
    "confirm",
    "to",
    "words",
    "text",
    "file",
    "email",
    "address",
    "share.phone",
    "restore",
    "heard",
    "digest",
    "language",
    "",
    "step[]",
];
const KEYS: &[&str] = &[
    "email",
    "login",
    "attachment",
    "body",
    "record",
    "state",
    "verdict",
    "request",
    "signature",
    "text",
    "salt",
    "case",
    "purpose",
    "officer",
    "share",
    "note",
    "id",
];
const COOKIES: &[&str] = &[
    "__Host-sigilo-draft",
    "__Host-sigilo-case",
    "__Host-sigilo-staff",
    "__Host-sigilo-filing",
    "__Host-sigilo-device",
];
const HEADERS: &[(&str, &[u8])] = &[
    ("accept", b"application/json"),
    ("accept", b"\xff\xfe"),
    ("accept-language", b"*;q=\xf1"),
    ("content-length", b"99999999999999999999"),
    ("content-length", b"-1"),
    ("content-encoding", b"gzip"),
    ("transfer-encoding", b"chunked, chunked"),
    ("expect", b"100-continue"),
    ("range", b"bytes=-1-"),
    ("if-none-match", b"\"\"\"\""),
    ("host", b"[::"),
    ("x-forwarded-for", b"999.1.2.3, , \xff"),
    ("forwarded", b"for=\"[::1\""),
    ("origin", b"null"),
    ("sec-fetch-site", b"same-origin, cross-site"),
    ("x-hub-signature-256", b"sha256=zz"),
    ("upgrade", b"h2c"),
    ("authorization", b"Basic \xff"),
];

struct Maker {
    rng: StdRng,
}

impl Maker {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.random_range(0..of.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.rng.random_range(0..most)];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A path of the table with a part exchanged, and a query that nobody sends.
    fn path(&mut self, path: &str) -> String {
        let mut path = path.to_owned();
        if self.rng.random_ratio(1, 3) {
            let mut parts: Vec<&str> = path.split('/').collect();
            let at = self.rng.random_range(0..parts.len());
            let segment = self.one(SEGMENTS);
            parts[at] = segment;
            path = parts.join("/");
            if !path.starts_with('/') {
                path.insert(0, '/');
            }
        }
        if self.rng.random_ratio(1, 20) {
            path.push_str(&"/a".repeat(3000));
        }
        if self.rng.random_ratio(1, 2) {
            path.push('?');
            path.push_str(self.one(QUERIES));
        }
        path
    }

    fn value(&mut self, depth: usize) -> String {
        match self.rng.random_range(0..10) {
            0 => "null".into(),
            1 => "-0.5e400".into(),
            2 => "18446744073709551616".into(),
            3 => "\"\\ud800\"".into(),
            4 => format!("\"{}\"", "A".repeat(self.rng.random_range(0..2000))),
            5 => "[".repeat(500),
            6 => "true".into(),
            7 if depth < 4 => self.object(depth + 1),
            8 if depth < 4 => format!("[{},{}]", self.value(depth + 1), self.value(depth + 1)),
            _ => "\"AAAA\"".into(),
        }
    }

    fn object(&mut self, depth: usize) -> String {
        let pairs: Vec<String> = (0..self.rng.random_range(0..5))
            .map(|_| format!("\"{}\":{}", self.one(KEYS), self.value(depth)))
            .collect();
        format!("{{{}}}", pairs.join(","))
    }

    fn form(&mut self) -> Vec<u8> {
        let mut form = Vec::new();
        for _ in 0..self.rng.random_range(0..6) {
            form.extend_from_slice(self.one(FIELDS).as_bytes());
            form.push(b'=');
            match self.rng.random_range(0..5) {
                0 => form.extend_from_slice(b"%"),
                1 => form.extend_from_slice(b"%ff%C3%28%00"),
                2 => form.extend_from_slice(&self.bytes(40)),
                3 => form.extend_from_slice("+".repeat(self.rng.random_range(0..5000)).as_bytes()),
                _ => form.extend_from_slice(self.one(SEGMENTS).as_bytes()),
            }
            form.push(b'&');
        }
        form
    }

    /// Files in a form that ends too early, has no ends, or has heads of nonsense.
    fn multipart(&mut self) -> Vec<u8> {
        let name = self.one(SEGMENTS);
        let field = self.one(&["file", "", "file\"; x=\"", "\u{0}"]);
        let mut form =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n")
                .into_bytes();
        if self.rng.random_ratio(1, 4) {
            form.extend_from_slice(b"Content-Type: \xff\xff\r\nX-\x00: y\r\n");
        }
        form.extend_from_slice(b"\r\n");
        form.extend_from_slice(self.one(&[
            b"\xff\xd8\xff\xe0\x00".as_slice(),
            b"%PDF-",
            b"PK\x03\x04",
            b"OggS",
            b"RIFF",
        ]));
        form.extend_from_slice(&self.bytes(3000));
        form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        if self.rng.random_ratio(2, 3) {
            let length = self.rng.random_range(0..form.len());
            form.truncate(length);
        }
        form
    }

    fn body(&mut self) -> Vec<u8> {
        match self.rng.random_range(0..8) {
            0 => Vec::new(),
            1 => self.bytes(2000),
            2 | 3 => self.form(),
            4 => self.multipart(),
            5 => self.value(0).into_bytes(),
            6 => self.object(0).into_bytes(),
            _ => vec![b'a'; self.rng.random_range(0..400_000)],
        }
    }

    /// Makes a request. None if the HTTP library cannot represent it: no server would ever see it.
    fn request(&mut self, method: &str, path: &str, visitor: &Visitor) -> Option<Request<Body>> {
        let method = if self.rng.random_ratio(1, 5) {
            self.one(METHODS)
        } else {
            method
        };
        let path = self.path(path);
        let mut request = Request::builder().method(method).uri(path);
        if self.rng.random_ratio(9, 10) {
            request = request.header("sec-fetch-site", "same-origin");
        }
        let kind = self.one(KINDS);
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        for _ in 0..self.rng.random_range(0..3) {
            let (name, value) = self.one(HEADERS);
            request = request.header(name, value);
        }
        if self.rng.random_ratio(1, 50) {
            request = request.header("x-long", "x".repeat(60_000));
        }
        let mut cookies: Vec<String> = visitor
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if self.rng.random_ratio(1, 4) {
            let (long, longer) = ("A".repeat(64), "_".repeat(9000));
            let garbage = self.one(&["", "=", "AAAA", "ñ", "\"\"", &long, &longer]);
            cookies.insert(0, format!("{}={garbage}", self.one(COOKIES)));
        }
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; ").into_bytes());
        }
        request.body(Body::from(self.body())).ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_of_nonsense_are_answered_and_change_nothing() {
    let app = TestApp::new().await;
    let (everybody, case) = everybody(&app).await;
    let mut visitors: Vec<(&str, Visitor)> = everybody.iter().map(|who| (who.name, who.visitor.clone())).collect();
    let mut writing = Visitor::default();
    at_files(&app, &mut writing).await;
    visitors.push(("somebody who writes", writing));
    // Requests that end a session are sent by other visitors, so that it lasts.
    let ends = [
        "/follow-up/leave",
        "/leave",
        "/staff/filing/report/discard",
        "/api/v1/staff/session",
    ];
    let mut maker = Maker {
        rng: StdRng::seed_from_u64(SEED),
    };
    let mut seen = BTreeMap::<u16, usize>::new();
    let mut sent = 0;
    while sent < REQUESTS {
        let route = &ROUTES[maker.rng.random_range(0..ROUTES.len())];
        let (who, visitor) = &visitors[maker.rng.random_range(0..visitors.len())];
        let nobody = Visitor::default();
        let ending = ends.contains(&route.path);
        let visitor = if ending { &nobody } else { visitor };
        let Some(request) = maker.request(route.method, &filled(route.path, &case), visitor) else {
            continue;
        };
        sent += 1;
        let what = format!("{} {} by {who}, request {sent}", request.method(), request.uri());
        let response = app.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let told = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
        assert!(
            !status.is_server_error(),
            "{what}: {status} {}",
            String::from_utf8_lossy(&told)
        );
        *seen.entry(status.as_u16()).or_default() += 1;
    }
    println!("{seen:?}");
    for expected in [200, 303, 400, 403, 404, 405, 413, 422] {
        assert!(
            seen.contains_key(&expected),
            "{expected}: the requests reach less than they should: {seen:?}"
        );
    }
    assert_eq!(app.get(&mut Visitor::default(), "/readyz").await.status, StatusCode::OK);
    submit(&app, &mut Visitor::default()).await;
    app.app().log.sequence().await.unwrap();
    verified(&app, app.app().db()).await.unwrap();
}

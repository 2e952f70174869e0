//! Requests and replies of a browser that keeps its cookies by hand.

use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};

/// A reply of the server.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub fn location(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |location| location.to_str().unwrap())
    }
}

/// A browser's cookies.
#[derive(Debug, Default, Clone)]
pub struct Visitor(pub Vec<(String, String)>);

/// The boundary between the files of a form.
pub const BOUNDARY: &str = "----frontera-de-prueba";

/// Encodes files as `multipart/form-data`.
pub fn multipart(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Encodes fields as `application/x-www-form-urlencoded`.
pub fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect()
    };
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The step that a page of the chat asks for.
pub fn step_of(page: &str) -> String {
    let marker = "name=\"step\" value=\"";
    let at = page.find(marker).unwrap_or_else(|| panic!("no step in {page}")) + marker.len();
    page[at..].split('"').next().unwrap().to_owned()
}

/// The value of an attribute in the first tag that begins with `tag`, and each further one.
pub fn attributes(page: &str, tag: &str, name: &str) -> Vec<String> {
    page.split(tag)
        .skip(1)
        .filter_map(|rest| {
            let inside = rest.split('>').next()?;
            let value = inside.split(&format!(" {name}=\"")).nth(1)?;
            value.split('"').next().map(str::to_owned)
        })
        .collect()
}

//! The browser of a visitor to the program under test, over HTTP.

use axum::http::{HeaderMap, StatusCode};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};

use crate::binary::PROGRAM_TIMEOUT;
use crate::requests::{BOUNDARY, Reply, Visitor, form, multipart, step_of};

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Self {
            status: StatusCode::from_u16(page.status).unwrap(),
            headers: HeaderMap::new(),
            body: page.text.into_bytes(),
        }
    }
}

/// A visitor's browser. It keeps cookies by hand, because `__Host-` cookies need HTTPS in a cookie store.
pub struct Browser {
    client: reqwest::Client,
    base: String,
    cookies: Vec<(String, String)>,
}

/// A reply of the program.
pub struct Page {
    pub status: u16,
    pub location: String,
    pub text: String,
}

impl Browser {
    /// The browser of a new visitor to the server at this address.
    pub fn at_address(address: &str) -> Self {
        // reqwest requires a provider even without TLS. Later calls have no effect.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Keeps connections open like a browser, so that the server's memory for them counts too.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PROGRAM_TIMEOUT)
            .build()
            .unwrap();
        Self {
            client,
            base: format!("http://{address}"),
            cookies: Vec::new(),
        }
    }

    /// Replaces the cookies with this visitor's.
    #[must_use]
    pub fn with_cookies(mut self, visitor: &Visitor) -> Self {
        self.cookies.clone_from(&visitor.0);
        self
    }

    /// The visitor with this browser's cookies.
    pub fn visitor(self) -> Visitor {
        Visitor(self.cookies)
    }

    /// The browser of another visitor to the same server.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            client: self.client.clone(),
            base: self.base.clone(),
            cookies: Vec::new(),
        }
    }

    pub async fn get(&mut self, path: &str) -> reqwest::Result<Page> {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<Page> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(fields));
        self.send(request).await
    }

    /// Sends a form with files, like a browser without JavaScript.
    pub async fn post_files(&mut self, path: &str, files: &[(&str, &[u8])]) -> reqwest::Result<Page> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(multipart(files));
        self.send(request).await
    }

    /// Downloads a whole file. Fails if there is no answer, an error or an incomplete one.
    pub async fn download(&mut self, path: &str) -> reqwest::Result<Vec<u8>> {
        let response = self.ask(self.client.get(format!("{}{path}", self.base))).await?;
        Ok(response.error_for_status()?.bytes().await?.to_vec())
    }

    /// The value of the `Cookie` header.
    pub fn cookie(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    pub async fn post_json(&mut self, path: &str, body: &serde_json::Value) -> reqwest::Result<Page> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("sec-fetch-site", "same-origin")
            .json(body);
        self.send(request).await
    }

    async fn ask(&mut self, mut request: reqwest::RequestBuilder) -> reqwest::Result<reqwest::Response> {
        if !self.cookies.is_empty() {
            request = request.header(COOKIE, self.cookie());
        }
        let response = request.send().await?;
        for line in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(response)
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Result<Page> {
        let response = self.ask(request).await?;
        let location = response.headers().get(LOCATION);
        Ok(Page {
            status: response.status().as_u16(),
            location: location.map_or_else(String::new, |to| to.to_str().unwrap().to_owned()),
            text: response.text().await?,
        })
    }

    /// Answers all questions of the chat with `answer` and submits the report. Returns the reply, or the refusal to start.
    /// `None` if the server went away.
    pub async fn report(&mut self, answer: impl Fn(&str) -> Vec<(&'static str, String)>) -> Option<Page> {
        match self.complete(answer).await? {
            started if started.status == 303 => self.submit().await,
            refused => Some(refused),
        }
    }

    /// Submits a complete report.
    pub async fn submit(&mut self) -> Option<Page> {
        self.post("/report/submit", &[]).await.ok()
    }

    /// Adds a cookie.
    #[must_use]
    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts a report and answers all questions. Returns the reply to the start.
    pub async fn complete(&mut self, answer: impl Fn(&str) -> Vec<(&'static str, String)>) -> Option<Page> {
        let started = self.post("/report/start", &[]).await.ok()?;
        if started.status == 303 {
            self.walk("", answer).await?;
        }
        Some(started)
    }

    /// Answers questions until the step `until`, or until the report is complete. Returns the page.
    pub async fn walk(&mut self, until: &str, answer: impl Fn(&str) -> Vec<(&'static str, String)>) -> Option<String> {
        loop {
            let page = self.get("/report").await.ok()?;
            assert_eq!(page.status, 200, "{}", page.text);
            if page.text.contains("action=\"/report/submit\"") {
                return Some(page.text);
            }
            let step = step_of(&page.text);
            if step == until {
                return Some(page.text);
            }
            let answers = answer(&step);
            let mut fields = vec![("step", step.as_str())];
            fields.extend(answers.iter().map(|(name, value)| (*name, value.as_str())));
            let reply = self.post("/report", &fields).await.ok()?;
            assert_eq!(reply.status, 303, "{step}: {}", reply.text);
        }
    }
}

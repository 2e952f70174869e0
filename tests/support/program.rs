//! The real program in a folder of its own: set up by its own commands, served on a loopback port, spoken to over HTTP,
//! killed by its id when it is dropped, also by a panic.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use sigilo::dialogue::profile::Profile;
use sigilo::domain::clock::{Clock as _, SystemClock};
use sigilo::domain::ids::InstanceId;
use sigilo::keyfile;
use sigilo::vault::roster::VerifiedRoster;
use tempfile::TempDir;

use super::app::{BOUNDARY, Reply, Visitor, form, multipart};
use super::host::Host;
use super::s3::S3;
use super::smtp::Sink;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sigilo");
const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const PASSWORD: &str = "una clave de prueba";

/// Key files, configuration, database, witness.
pub(crate) struct Installation {
    folder: TempDir,
    /// Where sealed files lie, if not in a folder.
    pub(crate) bucket: Option<S3>,
}

impl Installation {
    /// Keys and a configuration; nothing else.
    pub(crate) fn bare() -> Self {
        Self::bare_on("sqlite:sigilo.sqlite")
    }

    /// The same on any database, which is empty.
    pub(crate) fn bare_on(database: &str) -> Self {
        let installation = Self {
            folder: tempfile::tempdir().unwrap(),
            bucket: None,
        };
        fs::create_dir(installation.path("tmp")).unwrap();
        installation.done(&["keys", "new", "."], "");
        let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/iess.toml");
        installation.configure(&format!(
            "listen = \"127.0.0.1:0\"\npublic_url = \"http://localhost:8080\"\ndatabase = \"{database}\"\n\
             profile = \"{profile}\"\nkeys = \"keys.toml\"\n[witness]\nkeys = \"witness.toml\"\nfolder = \"witness\"\n"
        ));
        installation
    }

    /// With a database, one analyst of every area and one officer; no roster yet.
    pub(crate) fn staffed() -> Self {
        Self::bare().with_staff()
    }

    /// What is bare gets all that.
    pub(crate) fn with_staff(self) -> Self {
        let installation = self;
        installation.done(&["init"], "");
        let profile = Profile::parse(include_str!("../../profiles/iess.toml")).unwrap();
        let areas = profile.areas.iter().map(|area| area.id.as_str());
        let areas: Vec<&str> = areas.filter(|area| *area != profile.desk).collect();
        installation.add("analista@sigilo.test", "analyst", &areas);
        installation.add("oficial@sigilo.test", "officer", &[&profile.desk]);
        installation
    }

    /// Ready to serve.
    pub(crate) fn ready() -> Self {
        Self::bare().made_ready()
    }

    /// What is bare is made ready to serve.
    pub(crate) fn made_ready(self) -> Self {
        let installation = self.with_staff();
        installation.done(&["roster", "propose"], "");
        installation.done(&["authority", "sign", "--yes"], "");
        installation.done(&["roster", "publish"], "");
        installation
    }

    /// The same, with sealed files in a folder beside the database.
    #[expect(clippy::unused_async, reason = "as with a bucket")]
    pub(crate) async fn in_a_folder() -> Self {
        Self::ready()
    }

    /// The same, with sealed files in a bucket.
    pub(crate) async fn in_a_bucket() -> Self {
        let (mut installation, s3) = (Self::ready(), S3::start().await);
        for (file, table) in [("sigilo.toml", s3.in_configuration()), ("keys.toml", s3.in_key_file())] {
            let own = fs::read_to_string(installation.path(file)).unwrap();
            fs::write(installation.path(file), own + &table).unwrap();
        }
        installation.bucket = Some(s3);
        installation
    }

    /// The folder in which sealed files lie: our own, or that of the bucket's service.
    pub(crate) fn stored(&self) -> PathBuf {
        match &self.bucket {
            Some(s3) => s3.stored(),
            None => self.path("files"),
        }
    }

    pub(crate) fn add(&self, email: &str, role: &str, areas: &[&str]) {
        let mut arguments = vec![
            "staff",
            "add",
            "--email",
            email,
            "--name",
            "Persona de prueba",
            "--role",
            role,
        ];
        for area in areas {
            arguments.extend(["--area", area]);
        }
        self.done(&arguments, &format!("{PASSWORD}\n"));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.path("sigilo.toml"), text).unwrap();
    }

    /// Its mails go to this server from the next start on.
    pub(crate) fn send_to(&self, sink: &Sink, encryption: &str) {
        let text = fs::read_to_string(self.path("sigilo.toml")).unwrap();
        self.configure(&format!(
            "{text}[email]\nfrom = \"Sigilo <no-responder@sigilo.test>\"\nhost = \"localhost\"\nport = {}\n\
             encryption = \"{encryption}\"\n",
            sink.address.port()
        ));
    }

    /// Takes this certificate, as PEM, for one that the machine trusts.
    pub(crate) fn trust(&self, certificate: &str) {
        fs::write(self.path("trusted.pem"), certificate).unwrap();
    }

    /// Where systemd would put what it hands over; once it is there, each command is told of it.
    pub(crate) fn credentials(&self) -> PathBuf {
        self.path("credentials")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .envs(Some(("SSL_CERT_FILE", self.path("trusted.pem"))).filter(|(_, file)| file.exists()))
            .env_remove("RUST_LOG")
            .env_remove("CREDENTIALS_DIRECTORY")
            .envs(Some(("CREDENTIALS_DIRECTORY", self.credentials())).filter(|(_, folder)| folder.exists()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().unwrap();
        // A command that reads nothing may have ended before it is written to.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let (id, (ended, end)) = (child.id(), mpsc::channel());
        std::thread::spawn(move || ended.send(child.wait_with_output()));
        let Ok(output) = end.recv_timeout(PATIENCE) else {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("{arguments:?} does not end");
        };
        output.unwrap()
    }

    pub(crate) fn done(&self, arguments: &[&str], input: &str) {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    }

    /// What a command says that must fail, with exit code 1.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", told(&output));
        told(&output)
    }

    /// A running server of this installation, as the browsers of staff know it.
    pub(crate) fn at_work(&self, server: &Server) -> AtWork {
        let keys = keyfile::server_keys(&self.path("keys.toml")).unwrap();
        let note = fs::read(self.path("roster.signed")).unwrap();
        AtWork {
            instance: keys.instance,
            roster: Arc::new(VerifiedRoster::verify(keys.instance, &note, &keys.authority).unwrap()),
            browser: server.browser(),
        }
    }

    /// Starts `serve` and waits for nothing.
    pub(crate) fn starting(&self) -> Server {
        Self::spawned(&mut self.command(&["serve"])).0
    }

    /// Starts `serve` and waits until it listens.
    pub(crate) fn serve(&self) -> Server {
        Self::listening(&mut self.command(&["serve"]))
    }

    /// The same; a file that grows beyond its limit is an error that it is told, and not its end.
    pub(crate) fn serve_on_a_small_disk(&self) -> Server {
        let program = self.command(&["serve"]);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve", PROGRAM])
            .current_dir(self.folder.path())
            .envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env_remove("RUST_LOG")
            .stderr(Stdio::piped());
        Self::listening(&mut shell)
    }

    fn listening(command: &mut Command) -> Server {
        let (mut server, address) = Self::spawned(command);
        let Ok(address) = address.recv_timeout(PATIENCE) else {
            panic!("it does not listen: {}", server.log());
        };
        server.address = address;
        server
    }

    /// The process, and where its address comes once it listens.
    fn spawned(command: &mut Command) -> (Server, mpsc::Receiver<String>) {
        let mut child = command.spawn().unwrap();
        let errors = child.stderr.take().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, address) = mpsc::channel();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if let Some(rest) = line.split("\"message\":\"listening\",\"address\":\"").nth(1) {
                    let _ = found.send(rest.split('"').next().unwrap_or_default().to_owned());
                }
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let server = Server {
            child,
            address: String::new(),
            log,
        };
        (server, address)
    }
}

pub(crate) fn told(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// A running `sigilo serve`.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// A visitor's upload that stops in the middle of its file, its connection open.
    pub(crate) fn upload_half(&self, browser: &Browser, name: &str, half: &[u8]) -> TcpStream {
        let mut upload = TcpStream::connect(&self.address).unwrap();
        write!(
            upload,
            "POST /report/files HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: {}\r\n\
             Content-Length: 99999999\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n--{BOUNDARY}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n",
            browser.cookie()
        )
        .unwrap();
        upload.write_all(half).unwrap();
        upload
    }

    /// `kill -9`, at once.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn browser(&self) -> Browser {
        // A browser waits on its open connections: what the server keeps for them counts too.
        // reqwest wants one although nothing here speaks TLS; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Browser {
            client,
            base: format!("http://{}", self.address),
            cookies: Vec::new(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A running server with its clock and the roster that it was set up with.
pub(crate) struct AtWork {
    instance: InstanceId,
    roster: Arc<VerifiedRoster>,
    browser: Browser,
}

impl AtWork {
    fn as_visitor(&self, visitor: &Visitor) -> Browser {
        Browser {
            cookies: visitor.0.clone(),
            ..self.browser.another()
        }
    }
}

impl Host for AtWork {
    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn roster(&self) -> Arc<VerifiedRoster> {
        self.roster.clone()
    }

    fn now(&self) -> i64 {
        SystemClock.now()
    }

    async fn get(&self, visitor: &mut Visitor, path: &str) -> Reply {
        let mut browser = self.as_visitor(visitor);
        let page = browser.get(path).await.unwrap();
        visitor.0 = browser.cookies;
        page.into()
    }

    async fn post_json(&self, visitor: &mut Visitor, path: &str, body: &serde_json::Value) -> Reply {
        let mut browser = self.as_visitor(visitor);
        let page = browser.post_json(path, body).await.unwrap();
        visitor.0 = browser.cookies;
        page.into()
    }
}

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Self {
            status: StatusCode::from_u16(page.status).unwrap(),
            headers: HeaderMap::new(),
            body: page.text.into_bytes(),
        }
    }
}

/// A visitor's browser. `__Host-` cookies need HTTPS in a real one; here they are kept by hand.
pub(crate) struct Browser {
    client: reqwest::Client,
    base: String,
    cookies: Vec<(String, String)>,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) text: String,
}

impl Browser {
    /// Somebody else's, at the same server.
    pub(crate) fn another(&self) -> Self {
        Self {
            client: self.client.clone(),
            base: self.base.clone(),
            cookies: Vec::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> reqwest::Result<Page> {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<Page> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(fields));
        self.send(request).await
    }

    /// Sends a form with files, as a browser without a script does.
    pub(crate) async fn post_files(&mut self, path: &str, files: &[(&str, &[u8])]) -> reqwest::Result<Page> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(multipart(files));
        self.send(request).await
    }

    /// A file, whole; or that the answer broke off or was none.
    pub(crate) async fn download(&mut self, path: &str) -> reqwest::Result<Vec<u8>> {
        let response = self.ask(self.client.get(format!("{}{path}", self.base))).await?;
        Ok(response.error_for_status()?.bytes().await?.to_vec())
    }

    /// The cookies as one header's value.
    pub(crate) fn cookie(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    async fn post_json(&mut self, path: &str, body: &serde_json::Value) -> reqwest::Result<Page> {
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

    /// Walks the chat to its end with what `answer` gives for each step, and submits; the refusal where it cannot even
    /// be begun. `None` when the server went away.
    pub(crate) async fn report(&mut self, answer: impl Fn(&str) -> Vec<(&'static str, String)>) -> Option<Page> {
        match self.complete(answer).await? {
            started if started.status == 303 => self.submit().await,
            refused => Some(refused),
        }
    }

    /// Submits what is complete.
    pub(crate) async fn submit(&mut self) -> Option<Page> {
        self.post("/report/submit", &[]).await.ok()
    }

    /// With one more cookie.
    pub(crate) fn with_cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same visitor at a server that was started anew.
    pub(crate) fn at(self, server: &Server) -> Self {
        Self {
            cookies: self.cookies,
            ..server.browser()
        }
    }

    /// Begins a report and answers everything. The reply to the beginning.
    pub(crate) async fn complete(&mut self, answer: impl Fn(&str) -> Vec<(&'static str, String)>) -> Option<Page> {
        let started = self.post("/report/start", &[]).await.ok()?;
        if started.status == 303 {
            self.walk("", answer).await?;
        }
        Some(started)
    }

    /// Answers question by question until `until` is asked, or there is nothing left but to submit. The page then.
    pub(crate) async fn walk(
        &mut self,
        until: &str,
        answer: impl Fn(&str) -> Vec<(&'static str, String)>,
    ) -> Option<String> {
        loop {
            let page = self.get("/report").await.ok()?;
            assert_eq!(page.status, 200, "{}", page.text);
            if page.text.contains("action=\"/report/submit\"") {
                return Some(page.text);
            }
            let step = crate::flows::report::step_of(&page.text);
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

//! The program under test in a temporary folder: set up by its own commands, serving on a loopback port. Its process is
//! killed when the value is dropped, also after a panic.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex, mpsc};

use sigilo::domain::clock::{Clock as _, SystemClock};
use sigilo::domain::ids::InstanceId;
use sigilo::keyfile;
use sigilo::vault::roster::VerifiedRoster;
use tempfile::TempDir;

use crate::binary::{PROGRAM_TIMEOUT, program};
pub use crate::browser::Browser;
use crate::folder_copy::FolderCopy;
use crate::host::Host;
use crate::installed;
pub use crate::installed::{PASSWORD, SHEET};
use crate::mail_server::MailServer;
use crate::requests::{BOUNDARY, Reply, Visitor};
use crate::s3::S3;

/// A folder with key files, configuration, database and witness.
pub struct Installation {
    folder: TempDir,
    /// The service that stores sealed files, unless they are in a folder.
    pub bucket: Option<S3>,
}

impl Installation {
    /// With keys and a configuration only.
    pub fn bare() -> Self {
        Self::bare_on("sqlite:sigilo.sqlite")
    }

    /// The same on any empty database.
    pub fn bare_on(database: &str) -> Self {
        let installation = Self {
            folder: tempfile::tempdir().unwrap(),
            bucket: None,
        };
        fs::create_dir(installation.path("tmp")).unwrap();
        installation.done(&["keys", "new", "."], "");
        installation.configure(&installed::configuration("127.0.0.1:0", database));
        installation
    }

    /// With a database, one analyst of all areas, one officer and one auditor, without a roster.
    pub fn staffed() -> Self {
        Self::bare().with_staff()
    }

    /// Adds database and staff to a bare installation.
    #[must_use]
    pub fn with_staff(self) -> Self {
        installed::staff(|arguments, input| self.done(arguments, input));
        self
    }

    /// Ready to serve: a copy of an installation that was made once in this process.
    pub fn ready() -> Self {
        static READY: LazyLock<FolderCopy> =
            LazyLock::new(|| FolderCopy::read(Installation::bare().made_ready().folder.path()));
        let installation = Self {
            folder: tempfile::tempdir().unwrap(),
            bucket: None,
        };
        READY.write(installation.folder.path());
        installation
    }

    /// Makes a bare installation ready to serve.
    #[must_use]
    pub fn made_ready(self) -> Self {
        let installation = self.with_staff();
        installed::sign(|arguments, input| installation.done(arguments, input));
        installation
    }

    /// The same, with sealed files in a folder beside the database.
    #[expect(clippy::unused_async, reason = "as with a bucket")]
    pub async fn in_a_folder() -> Self {
        Self::ready()
    }

    /// The same, with sealed files in a bucket.
    pub async fn in_a_bucket() -> Self {
        let (mut installation, s3) = (Self::ready(), S3::start().await);
        for (file, table) in [("sigilo.toml", s3.in_configuration()), ("keys.toml", s3.in_key_file())] {
            let own = fs::read_to_string(installation.path(file)).unwrap();
            fs::write(installation.path(file), own + &table).unwrap();
        }
        installation.bucket = Some(s3);
        installation
    }

    /// The folder of the sealed files: our own, or that of the bucket's service.
    pub fn stored(&self) -> PathBuf {
        match &self.bucket {
            Some(s3) => s3.stored(),
            None => self.path("files"),
        }
    }

    pub fn add(&self, email: &str, role: &str, areas: &[&str]) {
        installed::add(|arguments, input| self.done(arguments, input), email, role, areas);
    }

    /// Proposes, signs and publishes the next roster.
    pub fn sign_next(&self) {
        installed::sign_next(|arguments, input| self.done(arguments, input));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn configure(&self, text: &str) {
        fs::write(self.path("sigilo.toml"), text).unwrap();
    }

    /// Configures this mail server, from the next start on.
    pub fn send_to(&self, sink: &MailServer, encryption: &str) {
        let text = fs::read_to_string(self.path("sigilo.toml")).unwrap();
        self.configure(&format!(
            "{text}[email]\nfrom = \"Sigilo <no-responder@sigilo.test>\"\nhost = \"localhost\"\nport = {}\n\
             encryption = \"{encryption}\"\n",
            sink.address().port()
        ));
    }

    /// Makes the program trust this certificate, as PEM.
    pub fn trust(&self, certificate: &str) {
        fs::write(self.path("trusted.pem"), certificate).unwrap();
    }

    /// The folder for credentials, as systemd passes them. Commands get it if it exists.
    pub fn credentials(&self) -> PathBuf {
        self.path("credentials")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            // Makes the output independent of the user's locale.
            .env("LC_ALL", "C")
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
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().unwrap();
        // A command that reads no input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let (id, (ended, end)) = (child.id(), mpsc::channel());
        std::thread::spawn(move || ended.send(child.wait_with_output()));
        let Ok(output) = end.recv_timeout(PROGRAM_TIMEOUT) else {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("{arguments:?} does not end");
        };
        output.unwrap()
    }

    /// Runs a command whose output and errors nobody reads any more; its exit code.
    pub fn run_without_readers(&self, arguments: &[&str]) -> Option<i32> {
        let writer = || {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            writer
        };
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(writer()).stderr(writer());
        command.status().unwrap().code()
    }

    /// Runs a command whose output goes to a full disk, and which must fail for it; its errors.
    pub fn run_into_a_full_disk(&self, arguments: &[&str]) -> String {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = self.command(arguments);
        let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        output_text(&output)
    }

    pub fn done(&self, arguments: &[&str], input: &str) {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", output_text(&output));
    }

    /// Runs a command that must fail with exit code 1. Returns its output.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", output_text(&output));
        output_text(&output)
    }

    /// A running server of this installation, for the browsers of staff.
    pub fn at_work(&self, server: &Server) -> AtWork {
        let keys = keyfile::server_keys(&self.path("keys.toml")).unwrap();
        let note = fs::read(self.path("roster.signed")).unwrap();
        AtWork {
            instance: keys.instance,
            roster: Arc::new(VerifiedRoster::verify(keys.instance, &note, &keys.authority).unwrap()),
            browser: server.browser(),
        }
    }

    /// Starts `serve` without waiting.
    pub fn starting(&self) -> Server {
        Self::spawned(&mut self.command(&["serve"])).0
    }

    /// Starts `serve` and waits until it listens.
    pub fn serve(&self) -> Server {
        Self::listening(&mut self.command(&["serve"]))
    }

    /// The same, except that a file beyond its size limit causes an error instead of a signal.
    pub fn serve_on_a_small_disk(&self) -> Server {
        let serve = self.command(&["serve"]);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve"])
            .arg(program())
            .current_dir(self.folder.path())
            .envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env_remove("RUST_LOG")
            .stderr(Stdio::piped());
        Self::listening(&mut shell)
    }

    fn listening(command: &mut Command) -> Server {
        let (mut server, address) = Self::spawned(command);
        let Ok(address) = address.recv_timeout(PROGRAM_TIMEOUT) else {
            panic!("it does not listen: {}", server.log());
        };
        server.address = address;
        server
    }

    /// Starts the process. Its address arrives on the channel once it listens.
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

pub fn output_text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// A running `sigilo serve`.
pub struct Server {
    child: Child,
    pub address: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Starts a visitor's upload that stops in the middle of its file. The connection stays open.
    pub fn upload_half(&self, browser: &Browser, name: &str, half: &[u8]) -> TcpStream {
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
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn browser(&self) -> Browser {
        Browser::at_address(&self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Browser {
    /// The same visitor at a server that was restarted.
    #[must_use]
    pub fn at(self, server: &Server) -> Self {
        server.browser().with_cookies(&self.visitor())
    }
}

/// A running server with the roster of its setup.
pub struct AtWork {
    instance: InstanceId,
    roster: Arc<VerifiedRoster>,
    browser: Browser,
}

impl AtWork {
    fn as_visitor(&self, visitor: &Visitor) -> Browser {
        self.browser.another().with_cookies(visitor)
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
        *visitor = browser.visitor();
        page.into()
    }

    async fn post_json(&self, visitor: &mut Visitor, path: &str, body: &serde_json::Value) -> Reply {
        let mut browser = self.as_visitor(visitor);
        let page = browser.post_json(path, body).await.unwrap();
        *visitor = browser.visitor();
        page.into()
    }
}

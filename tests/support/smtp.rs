//! A mail server on loopback that speaks as RFC 5321 says, keeps what it is given, and can be told to be in trouble.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mail_parser::MessageParser;
use sigilo::config::Encryption;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

const PATIENCE: Duration = Duration::from_mins(1);

/// What the server does with mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// Refuses connections.
    Down,
    /// Wants to be asked again later: 451.
    Busy,
    /// Knows nobody of that name: 550, with the address in its words.
    Refusing,
    /// Takes the mail and closes without a word.
    Dropping,
    /// Takes the mail and says nothing.
    Silent,
}

/// A mail that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// What the client called itself.
    pub(crate) hello: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) content: Vec<u8>,
    /// Which connection it came by.
    pub(crate) connection: usize,
    /// Whether that was protected.
    pub(crate) by_tls: bool,
}

impl Taken {
    fn parsed(&self) -> mail_parser::Message<'_> {
        MessageParser::default().parse(&self.content).expect("a message")
    }

    pub(crate) fn subject(&self) -> String {
        self.parsed().subject().expect("a subject").to_owned()
    }

    pub(crate) fn text(&self) -> String {
        self.parsed().body_text(0).expect("a text").into_owned()
    }

    pub(crate) fn html(&self) -> String {
        self.parsed().body_html(0).expect("HTML").into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let parsed = self.parsed();
        let value = parsed.header_raw(name.to_owned())?;
        Some(value.trim().to_owned())
    }
}

struct State {
    mood: watch::Sender<Mood>,
    listens: watch::Sender<bool>,
    taken: watch::Sender<Vec<Taken>>,
    connections: watch::Sender<usize>,
    /// `AUTH PLAIN` must bring this, if it is given.
    access: Option<(String, String)>,
    encryption: Encryption,
    acceptor: Option<TlsAcceptor>,
}

/// The server; it ends with the value.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    /// Its certificate, for `localhost`, as PEM; empty without TLS.
    pub(crate) certificate: String,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

impl Sink {
    pub(crate) async fn start() -> Self {
        Self::with(Encryption::None, None).await
    }

    /// One that lets in whoever brings this name and password.
    pub(crate) async fn wanting(name: &str, password: &str) -> Self {
        Self::with(Encryption::None, Some((name.to_owned(), password.to_owned()))).await
    }

    /// One that protects the way to it, under a certificate of its own making.
    pub(crate) async fn protected(encryption: Encryption) -> Self {
        Self::with(encryption, None).await
    }

    async fn with(encryption: Encryption, access: Option<(String, String)>) -> Self {
        let (acceptor, certificate) = match encryption {
            Encryption::None => (None, String::new()),
            Encryption::Tls | Encryption::Starttls => {
                let (acceptor, certificate) = acceptor();
                (Some(acceptor), certificate)
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            mood: watch::Sender::new(Mood::Well),
            listens: watch::Sender::new(true),
            taken: watch::Sender::new(Vec::new()),
            connections: watch::Sender::new(0),
            access,
            encryption,
            acceptor,
        });
        let serving = tokio::spawn(serve(listener, address, state.clone()));
        Self {
            address,
            certificate,
            state,
            serving,
        }
    }

    /// Changes the mood; when this returns, it holds.
    pub(crate) async fn set(&self, mood: Mood) {
        self.state.mood.send_replace(mood);
        let mut listens = self.state.listens.subscribe();
        let held = listens.wait_for(|listens| *listens == (mood != Mood::Down));
        drop(timeout(PATIENCE, held).await.expect("the mood changes").unwrap());
    }

    /// What was taken so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.taken.borrow().clone()
    }

    /// Waits until so many mails were taken.
    pub(crate) async fn has(&self, count: usize) -> Vec<Taken> {
        let mut taken = self.state.taken.subscribe();
        let enough = timeout(PATIENCE, taken.wait_for(|taken| taken.len() >= count)).await;
        enough.expect("the mails come").unwrap().clone()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        *self.state.connections.borrow()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut listener: TcpListener, address: SocketAddr, state: Arc<State>) {
    let mut moods = state.mood.subscribe();
    loop {
        let down = tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                state.connections.send_modify(|count| *count += 1);
                let number = *state.connections.borrow();
                tokio::spawn(talk(stream, number, state.clone()));
                continue;
            }
            down = moods.wait_for(|mood| *mood == Mood::Down) => down.is_ok(),
        };
        if !down {
            return;
        }
        drop(listener);
        state.listens.send_replace(false);
        if moods.wait_for(|mood| *mood != Mood::Down).await.is_err() {
            return;
        }
        listener = TcpListener::bind(address).await.unwrap();
        state.listens.send_replace(true);
    }
}

/// A certificate for `localhost` that nobody else has signed, and who speaks for it.
fn acceptor() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}

/// One client, until it leaves or the server goes down.
async fn talk(stream: TcpStream, number: usize, state: Arc<State>) {
    let mut moods = state.mood.subscribe();
    let mut session = Session {
        stream: Some(BufReader::new(Box::new(stream))),
        number,
        state,
        hello: String::new(),
        from: None,
        to: None,
        let_in: false,
        by_tls: false,
    };
    tokio::select! {
        _ = session.run() => {}
        _ = moods.wait_for(|mood| *mood == Mood::Down) => {}
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

struct Session {
    /// None only while it becomes another one.
    stream: Option<BufReader<Box<dyn Stream>>>,
    number: usize,
    state: Arc<State>,
    hello: String,
    from: Option<String>,
    to: Option<String>,
    let_in: bool,
    by_tls: bool,
}

impl Session {
    fn mood(&self) -> Mood {
        *self.state.mood.borrow()
    }

    async fn say(&mut self, line: &str) -> Option<()> {
        let stream = self.stream.as_mut()?;
        stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
        stream.flush().await.ok()
    }

    /// From here on the client must speak TLS.
    async fn protect(&mut self) -> Option<()> {
        let stream = self.stream.take()?;
        assert!(stream.buffer().is_empty(), "nothing in clear after STARTTLS");
        let accepted = self.state.acceptor.clone()?.accept(stream.into_inner()).await;
        self.stream = Some(BufReader::new(Box::new(accepted.ok()?)));
        self.by_tls = true;
        Some(())
    }

    /// A line without its end; lines end with CR LF and nothing else.
    async fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.stream.as_mut()?.read_until(b'\n', &mut line).await.ok()?;
        (read > 0).then_some(())?;
        let line = line.strip_suffix(b"\r\n").expect("lines end with CR LF");
        assert!(!line.contains(&b'\r'), "a bare CR");
        Some(line.to_vec())
    }

    async fn run(&mut self) -> Option<()> {
        if self.state.encryption == Encryption::Tls {
            self.protect().await?;
        }
        self.say("220 sink.test ESMTP").await?;
        loop {
            let line = String::from_utf8(self.line().await?).expect("commands are text");
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match (verb.to_ascii_uppercase().as_str(), rest) {
                ("EHLO", name) => {
                    name.clone_into(&mut self.hello);
                    self.say("250-sink.test").await?;
                    if self.state.encryption == Encryption::Starttls && !self.by_tls {
                        self.say("250-STARTTLS").await?;
                    }
                    self.say("250-AUTH PLAIN").await?;
                    self.say("250 8BITMIME").await?;
                }
                ("AUTH", rest) => {
                    let brought = rest.strip_prefix("PLAIN ").and_then(sigilo::vault::base64::decode);
                    let wanted = self.state.access.as_ref();
                    self.let_in = wanted.is_none_or(|(name, password)| {
                        brought.is_some_and(|brought| brought == format!("\0{name}\0{password}").as_bytes())
                    });
                    let answer = if self.let_in {
                        "235 2.7.0 welcome"
                    } else {
                        "535 5.7.8 no"
                    };
                    self.say(answer).await?;
                }
                ("STARTTLS", "") if self.state.acceptor.is_some() && !self.by_tls => {
                    self.say("220 go on").await?;
                    self.protect().await?;
                }
                ("NOOP" | "RSET", _) => self.say("250 ok").await?,
                ("QUIT", _) => return self.say("221 bye").await,
                ("MAIL", _) if self.state.access.is_some() && !self.let_in => self.say("530 5.7.0 sign in").await?,
                ("MAIL", rest) => {
                    self.from = path("FROM:", rest);
                    self.to = None;
                    let answer = if self.from.is_some() { "250 ok" } else { "501 no" };
                    self.say(answer).await?;
                }
                ("RCPT", rest) if self.from.is_some() => self.recipient(rest).await?,
                ("DATA", "") if self.to.is_some() => self.data().await?,
                ("RCPT" | "DATA", _) => self.say("503 bad sequence").await?,
                _ => self.say("500 what?").await?,
            }
        }
    }

    async fn recipient(&mut self, rest: &str) -> Option<()> {
        let to = path("TO:", rest);
        let name = to.clone().unwrap_or_default();
        match self.mood() {
            Mood::Busy => self.say(&format!("451 4.7.1 <{name}>: later, please")).await,
            Mood::Refusing => self.say(&format!("550 5.1.1 <{name}>: nobody of that name")).await,
            _ => {
                self.to = to;
                self.say("250 ok").await
            }
        }
    }

    async fn data(&mut self) -> Option<()> {
        self.say("354 go on").await?;
        let mut content = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b"." {
                break;
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            content.extend_from_slice(b"\r\n");
        }
        let taken = Taken {
            hello: self.hello.clone(),
            from: self.from.take()?,
            to: self.to.take()?,
            content,
            connection: self.number,
            by_tls: self.by_tls,
        };
        self.state.taken.send_modify(|all| all.push(taken));
        match self.mood() {
            Mood::Dropping => None,
            Mood::Silent => {
                let mut moods = self.state.mood.subscribe();
                moods.wait_for(|mood| *mood != Mood::Silent).await.ok()?;
                None
            }
            _ => self.say("250 2.0.0 taken").await,
        }
    }
}

/// The address of `FROM:<…>` or `TO:<…>`.
fn path(word: &str, rest: &str) -> Option<String> {
    let rest = rest
        .get(..word.len())
        .filter(|start| start.eq_ignore_ascii_case(word))
        .and(rest.get(word.len()..))?;
    let address = rest.strip_prefix('<')?.split_once('>')?.0;
    Some(address.to_owned())
}

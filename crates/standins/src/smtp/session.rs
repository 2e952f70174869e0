//! The protocol with one client (RFC 5321, RFC 3207, RFC 4954).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::smtp::email::ReceivedEmail;
use crate::smtp::state::{SmtpBehavior, State, TlsMode};

/// A connection, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A client's session.
pub(super) struct Session {
    /// `None` only during a TLS handshake.
    stream: Option<BufReader<Box<dyn Stream>>>,
    connection: usize,
    state: Arc<State>,
    hello: String,
    from: Option<String>,
    to: Option<String>,
    authenticated: bool,
    over_tls: bool,
}

impl Session {
    pub(super) fn new(stream: TcpStream, connection: usize, state: Arc<State>) -> Self {
        Self {
            stream: Some(BufReader::new(Box::new(stream))),
            connection,
            state,
            hello: String::new(),
            from: None,
            to: None,
            authenticated: false,
            over_tls: false,
        }
    }

    fn behavior(&self) -> SmtpBehavior {
        *self.state.behavior.borrow()
    }

    /// Sends a reply line.
    async fn reply(&mut self, line: &str) -> Option<()> {
        let stream = self.stream.as_mut()?;
        stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
        stream.flush().await.ok()
    }

    /// Continues the connection over TLS.
    async fn start_tls(&mut self) -> Option<()> {
        let stream = self.stream.take()?;
        assert!(stream.buffer().is_empty(), "nothing in clear after STARTTLS");
        let accepted = self.state.tls.clone()?.acceptor.accept(stream.into_inner()).await;
        self.stream = Some(BufReader::new(Box::new(accepted.ok()?)));
        self.over_tls = true;
        Some(())
    }

    /// Reads a line, without its CR LF.
    async fn read_line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.stream.as_mut()?.read_until(b'\n', &mut line).await.ok()?;
        (read > 0).then_some(())?;
        let line = line.strip_suffix(b"\r\n").expect("lines end with CR LF");
        assert!(!line.contains(&b'\r'), "a bare CR");
        Some(line.to_vec())
    }

    /// Serves the client until it leaves.
    pub(super) async fn run(&mut self) -> Option<()> {
        if self.state.tls_mode() == Some(TlsMode::Implicit) {
            self.start_tls().await?;
        }
        self.reply("220 sink.test ESMTP").await?;
        loop {
            let line = String::from_utf8(self.read_line().await?).expect("commands are text");
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match (verb.to_ascii_uppercase().as_str(), rest) {
                ("EHLO", name) => {
                    name.clone_into(&mut self.hello);
                    self.reply("250-sink.test").await?;
                    if self.state.tls_mode() == Some(TlsMode::StartTls) && !self.over_tls {
                        self.reply("250-STARTTLS").await?;
                    }
                    self.reply("250-AUTH PLAIN").await?;
                    self.reply("250 8BITMIME").await?;
                }
                ("AUTH", rest) => {
                    let given = rest.strip_prefix("PLAIN ").and_then(decode_base64);
                    let expected = self.state.login.as_ref();
                    self.authenticated = expected.is_none_or(|login| {
                        given.is_some_and(|given| given == format!("\0{}\0{}", login.name, login.password).as_bytes())
                    });
                    let answer = if self.authenticated {
                        "235 2.7.0 welcome"
                    } else {
                        "535 5.7.8 no"
                    };
                    self.reply(answer).await?;
                }
                ("STARTTLS", "") if self.state.tls.is_some() && !self.over_tls => {
                    self.reply("220 go on").await?;
                    self.start_tls().await?;
                }
                ("NOOP" | "RSET", _) => self.reply("250 ok").await?,
                ("QUIT", _) => return self.reply("221 bye").await,
                ("MAIL", _) if self.state.login.is_some() && !self.authenticated => {
                    self.reply("530 5.7.0 sign in").await?;
                }
                ("MAIL", rest) => {
                    self.from = parse_path("FROM:", rest);
                    self.to = None;
                    let answer = if self.from.is_some() { "250 ok" } else { "501 no" };
                    self.reply(answer).await?;
                }
                ("RCPT", rest) if self.from.is_some() => self.recipient(rest).await?,
                ("DATA", "") if self.to.is_some() => self.data().await?,
                ("RCPT" | "DATA", _) => self.reply("503 bad sequence").await?,
                _ => self.reply("500 what?").await?,
            }
        }
    }

    async fn recipient(&mut self, rest: &str) -> Option<()> {
        let to = parse_path("TO:", rest);
        let name = to.clone().unwrap_or_default();
        match self.behavior() {
            SmtpBehavior::Busy => self.reply(&format!("451 4.7.1 <{name}>: later, please")).await,
            SmtpBehavior::Rejecting => self.reply(&format!("550 5.1.1 <{name}>: nobody of that name")).await,
            _ => {
                self.to = to;
                self.reply("250 ok").await
            }
        }
    }

    async fn data(&mut self) -> Option<()> {
        self.reply("354 go on").await?;
        let mut content = Vec::new();
        loop {
            let line = self.read_line().await?;
            if line == b"." {
                break;
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            content.extend_from_slice(b"\r\n");
        }
        let email = ReceivedEmail {
            hello: self.hello.clone(),
            from: self.from.take()?,
            to: self.to.take()?,
            content,
            connection: self.connection,
            over_tls: self.over_tls,
        };
        self.state.received.send_modify(|all| all.push(email));
        match self.behavior() {
            SmtpBehavior::Disconnecting => None,
            SmtpBehavior::Silent => {
                let mut behavior = self.state.behavior.subscribe();
                behavior
                    .wait_for(|behavior| *behavior != SmtpBehavior::Silent)
                    .await
                    .ok()?;
                None
            }
            _ => self.reply("250 2.0.0 taken").await,
        }
    }
}

/// Parses the address in `FROM:<…>` or `TO:<…>`.
fn parse_path(word: &str, rest: &str) -> Option<String> {
    let rest = rest
        .get(..word.len())
        .filter(|start| start.eq_ignore_ascii_case(word))
        .and(rest.get(word.len()..))?;
    let address = rest.strip_prefix('<')?.split_once('>')?.0;
    Some(address.to_owned())
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

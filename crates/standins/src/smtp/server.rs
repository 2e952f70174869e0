//! The server, and the switches for tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::smtp::email::ReceivedEmail;
use crate::smtp::session::Session;
use crate::smtp::state::{Login, SmtpBehavior, State, Tls};

/// Limit for waits of tests.
const WAIT_TIMEOUT: Duration = Duration::from_mins(1);

/// The server. It stops when the value is dropped.
pub struct SmtpServer {
    address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

impl SmtpServer {
    /// Starts a server on any free port of loopback, which may require a login and offer TLS.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(login: Option<Login>, tls: Option<Tls>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            behavior: watch::Sender::new(SmtpBehavior::Normal),
            listening: watch::Sender::new(true),
            received: watch::Sender::new(Vec::new()),
            connections: watch::Sender::new(0),
            login,
            tls,
        });
        let serving = tokio::spawn(serve(listener, address, state.clone()));
        Ok(Self {
            address,
            state,
            serving,
        })
    }

    /// The address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the behaviour. Returns when it is in effect.
    ///
    /// # Panics
    /// After a minute.
    pub async fn set_behavior(&self, behavior: SmtpBehavior) {
        self.state.behavior.send_replace(behavior);
        let mut listening = self.state.listening.subscribe();
        let applied = listening.wait_for(|listening| *listening == (behavior != SmtpBehavior::Down));
        let applied = timeout(WAIT_TIMEOUT, applied).await.expect("the behaviour changes");
        drop(applied.expect("the server runs"));
    }

    /// All e-mails received so far.
    pub fn received(&self) -> Vec<ReceivedEmail> {
        self.state.received.borrow().clone()
    }

    /// Waits until at least `count` e-mails have arrived. Returns all of them.
    ///
    /// # Panics
    /// After a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedEmail> {
        let mut received = self.state.received.subscribe();
        let enough = timeout(WAIT_TIMEOUT, received.wait_for(|received| received.len() >= count)).await;
        enough.expect("the e-mails arrive").expect("the server runs").clone()
    }

    /// Number of connections so far.
    pub fn connections(&self) -> usize {
        *self.state.connections.borrow()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut listener: TcpListener, address: SocketAddr, state: Arc<State>) {
    let mut behavior = state.behavior.subscribe();
    loop {
        let down = tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("loopback accepts connections");
                state.connections.send_modify(|count| *count += 1);
                let number = *state.connections.borrow();
                tokio::spawn(handle_client(stream, number, state.clone()));
                continue;
            }
            down = behavior.wait_for(|behavior| *behavior == SmtpBehavior::Down) => down.is_ok(),
        };
        if !down {
            return;
        }
        drop(listener);
        state.listening.send_replace(false);
        if behavior
            .wait_for(|behavior| *behavior != SmtpBehavior::Down)
            .await
            .is_err()
        {
            return;
        }
        listener = TcpListener::bind(address).await.expect("the port is free again");
        state.listening.send_replace(true);
    }
}

/// Serves a client until it leaves or the server goes down.
async fn handle_client(stream: TcpStream, number: usize, state: Arc<State>) {
    let mut behavior = state.behavior.subscribe();
    let mut session = Session::new(stream, number, state);
    tokio::select! {
        _ = session.run() => {}
        _ = behavior.wait_for(|behavior| *behavior == SmtpBehavior::Down) => {}
    }
}

//! An e-mail that the server received.

/// A received e-mail.
#[derive(Clone, Debug)]
pub struct ReceivedEmail {
    /// The name that the client gave itself.
    pub hello: String,
    /// The sender of the envelope.
    pub from: String,
    /// The recipient of the envelope.
    pub to: String,
    /// The message with its headers.
    pub content: Vec<u8>,
    /// The number of the connection, from 1.
    pub connection: usize,
    /// True if the connection used TLS.
    pub over_tls: bool,
}

//! An SMTP server on loopback that stores e-mails and can simulate faults.

mod email;
mod server;
mod session;
mod state;

pub use email::ReceivedEmail;
pub use server::SmtpServer;
pub use state::{Login, SmtpBehavior, Tls, TlsMode};

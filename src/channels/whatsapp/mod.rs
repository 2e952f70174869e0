//! WhatsApp through Meta's Cloud API: the same dialogue as in the web chat, in messages.
//!
//! The way of a message, from Meta's call to a report:
//!
//! 1. `inbound/webhook.rs` receives Meta's call, checks its signature (`inbound/signature.rs`), and stores it sealed
//!    before it answers.
//! 2. `inbound/worker.rs` takes it from the queue and parses it (`inbound/notification.rs`). The messages of one person
//!    are handled one after the other.
//! 3. `conversation/handler.rs` handles one message. It loads the state of the conversation (`conversation/state.rs`) and
//!    calls its stage: the menu (`conversation/menu.rs`), a report, or a follow-up (`conversation/follow_up.rs`).
//! 4. `conversation/reporting.rs` puts the answer into the draft. `conversation/answers.rs` interprets it,
//!    `conversation/files.rs` downloads files, and `conversation/questions.rs` renders the next question.
//! 5. `conversation/submission.rs` turns a complete draft into a report. The report, its receipt and the mark that the
//!    message was seen are one transaction: `commit_turn` in the service.
//! 6. `outbound/worker.rs` sends the queued answers at the rate that Meta takes (`outbound/rate.rs`), with the client in
//!    `outbound/api.rs`. `outbound/notices.rs` sends notices.
//!
//! `channel.rs` puts these parts together. People and messages are known by keyed hashes, and nothing of them reaches a
//! log.

mod channel;
mod conversation;
mod inbound;
mod outbound;
mod person;

pub use channel::{WhatsApp, count_messages};
pub use inbound::webhook::{Webhook, WebhookOutcome};

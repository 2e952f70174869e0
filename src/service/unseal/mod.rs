//! The officers' work with identities: the unseal as one state machine, checks and verdicts, corrections and erasures.
//!
//! # Who can see an identity
//!
//! No function of this module opens an identity, and none takes an officer's private key. An officer's browser opens it:
//!
//! - [`ReleasedIdentity`](submission::ReleasedIdentity) carries everything to the browser, still sealed. The officer's
//!   share opens with the officer's private key, which never leaves the browser.
//! - The witness's half is sealed to an ephemeral key of that browser
//!   ([`UnsealRequest::recipient`](crate::vault::unseal::UnsealRequest)).
//!
//! The server sees an identity in clear only while it seals one: in [`correction`], and in `service::intake` for a new
//! report. [`crate::vault`] names the functions that open one; a test (`tests/vault/callers.rs`) holds that the server
//! calls none of them.
//!
//! # The state machine
//!
//! `state.rs` defines the states, `machine.rs` the transitions. A request that is in the log always comes to an end there:
//! if the server stops, or the witness is away, a job resumes it (`recovery.rs`).
//!
//! | State     | Holds                      | Stored as            | Transition      | Next state                  |
//! |-----------|----------------------------|----------------------|-----------------|-----------------------------|
//! | Submitted | the browser's submission   | nothing              | `check`         | Checked, or an error        |
//! | Checked   | request, seal              | nothing              | `record`        | Requested                   |
//! | Requested | row, seal versions         | `requested`, entry   | `ask`           | Answered or Waiting         |
//! | Waiting   | nothing                    | `requested`          | `resume` (job)  | Requested, Answered, Waiting|
//! | Answered  | row, the witness's answer  | `requested`          | `conclude`      | Released or Refused         |
//! | Released  | the witness's release      | `released`, entry    | `state_verdict` | Decided ([`verdict`])       |
//! | Refused   | the refusal                | `refused`, entry     | none            |                             |
//! | Decided   | the verdict                | `verdict`, entry     | none            |                             |
//!
//! The witness's own journal decides: an answer that got lost counts as a release if the journal has the request.
//! Between Released and Decided an officer notes checks and may look at the identity again ([`checks`]).

pub mod checks;
pub mod correction;
pub mod desk;
pub mod erasure;
mod erasure_order;
pub mod error;
mod machine;
mod officer;
mod part;
mod recovery;
mod seal_versions;
mod state;
pub mod submission;
pub mod verdict;
mod witness_order;

pub use part::{Identities, Unseals};

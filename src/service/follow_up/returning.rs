//! A reporter who came back.

use crate::domain::ids::CaseId;
use crate::vault::cookie::CookieToken;
use crate::vault::secret::Key32;
use crate::vault::signing::SigningKey;

/// A reporter who presented the receipt.
#[derive(Debug)]
pub struct Returning {
    pub case: CaseId,
    pub language: String,
    pub(crate) token: CookieToken,
    pub(super) token_hash: Vec<u8>,
    pub(crate) shared: Key32,
    pub(crate) signing: SigningKey,
}

impl Returning {
    /// Returns the token under which this reporter's files wait.
    pub fn token(&self) -> &CookieToken {
        &self.token
    }
}

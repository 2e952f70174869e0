//! The reporter's session: eight words open their own case for half an hour.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::part::FollowUp;
use super::returning::Returning;
use crate::domain::day::{TEN_MINUTES, round_up};
use crate::domain::facets::{KeyHolder, KeyName};
use crate::service::error::{Error, Result, wraps_service_errors};
use crate::service::tokens::token_hash;
use crate::store;
use crate::store::case_statements::Statement;
use crate::store::cases::{Case, CaseKey};
use crate::vault::base64;
use crate::vault::casekeys;
use crate::vault::cookie::{CookieContent, CookieToken};
use crate::vault::receipt::{Receipt, ReceiptError, ReceiptKeys};
use crate::vault::secret::Key32;
use crate::vault::signing::{Signature, SigningKey};
use crate::vault::statement::CaseStatement;

/// Lifetime of a reporter's session, in seconds.
pub const FOLLOW_UP_SESSION_SECONDS: i64 = 30 * 60;

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct SessionKeys {
    shared: String,
    signing: String,
}

/// Reasons why words opened no session.
#[derive(Debug, thiserror::Error)]
pub enum PresentReceiptError {
    /// Found before anything is looked up.
    #[error(transparent)]
    Misspelt(ReceiptError),
    /// Well-formed, but of no case.
    #[error("no case has this receipt")]
    Unknown,
    /// The case's keys, or the reporter's recipient, are not those of the statement that this receipt signed. Nothing is
    /// opened, so that nothing can be sealed under a foreign key.
    #[error("the keys of this case were exchanged")]
    Exchanged,
    #[error(transparent)]
    Service(#[from] Error),
}

wraps_service_errors!(PresentReceiptError);

impl FollowUp {
    /// Opens a session with eight words. Returns the cookie's value.
    ///
    /// # Errors
    /// [`PresentReceiptError`]
    pub async fn present_receipt(&self, words: &str, language: &str) -> Result<Zeroizing<String>, PresentReceiptError> {
        let receipt = Receipt::parse(words).map_err(PresentReceiptError::Misspelt)?;
        let keys = self.intake.receipt_keys(receipt).await?;
        let mut tx = self.db.read().await?;
        let Some(case) = store::cases::by_lookup_hash(&mut tx, keys.lookup_hash.as_bytes()).await? else {
            return Err(PresentReceiptError::Unknown);
        };
        let files = store::cases::keys(&mut tx, case.id).await?;
        let statement = store::case_statements::latest(&mut tx, case.id).await?;
        drop(tx);
        let Some(shared) = self.stated_key(&case, statement.as_ref(), &files, &keys) else {
            tracing::error!(case = %case.id, "its keys are not those that its reporter stated: somebody changed them");
            return Err(PresentReceiptError::Exchanged);
        };

        let mut rng = self.randomness.generator();
        let token = CookieToken::random(&mut rng);
        let session = SessionKeys {
            shared: base64::encode(shared.expose()),
            signing: base64::encode(keys.signing.seed().expose()),
        };
        let body = Zeroizing::new(serde_json::to_vec(&session).map_err(|error| Error::Internal(error.to_string()))?);
        let row = store::visitors::FollowUp {
            token_hash: token_hash(self.instance, &token),
            case_id: case.id,
            keys: token.seal(CookieContent::FollowUp, self.instance, &body, &mut rng),
            language: language.to_owned(),
            expires_at: round_up(self.clock.now() + FOLLOW_UP_SESSION_SECONDS, TEN_MINUTES),
        };
        let row = &row;
        self.db
            .write("begin_follow_up", |mut tx| async move {
                store::visitors::insert_follow_up(&mut tx, row).await?;
                tx.commit().await
            })
            .await?;
        Ok(token.to_text())
    }

    /// Opens the case's shared key, if the statement that the receipt's own key signed names it, the case and the
    /// reporter's recipient. All of this follows from the words, so that nothing in the database has to be believed.
    fn stated_key(
        &self,
        case: &Case,
        statement: Option<&Statement>,
        files: &[CaseKey],
        keys: &ReceiptKeys,
    ) -> Option<Key32> {
        let statement = statement?;
        let signature = Signature::from_slice(&statement.signature).ok()?;
        let reporter = keys.signing.verify_key();
        let stated = CaseStatement::verify(self.instance, &statement.statement, &reporter, &signature).ok()?;
        let recipient = keys.identity.recipient();
        let is_own =
            stated.case == case.id && stated.recipient == recipient && case.reporter_recipient == recipient.as_str();
        let held = files
            .iter()
            .filter(|key| key.name == KeyName::Shared && key.holder == KeyHolder::Reporter);
        let file = held.max_by_key(|key| key.version).filter(|_| is_own)?;
        let version = u64::try_from(file.version).ok()?;
        let opened = casekeys::unwrap(
            &file.file,
            KeyName::Shared,
            version,
            self.instance,
            case.id,
            &keys.identity,
        );
        opened.ok().filter(|key| stated.names(KeyName::Shared, key))
    }

    /// Returns the reporter whose session a cookie opens, or none if it has ended.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn returning(&self, cookie: &str) -> Result<Option<Returning>> {
        let Some(token) = CookieToken::from_text(cookie) else {
            return Ok(None);
        };
        let token_hash = token_hash(self.instance, &token);
        let mut tx = self.db.read().await?;
        let Some(row) = store::visitors::follow_up(&mut tx, &token_hash, self.clock.now()).await? else {
            return Ok(None);
        };
        let Ok(bytes) = token.open(CookieContent::FollowUp, self.instance, &row.keys) else {
            return Ok(None);
        };
        let Ok(keys) = serde_json::from_slice::<SessionKeys>(&bytes) else {
            return Ok(None);
        };
        let key = |text: &str| {
            base64::decode(text)
                .map(Zeroizing::new)
                .and_then(|bytes| Key32::from_slice(&bytes))
        };
        let (Some(shared), Some(seed)) = (key(&keys.shared), key(&keys.signing)) else {
            return Ok(None);
        };
        let signing = SigningKey::from_seed(&seed);
        Ok(Some(Returning {
            case: row.case_id,
            language: row.language,
            token,
            token_hash,
            shared,
            signing,
        }))
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn end_follow_up(&self, who: &Returning) -> Result<()> {
        self.db
            .write("end_follow_up", |mut tx| async move {
                store::visitors::end_follow_up(&mut tx, &who.token_hash).await?;
                // The files that wait can no longer be sent.
                store::attachments::mark_all_for_deletion(&mut tx, &who.token_hash).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

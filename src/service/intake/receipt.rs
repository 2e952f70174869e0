//! The receipt of a submission, which is shown again for a short time.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::part::Intake;
use crate::service::error::Result;
use crate::service::tokens::token_hash;
use crate::store;
use crate::vault::cookie::{CookieContent, CookieToken};

/// Period for which a receipt can be shown again, in seconds.
pub const RECEIPT_LIFETIME_SECONDS: i64 = 30 * 60;

/// The receipt as its page shows it. The reporter must keep it.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct ShownReceipt {
    pub number: String,
    /// Separated by spaces.
    pub words: String,
    pub language: String,
    /// Days since 1970-01-01.
    pub respond_by: i64,
    pub resolve_by: i64,
}

impl std::fmt::Debug for ShownReceipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShownReceipt(of {})", self.number)
    }
}

impl Intake {
    /// Returns the receipt of a submission that this cookie made, until it is saved or 30 minutes have passed.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn shown_receipt(&self, cookie: &str) -> Result<Option<ShownReceipt>> {
        let Some(token) = CookieToken::from_text(cookie) else {
            return Ok(None);
        };
        let mut tx = self.context.db.read().await?;
        let Some(body) = store::visitors::shown_receipt(
            &mut tx,
            &token_hash(self.context.instance, &token),
            self.context.clock.now(),
        )
        .await?
        else {
            return Ok(None);
        };
        let opened = token
            .open(CookieContent::ReceiptShown, self.context.instance, &body)
            .ok();
        Ok(opened.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Forgets a receipt: its reporter has saved it ("Ya la guardé").
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn forget_receipt(&self, cookie: &str) -> Result<()> {
        let Some(token) = CookieToken::from_text(cookie) else {
            return Ok(());
        };
        let hash = &token_hash(self.context.instance, &token);
        self.context
            .db
            .write("forget_receipt", |mut tx| async move {
                store::visitors::forget_receipt(&mut tx, hash).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

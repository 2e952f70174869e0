//! Drafts of reports, sealed under their visitors' cookies.

use zeroize::Zeroizing;

use super::part::Intake;
use crate::dialogue::{self, Draft};
use crate::domain::day::{HOUR, round_up};
use crate::domain::facets::Channel;
use crate::metrics::Outcome;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::SESSION_IDLE_SECONDS;
use crate::service::tokens::token_hash;
use crate::store;
use crate::vault::cookie::{CookieContent, CookieToken};

/// Lifetime of a draft in the reporter's own browser, in seconds.
pub const DRAFT_LIFETIME_SECONDS: i64 = 24 * 3600;

/// Returns the lifetime of a draft that comes in by `channel`, in seconds. At the counter, a draft waits no longer than the
/// clerk's session.
pub const fn draft_lifetime_seconds(channel: Channel) -> i64 {
    match channel {
        Channel::Web | Channel::Whatsapp => DRAFT_LIFETIME_SECONDS,
        Channel::Desk => SESSION_IDLE_SECONDS,
    }
}

/// A draft that its cookie opened.
#[derive(Debug)]
pub struct OpenDraft {
    pub(crate) token: CookieToken,
    pub(super) revision: i64,
    pub draft: Draft,
}

impl Intake {
    /// Begins a draft that comes in by `channel`. Returns the cookie's value.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn start_draft(&self, language: &str, channel: Channel) -> Result<Zeroizing<String>> {
        let mut rng = self.context.randomness.generator();
        let token = CookieToken::random(&mut rng);
        let draft = dialogue::start(&self.context.profile.load(), language);
        let body = token.seal(CookieContent::Draft, self.context.instance, &draft.to_bytes(), &mut rng);
        let (hash, expires) = (
            token_hash(self.context.instance, &token),
            round_up(self.context.clock.now() + draft_lifetime_seconds(channel), HOUR),
        );
        let (hash, body) = (&hash, &body);
        self.context
            .db
            .write("start_draft", |mut tx| async move {
                store::visitors::insert_draft(&mut tx, hash, body, expires).await?;
                tx.commit().await
            })
            .await?;
        Ok(token.to_text())
    }

    /// Returns the draft that a cookie opens, or none if it has expired.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn draft(&self, cookie: &str) -> Result<Option<OpenDraft>> {
        let Some(token) = CookieToken::from_text(cookie) else {
            return Ok(None);
        };
        let mut tx = self.context.db.read().await?;
        let Some(row) = store::visitors::draft(
            &mut tx,
            &token_hash(self.context.instance, &token),
            self.context.clock.now(),
        )
        .await?
        else {
            return Ok(None);
        };
        let opened = token.open(CookieContent::Draft, self.context.instance, &row.body).ok();
        // A draft in the format of an older version does not read: the reporter starts again.
        let Some(mut draft) = opened.and_then(|bytes| Draft::from_bytes(&bytes).ok()) else {
            return Ok(None);
        };
        dialogue::set_files(
            &self.context.profile.load(),
            &mut draft,
            self.attachments.waiting_in(&mut tx, &token).await?,
        );
        Ok(Some(OpenDraft {
            token,
            revision: row.revision,
            draft,
        }))
    }

    /// Stores a changed draft that comes in by `channel`, and renews its lifetime.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another tab has changed it since it was opened.
    pub async fn save_draft(&self, open: &OpenDraft, channel: Channel) -> Result<()> {
        let mut rng = self.context.randomness.generator();
        let body = open.token.seal(
            CookieContent::Draft,
            self.context.instance,
            &open.draft.to_bytes(),
            &mut rng,
        );
        let (hash, expires) = (
            token_hash(self.context.instance, &open.token),
            round_up(self.context.clock.now() + draft_lifetime_seconds(channel), HOUR),
        );
        let (hash, body) = (&hash, &body);
        let saved = self
            .context
            .db
            .write("save_draft", |mut tx| async move {
                let saved = store::visitors::update_draft(&mut tx, hash, open.revision, body, expires).await?;
                if !saved {
                    // Another tab has moved on; its files are its own.
                } else if open.draft.is_refused() {
                    store::attachments::mark_all_for_deletion(&mut tx, hash).await?;
                } else {
                    store::attachments::prolong(&mut tx, hash, expires).await?;
                }
                tx.commit().await?;
                Ok::<_, store::Error>(saved)
            })
            .await?;
        if !saved {
            return Err(Error::Conflict);
        }
        if open.draft.is_refused() {
            self.context.metrics.count_reports(channel, Outcome::Refused, 1);
        }
        Ok(())
    }

    /// Deletes everything under a cookie for good: a draft with its files, or a receipt that is still shown.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn discard(&self, cookie: &str) -> Result<()> {
        let Some(token) = CookieToken::from_text(cookie) else {
            return Ok(());
        };
        let hash = &token_hash(self.context.instance, &token);
        self.context
            .db
            .write("discard_draft", |mut tx| async move {
                store::visitors::discard_draft(&mut tx, hash).await?;
                store::attachments::mark_all_for_deletion(&mut tx, hash).await?;
                store::visitors::forget_receipt(&mut tx, hash).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

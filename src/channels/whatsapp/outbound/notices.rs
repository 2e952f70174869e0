//! Notices that there is something new, sent as a template that says nothing of the case. A template is needed because the
//! person has hardly written within the last day.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::api::{Api, SendError};
use super::content::MessageContent;
use crate::channels::whatsapp::person::Person;
use crate::domain::ids::CaseId;
use crate::domain::notice::NoticeChannel;
use crate::service::operations::worker::{NextRound, Permit, RoundHandler};
use crate::service::{App, Error, Result};
use crate::store::notices::Notice;

/// Attempts after which a notice is dropped, over some days.
const MAX_ATTEMPTS: i64 = 12;
/// Delay after the first failed attempt; it doubles with each further one.
const RETRY_SECONDS: i64 = 60;
/// Pause after a failed attempt, before the next notice.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Sends the notices of this channel.
pub(crate) struct NoticeHandler {
    app: Arc<App>,
    api: Arc<Api>,
    /// The name of the approved template; without one there are no notices.
    template: Option<String>,
}

impl NoticeHandler {
    pub(crate) fn new(app: Arc<App>, api: Arc<Api>, template: Option<String>) -> Self {
        Self { app, api, template }
    }

    async fn send(&self, notice: &Notice, case: CaseId, template: &str) -> Result<()> {
        let app = &self.app;
        let address = match app.notifications.contact_address(case, NoticeChannel::Whatsapp).await {
            // The address does not open: waiting does not help.
            Err(Error::Internal(reason)) => {
                tracing::warn!(reason, "a notice is dropped");
                None
            }
            address => address?,
        };
        let Some(person) = address.as_deref().and_then(|address| Person::from_address(address)) else {
            return app.notifications.delete_notice(notice.id).await;
        };
        let content = MessageContent::Template {
            name: template.to_owned(),
            language: app
                .notifications
                .language_of(case)
                .await?
                .unwrap_or_else(|| "es".to_owned()),
        };
        let Err(error) = self.api.send(&person, &content).await else {
            return app.notifications.delete_notice(notice.id).await;
        };
        let is_final = match error {
            SendError::Rejected(_) | SendError::WindowClosed => true,
            SendError::NoAnswer
            | SendError::TooMany
            | SendError::TooManyToPerson
            | SendError::AccessDenied(_)
            | SendError::Outage(_) => notice.attempts >= MAX_ATTEMPTS,
        };
        if is_final {
            tracing::warn!(%error, "a notice is dropped");
            return app.notifications.delete_notice(notice.id).await;
        }
        tracing::warn!(%error, "a notice is sent again");
        app.notifications
            .postpone_notice(notice.id, RETRY_SECONDS << notice.attempts.clamp(0, 8))
            .await?;
        sleep(PAUSE_AFTER_FAILURE).await;
        Ok(())
    }
}

impl RoundHandler for NoticeHandler {
    async fn may_have_work(&self) -> Result<bool> {
        Ok(self.template.is_some())
    }

    async fn round(&mut self, permit: &Permit<'_>) -> Result<NextRound> {
        let Some(template) = &self.template else {
            return Ok(NextRound::AtNextPoll);
        };
        for notice in self.app.notifications.due_notices(NoticeChannel::Whatsapp).await? {
            if !permit.is_valid().await? {
                break;
            }
            if let Some(case) = notice.case_id {
                self.send(&notice, case, template).await?;
            }
        }
        Ok(NextRound::AtNextPoll)
    }
}

//! Files that people send: downloaded, cleaned, described, and kept or removed.

use super::questions::may_span_messages;
use super::reply_ids;
use super::state::ReportInProgress;
use super::turn::Turn;
use crate::channels::whatsapp::inbound::message::{Media, MediaKind};
use crate::channels::whatsapp::outbound::content::QuickReply;
use crate::dialogue::{self, Draft, Input};
use crate::service::Result;
use crate::service::attachments::{ReceiveError, Refusal};
use crate::service::conversations::ConversationEffect;
use crate::service::intake::DRAFT_LIFETIME_SECONDS;
use crate::vault::attachment::DescribedAttachment;
use crate::vault::cookie::CookieToken;

/// The outcome of receiving a file.
#[expect(clippy::large_enum_variant, reason = "made once for a file, and taken apart at once")]
pub(crate) enum ReceivedFile {
    /// It is on the disk, sealed. The effect gives it to its owner.
    Stored(DescribedAttachment, ConversationEffect),
    /// It was refused; the text tells the person why.
    Refused(String),
}

impl Turn<'_> {
    /// Downloads a file and stores it sealed, under a token of its own. `files` are those that the owner has already.
    pub(crate) async fn receive_file(
        &self,
        media: &Media,
        owner: &CookieToken,
        files: &[DescribedAttachment],
    ) -> Result<ReceivedFile> {
        let app = &self.context.app;
        let profile = app.profile();
        let limits = &profile.attachments;
        if files.len() >= usize::try_from(limits.max_files).unwrap_or(usize::MAX) {
            return Ok(self.refuse_file(Refusal::TooMany));
        }
        // The token is the same at each attempt: a file that arrived before a crash is not downloaded again.
        let own = owner.part(app.instance, &self.message.id);
        if app.attachments.waiting_files(&own).await?.is_empty() {
            let name = self.file_name(media);
            let Some(stream) = self.context.api.download(media).await else {
                return Ok(self.refuse_file(Refusal::Broken));
            };
            let received = app
                .attachments
                .receive_file(&own, DRAFT_LIFETIME_SECONDS, &name, Box::pin(stream))
                .await;
            match received {
                Ok(()) => {}
                Err(ReceiveError::Refused(refusal)) => return Ok(self.refuse_file(refusal)),
                Err(ReceiveError::Service(error)) => return Err(error),
            }
        }
        let Some(file) = app.attachments.waiting_files(&own).await?.pop() else {
            return Ok(self.refuse_file(Refusal::Broken));
        };
        let total: u64 = files.iter().chain([&file]).map(|file| *file.content.size()).sum();
        if total > limits.total_bytes() {
            app.attachments.remove_file(&own, file.id).await?;
            return Ok(self.refuse_file(Refusal::TooMuch));
        }
        let effect = app.conversations.adopt_file(&file, &own, owner);
        Ok(ReceivedFile::Stored(file, effect))
    }

    fn refuse_file(&self, refusal: Refusal) -> ReceivedFile {
        let profile = self.context.app.profile();
        let limits = &profile.attachments;
        let (key, max) = match refusal {
            Refusal::Empty | Refusal::Broken => ("wa-file-broken", 0),
            Refusal::TooLarge => ("file-too-large", limits.max_file_mb),
            Refusal::TooMuch => ("file-too-much", limits.max_total_mb),
            Refusal::TooMany => ("file-too-many", limits.max_files),
            Refusal::NoRoom | Refusal::Wait(_) => ("wa-file-no-room", 0),
        };
        ReceivedFile::Refused(self.t.with(key, &[("max", max.into())]))
    }

    /// The name of a file: the document's own, the caption, or the kind of media.
    fn file_name(&self, media: &Media) -> String {
        let (key, extension) = match media.kind {
            MediaKind::Image => ("wa-name-image", "jpg"),
            MediaKind::Audio => ("wa-name-audio", "ogg"),
            MediaKind::Video => ("wa-name-video", "mp4"),
            MediaKind::Document => ("wa-name-document", ""),
        };
        let given = media
            .filename
            .clone()
            .or_else(|| media.caption.clone())
            .filter(|name| !name.trim().is_empty());
        let name = given.unwrap_or_else(|| self.t.get(key));
        if media.filename.is_some() || extension.is_empty() {
            name
        } else {
            format!("{name}.{extension}")
        }
    }

    /// Describes what was removed from a file, or that the person has to decide about it.
    pub(crate) fn describe_file(&self, file: &DescribedAttachment) -> String {
        let name = file.content.name().clone();
        if file.is_undecided() {
            return self.t.with("wa-file-undecided", &[("name", name.into())]);
        }
        let removed = self.t.describe_removed(file.content.removed());
        if removed.is_empty() {
            self.t.with("wa-file-taken", &[("name", name.into())])
        } else {
            self.t
                .with("wa-file-cleaned", &[("name", name.into()), ("removed", removed.into())])
        }
    }

    pub(crate) fn file_decision_replies(&self, file: &DescribedAttachment) -> Vec<QuickReply> {
        [
            (reply_ids::KEEP_FILE, "wa-file-keep"),
            (reply_ids::REMOVE_FILE, "wa-file-drop"),
        ]
        .map(|(verb, key)| QuickReply::new(format!("{verb}/{}", file.id), self.t.get(key)))
        .into()
    }

    /// Adds a file to the report and describes it.
    pub(crate) async fn add_file(
        &mut self,
        report: &mut ReportInProgress,
        draft: &mut Draft,
        media: &Media,
        files: &mut Vec<DescribedAttachment>,
    ) -> Result<()> {
        let Some(token) = report.token() else { return Ok(()) };
        let (file, effect) = match self.receive_file(media, &token, files).await? {
            ReceivedFile::Stored(file, effect) => (file, effect),
            ReceivedFile::Refused(text) => {
                self.ask_next(report, draft, &text);
                return Ok(());
            }
        };
        self.effects.push(effect);
        let description = self.describe_file(&file);
        let decision = file.is_undecided().then(|| self.file_decision_replies(&file));
        files.push(file);
        attach(self, draft, files);
        let screen = dialogue::build_screen(&self.context.app.profile(), draft);
        let is_telling = matches!(screen.prompt.input, Input::Text { max_chars, .. } if may_span_messages(max_chars));
        // A caption is part of the story while the person tells it.
        if let Some(caption) = &media.caption
            && is_telling
            && !caption.trim().is_empty()
        {
            report.collected.push(caption.clone());
        }
        match decision {
            Some(replies) => self.prompt_with(&description, replies),
            None if is_telling => {
                let body = format!("{description}\n\n{}", self.t.get("wa-gathering"));
                let id = format!("{}/{}", reply_ids::DONE, screen.prompt.step);
                let done = QuickReply::new(id, self.t.get("wa-done"));
                self.prompt_with(&body, vec![done]);
            }
            None => self.ask_screen(report, &screen, &description),
        }
        Ok(())
    }

    /// Keeps a file of the report as it is, or removes it.
    pub(crate) fn decide_file(
        &mut self,
        report: &mut ReportInProgress,
        draft: &mut Draft,
        id: &str,
        files: &mut Vec<DescribedAttachment>,
    ) {
        let (Some(token), Some((verb, id))) = (report.token(), id.split_once('/')) else {
            return;
        };
        let keep = verb == reply_ids::KEEP_FILE;
        if let Some(at) = files.iter().position(|file| file.id.to_string() == id) {
            let file = files.remove(at);
            if keep && !file.is_undecided() {
                files.push(file);
            } else {
                self.effects
                    .push(self.context.app.conversations.decide_file(&file, &token, keep));
                if keep {
                    files.push(file.unchanged());
                }
            }
        }
        attach(self, draft, files);
        self.ask_next(report, draft, "");
    }
}

/// Tells the draft which files the report has.
pub(crate) fn attach(turn: &Turn<'_>, draft: &mut Draft, files: &[DescribedAttachment]) {
    dialogue::set_files(
        &turn.context.app.profile(),
        draft,
        files.iter().map(DescribedAttachment::duplicate).collect(),
    );
}

/// Returns true if a quick reply decides about a file.
pub(crate) fn is_file_decision(id: &str) -> bool {
    id.split_once('/')
        .is_some_and(|(verb, _)| verb == reply_ids::KEEP_FILE || verb == reply_ids::REMOVE_FILE)
}

//! Coming back: the eight words open the case; what is written then goes to the people who work on it.

use super::asking::{commands, touch};
use super::hear::Turn;
use super::hearing::Command;
use super::notification::Body;
use super::saying::Saying;
use super::talk::Stage;
use crate::domain::facets::Verdict;
use crate::domain::notice::NoticeChannel;
use crate::domain::state::UnsealState;
use crate::i18n::StateTexts as _;
use crate::service::conversations::whatsapp::Act;
use crate::service::follow_up::{MAX_MESSAGE_CHARS, Opening, OwnCase, PresentReceiptError, Returning};
use crate::service::{Error, Result};

/// How many of the last messages are shown.
const SHOWN: usize = 5;

impl Turn<'_> {
    pub(super) fn ask_for_receipt(&mut self, lead: &str) {
        self.talk.stage = Stage::AskingReceipt;
        let body = format!("{lead}\n\n{}", self.t.get("wa-ask-receipt"));
        let touches = commands(&self.t, &[("menu", "wa-menu")]);
        self.ask(Saying::all(&body, touches, ""));
    }

    /// The words of a receipt, or what is typed in their place.
    pub(super) async fn receipt(&mut self, body: &Body) -> Result<()> {
        let Body::Text(text) = body else {
            return Box::pin(self.at_menu(body)).await;
        };
        match Self::wish(body) {
            Some(Command::FollowUp) => {
                self.ask_for_receipt("");
                return Ok(());
            }
            Some(_) => return Box::pin(self.at_menu(body)).await,
            None => {}
        }
        match self.ear.app.follow_up.present_receipt(text, self.t.language()).await {
            Ok(cookie) => {
                let Some(who) = self.ear.app.follow_up.returning(&cookie).await? else {
                    return Err(Error::Internal("a session that was just opened is gone".into()));
                };
                self.talk.stage = Stage::Following(cookie.to_string());
                let lead = self.t.get("wa-receipt-delete");
                self.show_case(&who, &lead).await
            }
            Err(failure) => {
                let lead = match failure {
                    PresentReceiptError::Misspelt(what) => self.t.describe_receipt_error(what),
                    PresentReceiptError::Unknown => self.t.get("entry-error-unknown"),
                    PresentReceiptError::Service(error) => return Err(error),
                };
                self.ask_for_receipt(&lead);
                Ok(())
            }
        }
    }

    /// A message of somebody whose case is open.
    pub(super) async fn follow(&mut self, cookie: String, body: &Body) -> Result<()> {
        let app = self.ear.app;
        let Some(who) = app.follow_up.returning(&cookie).await? else {
            if matches!(Self::wish(body), Some(Command::Report | Command::Menu | Command::Leave)) {
                return Box::pin(self.at_menu(body)).await;
            }
            let lead = self.t.get("wa-session-over");
            self.ask_for_receipt(&lead);
            return Ok(());
        };
        self.talk.stage = Stage::Following(cookie);
        match Self::wish(body) {
            Some(Command::Leave | Command::Cancel) => {
                app.follow_up.end_follow_up(&who).await?;
                let text = self.t.get("wa-left");
                self.menu(&text);
                return Ok(());
            }
            Some(Command::Menu | Command::FollowUp | Command::Back | Command::Help) => {
                let lead = self.t.get("wa-follow-help");
                return self.show_case(&who, &lead).await;
            }
            Some(language @ (Command::Spanish | Command::English)) => {
                self.speak(if language == Command::English { "en" } else { "es" });
                return self.show_case(&who, "").await;
            }
            Some(Command::StopNotices) => {
                self.acts.push(Act::DontTellMe(who.case));
                self.tail("wa-notices-withdrawn");
                return Ok(());
            }
            Some(Command::Yes) if matches!(body, Body::Tap(_)) => {
                self.acts
                    .push(app.conversations.telling(who.case, &self.message.from.address())?);
                self.tail("wa-notices-on");
                return Ok(());
            }
            _ => {}
        }
        if !app.follow_up.may_add_files(&who).await? {
            self.tail("case-message-closed");
            return Ok(());
        }
        match body {
            Body::Text(text) if text.chars().count() <= MAX_MESSAGE_CHARS && !text.trim().is_empty() => {
                self.acts.push(app.conversations.writing(&who, text)?);
                self.tail("wa-message-sent");
            }
            Body::Media(media) => {
                let owner = who.token();
                match self.fetch(media, owner, &[]).await? {
                    Err(refusal) => self.say(&refusal),
                    Ok((file, adopted)) => {
                        self.acts.push(adopted);
                        let about = self.about_file(&file);
                        if file.is_undecided() {
                            let touches = self.decision(&file);
                            self.ask(Saying::all(&about, touches, ""));
                        } else {
                            self.acts.push(app.conversations.adding(&who, owner, &[file])?);
                            let sent = self.t.get("files-sent");
                            self.say(&format!("{about}\n\n{sent}"));
                        }
                    }
                }
            }
            Body::Tap(id) if id.starts_with(touch::KEEP) || id.starts_with(touch::DROP) => {
                self.decide_own_file(&who, id).await?;
            }
            _ => {
                let lead = self.t.get("wa-follow-help");
                self.show_case(&who, &lead).await?;
            }
        }
        Ok(())
    }

    async fn decide_own_file(&mut self, who: &Returning, id: &str) -> Result<()> {
        let app = self.ear.app;
        let (verb, id) = id.split_once('/').unwrap_or_default();
        let owner = who.token();
        let files = app.attachments.waiting_files(owner).await?;
        let Some(file) = files.iter().find(|file| file.id.to_string() == id) else {
            self.tail("wa-not-understood");
            return Ok(());
        };
        let keep = verb == touch::KEEP;
        self.acts.push(app.conversations.deciding(file, owner, keep));
        if keep {
            self.acts
                .push(app.conversations.adding(who, owner, &[file.unchanged()])?);
        }
        self.tail(if keep { "files-sent" } else { "wa-file-dropped" });
        Ok(())
    }

    /// The case as its reporter may see it.
    async fn show_case(&mut self, who: &Returning, lead: &str) -> Result<()> {
        let app = self.ear.app;
        let own = app.follow_up.own_case(who).await?;
        let told = app.notifications.contact_channels(who.case).await?;
        let mut parts = vec![lead.to_owned(), self.summary(&own)];
        if own.conversation.is_empty() {
            parts.push(self.t.get("case-talk-empty"));
        }
        let skip = own.conversation.len().saturating_sub(SHOWN);
        for line in own.conversation.iter().skip(skip) {
            let from = self.t.get(if line.mine { "case-from-you" } else { "case-from-team" });
            let text = line
                .text
                .as_ref()
                .map_or_else(|| self.t.get("case-unreadable"), |text| text.to_string());
            parts.push(format!("*{from}* · {}\n{text}", self.t.date(line.day.0)));
        }
        parts.push(self.openings(&own));
        if !own.is_intact {
            parts.push(self.t.get("case-exchanged"));
        }
        if own.has_identity && !own.identity_erased {
            parts.push(
                self.t
                    .with("wa-follow-identity", &[("url", self.ear.public_url.to_owned().into())]),
            );
        }
        parts.push(self.t.get(if own.case.state.is_open() {
            "wa-follow-write"
        } else {
            "case-message-closed"
        }));
        parts.retain(|part| !part.is_empty());
        let mut all = vec![("leave", "wa-leave")];
        if app.enabled_channels.whatsapp && own.case.state.is_open() {
            let is_told = told.contains(&NoticeChannel::Whatsapp);
            all.push(if is_told {
                ("stop", "wa-notices-stop")
            } else {
                ("yes", "wa-notices-yes")
            });
        }
        let touches = commands(&self.t, &all);
        self.ask(Saying::all(&parts.join("\n\n"), touches, ""));
        Ok(())
    }

    fn summary(&self, own: &OwnCase) -> String {
        let (t, case) = (&self.t, &own.case);
        let mut lines = vec![
            format!("*{} {}*", t.get("receipt-number"), case.number),
            format!("*{}.* {}", t.get(case.state.title()), t.get(case.state.meaning())),
        ];
        match case.responded_on {
            Some(day) => lines.push(format!("{}: {}", t.get("case-responded"), t.date(day.0))),
            None => lines.push(format!("{}: {}", t.get("case-respond-by"), t.date(case.respond_by.0))),
        }
        lines.push(format!("{}: {}", t.get("case-resolve-by"), t.date(case.resolve_by.0)));
        lines.join("\n")
    }

    /// When and for which class of purpose the identity was opened.
    fn openings(&self, own: &OwnCase) -> String {
        let t = &self.t;
        if own.identity_erased {
            return t.get("identity-erased");
        }
        if !own.has_identity {
            return String::new();
        }
        if own.openings.is_empty() {
            return t.get("openings-empty");
        }
        let profile = self.ear.app.profile();
        let mut lines = vec![t.get("openings-text")];
        for opening in &own.openings {
            let purpose = profile.purposes.iter().find(|purpose| purpose.id == opening.class);
            let purpose = purpose.map_or(opening.class.as_str(), |purpose| purpose.label.get(t.language()));
            let outcome = t.get(outcome(opening));
            lines.push(format!("• {}: {purpose} ({outcome})", t.date(opening.day.0)));
        }
        lines.join("\n")
    }

    /// A short answer, with the way out below it.
    fn tail(&mut self, key: &str) {
        let touches = commands(&self.t, &[("leave", "wa-leave")]);
        self.ask(Saying::all(&self.t.get(key), touches, ""));
    }
}

fn outcome(opening: &Opening) -> &'static str {
    match (opening.verdict, opening.state) {
        (Some(Verdict::Valid), _) => "outcome-valid",
        (Some(Verdict::Mismatch), _) => "outcome-mismatch",
        (Some(Verdict::Unreachable), _) => "outcome-unreachable",
        (None, UnsealState::Requested) => "outcome-requested",
        (None, UnsealState::Refused) => "outcome-refused",
        (None, UnsealState::Released) => "outcome-opened",
    }
}

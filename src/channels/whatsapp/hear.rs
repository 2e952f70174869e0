//! One message of one person: what it means where the conversation stands, and what is answered.

use super::api::Api;
use super::asking::{commands, touch};
use super::hearing::{Command, command};
use super::notification::{Body, Media, Message};
use super::saying::{Saying, Touch};
use super::talk::{Letter, Reporting, Stage, Talk};
use crate::dialogue;
use crate::i18n::{Languages, Texts};
use crate::service::conversations::whatsapp::{Act, Said};
use crate::service::{App, Error, Result};
use crate::vault::attachment::DescribedAttachment;
use crate::vault::cookie::CookieToken;
use zeroize::Zeroizing;

/// How often a message is heard again when something moved meanwhile.
const TRIES: usize = 5;

/// What a message is heard with.
pub(super) struct Ear<'a> {
    pub(super) app: &'a App,
    pub(super) languages: &'a Languages,
    pub(super) api: &'a Api,
    /// The address of the web chat.
    pub(super) public_url: &'a str,
}

/// Hears a message and stores all that comes of it, once.
///
/// # Errors
/// What kept it from being done; hear it again later.
pub(super) async fn hear(ear: &Ear<'_>, message: &Message) -> Result<()> {
    for _ in 0..TRIES {
        let Some(conversation) = ear
            .app
            .conversations
            .conversation(&message.from.key(), &message.id)
            .await?
        else {
            return Ok(());
        };
        let body = conversation.body.as_ref().map(|body| body.as_slice());
        let mut turn = Turn::new(ear, Talk::read(body, ear.languages.texts(None).language()), message);
        turn.take().await?;
        let said: Vec<Said> = turn
            .said
            .into_iter()
            .map(|(saying, is_prompt)| letter(message, saying, is_prompt))
            .collect();
        let talk = turn.talk.to_bytes();
        match ear
            .app
            .conversations
            .answer(&conversation, Some(talk), &said, &turn.acts)
            .await
        {
            Err(Error::Conflict) => {}
            outcome => return outcome.map(|_| ()),
        }
    }
    Err(Error::Conflict)
}

fn letter(message: &Message, saying: Saying, is_prompt: bool) -> Said {
    let letter = Letter {
        to: message.from.clone(),
        saying,
    };
    Said {
        // Texts and plain enums: this cannot fail.
        body: Zeroizing::new(serde_json::to_vec(&letter).unwrap_or_default()),
        is_prompt,
    }
}

/// One message and what comes of it.
pub(super) struct Turn<'a> {
    pub(super) ear: &'a Ear<'a>,
    pub(super) message: &'a Message,
    pub(super) talk: Talk,
    pub(super) t: Texts,
    /// Answers, and whether a later one may take their place unsent.
    pub(super) said: Vec<(Saying, bool)>,
    pub(super) acts: Vec<Act>,
}

impl<'a> Turn<'a> {
    fn new(ear: &'a Ear<'a>, talk: Talk, message: &'a Message) -> Self {
        Self {
            t: ear.languages.texts(Some(&talk.language)),
            ear,
            message,
            talk,
            said: Vec::new(),
            acts: Vec::new(),
        }
    }

    async fn take(&mut self) -> Result<()> {
        let body = &self.message.body;
        if matches!(body, Body::Silent) {
            return Ok(());
        }
        match std::mem::replace(&mut self.talk.stage, Stage::Menu) {
            Stage::New => self.first(body).await,
            Stage::Menu => self.at_menu(body).await,
            Stage::Reporting(reporting) => self.report(reporting, body).await,
            Stage::AskedNotices(case) => self.notices(case, body).await,
            Stage::AskingReceipt => self.receipt(body).await,
            Stage::Following(cookie) => self.follow(cookie, body).await,
        }
    }

    /// Says something that nothing may take the place of.
    pub(super) fn say(&mut self, text: &str) {
        let sayings = Saying::all(text, Vec::new(), "");
        self.said.extend(sayings.into_iter().map(|saying| (saying, false)));
    }

    /// Asks something; should more be asked before it is sent, that is asked instead.
    pub(super) fn ask(&mut self, sayings: Vec<Saying>) {
        let alone = sayings.len() == 1;
        // Parts of a long text belong together: only what is one message may be left unsaid.
        self.said.extend(sayings.into_iter().map(|saying| (saying, alone)));
    }

    /// What can be done, after `text`.
    pub(super) fn menu(&mut self, text: &str) {
        self.talk.stage = Stage::Menu;
        let other = if self.t.is_default() {
            ("english", "wa-english")
        } else {
            ("spanish", "wa-spanish")
        };
        let touches = commands(
            &self.t,
            &[("report", "wa-report"), ("follow-up", "wa-follow-up"), other],
        );
        self.ask(Saying::all(text, touches, ""));
    }

    /// What everybody is told before anything else.
    fn welcome(&self) -> String {
        let institution = self.ear.app.profile().name.get(self.t.language()).to_owned();
        let url = self.ear.public_url.to_owned();
        self.t.with(
            "wa-welcome",
            &[("institution", institution.into()), ("url", url.into())],
        )
    }

    /// The first message: whatever it says, the person first learns who reads along. What they want is done right after.
    async fn first(&mut self, body: &Body) -> Result<()> {
        match Self::wish(body) {
            Some(Command::English) => self.speak("en"),
            Some(Command::Spanish) => self.speak("es"),
            _ => {}
        }
        let welcome = self.welcome();
        let wants = match Self::wish(body) {
            Some(Command::Report) => true,
            Some(_) => false,
            None => self.named_kind(body).is_some(),
        };
        if wants {
            self.say(&welcome);
            return self.start(body).await;
        }
        if Self::wish(body) == Some(Command::FollowUp) || matches!(body, Body::Text(text) if looks_like_a_receipt(text))
        {
            self.say(&welcome);
            return self.at_menu(body).await;
        }
        self.menu(&welcome);
        // Nothing takes the place of this, however fast they write on.
        for (_, is_prompt) in &mut self.said {
            *is_prompt = false;
        }
        Ok(())
    }

    pub(super) async fn at_menu(&mut self, body: &Body) -> Result<()> {
        match Self::wish(body) {
            Some(Command::Report | Command::Yes) => return self.start(body).await,
            Some(Command::FollowUp) => {
                self.ask_for_receipt("");
                return Ok(());
            }
            Some(Command::English) => self.speak("en"),
            Some(Command::Spanish) => self.speak("es"),
            Some(Command::Help) => {
                let text = self
                    .t
                    .with("wa-help", &[("url", self.ear.public_url.to_owned().into())]);
                self.menu(&text);
                return Ok(());
            }
            Some(_) => {}
            None => {
                if self.named_kind(body).is_some() {
                    return self.start(body).await;
                }
                if let Body::Text(text) = body
                    && looks_like_a_receipt(text)
                {
                    return self.receipt(body).await;
                }
                if matches!(body, Body::Media(_)) {
                    let text = self.t.get("wa-file-too-early");
                    self.menu(&text);
                    return Ok(());
                }
            }
        }
        let welcome = self.welcome();
        self.menu(&welcome);
        Ok(())
    }

    /// A report begins; whoever said of which kind is not asked again.
    async fn start(&mut self, body: &Body) -> Result<()> {
        let app = self.ear.app;
        if let Err(error) = app.intake.may_begin().await {
            if let Error::Unavailable(_) | Error::NoRoom = error {
                let text = self
                    .t
                    .with("wa-unavailable", &[("url", self.ear.public_url.to_owned().into())]);
                self.menu(&text);
                return Ok(());
            }
            return Err(error);
        }
        let mut draft = dialogue::start(&app.profile(), self.t.language());
        if let Some(kind) = self.named_kind(body) {
            let form = dialogue::Form::from([(dialogue::VALUE_FIELD.to_owned(), kind)]);
            // A kind of the profile is an answer to its first question; were it not, it would be asked.
            dialogue::answer(&app.profile(), &mut draft, "kind", &form).unwrap_or_default();
        }
        let token = CookieToken::random(&mut app.randomness.generator());
        let mut reporting = Reporting::new(&token, &draft);
        let lead = self.t.get("wa-start");
        self.ask_next(&mut reporting, &draft, &lead);
        self.talk.stage = Stage::Reporting(reporting);
        Ok(())
    }

    /// The kind of report that somebody names right away: "quiero poner una denuncia".
    fn named_kind(&self, body: &Body) -> Option<String> {
        let Body::Text(text) = body else { return None };
        let said = super::hearing::plain(text);
        let profile = self.ear.app.profile();
        let kinds = &profile.kinds;
        let is_said = |kind: &&dialogue::Kind| said.split(' ').any(|word| word == kind.id);
        let mut named = kinds.iter().filter(is_said);
        let kind = named.next()?;
        (named.next().is_none() && said.split(' ').count() <= 6).then(|| kind.id.clone())
    }

    /// What a message asks for, by words or by touch.
    pub(super) fn wish(body: &Body) -> Option<Command> {
        match body {
            Body::Text(text) => command(text),
            Body::Tap(id) => match id.strip_prefix(touch::COMMAND)?.strip_prefix('/')? {
                "report" => Some(Command::Report),
                "follow-up" => Some(Command::FollowUp),
                "english" => Some(Command::English),
                "spanish" => Some(Command::Spanish),
                "menu" => Some(Command::Menu),
                "change" => Some(Command::Change),
                "send" | "yes" => Some(Command::Yes),
                "no" => Some(Command::No),
                "reconsider" | "back" => Some(Command::Back),
                "leave" => Some(Command::Leave),
                "stop" => Some(Command::StopNotices),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn speak(&mut self, language: &str) {
        self.t = self.ear.languages.texts(Some(language));
        self.t.language().clone_into(&mut self.talk.language);
    }

    /// After a submission: whether the person wants to be told here.
    async fn notices(&mut self, case: crate::domain::ids::CaseId, body: &Body) -> Result<()> {
        match Self::wish(body) {
            Some(Command::Yes) => {
                self.acts
                    .push(self.ear.app.conversations.telling(case, &self.message.from.address())?);
                let text = self.t.get("wa-notices-on");
                self.menu(&text);
            }
            Some(Command::No) => {
                let text = self.t.get("wa-notices-off");
                self.menu(&text);
            }
            _ => return self.at_menu(body).await,
        }
        Ok(())
    }

    /// A file that the person sends, on the disk and sealed under a token of its own; the text to say when it was refused.
    /// `files` are those that wait already.
    pub(super) async fn fetch(
        &self,
        media: &Media,
        owner: &CookieToken,
        files: &[DescribedAttachment],
    ) -> Result<std::result::Result<(DescribedAttachment, Act), String>> {
        use crate::service::attachments::{ReceiveError, Refusal};

        let app = self.ear.app;
        let profile = app.profile();
        let limits = &profile.attachments;
        let refused = |refusal: Refusal| {
            let (key, max) = match refusal {
                Refusal::Empty | Refusal::Broken => ("wa-file-broken", 0),
                Refusal::TooLarge => ("file-too-large", limits.max_file_mb),
                Refusal::TooMuch => ("file-too-much", limits.max_total_mb),
                Refusal::TooMany => ("file-too-many", limits.max_files),
                Refusal::NoRoom | Refusal::Wait(_) => ("wa-file-no-room", 0),
            };
            Ok(Err(self.t.with(key, &[("max", max.into())])))
        };
        if files.len() >= usize::try_from(limits.max_files).unwrap_or(usize::MAX) {
            return refused(Refusal::TooMany);
        }
        // The same each time: what had arrived before a crash is not fetched again.
        let own = owner.part(app.instance, &self.message.id);
        if app.attachments.waiting_files(&own).await?.is_empty() {
            let name = self.file_name(media);
            let Some(stream) = self.ear.api.download(media).await else {
                return refused(Refusal::Broken);
            };
            let stream = Box::pin(stream);
            match app
                .attachments
                .receive_file(&own, crate::service::intake::DRAFT_LIFETIME_SECONDS, &name, stream)
                .await
            {
                Ok(()) => {}
                Err(ReceiveError::Refused(refusal)) => return refused(refusal),
                Err(ReceiveError::Service(error)) => return Err(error),
            }
        }
        let Some(file) = app.attachments.waiting_files(&own).await?.pop() else {
            return refused(Refusal::Broken);
        };
        let total: u64 = files.iter().chain([&file]).map(|file| *file.content.size()).sum();
        if total > limits.total_bytes() {
            app.attachments.remove_file(&own, file.id).await?;
            return refused(Refusal::TooMuch);
        }
        let act = app.conversations.adopting(&file, &own, owner);
        Ok(Ok((file, act)))
    }

    /// The document's own name, what the person wrote below it, or what it is.
    fn file_name(&self, media: &Media) -> String {
        use super::notification::MediaKind;

        let (key, ending) = match media.kind {
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
        if media.filename.is_some() || ending.is_empty() {
            name
        } else {
            format!("{name}.{ending}")
        }
    }

    /// What was taken out of a file, in words; and whether the person has to decide about it.
    pub(super) fn about_file(&self, file: &DescribedAttachment) -> String {
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

    pub(super) fn decision(&self, file: &DescribedAttachment) -> Vec<Touch> {
        vec![
            Touch::new(format!("{}/{}", touch::KEEP, file.id), self.t.get("wa-file-keep")),
            Touch::new(format!("{}/{}", touch::DROP, file.id), self.t.get("wa-file-drop")),
        ]
    }
}

/// Eight words, or about eight: a sentence of that length is no receipt, which the entry says when it is not.
pub(super) fn looks_like_a_receipt(text: &str) -> bool {
    crate::vault::receipt::Receipt::parse(text).is_ok()
}

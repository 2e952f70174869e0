//! The dialogue of a report, answered by words, touches and files.

mod files;

use self::files::{attach, is_about_a_file};
use super::asking::{self, Around, commands, gathers, pages, restorable, shown, touch};
use super::hear::Turn;
use super::hearing::{self, Command, plain};
use super::notification::Body;
use super::saying::{Saying, Touch};
use super::talk::{Reporting, Stage};
use crate::dialogue::{
    self, ACCEPT, CONFIRM_FIELD, Draft, Form, Input, KIND_FIELD, NONE_FIELD, NUMBER_FIELD, Prompt, REFUSE,
    RESTORE_FIELD_PREFIX, SHARE_FIELD_PREFIX, SKIP_FIELD, Screen, VALUE_FIELD,
};
use crate::domain::facets::Channel;
use crate::domain::phone;
use crate::metrics::Outcome;
use crate::service::conversations::whatsapp::Act;
use crate::service::{Error, Result};

impl Turn<'_> {
    /// A message while a report is being made.
    pub(super) async fn report(&mut self, mut reporting: Reporting, body: &Body) -> Result<()> {
        let app = self.ear.app;
        let (Some(token), Some(mut draft)) = (reporting.token(), reporting.draft()) else {
            return self.at_menu(body).await;
        };
        let mut files = app.attachments.waiting_files(&token).await?;
        attach(self, &mut draft, &files);
        let stays = match body {
            Body::Media(media) => {
                self.take_file(&mut reporting, &mut draft, media, &mut files).await?;
                true
            }
            Body::Tap(id) if is_about_a_file(id) => {
                self.decide_file(&mut reporting, &mut draft, id, &mut files);
                true
            }
            _ => self.word(&mut reporting, &mut draft, body).await?,
        };
        if stays {
            reporting.keep(&draft);
            self.talk.stage = Stage::Reporting(reporting);
        }
        Ok(())
    }

    /// Words or a touch. False when the conversation is about something else now.
    async fn word(&mut self, reporting: &mut Reporting, draft: &mut Draft, body: &Body) -> Result<bool> {
        let app = self.ear.app;
        let screen = dialogue::build_screen(&app.profile(), draft);
        let wish = Self::wish(body);
        if std::mem::take(&mut reporting.cancelling) {
            if matches!(wish, Some(Command::Yes | Command::Cancel)) {
                if let Some(token) = reporting.token() {
                    self.acts.push(Act::Discard(token));
                }
                let text = self.t.get("wa-cancelled");
                self.menu(&text);
                return Ok(false);
            }
            self.ask_next(reporting, draft, "");
            return Ok(true);
        }
        let is_touch = matches!(body, Body::Tap(_));
        match wish.filter(|wish| is_touch || heeds(&screen.prompt, *wish)) {
            Some(Command::Help) => {
                let text = self
                    .t
                    .with("wa-help-report", &[("url", self.ear.public_url.to_owned().into())]);
                self.ask_next(reporting, draft, &text);
            }
            Some(Command::Cancel) => {
                reporting.cancelling = true;
                let touches = commands(&self.t, &[("yes", "wa-cancel-yes"), ("no", "wa-cancel-no")]);
                self.ask(Saying::all(&self.t.get("wa-cancel"), touches, ""));
            }
            Some(Command::Back) => {
                if reporting.gathered.is_empty() {
                    let to = screen
                        .turns
                        .last()
                        .map_or(screen.prompt.step.as_str(), |turn| turn.step.as_str());
                    dialogue::go_back(&app.profile(), draft, to);
                }
                reporting.gathered.clear();
                reporting.page = 0;
                self.ask_next(reporting, draft, "");
            }
            Some(Command::Change) if !screen.turns.is_empty() => {
                let sayings = asking::changes(&screen, &self.t);
                self.ask(sayings);
            }
            Some(language @ (Command::Spanish | Command::English)) => {
                self.speak(if language == Command::English { "en" } else { "es" });
                dialogue::set_language(&app.profile(), draft, self.t.language());
                self.ask_next(reporting, draft, "");
            }
            Some(Command::Leave | Command::Menu) if matches!(screen.prompt.input, Input::Refused { .. }) => {
                let text = self.t.get("wa-cancelled");
                self.menu(&text);
                return Ok(false);
            }
            Some(Command::Menu | Command::Report | Command::FollowUp) => {
                let text = self.t.get("wa-still-reporting");
                self.ask_next(reporting, draft, &text);
            }
            Some(Command::Yes) if matches!(screen.prompt.input, Input::Done) => {
                return self.send(reporting, draft).await;
            }
            _ => self.answer(reporting, draft, &screen, body),
        }
        Ok(true)
    }

    /// The answer to the question that waits, or to one that was asked before.
    fn answer(&mut self, reporting: &mut Reporting, draft: &mut Draft, screen: &Screen, body: &Body) {
        let prompt = &screen.prompt;
        let (step, forms) = match body {
            Body::Tap(id) => match self.touched(reporting, draft, screen, id) {
                Some(answer) => answer,
                None => return,
            },
            Body::Text(text) => {
                if let Input::Text { max_chars, .. } = prompt.input
                    && gathers(max_chars)
                {
                    if hearing::command(text) != Some(Command::Done) {
                        self.gather(reporting, draft, text, max_chars);
                        return;
                    }
                    (prompt.step.clone(), vec![self.gathered(reporting, draft)])
                } else {
                    (prompt.step.clone(), Self::understood(reporting, prompt, text))
                }
            }
            _ => {
                let text = self.t.get("wa-not-understood");
                self.ask_next(reporting, draft, &text);
                return;
            }
        };
        self.give(reporting, draft, &step, forms);
    }

    /// Gives the first of several readings of an answer that is one.
    fn give(&mut self, reporting: &mut Reporting, draft: &mut Draft, step: &str, forms: Vec<Form>) {
        let profile = &self.ear.app.profile();
        let mut refused = None;
        for form in forms {
            match dialogue::answer(profile, draft, step, &form) {
                Ok(()) => {
                    if draft.is_refused() {
                        self.ear
                            .app
                            .metrics
                            .count_reports(Channel::Whatsapp, Outcome::Refused, 1);
                    }
                    reporting.gathered.clear();
                    reporting.page = 0;
                    self.ask_next(reporting, draft, "");
                    return;
                }
                Err(error) => {
                    refused.get_or_insert((form, error));
                }
            }
        }
        if let Some((form, error)) = refused {
            let screen = dialogue::build_screen_with_error(profile, draft, &form, &error);
            self.ask_screen(reporting, &screen, "");
        } else {
            let text = self.t.get("wa-not-understood");
            self.ask_next(reporting, draft, &text);
        }
    }

    /// What a touch answers; None when it only leads on.
    fn touched(
        &mut self,
        reporting: &mut Reporting,
        draft: &mut Draft,
        screen: &Screen,
        id: &str,
    ) -> Option<(String, Vec<Form>)> {
        let profile = &self.ear.app.profile();
        let mut parts = id.splitn(3, '/');
        let (verb, step, value) = (
            parts.next()?,
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let field = |name: &str, value: &str| vec![Form::from([(name.to_owned(), value.to_owned())])];
        let forms = match verb {
            touch::MORE => {
                reporting.page = value.parse().unwrap_or(0);
                self.ask_next(reporting, draft, "");
                return None;
            }
            touch::BACK_TO => {
                dialogue::go_back(profile, draft, step);
                reporting.gathered.clear();
                reporting.page = 0;
                self.ask_next(reporting, draft, "");
                return None;
            }
            touch::SKIP => field(SKIP_FIELD, "1"),
            touch::DONE if matches!(screen.prompt.input, Input::Text { .. }) => vec![self.gathered(reporting, draft)],
            touch::DONE => vec![Form::new()],
            touch::OWN_NUMBER => field(VALUE_FIELD, self.own_number()?.as_str()),
            touch::VALUE if step == screen.prompt.step => match (&screen.prompt.input, value) {
                (Input::Email { .. }, _) => field(NONE_FIELD, "1"),
                (Input::Shared { .. }, _) => vec![Form::new()],
                (Input::Preview(preview), _) => vec![agreed(preview)],
                (_, value) => field(VALUE_FIELD, value),
            },
            // Of a question that was asked before: the answer is another one now.
            touch::VALUE => field(VALUE_FIELD, value),
            _ => {
                let text = self.t.get("wa-not-understood");
                self.ask_next(reporting, draft, &text);
                return None;
            }
        };
        Some((step.to_owned(), forms))
    }

    /// The ways in which words can be meant as an answer, the likeliest first.
    fn understood(reporting: &Reporting, prompt: &Prompt, text: &str) -> Vec<Form> {
        let field = |name: &str, value: &str| Form::from([(name.to_owned(), value.to_owned())]);
        let said = plain(text);
        let wish = hearing::command(text);
        if let Some(label) = &prompt.skip_label
            && (said == plain(label)
                || matches!(said.as_str(), "omitir" | "skip" | "no se" | "no lo se")
                || wish == Some(Command::No))
        {
            return vec![field(SKIP_FIELD, "1")];
        }
        match &prompt.input {
            Input::Choice { options, .. } => {
                let page = shown(options, reporting.page.min(pages(options) - 1));
                let option = hearing::option(options, &page, text);
                option
                    .map(|option| field(VALUE_FIELD, &option.value))
                    .into_iter()
                    .collect()
            }
            Input::Consent {
                accept_label,
                refuse_label,
                ..
            } => {
                if wish == Some(Command::Yes) || said == plain(accept_label) {
                    vec![field(VALUE_FIELD, ACCEPT)]
                } else if wish == Some(Command::No) || said == plain(refuse_label) {
                    vec![field(VALUE_FIELD, REFUSE)]
                } else {
                    Vec::new()
                }
            }
            Input::Document { kinds, .. } => {
                let form = |kind: &str, number: &str| {
                    Form::from([
                        (KIND_FIELD.to_owned(), kind.to_owned()),
                        (NUMBER_FIELD.to_owned(), number.to_owned()),
                    ])
                };
                let named = kinds.iter().find_map(|kind| {
                    let label = plain(&kind.label);
                    let name = label.split(' ').next().unwrap_or_default();
                    let words = text.trim().split_once(char::is_whitespace)?;
                    (plain(words.0) == name || plain(words.0) == plain(&kind.value)).then(|| form(&kind.value, words.1))
                });
                if let Some(form) = named {
                    return vec![form];
                }
                // Digits alone are a cédula, if a mistyped one: it must not pass for a passport.
                let most = if text.chars().any(char::is_alphabetic) {
                    kinds.len()
                } else {
                    1
                };
                kinds.iter().take(most).map(|kind| form(&kind.value, text)).collect()
            }
            Input::Email {
                none_label: Some(label),
                ..
            } if said == plain(label) || wish == Some(Command::No) => {
                vec![field(NONE_FIELD, "1")]
            }
            // "That is all" where there is nothing: there is nothing.
            Input::Files { files, .. } if wish == Some(Command::Done) && files.is_empty() => {
                vec![field(SKIP_FIELD, "1")]
            }
            Input::Files { .. } if wish == Some(Command::Done) => vec![Form::new()],
            Input::Shared { fields } => {
                if wish == Some(Command::No) || matches!(said.as_str(), "ninguno" | "ninguna" | "none") {
                    return vec![Form::new()];
                }
                let chosen = hearing::numbers(text).map(|numbers| {
                    let ids: Option<Vec<&str>> = numbers
                        .iter()
                        .map(|n| Some(fields.get(n.checked_sub(1)?)?.id.as_str()))
                        .collect();
                    ids
                });
                let form = |ids: Vec<&str>| {
                    ids.into_iter()
                        .map(|id| (format!("{SHARE_FIELD_PREFIX}{id}"), "1".to_owned()))
                        .collect::<Form>()
                };
                chosen.flatten().map(form).into_iter().collect()
            }
            Input::Preview(preview) => {
                if matches!(wish, Some(Command::Yes | Command::Done)) {
                    return vec![agreed(preview)];
                }
                // "mostrar Luz": the word may be read after all.
                let words = said.strip_prefix("mostrar ").or_else(|| said.strip_prefix("show "));
                words.map(|word| marks(preview, Some(word))).into_iter().collect()
            }
            Input::Files { .. } | Input::Refused { .. } | Input::Done => Vec::new(),
            _ => vec![field(VALUE_FIELD, text)],
        }
    }

    /// A part of a long answer.
    fn gather(&mut self, reporting: &mut Reporting, draft: &Draft, text: &str, max_chars: usize) {
        let length: usize = reporting.gathered.iter().map(|part| part.chars().count() + 2).sum();
        if length + text.chars().count() > max_chars {
            let text = self.t.with("wa-story-full", &[("max", max_chars.into())]);
            self.ask_next(reporting, draft, &text);
            return;
        }
        reporting.gathered.push(text.to_owned());
        let touches = vec![Touch::new(
            format!(
                "{}/{}",
                touch::DONE,
                dialogue::build_screen(&self.ear.app.profile(), draft).prompt.step
            ),
            self.t.get("wa-done"),
        )];
        self.ask(Saying::all(&self.t.get("wa-gathering"), touches, ""));
    }

    /// A long answer as a whole; who only spoke told it in the recording.
    fn gathered(&self, reporting: &Reporting, draft: &Draft) -> Form {
        let mut text = reporting.gathered.join("\n\n");
        if text.trim().is_empty() && !draft.files().is_empty() {
            text = self.t.get("wa-story-in-file");
        }
        Form::from([(VALUE_FIELD.to_owned(), text)])
    }

    /// Sends the report: number and receipt, once.
    async fn send(&mut self, reporting: &mut Reporting, draft: &Draft) -> Result<bool> {
        let app = self.ear.app;
        let Some(token) = reporting.token() else {
            return Ok(true);
        };
        let act = match app.conversations.submission(draft, token).await {
            Ok(act) => act,
            Err(Error::Unavailable(_)) => {
                let text = self
                    .t
                    .with("wa-unavailable", &[("url", self.ear.public_url.to_owned().into())]);
                self.ask_next(reporting, draft, &text);
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        if let Act::Submit(prepared, _) = &act {
            let receipt = prepared.receipt();
            let words: Vec<String> = (1..)
                .zip(receipt.words.split(' '))
                .map(|(number, word)| format!("{number}. {word}"))
                .collect();
            let text = self.t.with(
                "wa-receipt",
                &[
                    ("number", receipt.number.clone().into()),
                    ("words", words.join("\n").into()),
                    ("respond", self.t.date(receipt.respond_by).into()),
                    ("resolve", self.t.date(receipt.resolve_by).into()),
                    ("url", format!("{}/follow-up", self.ear.public_url).into()),
                ],
            );
            self.say(&text);
            let case = prepared.case();
            if app.enabled_channels.whatsapp {
                let touches = commands(&self.t, &[("yes", "wa-notices-yes"), ("no", "wa-notices-no")]);
                self.ask(Saying::all(&self.t.get("wa-notices"), touches, ""));
                self.talk.stage = Stage::AskedNotices(case);
            }
        }
        self.acts.push(act);
        Ok(false)
    }

    /// Asks what the dialogue asks now, after `lead`.
    pub(super) fn ask_next(&mut self, reporting: &mut Reporting, draft: &Draft, lead: &str) {
        let screen = dialogue::build_screen(&self.ear.app.profile(), draft);
        if let Input::Files { .. } = screen.prompt.input
            && let Some(file) = draft.files().iter().find(|file| file.is_undecided())
        {
            let body = format!("{lead}\n\n{}", self.about_file(file));
            let touches = self.decision(file);
            self.ask(Saying::all(&body, touches, ""));
            return;
        }
        self.ask_screen(reporting, &screen, lead);
    }

    fn ask_screen(&mut self, reporting: &mut Reporting, screen: &Screen, lead: &str) {
        if let Input::Choice { options, .. } = &screen.prompt.input {
            reporting.page = reporting.page.min(pages(options) - 1);
        }
        let own = self.own_number();
        let around = Around {
            t: &self.t,
            lead,
            page: reporting.page,
            own_number: own.as_deref(),
            gathered: reporting.gathered.len(),
        };
        let sayings = asking::ask(screen, &around);
        self.ask(sayings);
    }

    /// The number from which the person writes, as the dialogue takes numbers; there may be none.
    fn own_number(&self) -> Option<String> {
        let phone = self.message.from.phone.as_deref()?;
        phone::normalize(&format!("+{phone}"))
    }
}

/// Whether a command is one at this question, and not an answer to it.
fn heeds(prompt: &Prompt, wish: Command) -> bool {
    match wish {
        Command::Back | Command::Cancel | Command::Help | Command::Change => true,
        Command::Yes => matches!(prompt.input, Input::Done),
        Command::Menu | Command::Report | Command::FollowUp | Command::Spanish | Command::English => {
            matches!(
                prompt.input,
                Input::Choice { .. } | Input::Consent { .. } | Input::Done | Input::Preview(_) | Input::Refused { .. }
            )
        }
        Command::Leave => matches!(prompt.input, Input::Refused { .. }),
        Command::Done | Command::No | Command::StopNotices => false,
    }
}

/// The preview as it is, agreed with.
fn agreed(preview: &dialogue::Preview) -> Form {
    let mut form = marks(preview, None);
    form.insert(CONFIRM_FIELD.to_owned(), "1".to_owned());
    form
}

/// The marks that are shown, and those of `word` too.
fn marks(preview: &dialogue::Preview, word: Option<&str>) -> Form {
    restorable(preview)
        .into_iter()
        .filter(|(_, original, restored)| *restored || word.is_some_and(|word| plain(original) == word))
        .map(|(id, _, _)| (format!("{RESTORE_FIELD_PREFIX}{id}"), "1".to_owned()))
        .collect()
}

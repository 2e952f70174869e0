//! Files of a report on the way: taken in, kept as they are, or taken away.

use crate::channels::whatsapp::conversation::questions::{gathers, touch};
use crate::channels::whatsapp::conversation::state::Reporting;
use crate::channels::whatsapp::conversation::turn::Turn;
use crate::channels::whatsapp::inbound::notification::Media;
use crate::channels::whatsapp::outbound::message::{Saying, Touch};
use crate::dialogue::draft::Draft;
use crate::dialogue::engine;
use crate::dialogue::view::Input;
use crate::service::Result;
use crate::vault::attachment::Described;

impl Turn<'_> {
    /// A file that came: fetched, cleaned, told about.
    pub(crate) async fn take_file(
        &mut self,
        reporting: &mut Reporting,
        draft: &mut Draft,
        media: &Media,
        files: &mut Vec<Described>,
    ) -> Result<()> {
        let Some(token) = reporting.token() else { return Ok(()) };
        let (file, act) = match self.fetch(media, &token, files).await? {
            Ok(arrived) => arrived,
            Err(refusal) => {
                self.ask_next(reporting, draft, &refusal);
                return Ok(());
            }
        };
        self.acts.push(act);
        let about = self.about_file(&file);
        let touches = file.is_undecided().then(|| self.decision(&file));
        files.push(file);
        attach(self, draft, files);
        // What is written below a picture is part of the story while that is told.
        let screen = engine::screen(&self.ear.app.profile, draft);
        if let (Input::Text { max_chars, .. }, Some(caption)) = (&screen.prompt.input, &media.caption)
            && gathers(*max_chars)
            && !caption.trim().is_empty()
        {
            reporting.gathered.push(caption.clone());
        }
        match touches {
            Some(touches) => self.ask(Saying::all(&about, touches, "")),
            None if matches!(screen.prompt.input, Input::Text { max_chars, .. } if gathers(max_chars)) => {
                let body = format!("{about}\n\n{}", self.t.get("wa-gathering"));
                let done = Touch::new(format!("{}/{}", touch::DONE, screen.prompt.step), self.t.get("wa-done"));
                self.ask(Saying::all(&body, vec![done], ""));
            }
            None => self.ask_screen(reporting, &screen, &about),
        }
        Ok(())
    }

    /// "Send it as it is", or take it away.
    pub(crate) fn decide_file(
        &mut self,
        reporting: &mut Reporting,
        draft: &mut Draft,
        id: &str,
        files: &mut Vec<Described>,
    ) {
        let (Some(token), Some((verb, id))) = (reporting.token(), id.split_once('/')) else {
            return;
        };
        let keep = verb == touch::KEEP;
        if let Some(at) = files.iter().position(|file| file.id.to_string() == id) {
            let file = files.remove(at);
            if keep && !file.is_undecided() {
                files.push(file);
            } else {
                self.acts.push(self.ear.app.decide_file(&file, &token, keep));
                if keep {
                    files.push(file.unchanged());
                }
            }
        }
        attach(self, draft, files);
        self.ask_next(reporting, draft, "");
    }
}

/// The draft knows the files that wait.
pub(crate) fn attach(turn: &Turn<'_>, draft: &mut Draft, files: &[Described]) {
    engine::attach(
        &turn.ear.app.profile,
        draft,
        files.iter().map(Described::duplicate).collect(),
    );
}

/// Whether a touch decides about a file.
pub(crate) fn is_about_a_file(id: &str) -> bool {
    id.split_once('/')
        .is_some_and(|(verb, _)| verb == touch::KEEP || verb == touch::DROP)
}

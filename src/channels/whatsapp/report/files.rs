//! Files of a report on the way: taken in, kept as they are, or taken away.

use super::super::asking::{gathers, touch};
use super::super::hear::Turn;
use super::super::notification::Media;
use super::super::saying::{Saying, Touch};
use super::super::talk::Reporting;
use crate::dialogue::{self, Draft, Input};
use crate::service::Result;
use crate::vault::attachment::DescribedAttachment;

impl Turn<'_> {
    /// A file that came: fetched, cleaned, told about.
    pub(super) async fn take_file(
        &mut self,
        reporting: &mut Reporting,
        draft: &mut Draft,
        media: &Media,
        files: &mut Vec<DescribedAttachment>,
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
        let screen = dialogue::build_screen(&self.ear.app.profile(), draft);
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
    pub(super) fn decide_file(
        &mut self,
        reporting: &mut Reporting,
        draft: &mut Draft,
        id: &str,
        files: &mut Vec<DescribedAttachment>,
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
                self.acts.push(self.ear.app.conversations.deciding(&file, &token, keep));
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
pub(super) fn attach(turn: &Turn<'_>, draft: &mut Draft, files: &[DescribedAttachment]) {
    dialogue::set_files(
        &turn.ear.app.profile(),
        draft,
        files.iter().map(DescribedAttachment::duplicate).collect(),
    );
}

/// Whether a touch decides about a file.
pub(super) fn is_about_a_file(id: &str) -> bool {
    id.split_once('/')
        .is_some_and(|(verb, _)| verb == touch::KEEP || verb == touch::DROP)
}

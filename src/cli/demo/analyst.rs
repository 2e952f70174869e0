//! Analysts of the demo: they open and seal with real keys, as the browser would.

use crate::cli::demo::error::DemoError;
use crate::cli::demo::staff_client::StaffClient;
use crate::domain::facets::RecordKind;
use crate::domain::ids::{CaseId, LetterId, ValidationId};
use crate::domain::state::State;
use crate::service::App;
use crate::service::casework::recusal::Stated;
use crate::service::casework::validation::AskedValidation;
use crate::vault::content::{Message, Note, Reason, RecusalReason, ValidationRequest};
use crate::vault::letter::LetterKind;
use crate::vault::payload::Payload as _;
use crate::vault::recusal::{self, RecusalPayload};
use crate::vault::validation::{self, ValidationPayload};

/// One action of an analyst.
pub(super) enum AnalystAction {
    Message(&'static str),
    Note(&'static str),
    State(State, &'static str),
    AskValidation(&'static str),
    /// Recuses themselves: a code of the reason, and a text.
    Recuse(&'static str, &'static str),
}

impl StaffClient {
    pub(super) async fn perform_analyst_action(
        &self,
        app: &App,
        case: CaseId,
        action: &AnalystAction,
    ) -> Result<(), DemoError> {
        let opened = app.casework.open_case(self.member_ref(), case).await?;
        let area = &self.areas()[&opened.case.area];
        match action {
            AnalystAction::Message(text) => {
                let content = Message::new((*text).to_owned());
                let sealed = self.seal(app, case, area, &opened.shared, RecordKind::Message, &content)?;
                app.casework.write_message(self.member_ref(), case, sealed).await?;
            }
            AnalystAction::Note(text) => {
                let content = Note::new((*text).to_owned());
                let sealed = self.seal(app, case, area, &opened.staff, RecordKind::Note, &content)?;
                app.casework.write_note(self.member_ref(), case, sealed).await?;
            }
            AnalystAction::State(to, why) => {
                let from = opened.case.state;
                let content = Reason::new(from.to_string(), to.to_string(), (*why).to_owned());
                let sealed = self.seal(app, case, area, &opened.staff, RecordKind::Reason, &content)?;
                app.casework
                    .change_state(self.member_ref(), case, (from, *to), sealed)
                    .await?;
            }
            AnalystAction::AskValidation(text) => {
                let letter = LetterId::random(&mut app.randomness.generator());
                let roster = app.rosters.current()?;
                let desk = roster.area(roster.desk()).ok_or("no desk")?;
                let content = ValidationRequest::new((*text).to_owned());
                let kind = LetterKind::ValidationRequest;
                let file = self.letters(app, case, (letter, kind), &content, &[desk]).remove(0);
                let payload = ValidationPayload {
                    instance: app.instance,
                    case,
                    request: ValidationId::try_from(letter.as_uuid())?,
                    member: self.id(),
                    roster: roster.hash(),
                    time: app.now(),
                    expires: app.now() + validation::MAX_VALID_SECONDS,
                };
                let payload = payload.to_bytes();
                let asked = AskedValidation {
                    signature: ValidationPayload::sign(app.instance, &payload, self.signing()),
                    payload,
                    letter: file,
                };
                app.casework.request_validation(self.member_ref(), case, asked).await?;
            }
            AnalystAction::Recuse(class, text) => {
                let letter = LetterId::random(&mut app.randomness.generator());
                let content = RecusalReason::new((*class).to_owned(), (*text).to_owned());
                let to = [&area.recipient()];
                let file = self
                    .letters(app, case, (letter, LetterKind::Recusal), &content, &to)
                    .remove(0);
                let payload = RecusalPayload {
                    instance: app.instance,
                    case,
                    member: self.id(),
                    letter,
                    time: app.now(),
                };
                let payload = payload.to_bytes();
                let stated = Stated {
                    signature: recusal::sign(app.instance, &payload, self.signing()),
                    payload,
                    letter: file,
                };
                app.casework.recuse(self.member_ref(), case, stated).await?;
            }
        }
        Ok(())
    }
}

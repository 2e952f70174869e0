//! Analysts of the demo: they open and seal with real keys, as the browser would.

use crate::cli::demo::error::DemoError;
use crate::cli::demo::staff_client::StaffClient;
use crate::domain::facets::RecordKind;
use crate::domain::ids::{CaseId, LetterId};
use crate::domain::state::State;
use crate::service::App;
use crate::service::audit::signed_acts::SignedBytes;
use crate::service::casework::recusal::Stated;
use crate::vault::case_state::CaseStatePayload;
use crate::vault::content::{Message, Note, Reason, RecusalReason, ValidationRequest};
use crate::vault::letter::LetterKind;
use crate::vault::payload::Payload;
use crate::vault::recusal::RecusalPayload;

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
                let signed = self.sign(&CaseStatePayload {
                    instance: app.instance,
                    case,
                    previous: opened.newest_act,
                    member: self.id(),
                    from,
                    to: *to,
                    record: sealed.id,
                    time: app.now(),
                });
                app.casework
                    .change_state(self.member_ref(), case, signed, sealed)
                    .await?;
            }
            AnalystAction::AskValidation(text) => {
                let letter = LetterId::random(&mut app.randomness().generator());
                let roster = app.rosters.current()?;
                let desk = roster.area(roster.desk()).ok_or("no desk")?;
                let content = ValidationRequest::new((*text).to_owned());
                let kind = LetterKind::ValidationRequest;
                let file = self.letters(app, case, (letter, kind), &content, &[desk]).remove(0);
                app.casework
                    .request_validation(self.member_ref(), case, letter, file)
                    .await?;
            }
            AnalystAction::Recuse(class, text) => {
                let letter = LetterId::random(&mut app.randomness().generator());
                let content = RecusalReason::new((*class).to_owned(), (*text).to_owned());
                let to = [&area.recipient()];
                let file = self
                    .letters(app, case, (letter, LetterKind::Recusal), &content, &to)
                    .remove(0);
                let signed = self.sign(&RecusalPayload {
                    instance: app.instance,
                    case,
                    previous: opened.newest_act,
                    member: self.id(),
                    letter,
                    time: app.now(),
                });
                let stated = Stated { signed, letter: file };
                app.casework.recuse(self.member_ref(), case, stated).await?;
            }
        }
        Ok(())
    }

    /// Signs an act.
    pub(super) fn sign<P: Payload>(&self, act: &P) -> SignedBytes {
        let payload = act.to_bytes();
        SignedBytes {
            signature: P::sign(act.instance(), &payload, self.signing()),
            payload,
        }
    }
}

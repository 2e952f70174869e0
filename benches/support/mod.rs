//! A complete, visibly synthetic report, by the same questions as in the chat.

use sigilo::dialogue::{self, Draft, Profile};

pub(crate) mod answers;

/// Answers all open questions of a draft.
pub(crate) fn complete(profile: &Profile, draft: &mut Draft) {
    while !dialogue::is_complete(profile, draft) {
        let step = dialogue::build_screen(profile, draft).prompt.step;
        dialogue::answer(profile, draft, &step, &answers::form(&step))
            .unwrap_or_else(|error| panic!("{step}: {error:?}"));
    }
}

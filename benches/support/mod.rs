//! A complete report for the figures, by the same questions as in the chat; visibly synthetic.

use sigilo::dialogue::{self, Draft, Profile};

pub(crate) mod answers;

/// Answers every question that a draft still asks.
pub(crate) fn complete(profile: &Profile, draft: &mut Draft) {
    while !dialogue::is_complete(profile, draft) {
        let step = dialogue::build_screen(profile, draft).prompt.step;
        dialogue::answer(profile, draft, &step, &answers::form(&step))
            .unwrap_or_else(|error| panic!("{step}: {error:?}"));
    }
}

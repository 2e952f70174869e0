//! A complete, visibly synthetic report, by the same questions as in the chat.

use sigilo::dialogue::draft::Draft;
use sigilo::dialogue::engine;
use sigilo::dialogue::profile::Profile;

pub(crate) mod answers;

/// Answers all open questions of a draft.
pub(crate) fn complete(profile: &Profile, draft: &mut Draft) {
    while !engine::is_complete(profile, draft) {
        let step = engine::screen(profile, draft).prompt.step;
        engine::answer(profile, draft, &step, &answers::form(&step))
            .unwrap_or_else(|error| panic!("{step}: {error:?}"));
    }
}

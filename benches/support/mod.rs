//! A complete report for the figures, by the same questions as in the chat; visibly synthetic.

use sigilo::dialogue::draft::Draft;
use sigilo::dialogue::engine;
use sigilo::dialogue::profile::Profile;

pub(crate) mod answers;

/// Answers every question that a draft still asks.
pub(crate) fn complete(profile: &Profile, draft: &mut Draft) {
    while !engine::is_complete(profile, draft) {
        let step = engine::screen(profile, draft).prompt.step;
        engine::answer(profile, draft, &step, &answers::form(&step))
            .unwrap_or_else(|error| panic!("{step}: {error:?}"));
    }
}

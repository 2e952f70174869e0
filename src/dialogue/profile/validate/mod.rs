//! Checks a profile: every id that is referred to exists, and every text is there in every language.
//! Each problem names its place in the file and the next step, for the person who edits it.

mod officers;
mod problems;
mod questions;
mod tables;
mod texts;

use super::types::Profile;
use problems::Problems;

/// All mistakes, a sentence each.
pub(super) fn find_problems(profile: &Profile) -> Vec<String> {
    let mut problems = Problems::default();
    tables::check(profile, &mut problems);
    questions::check(profile, &mut problems);
    officers::check(profile, &mut problems);
    texts::check(profile, &mut problems);
    problems.into_sentences()
}

#[cfg(test)]
mod tests;

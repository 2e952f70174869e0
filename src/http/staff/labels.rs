//! Words for codes on the staff's pages: the profile's labels, keys of texts, times and deadlines.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::dialogue::Profile;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::desk::Outcome;
use crate::domain::facets::{Channel, Kind, Verdict};
use crate::domain::role::Role;
use crate::i18n::Texts;

/// Writes a moment in the institution's time zone: `2026-11-24 10:15:07`.
pub(crate) fn time(zone: &TimeZone, seconds: UnixSeconds) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| seconds.to_string(),
        |at| {
            at.to_zoned_datetime(zone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

/// Writes the distance of a deadline in words. The last day is still in time.
pub(crate) fn due_in_words(t: &Texts, due: Day, today: Day) -> String {
    let left = due.0.saturating_sub(today.0);
    let key = if left < 0 { "due-ago" } else { "due-in" };
    t.with(key, &[("days", left.unsigned_abs().into())])
}

/// Returns the profile's name of a kind; a code that it no longer has stands for itself.
pub(crate) fn kind_label(profile: &Profile, kind: Kind, language: &str) -> String {
    let known = profile.kind(kind.as_str());
    known.map_or_else(|| kind.to_string(), |known| known.label.get(language).into())
}

/// Returns the profile's name of a category; a code that it no longer has stands for itself.
pub(crate) fn category_label(profile: &Profile, code: &str, language: &str) -> String {
    let known = profile.category(code);
    known.map_or_else(|| code.to_owned(), |known| known.label.get(language).into())
}

/// Returns the profile's name of an area; a code that it no longer has stands for itself.
pub(crate) fn area_label(profile: &Profile, code: &str, language: &str) -> String {
    let known = profile.area(code);
    known.map_or_else(|| code.to_owned(), |known| known.name.get(language).into())
}

/// Returns the key of a channel's name.
pub(crate) const fn channel_key(channel: Channel) -> &'static str {
    match channel {
        Channel::Web => "channel-web",
        Channel::Whatsapp => "channel-whatsapp",
        Channel::Desk => "channel-desk",
    }
}

/// Returns the key of a role's name.
pub(crate) const fn role_key(role: Role) -> &'static str {
    match role {
        Role::Analyst => "role-analyst",
        Role::Officer => "role-officer",
        Role::Auditor => "role-auditor",
        Role::Administrator => "role-administrator",
        Role::Clerk => "role-clerk",
    }
}

/// Returns the key of the outcome of an officer's check.
pub(crate) const fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Matches => "check-matches",
        Outcome::Differs => "check-differs",
        Outcome::Unknown => "check-unknown",
        Outcome::Reached => "check-reached",
        Outcome::NoAnswer => "check-no-answer",
        Outcome::WrongNumber => "check-wrong-number",
        Outcome::Refuses => "check-refuses",
    }
}

/// Returns the key of a verdict, as staff say it.
pub(crate) const fn verdict_key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "verdict-valid",
        Verdict::Mismatch => "verdict-mismatch",
        Verdict::Unreachable => "verdict-unreachable",
    }
}

//! The part of a case's page about recusals: members who work on it no more, and the form to recuse oneself.

use std::collections::HashMap;

use crate::domain::ids::{CaseId, StaffId};
use crate::http::site::Site;
use crate::http::staff::labels;
use crate::service::people::sessions::Member;
use crate::store::recusal::Recusal;
use crate::vault::base64;
use crate::vault::envelope::Author;
use crate::vault::letter::LetterKind;

/// One recusal.
pub struct RecusalRow {
    /// The member's name.
    pub by: String,
    /// Day and time: acts of staff are kept to the second.
    pub at: String,
    /// The reason; none for members of other areas.
    pub letter: Option<ReasonLetter>,
}

/// The attributes of a `<sealed-letter>`.
pub struct ReasonLetter {
    pub id: String,
    pub kind: &'static str,
    pub author: String,
    /// The age file, base64.
    pub file: String,
}

/// The part of the page.
pub struct Recusals {
    pub case: String,
    /// The area to whose members a reason is sealed.
    pub area: String,
    /// Oldest first.
    pub rows: Vec<RecusalRow>,
    /// Codes of the reasons and the keys of their texts.
    pub classes: [(&'static str, &'static str); 3],
}

/// The reasons that a member can give; they are sealed.
const CLASSES: [(&str, &str); 3] = [
    ("knows", "recusal-knows"),
    ("named", "recusal-named"),
    ("other", "recusal-other"),
];

impl Recusals {
    /// Makes the part. A reason would be sealed to the members of `area`.
    pub(super) fn of(
        site: &Site,
        member: &Member,
        case: CaseId,
        area: &str,
        recusals: &[Recusal],
        names: &HashMap<StaffId, String>,
    ) -> Self {
        let row = |recusal: &Recusal| RecusalRow {
            by: names
                .get(&recusal.staff_id)
                .cloned()
                .unwrap_or_else(|| recusal.staff_id.to_string()),
            at: labels::time(&site.app.zone(), recusal.at),
            letter: member.areas.contains(&recusal.area).then(|| ReasonLetter {
                id: recusal.id.to_string(),
                kind: LetterKind::Recusal.as_str(),
                author: Author::Staff(recusal.staff_id).to_string(),
                file: base64::encode(&recusal.letter),
            }),
        };
        Self {
            case: case.to_string(),
            area: area.to_owned(),
            rows: recusals.iter().map(row).collect(),
            classes: CLASSES,
        }
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        Self {
            case: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            area: "denuncias".into(),
            rows: vec![RecusalRow {
                by: "Otra Persona".into(),
                at: "2026-11-24 10:00:00".into(),
                letter: None,
            }],
            classes: CLASSES,
        }
    }
}

//! The part of a case's page that tells who works on it no more, and lets a member say so of themselves.

use std::collections::HashMap;

use crate::domain::ids::{CaseId, StaffId};
use crate::http::site::Site;
use crate::service::people::sessions::Member;
use crate::store::recusal::Recusal;
use crate::vault::base64;
use crate::vault::envelope::Author;
use crate::vault::letter::LetterKind;

/// One recusal.
pub struct Row {
    /// For people.
    pub by: String,
    /// The day and its time: what staff does is kept to the second.
    pub at: String,
    /// Why; none for members of other areas.
    pub letter: Option<Letter>,
}

/// The attributes of a `<sealed-letter>`.
pub struct Letter {
    pub id: String,
    pub kind: &'static str,
    pub author: String,
    /// The age file, base64.
    pub file: String,
}

/// The whole part.
pub struct Recusals {
    pub case: String,
    /// To whose members a reason is sealed.
    pub area: String,
    /// Oldest first.
    pub rows: Vec<Row>,
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
    /// `area` is the one to whose members this member would say why.
    pub(super) fn of(
        site: &Site,
        member: &Member,
        case: CaseId,
        area: &str,
        recusals: &[Recusal],
        names: &HashMap<StaffId, String>,
    ) -> Self {
        let row = |recusal: &Recusal| Row {
            by: names
                .get(&recusal.staff_id)
                .cloned()
                .unwrap_or_else(|| recusal.staff_id.to_string()),
            at: super::time(&site.app.zone(), recusal.at),
            letter: member.areas.contains(&recusal.area).then(|| Letter {
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
            rows: vec![Row {
                by: "Otra Persona".into(),
                at: "2026-11-24 10:00:00".into(),
                letter: None,
            }],
            classes: CLASSES,
        }
    }
}

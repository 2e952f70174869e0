//! Findings about the health of an installation. A finding names its text by a key of `locales/*/health.ftl`. It
//! contains no secret, no address, and nothing of a case except its number.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt as _;

use crate::config::DiskReserve;
use crate::i18n::Texts;
use crate::service::operations::disks::{Growing, Room};
use crate::store::blobs::{BlobError, free_bytes};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Well,
    /// Something that the operator should think about.
    Think,
    /// Something does not work, or soon will not work.
    Bad,
}

/// An argument of a finding's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    Number(i64),
    Text(String),
    /// Codes of areas, which are shown by name.
    Areas(Vec<String>),
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub level: Level,
    /// Key of the checked thing's name.
    pub topic: &'static str,
    /// Key of the text that tells the result and the remedy.
    key: &'static str,
    said: Vec<(&'static str, Argument)>,
}

impl Finding {
    const fn new(level: Level, topic: &'static str, key: &'static str) -> Self {
        Self {
            level,
            topic,
            key,
            said: Vec::new(),
        }
    }

    #[must_use]
    pub const fn well(topic: &'static str, key: &'static str) -> Self {
        Self::new(Level::Well, topic, key)
    }

    #[must_use]
    pub const fn think(topic: &'static str, key: &'static str) -> Self {
        Self::new(Level::Think, topic, key)
    }

    #[must_use]
    pub const fn bad(topic: &'static str, key: &'static str) -> Self {
        Self::new(Level::Bad, topic, key)
    }

    fn with(mut self, name: &'static str, said: Argument) -> Self {
        self.said.push((name, said));
        self
    }

    #[must_use]
    pub fn number(self, name: &'static str, number: impl TryInto<i64>) -> Self {
        self.with(name, Argument::Number(number.try_into().unwrap_or(i64::MAX)))
    }

    #[must_use]
    pub fn text(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Argument::Text(text.into()))
    }

    pub(super) fn areas(self, areas: Vec<String>) -> Self {
        self.with("areas", Argument::Areas(areas))
    }

    /// Returns the finding that a channel is on or off.
    #[must_use]
    pub const fn whatsapp(is_on: bool) -> Self {
        Self::well("health-whatsapp", if is_on { "health-on" } else { "health-off" })
    }

    /// Returns the result in words. `area` names an area.
    #[must_use]
    pub fn words(&self, t: &Texts, area: impl Fn(&str) -> String) -> String {
        let args: Vec<_> = (self.said.iter())
            .map(|(name, said)| {
                let value = match said {
                    Argument::Number(number) => (*number).into(),
                    Argument::Text(text) => text.clone().into(),
                    Argument::Areas(ids) => ids.iter().map(|id| area(id)).collect::<Vec<_>>().join(", ").into(),
                };
                (*name, value)
            })
            .collect();
        t.with(self.key, &args)
    }
}

fn disk_topic(whose: &str) -> &'static str {
    match whose {
        "database" => "health-disk-database",
        "files" => "health-disk-files",
        _ => "health-disk-witness",
    }
}

/// Returns findings about the free space of the disks on which data grows. Two folders on one disk give one finding.
#[must_use]
pub fn disks(folders: &[Growing], reserve: DiskReserve) -> Vec<Finding> {
    let mut seen_devices = HashSet::new();
    let mut findings = Vec::new();
    for (whose, folder) in folders {
        match (free_bytes(folder), folder.metadata().map(|about| about.dev())) {
            (Some(bytes), Ok(device)) => {
                if seen_devices.insert(device) {
                    findings.push(disk(whose, bytes, reserve));
                }
            }
            _ => findings.push(Finding::think(disk_topic(whose), "health-disk-hidden")),
        }
    }
    findings
}

fn disk(whose: &str, bytes: u64, reserve: DiskReserve) -> Finding {
    let (level, key) = match reserve.room_in(bytes) {
        Room::Nothing => (Level::Bad, "health-disk-full"),
        Room::Reports => (Level::Think, "health-disk-little"),
        Room::Everything => (Level::Well, "health-disk-room"),
    };
    Finding::new(level, disk_topic(whose), key).number("megabytes", bytes / 1_000_000)
}

/// Returns the finding about the store of sealed files, from its answer. None means no answer in time. The store's own
/// words are left out because they name addresses.
#[must_use]
pub fn files(answer: Option<Result<(), BlobError>>, is_bucket: bool) -> Finding {
    use object_store::Error::{PermissionDenied, Unauthenticated};
    const TOPIC: &str = "health-files";
    let bad = |key| Finding::bad(TOPIC, key);
    match answer {
        Some(Ok(())) if is_bucket => Finding::well(TOPIC, "health-files-bucket"),
        Some(Ok(())) => Finding::well(TOPIC, "health-files-folder"),
        None => bad("health-files-silent"),
        Some(Err(error)) if is_bucket => match error {
            BlobError::Missing => bad("health-files-no-bucket"),
            BlobError::Store(PermissionDenied { .. } | Unauthenticated { .. }) => bad("health-files-refused"),
            BlobError::TimedOut | BlobError::Store(_) | BlobError::Full | BlobError::Folder { .. } => {
                bad("health-files-wrong")
            }
        },
        Some(Err(BlobError::Full)) => bad("health-files-full"),
        Some(Err(BlobError::Folder { path, source })) => bad("health-files-closed")
            .text("folder", path.display().to_string())
            .text("reason", source.to_string()),
        Some(Err(_)) => bad("health-files-gone"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::DiskConfig;

    #[test]
    fn disks_are_told_by_what_they_mean() {
        let reserve = DiskReserve::from(DiskConfig::default());
        for (bytes, level) in [
            (reserve.files, Level::Well),
            (reserve.files - 1, Level::Think),
            (reserve.reports - 1, Level::Bad),
        ] {
            assert_eq!(disk("files", bytes, reserve).level, level, "{bytes}");
        }
        let found = disks(
            &[
                ("database", PathBuf::from(".")),
                ("files", PathBuf::from(".")),
                ("witness", PathBuf::from("/not/there")),
            ],
            reserve,
        );
        assert_eq!(found.len(), 2, "one disk is told once");
        assert_eq!(found[1].level, Level::Think);
    }
}

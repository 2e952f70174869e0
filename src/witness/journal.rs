//! The witness's append-only journal (`docs/PROTOCOL.md`, section 11): chained JSON lines, synced one by one.
//! It knows the format of a line, not the rules for what a line may say.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit::entry::Base64;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, StaffId};
use crate::vault::hash::Hash32;
use crate::vault::signing::VerifyKey;
use crate::vault::unseal::Answers;
use crate::witness::detail::OfficerSignature;
use crate::witness::order::SealedPurpose;

/// Content of a journal line, by kind.
#[derive(Debug, Clone)]
pub enum Event {
    /// The witness was set up. Always the first line, and only there.
    Init(Box<Init>),
    /// An order passed the checks; the half is opened next.
    Unseal(Box<Unseal>),
    /// A manifest got a tombstone.
    Erasure(Erasure),
    /// A roster was accepted.
    Roster(Roster),
    /// A restore of the log was accepted.
    Restored(Restored),
}

/// The first line: the parties to which the witness is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Init {
    /// The installation.
    pub instance: InstanceId,
    /// The authority's verify key.
    pub authority: VerifyKey,
    /// The log's verify key.
    pub log: VerifyKey,
    /// The witness's own verify key.
    pub witness: VerifyKey,
}

/// An unseal; written and synced before the half is opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unseal {
    /// The case whose identity is opened.
    pub case: CaseId,
    /// Hash of the manifest of the opened version.
    pub manifest: Hash32,
    /// The request's stored bytes.
    pub request: Base64,
    /// The officers' signatures over the request.
    pub signatures: Vec<OfficerSignature>,
    /// Leaf hash of the `unseal.requested` entry.
    pub leaf: Hash32,
    /// Index of that entry in the log, from 0.
    pub index: u64,
    /// Its inclusion proof in the tree of `checkpoint`.
    pub proof: Vec<Hash32>,
    /// A checkpoint, a note signed by the log.
    pub checkpoint: Base64,
    /// Hash over entry, manifest, letter and half, so that only the same order is answered again.
    pub order: Hash32,
    /// The request of somebody else that was answered.
    pub answers: Option<Answers>,
    /// The officers who signed, each once.
    pub officers: Vec<StaffId>,
    /// Class of the purpose.
    pub class: String,
    /// The purpose, sealed to each auditor.
    pub purposes: Vec<SealedPurpose>,
}

/// A tombstone: the manifest is refused for ever.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Hash of the manifest.
    pub manifest: Hash32,
    /// The case whose identity it was.
    pub case: CaseId,
    /// The reason for it.
    pub by: ErasedBy,
    /// Leaf hash of the entry with the officer's decision, or with the case's closing.
    pub leaf: Hash32,
}

/// The reason for a tombstone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErasedBy {
    /// The reporter's request, on which an officer decided.
    Request,
    /// The end of the retention.
    Expiry,
}

/// A roster that was accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// The roster's version, from 1.
    pub version: u64,
    /// The roster's hash.
    pub hash: Hash32,
    /// The note, signed by the authority.
    pub note: Base64,
}

/// A restore that was accepted: the log goes on from less than was seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// The authority's signed statement ([`crate::audit::restore::RestoreStatement`]).
    pub note: Base64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EventKind {
    Init,
    Unseal,
    Erasure,
    Roster,
    Restored,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    seq: u64,
    previous: Option<Hash32>,
    kind: EventKind,
    time: UnixSeconds,
    body: Value,
}

/// A line that was read.
#[derive(Debug, Clone)]
pub struct Line {
    /// Number of the line, from 0.
    pub seq: u64,
    /// The witness's clock when it was written, in seconds since 1970.
    pub time: UnixSeconds,
    /// Its content.
    pub event: Event,
    /// SHA-256 of the line, without its line feed.
    pub hash: Hash32,
}

/// The first bad line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line} of the witness's journal {what}")]
pub struct BadLine {
    /// Number of the line, from 0.
    pub line: u64,
    /// The fault, as a predicate of the line.
    pub what: &'static str,
}

/// Reads all lines (without line feeds), and checks their chain.
///
/// # Errors
/// [`BadLine`]
pub fn read<S: AsRef<str>>(lines: &[S]) -> Result<Vec<Line>, BadLine> {
    let mut all: Vec<Line> = Vec::with_capacity(lines.len());
    for (seq, text) in (0..).zip(lines) {
        let bad = |what| BadLine { line: seq, what };
        let json: Json = serde_json::from_str(text.as_ref()).map_err(|_| bad("is not a line of a journal"))?;
        if json.seq != seq || json.previous != all.last().map(|line| line.hash) {
            return Err(bad("does not follow the line before"));
        }
        let event = match json.kind {
            EventKind::Init => serde_json::from_value(json.body).map(|body| Event::Init(Box::new(body))),
            EventKind::Unseal => serde_json::from_value(json.body).map(|body| Event::Unseal(Box::new(body))),
            EventKind::Erasure => serde_json::from_value(json.body).map(Event::Erasure),
            EventKind::Roster => serde_json::from_value(json.body).map(Event::Roster),
            EventKind::Restored => serde_json::from_value(json.body).map(Event::Restored),
        }
        .map_err(|_| bad("has another shape than its kind"))?;
        if matches!(event, Event::Init(_)) != (seq == 0) {
            return Err(bad("does not stand where its kind may stand"));
        }
        all.push(Line {
            seq,
            time: json.time,
            event,
            hash: Hash32::of_bytes(text.as_ref().as_bytes()),
        });
    }
    Ok(all)
}

/// Returns log index and leaf hash of all unseals, in order, for comparison with the log.
#[must_use]
pub fn unseal_leaves(lines: &[Line]) -> Vec<(u64, Hash32)> {
    let unseal = |line: &Line| match &line.event {
        Event::Unseal(unseal) => Some((unseal.index, unseal.leaf)),
        _ => None,
    };
    lines.iter().filter_map(unseal).collect()
}

/// The file, open for appending and locked against a second witness.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    /// Length of the whole lines on the disk, in bytes.
    length: u64,
    /// Number of lines, and the hash of the last.
    pub(super) head: (u64, Option<Hash32>),
    /// True after half a line may have stayed on the disk: nothing more is written.
    broken: bool,
}

/// Reason why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("another witness uses it")]
    Locked,
    #[error(transparent)]
    BadLine(#[from] BadLine),
}

impl Journal {
    /// Creates an empty file; an existing one is an error.
    pub(super) fn create(path: &Path) -> Result<Self, OpenError> {
        let mut options = OpenOptions::new();
        options.create_new(true);
        Ok(Self::from_file(path, &mut options)?.0)
    }

    /// Opens an existing file and reads its lines.
    ///
    /// A last line without its line feed was never synced, so nothing followed from it: it is cut off.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Line>), OpenError> {
        Self::from_file(path, &mut OpenOptions::new())
    }

    fn from_file(path: &Path, options: &mut OpenOptions) -> Result<(Self, Vec<Line>), OpenError> {
        use std::os::unix::fs::OpenOptionsExt as _;

        let mut file = options.read(true).append(true).mode(0o600).open(path)?;
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => OpenError::Locked,
            std::fs::TryLockError::Error(error) => error.into(),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let text = std::str::from_utf8(&bytes[..whole]).map_err(|_| BadLine {
            line: 0,
            what: "or a later one is not UTF-8",
        })?;
        let lines = read(&text.lines().collect::<Vec<_>>())?;
        let length = u64::try_from(whole).expect("a usize fits");
        if whole < bytes.len() {
            file.set_len(length)?;
            file.sync_all()?;
        }
        let head = (
            u64::try_from(lines.len()).expect("a usize fits"),
            lines.last().map(|line| line.hash),
        );
        let journal = Self {
            file,
            length,
            head,
            broken: false,
        };
        Ok((journal, lines))
    }

    /// Appends a line. When this returns, it is on the disk.
    pub(super) fn append(&mut self, time: UnixSeconds, event: &Event) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        let (kind, body) = match event {
            Event::Init(body) => (EventKind::Init, serde_json::to_value(body)?),
            Event::Unseal(body) => (EventKind::Unseal, serde_json::to_value(body)?),
            Event::Erasure(body) => (EventKind::Erasure, serde_json::to_value(body)?),
            Event::Roster(body) => (EventKind::Roster, serde_json::to_value(body)?),
            Event::Restored(body) => (EventKind::Restored, serde_json::to_value(body)?),
        };
        let (seq, previous) = self.head;
        let mut line = serde_json::to_string(&Json {
            seq,
            previous,
            kind,
            time,
            body,
        })?;
        let hash = Hash32::of_bytes(line.as_bytes());
        line.push('\n');
        let written = (self.file.write_all(line.as_bytes())).and_then(|()| self.file.sync_all());
        if let Err(error) = written {
            // Half a line must not stay in the middle of the file.
            let undone = self.file.set_len(self.length).and_then(|()| self.file.sync_all());
            self.broken = undone.is_err();
            return Err(error);
        }
        self.length += u64::try_from(line.len()).expect("a usize fits");
        self.head = (seq + 1, Some(hash));
        Ok(())
    }
}

/// Reads the lines of a journal's file as text.
pub(super) fn read_lines(path: &Path) -> io::Result<Vec<String>> {
    let text = std::fs::read_to_string(path)?;
    Ok(text.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasure(byte: u8) -> Event {
        Event::Erasure(Erasure {
            manifest: Hash32::of_bytes(&[byte]),
            case: "11111111-1111-4111-8111-111111111111".parse().unwrap(),
            by: ErasedBy::Request,
            leaf: Hash32::of_bytes(b"leaf"),
        })
    }

    fn init() -> Event {
        let key =
            crate::vault::signing::SigningKey::from_seed(&crate::vault::secret::Key32::from_slice(&[1; 32]).unwrap());
        Event::Init(Box::new(Init {
            instance: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap(),
            authority: key.verify_key(),
            log: key.verify_key(),
            witness: key.verify_key(),
        }))
    }

    fn written(path: &Path) -> Vec<String> {
        let mut journal = Journal::create(path).unwrap();
        journal.append(1, &init()).unwrap();
        for byte in 0..3 {
            journal.append(2, &erasure(byte)).unwrap();
        }
        read_lines(path).unwrap()
    }

    #[test]
    fn a_torn_tail_is_cut_off_and_writing_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let whole = written(&path);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 1);
        std::fs::write(&path, &bytes).unwrap();
        let (mut journal, lines) = Journal::open(&path).unwrap();
        assert_eq!(lines.len(), 3, "the line without its line feed never counted");
        journal.append(2, &erasure(2)).unwrap();
        assert_eq!(read_lines(&path).unwrap(), whole);
    }

    #[test]
    fn a_changed_missing_or_moved_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let lines = written(&dir.path().join("journal"));
        assert_eq!(read(&lines).unwrap().len(), 4);
        let bad = |change: &dyn Fn(&mut Vec<String>)| {
            let mut changed = lines.clone();
            change(&mut changed);
            read(&changed).unwrap_err().line
        };
        assert_eq!(bad(&|lines| lines[1] = lines[1].replace("\"time\":2", "\"time\":3")), 2);
        assert_eq!(bad(&|lines| lines.swap(1, 2)), 1);
        assert_eq!(bad(&|lines| drop(lines.remove(0))), 0);
        assert_eq!(bad(&|lines| drop(lines.remove(2))), 2);
        assert_eq!(bad(&|lines| lines[3] = "{".to_owned()), 3);
    }

    #[test]
    fn a_second_witness_is_locked_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let first = Journal::create(&path).unwrap();
        assert!(matches!(Journal::open(&path), Err(OpenError::Locked)));
        drop(first);
        assert!(Journal::open(&path).is_ok());
    }
}

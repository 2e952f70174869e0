//! A proof that the log holds an entry, as a file that needs nothing else (C2SP tlog-proof; `docs/PROTOCOL.md`,
//! section 17). It must not know where the keys come from that decide.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use tlog_tiles::Hash;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Base64, Entry};
use crate::audit::tree::{check_inclusion, leaf_hash};
use crate::domain::ids::InstanceId;
use crate::domain::note::{self, ED25519, Party};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// How many hashes a proof may have: those of the largest tree that there can be.
const MAX_HASHES: usize = 64;

/// A proof's parts. What `extra` says is not proven by the proof itself, but for the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub extra: Extra,
    pub index: u64,
    pub hashes: Vec<[u8; 32]>,
    /// A signed note.
    pub checkpoint: Vec<u8>,
}

/// What comes along: the entry, and the keys that its sender names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The entry's stored bytes.
    pub entry: Base64,
    pub authority: Base64,
    pub log: Base64,
    pub witness: Base64,
    /// Rosters as the authority signed them: the newest, and one that names the key of whoever signed the entry.
    pub rosters: Vec<Base64>,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("this is no proof of an entry: {0}")]
    Malformed(&'static str),
    #[error("its checkpoint is not that of a log of Sigilo")]
    Origin,
    #[error("its checkpoint does not bear the signature of the log's key")]
    NotSigned,
    #[error("its checkpoint does not bear the countersignature of the witness's key")]
    NotCosigned,
    #[error("the entry does not stand at this place in the log that the checkpoint was signed for")]
    NotIncluded,
    #[error("it does not read as an entry")]
    Unreadable,
}

/// What holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvenEntry {
    pub entry: Entry,
    /// Entries of the log that the checkpoint was signed for.
    pub size: u64,
}

impl Proof {
    /// The file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let extra = serde_json::to_vec(&self.extra).unwrap_or_default();
        let mut text = format!(
            "{FIRST}\nextra {}\nindex {}\n",
            BASE64_STANDARD.encode(extra),
            self.index
        );
        for hash in &self.hashes {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}", BASE64_STANDARD.encode(hash));
        }
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&self.checkpoint));
        text
    }

    /// Reads a file, in its one spelling.
    ///
    /// # Errors
    /// [`ProofError::Malformed`]
    pub fn read(file: &[u8]) -> Result<Self, ProofError> {
        let bad = ProofError::Malformed;
        let text = std::str::from_utf8(file).map_err(|_| bad("it is not text"))?;
        let rest = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(bad("its first line is not that of a tlog-proof"))?;
        let (head, checkpoint) = rest.split_once("\n\n").ok_or(bad("its checkpoint is missing"))?;
        let mut lines = head.split('\n');
        let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
        let extra = extra.and_then(|extra| BASE64_STANDARD.decode(extra).ok());
        let extra = extra.ok_or(bad("the line with its entry is missing"))?;
        let extra: Extra = serde_json::from_slice(&extra).map_err(|_| bad("its entry and keys do not read"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index
            .and_then(|index| index.parse().ok())
            .ok_or(bad("its index is missing"))?;
        let hashes = lines.map(|line| BASE64_STANDARD.decode(line).ok()?.try_into().ok());
        let hashes: Option<Vec<[u8; 32]>> = hashes.collect();
        let hashes = hashes.ok_or(bad("one of its hashes does not read"))?;
        if hashes.len() > MAX_HASHES {
            return Err(bad("it has too many hashes"));
        }
        let proof = Self {
            extra,
            index,
            hashes,
            checkpoint: checkpoint.as_bytes().to_vec(),
        };
        if proof.to_text() == text {
            Ok(proof)
        } else {
            Err(bad("it is spelled in another way than Sigilo does"))
        }
    }

    /// Of which installation's log it speaks: what keys sign for.
    ///
    /// # Errors
    /// [`ProofError::Origin`]
    pub fn instance(&self) -> Result<InstanceId, ProofError> {
        instance_of(&self.checkpoint).ok_or(ProofError::Origin)
    }

    /// Checks signatures and inclusion with the keys that decide.
    ///
    /// # Errors
    /// [`ProofError`], the first thing that does not hold.
    pub fn check(&self, log: &[u8; 32], witness: &[u8; 32]) -> Result<ProvenEntry, ProofError> {
        let instance = self.instance()?;
        note::verify(&self.checkpoint, ED25519, Party::Log, instance, log).map_err(|_| ProofError::NotSigned)?;
        let checkpoint = Checkpoint::read_cosigned(&self.checkpoint, instance, log, witness);
        let Checkpoint { size, root, .. } = checkpoint.map_err(|_| ProofError::NotCosigned)?;
        let leaf = leaf_hash(instance, &self.extra.entry.0);
        let hashes = self.hashes.iter().copied().map(Hash).collect();
        check_inclusion(&hashes, size, root, self.index, leaf).map_err(|_| ProofError::NotIncluded)?;
        let entry = Entry::read(&self.extra.entry.0).map_err(|_| ProofError::Unreadable)?;
        Ok(ProvenEntry { entry, size })
    }
}

/// The installation that a checkpoint's first line names; nothing of it is verified.
#[must_use]
pub fn instance_of(checkpoint: &[u8]) -> Option<InstanceId> {
    let origin = checkpoint.split(|byte| *byte == b'\n').next()?;
    let origin = std::str::from_utf8(origin).ok()?;
    let name = origin.strip_prefix("sigilo/v1/log/")?;
    // A restore that lost entries has opened another origin since.
    name.split_once('/').map_or(name, |(instance, _)| instance).parse().ok()
}

//! Proof that the log holds an entry, as a self-contained file (C2SP tlog-proof; `docs/PROTOCOL.md`, section 17).
//! The module must not know where the trusted keys come from.

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

/// First line of the file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Hashes that a proof may have at most: those of the largest possible tree.
const MAX_HASHES: usize = 64;

/// Parts of a proof. It proves the entry in `extra`, and nothing else of `extra`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The entry, and the sender's keys.
    pub extra: Extra,
    /// Index of the entry in the log, from 0.
    pub index: u64,
    /// The inclusion proof.
    pub hashes: Vec<[u8; 32]>,
    /// The checkpoint, a signed note.
    pub checkpoint: Vec<u8>,
}

/// Extra data of a proof: the entry, and the keys that its sender names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The entry's stored bytes.
    pub entry: Base64,
    /// The authority's verify key, 32 bytes.
    pub authority: Base64,
    /// The log's verify key, 32 bytes.
    pub log: Base64,
    /// The witness's verify key, 32 bytes.
    pub witness: Base64,
    /// Rosters as the authority signed them: the newest, and one that names the key of the entry's signer.
    pub rosters: Vec<Base64>,
}

/// Reason why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The file does not read; carries the reason.
    #[error("this is no proof of an entry: {0}")]
    Malformed(&'static str),
    /// The checkpoint names no log of Sigilo.
    #[error("its checkpoint is not that of a log of Sigilo")]
    Origin,
    /// The log's signature does not verify.
    #[error("its checkpoint does not bear the signature of the log's key")]
    NotSigned,
    /// The witness's signature does not verify.
    #[error("its checkpoint does not bear the countersignature of the witness's key")]
    NotCosigned,
    /// The inclusion proof does not hold.
    #[error("the entry does not stand at this place in the log that the checkpoint was signed for")]
    NotIncluded,
    /// The entry's bytes do not read.
    #[error("it does not read as an entry")]
    Unreadable,
}

/// A proven entry.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvenEntry {
    /// The entry.
    pub entry: Entry,
    /// Size of the log that the checkpoint was signed for, in entries.
    pub size: u64,
}

impl Proof {
    /// Formats the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let extra = serde_json::to_vec(&self.extra).unwrap_or_default();
        let mut text = format!(
            "{HEADER}\nextra {}\nindex {}\n",
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

    /// Reads a file, in canonical spelling only.
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

    /// Returns the installation whose log the checkpoint names. It verifies nothing.
    ///
    /// # Errors
    /// [`ProofError::Origin`]
    pub fn instance(&self) -> Result<InstanceId, ProofError> {
        instance_of(&self.checkpoint).ok_or(ProofError::Origin)
    }

    /// Checks signatures and inclusion with the trusted keys.
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

/// Returns the installation that a checkpoint's first line names. It verifies nothing.
#[must_use]
pub fn instance_of(checkpoint: &[u8]) -> Option<InstanceId> {
    let origin = checkpoint.split(|byte| *byte == b'\n').next()?;
    let origin = std::str::from_utf8(origin).ok()?;
    let name = origin.strip_prefix("sigilo/v1/log/")?;
    // After a restore that lost entries the origin has a number.
    name.split_once('/').map_or(name, |(instance, _)| instance).parse().ok()
}

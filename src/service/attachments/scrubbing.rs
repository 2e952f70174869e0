//! Cleaning of whole files in a separate process, with limits on memory and time. An attacker who breaks a parser of
//! pictures or documents finds only their own file there.
//!
//! The child reads the file from its standard input and answers one line of JSON, a [`Header`], then the cleaned bytes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};
use sigilo_media::{FileType, Removed};
use tokio::sync::OwnedSemaphorePermit;

use super::processing::PIECE_BYTES;
use super::source::Source;
use crate::vault::attachment::OpenError;

/// Bytes of address space that the child may use.
pub const CLEANER_MEMORY_BYTES: u64 = 1536 * 1024 * 1024;
/// Largest header, in bytes.
const MAX_HEADER_BYTES: u64 = 4096;

/// The child's answer before the bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The file's type, found by a closer look than the first bytes allow.
    pub kind: FileType,
    /// The removed traces. None if the file cannot be cleaned: no bytes follow then.
    pub removed: Option<Removed>,
}

/// A cleaner that has finished, and whose output is still to be read.
pub(crate) struct Cleaned {
    pub(crate) kind: FileType,
    pub(crate) removed: Removed,
    child: Running,
    output: BufReader<ChildStdout>,
    _permit: OwnedSemaphorePermit,
}

/// A child process that is killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The result of processing a file.
pub(crate) enum Answer {
    Cleaned(Cleaned),
    /// The file cannot be cleaned.
    AsItIs(FileType),
}

/// Gives a file to a cleaner and waits for its answer.
///
/// # Errors
/// [`OpenError`] when the file itself could not be read.
pub(crate) fn clean(
    program: &Path,
    kind: FileType,
    file: &mut impl Source,
    permit: OwnedSemaphorePermit,
) -> Result<Answer, OpenError> {
    let spawned = Command::new(program)
        .args(["clean", kind.as_str()])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match spawned {
        Ok(child) => Running(child),
        Err(error) => {
            tracing::error!(%error, "the cleaner does not start: files stay as they are");
            return Ok(Answer::AsItIs(kind));
        }
    };
    let (Some(mut input), Some(output)) = (child.0.stdin.take(), child.0.stdout.take()) else {
        return Ok(Answer::AsItIs(kind));
    };
    loop {
        let piece = file.next()?;
        // A child that has ended does not read on; its answer tells why.
        if piece.is_empty() || input.write_all(&piece).is_err() {
            break;
        }
    }
    drop(input);
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    let header: Option<Header> = (&mut output)
        .take(MAX_HEADER_BYTES)
        .read_until(b'\n', &mut line)
        .ok()
        .and_then(|_| serde_json::from_slice(&line).ok());
    let Some(header) = header else {
        let status = child.0.wait().map_err(OpenError::Source)?;
        tracing::warn!(%status, "a cleaner ended without an answer: the file stays as it is");
        return Ok(Answer::AsItIs(kind));
    };
    let Header { kind, removed } = header;
    let Some(removed) = removed else {
        return Ok(Answer::AsItIs(kind));
    };
    Ok(Answer::Cleaned(Cleaned {
        kind,
        removed,
        child,
        output,
        _permit: permit,
    }))
}

impl Source for Cleaned {
    fn next(&mut self) -> Result<Vec<u8>, OpenError> {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        (&mut self.output)
            .take(PIECE_BYTES as u64)
            .read_to_end(&mut piece)
            .map_err(OpenError::Source)?;
        if piece.is_empty() && !self.child.0.wait().map_err(OpenError::Source)?.success() {
            return Err(OpenError::Source(std::io::Error::other("the cleaner ended too early")));
        }
        Ok(piece)
    }
}

//! Cleaning whole files in a process of its own, with limits on memory and time: whoever attacks a parser of pictures or
//! documents finds nothing there but the file that they sent.
//!
//! The child reads the file from its standard input and answers one line of JSON, a [`Header`], then the cleaned bytes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};
use sigilo_media::{FileType, Removed};
use tokio::sync::OwnedSemaphorePermit;

use super::processing::PIECE;
use super::source::Source;
use crate::vault::attachment::OpenError;

/// Bytes of address space that the child may use.
pub const LIMIT: u64 = 1536 * 1024 * 1024;
/// The longest header.
const LONGEST_HEADER: u64 = 4096;

/// What the child says before the bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// On a closer look than the first bytes allow.
    pub kind: FileType,
    /// None: it cannot be cleaned, and no bytes follow.
    pub removed: Option<Removed>,
}

/// A cleaner that has cleaned, and whose output is still to be read.
pub(crate) struct Cleaned {
    pub(crate) kind: FileType,
    pub(crate) removed: Removed,
    child: Running,
    output: BufReader<ChildStdout>,
    _permit: OwnedSemaphorePermit,
}

/// A child that does not outlive its use.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended, nothing is left to be stopped.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What came of a file.
pub(crate) enum Answer {
    Cleaned(Cleaned),
    /// It cannot be cleaned, for whatever reason, and is what it is.
    AsItIs(FileType),
}

/// Hands a file to a cleaner and waits for its answer.
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
        // A child that has ended reads no more; why is told by its answer.
        if piece.is_empty() || input.write_all(&piece).is_err() {
            break;
        }
    }
    drop(input);
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    let header: Option<Header> = (&mut output)
        .take(LONGEST_HEADER)
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
        let mut piece = Vec::with_capacity(PIECE);
        (&mut self.output)
            .take(PIECE as u64)
            .read_to_end(&mut piece)
            .map_err(OpenError::Source)?;
        if piece.is_empty() && !self.child.0.wait().map_err(OpenError::Source)?.success() {
            return Err(OpenError::Source(std::io::Error::other("the cleaner ended too early")));
        }
        Ok(piece)
    }
}

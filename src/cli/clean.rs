//! `sigilo clean`: takes hidden data out of one file, in a process that holds nothing else and may do nothing else than
//! read its input and write its output (`service::evidence` runs it).

use std::io::{Read as _, Write as _, stdin, stdout};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use sigilo_media::{FileType, clean_whole};

use crate::service::attachments::{CLEANER_MEMORY_BYTES, Header};

/// Seconds of work.
const SECONDS: u64 = 20;

pub(crate) fn run(kind: &str) -> ExitCode {
    // Every failure here has one meaning to the service: the file stays as it is.
    match limit().and_then(|()| clean(kind.parse().ok()?)) {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}

fn clean(kind: FileType) -> Option<()> {
    let mut bytes = Vec::new();
    stdin().lock().read_to_end(&mut bytes).ok()?;
    let (header, cleaned) = match clean_whole(kind, &bytes) {
        Ok(cleaned) => (
            Header {
                kind: cleaned.kind,
                removed: Some(cleaned.removed),
            },
            cleaned.bytes,
        ),
        Err(error) => (
            Header {
                kind: error.kind,
                removed: None,
            },
            Vec::new(),
        ),
    };
    drop(bytes);
    let mut output = stdout().lock();
    serde_json::to_writer(&mut output, &header).ok()?;
    output.write_all(b"\n").ok()?;
    output.write_all(&cleaned).ok()?;
    output.flush().ok()
}

/// Limits memory and time, forbids files and further processes, and lowers the priority below that of submissions.
fn limit() -> Option<()> {
    nice(10).ok()?;
    for (resource, most) in [
        (Resource::As, CLEANER_MEMORY_BYTES),
        (Resource::Cpu, SECONDS),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
        (Resource::Nproc, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).ok()?;
    }
    Some(())
}

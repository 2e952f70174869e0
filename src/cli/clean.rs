//! `sigilo clean`: removes hidden data from one file. The process holds nothing else, and may only read its input and write
//! its output. `service::attachments` runs it.

use std::io::{Read as _, Write as _, stdin, stdout};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use sigilo_media::{FileType, clean_whole};

use crate::service::attachments::{CLEANER_MEMORY_BYTES, Header};

/// The limit on CPU time.
const MAX_CPU_SECONDS: u64 = 20;

pub(crate) fn run(kind: &str) -> ExitCode {
    // Every error means the same to the service: the file stays as it is.
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

/// Limits memory and time, and forbids files and further processes. The priority is low: submissions go first.
fn limit() -> Option<()> {
    nice(10).ok()?;
    for (resource, most) in [
        (Resource::As, CLEANER_MEMORY_BYTES),
        (Resource::Cpu, MAX_CPU_SECONDS),
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

//! `sigilo clean`: takes hidden data out of one file, in a process that holds nothing else and may do nothing else than
//! read its input and write its output (`service::evidence` runs it).

use std::io::{Read as _, Write as _, stdin, stdout};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::service::evidence::{FAILED, Header, LIMIT};
use crate::vault::cleaning::{FileType, clean_whole};

/// Seconds of work.
const SECONDS: u64 = 60;

pub(crate) fn run(kind: &str) -> ExitCode {
    // Whatever goes wrong has one answer: the file cannot be cleaned.
    let done = limit().and_then(|()| clean(kind.parse().ok()?));
    if done.is_some() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}

fn clean(kind: FileType) -> Option<()> {
    let mut bytes = Vec::new();
    stdin().lock().read_to_end(&mut bytes).ok()?;
    let cleaned = clean_whole(kind, &bytes).ok()?;
    drop(bytes);
    let header = Header {
        kind: cleaned.kind.as_str().to_owned(),
        removed: cleaned.removed,
    };
    let mut output = stdout().lock();
    serde_json::to_writer(&mut output, &header).ok()?;
    output.write_all(b"\n").ok()?;
    output.write_all(&cleaned.bytes).ok()?;
    output.flush().ok()
}

/// Bounds on memory and time; no files, no further processes.
fn limit() -> Option<()> {
    for (resource, most) in [
        (Resource::As, LIMIT),
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

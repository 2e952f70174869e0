//! The `sh` blocks of a page, run by a shell one after the other, in one folder, with the real program.
//!
//! A comment before a block says what is typed when the program asks (`<!-- typed: … -->`), or why the block is not run
//! (`<!-- not run: … -->`).

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::binary::program;
use crate::support::program::output_text;

/// Commands that a person types into a shell.
pub(super) struct Block {
    pub(super) commands: String,
    /// The answer when the program asks.
    typed: String,
    /// The reason why a test cannot run it.
    pub(super) not_run: Option<String>,
}

/// Returns a page's blocks for the shell, in order.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let (mut all, mut mark) = (Vec::new(), String::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == "```sh" {
            let commands: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let of = |what: &str| {
                let rest = mark.strip_prefix("<!-- ")?.strip_prefix(what)?;
                Some(rest.strip_suffix(" -->")?.to_owned())
            };
            all.push(Block {
                commands: commands.join("\n"),
                typed: of("typed: ").map_or(String::new(), |line| line + "\n"),
                not_run: of("not run: "),
            });
        }
        line.clone_into(&mut mark);
    }
    all
}

fn run(block: &Block, commands: &str, folder: &Path, path: &str) -> Output {
    let mut shell = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", commands])
        .current_dir(folder)
        .env("PATH", path)
        .env("LC_ALL", "C")
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A block that asks for nothing may have ended before it is written to.
    let _ = shell.stdin.take().unwrap().write_all(block.typed.as_bytes());
    shell.wait_with_output().unwrap()
}

/// Ends a server that a failed block left running.
struct Serving<'a>(&'a Path);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        if let Ok(id) = fs::read_to_string(self.0.join("serve.pid")) {
            let _ = Command::new("kill").args(["-9", id.trim()]).status();
        }
    }
}

/// Runs every block of a page in a new folder that holds `profile.toml`; each must succeed. Returns all output.
///
/// Port 8080 may be taken here: another stands in its place.
pub(super) fn run_page(page: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::copy("profiles/iess.toml", folder.join("profile.toml")).unwrap();
    let programs = program().parent().unwrap().display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = port.unwrap().port().to_string();
    let _serving = Serving(folder);
    let mut said = String::new();
    for block in blocks(page).iter().filter(|block| block.not_run.is_none()) {
        let commands = block.commands.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
        let output = run(block, &commands, folder, &path);
        let text = output_text(&output);
        assert!(output.status.success(), "{commands}\n\n{text}\n\n(before:) {said}");
        said.push_str(&text);
    }
    said
}

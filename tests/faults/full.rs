//! A real disk that fills: a small one of memory, where the tests may mount one. (Where they may not, `evidence.rs` has
//! a limit on the size of files, and `overload.rs` the thresholds.)

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::fs::statvfs;
use tokio::time::timeout;

use super::answer;
use crate::flows::report::words_of;
use crate::support::program::{Browser, Installation};

/// Megabytes of the disk, and what must be left of it for files and for reports.
const SIZE: u64 = 48;
const FILES: u64 = 24;
const REPORTS: u64 = 12;
const MEGABYTE: u64 = 1_000_000;

struct Disk(PathBuf);

impl Disk {
    /// None if the tests have no right to mount.
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let size = format!("size={SIZE}m,mode=700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "sigilo-test"])
            .arg(&at)
            .output();
        mounted
            .is_ok_and(|mounted| mounted.status.success())
            .then_some(Self(at))
    }

    /// Fills the disk until this many bytes are left.
    fn leaves(&self, left: u64) {
        let ballast = self.0.join("ballast");
        let _ = fs::remove_file(&ballast);
        let disk = statvfs(&self.0).unwrap();
        let size = (disk.f_bavail * disk.f_frsize).saturating_sub(left);
        let file = File::create(ballast).unwrap();
        rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, size).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Waits until a page says it: the server looks at its disks every few seconds.
async fn until(browser: &mut Browser, path: &str, says: impl Fn(&str) -> bool) {
    let asking = async { while !says(&browser.get(path).await.unwrap().text) {} };
    timeout(Duration::from_mins(1), asking)
        .await
        .unwrap_or_else(|_| panic!("{path} never says it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_is_told_before_anything_is_lost() {
    let installation = Installation::bare_on("sqlite:disk/sigilo.sqlite");
    let Some(disk) = Disk::mount(installation.path("disk")) else {
        println!("no right to mount a disk: left to evidence.rs and overload.rs");
        return;
    };
    let text = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    installation.configure(&format!(
        "{text}[files]\nfolder = \"disk/files\"\n[disk]\nfiles_mb = {FILES}\nreports_mb = {REPORTS}\n"
    ));
    let installation = installation.made_ready();
    let server = installation.serve();
    let closed = "Por ahora no podemos recibir reportes";
    let mut begun = server.browser();
    begun.post("/report/start", &[]).await.unwrap();
    begun.walk("files", answer).await.unwrap();
    let mut waiting = server.browser();
    waiting.complete(answer).await.unwrap();
    drop(server);

    // The disk has room for reports, not for files. A starting server checks it at once.
    disk.leaves(u64::midpoint(FILES, REPORTS) * MEGABYTE);
    let server = installation.serve();
    let (mut anybody, mut begun, mut waiting) = (server.browser(), begun.at(&server), waiting.at(&server));
    let refused = begun
        .post_files("/report/files", &[("lista.txt", b"uno")])
        .await
        .unwrap();
    assert!(
        refused.status == 503 && refused.text.contains("no podemos guardar archivos"),
        "{}",
        refused.text
    );
    assert_eq!(
        server.browser().report(answer).await.unwrap().location,
        "/report/receipt"
    );

    // The disk has room only for reports that were already begun.
    disk.leaves(REPORTS / 2 * MEGABYTE);
    until(&mut anybody, "/", |page| page.contains(closed)).await;
    let started = server.browser().post("/report/start", &[]).await.unwrap();
    assert!(
        started.status == 503 && started.text.contains("Defensoría"),
        "{}",
        started.text
    );
    begun.walk("", answer).await.unwrap();
    assert_eq!(begun.submit().await.unwrap().location, "/report/receipt");
    let doctor = installation.run(&["doctor"], "");
    let doctor = crate::support::program::output_text(&doctor);
    assert!(doctor.contains("so no report can be begun"), "{doctor}");

    // The disk is full: the report is refused without loss, or stored for good if the database had free space inside.
    disk.leaves(0);
    let refused = waiting.submit().await.unwrap();
    assert!(
        refused.location == "/report/receipt" || (refused.status == 503 && refused.text.contains("Enviar otra vez")),
        "{}",
        refused.text
    );

    // The disk has room again, and the server needs no restart.
    disk.leaves((FILES + REPORTS) * MEGABYTE);
    until(&mut anybody, "/", |page| !page.contains(closed)).await;
    assert_eq!(waiting.submit().await.unwrap().location, "/report/receipt");
    let words = words_of(&waiting.get("/report/receipt").await.unwrap().text);
    let entered = anybody.post("/follow-up", &[("words", &words)]).await.unwrap();
    assert_eq!(entered.location, "/follow-up/case");
    assert!(!server.log().contains("panicked"), "{}", server.log());
    drop(server);
    installation.done(&["audit", "verify"], "");
}

//! Keys as systemd hands them over: the program is started with `CREDENTIALS_DIRECTORY`, and where the configuration
//! says that they lie there is nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::moving::{reported, returns};
use crate::support::program::{Installation, output_text};

/// Its key files lie where systemd puts them, with the permissions that they have there.
fn handed_over(installation: &Installation) {
    let folder = installation.credentials();
    fs::create_dir(&folder).unwrap();
    for name in ["keys.toml", "witness.toml"] {
        fs::rename(installation.path(name), folder.join(name)).unwrap();
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o440)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_serves_and_backs_up_with_keys_that_are_handed_over_alone() {
    let installation = Installation::ready();
    let output = installation.run(&["keys", "backup", "backup.key"], "");
    let recipient = String::from_utf8(output.stdout).unwrap();
    handed_over(&installation);
    let server = installation.serve();
    let words = reported(&server).await;
    assert!(returns(&server, &words).await);
    // The backup unit does this beside the server, with the server's keys alone.
    let witness = installation.credentials().join("witness.toml");
    fs::rename(&witness, installation.path("elsewhere.toml")).unwrap();
    installation.done(&["backup", "--to", "all.age", "--recipient", recipient.trim()], "");
    fs::rename(installation.path("elsewhere.toml"), &witness).unwrap();
    drop(server);
    installation.done(&["audit", "verify"], "");
    // Only the keys' own folder shows whether the authority's key lies there, so `doctor` does not report success.
    let doctor = output_text(&installation.run(&["doctor"], ""));
    assert!(
        doctor.contains("whether its key lies beside them shows only in their own folder"),
        "{doctor}"
    );
}

#[test]
fn what_is_not_handed_over_or_may_be_read_by_others_is_named() {
    let installation = Installation::ready();
    handed_over(&installation);
    let keys = installation.credentials().join("keys.toml");
    fs::set_permissions(&keys, Permissions::from_mode(0o444)).unwrap();
    let open = installation.refused(&["serve"]);
    assert!(
        open.contains(&keys.display().to_string()) && open.contains("chmod"),
        "{open}"
    );
    // Then the configured path counts, and the error says that no file is there.
    fs::remove_file(&keys).unwrap();
    let missing = installation.refused(&["serve"]);
    assert!(
        missing.contains("keys.toml") && !missing.contains(&keys.display().to_string()),
        "{missing}"
    );
}

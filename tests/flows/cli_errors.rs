//! Wrong inputs at the command line, tried with the real program: each error names the thing that it is about and the
//! next step, and leaves no trace.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::program::{Installation, PASSWORD, output_text};

/// Runs a command that must fail. Asserts that its error contains these words and a next step.
fn fails(installation: &Installation, arguments: &[&str], input: &str, words: &[&str]) -> String {
    let output = installation.run(arguments, input);
    let text = output_text(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    for words in words {
        assert!(text.contains(words), "{arguments:?} lacks {words:?}: {text}");
    }
    let step = text.split("\n  next: ").nth(1);
    assert!(step.is_some_and(|step| step.trim().len() > 10), "{arguments:?}: {text}");
    assert!(!text.contains("panic"), "{arguments:?}: {text}");
    text
}

/// Two lines: a new member's password, and a sponsor's.
fn passwords(sponsor: &str) -> String {
    format!("una clave nueva y larga\n{sponsor}\n")
}

#[test]
fn people_and_areas_are_named() {
    let installation = Installation::staffed();
    let add = |email, role, areas: &[&'static str], more: &[&'static str]| {
        let mut arguments = vec!["staff", "add", "--name", "Prueba", "--role", role, "--email", email];
        arguments.extend(areas.iter().flat_map(|area| ["--area", area]));
        arguments.extend(more);
        arguments
    };
    let (new, taken) = ("nueva@sigilo.test", "analista@sigilo.test");
    let sponsor = ["--sponsor", taken];
    let joins = add(new, "analyst", &["transparencia"], &sponsor);
    let text = fails(
        &installation,
        &joins,
        &passwords("otra clave"),
        &["--sponsor analista@sigilo.test"],
    );
    assert!(!text.contains("forbidden"), "{text}");
    let text = fails(
        &installation,
        &add(taken, "auditor", &[], &[]),
        &passwords(""),
        &[
            "--email analista@sigilo.test",
            "works here already",
            "sigilo staff leave",
        ],
    );
    assert!(!text.contains("conflict"), "{text}");
    fails(
        &installation,
        &add("nadie", "auditor", &[], &[]),
        &passwords(""),
        &["--email nadie"],
    );
    fails(
        &installation,
        &add(new, "analyst", &["transparensia"], &[]),
        &passwords(""),
        &["--area transparensia", "gestion-medica"],
    );
    fails(
        &installation,
        &add(new, "auditor", &[], &["--language", "fr"]),
        &passwords(""),
        &["--language fr", "es, en"],
    );
    fails(
        &installation,
        &add(new, "analyst", &[], &[]),
        &passwords(""),
        &[new, "analysts belong to areas"],
    );
    fails(
        &installation,
        &add(new, "auditor", &[], &[]),
        "corta\n",
        &[new, "12 characters"],
    );
    fails(
        &installation,
        &add(new, "auditor", &[], &[]),
        "",
        &["Password for nueva@sigilo.test", "has ended"],
    );
    fails(
        &installation,
        &add(new, "analyst", &["transparencia"], &[]),
        &passwords(""),
        &[new, "--sponsor"],
    );
    fails(
        &installation,
        &["staff", "leave", "--yes", "fantasma@sigilo.test"],
        "",
        &["fantasma@sigilo.test", "nobody"],
    );
    fails(
        &installation,
        &["staff", "leave", taken],
        "no\n",
        &["nothing was changed", "--yes"],
    );
    let renew = ["staff", "new-key", "--sponsor", taken, "--area"];
    let in_area = |area| [renew.as_slice(), &[area]].concat();
    fails(
        &installation,
        &in_area("nada"),
        &format!("{PASSWORD}\n"),
        &["--area nada"],
    );
    fails(
        &installation,
        &in_area("transparencia"),
        "otra clave\n",
        &["--sponsor analista@sigilo.test"],
    );
    let unknown = installation.run(&["staff", "add", "--role", "boss", "--email", new, "--name", "x"], "");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(output_text(&unknown).contains("--role"), "{}", output_text(&unknown));
}

#[expect(clippy::too_many_lines, reason = "a list of inputs")]
#[test]
fn files_are_named_and_so_is_what_makes_them() {
    let installation = Installation::ready();
    let missing = |arguments: &[&str], words: &[&str]| {
        let words = [words, &["there is no such file"]].concat();
        fails(&installation, arguments, "", &words)
    };
    missing(
        &["roster", "publish", "no.signed"],
        &["no.signed", "sigilo authority sign"],
    );
    missing(
        &["authority", "sign", "no.proposed"],
        &["no.proposed", "sigilo roster propose"],
    );
    let text = missing(&["authority", "sign", "--keys", "no.toml"], &["no.toml", "--keys"]);
    assert!(!text.contains("sigilo keys new"), "{text}");
    missing(&["authority", "sign", "--current", "no.current"], &["no.current"]);
    missing(
        &["doctor", "--config", "no.toml"].map(|word| if word == "doctor" { "serve" } else { word }),
        &["no.toml", "--config"],
    );
    missing(&["audit", "verify", "--proof", "no.tlog-proof"], &["no.tlog-proof"]);
    missing(
        &["restore", "--signed", "no.signed"],
        &["no.signed", "sigilo authority sign"],
    );
    missing(
        &["restore", "--from", "no.age", "--identity", "no.key"],
        &["no.key", "sigilo keys backup"],
    );
    installation.done(&["keys", "backup", "backup.key"], "");
    missing(
        &["restore", "--from", "no.age", "--identity", "backup.key"],
        &["no.age", "--from"],
    );
    fails(
        &installation,
        &["audit", "verify", "--export", "no.zip"],
        "",
        &["no.zip"],
    );
    fails(
        &installation,
        &["keys", "backup", "backup.key"],
        "",
        &["backup.key", "exists already"],
    );
    fails(
        &installation,
        &["keys", "backup", "nowhere/backup.key"],
        "",
        &["nowhere/backup.key", "its folder"],
    );
    fails(
        &installation,
        &["keys", "new", "."],
        "",
        &["./keys.toml", "exists already"],
    );
    fails(
        &installation,
        &["roster", "propose", "nowhere/roster"],
        "",
        &["nowhere/roster", "its folder"],
    );
    fails(
        &installation,
        &["roster", "publish", "keys.toml"],
        "",
        &["keys.toml", "not published"],
    );
    fails(
        &installation,
        &["authority", "sign", "keys.toml"],
        "",
        &["keys.toml", "the right one"],
    );
    fails(
        &installation,
        &["authority", "sign", "--keys", "keys.toml"],
        "",
        &["keys.toml", "[authority]"],
    );
    fails(
        &installation,
        &["audit", "export", "--to", "keys.toml"],
        "",
        &["keys.toml", "--to"],
    );
    fails(
        &installation,
        &["restore", "--from", "keys.toml", "--identity", "keys.toml"],
        "",
        &["AGE-SECRET-KEY"],
    );
    fails(
        &installation,
        &["restore", "--from", "keys.toml", "--identity", "backup.key"],
        "",
        &["keys.toml", "backup.key", "does not open"],
    );
    let recipient = "age1gz0uklrqv3wsvaduxgrw33fg7hdtc5my4hmklx7uwn9vue63apgqt6t0pq";
    let backup = |to, recipient| ["backup", "--to", to, "--recipient", recipient];
    fails(
        &installation,
        &backup("b.age", "age1nonsense"),
        "",
        &["--recipient age1nonsense", "sigilo keys backup"],
    );
    fails(
        &installation,
        &backup("keys.toml", recipient),
        "",
        &["keys.toml", "exists already"],
    );
    fails(
        &installation,
        &backup("nowhere/b.age", recipient),
        "",
        &["nowhere", "no such folder"],
    );
    let keep = [backup("b.age", recipient).as_slice(), &["--keep-days", "3"]].concat();
    fails(&installation, &keep, "", &["--to b.age", "--keep-days"]);
    fails(
        &installation,
        &["move", "--to", "mysql://a:secret@b/c"],
        "",
        &["--to mysql://a@b/c", "postgres://"],
    );
    fails(&installation, &["init"], "", &["set up before", "sigilo doctor"]);
    // The command writes three key files of one installation, or none.
    fs::create_dir(installation.path("keys")).unwrap();
    fs::write(installation.path("keys/witness.toml"), "").unwrap();
    fails(
        &installation,
        &["keys", "new", "keys"],
        "",
        &["keys/witness.toml", "exists already"],
    );
    assert!(!installation.path("keys/keys.toml").exists());
}

#[test]
fn a_mistyped_database_or_folder_is_not_made() {
    let installation = Installation::ready();
    let sound = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    installation.configure(&sound.replace("sigilo.sqlite", "mistyped.sqlite"));
    let add = [
        "staff",
        "add",
        "--email",
        "a@sigilo.test",
        "--name",
        "A",
        "--role",
        "auditor",
    ];
    for arguments in [
        add.as_slice(),
        &["staff", "leave", "--yes", "a@sigilo.test"],
        &["roster", "propose"],
        &["roster", "publish"],
        &["serve"],
        &["audit", "verify"],
        &["audit", "export", "--to", "log"],
        &[
            "backup",
            "--to",
            "b.age",
            "--recipient",
            "age1gz0uklrqv3wsvaduxgrw33fg7hdtc5my4hmklx7uwn9vue63apgqt6t0pq",
        ],
        &["move", "--to", "postgres://a@localhost/b"],
    ] {
        let words = ["mistyped.sqlite: there is no database", "sigilo init"];
        fails(&installation, arguments, &passwords(""), &words);
        assert!(!installation.path("mistyped.sqlite").exists(), "{arguments:?}");
    }
    let doctor = output_text(&installation.run(&["doctor"], ""));
    assert!(doctor.contains("fail  database: there is no database"), "{doctor}");
    assert!(!installation.path("mistyped.sqlite").exists());

    installation.configure(&format!("{sound}[files]\nfolder = \"mistyped\"\n"));
    fails(&installation, &["serve"], "", &["mistyped", "files.folder"]);
    assert!(!installation.path("mistyped").exists());

    // Another file or folder is already at the path.
    fs::write(
        installation.path("other"),
        "not a database, but long enough to be taken for one",
    )
    .unwrap();
    for other in ["other", "tmp"] {
        installation.configure(&sound.replace("sigilo.sqlite", other));
        fails(
            &installation,
            &["roster", "propose"],
            "",
            &[other, "check that `database` names"],
        );
    }
}

#[test]
fn settings_and_key_files_are_named() {
    let installation = Installation::ready();
    let sound = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    for (from, to, words) in [
        ("listen = ", "listens = ", ["sigilo.toml: line 1", "listens"]),
        ("sqlite:", "sqllite:", ["sigilo.toml", "database"]),
        (
            "keys = \"keys.toml\"",
            "keys = \"nokeys.toml\"",
            ["nokeys.toml", "bring the file back"],
        ),
        (
            "keys = \"witness.toml\"",
            "keys = \"keys.toml\"",
            ["keys.toml", "[witness]"],
        ),
        ("iess.toml", "nothing.toml", ["nothing.toml", "`profile`"]),
        (
            "folder = \"witness\"",
            "folder = \"elsewhere\"",
            ["elsewhere", "witness.folder"],
        ),
        (
            "[witness]",
            "[whatsapp]\nphone_number_id = \"1\"\n[witness]",
            ["[whatsapp]", "[server.whatsapp]"],
        ),
        (
            "[witness]",
            "[files.s3]\nbucket = \"b\"\nregion = \"r\"\n[witness]",
            ["[files.s3]", "[server.s3]"],
        ),
        (
            "[witness]",
            "[email]\nfrom = \"nobody\"\nhost = \"localhost\"\n[witness]",
            ["[email]", "nobody"],
        ),
        (
            "[witness]",
            "[server.tls]\ncertificate = \"no.pem\"\nkey = \"no.pem\"\n[witness]",
            ["no.pem", "[server.tls]"],
        ),
    ] {
        assert!(sound.contains(from), "{from}");
        installation.configure(&sound.replacen(from, to, 1));
        fails(&installation, &["serve"], "", &words);
    }
    installation.configure(&sound);
    let keys = installation.path("keys.toml");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
    fails(
        &installation,
        &["serve"],
        "",
        &["keys.toml: others may read it", "chmod 600"],
    );
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(installation.path("broken.toml"), "areas = 1").unwrap();
    let broken = installation.path("broken.toml").display().to_string();
    let profile = sound.lines().find(|line| line.starts_with("profile")).unwrap();
    installation.configure(&sound.replace(profile, &format!("profile = \"{broken}\"")));
    fails(&installation, &["serve"], "", &["broken.toml", "correct the profile"]);

    // No server answers there; the password stays secret.
    let address = "postgres://ana:secret@127.0.0.1:1/sigilo";
    installation.configure(&sound.replace("sqlite:sigilo.sqlite", address));
    let text = fails(
        &installation,
        &["roster", "propose"],
        "",
        &["postgres://ana@127.0.0.1:1/sigilo"],
    );
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn a_taken_address_is_told_from_the_running_service() {
    let installation = Installation::ready();
    let sound = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    installation.configure(&sound.replace("127.0.0.1:0", &address));
    fails(
        &installation,
        &["serve"],
        "",
        &[&format!("listen = \"{address}\""), "another program"],
    );
    let output = installation.run(&["doctor"], "");
    let text = output_text(&output);
    assert!(
        text.contains(&format!("fail  listen: another program has {address}")),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(1));
    drop(other);
    let text = output_text(&installation.run(&["doctor"], ""));
    assert!(text.contains(&format!("ok    listen: {address} is free")), "{text}");
    let server = installation.serve();
    let output = installation.run(&["doctor"], "");
    let text = output_text(&output);
    assert!(text.contains(&format!("ok    listen: {address} answers")), "{text}");
    assert!(output.status.success(), "{text}");
    drop(server);
}

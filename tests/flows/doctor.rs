//! `sigilo doctor`, as an operator runs it: on a sound installation, and on one defect after the other.

use std::fs;

use sqlx::{Connection as _, SqliteConnection};

use crate::support::program::{Installation, output_text};

/// Returns the output of `sigilo doctor`, and true if no finding fails.
fn examined(installation: &Installation) -> (String, bool) {
    let output = installation.run(&["doctor"], "");
    let text = output_text(&output);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{text}");
    let fails = text.lines().any(|line| line.starts_with("fail  "));
    assert_eq!(
        output.status.success(),
        !fails,
        "the exit code says what the lines say: {text}"
    );
    (text, !fails)
}

/// Asserts that the command fails, and that a line says why.
fn finds(installation: &Installation, line: &str) {
    let (text, is_well) = examined(installation);
    assert!(
        !is_well && text.lines().any(|said| said.starts_with(line)),
        "{line}: {text}"
    );
}

/// Every secret of the key files, as it stands there.
fn secrets(installation: &Installation) -> Vec<String> {
    let files = ["keys.toml", "witness.toml", "authority.toml"].map(|name| installation.path(name));
    let text = files.map(|file| fs::read_to_string(file).unwrap()).concat();
    let values = text.lines().filter_map(|line| line.split_once(" = "));
    values.map(|(_, value)| value.trim_matches('"').to_owned()).collect()
}

#[test]
fn a_sound_installation_is_told_to_be_one_also_while_it_serves() {
    let installation = Installation::ready();
    let (text, is_well) = examined(&installation);
    assert!(is_well, "{text}");
    for line in [
        "ok    configuration: reads",
        "ok    public_url: this machine only",
        "ok    key files: belong together",
        "ok    file store: the folder takes files",
        "ok    whatsapp: off",
        "ok    e-mail: off",
        "ok    installation: the database is the key file's",
        "ok    roster: version 1 is signed and covers every area",
        "ok    witness's folder: opens",
        "warn  witness: runs beside the server",
        "warn  authority: authority.toml lies beside",
        "ok    clock: ",
    ] {
        assert!(text.lines().any(|said| said.starts_with(line)), "{line}: {text}");
    }
    let shown = secrets(&installation);
    assert!(shown.len() > 10 && shown.iter().all(|secret| !text.contains(secret)));

    let server = installation.serve();
    let (text, is_well) = examined(&installation);
    assert!(
        is_well && text.contains("cannot be opened while the server runs"),
        "{text}"
    );
    drop(server);
    assert!(examined(&installation).1, "it left everything as it was");
    installation.done(&["audit", "verify"], "");
}

#[test]
fn wrong_pieces_are_named() {
    let installation = Installation::ready();
    let good = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from));
        installation.configure(&good.replace(from, to));
    };

    installation.done(&["keys", "new", "other"], "");
    with("keys = \"keys.toml\"", "keys = \"other/keys.toml\"");
    finds(&installation, "fail  key files: ");
    finds(
        &installation,
        "fail  installation: the database belongs to another instance",
    );

    with("http://localhost:8080", "http://denuncias.example");
    finds(&installation, "fail  public_url: plain HTTP");

    with("sqlite:sigilo.sqlite", "sqlite:elsewhere.sqlite");
    finds(&installation, "fail  database: ");
    assert!(!installation.path("elsewhere.sqlite").exists(), "it makes nothing");

    installation.configure(&format!("{good}[whatsapp]\nphone_number_id = \"100000000000001\"\n"));
    finds(&installation, "fail  whatsapp: [whatsapp] needs [server.whatsapp]");
    let keys = fs::read_to_string(installation.path("keys.toml")).unwrap();
    let access = "app_secret = \"sentinel-a\"\nverify_token = \"sentinel-b\"\naccess_token = ";
    fs::write(
        installation.path("keys.toml"),
        format!("{keys}[server.whatsapp]\n{access}\"\"\n"),
    )
    .unwrap();
    finds(
        &installation,
        "fail  whatsapp: access_token of [server.whatsapp] is empty",
    );
    fs::write(
        installation.path("keys.toml"),
        format!("{keys}[server.whatsapp]\n{access}\"sentinel-c\"\n"),
    )
    .unwrap();
    let (text, is_well) = examined(&installation);
    assert!(
        is_well && text.contains("people are not told of news") && !text.contains("sentinel"),
        "{text}"
    );

    // The test may run as root, which ignores permissions; but not even root can put a file into a file.
    fs::write(installation.path("taken"), "").unwrap();
    installation.configure(&format!("{good}[files]\nfolder = \"taken\"\n"));
    finds(&installation, "fail  file store: ");
    installation.configure(&format!("{good}[files]\nfolder = \"not-there\"\n"));
    finds(&installation, "fail  file store: ");
    assert!(!installation.path("not-there").exists(), "it makes nothing");

    with(
        "database = \"sqlite:sigilo.sqlite\"",
        "databse = \"postgres://sigilo:sentinel@localhost/sigilo\"",
    );
    finds(&installation, "fail  configuration: ");
    let (text, _) = examined(&installation);
    assert!(text.contains("databse") && !text.contains("sentinel"), "{text}");

    installation.configure(&good);
    fs::rename(installation.path("witness"), installation.path("mislaid")).unwrap();
    finds(&installation, "fail  witness's folder: ");
    fs::rename(installation.path("mislaid"), installation.path("witness")).unwrap();
    assert!(examined(&installation).1);
}

#[test]
fn the_internal_listener_and_the_certificate_are_looked_at() {
    let installation = Installation::ready();
    let good = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    let internal = |address: &str| {
        installation.configure(&format!("{good}[server]\ninternal = \"{address}\"\n"));
    };
    let says = |line: &str| {
        let (text, _) = examined(&installation);
        assert!(text.lines().any(|said| said.starts_with(line)), "{line}: {text}");
    };
    says("ok    internal listener: off");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    internal(&taken.local_addr().unwrap().to_string());
    finds(&installation, "fail  internal listener: another program has");
    internal("203.0.113.7:9464");
    finds(
        &installation,
        "fail  internal listener: 203.0.113.7:9464 is a public address",
    );

    internal("127.0.0.1:0");
    let server = installation.serve();
    let log = server.log();
    let told = log
        .split("\"listening for the operator\",\"address\":\"")
        .nth(1)
        .unwrap();
    internal(told.split('"').next().unwrap());
    says("ok    internal listener: 127.0.0.1:");
    assert!(examined(&installation).0.contains(" answers, and on this machine only"));
    internal(&taken.local_addr().unwrap().to_string());
    drop(taken);
    finds(&installation, "fail  internal listener: ");
    drop(server);

    let mut about = rcgen::CertificateParams::new(vec!["denuncias.example".to_owned()]).unwrap();
    let mut certificate = |url: &str, from: i32, to: i32| {
        about.not_before = rcgen::date_time_ymd(from, 1, 1);
        about.not_after = rcgen::date_time_ymd(to, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        fs::write(installation.path("chain.pem"), about.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(installation.path("key.pem"), key.serialize_pem()).unwrap();
        let tls = "[server.tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n";
        installation.configure(&format!("{}{tls}", good.replace("http://localhost:8080", url)));
    };
    certificate("https://denuncias.example", 2020, 2400);
    says("ok    certificate: and key belong together");
    says("ok    certificate: valid for ");
    certificate("https://denuncias.example:8443", 2020, 2021);
    finds(&installation, "fail  certificate: ended ");
    certificate("https://denuncias.example", 2399, 2400);
    finds(&installation, "fail  certificate: is not valid yet");
    certificate("https://reportes.example", 2020, 2400);
    finds(&installation, "fail  certificate: does not name reportes.example");
}

#[test]
fn it_speaks_the_language_of_whoever_asks() {
    let installation = Installation::bare();
    let output = installation.run(&["doctor", "--language", "es"], "");
    let text = output_text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for line in [
        "ok    configuración: se lee",
        "ok    archivos de llaves: van juntos",
        "warn  testigo: corre junto al servidor",
        "fail  carpeta del testigo: ",
        "fail  base de datos: ",
        "sigilo: Fallan ",
    ] {
        assert!(text.lines().any(|said| said.starts_with(line)), "{line}: {text}");
    }
    let text = installation.refused(&["doctor", "--language", "tlh"]);
    assert!(text.contains("choose one of: es, en"), "{text}");
}

#[test]
fn without_a_roster_no_report_is_taken_and_it_says_so() {
    let installation = Installation::bare();
    finds(&installation, "fail  database: ");
    installation.done(&["init"], "");
    finds(&installation, "fail  roster: nobody has signed one yet");
    installation.add("oficial@sigilo.test", "officer", &["mesa-de-identidad"]);
    installation.add("analista@sigilo.test", "analyst", &["transparencia"]);
    for step in [
        ["roster", "propose"].as_slice(),
        &["authority", "sign", "--yes"],
        &["roster", "publish"],
    ] {
        installation.done(step, "");
    }
    finds(
        &installation,
        "fail  roster: lacks areas to which the profile sends reports: ",
    );
    let (text, _) = examined(&installation);
    assert!(
        text.contains("farmacia-y-abastecimiento") && !text.contains("version 1 is signed"),
        "{text}"
    );
}

#[tokio::test]
async fn a_clock_behind_and_a_log_that_was_cut_are_found() {
    let installation = Installation::ready();
    let write = async |sql: &'static str| {
        let address = format!("sqlite:{}", installation.path("sigilo.sqlite").display());
        let mut database = SqliteConnection::connect(&address).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    };
    write("UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), '\"time\":1', '\"time\":9') AS BLOB)").await;
    let (text, is_well) = examined(&installation);
    assert!(
        is_well && text.contains("warn  clock: the newest entry of the log lies"),
        "{text}"
    );
    write("DELETE FROM audit_entry").await;
    finds(&installation, "fail  log: the witness has seen");
    write("DELETE FROM roster").await;
    finds(&installation, "fail  roster: is gone");
}

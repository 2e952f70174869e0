//! `sigilo doctor`: looks at all that an installation needs, changes nothing of it, and says what to do. No secret and
//! no address is printed: people send such texts to each other.

mod installed;

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use crate::channels::email::{self, SetUpError};
use crate::cli::{CommandError, open};
use crate::config::{Config, ConfigError, EmailConfig};
use crate::dialogue::profile::Profile;
use crate::http::tls::Certificates;
use crate::i18n::{Languages, Texts};
use crate::keyfile::{self, ServerKeys, WitnessKeys};
use crate::service::health::{self, Finding, Level};
use crate::store::files::Files;

/// How long a bucket may take to list.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn run(path: &Path) -> Result<(), CommandError> {
    let mut findings = Findings::new()?;
    match Config::read(path) {
        Ok(config) => {
            findings.ok("configuration", "reads");
            examine(&mut findings, &config).await;
        }
        Err(error @ ConfigError::Io { .. }) => {
            findings.fail("configuration", format!("{error}. Name another with --config"));
        }
        Err(error) => findings.fail("configuration", error),
    }
    findings.end()
}

/// What was found, told line by line: `ok`, `warn` or `fail`, then what was looked at and what to do.
struct Findings {
    /// English, as all that commands say.
    texts: Texts,
    warnings: u32,
    failures: u32,
}

impl Findings {
    fn new() -> Result<Self, CommandError> {
        Ok(Self {
            texts: Languages::load()?.texts(Some("en")),
            warnings: 0,
            failures: 0,
        })
    }

    /// What a running server looks at, too.
    fn take(&mut self, finding: &Finding) {
        let what = self.texts.get(finding.topic);
        let said = finding.words(&self.texts, str::to_owned);
        match finding.level {
            Level::Well => self.ok(&what, said),
            Level::Think => self.warn(&what, said),
            Level::Bad => self.fail(&what, said),
        }
    }

    fn ok(&mut self, what: &str, said: impl Display) {
        self.say("ok", what, said);
    }

    fn warn(&mut self, what: &str, said: impl Display) {
        self.warnings += 1;
        self.say("warn", what, said);
    }

    fn fail(&mut self, what: &str, said: impl Display) {
        self.failures += 1;
        self.say("fail", what, said);
    }

    #[expect(clippy::unused_self, reason = "nothing is told but what was counted")]
    fn say(&self, mark: &str, what: &str, said: impl Display) {
        let said = said.to_string();
        let words: Vec<&str> = said.split_whitespace().collect();
        println!("{mark:<4}  {what}: {}", words.join(" "));
    }

    /// What reads; else it failed.
    fn read<T, E: Display>(&mut self, what: &str, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(read) => {
                self.ok(what, "reads");
                Some(read)
            }
            Err(error) => {
                self.fail(what, error);
                None
            }
        }
    }

    fn end(self) -> Result<(), CommandError> {
        let Self { warnings, failures, .. } = self;
        if failures == 0 {
            println!("\nNothing fails; {warnings} to think about.");
            return Ok(());
        }
        println!();
        Err(format!("{failures} failed and {warnings} to think about. Mend the first, and run it again").into())
    }
}

async fn examine(findings: &mut Findings, config: &Config) {
    address(findings, &config.public_url);
    proxies(findings, config);
    certificate(findings, config);
    let profile = findings.read("profile", Profile::load(&config.profile));
    let server = findings.read("server's key file", keyfile::server_keys(&config.keys));
    let witness = findings.read("witness's key file", keyfile::witness_keys(&config.witness.keys));
    if let (Some(server), Some(witness)) = (&server, &witness) {
        belong_together(findings, server, witness);
    }
    authority_is_away(findings, config);
    if let Some(server) = &server {
        files(findings, config, server).await;
        whatsapp(findings, config, server);
        mail(findings, config.email.as_ref(), server);
    }
    for finding in health::disks(&open::grows(config), config.disk.into()) {
        findings.take(&finding);
    }
    if let Some(server) = &server {
        installed::examine(findings, config, profile.as_ref(), server, witness.as_ref()).await;
    }
}

/// A proxy that is not named makes all its visitors one, who soon share one limit.
fn proxies(findings: &mut Findings, config: &Config) {
    if config.server.trusted_proxies.is_empty() && !config.listen.ip().is_loopback() {
        findings.warn(
            "proxies",
            "none is named, and the server listens beyond this machine. If a proxy stands before it, name its address \
             in [server] trusted_proxies: else all visitors count as one",
        );
    }
}

/// Browsers keep `__Host-` cookies and give keys to pages only over HTTPS, or on the machine itself.
fn address(findings: &mut Findings, url: &str) {
    let host = url.strip_prefix("http://").map(|rest| {
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        rest.rsplit_once(':')
            .filter(|(_, port)| is_port(port))
            .map_or(rest, |(host, _)| host)
    });
    match host {
        None => findings.ok("public_url", "https"),
        Some("localhost" | "127.0.0.1" | "[::1]") => findings.ok("public_url", "this machine only, to try it"),
        Some(host)
            if host
                .rsplit_once('.')
                .is_some_and(|(_, end)| end.eq_ignore_ascii_case("onion")) =>
        {
            findings.ok("public_url", "an onion address");
        }
        Some(_) => findings.fail(
            "public_url",
            "plain HTTP: browsers refuse its cookies and keys. Put TLS before the server and write https://",
        ),
    }
}

/// A running server goes on with what it read last.
fn certificate(findings: &mut Findings, config: &Config) {
    let Some(tls) = &config.server.tls else {
        return;
    };
    match Certificates::load(&tls.certificate, &tls.key) {
        Ok(_) => findings.ok("certificate", "and key belong together"),
        Err(error) => findings.fail(
            "certificate",
            format!("{error}. A running server goes on with the old one, and starts no more"),
        ),
    }
    if !config.public_url.starts_with("https://") {
        findings.fail(
            "certificate",
            "[server.tls] is set, but public_url does not begin with https://",
        );
    }
}

/// The two files name each other.
fn belong_together(findings: &mut Findings, server: &ServerKeys, witness: &WitnessKeys) {
    let pairs = [
        ("instance", server.instance == witness.instance),
        ("authority", server.authority == witness.authority),
        ("log", server.log.signing_key().verify_key() == witness.log),
        ("witness", server.witness == witness.signing.signing_key().verify_key()),
        (
            "witness_recipient",
            server.witness_recipient == witness.identity.identity().recipient(),
        ),
    ];
    let wrong: Vec<&str> = pairs
        .iter()
        .filter(|(_, is_same)| !is_same)
        .map(|(name, _)| *name)
        .collect();
    if wrong.is_empty() {
        findings.ok("key files", "belong together");
    } else {
        findings.fail(
            "key files",
            format!(
                "the server's and the witness's do not belong together ({} differ). Both come from one `sigilo keys new`",
                wrong.join(", ")
            ),
        );
    }
}

/// Whoever finds the authority's key on the server decides to whom reports are sealed.
fn authority_is_away(findings: &mut Findings, config: &Config) {
    let files = [&config.keys, &config.witness.keys];
    if files.iter().all(|file| keyfile::is_credential(file)) {
        findings.ok(
            "authority",
            "the key files are handed over: whether its key lies beside them shows only in their own folder",
        );
        return;
    }
    let is_here = files.iter().any(|file| file.with_file_name("authority.toml").exists());
    if is_here {
        findings.warn(
            "authority",
            "authority.toml lies beside the other key files. Move it to where the server never looks",
        );
    } else {
        findings.ok("authority", "its key does not lie beside the others");
    }
}

async fn files(findings: &mut Findings, config: &Config, server: &ServerKeys) {
    let what = "file store";
    if config.files.s3.is_some() && server.s3.is_none() {
        findings.fail(
            what,
            "[files.s3] needs [server.s3] in the key file. keys.example explains it",
        );
        return;
    }
    let store = match open::bucket(&config.files, server) {
        Ok(Some(bucket)) => Ok(bucket),
        Ok(None) => Files::look(&config.files.folder),
        Err(error) => Err(error),
    };
    let answer = match store {
        Ok(store) => timeout(PATIENCE, store.answers()).await,
        Err(error) => Ok(Err(error)),
    };
    let is_bucket = config.files.s3.is_some();
    findings.take(&health::files(answer.ok(), is_bucket));
    let scratch = config.files.scratch.clone();
    let scratch = scratch.or_else(|| is_bucket.then(std::env::temp_dir));
    if let Some(folder) = scratch {
        match tempfile::tempfile_in(&folder) {
            Ok(_) => findings.ok("scratch folder", "takes files"),
            Err(error) => findings.fail(
                "scratch folder",
                format!("{} takes no files: {error}. See [files] scratch", folder.display()),
            ),
        }
    }
}

fn whatsapp(findings: &mut Findings, config: &Config, server: &ServerKeys) {
    let Some(whatsapp) = &config.whatsapp else {
        findings.ok("whatsapp", "off");
        return;
    };
    let Some(keys) = &server.whatsapp else {
        findings.fail(
            "whatsapp",
            "[whatsapp] needs [server.whatsapp] in the key file. keys.example explains it",
        );
        return;
    };
    let secrets = [
        ("app_secret", &keys.app_secret),
        ("verify_token", &keys.verify_token),
        ("access_token", &keys.access_token),
    ];
    let empty = secrets.iter().filter(|(_, secret)| secret.trim().is_empty());
    let empty: Vec<&str> = empty.map(|(name, _)| *name).collect();
    if !empty.is_empty() {
        findings.fail(
            "whatsapp",
            format!(
                "{} of [server.whatsapp] is empty. Meta's pages show it, keys.example explains it",
                empty.join(", ")
            ),
        );
    } else if whatsapp.news_template.is_some() {
        findings.ok("whatsapp", "on; people who wish for it are told of news");
    } else {
        findings.ok("whatsapp", "on; people are not told of news: there is no news_template");
    }
}

fn mail(findings: &mut Findings, config: Option<&EmailConfig>, server: &ServerKeys) {
    let Some(config) = config else {
        findings.ok("e-mail", "off");
        return;
    };
    match email::check(config, server.smtp.as_ref()) {
        Ok(()) if server.smtp.is_some() => findings.ok("e-mail", "on"),
        Ok(()) => findings.ok(
            "e-mail",
            "on, without signing in: there is no [server.smtp] in the key file",
        ),
        Err(SetUpError::From(_)) => findings.fail(
            "e-mail",
            "from is no sender. Write it like \"Sigilo <no-responder@iess.example>\"",
        ),
        Err(SetUpError::Unprotected(_)) => findings.fail(
            "e-mail",
            "encryption = \"none\" goes only to this very machine. Use \"tls\" or \"starttls\"",
        ),
        Err(SetUpError::Tls { .. }) => findings.fail("e-mail", "TLS cannot be set up for this host. Check its name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_by_what_they_mean() {
        for (url, failures) in [
            ("https://denuncias.example", 0),
            ("http://localhost:8080", 0),
            ("http://localhost", 0),
            ("http://synthetic.onion", 0),
            ("http://denuncias.example:8080", 1),
            ("http://localhost.example", 1),
        ] {
            let mut findings = Findings::new().unwrap();
            address(&mut findings, url);
            assert_eq!(findings.failures, failures, "{url}");
            assert_eq!(findings.end().is_ok(), failures == 0);
        }
    }
}

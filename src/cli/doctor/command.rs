//! The examination of `sigilo doctor`. It prints no secret and no address of a person, because people send such texts
//! to each other. Its texts are in `locales/*/doctor.ftl`; those of findings that a running server has too, in
//! `health.ftl`.

use crate::cli::arguments::ConfigArgument;
use crate::cli::doctor::findings::{Findings, because};
use crate::cli::doctor::{channels, installation, network};
use crate::cli::error::CommandError;
use crate::cli::open;
use crate::config::{Config, ConfigError};
use crate::dialogue::Profile;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::i18n::Texts;
use crate::keyfile::{self, ServerKeys, WitnessKeys};
use crate::service::operations::health::{self, Finding};

#[derive(clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    config: ConfigArgument,
    /// The language of the output: es or en. Default: the terminal's language, or English
    #[arg(long)]
    language: Option<String>,
}

pub(crate) async fn run(arguments: &Doctor) -> Result<(), CommandError> {
    let path = &arguments.config.config;
    let mut findings = Findings::new(texts(arguments.language.as_deref())?);
    match Config::read(path) {
        Ok(config) => {
            findings.take(&Finding::well(CONFIGURATION, "doctor-reads"));
            examine(&mut findings, &config).await;
        }
        Err(error) => {
            findings.take(&match error {
                // Without the error's own remedy: the text has one in the reader's language.
                ConfigError::Io { path, source } => because(
                    Finding::bad(CONFIGURATION, "doctor-configuration-gone"),
                    format!("{}: {source}", path.display()),
                ),
                error @ ConfigError::Malformed { .. } => {
                    because(Finding::bad(CONFIGURATION, "doctor-configuration-wrong"), error)
                }
            });
        }
    }
    findings.end()
}

const CONFIGURATION: &str = "doctor-configuration";

/// Returns the texts in the given language; by default in the terminal's, or in English.
fn texts(asked: Option<&str>) -> Result<Texts, CommandError> {
    let languages = open::load_languages()?;
    if let Some(asked) = asked {
        if languages.has(asked) {
            return Ok(languages.texts(Some(asked)));
        }
        let known: Vec<String> = languages.all().into_iter().map(|(code, _)| code).collect();
        return Err(CommandError::new(
            format!("--language {asked}: this program does not speak it"),
            format!("choose one of: {}", known.join(", ")),
        ));
    }
    // The first variable that is set decides, as for every program.
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
    let set = set.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let code = set.split(['_', '.', '@']).next().unwrap_or_default();
    Ok(languages.texts(Some(if languages.has(code) { code } else { "en" })))
}

async fn examine(findings: &mut Findings, config: &Config) {
    findings.take(&network::address(&config.public_url));
    if let Some(finding) = network::proxies(config) {
        findings.take(&finding);
    }
    for finding in network::certificate(config, SystemClock.now()) {
        findings.take(&finding);
    }
    let profile = findings.read("doctor-profile", "doctor-profile-wrong", Profile::load(&config.profile));
    let server = keyfile::server_keys(&config.keys);
    let server = findings.read("doctor-server-keys", "doctor-keys-wrong", server);
    let witness = keyfile::witness_keys(&config.witness.keys);
    let witness = findings.read("doctor-witness-keys", "doctor-keys-wrong", witness);
    if let (Some(server), Some(witness)) = (&server, &witness) {
        findings.take(&belong_together(server, witness));
    }
    findings.take(&authority_is_away(config));
    if let Some(server) = &server {
        for finding in channels::files(config, server).await {
            findings.take(&finding);
        }
        findings.take(&channels::whatsapp(config, server));
        findings.take(&channels::mail(config.email.as_ref(), server));
    }
    for finding in health::disks(&open::growing_folders(config), config.disk.into()) {
        findings.take(&finding);
    }
    // The witness is read before the database, so that the database already holds all that the witness has seen.
    let witnessed = installation::witness_folder(findings, config, witness.as_ref());
    findings.take(&network::listen(config, witnessed.is_running).await);
    findings.take(&network::internal(config.server.internal, witnessed.is_running).await);
    if let Some(server) = &server {
        installation::examine(findings, config, profile.as_ref(), server, witnessed.seen).await;
    }
}

/// Checks that the two key files name each other.
fn belong_together(server: &ServerKeys, witness: &WitnessKeys) -> Finding {
    const TOPIC: &str = "doctor-keys";
    let wrong = server.differs_from(witness);
    if wrong.is_empty() {
        Finding::well(TOPIC, "doctor-keys-together")
    } else {
        Finding::bad(TOPIC, "doctor-keys-apart").text("fields", wrong.join(", "))
    }
}

/// Checks that the authority's key is elsewhere: its holder decides to whom reports are sealed.
fn authority_is_away(config: &Config) -> Finding {
    const TOPIC: &str = "doctor-authority";
    let files = [&config.keys, &config.witness.keys];
    if files.iter().all(|file| keyfile::is_credential(file)) {
        return Finding::well(TOPIC, "doctor-authority-handed");
    }
    let is_here = files.iter().any(|file| file.with_file_name("authority.toml").exists());
    if is_here {
        Finding::think(TOPIC, "doctor-authority-here")
    } else {
        Finding::well(TOPIC, "doctor-authority-away")
    }
}

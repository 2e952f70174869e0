//! `sigilo doctor`: looks at all that an installation needs, changes nothing of it, and says what to do. No secret and
//! no address of a person is printed: people send such texts to each other. Its words are in `locales/*/doctor.ftl`, and
//! those of what a running server finds, too, in `health.ftl`.

mod installed;
mod reached;
mod ways;

use std::fmt::Display;

use crate::cli::{CommandError, ConfigArgument, open};
use crate::config::{Config, ConfigError};
use crate::dialogue::Profile;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::i18n::{Languages, Texts};
use crate::keyfile::{self, ServerKeys, WitnessKeys};
use crate::service::operations::health::{self, Finding, Level};

#[derive(clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    config: ConfigArgument,
    /// The language of what it says: es or en. Else the terminal's, and English where that is neither
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
            let key = match error {
                ConfigError::Io { .. } => "doctor-configuration-gone",
                ConfigError::Malformed { .. } => "doctor-configuration-wrong",
            };
            findings.take(&because(Finding::bad(CONFIGURATION, key), &error));
        }
    }
    findings.end()
}

const CONFIGURATION: &str = "doctor-configuration";

/// The language that was asked for; else the terminal's, and English where that is none of ours, as of all commands.
fn texts(asked: Option<&str>) -> Result<Texts, CommandError> {
    let languages = Languages::load()?;
    if let Some(asked) = asked {
        if languages.has(asked) {
            return Ok(languages.texts(Some(asked)));
        }
        let known: Vec<String> = languages.all().into_iter().map(|(code, _)| code).collect();
        return Err(format!("--language {asked}: there are {}", known.join(", ")).into());
    }
    // The first that is set decides, as for every program.
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
    let set = set.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let code = set.split(['_', '.', '@']).next().unwrap_or_default();
    Ok(languages.texts(Some(if languages.has(code) { code } else { "en" })))
}

/// A finding with what an error says; errors speak English, what to do about them is said in the reader's language.
fn because(finding: Finding, error: impl Display) -> Finding {
    let said = error.to_string();
    let words: Vec<&str> = said.split_whitespace().collect();
    finding.text("reason", words.join(" ").trim_end_matches('.'))
}

/// What was found, told line by line: `ok`, `warn` or `fail`, then what was looked at and what to do.
struct Findings {
    texts: Texts,
    warnings: u32,
    failures: u32,
}

impl Findings {
    const fn new(texts: Texts) -> Self {
        Self {
            texts,
            warnings: 0,
            failures: 0,
        }
    }

    fn take(&mut self, finding: &Finding) {
        let mark = match finding.level {
            Level::Well => "ok",
            Level::Think => {
                self.warnings += 1;
                "warn"
            }
            Level::Bad => {
                self.failures += 1;
                "fail"
            }
        };
        let said = finding.words(&self.texts, str::to_owned);
        let words: Vec<&str> = said.split_whitespace().collect();
        println!("{mark:<4}  {}: {}", self.texts.get(finding.topic), words.join(" "));
    }

    /// What reads; else it failed, and `wrong` says what to do.
    fn read<T, E: Display>(&mut self, topic: &'static str, wrong: &'static str, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(read) => {
                self.take(&Finding::well(topic, "doctor-reads"));
                Some(read)
            }
            Err(error) => {
                self.take(&because(Finding::bad(topic, wrong), error));
                None
            }
        }
    }

    fn end(self) -> Result<(), CommandError> {
        let counted = [("failures", self.failures.into()), ("warnings", self.warnings.into())];
        println!();
        if self.failures == 0 {
            println!("{}", self.texts.with("doctor-nothing-fails", &counted));
            return Ok(());
        }
        Err(self.texts.with("doctor-some-fail", &counted).into())
    }
}

async fn examine(findings: &mut Findings, config: &Config) {
    findings.take(&reached::address(&config.public_url));
    if let Some(finding) = reached::proxies(config) {
        findings.take(&finding);
    }
    for finding in reached::certificate(config, SystemClock.now()) {
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
        for finding in ways::files(config, server).await {
            findings.take(&finding);
        }
        findings.take(&ways::whatsapp(config, server));
        findings.take(&ways::mail(config.email.as_ref(), server));
    }
    for finding in health::disks(&open::grows(config), config.disk.into()) {
        findings.take(&finding);
    }
    // Before the database: what the witness has seen by now is in the database by then.
    let witnessed = installed::witness_folder(findings, config, witness.as_ref());
    findings.take(&reached::internal(config.server.internal, witnessed.is_running).await);
    if let Some(server) = &server {
        installed::examine(findings, config, profile.as_ref(), server, witnessed.seen).await;
    }
}

/// The two files name each other.
fn belong_together(server: &ServerKeys, witness: &WitnessKeys) -> Finding {
    const TOPIC: &str = "doctor-keys";
    let wrong = server.differs_from(witness);
    if wrong.is_empty() {
        Finding::well(TOPIC, "doctor-keys-together")
    } else {
        Finding::bad(TOPIC, "doctor-keys-apart").text("fields", wrong.join(", "))
    }
}

/// Whoever finds the authority's key on the server decides to whom reports are sealed.
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

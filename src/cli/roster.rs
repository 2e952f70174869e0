//! `sigilo roster`: proposes and publishes the signed list of people to whom reports are sealed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::error::{CommandError, cannot_read, write_file};
use crate::cli::open;
use crate::cli::terminal::print_line;
use crate::domain::ids::StaffId;
use crate::service::roster::Changes;
use crate::service::{App, Error};
use crate::vault::roster::RosterError;

#[derive(Subcommand)]
pub(crate) enum RosterCommand {
    /// Write the roster that the database describes, for the authority to review
    Propose(Box<Propose>),
    /// Publish a roster that the authority has signed
    Publish {
        /// The signed roster
        #[arg(default_value = "roster.signed")]
        file: PathBuf,
    },
}

/// Anything that is not given stays as the roster in force has it.
#[derive(clap::Args)]
pub(crate) struct Propose {
    /// The number of officers that an unseal needs
    #[arg(long)]
    quorum: Option<u8>,
    /// The least number of officers
    #[arg(long, value_name = "NUMBER")]
    minimum_officers: Option<u8>,
    /// Openings that one officer may sign in any 24 hours
    #[arg(long, value_name = "NUMBER")]
    openings_per_officer: Option<u32>,
    /// Openings of all officers in any 24 hours
    #[arg(long, value_name = "NUMBER")]
    openings_per_desk: Option<u32>,
    /// Erasures at reporters' requests in any 24 hours
    #[arg(long, value_name = "NUMBER")]
    erasures: Option<u32>,
    /// A class of purposes that needs nobody else's signed request; may come several times, and replaces the list
    #[arg(long, value_name = "CLASS")]
    alone: Option<Vec<String>>,
    /// No class may stand alone
    #[arg(long, conflicts_with = "alone")]
    none_alone: bool,
    /// Days from a case's closing until its identity is erased
    #[arg(long, value_name = "DAYS")]
    closed_days: Option<u32>,
    /// Identities that expire in any 24 hours
    #[arg(long, value_name = "NUMBER")]
    expiries: Option<u32>,
    /// A web origin of the service, such as <https://denuncias.example>; may come several times, and replaces the list
    #[arg(long = "origin", value_name = "URL")]
    origins: Option<Vec<String>>,
    /// A member and an area that they lead, as MEMBER=AREA; MEMBER= for none; may come several times
    #[arg(long = "lead", value_name = "MEMBER=AREA", value_parser = read_lead)]
    leads: Vec<(StaffId, Option<String>)>,
    /// The file to write
    #[arg(default_value = "roster.proposed")]
    file: PathBuf,
}

impl Propose {
    fn changes(&self) -> Changes {
        let mut leads: BTreeMap<StaffId, Vec<String>> = BTreeMap::new();
        for (member, area) in &self.leads {
            leads.entry(*member).or_default().extend(area.clone());
        }
        Changes {
            quorum: self.quorum,
            minimum_officers: self.minimum_officers,
            openings_per_officer: self.openings_per_officer,
            openings_per_desk: self.openings_per_desk,
            erasures: self.erasures,
            alone: self.alone.clone().or_else(|| self.none_alone.then(Vec::new)),
            closed_days: self.closed_days,
            expiries: self.expiries,
            server_origins: self.origins.clone(),
            leads: leads.into_iter().collect(),
        }
    }
}

fn read_lead(text: &str) -> Result<(StaffId, Option<String>), String> {
    let (member, area) = text.split_once('=').ok_or("expected MEMBER=AREA")?;
    let member = member
        .parse()
        .map_err(|_| "the member is no id; the overview lists them")?;
    Ok((member, (!area.is_empty()).then(|| area.to_owned())))
}

pub(crate) async fn run(config: &Path, command: &RosterCommand) -> Result<(), CommandError> {
    let (_, app) = open::read_and_open(config).await?;
    match command {
        RosterCommand::Propose(arguments) => propose(&app, arguments).await?,
        RosterCommand::Publish { file } => {
            let signed = fs::read(file).map_err(|error| {
                cannot_read(
                    file,
                    &error,
                    "`sigilo roster propose` and `sigilo authority sign` make it; name another place as the argument",
                )
            })?;
            let published = app.rosters.publish(&signed).await;
            let roster = published.map_err(|error| match error {
                Error::Unavailable(why) => CommandError::new(
                    format!("{}: not published: {why}", file.display()),
                    "publish the file that this installation's authority signed last; if there is none, begin with \
                     `sigilo roster propose`",
                ),
                Error::Invalid(why) => CommandError::new(
                    format!("{}: not published: {why}", file.display()),
                    "nothing was changed. Propose and sign another: `sigilo roster propose`",
                ),
                other => other.into(),
            })?;
            app.log.sequence().await?;
            app.log.cosign().await?;
            print_line!("Roster {} is in force.", roster.version());
        }
    }
    Ok(())
}

async fn propose(app: &App, arguments: &Propose) -> Result<(), CommandError> {
    let file = &arguments.file;
    let proposed = app.rosters.propose(&arguments.changes()).await;
    let roster = proposed.map_err(|error| match error {
        Error::Invalid(why) => not_proposed(&why.to_string()),
        other => other.into(),
    })?;
    if let Err(RosterError::Rule(broken)) = roster.check() {
        return Err(not_proposed(broken));
    }
    let published = app.rosters.current().ok();
    let difference = roster.difference(published.as_ref().map(|published| published.roster()));
    print_line!("Roster {}:", roster.version);
    for line in &difference.changes {
        print_line!("  {line}");
    }
    if !difference.lowered.is_empty() {
        print_line!("It lowers protection; the authority confirms each:");
    }
    for line in &difference.lowered {
        print_line!("  {line}");
    }
    if !difference.keys.is_empty() {
        print_line!("Key words as the database has them. Whoever signs types those of their owners' own sheets:");
    }
    for key in &difference.keys {
        print_line!("  {} ({}): {}", key.owner, key.label, key.words.words("es"));
    }
    write_file(file, roster.text().as_ref())?;
    if let Some(published) = published {
        let current = file.with_extension("current");
        write_file(&current, published.note())?;
        print_line!(
            "{} and {}: take both to the authority.",
            file.display(),
            current.display()
        );
    } else {
        print_line!("{}: take it to the authority.", file.display());
    }
    Ok(())
}

fn not_proposed(why: &str) -> CommandError {
    CommandError::new(
        format!("no roster was proposed: {why}"),
        "correct the arguments (`sigilo roster propose --help`) or the staff (`sigilo staff add`), and run it again",
    )
}

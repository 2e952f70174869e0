//! `sigilo staff`: members with keys of their own, from typed passwords.

use std::io::IsTerminal as _;
use std::path::Path;

use clap::Subcommand;
use zeroize::Zeroizing;

use crate::cli::{CommandError, open};
use crate::domain::ids::StaffId;
use crate::domain::role::Role;
use crate::service::App;
use crate::service::people::{NewMember, Sponsor};
use crate::store;
use crate::vault::roster::fingerprint;
use crate::vault::signing::VerifyKey;

#[derive(Subcommand)]
pub(crate) enum Staff {
    /// Add a member; asks for the password, or reads it as the first line of standard input
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// analyst, officer, auditor, administrator or clerk
        #[arg(long)]
        role: Role,
        /// An area of the profile; may come several times
        #[arg(long = "area", value_name = "AREA")]
        areas: Vec<String>,
        /// The language of the member's pages
        #[arg(long, default_value = "es")]
        language: String,
        /// E-mail of a member of the same areas, who hands their keys on; asks for that password too
        #[arg(long, value_name = "EMAIL")]
        sponsor: Option<String>,
    },
}

pub(crate) async fn run(config: &Path, command: &Staff) -> Result<(), CommandError> {
    let Staff::Add {
        email,
        name,
        role,
        areas,
        language,
        sponsor,
    } = command;
    let (_, app) = open::from_file(config).await?;
    let password = chosen(&format!("Password for {email} (12 characters or more): "))?;
    let sponsor_password = match sponsor {
        Some(sponsor) => Some(ask(&format!("Password of {sponsor}: "))?),
        None => None,
    };
    let sponsor = match (sponsor, &sponsor_password) {
        (Some(email), Some(password)) => Some(Sponsor { email, password }),
        _ => None,
    };
    let new = NewMember {
        email,
        name,
        role: *role,
        language,
        areas,
        password: &password,
    };
    let id = app.add_member(new, sponsor).await?;
    app.sequence().await?;
    println!("Added {email} as {role}, {id}.");
    println!("Take these lines to the authority, apart from the database: the roster must say the same.");
    for line in keys_of(&app, id, areas).await? {
        println!("  {line}");
    }
    println!("Nothing is sealed to them before a signed roster names them: sigilo roster propose");
    Ok(())
}

/// The keys of a new member and of their areas, as the authority will see them in a proposal: it cannot know otherwise
/// that nobody has exchanged them in the database meanwhile.
async fn keys_of(app: &App, id: StaffId, areas: &[String]) -> Result<Vec<String>, CommandError> {
    let mut tx = app.db.read().await?;
    let mut lines = Vec::new();
    if let Some(member) = store::staff::by_id(&mut tx, id).await? {
        let signs = fingerprint(&VerifyKey::from_slice(&member.verify_key)?);
        lines.push(format!("{id} seals to {} signs with {signs}", member.recipient));
    }
    for area in areas {
        if let Some(key) = store::roster::latest_area_key(&mut tx, area).await? {
            lines.push(format!("area {area} seals to {}", key.recipient));
        }
    }
    Ok(lines)
}

/// A new secret: at a terminal, where nobody sees what they type, it is typed twice.
fn chosen(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    let first = ask(prompt)?;
    if std::io::stdin().is_terminal() && *ask("The same again: ")? != *first {
        return Err("these were two different passwords: nothing was added. Run it again".into());
    }
    Ok(first)
}

/// A typed secret: hidden at a terminal, else a line of standard input.
pub(crate) fn ask(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    if std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password(prompt)?));
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line)?;
    let typed = line.trim_end_matches(['\r', '\n']);
    Ok(Zeroizing::new(typed.to_owned()))
}

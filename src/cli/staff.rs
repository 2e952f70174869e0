//! `sigilo staff`: members with keys of their own, from typed passwords, and the end of their accounts.

use std::io::IsTerminal as _;
use std::path::Path;

use clap::Subcommand;
use zeroize::Zeroizing;

use crate::cli::{CommandError, open};
use crate::domain::ids::StaffId;
use crate::domain::role::Role;
use crate::service::App;
use crate::service::people::leaving::{LeftArea, Then};
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
    /// End a member's account and sessions at once, also while the server runs
    Leave {
        /// Their e-mail
        email: String,
        /// E-mail of a colleague of the same areas, who makes new keys for them; asks for their password; may come several
        /// times
        #[arg(long = "sponsor", value_name = "EMAIL")]
        sponsors: Vec<String>,
        /// Without asking once more
        #[arg(long)]
        yes: bool,
    },
    /// Give an area a new key, also while the server runs: after somebody has left, or where the old one may be known
    NewKey {
        #[arg(long)]
        area: String,
        /// E-mail of a member of the area; asks for the password
        #[arg(long, value_name = "EMAIL")]
        sponsor: String,
    },
}

pub(crate) async fn run(config: &Path, command: &Staff) -> Result<(), CommandError> {
    match command {
        Staff::Add {
            email,
            name,
            role,
            areas,
            language,
            sponsor,
        } => {
            let new = NewMember {
                email,
                name,
                role: *role,
                language,
                areas,
                password: "",
            };
            add(config, new, sponsor.as_deref()).await
        }
        Staff::Leave { email, sponsors, yes } => leave(config, email, sponsors, *yes).await,
        Staff::NewKey { area, sponsor } => new_key(config, area, sponsor).await,
    }
}

async fn add(config: &Path, new: NewMember<'_>, sponsor: Option<&str>) -> Result<(), CommandError> {
    let (_, app) = open::from_file(config).await?;
    let (email, role, areas) = (new.email, new.role, new.areas);
    let password = chosen(&format!("Password for {email} (12 characters or more): "))?;
    let sponsors = passwords(sponsor)?;
    let sponsor = sponsors.first().map(Typed::sponsor);
    let new = NewMember {
        password: &password,
        ..new
    };
    let id = app.people.add_member(new, sponsor).await?;
    app.log.sequence().await?;
    println!("Added {email} as {role}, {id}.");
    println!("Take these lines to the authority, apart from the database: the roster must say the same.");
    for line in keys_of(&app, id, areas).await? {
        println!("  {line}");
    }
    println!("Nothing is sealed to them before a signed roster names them: sigilo roster propose");
    Ok(())
}

async fn leave(config: &Path, email: &str, sponsors: &[String], yes: bool) -> Result<(), CommandError> {
    let app = open::maybe_beside(config).await?;
    if !yes {
        println!("{email} signs in no more, from now on and for good; what they typed and did not send goes.");
        if !super::agreed("End this account?")? {
            return Err("nothing was changed".into());
        }
    }
    let typed = passwords(sponsors.iter().map(String::as_str))?;
    let sponsors: Vec<Sponsor<'_>> = typed.iter().map(Typed::sponsor).collect();
    let (id, areas) = app.people.member_leaves(email, &sponsors).await?;
    app.log.sequence().await?;
    println!("The account of {email}, {id}, has ended.");
    for LeftArea { area, then } in &areas {
        match then {
            Then::Renewed(recipient) => {
                println!("New key, for the authority to compare: area {area} seals to {recipient}");
            }
            Then::Held => println!(
                "{area}: they may have kept a copy of its key. Let a colleague make another: sigilo staff new-key --area {area} \
                 --sponsor …"
            ),
            Then::Deserted => println!(
                "{area}: NOBODY ELSE CAN READ WHAT IS SEALED TO IT. Add a member, who makes a new key: sigilo staff add --area \
                 {area} …"
            ),
        }
    }
    println!(
        "Until a roster without them is signed and published, reports are sealed to the old keys. Today: sigilo roster \
         propose, sigilo authority sign, sigilo roster publish"
    );
    Ok(())
}

async fn new_key(config: &Path, area: &str, sponsor: &str) -> Result<(), CommandError> {
    let app = open::maybe_beside(config).await?;
    let typed = Typed::ask(sponsor)?;
    let recipient = app.people.renew_area_key(area, typed.sponsor()).await?;
    app.log.sequence().await?;
    println!("New key, for the authority to compare: area {area} seals to {recipient}");
    println!("It is used once a signed roster names it: sigilo roster propose");
    Ok(())
}

/// A member of an area and the password that they typed.
struct Typed<'a> {
    email: &'a str,
    password: Zeroizing<String>,
}

impl<'a> Typed<'a> {
    fn ask(email: &'a str) -> Result<Self, CommandError> {
        let password = ask(&format!("Password of {email}: "))?;
        Ok(Self { email, password })
    }

    fn sponsor(&self) -> Sponsor<'_> {
        Sponsor {
            email: self.email,
            password: &self.password,
        }
    }
}

/// Asks each for their password.
fn passwords<'a>(emails: impl IntoIterator<Item = &'a str>) -> Result<Vec<Typed<'a>>, CommandError> {
    emails.into_iter().map(Typed::ask).collect()
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

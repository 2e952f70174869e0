//! `sigilo staff`: members with keys of their own, from typed passwords, and the end of their accounts.

use std::path::Path;

use clap::Subcommand;
use zeroize::Zeroizing;

use crate::cli::error::CommandError;
use crate::cli::open;
use crate::cli::terminal::{ask_secret, choose_secret, confirm, print_line};
use crate::domain::email;
use crate::domain::ids::StaffId;
use crate::domain::role::Role;
use crate::service::people::leaving::{LeftArea, Then};
use crate::service::people::{MemberError, NewMember, Sponsor};
use crate::service::{self, App};
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
        /// E-mail of a member of the same areas, who hands on their keys; asks for that password too
        #[arg(long, value_name = "EMAIL")]
        sponsor: Option<String>,
    },
    /// End a member's account and sessions at once, also while the server runs
    Leave {
        /// Their e-mail
        email: String,
        /// E-mail of a colleague of the same areas, who makes new keys for them; asks for their password; may come
        /// several times
        #[arg(long = "sponsor", value_name = "EMAIL")]
        sponsors: Vec<String>,
        /// End the account without asking
        #[arg(long)]
        yes: bool,
    },
    /// Give an area a new key, also while the server runs: after a departure, or if the old key may be known
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
    let (_, app) = open::read_and_open(config).await?;
    let (email, role, areas) = (new.email, new.role, new.areas);
    check_arguments(&app, &new)?;
    let password = choose_secret(&format!("Password for {email} (12 characters or more): "))?;
    let sponsors = passwords(sponsor)?;
    let sponsor_email = sponsor.unwrap_or_default();
    let sponsor = sponsors.first().map(Typed::sponsor);
    let new = NewMember {
        password: &password,
        ..new
    };
    let added = app.people.add_member(new, sponsor).await;
    let id = added.map_err(|error| match error {
        MemberError::EmailTaken => CommandError::new(
            format!("--email {email}: a member with this address works here already"),
            format!("choose another address, or end that account first: sigilo staff leave {email}"),
        ),
        MemberError::Invalid(why) => CommandError::new(format!("{email} was not added: {why}"), ADD_HELP),
        MemberError::SponsorRefused => refuse_sponsor(sponsor_email),
        MemberError::Service(error) => error.into(),
    })?;
    app.log.sequence().await?;
    print_line!("Added {email} as {role}, {id}.");
    print_line!("Take these lines to the authority, apart from the database: the roster must say the same.");
    for line in keys_of(&app, id, areas).await? {
        print_line!("  {line}");
    }
    print_line!("Nothing is sealed to them before a signed roster names them: sigilo roster propose");
    Ok(())
}

async fn leave(config: &Path, email: &str, sponsors: &[String], yes: bool) -> Result<(), CommandError> {
    let app = open::open_with_or_without_server(config).await?;
    if !yes {
        print_line!("{email} signs in no more, from now on and for good; what they typed and did not send goes.");
        if !confirm("End this account?")? {
            return Err(CommandError::new(
                "nothing was changed",
                "type yes to end the account, or give --yes",
            ));
        }
    }
    let typed = passwords(sponsors.iter().map(String::as_str))?;
    let sponsors: Vec<Sponsor<'_>> = typed.iter().map(Typed::sponsor).collect();
    let left = app.people.member_leaves(email, &sponsors).await;
    let (id, areas) = left.map_err(|error| match error {
        MemberError::Invalid(_) | MemberError::EmailTaken => CommandError::new(
            format!("{email}: {error}"),
            "nothing was changed. Check the e-mail addresses; the administrator's overview lists who works here",
        ),
        MemberError::SponsorRefused => {
            refuse_sponsor(&typed.iter().map(|typed| typed.email).collect::<Vec<_>>().join(", "))
        }
        MemberError::Service(error) => error.into(),
    })?;
    app.log.sequence().await?;
    print_line!("The account of {email}, {id}, has ended.");
    for LeftArea { area, then } in &areas {
        match then {
            Then::Renewed(recipient) => {
                print_line!("New key, for the authority to compare: area {area} seals to {recipient}");
            }
            Then::Held => print_line!(
                "{area}: they may have kept a copy of its key. Let a colleague make another: sigilo staff new-key --area {area} \
                 --sponsor …"
            ),
            Then::Deserted => print_line!(
                "{area}: NOBODY ELSE CAN READ WHAT IS SEALED TO IT. Add a member, who makes a new key: sigilo staff add --area \
                 {area} …"
            ),
        }
    }
    print_line!(
        "Until a roster without them is signed and published, reports are sealed to the old keys. Today: sigilo roster \
         propose, sigilo authority sign, sigilo roster publish"
    );
    Ok(())
}

async fn new_key(config: &Path, area: &str, sponsor: &str) -> Result<(), CommandError> {
    let app = open::open_with_or_without_server(config).await?;
    check_area(&app, area)?;
    let typed = Typed::ask(sponsor)?;
    let renewed = app.people.renew_area_key(area, typed.sponsor()).await;
    let recipient = renewed.map_err(|error| match error {
        MemberError::Invalid(_) | MemberError::EmailTaken => CommandError::new(
            format!("area {area} got no new key: {error}"),
            "name a member of that area who is in the signed roster",
        ),
        MemberError::SponsorRefused => refuse_sponsor(sponsor),
        MemberError::Service(error) => error.into(),
    })?;
    app.log.sequence().await?;
    print_line!("New key, for the authority to compare: area {area} seals to {recipient}");
    print_line!("It is used once a signed roster names it: sigilo roster propose");
    Ok(())
}

const ADD_HELP: &str = "correct the arguments (`sigilo staff add --help`), and run it again";

/// Checks what the profile must know, so that the error lists what there is.
fn check_arguments(app: &App, new: &NewMember<'_>) -> Result<(), CommandError> {
    if email::normalize(new.email).is_none() {
        return Err(CommandError::new(
            format!("--email {}: this is no e-mail address", new.email),
            "write it like analista@iess.example",
        ));
    }
    let profile = app.profile();
    if !profile.languages.iter().any(|known| known == new.language) {
        return Err(CommandError::new(
            format!("--language {}: the profile does not have it", new.language),
            format!("choose one of: {}", profile.languages.join(", ")),
        ));
    }
    new.areas.iter().try_for_each(|area| check_area(app, area))
}

fn check_area(app: &App, area: &str) -> Result<(), CommandError> {
    let profile = app.profile();
    if profile.area(area).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = profile.areas.iter().map(|area| area.id.as_str()).collect();
    Err(CommandError::new(
        format!("--area {area}: the profile has no such area"),
        format!("choose one of: {}", known.join(", ")),
    ))
}

/// Explains the refusal of a sponsor, who is named by their e-mail.
fn refuse_sponsor(sponsor: &str) -> CommandError {
    CommandError::new(
        format!("--sponsor {sponsor}: no active member has this e-mail and this password"),
        "nothing was changed. Check the address, and let the sponsor type their own password",
    )
}

/// A member of an area, and the password that they typed.
struct Typed<'a> {
    email: &'a str,
    password: Zeroizing<String>,
}

impl<'a> Typed<'a> {
    fn ask(email: &'a str) -> Result<Self, CommandError> {
        let password = ask_secret(&format!("Password of {email}: "))?;
        Ok(Self { email, password })
    }

    fn sponsor(&self) -> Sponsor<'_> {
        Sponsor {
            email: self.email,
            password: &self.password,
        }
    }
}

/// Asks each member for their password.
fn passwords<'a>(emails: impl IntoIterator<Item = &'a str>) -> Result<Vec<Typed<'a>>, CommandError> {
    emails.into_iter().map(Typed::ask).collect()
}

/// Describes the keys of a new member and of their areas, as a proposal will name them. The authority compares both: only so
/// it knows that they were not exchanged in the database.
async fn keys_of(app: &App, id: StaffId, areas: &[String]) -> service::Result<Vec<String>> {
    let mut tx = app.db().read().await?;
    let mut lines = Vec::new();
    if let Some(member) = store::staff::by_id(&mut tx, id).await? {
        let verify_key = VerifyKey::from_slice(&member.verify_key)
            .map_err(|_| service::Error::Internal(format!("the verify key of {id} in the database is none")))?;
        let signs = fingerprint(&verify_key);
        lines.push(format!("{id} seals to {} signs with {signs}", member.recipient));
    }
    for area in areas {
        if let Some(key) = store::roster::latest_area_key(&mut tx, area).await? {
            lines.push(format!("area {area} seals to {}", key.recipient));
        }
    }
    Ok(lines)
}

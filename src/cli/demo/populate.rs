//! Fills the demo: keys, accounts, a signed roster, and the cases of the last weeks.

use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};

use crate::cli::demo::accounts::{ACCOUNTS, PASSWORD};
use crate::cli::demo::error::DemoError;
use crate::cli::demo::reporter;
use crate::cli::demo::staff_client::StaffClient;
use crate::cli::demo::stories::{Event, LATER, LaterEvent, STORIES};
use crate::cli::open::{self, Storage};
use crate::config::Config;
use crate::domain::clock::{Clock as _, FixedClock, SystemClock};
use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::role::Role;
use crate::keyfile::{self, KeyFile, WhatsappKeys};
use crate::service::App;
use crate::service::people::{NewMember, Sponsor};
use crate::service::roster::Changes;
use crate::witness::core::Core;
use crate::witness::in_process::InProcess;

/// Seconds.
const HOUR: i64 = 3600;
/// Seconds.
const DAY: i64 = 24 * HOUR;

/// Makes keys, accounts, a signed roster and the cases of the last weeks. Returns one receipt to try.
pub(super) async fn populate(config: &Config, folder: &Path, whatsapp: WhatsappKeys) -> Result<String, DemoError> {
    let mut rng = StdRng::try_from_rng(&mut SysRng)?;
    let [mut server, witness, authority] = KeyFile::fresh(InstanceId::random(&mut rng), &mut rng);
    if let Some(server) = &mut server.server {
        server.whatsapp = Some(whatsapp);
    }
    server.create(&config.keys)?;
    witness.create(&config.witness.keys)?;
    let authority_file = folder.join("authority.toml");
    authority.create(&authority_file)?;
    let authority = keyfile::authority_keys(&authority_file)?;

    let now = SystemClock.now();
    let clock = Arc::new(FixedClock::new(now - 40 * DAY));
    let keys = keyfile::witness_keys(&config.witness.keys)?;
    let core = Core::init(&config.witness.folder, open::core_keys(&keys), None, clock.clone())?;
    let app = open::assemble_app(
        config,
        &keys,
        Arc::new(InProcess::new(core)),
        clock.clone(),
        Storage::Create,
    )
    .await?;
    app.operations.install().await?;
    for account in &ACCOUNTS {
        let areas: Vec<String> = account.areas.iter().map(|area| (*area).to_owned()).collect();
        let new = NewMember {
            email: account.email,
            name: account.name,
            role: account.role,
            language: "es",
            areas: &areas,
            password: PASSWORD,
        };
        // An area with a member needs a sponsor: the first analyst sponsors the second.
        let first = Sponsor {
            email: ACCOUNTS[0].email,
            password: PASSWORD,
        };
        let is_second = account.role == Role::Analyst && account.email != first.email;
        app.people.add_member(new, is_second.then_some(first)).await?;
    }
    let signed = app.rosters.propose(&Changes::default()).await?;
    let signed = signed.sign(&authority.signing.signing_key())?;
    app.rosters.publish(&signed).await?;
    let receipt = file_stories(&app, &clock, now).await?;
    app.log.sequence().await?;
    app.log.cosign().await?;
    app.db.close().await;
    Ok(receipt)
}

/// Files the invented reports, each on its own day, and performs the work of staff on them.
async fn file_stories(app: &App, clock: &FixedClock, now: i64) -> Result<String, DemoError> {
    let clients = StaffClients::sign_in(app).await?;
    let mut filed: Vec<Filed> = Vec::new();
    let mut receipt = String::new();
    let mut later = LATER.iter().peekable();
    for (index, story) in STORIES.iter().enumerate() {
        while let Some(next) = later.next_if(|next| next.days_ago > story.days_ago) {
            clients.perform(app, clock, (now, next), &filed).await?;
        }
        clock.set(now - story.days_ago * DAY);
        let (case, words) = reporter::file_report(app, story, index).await?;
        clock.advance(HOUR);
        for action in story.work {
            clock.advance(HOUR);
            if let Some(analyst) = clients.analysts_of(app, case).await?.first() {
                analyst.perform_analyst_action(app, case, action).await?;
            }
        }
        if story.receipt_to_try {
            receipt.clone_from(&words);
        }
        filed.push(Filed {
            days_ago: story.days_ago,
            case,
            words,
        });
    }
    for next in later {
        clients.perform(app, clock, (now, next), &filed).await?;
    }
    clock.set(now);
    Ok(receipt)
}

/// A report that was filed, and its receipt.
struct Filed {
    days_ago: i64,
    case: CaseId,
    words: String,
}

/// The signed-in members of staff who work on cases.
struct StaffClients {
    analysts: Vec<StaffClient>,
    officer: StaffClient,
}

impl StaffClients {
    async fn sign_in(app: &App) -> Result<Self, DemoError> {
        let (mut analysts, mut officer) = (Vec::new(), None);
        for account in &ACCOUNTS {
            match account.role {
                Role::Analyst => analysts.push(StaffClient::sign_in(app, account.email, PASSWORD).await?),
                Role::Officer => officer = Some(StaffClient::sign_in(app, account.email, PASSWORD).await?),
                _ => {}
            }
        }
        let officer = officer.ok_or("the demo has no officer")?;
        Ok(Self { analysts, officer })
    }

    /// The analysts whose case it is.
    async fn analysts_of(&self, app: &App, case: CaseId) -> Result<Vec<&StaffClient>, DemoError> {
        let mut clients = Vec::new();
        for client in &self.analysts {
            if client.works_on(app, case).await? {
                clients.push(client);
            }
        }
        Ok(clients)
    }

    async fn perform(
        &self,
        app: &App,
        clock: &FixedClock,
        (now, next): (i64, &LaterEvent),
        filed: &[Filed],
    ) -> Result<(), DemoError> {
        let of = filed.iter().find(|filed| filed.days_ago == next.of);
        let Filed { case, words, .. } = of.ok_or("a day without a report")?;
        // The event comes some time after the day's report, and after earlier events of the same day.
        let day = now - next.days_ago * DAY + 6 * HOUR;
        clock.set(day.max(clock.now() + HOUR / 4));
        let analysts = self.analysts_of(app, *case).await?;
        match &next.event {
            Event::Analyst(action) => {
                let analyst = analysts.first().ok_or("no analyst has this case")?;
                analyst.perform_analyst_action(app, *case, action).await
            }
            Event::LastAnalyst(action) => {
                let analyst = analysts.last().ok_or("no analyst has this case")?;
                analyst.perform_analyst_action(app, *case, action).await
            }
            Event::Officer(action) => self.officer.perform_officer_action(app, *case, action).await,
            Event::Reporter(request) => request.submit(app, words).await,
        }
    }
}

//! `sigilo demo`: a whole Sigilo to try, with fresh keys, an account of each role and invented cases. Everything is
//! gone when it stops.

mod desk;
mod hands;
mod stories;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};
use sigilo_standins::meta;
use tokio::net::TcpListener;

use self::hands::Hand;
use self::stories::{Event, Later};
use crate::cli::{CommandError, open, serve};
use crate::config::{
    Config, DEFAULT_MESSAGES_PER_SECOND, DiskConfig, EmailConfig, Encryption, FilesConfig, LimitsConfig, ServerConfig,
    WhatsappConfig, WitnessConfig,
};
use crate::domain::clock::{Clock as _, FixedClock, SystemClock};
use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::role::Role;
use crate::http::router;
use crate::keyfile::{self, KeyFile, WhatsappKeys};
use crate::service::App;
use crate::service::people::{NewMember, Sponsor};
use crate::witness::core::Core;
use crate::witness::in_process::InProcess;

/// The password of every account of the demo.
const PASSWORD: &str = "sigilo de prueba";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

struct Account {
    email: &'static str,
    name: &'static str,
    role: Role,
    areas: &'static [&'static str],
    what: &'static str,
}

const ACCOUNTS: [Account; 6] = [
    Account {
        email: "analista@demo.test",
        name: "Analista de prueba",
        role: Role::Analyst,
        areas: &["transparencia", "farmacia-y-abastecimiento", "gestion-medica"],
        what: "denuncias, medicines, waiting: works cases, cannot see identities",
    },
    Account {
        email: "analista2@demo.test",
        name: "Segunda analista de prueba",
        role: Role::Analyst,
        areas: &["servicio-al-usuario", "gestion-medica", "prestaciones"],
        what: "quejas: shares only the waiting with the first one",
    },
    Account {
        email: "oficial@demo.test",
        name: "Oficial de prueba",
        role: Role::Officer,
        areas: &["mesa-de-identidad"],
        what: "unseals identities, under audit; cannot read the stories",
    },
    Account {
        email: "auditora@demo.test",
        name: "Auditora de prueba",
        role: Role::Auditor,
        areas: &[],
        what: "reads and verifies the log",
    },
    Account {
        email: "admin@demo.test",
        name: "Administrador de prueba",
        role: Role::Administrator,
        areas: &[],
        what: "sees staff, areas, health; reads nothing sealed",
    },
    Account {
        email: "ventanilla@demo.test",
        name: "Ventanilla de prueba",
        role: Role::Clerk,
        areas: &[],
        what: "files for people at the counter or by phone; reads nothing afterwards",
    },
];

#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Where to listen; only on this machine, because its cookies need HTTPS elsewhere
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The profile to show
    #[arg(long, default_value = "profiles/iess.toml")]
    profile: PathBuf,
    /// Where the database and keys of the demo lie until it stops; a folder that is not there yet
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The port of a page that looks like a phone and talks with the demo by WhatsApp, with nobody but this program in
    /// between; any other where it is taken
    #[arg(long, default_value_t = 8081)]
    phone: u16,
    /// The port of a mail catcher on this machine, such as 1025: notices and summaries are sent there
    #[arg(long)]
    mail: Option<u16>,
}

/// Takes the folder away again, also after an error.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("sigilo: {} could not be removed: {error}", self.0.display());
        }
    }
}

pub(crate) async fn run(arguments: &Demo) -> Result<(), CommandError> {
    let folder = arguments.folder.clone();
    let path = folder.unwrap_or_else(|| std::env::temp_dir().join(format!("sigilo-demo-{}", std::process::id())));
    fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let folder = Folder(path);
    let listener = TcpListener::bind(arguments.listen)
        .await
        .map_err(|error| format!("{}: {error}; choose another with --listen", arguments.listen))?;
    let address = listener.local_addr()?;
    let phone = phone(arguments.phone).await?;
    let settings = meta_settings(0);
    let config = Config {
        listen: address,
        public_url: format!("http://localhost:{}", address.port()),
        database: format!("sqlite:{}", folder.0.join("sigilo.sqlite").display()),
        profile: arguments.profile.clone(),
        keys: folder.0.join("keys.toml"),
        witness: WitnessConfig {
            keys: folder.0.join("witness.toml"),
            folder: folder.0.join("witness"),
        },
        files: FilesConfig {
            folder: folder.0.join("files"),
            ..FilesConfig::default()
        },
        server: ServerConfig::default(),
        limits: LimitsConfig::default(),
        disk: DiskConfig::default(),
        leave_to: "https://www.google.com/".into(),
        whatsapp: Some(WhatsappConfig {
            phone_number_id: settings.phone_number_id,
            // It may be somebody's.
            number: None,
            base_url: phone.base_url(),
            api_version: settings.api_version,
            media_hosts: vec![phone.media_host()],
            messages_per_second: DEFAULT_MESSAGES_PER_SECOND,
            news_template: Some(TEMPLATE.into()),
        }),
        email: arguments.mail.map(|port| EmailConfig {
            from: "Sigilo <no-responder@demo.test>".into(),
            host: "localhost".into(),
            port: Some(port),
            encryption: Encryption::None,
        }),
    };
    let receipt = Box::pin(furnish(&config, &folder.0)).await?;
    let app = open::app(&config, Arc::new(SystemClock)).await?;
    let (site, channels) = open::site(&config, app)?;
    let site = Arc::new(site);
    println!("{}", table(&config.public_url, &phone.base_url(), &receipt));
    let webhook = format!("http://{address}/webhooks/whatsapp");
    // It asks whether the webhook is ours once we serve.
    let subscribing = tokio::spawn(async move {
        match phone.subscribe(&webhook).await {
            Ok(()) => std::future::pending().await,
            Err(error) => eprintln!("sigilo: the phone page cannot reach the demo: {error}"),
        }
    });
    let pages = router(site.clone());
    let served = serve::serve(site, channels, listener, pages, None, serve::stopped()?).await;
    subscribing.abort();
    served
}

/// The approved words for news.
const TEMPLATE: &str = "novedades";

fn meta_settings(port: u16) -> meta::Settings {
    meta::Settings {
        port,
        ..meta::Settings::synthetic(Arc::new(|| SystemClock.now()))
    }
}

/// What stands in Meta's place, with its page.
async fn phone(port: u16) -> Result<meta::Meta, CommandError> {
    let phone = match meta::Meta::start(meta_settings(port)).await {
        Ok(phone) => phone,
        Err(_) => meta::Meta::start(meta_settings(0)).await?,
    };
    for language in ["es", "en"] {
        phone.approve_template(TEMPLATE, language);
    }
    Ok(phone)
}

/// Makes keys, accounts, a signed roster and the cases of the last weeks. Returns a receipt to try.
async fn furnish(config: &Config, folder: &Path) -> Result<String, CommandError> {
    let mut rng = StdRng::try_from_rng(&mut SysRng)?;
    let [mut server, witness, authority] = KeyFile::fresh(InstanceId::random(&mut rng), &mut rng);
    let settings = meta_settings(0);
    if let Some(server) = &mut server.server {
        server.whatsapp = Some(WhatsappKeys {
            app_secret: settings.app_secret.into(),
            verify_token: settings.verify_token.into(),
            access_token: settings.access_token.into(),
        });
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
    let app = open::app_with(config, Arc::new(InProcess::new(core)), clock.clone()).await?;
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
        // Into an area that has somebody, the first analyst lets the second.
        let first = Sponsor {
            email: ACCOUNTS[0].email,
            password: PASSWORD,
        };
        let is_second = account.role == Role::Analyst && account.email != first.email;
        app.people.add_member(new, is_second.then_some(first)).await?;
    }
    let signed = app.rosters.propose(1).await?.sign(&authority.signing.signing_key())?;
    app.rosters.publish(&signed).await?;
    let receipt = invent(&app, &clock, now).await?;
    app.log.sequence().await?;
    app.log.cosign().await?;
    app.db.close().await;
    Ok(receipt)
}

/// Files the invented reports, each on its day, and lets everybody work on some.
async fn invent(app: &App, clock: &FixedClock, now: i64) -> Result<String, CommandError> {
    let people = People::of(app).await?;
    let mut filed: Vec<Filed> = Vec::new();
    let mut receipt = String::new();
    let mut later = stories::LATER.iter().peekable();
    for (index, story) in stories::STORIES.iter().enumerate() {
        while let Some(next) = later.next_if(|next| next.days_ago > story.days_ago) {
            people.come_to(app, clock, now, next, &filed).await?;
        }
        clock.set(now - story.days_ago * DAY);
        let (case, words) = stories::file(app, story, index).await?;
        clock.advance(HOUR);
        for step in story.work {
            clock.advance(HOUR);
            if let Some(hand) = people.of_area(app, case).await?.first() {
                hand.does(app, case, step).await?;
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
        people.come_to(app, clock, now, next, &filed).await?;
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

/// Those of the demo who work on cases.
struct People {
    analysts: Vec<Hand>,
    officer: Hand,
}

impl People {
    async fn of(app: &App) -> Result<Self, CommandError> {
        let (mut analysts, mut officer) = (Vec::new(), None);
        for account in &ACCOUNTS {
            match account.role {
                Role::Analyst => analysts.push(Hand::of(app, account.email, PASSWORD).await?),
                Role::Officer => officer = Some(Hand::of(app, account.email, PASSWORD).await?),
                _ => {}
            }
        }
        let officer = officer.ok_or("the demo has no officer")?;
        Ok(Self { analysts, officer })
    }

    /// The analysts whose case it is.
    async fn of_area(&self, app: &App, case: CaseId) -> Result<Vec<&Hand>, CommandError> {
        let mut hands = Vec::new();
        for hand in &self.analysts {
            if hand.works_on(app, case).await? {
                hands.push(hand);
            }
        }
        Ok(hands)
    }

    async fn come_to(
        &self,
        app: &App,
        clock: &FixedClock,
        now: i64,
        next: &Later,
        filed: &[Filed],
    ) -> Result<(), CommandError> {
        let of = filed.iter().find(|filed| filed.days_ago == next.of);
        let Filed { case, words, .. } = of.ok_or("a day without a report")?;
        // A while after the report of the day, and what came before it on the same day.
        let day = now - next.days_ago * DAY + 6 * HOUR;
        clock.set(day.max(clock.now() + HOUR / 4));
        let analysts = self.of_area(app, *case).await?;
        match &next.event {
            Event::Analyst(step) => analysts.first().ok_or("nobody's case")?.does(app, *case, step).await,
            Event::LastAnalyst(step) => analysts.last().ok_or("nobody's case")?.does(app, *case, step).await,
            Event::Officer(act) => self.officer.acts(app, *case, act).await,
            Event::Reporter(wish) => wish.asked(app, words).await,
        }
    }
}

fn table(url: &str, phone: &str, receipt: &str) -> String {
    let mut text = format!(
        "\nSigilo, a demo with invented cases. Everything in it is gone when you stop it (Ctrl-C).\n\n  \
         {url}/               report, as somebody would on a phone\n  \
         {phone}/               the same by WhatsApp, on a page that looks like a phone\n  \
         {url}/follow-up      come back with a receipt, for example:\n      {receipt}\n  \
         {url}/staff/sign-in  staff; the password is always: {PASSWORD}\n\n"
    );
    text.extend(ACCOUNTS.iter().map(|account| {
        format!(
            "      {:<22} {:<14} {}\n",
            account.email,
            account.role.as_str(),
            account.what
        )
    }));
    text + "\nUse it under localhost: anywhere else browsers want HTTPS for its cookies and keys.\n"
}

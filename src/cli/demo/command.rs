//! `sigilo demo`: arguments, configuration, and the table of addresses that it prints.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sigilo_standins::meta;
use tokio::net::TcpListener;

use crate::cli::demo::accounts::{ACCOUNTS, PASSWORD};
use crate::cli::demo::error::DemoError;
use crate::cli::demo::folder::Folder;
use crate::cli::demo::populate::populate;
use crate::cli::error::{CommandError, bind_error};
use crate::cli::open;
use crate::cli::server::{serve, stop_signal};
use crate::cli::terminal::{print_error_line, print_line};
use crate::config::{
    Config, DEFAULT_MESSAGES_PER_SECOND, DiskConfig, EmailConfig, Encryption, FilesConfig, LimitsConfig, ServerConfig,
    WhatsappConfig, WitnessConfig,
};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::http::router;
use crate::keyfile::WhatsappKeys;

#[derive(clap::Args)]
pub(crate) struct Demo {
    /// The address to listen on; use this machine only, because cookies need HTTPS elsewhere
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The profile to show
    #[arg(long, default_value = "profiles/iess.toml")]
    profile: PathBuf,
    /// A folder that keeps the demo: a new or an empty one gets a new demo, and the same command starts it again later,
    /// with its cases, accounts and keys
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The port of a page that looks like a phone and reports by WhatsApp, without leaving this machine; if it is taken,
    /// another is chosen
    #[arg(long, default_value_t = 8081)]
    phone: u16,
    /// The port of a mail catcher on this machine, such as 1025, for notices and summaries
    #[arg(long)]
    mail: Option<u16>,
}

pub(crate) async fn run(arguments: &Demo) -> Result<(), CommandError> {
    let mut stop = Box::pin(stop_signal()?);
    let mut folder = match &arguments.folder {
        Some(path) => Folder::open(path)?,
        None => Folder::temporary()?,
    };
    let listener = TcpListener::bind(arguments.listen).await;
    let listener = listener.map_err(|error| bind_error("--listen", arguments.listen, &error))?;
    let address = listener.local_addr().unwrap_or(arguments.listen);
    let phone = start_phone(arguments.phone).await?;
    let config = configuration(arguments, folder.path(), address, &phone);
    let receipt = if let Some(receipt) = folder.receipt() {
        receipt.to_owned()
    } else {
        tokio::select! {
            receipt = make(&config, folder.path()) => receipt?,
            // The folder is removed: it holds half a demo.
            () = &mut stop => return Ok(()),
        }
    };
    if arguments.folder.is_some() && !folder.is_kept() {
        folder.keep(&receipt)?;
    }
    let app = open::open_app(&config, Arc::new(SystemClock)).await?;
    let (site, channels) = open::build_site(&config, app)?;
    let site = Arc::new(site);
    print_line!(
        "{}",
        describe_addresses(&config.public_url, &phone.base_url(), &folder, &receipt)
    );
    let webhook = format!("http://{address}/webhooks/whatsapp");
    let is_stopping = Arc::new(AtomicBool::new(false));
    let stop = {
        let is_stopping = is_stopping.clone();
        async move {
            stop.await;
            is_stopping.store(true, Ordering::SeqCst);
        }
    };
    // The stand-in asks the webhook for its token once we serve.
    let subscribing = tokio::spawn(async move {
        match phone.subscribe(&webhook).await {
            Ok(()) => std::future::pending().await,
            Err(_) if is_stopping.load(Ordering::SeqCst) => {}
            Err(error) => print_error_line!("sigilo: the phone page cannot reach the demo: {error}"),
        }
    });
    let pages = router(site.clone());
    let served = serve(site, channels, listener, pages, None, stop).await;
    subscribing.abort();
    served
}

/// Makes a new demo in a folder. Returns one receipt to try.
async fn make(config: &Config, folder: &Path) -> Result<String, CommandError> {
    let settings = meta_settings(0);
    let whatsapp = WhatsappKeys {
        app_secret: settings.app_secret.into(),
        verify_token: settings.verify_token.into(),
        access_token: settings.access_token.into(),
    };
    Box::pin(populate(config, folder, whatsapp)).await.map_err(explain)
}

/// Explains why the demo could not be filled.
fn explain(error: DemoError) -> CommandError {
    match error.downcast::<CommandError>() {
        Ok(error) => *error,
        Err(error) => CommandError::new(
            format!("the demo could not be filled with its invented cases: {error}"),
            "leave --profile out: the cases fit profiles/iess.toml. If it stays, report this text",
        ),
    }
}

/// Builds the configuration of a demo in a folder.
fn configuration(arguments: &Demo, folder: &Path, listen: SocketAddr, phone: &meta::Meta) -> Config {
    let settings = meta_settings(0);
    Config {
        listen,
        public_url: format!("http://localhost:{}", listen.port()),
        database: format!("sqlite:{}", folder.join("sigilo.sqlite").display()),
        profile: arguments.profile.clone(),
        keys: folder.join("keys.toml"),
        witness: WitnessConfig {
            keys: folder.join("witness.toml"),
            folder: folder.join("witness"),
        },
        files: FilesConfig {
            folder: folder.join("files"),
            ..FilesConfig::default()
        },
        server: ServerConfig::default(),
        limits: LimitsConfig::default(),
        disk: DiskConfig::default(),
        leave_to: "https://www.google.com/".into(),
        whatsapp: Some(WhatsappConfig {
            phone_number_id: settings.phone_number_id,
            // No number is shown, because it may be a real person's.
            number: None,
            base_url: phone.base_url(),
            api_version: settings.api_version,
            media_hosts: vec![phone.media_host()],
            messages_per_second: DEFAULT_MESSAGES_PER_SECOND,
            news_template: Some(NEWS_TEMPLATE.into()),
        }),
        email: arguments.mail.map(|port| EmailConfig {
            from: "Sigilo <no-responder@demo.test>".into(),
            host: "localhost".into(),
            port: Some(port),
            encryption: Encryption::None,
        }),
    }
}

/// The approved template for news.
const NEWS_TEMPLATE: &str = "novedades";

fn meta_settings(port: u16) -> meta::Settings {
    meta::Settings {
        port,
        ..meta::Settings::synthetic(Arc::new(|| SystemClock.now()))
    }
}

/// Starts the stand-in for Meta's servers, with its page.
async fn start_phone(port: u16) -> Result<meta::Meta, CommandError> {
    let phone = match meta::Meta::start(meta_settings(port)).await {
        Ok(phone) => phone,
        Err(_) => meta::Meta::start(meta_settings(0)).await.map_err(|error| {
            CommandError::new(
                format!("--phone {port}: the phone page cannot listen: {error}"),
                "check the limits of this user (ulimit -a), and run it again",
            )
        })?,
    };
    for language in ["es", "en"] {
        phone.approve_template(NEWS_TEMPLATE, language);
    }
    Ok(phone)
}

/// Describes the addresses and accounts of the demo.
fn describe_addresses(url: &str, phone: &str, folder: &Folder, receipt: &str) -> String {
    let end = if folder.is_kept() {
        format!(
            "It stays in {}, and the same command starts it again.",
            folder.path().display()
        )
    } else {
        "Everything in it is gone when you stop it (Ctrl-C).".into()
    };
    let mut text = format!(
        "\nSigilo, a demo with invented cases. {end}\n\n  \
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
            account.description
        )
    }));
    text + "\nUse it under localhost: anywhere else browsers want HTTPS for its cookies and keys.\n"
}

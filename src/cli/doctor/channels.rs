//! Examines the file store, and the channels WhatsApp and e-mail.

use std::time::Duration;

use tokio::time::timeout;

use crate::channels::email::{self, SetUpError};
use crate::cli::doctor::findings::because;
use crate::cli::open;
use crate::config::{Config, EmailConfig};
use crate::keyfile::ServerKeys;
use crate::service::operations::health::{self, Finding};
use crate::store::blobs::BlobStore;

/// The time that a bucket gets to list its files.
const BUCKET_TIMEOUT: Duration = Duration::from_secs(20);

pub(super) async fn files(config: &Config, server: &ServerKeys) -> Vec<Finding> {
    if config.files.s3.is_some() && server.s3.is_none() {
        return vec![Finding::bad("health-files", "doctor-files-no-keys")];
    }
    let store = match open::open_bucket(&config.files, server) {
        Ok(Some(bucket)) => Ok(bucket),
        Ok(None) => BlobStore::open_existing_folder(&config.files.folder),
        Err(error) => Err(error),
    };
    let answer = match store {
        Ok(store) => timeout(BUCKET_TIMEOUT, store.check_availability()).await,
        Err(error) => Ok(Err(error)),
    };
    let is_bucket = config.files.s3.is_some();
    let mut findings = vec![health::files(answer.ok(), is_bucket)];
    let scratch = config.files.scratch.clone();
    if let Some(folder) = scratch.or_else(|| is_bucket.then(std::env::temp_dir)) {
        const TOPIC: &str = "doctor-scratch";
        findings.push(match tempfile::tempfile_in(&folder) {
            Ok(_) => Finding::well(TOPIC, "doctor-scratch-takes"),
            Err(error) => because(Finding::bad(TOPIC, "doctor-scratch-closed"), error)
                .text("folder", folder.display().to_string()),
        });
    }
    findings
}

pub(super) fn whatsapp(config: &Config, server: &ServerKeys) -> Finding {
    const TOPIC: &str = "health-whatsapp";
    let Some(whatsapp) = &config.whatsapp else {
        return Finding::whatsapp(false);
    };
    let Some(keys) = &server.whatsapp else {
        return Finding::bad(TOPIC, "doctor-whatsapp-no-keys");
    };
    let secrets = [
        ("app_secret", &keys.app_secret),
        ("verify_token", &keys.verify_token),
        ("access_token", &keys.access_token),
    ];
    let empty = secrets.iter().filter(|(_, secret)| secret.trim().is_empty());
    let empty: Vec<&str> = empty.map(|(name, _)| *name).collect();
    if !empty.is_empty() {
        Finding::bad(TOPIC, "doctor-whatsapp-empty").text("fields", empty.join(", "))
    } else if whatsapp.news_template.is_some() {
        Finding::well(TOPIC, "doctor-whatsapp-news")
    } else {
        Finding::well(TOPIC, "doctor-whatsapp-no-news")
    }
}

pub(super) fn mail(config: Option<&EmailConfig>, server: &ServerKeys) -> Finding {
    const TOPIC: &str = "health-email";
    let Some(config) = config else {
        return Finding::well(TOPIC, "health-off");
    };
    match email::check(config, server.smtp.as_ref()) {
        Ok(()) if server.smtp.is_some() => Finding::well(TOPIC, "health-on"),
        Ok(()) => Finding::well(TOPIC, "doctor-email-anonymous"),
        Err(SetUpError::From(_)) => Finding::bad(TOPIC, "doctor-email-from"),
        Err(SetUpError::Unprotected(_)) => Finding::bad(TOPIC, "doctor-email-unprotected"),
        Err(SetUpError::Tls { .. }) => Finding::bad(TOPIC, "doctor-email-host"),
    }
}

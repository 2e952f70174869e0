//! The verification of the whole log, on the log's page: the finding of the last one, and the start of another.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use crate::domain::state::VerificationOutcome;
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::labels::time;
use crate::http::staff::shell::{Section, Shell};
use crate::service::{Error, Result};
use crate::store::verifications::Verification;

/// The state of the last verification.
pub struct VerificationView {
    pub last: Option<LastVerification>,
}

/// The last verification.
pub struct LastVerification {
    /// The class of its panel: good, bad, care.
    pub tone: &'static str,
    pub said: String,
    pub advice: Option<String>,
    /// The first bad entry.
    pub bad_entry: Option<i64>,
    pub at: String,
    /// Entries so far and in all, while it runs.
    pub running: Option<(i64, i64)>,
}

impl VerificationView {
    #[cfg(test)]
    pub(super) const fn none() -> Self {
        Self { last: None }
    }

    pub(super) async fn read(site: &Site, shell: &Shell) -> Result<Self> {
        let last = site.app.log.latest_verification().await?;
        Ok(Self {
            last: last.map(|last| describe(site, shell, &last)),
        })
    }

    /// Returns true if another verification may be started.
    pub(super) fn may_begin(&self) -> bool {
        self.last.as_ref().is_none_or(|last| last.running.is_none())
    }
}

/// Returns the key of a finding, by its code.
fn bad_key(code: &str) -> &'static str {
    match code {
        "edited" => "log-bad-edited",
        "stored-hash" => "log-bad-stored-hash",
        "differs" => "log-bad-differs",
        "rewritten" => "log-bad-rewritten",
        "witness-disagrees" => "log-bad-witness-disagrees",
        "missing" => "log-bad-missing",
        "truncated" => "log-bad-truncated",
        "checkpoint-forged" => "log-bad-checkpoint-forged",
        "unreadable" => "log-bad-unreadable",
        "repeated" => "log-bad-repeated",
        "misfiled" => "log-bad-misfiled",
        "bad-signature" => "log-bad-bad-signature",
        "unknown-signer" => "log-bad-unknown-signer",
        "not-signed" => "log-bad-not-signed",
        "signed-otherwise" => "log-bad-signed-otherwise",
        "act-repeated" => "log-bad-act-repeated",
        "roster-refused" => "log-bad-roster-refused",
        "journal-differs" => "log-bad-journal-differs",
        "not-in-journal" => "log-bad-not-in-journal",
        "seal-exchanged" => "log-bad-seal-exchanged",
        "statement-exchanged" => "log-bad-statement-exchanged",
        "unsigned" => "log-bad-unsigned",
        "restore-forged" => "log-bad-restore-forged",
        "journal" => "log-bad-journal",
        "row-missing" => "log-bad-row-missing",
        "row-changed" => "log-bad-row-changed",
        "row-unlogged" => "log-bad-row-unlogged",
        "row-repeated" => "log-bad-row-repeated",
        "erased-unlogged" => "log-bad-erased-unlogged",
        "tombstone-missing" => "log-bad-tombstone-missing",
        "tombstone-unlogged" => "log-bad-tombstone-unlogged",
        "not-erased" => "log-bad-not-erased",
        "record-exchanged" => "log-bad-record-exchanged",
        "half-missing" => "log-bad-half-missing",
        "order-differs" => "log-bad-order-differs",
        "released-in-journal" => "log-bad-released-in-journal",
        "journal-short" => "log-bad-journal-short",
        "state-differs" => "log-bad-state-differs",
        "witness-behind" => "log-bad-witness-behind",
        "roster-not-accepted" => "log-bad-roster-not-accepted",
        "queue" => "log-bad-queue",
        // A code of a newer program.
        _ => "log-bad-other",
    }
}

fn describe(site: &Site, shell: &Shell, last: &Verification) -> LastVerification {
    let t = &shell.page.t;
    let entries = ("size", last.tree_size.to_string().into());
    let (tone, said, advice) = match last.outcome {
        VerificationOutcome::Running => {
            let checked = ("checked", last.checked.to_string().into());
            ("", t.with("log-check-running", &[checked, entries]), None)
        }
        VerificationOutcome::Good => {
            let witnessed = last.witnessed.unwrap_or_default();
            let waiting = (last.tree_size - witnessed > 0)
                .then(|| t.with("log-check-unwitnessed", &[("witnessed", witnessed.to_string().into())]));
            ("good", t.with("log-check-good", &[entries]), waiting)
        }
        VerificationOutcome::Bad => {
            let what = t.get(bad_key(last.what.as_deref().unwrap_or_default()));
            let said = match (&last.bad_row, last.bad_entry) {
                (Some(row), _) => t.with(
                    "log-check-bad-row",
                    &[("row", row.clone().into()), ("what", what.into())],
                ),
                (None, Some(entry)) => t.with(
                    "log-check-bad-entry",
                    &[("entry", entry.to_string().into()), ("what", what.into())],
                ),
                (None, None) => what,
            };
            let advice = match last.bad_row {
                Some(_) => "log-check-bad-row-advice",
                None => "log-check-bad-advice",
            };
            ("bad", said, Some(t.get(advice)))
        }
        VerificationOutcome::Failed => ("care", t.get("log-check-failed"), None),
    };
    LastVerification {
        tone,
        said,
        advice,
        bad_entry: last.bad_entry,
        at: time(&site.app.zone(), last.finished_at.unwrap_or(last.started_at)),
        running: (last.outcome == VerificationOutcome::Running).then_some((last.checked, last.tree_size)),
    }
}

/// `POST /staff/log/verification`
pub(crate) async fn begin(State(site): State<SharedSite>, SignedIn(member): SignedIn) -> Result<Response, RouteError> {
    match site.app.log.begin_verification(member.id).await {
        // A verification that somebody else started serves as well: the page shows it.
        Ok(_) | Err(Error::Conflict) => Ok(Redirect::to(Section::Log.path()).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// `GET /api/v1/staff/log/verification`: the progress of the running verification.
pub(crate) async fn progress(State(site): State<SharedSite>) -> Result<Json<Value>, RouteError> {
    let last = site.app.log.latest_verification().await?;
    Ok(Json(json!({
        "running": last.as_ref().is_some_and(|last| last.outcome == VerificationOutcome::Running),
        "checked": last.as_ref().map(|last| last.checked),
        "size": last.as_ref().map(|last| last.tree_size),
    })))
}

#[cfg(test)]
mod tests {
    use crate::audit::verify::{Defect, RowDefect};
    use crate::http::testing::page;

    #[test]
    fn whatever_is_wrong_has_words() {
        let seal = String::new();
        let all = [
            Defect::Edited,
            Defect::StoredHash,
            Defect::Differs,
            Defect::Rewritten { size: 1 },
            Defect::WitnessDisagrees { size: 1 },
            Defect::Missing { next: 1 },
            Defect::Truncated { size: 1 },
            Defect::CheckpointForged { size: 1 },
            Defect::Unreadable,
            Defect::Repeated,
            Defect::Misfiled,
            Defect::BadSignature,
            Defect::UnknownSigner,
            Defect::NotSigned,
            Defect::SignedOtherwise,
            Defect::ActRepeated,
            Defect::RosterRefused,
            Defect::JournalDiffers,
            Defect::NotInJournal,
            Defect::RestoreForged,
            Defect::SealExchanged(seal.clone()),
            Defect::StatementExchanged(seal),
        ];
        let rows = RowDefect::ALL.iter().map(|defect| defect.code());
        for code in all.iter().map(Defect::code).chain(rows).chain(["unsigned", "journal"]) {
            let key = super::bad_key(code);
            assert!(key.ends_with(code), "{code}");
            assert_ne!(page("es").t.get(key), page("en").t.get(key), "{code}");
        }
    }
}

//! Checks that the log confirms a case's keys and its reporter, like `web/src/vault/coverage.ts` in the browser.

use serde_json::Value;
use sigilo::audit::checkpoint::Checkpoint;
use sigilo::audit::entry::{Act, Entry};
use sigilo::audit::tree::{check_inclusion, leaf_hash};
use sigilo::domain::ids::CaseId;
use sigilo::vault::base64;
use sigilo::vault::hash::Hash32;
use sigilo::vault::signing::{Signature, VerifyKey};
use sigilo::vault::statement::{CaseStatement, statement_hash};
use sigilo::witness::{CoveredDetail, CoveredManifest, CoveredStatement};
use tlog_tiles::Hash;

use crate::host::Host;
use crate::requests::attributes;

pub fn bytes(value: &Value) -> Vec<u8> {
    base64::decode(value.as_str().unwrap()).unwrap()
}

/// Reads what a countersigned entry of the log covers. The error states the reason.
fn covered(app: &impl Host, inclusion: &Value) -> Result<CoveredDetail, &'static str> {
    let (instance, roster) = (app.instance(), app.roster());
    let (log, witness) = (*roster.log_key(), roster.witness_key());
    let checkpoint = bytes(&inclusion["checkpoint"]);
    let checkpoint = Checkpoint::read_cosigned(&checkpoint, instance, log.as_bytes(), witness.as_bytes());
    let checkpoint = checkpoint.map_err(|_| "the checkpoint's signatures")?;
    let proof = inclusion["proof"].as_array().unwrap().iter();
    let proof = proof.map(|hash| Hash(bytes(hash).try_into().unwrap())).collect();
    let entry = bytes(&inclusion["entry"]);
    let (index, leaf) = (inclusion["index"].as_u64().unwrap(), leaf_hash(instance, &entry));
    check_inclusion(&proof, checkpoint.size, checkpoint.root, index, leaf)
        .map_err(|_| "the entry is not in the log")?;
    let entry = Entry::read(&entry).map_err(|_| "not an entry")?;
    if entry.act != Act::ReportsCovered {
        return Err("not an entry about reports");
    }
    serde_json::from_value(Value::Object(entry.detail)).map_err(|_| "not an entry about reports")
}

/// Checks that a countersigned entry of the log covers a manifest with a reporter's key. The error states the reason.
pub fn covers(app: &impl Host, inclusion: &Value, manifest: Hash32, reporter: &VerifyKey) -> Result<(), &'static str> {
    let wanted = CoveredManifest {
        manifest,
        verify_key: *reporter,
    };
    let is_covered = covered(app, inclusion)?.manifests.contains(&wanted);
    is_covered.then_some(()).ok_or("the log does not cover this seal")
}

/// Returns the statement of the case on a page and its reporter's key, if the log confirms both. The error states the
/// reason.
pub fn stated(app: &impl Host, page: &str, case: CaseId) -> Result<(CaseStatement, VerifyKey), &'static str> {
    let of_case = |name| attributes(page, "<sealed-case", name).pop();
    let key = base64::decode(&of_case("reporter-key").unwrap()).unwrap();
    let key = VerifyKey::from_slice(&key).map_err(|_| "not a key")?;
    let coverage = of_case("coverage").ok_or("nothing is shown")?;
    let coverage: Value = serde_json::from_slice(&base64::decode(&coverage).unwrap()).unwrap();
    let signature = Signature::from_slice(&bytes(&coverage["signature"])).map_err(|_| "not a signature")?;
    let stored = bytes(&coverage["statement"]);
    let statement = CaseStatement::verify(app.instance(), &stored, &key, &signature);
    let statement = statement.map_err(|_| "the statement's signature")?;
    if statement.case != case || Some(&statement.area) != of_case("area").as_ref() {
        return Err("the statement of another case");
    }
    let wanted = CoveredStatement {
        statement: statement_hash(app.instance(), &stored),
        verify_key: key,
    };
    if !covered(app, &coverage["inclusion"])?.statements.contains(&wanted) {
        return Err("the log does not cover this statement");
    }
    Ok((statement, key))
}

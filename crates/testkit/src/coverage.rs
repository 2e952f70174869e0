//! Checks that the log confirms a reporter's key, like `web/src/vault/coverage.ts` in the browser.

use serde_json::{Value, json};
use sigilo::audit::checkpoint::Checkpoint;
use sigilo::audit::entry::{Act, Entry};
use sigilo::audit::tree::{check_inclusion, leaf_hash};
use sigilo::domain::ids::CaseId;
use sigilo::vault::base64;
use sigilo::vault::hash::Hash32;
use sigilo::vault::manifest::Manifest;
use sigilo::vault::signing::{Signature, VerifyKey};
use tlog_tiles::Hash;

use crate::host::Host;
use crate::requests::attributes;

pub fn bytes(value: &Value) -> Vec<u8> {
    base64::decode(value.as_str().unwrap()).unwrap()
}

/// Checks that a countersigned entry of the log covers a manifest with a reporter's key. The error states the reason.
pub fn covers(app: &impl Host, inclusion: &Value, manifest: Hash32, reporter: &VerifyKey) -> Result<(), &'static str> {
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
    let covered = json!({ "manifest": manifest, "verify_key": reporter });
    let covers = entry.act == Act::ManifestsCovered && entry.detail["manifests"].as_array().unwrap().contains(&covered);
    covers.then_some(()).ok_or("the log does not cover this seal")
}

/// Returns the reporter's key of the case on a page, if the log confirms it. The error states the reason.
pub fn reporter_of(app: &impl Host, page: &str, case: CaseId) -> Result<VerifyKey, &'static str> {
    let of_case = |name| attributes(page, "<sealed-case", name).pop();
    let key = base64::decode(&of_case("reporter-key").unwrap()).unwrap();
    let key = VerifyKey::from_slice(&key).map_err(|_| "not a key")?;
    let coverage = of_case("coverage").ok_or("nothing is shown")?;
    let coverage: Value = serde_json::from_slice(&base64::decode(&coverage).unwrap()).unwrap();
    let signature = Signature::from_slice(&bytes(&coverage["manifest_signature"])).map_err(|_| "not a signature")?;
    let manifest = Manifest::verify(app.instance(), &bytes(&coverage["manifest"]), &key, &signature);
    let manifest = manifest.map_err(|_| "the manifest's signature")?;
    if manifest.case() != case {
        return Err("the manifest of another case");
    }
    covers(app, &coverage["inclusion"], manifest.hash(), &key)?;
    Ok(key)
}

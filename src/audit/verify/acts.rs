//! Acts on a case or an identity: each is signed by its actor, over a payload that agrees with its entry and names the
//! object's signed act before, so that none is missing and none counts twice.

use std::collections::{HashMap, HashSet};

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Map, Value, json};
use tlog_tiles::Hash;

use super::defect::Defect;
use super::input::RosterHistory;
use crate::audit::acts::{ActObject, Chain, SignedAct, signed_payload};
use crate::audit::entry::{Act, Actor, Base64, Entry, SignedPayload};
use crate::audit::tree::leaf_hash;
use crate::domain::ids::{CaseId, InstanceId, StaffId};
use crate::domain::transcript::Transcript;

/// The signed acts so far.
#[derive(Default)]
pub(super) struct SignedActs {
    /// Leaf hash of each object's newest signed act.
    newest: HashMap<ActObject, [u8; 32]>,
    /// Hashes of what stands in no chain and may stand in the log once.
    single: HashSet<[u8; 32]>,
    /// Moves of cases that the newest verdict implies and that have no entry yet: the actor, and the move.
    implied: HashMap<CaseId, (Actor, Value)>,
}

impl SignedActs {
    /// Checks that the entry is signed as its act demands.
    pub(super) fn check(
        &mut self,
        instance: InstanceId,
        rosters: &impl RosterHistory,
        entry: &Entry,
        leaf: Hash,
    ) -> Result<(), Defect> {
        if let Some(signed) = &entry.signed {
            if entry.actor != Actor::Staff(signed.by) {
                return Err(Defect::UnknownSigner);
            }
            check_signature(instance, rosters, signed)?;
        }
        if entry.act == Act::UnsealRequested {
            return self.check_request(instance, rosters, entry);
        }
        match (SignedAct::of(entry.act), &entry.signed) {
            // The program erases, because of a decision or a closing that bears a signature of its own.
            (None, _) if entry.act == Act::IdentityErased && entry.actor != Actor::System => Err(Defect::NotSigned),
            (None, _) => Ok(()),
            (Some(_), None) => self.check_unsigned(entry),
            (Some(demanded), Some(signed)) => {
                let payload = signed_payload(entry).ok_or(Defect::SignedOtherwise)?;
                agrees(instance, demanded, entry, signed, &payload)?;
                self.take(instance, demanded, entry, leaf, &payload)
            }
        }
    }

    /// Puts a signed act in its place, if it names the one before.
    fn take(
        &mut self,
        instance: InstanceId,
        demanded: &SignedAct,
        entry: &Entry,
        leaf: Hash,
        payload: &Map<String, Value>,
    ) -> Result<(), Defect> {
        if demanded.chain == Chain::Single {
            let mut signed = entry.signed.iter().map(|signed| &signed.payload.0);
            let is_new = signed.all(|bytes| self.single.insert(leaf_hash(instance, bytes).0));
            return if is_new { Ok(()) } else { Err(Defect::ActRepeated) };
        }
        let object = demanded.object(entry, payload).ok_or(Defect::SignedOtherwise)?;
        let newest = self.newest.get(&object).map(hex::encode);
        let is_next = payload.get("previous") == Some(&json!(newest));
        self.newest.insert(object, leaf.0);
        if !is_next {
            return Err(Defect::ActRepeated);
        }
        if let Some(case) = entry.case.filter(|_| demanded.chain == Chain::Case) {
            self.implied.remove(&case);
            if let Some(state) = payload.get("state").filter(|state| !state.is_null()) {
                self.implied.insert(case, (entry.actor, state.clone()));
            }
        }
        Ok(())
    }

    /// Without a signature: the move that follows from a signed verdict, once.
    fn check_unsigned(&mut self, entry: &Entry) -> Result<(), Defect> {
        let may_be = match entry.act {
            Act::CaseStateChanged => {
                let moved = json!({ "from": entry.detail.get("from"), "to": entry.detail.get("to") });
                let implied = entry.case.and_then(|case| self.implied.remove(&case));
                implied == Some((entry.actor, moved))
            }
            _ => false,
        };
        if may_be { Ok(()) } else { Err(Defect::NotSigned) }
    }

    /// A request to unseal carries its signatures in its detail; each request stands in the log once.
    fn check_request(
        &mut self,
        instance: InstanceId,
        rosters: &impl RosterHistory,
        entry: &Entry,
    ) -> Result<(), Defect> {
        let request = text(entry.detail.get("request")).and_then(|text| Base64::try_from(text).ok());
        let request = request.ok_or(Defect::NotSigned)?;
        let said: Map<String, Value> = serde_json::from_slice(&request.0).map_err(|_| Defect::SignedOtherwise)?;
        let signatures = entry.detail.get("signatures").and_then(Value::as_array);
        let mut signers = Vec::new();
        for one in signatures.into_iter().flatten() {
            let signed = SignedPayload {
                by: text(one.get("officer"))
                    .and_then(|id| id.parse().ok())
                    .ok_or(Defect::UnknownSigner)?,
                what: "unseal-request".into(),
                payload: request.clone(),
                signature: text(one.get("signature"))
                    .and_then(|text| Base64::try_from(text).ok())
                    .ok_or(Defect::BadSignature)?,
            };
            check_signature(instance, rosters, &signed)?;
            signers.push(Actor::Staff(signed.by));
        }
        if !signers.contains(&entry.actor) {
            return Err(Defect::NotSigned);
        }
        let is_about = said.get("instance") == Some(&json!(instance))
            && said.get("case") == Some(&json!(entry.case))
            && text(said.get("officer")).and_then(|id| id.parse().ok().map(Actor::Staff)) == Some(entry.actor);
        if !is_about {
            return Err(Defect::SignedOtherwise);
        }
        if self.single.insert(leaf_hash(instance, &request.0).0) {
            Ok(())
        } else {
            Err(Defect::ActRepeated)
        }
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// Checks that the signed payload is of the act's kind, has its fields and no others, and says what the entry says.
fn agrees(
    instance: InstanceId,
    demanded: &SignedAct,
    entry: &Entry,
    signed: &SignedPayload,
    payload: &Map<String, Value>,
) -> Result<(), Defect> {
    let has_fields =
        payload.len() == demanded.fields.len() && demanded.fields.iter().all(|field| payload.contains_key(*field));
    let says = |field: &str, value: &Value| payload.get(field).is_none_or(|said| said == value);
    let repeats = |field: &&&str| payload.get(**field) == entry.detail.get(**field);
    let is_same = signed.what == demanded.what
        && has_fields
        && says("instance", &json!(instance))
        && says("case", &json!(entry.case))
        && says("member", &json!(signed.by))
        && demanded.repeated.iter().all(|field| repeats(&field));
    if is_same { Ok(()) } else { Err(Defect::SignedOtherwise) }
}

/// Checks that the member signed, with the key of the roster in force.
fn check_signature(instance: InstanceId, rosters: &impl RosterHistory, signed: &SignedPayload) -> Result<(), Defect> {
    let key = key_of(rosters, signed.by).ok_or(Defect::UnknownSigner)?;
    let message = Transcript::new(&signed.what, instance).field(&signed.payload.0);
    let signature = Signature::from_slice(&signed.signature.0).map_err(|_| Defect::BadSignature)?;
    key.verify_strict(message.as_bytes(), &signature)
        .map_err(|_| Defect::BadSignature)
}

fn key_of(rosters: &impl RosterHistory, member: StaffId) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&rosters.verify_key(member)?).ok()
}

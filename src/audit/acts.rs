//! Acts on a case or an identity: which of them an actor signs, what they sign, and the chain in which each names the one
//! before (`docs/PROTOCOL.md`, section 10). It knows payloads as JSON only; `vault` has their types.

use serde_json::{Map, Value};

use crate::audit::entry::{Act, Entry};
use crate::domain::ids::{CaseId, UnsealId};

/// Object of signed acts. Each has a chain of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActObject {
    /// A case: the acts of all who work on it.
    Case(CaseId),
    /// An unseal: what its officer does between release and verdict.
    Unseal(UnsealId),
}

/// Kind of object whose previous act a payload names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// The entry's case.
    Case,
    /// The unseal that the payload names.
    Unseal,
    /// None: the payload carries an id of its own, and may stand in the log once.
    Single,
}

/// Demands on an act's signature and on the payload under it.
#[derive(Debug)]
pub struct SignedAct {
    /// Domain-separation label of the signature: `what` of the entry's `signed`.
    pub what: &'static str,
    /// The chain to which the act belongs.
    pub chain: Chain,
    /// All fields of the payload.
    pub fields: &'static [&'static str],
    /// The fields that the entry's detail repeats.
    pub repeated: &'static [&'static str],
}

const CASE_STATE: SignedAct = SignedAct {
    what: "case-state",
    chain: Chain::Case,
    fields: &["instance", "case", "previous", "member", "from", "to", "record", "time"],
    repeated: &["from", "to", "record"],
};

const RECUSAL: SignedAct = SignedAct {
    what: "recusal",
    chain: Chain::Case,
    fields: &["instance", "case", "previous", "member", "letter", "time"],
    repeated: &["letter"],
};

const VERDICT: SignedAct = SignedAct {
    what: "verdict",
    chain: Chain::Case,
    fields: &[
        "instance", "case", "unseal", "verdict", "state", "previous", "member", "time",
    ],
    repeated: &["unseal", "verdict", "state"],
};

const CHECK: SignedAct = SignedAct {
    what: "check",
    chain: Chain::Unseal,
    fields: &[
        "instance", "case", "unseal", "check", "what", "outcome", "made_at", "previous", "member", "time",
    ],
    repeated: &["unseal", "check", "what", "outcome", "made_at"],
};

const SHOWING: SignedAct = SignedAct {
    what: "identity-shown",
    chain: Chain::Unseal,
    fields: &["instance", "case", "unseal", "previous", "member", "time"],
    repeated: &["unseal"],
};

const ERASURE: SignedAct = SignedAct {
    what: "erasure",
    chain: Chain::Single,
    fields: &["instance", "case", "request", "decision", "reason", "manifest", "time"],
    repeated: &["request", "reason"],
};

impl SignedAct {
    /// Returns the demands on an act; `None` where the actor signs nothing, or nothing that an entry carries.
    #[must_use]
    pub const fn of(act: Act) -> Option<&'static Self> {
        match act {
            Act::CaseStateChanged => Some(&CASE_STATE),
            Act::CaseRecused => Some(&RECUSAL),
            Act::VerdictStated => Some(&VERDICT),
            Act::CheckNoted => Some(&CHECK),
            Act::IdentityShown => Some(&SHOWING),
            Act::IdentityErased | Act::ErasureRefused => Some(&ERASURE),
            _ => None,
        }
    }

    /// Returns the object whose chain an entry of this act belongs to.
    #[must_use]
    pub fn object(&self, entry: &Entry, payload: &Map<String, Value>) -> Option<ActObject> {
        match self.chain {
            Chain::Case => entry.case.map(ActObject::Case),
            Chain::Unseal => {
                let unseal = payload.get("unseal")?.as_str()?;
                unseal.parse().ok().map(ActObject::Unseal)
            }
            Chain::Single => None,
        }
    }
}

/// Reads what an entry's actor signed; `None` if there is nothing, or no JSON object.
#[must_use]
pub fn signed_payload(entry: &Entry) -> Option<Map<String, Value>> {
    serde_json::from_slice(&entry.signed.as_ref()?.payload.0).ok()
}

/// Returns the object whose newest signed act an entry is when it is written.
#[must_use]
pub fn object_of(entry: &Entry) -> Option<ActObject> {
    SignedAct::of(entry.act)?.object(entry, &signed_payload(entry)?)
}

//! Signed acts on a case or an identity: the bytes that a member's browser signed just now, and the chain in which each
//! act names the one before. Two who act at once both name the same act; the second one is refused, and looks again.

use super::log::NewEntry;
use super::part::AuditLog;
use crate::audit::acts::{ActObject, object_of, signed_payload};
use crate::audit::entry::{Base64, Entry, SignedPayload};
use crate::audit::tree::leaf_hash;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId};
use crate::service::error::{Error, InvalidReason, Result};
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::vault::payload::{ActPayload, Payload};
use crate::vault::roster::Member;
use crate::vault::signing::Signature;
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;

/// A payload with its signature, as a member's browser sends them.
#[derive(Debug)]
pub struct SignedBytes {
    /// The signed bytes.
    pub payload: Vec<u8>,
    /// The member's signature over them.
    pub signature: Signature,
}

/// Reads a payload that a member of the roster signed just now. Also returns it in the form that an entry carries.
///
/// # Errors
/// [`Error::Invalid`] unless the bytes read, the member signed them, and their time is within ten minutes of `now`.
pub(crate) fn read_signed_now<P: Payload>(
    (instance, now): (InstanceId, UnixSeconds),
    member: &Member,
    signed: &SignedBytes,
) -> Result<(P, SignedPayload)> {
    let payload = P::read(instance, &signed.payload).map_err(|_| Error::Invalid(InvalidReason::PayloadUnreadable))?;
    if payload.time().abs_diff(now) > REQUEST_FRESHNESS_SECONDS.unsigned_abs() {
        return Err(Error::Invalid(InvalidReason::PayloadNotFresh));
    }
    P::verify(instance, &signed.payload, &signed.signature, &member.verify_key)
        .map_err(|_| Error::Invalid(InvalidReason::PayloadUnsigned))?;
    let signed = SignedPayload {
        by: member.id,
        what: P::LABEL.into(),
        payload: Base64(signed.payload.clone()),
        signature: Base64(signed.signature.as_bytes().to_vec()),
    };
    Ok((payload, signed))
}

/// Reads an act of the member's own on a case, as [`read_signed_now`] does.
///
/// # Errors
/// [`Error::Invalid`]
pub(crate) fn read_act_now<P: ActPayload>(
    context: (InstanceId, UnixSeconds),
    member: &Member,
    signed: &SignedBytes,
) -> Result<(P, SignedPayload)> {
    let (payload, signed): (P, _) = read_signed_now(context, member, signed)?;
    if payload.member() == member.id {
        Ok((payload, signed))
    } else {
        Err(Error::Invalid(InvalidReason::PayloadOfAnother))
    }
}

/// The newest signed act of an object.
struct Newest {
    hash: Hash32,
    /// Its place in the queue, if it has no leaf yet.
    waits_at: Option<i64>,
}

impl AuditLog {
    /// Returns the leaf hash of an object's newest signed act, which the next one names.
    pub(crate) async fn newest_act(&self, tx: &mut Tx, case: CaseId, object: ActObject) -> Result<Option<Hash32>> {
        Ok(self.newest(tx, case, object).await?.map(|newest| newest.hash))
    }

    async fn newest(&self, tx: &mut Tx, case: CaseId, object: ActObject) -> Result<Option<Newest>> {
        let rows = store::acts::of_case(tx, case).await?.into_iter();
        let of_object = rows.filter(|row| Entry::read(&row.body).is_ok_and(|entry| object_of(&entry) == Some(object)));
        let newest = of_object.max_by_key(|row| (row.leaf_index.unwrap_or(i64::MAX), row.written, row.id));
        Ok(newest.map(|row| Newest {
            hash: self.entry_hash(&row.body),
            waits_at: row.leaf_index.is_none().then_some(row.written),
        }))
    }

    /// Returns the leaf hash of an entry's stored bytes, which is known before the entry has its leaf.
    pub(crate) fn entry_hash(&self, body: &[u8]) -> Hash32 {
        Hash32::from_slice(&leaf_hash(self.instance, body).0).expect("a tree hash has 32 bytes")
    }

    /// Writes the entry of a signed act, in the transaction of the act. Returns its place in the queue.
    ///
    /// # Errors
    /// [`Error::Changed`] unless what was signed names the object's newest signed act.
    pub(crate) async fn write_signed(&self, tx: &mut Tx, entry: &NewEntry) -> Result<i64> {
        let read = Entry::read(entry.body()).map_err(|error| Error::Internal(error.to_string()))?;
        let (Some(case), Some(object), Some(payload)) = (read.case, object_of(&read), signed_payload(&read)) else {
            return Err(Error::Internal(format!("an entry about {} in no chain", read.act)));
        };
        let newest = self.newest(tx, case, object).await?;
        let named = payload.get("previous").and_then(serde_json::Value::as_str);
        if named != newest.as_ref().map(|newest| newest.hash.to_string()).as_deref() {
            return Err(Error::Changed);
        }
        Ok(entry.write_after(tx, newest.and_then(|newest| newest.waits_at)).await?)
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::acts::SignedAct;
    use crate::audit::entry::Act;

    #[test]
    fn the_query_names_every_act_that_members_sign() {
        let query = include_str!("../../store/acts.rs");
        for act in Act::ALL {
            let named = query.contains(&format!("'{act}'"));
            assert_eq!(named, SignedAct::of(*act).is_some(), "{act}");
        }
    }
}

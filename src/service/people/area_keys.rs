//! Rows of an area's key: its maker signs the recipient, and whoever wraps the identity to a member signs the wrap.

use super::part::People;
use crate::domain::ids::StaffId;
use crate::service::error::Error;
use crate::service::people::error::{InvalidMember, MemberError};
use crate::store::roster::{AreaKey, AreaMember};
use crate::store::{self, Tx};
use crate::vault::agefile::{Identity, Recipient};
use crate::vault::areakeys::{AreaRecipient, AreaWrap};
use crate::vault::signing::Signature;
use crate::vault::staffkeys::{self, StaffKeys};

impl People {
    /// Opens a member's own copy of an area's identity, if somebody of the area wrapped it and it is the key of that area:
    /// somebody may have written other rows into the database.
    pub(super) async fn open_own_wrap(
        &self,
        tx: &mut Tx,
        row: &AreaMember,
        (member, keys): (StaffId, &StaffKeys),
    ) -> Result<Identity, MemberError> {
        let version = row.version.unsigned_abs();
        let wrap = AreaWrap {
            area: &row.area,
            version,
            member,
            file: &row.wrapped,
        };
        let mut known = self.rosters.author_keys(row.wrapper);
        if row.wrapper == member {
            known.push(keys.signing.verify_key());
        }
        let signature = Signature::from_slice(&row.signature).ok();
        let signed = signature.is_some_and(|signature| {
            known
                .iter()
                .any(|key| wrap.verify(self.context.instance, key, &signature).is_ok())
        });
        if !signed {
            return Err(InvalidMember::WrapUnsigned.into());
        }
        let identity = staffkeys::unwrap_area(&row.wrapped, self.context.instance, &row.area, version, &keys.identity)
            .map_err(|_| Error::Internal("the sponsor's copy of the area's key does not open".into()))?;
        let recipient = identity.recipient();
        let stored = store::roster::area_keys(tx).await?.into_iter();
        let mut stored = stored.filter(|key| key.area == row.area && key.version == row.version);
        let same = stored.any(|key| key.recipient == recipient.as_str());
        let current = self.rosters.current().ok();
        let listed = current.as_ref().and_then(|current| current.area_entry(&row.area));
        let contradicts = listed.is_some_and(|listed| listed.version == version && listed.recipient != recipient);
        if same && !contradicts {
            Ok(identity)
        } else {
            Err(InvalidMember::AreaKeyExchanged.into())
        }
    }

    /// The row of a new version of an area's key, signed by its maker.
    pub(super) fn made_key(
        &self,
        area: &str,
        version: i64,
        identity: &Identity,
        (maker, keys): (StaffId, &StaffKeys),
    ) -> AreaKey {
        let recipient = identity.recipient();
        let claim = AreaRecipient {
            area,
            version: version.unsigned_abs(),
            recipient: &recipient,
            reserve: None,
        };
        AreaKey {
            area: area.to_owned(),
            version,
            recipient: recipient.to_string(),
            reserve: None,
            maker,
            maker_key: keys.signing.verify_key().as_bytes().to_vec(),
            signature: claim.sign(self.context.instance, &keys.signing).as_bytes().to_vec(),
            created_at: self.context.clock.now(),
        }
    }

    /// The row of an area's identity that one member wraps to another, or to themselves.
    pub(super) fn wrap(
        &self,
        area: &str,
        version: i64,
        identity: &Identity,
        (wrapper, keys): (StaffId, &StaffKeys),
        (member, recipient): (StaffId, &Recipient),
    ) -> AreaMember {
        let counted = version.unsigned_abs();
        let file = staffkeys::wrap_area(identity, self.context.instance, area, counted, recipient);
        let wrap = AreaWrap {
            area,
            version: counted,
            member,
            file: &file,
        };
        let signature = wrap.sign(self.context.instance, &keys.signing).as_bytes().to_vec();
        AreaMember {
            area: area.to_owned(),
            version,
            staff_id: member,
            wrapped: file,
            wrapper,
            signature,
        }
    }
}

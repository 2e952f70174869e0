//! Rows of an area's key: its maker signs the recipient, and whoever wraps the identity to a member signs the wrap.

use super::part::People;
use crate::domain::ids::StaffId;
use crate::store::roster::{AreaKey, AreaMember};
use crate::vault::agefile::{Identity, Recipient};
use crate::vault::areakeys::{AreaRecipient, AreaWrap};
use crate::vault::staffkeys::{self, StaffKeys};

impl People {
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
            signature: claim.sign(self.instance, &keys.signing).as_bytes().to_vec(),
            created_at: self.clock.now(),
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
        let file = staffkeys::wrap_area(identity, self.instance, area, counted, recipient);
        let wrap = AreaWrap {
            area,
            version: counted,
            member,
            file: &file,
        };
        let signature = wrap.sign(self.instance, &keys.signing).as_bytes().to_vec();
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

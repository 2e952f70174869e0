//! The key of rows that grant something (`docs/PROTOCOL.md`, section 13). Who writes to the database without it can make
//! no session, login check or entry of the queue that counts.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::domain::ids::InstanceId;
use crate::domain::row::{Column, RowAuthenticator};
use crate::domain::transcript::Transcript;
use crate::vault::hash::hkdf;
use crate::vault::secret::Key32;

/// Field before the value of a column.
const PRESENT: [u8; 1] = [1];
/// Field of a column without a value.
const ABSENT: [u8; 1] = [0];

/// Makes and checks MACs of rows.
#[derive(Debug)]
pub struct RowKey {
    instance: InstanceId,
    key: Key32,
}

impl RowKey {
    /// Derives the key from the pepper.
    pub fn derive(pepper: &Key32, instance: InstanceId) -> Self {
        Self {
            instance,
            key: hkdf(pepper.expose(), &Transcript::new("row-key", instance)),
        }
    }

    fn hmac(&self, table: &str, columns: &[Column<'_>]) -> Hmac<Sha256> {
        let row = Transcript::new("row", self.instance).field(table);
        let row = columns.iter().fold(row, |row, column| match column {
            Column::Null => row.field(ABSENT),
            Column::Integer(number) => row.field(PRESENT).number(number.cast_unsigned()),
            Column::Bytes(bytes) => row.field(PRESENT).field(bytes),
        });
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose()).expect("HMAC takes any key");
        mac.update(row.as_bytes());
        mac
    }
}

impl RowAuthenticator for RowKey {
    fn mac(&self, table: &str, columns: &[Column<'_>]) -> Vec<u8> {
        self.hmac(table, columns).finalize().into_bytes().to_vec()
    }

    fn is_authentic(&self, table: &str, columns: &[Column<'_>], mac: &[u8]) -> bool {
        self.hmac(table, columns).verify_slice(mac).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_mac_counts_for_one_row_of_one_table_here() {
        let mut rng = StdRng::seed_from_u64(5);
        let (pepper, other) = (Key32::random(&mut rng), Key32::random(&mut rng));
        let (here, there) = (InstanceId::random(&mut rng), InstanceId::random(&mut rng));
        let key = RowKey::derive(&pepper, here);
        let row = [Column::from("ana"), Column::Null, Column::from(7)];
        let mac = key.mac("draft", &row);
        assert!(key.is_authentic("draft", &row, &mac));
        assert!(!key.is_authentic("receipt_shown", &row, &mac));
        assert!(!key.is_authentic("draft", &row[..2], &mac));
        assert!(!key.is_authentic("draft", &row, &mac[..31]));
        for changed in [
            [Column::from("ana"), Column::from(""), Column::from(7)],
            [Column::from("ana"), Column::from(0), Column::from(7)],
            [Column::from("an"), Column::Null, Column::from(7)],
            [Column::from("ana"), Column::Null, Column::Null],
            [Column::from("ana"), Column::Null, Column::from(-7)],
        ] {
            assert!(!key.is_authentic("draft", &changed, &mac), "{changed:?}");
        }
        assert!(!RowKey::derive(&other, here).is_authentic("draft", &row, &mac));
        assert!(!RowKey::derive(&pepper, there).is_authentic("draft", &row, &mac));
    }
}

//! Contract tests of the store: the same tests run on SQLite and on PostgreSQL.

mod attachments;
mod blobs;
mod cases;
mod desk;
mod inbox;
mod log;
mod people;
mod schema;
mod sql;
mod transactions;
mod visitors;

use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sigilo::domain::day::Day;
use sigilo::domain::facets::{Channel, KeyHolder, KeyName, Kind, RecordKind, SealedBy};
use sigilo::domain::ids::{CaseId, EntryId, RecordId, SealId, StaffId};
use sigilo::domain::notice::Digest;
use sigilo::domain::role::{Role, StaffState};
use sigilo::domain::state::State;
use sigilo::store::case_statements::NewStatement;
use sigilo::store::cases::{Case, CaseKey, NewCase};
use sigilo::store::log::Listed;
use sigilo::store::records::NewRecord;
use sigilo::store::seals::{NewSeal, NewShare};
use sigilo::store::staff::Staff;
use sigilo::store::{Db, Tx};

/// A fresh database; its folder is deleted with it.
pub(crate) struct Fresh {
    pub(crate) db: Db,
    pub(crate) url: String,
    _folder: Option<tempfile::TempDir>,
}

/// Opens a database with the key of the test installation's rows.
async fn open(url: &str) -> Db {
    let db = Db::open(url).await.unwrap();
    db.with_row_key(crate::support::app::key_files().0.row_key())
}

pub(crate) async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("sigilo.db").display());
    Fresh {
        db: open(&url).await,
        url,
        _folder: Some(folder),
    }
}

pub(crate) async fn postgres() -> Fresh {
    let url = crate::support::postgres::fresh_url().await;
    Fresh {
        db: open(&url).await,
        url,
        _folder: None,
    }
}

/// Turns each function into a test on both databases.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::contract::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::contract::postgres().await).await;
            })+
        }
    };
}
pub(crate) use stories;

static SEED: AtomicU64 = AtomicU64::new(1);

/// Creates a generator with another seed at each call, so that nothing repeats within a run.
pub(crate) fn rng() -> StdRng {
    StdRng::seed_from_u64(SEED.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng().fill_bytes(&mut bytes);
    bytes
}

pub(crate) const TODAY: Day = Day(20_781);

pub(crate) fn new_case(area: &str, received_on: Day) -> NewCase {
    let id = CaseId::random(&mut rng());
    let key = |name, holder| CaseKey {
        name,
        version: 1,
        holder,
        recipient: "age1…".into(),
        file: bytes(40),
    };
    NewCase {
        case: Case {
            id,
            number: format!("2026-{}", hex::encode(&id.as_bytes()[..5])),
            kind: Kind::Denuncia,
            category: "cobros".into(),
            province: Some("09".into()),
            establishment: None,
            channel: Channel::Web,
            sealed_by: SealedBy::Server,
            language: "es".into(),
            received_on,
            area: area.into(),
            state: State::Received,
            respond_by: received_on.plus_days(5),
            resolve_by: received_on.plus_days(15),
            responded_on: None,
            closed_on: None,
            verdict: None,
            unread_for_area: true,
            lookup_hash: bytes(32),
            reporter_recipient: "age1…".into(),
            reporter_verify_key: bytes(32),
            sort_key: bytes(16),
        },
        statement: new_statement(),
        keys: vec![
            key(KeyName::Shared, KeyHolder::Area),
            key(KeyName::Shared, KeyHolder::Reporter),
            key(KeyName::Staff, KeyHolder::Area),
        ],
        records: vec![new_record(RecordKind::Narrative), new_record(RecordKind::SharedFields)],
        attachments: Vec::new(),
        seal: Some(new_seal(1)),
    }
}

pub(crate) fn new_statement() -> NewStatement {
    NewStatement {
        version: 1,
        statement: bytes(80),
        hash: bytes(32),
        signature: bytes(64),
    }
}

pub(crate) fn new_record(kind: RecordKind) -> NewRecord {
    NewRecord {
        id: RecordId::random(&mut rng()),
        kind,
        author: "reporter".into(),
        day: TODAY,
        at: None,
        body: bytes(600),
    }
}

pub(crate) fn new_seal(version: i64) -> NewSeal {
    NewSeal {
        id: SealId::random(&mut rng()),
        version,
        manifest: bytes(80),
        manifest_hash: bytes(32),
        manifest_signature: bytes(64),
        record: bytes(600),
        witness_half: bytes(200),
        shares: (1..=2)
            .map(|x| NewShare {
                officer_id: StaffId::random(&mut rng()),
                x,
                file: bytes(200),
            })
            .collect(),
    }
}

pub(crate) fn new_staff(role: Role) -> Staff {
    let id = StaffId::random(&mut rng());
    Staff {
        id,
        email: format!("{id}@iess.example"),
        name: "Ana Ñáñez".into(),
        role,
        language: "es".into(),
        state: StaffState::Active,
        login_check: bytes(32),
        login_version: 1,
        sealed_blob: bytes(200),
        recipient: format!("age1{id}"),
        verify_key: bytes(32),
        created_at: 1_795_000_000,
        digest: Digest::Never,
        digest_on: None,
        signed_in_on: None,
    }
}

pub(crate) async fn new_entry(tx: &mut Tx, written: i64, case: Option<CaseId>) -> EntryId {
    let id = EntryId::random(&mut rng());
    let listed = Listed {
        case_id: case,
        act: "case.opened".into(),
        actor: "system".into(),
        at: written,
    };
    sigilo::store::log::insert(tx, id, written, &bytes(50), &listed)
        .await
        .unwrap();
    id
}

//! The witness and its files: what it remembers, and when it refuses to start.

use std::fs;
use std::sync::Arc;

use super::world::{AUDITOR, NOW, World, hash32, key, keys, open, roster, signer, staff};
use crate::domain::clock::FixedClock;
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::SigningKey;
use crate::witness::core::Core;
use crate::witness::setup::OpenError;
use crate::witness::{JournalReader, Refusal};

#[test]
fn it_remembers_everything_when_it_starts_again() {
    let mut world = World::new(1);
    let ask = world.ask();
    let written = world.request(&ask);
    let order = world.order_of(written.clone());
    world.core.unseal(&order).unwrap();
    let leaf = hash32(crate::audit::tree::leaf_hash(
        super::instance(),
        &order.requested.entry.0,
    ));
    let again = world.request(&ask);
    let case = world.case;
    let last = world.core.last_checkpoint();
    let next = world.roster.hash();
    let second = roster(2, Some(next), 1).sign(&signer(super::AUTHORITY)).unwrap();
    let replay = world.order_of((again.0, written.1));
    let (folder, clock, core) = world.restart();
    let core = core.unwrap();
    assert_eq!(core.last_checkpoint(), last);
    assert!(core.has_journaled(&leaf));
    assert_eq!(core.unseal(&replay).unwrap_err(), Refusal::Replayed);
    let statement = core.opening_statement(case).unwrap();
    assert!(String::from_utf8(statement.0).unwrap().contains("\"count\":1"));
    core.accept_roster(&second).unwrap();
    drop(core);
    let core = open(folder.path(), &clock).unwrap();
    let statement = String::from_utf8(core.roster_statement().unwrap().0).unwrap();
    let hash = VerifiedRoster::verify(super::instance(), &second, &signer(super::AUTHORITY).verify_key());
    assert!(statement.contains(&hash.unwrap().hash().to_string()));
}

#[test]
fn without_its_files_it_does_not_start() {
    for missing in ["journal", "state.json"] {
        let world = World::new(1);
        fs::remove_file(world.folder.path().join(missing)).unwrap();
        let (_folder, _clock, core) = world.restart();
        assert!(matches!(core, Err(OpenError::Missing(path)) if path.ends_with(missing)));
    }
    let empty = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(NOW));
    assert!(matches!(open(empty.path(), &clock), Err(OpenError::Missing(_))));
}

#[test]
fn it_is_set_up_once_and_runs_once() {
    let world = World::new(1);
    let again = Core::init(world.folder.path(), keys(), None, world.clock.clone());
    assert!(matches!(again, Err(OpenError::Exists(_))));
    assert!(matches!(
        open(world.folder.path(), &world.clock),
        Err(OpenError::Locked(_))
    ));
}

#[test]
fn what_was_begun_goes_on_and_what_remembers_does_not_begin_again() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(NOW));
    let begin = |keys| Core::init_or_resume(folder.path(), keys, clock.clone());
    for left in [&["journal", "state.json"][..], &["journal"], &[]] {
        for file in ["journal", "state.json"] {
            if !left.contains(&file) {
                let _ = fs::remove_file(folder.path().join(file));
            }
        }
        let core = begin(keys()).unwrap();
        assert_eq!(core.last_checkpoint().0, 0, "{left:?}");
        assert_eq!(core.journal(JournalReader::Server).unwrap().len(), 1, "{left:?}");
        assert!(matches!(begin(keys()), Err(OpenError::Locked(_))));
    }
    let mut other = keys();
    other.log = SigningKey::from_seed(&key(9)).verify_key();
    assert!(matches!(begin(other), Err(OpenError::OtherKeys(_))));
    fs::write(folder.path().join("journal"), "").unwrap();
    fs::remove_file(folder.path().join("state.json")).unwrap();
    let first = roster(1, None, 1).sign(&signer(super::AUTHORITY)).unwrap();
    begin(keys()).unwrap().accept_roster(&first).unwrap();
    for lost in ["", "state.json", "journal"] {
        let _ = fs::remove_file(folder.path().join(lost));
        let again = begin(keys());
        if lost == "journal" {
            // Neither is left: nobody can tell that from a new one.
            assert!(again.is_ok());
        } else {
            assert!(matches!(again, Err(OpenError::Exists(_))), "{lost}");
        }
    }
    fs::remove_file(folder.path().join("journal")).unwrap();
    assert!(matches!(begin(keys()), Err(OpenError::Exists(path)) if path.ends_with("state.json")));

    let world = World::new(1);
    let (folder, clock) = (&world.folder, world.clock.clone());
    drop(world.core);
    let again = Core::init_or_resume(folder.path(), keys(), clock);
    assert!(matches!(again, Err(OpenError::Exists(_))), "it has a roster");
}

#[test]
fn other_keys_do_not_open_it() {
    let world = World::new(1);
    let (folder, clock) = (&world.folder, world.clock.clone());
    drop(world.core);
    let mut other = keys();
    other.log = SigningKey::from_seed(&key(9)).verify_key();
    let core = Core::open(folder.path(), other, clock);
    assert!(matches!(core, Err(OpenError::OtherKeys(_))));
}

#[test]
fn a_torn_line_is_forgotten_but_a_lost_or_changed_one_stops_it() {
    let spoilt = |spoil: &dyn Fn(String) -> String| {
        let mut world = World::new(1);
        let ask = world.ask();
        let order = world.order(&ask);
        world.core.unseal(&order).unwrap();
        let path = world.folder.path().join("journal");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, spoil(text)).unwrap();
        let (folder, _clock, core) = world.restart();
        core.map(|core| (folder, core))
    };
    let torn = spoilt(&|text| text + "{\"seq\":3,\"prev");
    assert_eq!(torn.unwrap().1.journal(JournalReader::Server).unwrap().len(), 3);
    let lost = spoilt(&|text| text.split_inclusive('\n').take(2).collect());
    assert!(matches!(lost, Err(OpenError::Corrupt { .. })));
    let torn_but_synced = spoilt(&|text| text[..text.len() - 9].to_owned());
    assert!(matches!(torn_but_synced, Err(OpenError::Corrupt { .. })));
    let changed = spoilt(&|text| text.replacen("1795000000", "1795000001", 1));
    assert!(matches!(changed, Err(OpenError::Corrupt { .. })));
}

#[test]
fn a_journal_ahead_of_its_state_is_believed() {
    let mut world = World::new(1);
    let state = world.folder.path().join("state.json");
    let before = fs::read(&state).unwrap();
    let ask = world.ask();
    let written = world.request(&ask);
    let order = world.order_of(written);
    world.core.unseal(&order).unwrap();
    let (last, size) = (world.core.last_checkpoint(), world.log.size());
    fs::write(&state, before).unwrap();
    let (_folder, _clock, core) = world.restart();
    let core = core.unwrap();
    assert_eq!((core.last_checkpoint(), last.0), (last, size));
    // The server asks again for what it never got.
    assert!(core.unseal(&order).is_ok());
}

#[test]
fn the_first_roster_over_the_wire_is_the_first_version() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(NOW));
    let core = Core::init(folder.path(), keys(), None, clock).unwrap();
    assert_eq!(core.roster_statement().unwrap_err(), Refusal::NoRoster);
    let first = roster(1, None, 1).sign(&signer(super::AUTHORITY)).unwrap();
    let second = roster(2, Some(Hash32::of_bytes(b"first")), 1)
        .sign(&signer(super::AUTHORITY))
        .unwrap();
    assert_eq!(core.accept_roster(&second), Err(Refusal::RosterDoesNotFollow));
    core.accept_roster(&first).unwrap();
}

#[tokio::test]
async fn in_process_it_is_the_same_witness() {
    use crate::witness::Witness;
    use crate::witness::in_process::InProcess;

    let mut world = World::new(1);
    let erasure = world.erasure(&world.decision());
    let ask = world.ask();
    let order = world.order(&ask);
    let witness: Box<dyn Witness> = Box::new(InProcess::new(world.core));
    assert!(witness.unseal(order.clone()).await.is_ok());
    assert_eq!(witness.last_checkpoint().await.unwrap().0, world.log.size());
    let old = witness.erase(erasure.clone()).await.unwrap_err();
    assert_eq!(old, Refusal::Inconsistent, "the log has grown since");
    let newer = world.erasure_at(&erasure, order.advance.clone());
    witness.erase(newer).await.unwrap();
    let auditor = witness.journal(JournalReader::Member(staff(AUDITOR))).await.unwrap();
    assert_eq!(auditor, witness.journal(JournalReader::Server).await.unwrap());
    for other in [super::OFFICERS[0], 9] {
        let refused = witness.journal(JournalReader::Member(staff(other))).await;
        assert_eq!(refused.unwrap_err(), Refusal::NotAnAuditor);
    }
    assert_eq!(witness.unseal(order).await.unwrap_err(), Refusal::Erased);
}

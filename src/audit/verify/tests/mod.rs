//! Attacks of somebody who writes to the database, and the entry that verification then names.

mod acts;
mod world;

use serde_json::json;
use tlog_tiles::Hash;

use super::*;
use crate::audit::entry::{Act, Entry};
use crate::audit::tree::leaf_hash;
use crate::domain::ids::StaffId;
use crate::domain::note::NoteKey as _;
use world::*;

#[test]
fn an_honest_log_is_good_to_the_end() {
    let tables = tables();
    let summary = Summary {
        entries: 16,
        signed: 15,
        witnessed: 12,
        unseals: 1,
    };
    assert_eq!(run(&tables, expectations(&tables)), Ok(summary));
    let nothing_else = Expectations::default();
    assert_eq!(run(&tables, nothing_else).unwrap().signed, 0);
}

#[test]
fn an_edited_entry_is_named() {
    assert_eq!(found(|tables| tables.rows[6].1 = other(6)), (6, Defect::Edited));
    assert_eq!(found(|tables| tables.rows[6].1 = b"{}".to_vec()), (6, Defect::Edited));
    assert_eq!(found(|tables| tables.rows[0].1 = other(0)), (0, Defect::Edited));
    // After the last checkpoint nothing tells which is the right one.
    assert_eq!(found(|tables| tables.rows[15].1 = other(15)), (15, Defect::Differs));
    // With its hashes made anew only the checkpoints are left to go by.
    let rewritten = found(|tables| rehashed(tables, |bodies| bodies[6] = other(6)));
    assert_eq!(rewritten, (4, Defect::Rewritten { size: 8 }));
    let first = found(|tables| rehashed(tables, |bodies| bodies[8] = other(8)));
    assert_eq!(first, (8, Defect::Rewritten { size: 12 }));
}

#[test]
fn a_cut_is_named_where_it_begins() {
    assert_eq!(
        found(|tables| tables.rows.truncate(14)),
        (14, Defect::Truncated { size: 15 })
    );
    assert_eq!(
        found(|tables| drop(tables.rows.remove(7))),
        (7, Defect::Missing { next: 8 })
    );
    // The checkpoints cut too: the witness remembers.
    let below = found(|tables| {
        tables.rows.truncate(10);
        tables.checkpoints.truncate(2);
    });
    assert_eq!(below, (10, Defect::Truncated { size: 12 }));
    // Cut in the middle and closed up.
    let closed = found(|tables| {
        let hashes: Vec<_> = tables.rows.iter().map(|row| row.2.clone()).collect();
        tables.rows.remove(6);
        for ((index, row), hashes) in (0..).zip(&mut tables.rows).zip(hashes) {
            (row.0, row.2) = (index, hashes);
        }
    });
    assert_eq!(closed, (6, Defect::Edited));
}

#[test]
fn without_checkpoints_the_witness_alone_tells() {
    let rewritten = found(|tables| {
        tables.checkpoints.clear();
        rehashed(tables, |bodies| bodies[6] = other(6));
    });
    assert_eq!(rewritten, (0, Defect::WitnessDisagrees { size: 12 }));
    let resigned = found(|tables| {
        // Even with the log's key: new checkpoints over a new tree.
        let mut bodies = bodies();
        bodies[10] = other(10);
        let (_, roots) = hash_all(&bodies);
        tables.rows = tables_of_rows(bodies);
        tables.checkpoints[2] = checkpoint(12, roots[12], false, LOG);
        tables.checkpoints[3] = checkpoint(15, roots[15], false, LOG);
    });
    assert_eq!(resigned, (8, Defect::WitnessDisagrees { size: 12 }));
}

#[test]
fn moved_swapped_and_inserted_entries_are_named() {
    let swapped = found(|tables| {
        let first = std::mem::replace(&mut tables.rows[5].1, tables_of(bodies()).rows[7].1.clone());
        tables.rows[7].1 = first;
    });
    assert_eq!(swapped, (5, Defect::Edited));
    assert_eq!(found(|tables| tables.rows.swap(5, 7)), (5, Defect::Missing { next: 7 }));
    let inserted = found(|tables| {
        let hashes: Vec<_> = tables.rows.iter().map(|row| row.2.clone()).collect();
        tables.rows.insert(6, (6, other(99), Vec::new()));
        for ((index, row), hashes) in (0..).zip(&mut tables.rows).zip(hashes) {
            (row.0, row.2) = (index, hashes);
        }
    });
    assert_eq!(inserted, (6, Defect::Edited));
    let inserted_with_hashes = found(|tables| rehashed(tables, |bodies| bodies.insert(6, other(99))));
    assert_eq!(inserted_with_hashes, (4, Defect::Rewritten { size: 8 }));
}

#[test]
fn changed_hashes_are_told_from_changed_entries() {
    assert_eq!(
        found(|tables| tables.rows[2].2[0] = Hash([0; 32])),
        (2, Defect::StoredHash)
    );
    assert_eq!(
        found(|tables| tables.rows[3].2[1] = Hash([0; 32])),
        (3, Defect::StoredHash)
    );
    assert_eq!(found(|tables| tables.rows[3].2.truncate(1)), (3, Defect::StoredHash));
}

#[test]
fn forged_checkpoints_are_told() {
    let (_, roots) = hash_all(&bodies());
    let by_nobody = found(|tables| tables.checkpoints[1] = checkpoint(8, roots[8], true, 9));
    assert_eq!(by_nobody, (7, Defect::CheckpointForged { size: 8 }));
    let not_cosigned = found(|tables| {
        tables.checkpoints[1] = StoredCheckpoint {
            cosigned: true,
            ..checkpoint(8, roots[8], false, LOG)
        };
    });
    assert_eq!(not_cosigned, (7, Defect::CheckpointForged { size: 8 }));
    let of_another_size = found(|tables| tables.checkpoints[1].note = checkpoint(4, roots[4], true, LOG).note);
    assert_eq!(of_another_size, (7, Defect::CheckpointForged { size: 8 }));
    let beyond = found(|tables| tables.checkpoints.push(checkpoint(20, roots[8], false, 9)));
    assert_eq!(beyond, (19, Defect::CheckpointForged { size: 20 }));
}

#[test]
fn entries_bad_by_themselves_are_named_the_first_first() {
    let forged = Some(signed_by(&key(9)));
    let body = entry(6, Act::CaseNote, json!({}), forged);
    assert_eq!(found_in(|all| all[6] = body.clone(), None), (6, Defect::BadSignature));
    let unknown = found_in(|all| all[0] = other(0), None);
    assert_eq!(unknown, (5, Defect::UnknownSigner), "there is no roster yet");
    assert_eq!(found_in(|all| all[6] = b"{}".to_vec(), None), (6, Defect::Unreadable));
    assert_eq!(found_in(|all| all[6] = other(2), None), (6, Defect::Repeated));
    let two = found_in(
        |all| {
            all[7] = b"{}".to_vec();
            all[6] = body.clone();
        },
        None,
    );
    assert_eq!(two, (6, Defect::BadSignature));
    // An edit before it is told first, although a checkpoint must prove it.
    let mut all = bodies();
    all[6] = body;
    let mut edited = tables_of(all);
    edited.rows[4].1 = other(4);
    let expected = Expectations {
        witness: None,
        ..expectations(&edited)
    };
    assert_eq!(run(&edited, expected).unwrap_err(), Finding::new(4, Defect::Edited));
}

#[test]
fn journal_and_log_must_tell_the_same() {
    // A release that the witness never journaled.
    assert_eq!(found_in(|_| (), Some(vec![])), (11, Defect::NotInJournal));
    let at = u64::try_from(REQUESTED).unwrap();
    let leaf = |body: &[u8]| leaf_hash(instance(), body);
    // A journaled request that the log does not have any more.
    let journal = vec![(at, leaf(&bodies()[REQUESTED]))];
    let replaced = found_in(|all| all[REQUESTED] = other(REQUESTED), Some(journal));
    assert_eq!(replaced, (at, Defect::JournalDiffers));
    let beyond = vec![(at, leaf(&bodies()[REQUESTED])), (40, leaf(b"later"))];
    assert_eq!(found_in(|_| (), Some(beyond)), (16, Defect::Truncated { size: 41 }));
}

#[test]
fn wherever_it_is_touched_that_entry_is_named_and_never_a_later_one() {
    for at in 0..16_usize {
        let index = u64::try_from(at).unwrap();
        let edited = found(|tables| tables.rows[at].1 = other(at + 100));
        assert_eq!(edited.0, index, "{edited:?}");
        let hash = found(|tables| tables.rows[at].2[0] = Hash([7; 32]));
        assert_eq!(hash.0, index, "{hash:?}");
        if at == 15 {
            // No checkpoint holds the last one yet: who cuts or rewrites it with its hashes is not found out.
            continue;
        }
        let cut = found(|tables| tables.rows.truncate(at));
        assert_eq!(cut, (index, Defect::Truncated { size: 15 }));
        // With all hashes made anew: at the entry, or before it back to the last checkpoint that holds.
        let rewritten = found(|tables| rehashed(tables, |bodies| bodies[at] = other(at + 100)));
        let confirmed = [0, 4, 8, 12].into_iter().filter(|size| *size <= index).max().unwrap();
        assert_eq!(rewritten.0, confirmed, "{rewritten:?}");
    }
}

#[test]
fn entries_under_another_case_and_rosters_that_do_not_follow_are_named() {
    struct Refusing;

    impl RosterHistory for Refusing {
        fn publish(&mut self, _: &Entry) -> bool {
            false
        }
        fn verify_key(&self, _: StaffId) -> Option<[u8; 32]> {
            Some(key(STAFF).public())
        }
    }

    let tables = tables();
    let case = "11111111-1111-4111-8111-111111111111".parse().unwrap();
    let misfiled = run_with(&tables, expectations(&tables), Known(false), |index| {
        (index == 2).then_some(case)
    });
    assert_eq!(misfiled, Err(Finding::new(2, Defect::Misfiled)));
    let refused = run_with(&tables, expectations(&tables), Refusing, |_| None);
    assert_eq!(refused, Err(Finding::new(0, Defect::RosterRefused)));
}

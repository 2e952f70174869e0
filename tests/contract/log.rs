//! Rows of the audit log, and concurrent sequencers.

use sigilo::domain::ids::{CaseId, EntryId, QueuedId};
use sigilo::domain::role::Role;
use sigilo::domain::state::VerificationOutcome;
use sigilo::store::filters::{self, LogCursor, LogFilter};
use sigilo::store::log::{self, Checkpoint, Listed};
use sigilo::store::verifications::{self, Verification};
use sigilo::store::{Db, Error, staff};

use super::{Fresh, bytes, new_entry, new_staff, rng, stories};

stories!(
    verifications_follow_each_other,
    the_list_is_narrowed_and_walked_to_its_end,
    sequencers_at_once_leave_no_gap,
    a_countersigned_checkpoint_stays,
    hashes_come_in_the_order_asked_for
);

async fn sequence_some(db: &Db) -> Result<usize, Error> {
    let mut tx = db.begin_sequencing().await?;
    let waiting = log::unsequenced(&mut tx, 3).await?;
    let size = log::tree_size(&mut tx).await?;
    for (leaf, entry) in (size..).zip(&waiting) {
        log::sequence(&mut tx, entry.id, leaf).await?;
    }
    tx.commit().await?;
    Ok(waiting.len())
}

async fn sequencers_at_once_leave_no_gap(fresh: Fresh) {
    let case = CaseId::random(&mut rng());
    let mut tx = fresh.db.begin().await.unwrap();
    for n in 0..20 {
        new_entry(&mut tx, 100 - n, (n % 2 == 0).then_some(case)).await;
    }
    tx.commit().await.unwrap();
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let db = fresh.db.clone();
            tokio::spawn(async move {
                let mut total = 0;
                loop {
                    match sequence_some(&db).await.unwrap() {
                        0 => return total,
                        some => total += some,
                    }
                }
            })
        })
        .collect();
    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap();
    }
    assert_eq!(total, 20);
    let mut tx = fresh.db.read().await.unwrap();
    let entries = log::from_leaf(&mut tx, 0, 99).await.unwrap();
    let leaves: Vec<_> = entries.iter().map(|entry| entry.leaf_index.unwrap()).collect();
    assert_eq!(leaves, (0..20).collect::<Vec<_>>());
    assert!(entries.is_sorted_by_key(|entry| entry.written));
    assert_eq!(log::of_case(&mut tx, case).await.unwrap().len(), 10);
    assert_eq!(log::before_leaf(&mut tx, 3, 2).await.unwrap()[0].leaf_index, Some(2));
    drop(tx);
    let mut tx = fresh.db.begin().await.unwrap();
    assert!(matches!(
        log::sequence(&mut tx, entries[0].id, 20).await,
        Err(Error::Rows { .. })
    ));
}

async fn a_countersigned_checkpoint_stays(fresh: Fresh) {
    let mut tx = fresh.db.begin().await.unwrap();
    let checkpoint = |tree_size, note: &str, cosigned| Checkpoint {
        tree_size,
        note: note.into(),
        cosigned,
        made_at: 1,
    };
    for new in [
        checkpoint(5, "a", false),
        checkpoint(5, "b", true),
        checkpoint(5, "c", false),
    ] {
        log::put_checkpoint(&mut tx, &new).await.unwrap();
    }
    log::put_checkpoint(&mut tx, &checkpoint(9, "d", false)).await.unwrap();
    assert_eq!(log::latest_cosigned(&mut tx).await.unwrap().unwrap().note, b"b");
    assert_eq!(log::latest_checkpoint(&mut tx).await.unwrap().unwrap().tree_size, 9);
    assert_eq!(log::checkpoint_with(&mut tx, 4).await.unwrap().unwrap().tree_size, 5);
    assert_eq!(log::checkpoint_with(&mut tx, 5).await.unwrap().unwrap().tree_size, 9);
    assert_eq!(log::checkpoint_with(&mut tx, 9).await.unwrap(), None);
}

async fn hashes_come_in_the_order_asked_for(fresh: Fresh) {
    let mut tx = fresh.db.begin().await.unwrap();
    log::insert_hashes(&mut tx, 0, &[[1u8; 32], [2; 32], [3; 32]])
        .await
        .unwrap();
    assert_eq!(log::hashes(&mut tx, &[2, 0]).await.unwrap(), [[3u8; 32], [1; 32]]);
    assert!(matches!(log::hashes(&mut tx, &[0, 7]).await, Err(Error::Rows { .. })));
    assert!(
        log::insert_hashes(&mut tx, 2, &[[9u8; 32]])
            .await
            .unwrap_err()
            .is_duplicate()
    );
}

/// An entry at a leaf.
async fn listed_entry(tx: &mut sigilo::store::Tx, leaf: i64, listed: &Listed) {
    let id = EntryId::random(&mut rng());
    log::insert(tx, id, leaf, &bytes(9), listed).await.unwrap();
    log::sequence(tx, id, leaf).await.unwrap();
}

async fn the_list_is_narrowed_and_walked_to_its_end(fresh: Fresh) {
    const ACTS: [&str; 3] = ["case.opened", "case.note", "staff.signed_in"];
    let case = CaseId::random(&mut rng());
    let mut tx = fresh.db.begin().await.unwrap();
    for leaf in 0..60 {
        let listed = Listed {
            case_id: (leaf % 5 == 0).then_some(case),
            act: ACTS[usize::try_from(leaf % 3).unwrap()].into(),
            actor: if leaf % 2 == 0 { "system" } else { "nobody" }.into(),
            // Several entries fall into one second, and two come late.
            at: if leaf % 20 == 19 { leaf / 4 - 3 } else { leaf / 4 },
        };
        listed_entry(&mut tx, leaf, &listed).await;
    }
    // An entry without a leaf is not in the list.
    new_entry(&mut tx, 7, Some(case)).await;
    tx.commit().await.unwrap();

    let mut tx = fresh.db.read().await.unwrap();
    let all = log::from_leaf(&mut tx, 0, 99).await.unwrap();
    for sought in [
        LogFilter::default(),
        LogFilter {
            acts: vec!["case.note"],
            ..LogFilter::default()
        },
        LogFilter {
            acts: vec!["case.opened", "case.note"],
            from: Some(3),
            until: Some(12),
            ..LogFilter::default()
        },
        LogFilter {
            actor: Some("nobody".into()),
            ..LogFilter::default()
        },
        LogFilter {
            acts: vec!["case.opened", "staff.signed_in"],
            actor: Some("system".into()),
            ..LogFilter::default()
        },
        LogFilter {
            acts: vec!["case.opened", "case.note"],
            case: Some(case),
            ..LogFilter::default()
        },
    ] {
        let mut wanted: Vec<_> = all.iter().filter(|entry| sought.has(entry)).collect();
        wanted.sort_by_key(|entry| std::cmp::Reverse((entry.listed.at, entry.leaf_index)));
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = filters::list_log_entries(&mut tx, &sought, after, 7).await.unwrap();
            assert!(page.len() <= 7);
            let Some(last) = page.last() else { break };
            after = Some(LogCursor {
                at: last.listed.at,
                leaf: last.leaf_index.unwrap(),
            });
            found.extend(page);
        }
        assert!(!found.is_empty());
        assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{sought:?}");
    }
}

async fn verifications_follow_each_other(fresh: Fresh) {
    let eva = new_staff(Role::Auditor);
    let new = |started_at| Verification {
        id: QueuedId::random(&mut rng()),
        asked_by: eva.id,
        started_at,
        alive_until: started_at + 10,
        finished_at: None,
        tree_size: 7,
        checked: 0,
        outcome: VerificationOutcome::Running,
        witnessed: None,
        bad_entry: None,
        bad_row: None,
        what: None,
    };
    let mut tx = fresh.db.begin().await.unwrap();
    staff::insert(&mut tx, &eva).await.unwrap();
    let (first, mut second) = (new(100), new(110));
    assert!(verifications::begin(&mut tx, &first).await.unwrap());
    verifications::advance(&mut tx, first.id, 3, 8, 110).await.unwrap();
    assert!(
        !verifications::begin(&mut tx, &new(109)).await.unwrap(),
        "one is at work"
    );
    assert!(
        verifications::begin(&mut tx, &second).await.unwrap(),
        "the first gave no sign of life"
    );
    let late = verifications::advance(&mut tx, first.id, 4, 8, 200).await;
    assert!(matches!(late, Err(Error::Rows { .. })), "it is over");
    second.outcome = VerificationOutcome::Bad;
    second.finished_at = Some(111);
    second.bad_entry = Some(5);
    second.what = Some("edited".into());
    verifications::finish(&mut tx, &second).await.unwrap();
    let latest = verifications::latest(&mut tx, 9).await.unwrap();
    assert_eq!(latest[0], second);
    assert_eq!(
        (latest[1].outcome, latest[1].checked, latest[1].finished_at),
        (VerificationOutcome::Failed, 3, Some(110))
    );
    tx.commit().await.unwrap();
}

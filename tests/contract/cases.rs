//! Cases, records, seals.

use std::collections::HashSet;

use sigilo::domain::facets::{KeyHolder, RecordKind, Verdict};
use sigilo::domain::ids::CaseId;
use sigilo::domain::state::State;
use sigilo::store::filters::{self, Filter};
use sigilo::store::{Error, cases, records, seals};

use super::{Fresh, TODAY, bytes, new_case, new_entry, new_record, new_seal, rng, stories};

stories!(
    a_report_reads_back_whole,
    what_is_not_committed_leaves_nothing,
    a_state_changes_only_from_where_it_was,
    thirty_two_reports_at_once_are_all_there,
    records_appended_at_once_get_positions_without_gaps,
    seals_are_covered_once_and_erased_whole,
);

async fn a_report_reads_back_whole(fresh: Fresh) {
    let new = new_case("norte", TODAY);
    let mut tx = fresh.db.begin().await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = fresh.db.read().await.unwrap();
    let case = &new.case;
    assert_eq!(cases::by_id(&mut tx, case.id).await.unwrap().as_ref(), Some(case));
    assert_eq!(
        cases::by_number(&mut tx, &case.number).await.unwrap().as_ref(),
        Some(case)
    );
    assert_eq!(
        cases::by_lookup_hash(&mut tx, &case.lookup_hash)
            .await
            .unwrap()
            .as_ref(),
        Some(case)
    );
    assert_eq!(cases::by_id(&mut tx, CaseId::random(&mut rng())).await.unwrap(), None);
    let keys = cases::keys(&mut tx, case.id).await.unwrap();
    assert_eq!(keys.len(), 3);
    assert!(new.keys.iter().all(|key| keys.contains(key)));
    let records = records::of_case(&mut tx, case.id).await.unwrap();
    assert_eq!(records.iter().map(|record| record.position).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(records[0].body, new.records[0].body);
    let seal = seals::latest(&mut tx, case.id).await.unwrap().unwrap();
    let sealed = new.seal.unwrap();
    assert_eq!(
        (seal.id, &seal.manifest, &seal.record),
        (sealed.id, &sealed.manifest, &sealed.record)
    );
    let share = &sealed.shares[1];
    assert_eq!(
        seals::share(&mut tx, seal.id, share.officer_id).await.unwrap().as_ref(),
        Some(share)
    );
}

async fn what_is_not_committed_leaves_nothing(fresh: Fresh) {
    let new = new_case("norte", TODAY);
    for commit_never in [true, false] {
        let mut tx = fresh.db.begin().await.unwrap();
        cases::insert(&mut tx, &new).await.unwrap();
        if commit_never {
            drop(tx);
        } else {
            tx.rollback().await.unwrap();
        }
        let mut tx = fresh.db.read().await.unwrap();
        assert_eq!(cases::by_id(&mut tx, new.case.id).await.unwrap(), None);
        assert_eq!(records::of_case(&mut tx, new.case.id).await.unwrap(), []);
        assert_eq!(seals::latest(&mut tx, new.case.id).await.unwrap(), None);
    }
    // A reader cannot write.
    let mut tx = fresh.db.read().await.unwrap();
    assert!(cases::insert(&mut tx, &new).await.is_err());
}

async fn a_state_changes_only_from_where_it_was(fresh: Fresh) {
    let new = new_case("norte", TODAY);
    let id = new.case.id;
    let mut tx = fresh.db.begin().await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    cases::set_state(&mut tx, id, State::Received, State::Closed, TODAY)
        .await
        .unwrap();
    let again = cases::set_state(&mut tx, id, State::Received, State::InReview, TODAY).await;
    assert!(matches!(
        again,
        Err(Error::Rows {
            expected: 1,
            found: 0,
            ..
        })
    ));
    cases::set_verdict(&mut tx, id, Verdict::Valid).await.unwrap();
    cases::set_responded(&mut tx, id, TODAY).await.unwrap();
    cases::set_responded(&mut tx, id, TODAY.plus_days(1)).await.unwrap();
    cases::set_unread(&mut tx, id, false).await.unwrap();
    cases::set_area(&mut tx, id, "norte", "sur").await.unwrap();
    cases::set_reporter(&mut tx, id, &bytes(32), "age1new", &bytes(32))
        .await
        .unwrap();
    let mut key = new.keys[1].clone();
    key.recipient = "age1new".into();
    cases::put_key(&mut tx, id, &key).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.db.read().await.unwrap();
    let case = cases::by_id(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(
        (case.state, case.closed_on, case.verdict),
        (State::Closed, Some(TODAY), Some(Verdict::Valid))
    );
    assert_eq!(
        (case.responded_on, case.unread_for_area, case.area.as_str()),
        (Some(TODAY), false, "sur")
    );
    assert_eq!(
        cases::by_lookup_hash(&mut tx, &new.case.lookup_hash).await.unwrap(),
        None
    );
    let keys = cases::keys(&mut tx, id).await.unwrap();
    assert_eq!(
        keys.iter()
            .find(|key| key.holder == KeyHolder::Reporter)
            .unwrap()
            .recipient,
        "age1new"
    );
    assert_eq!(cases::closed_until(&mut tx, TODAY, 9).await.unwrap(), [id]);
    assert_eq!(cases::closed_until(&mut tx, TODAY.plus_days(-1), 9).await.unwrap(), []);
}

async fn thirty_two_reports_at_once_are_all_there(fresh: Fresh) {
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let db = fresh.db.clone();
            tokio::spawn(async move {
                let new = &new_case("norte", TODAY);
                db.write("test", |mut tx| async move {
                    cases::insert(&mut tx, new).await?;
                    tx.commit().await
                })
                .await
                .map(|()| new.case.id)
            })
        })
        .collect();
    let mut tx_ids = HashSet::new();
    for task in tasks {
        tx_ids.insert(task.await.unwrap().unwrap());
    }
    let mut tx = fresh.db.read().await.unwrap();
    for id in &tx_ids {
        assert_eq!(records::of_case(&mut tx, *id).await.unwrap().len(), 2);
    }
    let counts = filters::count_by_state(
        &mut tx,
        &Filter {
            areas: vec!["norte".into()],
            ..Filter::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(
        (counts.len(), counts[0].state, counts[0].cases),
        (1, State::Received, 32)
    );
}

async fn records_appended_at_once_get_positions_without_gaps(fresh: Fresh) {
    let new = new_case("norte", TODAY);
    let id = new.case.id;
    let mut tx = fresh.db.begin().await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let db = fresh.db.clone();
            tokio::spawn(async move {
                let record = &new_record(RecordKind::Message);
                db.write("test", |mut tx| async move {
                    records::append(&mut tx, id, record).await?;
                    tx.commit().await
                })
                .await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut tx = fresh.db.read().await.unwrap();
    let positions: Vec<i64> = records::of_case(&mut tx, id)
        .await
        .unwrap()
        .iter()
        .map(|record| record.position)
        .collect();
    assert_eq!(positions, (1..=8).collect::<Vec<_>>());
}

async fn seals_are_covered_once_and_erased_whole(fresh: Fresh) {
    let new = new_case("norte", TODAY);
    let id = new.case.id;
    let first = new.seal.clone().unwrap();
    let second = new_seal(2);
    let mut tx = fresh.db.begin().await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    seals::insert(&mut tx, id, &second).await.unwrap();
    let uncovered = seals::uncovered(&mut tx, 9).await.unwrap();
    assert_eq!(uncovered.len(), 2);
    assert!(uncovered[0].manifest_hash < uncovered[1].manifest_hash);
    assert_eq!(uncovered[0].reporter_verify_key, new.case.reporter_verify_key);
    let entry = new_entry(&mut tx, 1, None).await;
    seals::mark_covered(&mut tx, &[first.id], entry).await.unwrap();
    assert_eq!(seals::uncovered_of_case(&mut tx, id).await.unwrap()[0].id, second.id);
    assert_eq!(seals::latest(&mut tx, id).await.unwrap().unwrap().id, second.id);
    assert!(matches!(
        seals::mark_covered(&mut tx, &[first.id], entry).await,
        Err(Error::Rows { .. })
    ));
    assert_eq!(
        seals::by_manifest_hash(&mut tx, &first.manifest_hash)
            .await
            .unwrap()
            .unwrap()
            .covered_by,
        Some(entry)
    );
    let buried = seals::erase(&mut tx, id).await.unwrap();
    assert_eq!(buried, [first.manifest_hash, second.manifest_hash]);
    tx.commit().await.unwrap();
    fresh.db.scrub().await.unwrap();
    let mut tx = fresh.db.read().await.unwrap();
    assert_eq!(seals::of_case(&mut tx, id).await.unwrap(), []);
    assert_eq!(
        seals::share(&mut tx, first.id, first.shares[0].officer_id)
            .await
            .unwrap(),
        None
    );
    assert!(cases::by_id(&mut tx, id).await.unwrap().is_some());
}

//! Cases, records, seals, the inbox.

use std::collections::HashSet;

use rand::Rng as _;
use sigilo::domain::deadline::is_overdue;
use sigilo::domain::facets::{Channel, KeyHolder, Kind, RecordKind, Verdict};
use sigilo::domain::ids::CaseId;
use sigilo::domain::state::State;
use sigilo::store::cases::Case;
use sigilo::store::filters::{self, Cursor, DEFAULT_BUDGET, Filter, Order, ScanBudget, VerdictFilter};
use sigilo::store::{Error, Tx, cases, records, seals};

use super::{Fresh, TODAY, bytes, new_case, new_entry, new_record, new_seal, rng, stories};

stories!(
    a_report_reads_back_whole,
    what_is_not_committed_leaves_nothing,
    a_state_changes_only_from_where_it_was,
    thirty_two_reports_at_once_are_all_there,
    records_appended_at_once_get_positions_without_gaps,
    pages_are_complete_while_cases_arrive,
    overdue_cases_come_first_and_what_is_done_last,
    every_filter_finds_what_it_says_in_its_order,
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
                db.write(|mut tx| async move {
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
                db.write(|mut tx| async move {
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

async fn pages_are_complete_while_cases_arrive(fresh: Fresh) {
    let mut there = HashSet::new();
    let mut tx = fresh.db.begin().await.unwrap();
    for n in 0..23 {
        let new = new_case("norte", TODAY.plus_days(-(n % 4)));
        cases::insert(&mut tx, &new).await.unwrap();
        there.insert(new.case.id);
    }
    cases::insert(&mut tx, &new_case("sur", TODAY)).await.unwrap();
    tx.commit().await.unwrap();
    let filter = Filter {
        areas: vec!["norte".into(), "centro".into()],
        ..Filter::default()
    };
    for order in [Order::Newest, Order::Oldest, Order::Deadline] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let mut tx = fresh.db.read().await.unwrap();
            let page = filters::list_page(&mut tx, &filter, order, after.as_ref(), 5)
                .await
                .unwrap();
            drop(tx);
            assert!(page.cases.len() <= 5 && !page.unfinished);
            seen.extend(page.cases.iter().map(|case| case.id));
            // New ones arrive between two pages, before and behind the cursor.
            let mut tx = fresh.db.begin().await.unwrap();
            for day in [-9, 0] {
                if seen.len() < 15 {
                    let new = new_case("norte", TODAY.plus_days(day));
                    cases::insert(&mut tx, &new).await.unwrap();
                }
            }
            tx.commit().await.unwrap();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let unique: HashSet<_> = seen.iter().copied().collect();
        assert_eq!(unique.len(), seen.len());
        assert!(there.is_subset(&unique));
    }
    let mut tx = fresh.db.read().await.unwrap();
    let nobody = filters::list_page(&mut tx, &Filter::default(), Order::Newest, None, 5)
        .await
        .unwrap();
    assert!(nobody.cases.is_empty());
}

async fn overdue_cases_come_first_and_what_is_done_last(fresh: Fresh) {
    let late = new_case("norte", TODAY.plus_days(-30));
    let mut queja = new_case("norte", TODAY);
    queja.case.kind = Kind::Queja;
    let mut answered = new_case("norte", TODAY.plus_days(-20));
    answered.case.responded_on = Some(TODAY.plus_days(-19));
    answered.case.resolve_by = TODAY.plus_days(1);
    let mut resolved = new_case("norte", TODAY.plus_days(-40));
    resolved.case.state = State::Resolved;
    let mut tx = fresh.db.begin().await.unwrap();
    for new in [&late, &queja, &answered, &resolved] {
        cases::insert(&mut tx, new).await.unwrap();
    }
    let all = Filter {
        areas: vec!["norte".into()],
        ..Filter::default()
    };
    let [late, queja, answered, resolved] = [late, queja, answered, resolved].map(|new| new.case.id);
    for (order, expected) in [
        (Order::Deadline, [late, answered, queja, resolved]),
        (Order::Newest, [queja, answered, late, resolved]),
        (Order::Oldest, [resolved, late, answered, queja]),
    ] {
        let page = filters::list_page(&mut tx, &all, order, None, 9).await.unwrap();
        let ids: Vec<CaseId> = page.cases.iter().map(|case| case.id).collect();
        assert_eq!(ids, expected, "{order:?}");
    }
    assert_eq!(filters::count_overdue(&mut tx, &all.areas, TODAY, 9).await.unwrap(), 1);
    // What is not in the list has nothing before it there.
    let late_only = Filter {
        overdue_on: Some(TODAY),
        ..all.clone()
    };
    for (id, filter, expected) in [
        (answered, &all, Some(late)),
        (queja, &late_only, None),
        (resolved, &late_only, None),
    ] {
        let case = cases::by_id(&mut tx, id).await.unwrap().unwrap();
        let place = Cursor::at(&case, Order::Deadline);
        let before = filters::find_previous(&mut tx, filter, Order::Deadline, &place)
            .await
            .unwrap();
        assert_eq!(before, expected);
    }
    let deadline = async |tx: &mut Tx| {
        let case = cases::by_id(tx, queja).await.unwrap().unwrap();
        let page = filters::list_page(tx, &all, Order::Deadline, None, 9).await.unwrap();
        let at = page.cases.iter().position(|listed| listed.id == queja).unwrap();
        (case.due_by(), at)
    };
    // The column follows whatever moves the deadline.
    assert_eq!(deadline(&mut tx).await, (Some(TODAY.plus_days(5)), 2));
    cases::set_responded(&mut tx, late, TODAY).await.unwrap();
    cases::set_responded(&mut tx, queja, TODAY).await.unwrap();
    assert_eq!(deadline(&mut tx).await, (Some(TODAY.plus_days(15)), 2));
    cases::set_state(&mut tx, queja, State::Received, State::Resolved, TODAY)
        .await
        .unwrap();
    assert_eq!(deadline(&mut tx).await, (None, 2), "done, and newer than the other");
    cases::set_state(&mut tx, answered, State::Received, State::Closed, TODAY)
        .await
        .unwrap();
    cases::set_state(&mut tx, queja, State::Resolved, State::InReview, TODAY)
        .await
        .unwrap();
    assert_eq!(deadline(&mut tx).await, (Some(TODAY.plus_days(15)), 1));
    assert_eq!(filters::count_overdue(&mut tx, &all.areas, TODAY, 9).await.unwrap(), 1);
}

/// What a filter and an order say, without any index.
fn expected(all: &[Case], filter: &Filter, order: Order) -> Vec<CaseId> {
    let mut fit: Vec<&Case> = all
        .iter()
        .filter(|case| {
            let verdict = match filter.verdict {
                None => true,
                Some(VerdictFilter::Pending) => case.verdict.is_none(),
                Some(VerdictFilter::Is(verdict)) => case.verdict == Some(verdict),
            };
            let overdue = |today| is_overdue(case.state, case.responded_on, case.respond_by, case.resolve_by, today);
            filter.areas.contains(&case.area)
                && (filter.states.is_empty() || filter.states.contains(&case.state))
                && filter.kind.is_none_or(|kind| kind == case.kind)
                && filter.category.as_ref().is_none_or(|code| *code == case.category)
                && (filter.province.is_none() || filter.province == case.province)
                && (filter.establishment.is_none() || filter.establishment == case.establishment)
                && filter.channel.is_none_or(|channel| channel == case.channel)
                && verdict
                && (!filter.unread || case.unread_for_area)
                && filter.overdue_on.is_none_or(overdue)
        })
        .collect();
    let newest = |case: &Case| std::cmp::Reverse((case.received_on, case.sort_key.clone()));
    match order {
        Order::Newest => fit.sort_by_key(|case| newest(case)),
        Order::Oldest => fit.sort_by_key(|case| (case.received_on, case.sort_key.clone())),
        Order::Deadline => fit.sort_by_key(|case| match case.due_by() {
            Some(due) => (false, due, Some(case.sort_key.clone()), None),
            None => (true, TODAY, None, Some(newest(case))),
        }),
    }
    fit.iter().map(|case| case.id).collect()
}

/// However little a page looks at, page by page the list is whole, in order, and what was asked for.
async fn every_filter_finds_what_it_says_in_its_order(fresh: Fresh) {
    let mut rng = rng();
    let mut pick = move |n: u32| rng.next_u32() % n;
    let mut all = Vec::new();
    let mut tx = fresh.db.begin().await.unwrap();
    for _ in 0..220 {
        let received_on = TODAY.plus_days(-i64::from(pick(40)));
        let mut new = new_case(["norte", "centro", "sur"][pick(3) as usize], received_on);
        let case = &mut new.case;
        case.kind = Kind::ALL[pick(2) as usize];
        case.category = format!("categoria-{}", pick(3));
        case.province = Some(["09", "17"][pick(2) as usize].into()).filter(|_| pick(5) > 0);
        case.establishment = case
            .province
            .as_ref()
            .filter(|_| pick(2) > 0)
            .map(|code| format!("hospital-{code}"));
        case.channel = Channel::ALL[pick(3) as usize];
        case.state = State::ALL[pick(5) as usize];
        case.verdict = Verdict::ALL.get(pick(6) as usize).copied();
        case.unread_for_area = pick(4) == 0;
        case.responded_on = Some(received_on).filter(|_| pick(2) == 0);
        cases::insert(&mut tx, &new).await.unwrap();
        all.push(new.case);
    }
    for round in 0..150 {
        let mut some = |odds: u32| pick(odds) == 0;
        let areas = ["norte", "centro", "sur"]
            .into_iter()
            .filter(|_| !some(3))
            .map(str::to_owned);
        let mut filter = Filter {
            areas: areas.collect(),
            states: State::ALL.iter().copied().filter(|_| some(3)).collect(),
            unread: some(4),
            overdue_on: some(4).then_some(TODAY),
            category: some(3).then(|| "categoria-1".to_owned()),
            province: some(3).then(|| "17".to_owned()),
            establishment: some(4).then(|| "hospital-17".to_owned()),
            ..Filter::default()
        };
        filter.kind = Kind::ALL.get(pick(5) as usize).copied();
        filter.channel = Channel::ALL.get(pick(8) as usize).copied();
        filter.verdict = [VerdictFilter::Pending, VerdictFilter::Is(Verdict::Valid)]
            .get(pick(5) as usize)
            .copied();
        let order = [Order::Deadline, Order::Newest, Order::Oldest][pick(3) as usize];
        let effort = [
            ScanBudget { first: 4, rest: 12 },
            ScanBudget { first: 40, rest: 90 },
            DEFAULT_BUDGET,
        ][round % 3];
        let (mut seen, mut after) = (Vec::new(), None);
        for turn in 0.. {
            assert!(turn < 1_000, "it gets nowhere: {filter:?} {order:?}");
            let page = filters::list_page_within(&mut tx, &filter, order, after.as_ref(), 7, effort)
                .await
                .unwrap();
            assert!(page.cases.len() <= 7 && (effort != DEFAULT_BUDGET || !page.unfinished));
            seen.extend(page.cases.iter().map(|case| case.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected(&all, &filter, order), "{filter:?} {order:?} {effort:?}");
        // From each place, the way back leads to the case before.
        for (n, id) in seen.iter().enumerate().filter(|(n, _)| n % 5 < 2) {
            let case = all.iter().find(|case| case.id == *id).unwrap();
            let before = filters::find_previous(&mut tx, &filter, order, &Cursor::at(case, order))
                .await
                .unwrap();
            let expected = n.checked_sub(1).map(|before| seen[before]);
            assert_eq!(before, expected, "{filter:?} {order:?}");
        }
        let counted = filters::count_by_state(&mut tx, &filter).await.unwrap();
        let sum: i64 = counted.iter().map(|count| count.cases).sum();
        assert_eq!(usize::try_from(sum).unwrap(), seen.len(), "{filter:?}");
    }
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

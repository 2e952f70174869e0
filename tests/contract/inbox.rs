//! The inbox: pages, orders, filters.

use std::collections::HashSet;

use rand::Rng as _;
use sigilo::domain::deadline::is_overdue;
use sigilo::domain::facets::{Channel, Kind, Verdict};
use sigilo::domain::ids::CaseId;
use sigilo::domain::state::State;
use sigilo::store::cases::Case;
use sigilo::store::filters::{self, Cursor, DEFAULT_BUDGET, Filter, Order, ScanBudget, VerdictFilter};
use sigilo::store::{Tx, cases};

use super::{Fresh, TODAY, new_case, rng, stories};

stories!(
    pages_are_complete_while_cases_arrive,
    overdue_cases_come_first_and_what_is_done_last,
    every_filter_finds_what_it_says_in_its_order,
);

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
            // New cases arrive between two pages, before and behind the cursor.
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
    // A case that is not in the list has no predecessor there.
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
    // The column changes with everything that moves the deadline.
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

/// Computes the expected list without any index.
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

/// With any scan budget, the pages together are complete, in order, and match the filter.
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
        let budget = [
            ScanBudget { first: 4, rest: 12 },
            ScanBudget { first: 40, rest: 90 },
            DEFAULT_BUDGET,
        ][round % 3];
        let (mut seen, mut after) = (Vec::new(), None);
        for turn in 0.. {
            assert!(turn < 1_000, "it gets nowhere: {filter:?} {order:?}");
            let page = filters::list_page_within(&mut tx, &filter, order, after.as_ref(), 7, budget)
                .await
                .unwrap();
            assert!(page.cases.len() <= 7 && (budget != DEFAULT_BUDGET || !page.unfinished));
            seen.extend(page.cases.iter().map(|case| case.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected(&all, &filter, order), "{filter:?} {order:?} {budget:?}");
        // Walking backwards from each case finds its predecessor.
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

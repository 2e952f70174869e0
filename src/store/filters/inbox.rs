//! The inbox, page by page.

use super::segment::{Key, Segment};
use super::sql::{find_cases, find_horizon, force_index_scans, load_cases};
use super::types::{Cursor, DEFAULT_BUDGET, Filter, Order, Page, ScanBudget, SortAxis};
use crate::domain::day::Day;
use crate::domain::ids::CaseId;
use crate::store::error::Result;
use crate::store::tx::Tx;

/// Finds at most `limit` cases on a segment after `from`. The second value is set if the budget ended before the segment.
async fn walk_segment(
    tx: &mut Tx,
    segment: Segment,
    filter: &Filter,
    from: Option<Key>,
    limit: usize,
    budget: &mut ScanBudget,
) -> Result<(Vec<CaseId>, Option<Key>)> {
    let choices = segment.choices(filter);
    let mut from = from;
    let mut found = Vec::new();
    // Most pages are full soon. Only the others compare how far each index gets.
    let mut choice = choices[0];
    let mut until = find_horizon(tx, segment, choice, filter, from.as_ref(), budget.first).await?;
    for round in 0..2 {
        let left = limit - found.len();
        found.extend(find_cases(tx, segment, choice, filter, (from.as_ref(), until.as_ref()), left).await?);
        if found.len() == limit || until.is_none() || round == 1 {
            break;
        }
        from = until.take();
        let share = budget.rest / u32::try_from(choices.len()).unwrap_or(1);
        // The other half is for the next segment, if the page gets there.
        budget.rest /= 2;
        let mut furthest: Option<Key> = from.clone();
        for candidate in &choices {
            let end = find_horizon(tx, segment, *candidate, filter, from.as_ref(), share).await?;
            let further = match (&end, &furthest) {
                (Some(end), Some(best)) => segment.is_before(best, end),
                (None, _) => true,
                (Some(_), None) => false,
            };
            if further {
                choice = *candidate;
                furthest = end;
            }
            if furthest.is_none() {
                break;
            }
        }
        until = furthest;
    }
    let full = found.len() == limit;
    Ok((found, until.filter(|_| !full)))
}

/// Lists one page of cases. Pages stay complete and without repetition while cases are added.
pub async fn list_page(tx: &mut Tx, filter: &Filter, order: Order, after: Option<&Cursor>, limit: u32) -> Result<Page> {
    list_page_within(tx, filter, order, after, limit, DEFAULT_BUDGET).await
}

/// Lists one page with another budget: a smaller one leaves more pages unfinished.
pub async fn list_page_within(
    tx: &mut Tx,
    filter: &Filter,
    order: Order,
    after: Option<&Cursor>,
    limit: u32,
    budget: ScanBudget,
) -> Result<Page> {
    let mut page = Page {
        cases: Vec::new(),
        next: None,
        unfinished: false,
    };
    if limit == 0 {
        return Ok(page);
    }
    let limit = limit as usize;
    // One more than the page has tells whether there is a next one.
    let (mut found, ended) = walk_segments(tx, &order.segments(filter), filter, after, limit + 1, budget).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    page.cases = load_cases(tx, &found).await?;
    page.unfinished = ended.is_some();
    page.next = match ended {
        Some((axis, Key { day, sort_key })) => Some(Cursor { axis, day, sort_key }),
        None => page.cases.last().filter(|_| more).map(|last| Cursor::at(last, order)),
    };
    Ok(page)
}

/// Finds the case just before a position of the list, if the list has that position. It walks the list backwards.
pub async fn find_previous(tx: &mut Tx, filter: &Filter, order: Order, place: &Cursor) -> Result<Option<CaseId>> {
    let segments: Vec<Segment> = order
        .segments(filter)
        .into_iter()
        .rev()
        .map(Segment::reversed)
        .collect();
    let is_over = |today: Day| place.axis != SortAxis::Due || place.day < today;
    if segments.iter().all(|segment| segment.axis != place.axis) || !filter.overdue_on.is_none_or(is_over) {
        return Ok(None);
    }
    let (found, _) = walk_segments(tx, &segments, filter, Some(place), 1, DEFAULT_BUDGET).await?;
    Ok(found.first().copied())
}

/// Finds at most `limit` cases after a position. The second value is set if the budget ended before the list.
async fn walk_segments(
    tx: &mut Tx,
    segments: &[Segment],
    filter: &Filter,
    after: Option<&Cursor>,
    limit: usize,
    mut budget: ScanBudget,
) -> Result<(Vec<CaseId>, Option<(SortAxis, Key)>)> {
    let mut found: Vec<CaseId> = Vec::new();
    if filter.areas.is_empty() {
        return Ok((found, None));
    }
    force_index_scans(tx).await?;
    // A cursor of another order starts at the beginning, as no cursor does.
    let begun = after.and_then(|after| segments.iter().position(|segment| segment.axis == after.axis));
    for (n, segment) in segments.iter().enumerate().skip(begun.unwrap_or(0)) {
        let from = after.filter(|_| begun == Some(n)).map(|after| Key {
            day: after.day,
            sort_key: after.sort_key.clone(),
        });
        let left = limit - found.len();
        let (hits, stopped) = walk_segment(tx, *segment, filter, from, left, &mut budget).await?;
        found.extend(hits);
        if let Some(key) = stopped {
            return Ok((found, Some((segment.axis, key))));
        }
        if found.len() == limit {
            break;
        }
    }
    Ok((found, None))
}

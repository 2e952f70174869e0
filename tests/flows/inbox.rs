//! The inbox through the router: filters and pages kept in the address, the way to one case and back.

use axum::http::StatusCode;
use sigilo::domain::state::State;
use sigilo::store;

use super::staff::file;
use crate::support::app::{ANALYST, AREA, OTHER_ANALYST, TestApp};
use crate::support::staff::{attributes, sign_in};

const ROWS: &str = "<th scope=\"row\"><a";

#[tokio::test]
async fn the_inbox_shows_ones_own_areas_and_filters() {
    let app = TestApp::new().await;
    file(&app).await;
    let mut ana = sign_in(&app, ANALYST).await;
    let mut list = async |query: &str| {
        let page = app.get(&mut ana.visitor, &format!("/staff/inbox{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        attributes(&page.text(), "<th scope=\"row\"><a", "href").len()
    };
    assert_eq!(list("").await, 1);
    assert_eq!(list("?state=&category=").await, 1, "as the form sends it");
    assert_eq!(list("?state=received&category=coima").await, 1);
    assert_eq!(list("?state=closed").await, 0);
    assert_eq!(list("?category=no-such").await, 0);
    assert_eq!(list("?after=nonsense").await, 1);
    assert_eq!(list("?after=due.99999.00").await, 0, "everything is due before");
    let mut other = sign_in(&app, OTHER_ANALYST).await;
    let page = app.get(&mut other.visitor, "/staff/inbox").await.text();
    assert!(page.contains("No hay casos"));

    app.clock.advance(60 * 24 * 3600);
    let mut ana = sign_in(&app, ANALYST).await;
    let page = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    assert!(page.contains("vencido") && page.contains("Un caso vencido"));
}

#[tokio::test]
async fn page_by_page_every_case_comes_once_the_overdue_first() {
    let app = TestApp::new().await;
    let today = app.app().today();
    let mut tx = app.app().db().begin().await.unwrap();
    for number in 0..120 {
        let mut new = crate::contract::new_case(AREA, today.plus_days(-(number % 7)));
        new.case.respond_by = today.plus_days(5);
        if number % 10 == 0 {
            new.case.resolve_by = today.plus_days(-1);
        }
        store::cases::insert(&mut tx, &new).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut ana = sign_in(&app, ANALYST).await;
    let (mut rows, mut pages, mut path) = (Vec::new(), 0, "/staff/inbox".to_owned());
    loop {
        let page = app.get(&mut ana.visitor, &path).await.text();
        pages += 1;
        let late = attributes(&page, "<tr", "class")
            .into_iter()
            .map(|class| class.contains("overdue"));
        rows.extend(late.zip(attributes(&page, "<th scope=\"row\"><a", "href")));
        assert_eq!(page.contains("Al principio"), pages > 1);
        match attributes(&page, "<a class=\"button quiet\" rel=\"next\"", "href").first() {
            Some(next) => path.clone_from(next),
            None => break,
        }
    }
    assert_eq!((rows.len(), pages), (120, 3));
    assert!(rows.iter().map(|(late, _)| !late).is_sorted(), "the overdue first");
    assert_eq!(rows.iter().filter(|(late, _)| *late).count(), 12);
    let different: std::collections::HashSet<_> = rows.iter().map(|(_, href)| href).collect();
    assert_eq!(different.len(), 120);
}

#[tokio::test]
async fn closed_cases_are_listed_only_where_they_are_asked_for() {
    let app = TestApp::new().await;
    let today = app.app().today();
    let mut tx = app.app().db().begin().await.unwrap();
    for state in State::ALL {
        let mut new = crate::contract::new_case(AREA, today);
        new.case.state = *state;
        new.case.unread_for_area = *state == State::InReview;
        store::cases::insert(&mut tx, &new).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut ana = sign_in(&app, ANALYST).await;
    for (query, cases) in [
        ("", 3),
        ("?state=open", 3),
        ("?state=all", 5),
        ("?state=closed", 1),
        ("?unread=1", 1),
        ("?overdue=1", 0),
        (
            "?state=all&verdict=none&channel=web&province=09&kind=denuncia&sort=oldest",
            5,
        ),
        ("?state=all&verdict=valid", 0),
        ("?state=all&establishment=htmc", 0),
        ("?state=nonsense&kind=&sort=&overdue=maybe&state=", 3),
    ] {
        let page = app.get(&mut ana.visitor, &format!("/staff/inbox{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        assert_eq!(attributes(&page.text(), ROWS, "href").len(), cases, "{query}");
    }
}

#[tokio::test]
async fn a_case_leads_back_to_the_page_it_was_reached_from_and_on_to_the_next() {
    let app = TestApp::new().await;
    file(&app).await;
    file(&app).await;
    let mut ana = sign_in(&app, ANALYST).await;
    let list = "/staff/inbox?state=received&category=coima&sort=newest";
    let inbox = app.get(&mut ana.visitor, list).await.text();
    let cases = attributes(&inbox, ROWS, "href");
    let page = app.get(&mut ana.visitor, &cases[0].replace("&#38;", "&")).await.text();
    let back = attributes(&page, "<a rel=\"up\"", "href");
    assert_eq!(back[0].replace("&#38;", "&"), list);
    assert_eq!(attributes(&page, "<a rel=\"next\"", "href"), cases[1..]);
    assert!(attributes(&page, "<a rel=\"prev\"", "href").is_empty(), "the first one");
    let page = app.get(&mut ana.visitor, &cases[1].replace("&#38;", "&")).await.text();
    assert!(attributes(&page, "<a rel=\"next\"", "href").is_empty(), "the last one");
    assert_eq!(attributes(&page, "<a rel=\"prev\"", "href"), cases[..1]);
    // Days left, in words.
    assert!(page.contains("vence en "), "{page}");
    // Nothing that was not written here gets into a link.
    let page = app
        .get(
            &mut ana.visitor,
            &format!(
                "{}%22%3E&after=%3Cb%3E&sort=//evil.test",
                cases[0].replace("&#38;", "&")
            ),
        )
        .await
        .text();
    assert!(!page.contains("evil.test") && !page.contains("<b>"));
}

#[tokio::test]
async fn a_number_leads_straight_to_ones_own_case() {
    let app = TestApp::new().await;
    file(&app).await;
    let mut ana = sign_in(&app, ANALYST).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, ROWS, "href").remove(0);
    let page = app.get(&mut ana.visitor, &path).await.text();
    let number = page.split("<h1 class=\"mono\">").nth(1).unwrap()[..13].to_owned();
    for typed in [
        number.clone(),
        number.to_lowercase().replace('-', ""),
        format!("+{number}+"),
    ] {
        let found = app.get(&mut ana.visitor, &format!("/staff/inbox?number={typed}")).await;
        assert_eq!(
            (found.status, found.location()),
            (StatusCode::SEE_OTHER, path.as_str()),
            "{typed}"
        );
    }
    let slip = app
        .get(&mut ana.visitor, "/staff/inbox?number=2026-AAAAAA-9&state=all")
        .await;
    assert_eq!(slip.status, StatusCode::OK);
    assert!(slip.text().contains("no es un número de caso") && slip.text().contains("value=\"2026-AAAAAA-9\""));

    let mut other = sign_in(&app, OTHER_ANALYST).await;
    let refused = app
        .get(&mut other.visitor, &format!("/staff/inbox?number={number}"))
        .await;
    assert_eq!(refused.status, StatusCode::OK);
    assert!(
        refused.text().contains("Ningún caso de sus áreas"),
        "no word on whether another area has it"
    );
}

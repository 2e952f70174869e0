//! `/staff/inbox`: the cases of an analyst's areas, overdue first, by facets only.

use askama::Template;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::list::{Asked, ORDERS, Pairs, States, VERDICTS, order_code};
use super::{Place, Shell};
use crate::domain::case_number::CaseNumber;
use crate::domain::day::Day;
use crate::domain::facets::{Channel, Kind};
use crate::domain::state::State;
use crate::http::error::{self, RouteError};
use crate::http::pages::StateTexts as _;
use crate::http::site::{SharedSite, Site};
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::cases::Case;
use crate::store::filters::{self, Order};

/// How many cases a page has.
const PAGE: u32 = 50;
/// The overdue are counted no further.
const COUNTED: u32 = 1_000;

/// One choice that narrows the list; sent as a query parameter.
pub struct Filter {
    pub name: &'static str,
    pub label: String,
    /// Under a heading each; those that need none come under an empty one.
    pub groups: Vec<(String, Vec<Choice>)>,
}

/// Value, label, whether chosen.
pub type Choice = (String, String, bool);

/// One case. Labels are the profile's, in the reader's language.
pub struct Row {
    pub href: String,
    pub number: String,
    pub unread: bool,
    pub overdue: bool,
    /// The next deadline, a day since 1970-01-01, and how far it is in words; `None` once resolved.
    pub due: Option<(i64, String)>,
    pub kind: String,
    pub category: String,
    pub place: String,
    pub area: String,
    pub received_on: i64,
    /// The key of the name of the channel by which it came.
    pub channel: &'static str,
    pub state: State,
    /// What the officers found, in words.
    pub verdict: Option<String>,
}

/// `/staff/inbox`
#[derive(Template)]
#[template(path = "staff/inbox.html")]
pub struct Inbox {
    pub shell: Shell,
    /// What is always in sight, and what is not.
    pub filters: Vec<Filter>,
    pub further: Vec<Filter>,
    pub asked: Asked,
    /// The key of what is to be said of the number that was looked for.
    pub not_found: Option<&'static str>,
    pub rows: Vec<Row>,
    /// How many are overdue in all, not only on this page: a number, or that there are more than are counted.
    pub overdue: i64,
    pub more_overdue: bool,
    /// The first page's address, unless this is it, and the next one's; with filters and position.
    pub first: Option<String>,
    pub next: Option<String>,
    /// How far the page had to look, a day since 1970-01-01, where that was not far enough to fill it.
    pub unfinished: Option<i64>,
}

/// `GET /staff/inbox`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Query(pairs): Pairs,
) -> Result<Response, RouteError> {
    let today = site.app.today();
    let asked = Asked::read(&pairs, &site.app.profile());
    let mut tx = site.app.db.read().await?;
    let mut not_found = None;
    if !asked.number.trim().is_empty() {
        match number(&mut tx, &member, &asked.number).await? {
            Ok(case) => return Ok(Redirect::to(&asked.case(case.id)).into_response()),
            Err(key) => not_found = Some(key),
        }
    }
    let filter = asked.filter(&member, today);
    let page = filters::list_page(&mut tx, &filter, asked.order, asked.after.as_ref(), PAGE).await?;
    let overdue = filters::count_overdue(&mut tx, &member.areas, today, COUNTED).await?
        - store::recusal::overdue(&mut tx, member.id, &member.areas, today).await?;
    drop(tx);

    let shell = Shell::of(&site, &member, Place::Inbox);
    let [filters, further] = choices(&site, &shell, &member, &asked);
    let unfinished = page.next.as_ref().filter(|_| page.unfinished).map(|next| next.day.0);
    let inbox = Inbox {
        filters,
        further,
        not_found,
        rows: page
            .cases
            .iter()
            .map(|case| row(&site, &shell, &asked, case, today))
            .collect(),
        overdue,
        more_overdue: overdue == i64::from(COUNTED),
        first: asked.after.is_some().then(|| asked.page(None).address()),
        next: page.next.map(|next| asked.page(Some(next)).address()),
        unfinished,
        asked,
        shell,
    };
    error::page(StatusCode::OK, &inbox)
}

/// The member's case of that number, or the key of what is to be said: no word on whether others have it.
async fn number(tx: &mut store::Tx, member: &Member, typed: &str) -> Result<Result<Case, &'static str>, RouteError> {
    let Ok(number) = typed.parse::<CaseNumber>() else {
        return Ok(Err("inbox-number-wrong"));
    };
    let case = store::cases::by_number(tx, number.as_str()).await?;
    let own = case.filter(|case| member.areas.contains(&case.area));
    Ok(own.ok_or("inbox-number-none"))
}

/// The choices that are always in sight, and the further ones.
fn choices(site: &Site, shell: &Shell, member: &Member, asked: &Asked) -> [Vec<Filter>; 2] {
    let (t, profile) = (&shell.page.t, &site.app.profile());
    let language = t.language();
    let plain = |name, label: &str, options: Vec<Choice>| Filter {
        name,
        label: t.get(label),
        groups: vec![(String::new(), options)],
    };
    let or_all = |any: bool, rest: Vec<Choice>| -> Vec<Choice> {
        std::iter::once((String::new(), t.get("inbox-all"), !any))
            .chain(rest)
            .collect()
    };

    let states = States::every().map(|states| {
        let label = match states {
            States::Open => t.get("inbox-state-open"),
            States::All => t.get("inbox-all"),
            States::One(state) => t.get(state.staff_title()),
        };
        (states.code().to_owned(), label, states == asked.states)
    });
    let chosen = asked.category.as_deref();
    let categories = profile
        .categories
        .iter()
        .filter(|each| member.areas.contains(&each.area) || chosen == Some(each.id.as_str()))
        .map(|each| {
            let label = each.label.get(language).to_owned();
            (each.id.clone(), label, chosen == Some(each.id.as_str()))
        });
    let orders = ORDERS.map(|order| {
        let key = match order {
            Order::Deadline => "inbox-sort-deadline",
            Order::Newest => "inbox-sort-newest",
            Order::Oldest => "inbox-sort-oldest",
        };
        (order_code(order).to_owned(), t.get(key), order == asked.order)
    });
    let kinds = Kind::ALL.iter().map(|kind| {
        let label = super::kind_label(profile, *kind, language);
        (kind.to_string(), label, asked.kind == Some(*kind))
    });
    let chosen = asked.province.as_deref();
    let provinces = profile
        .provinces
        .iter()
        .map(|(code, name)| (code.clone(), name.clone(), chosen == Some(code.as_str())));
    let channels = Channel::ALL.iter().map(|channel| {
        let label = t.get(super::channel_key(*channel));
        (channel.to_string(), label, asked.channel == Some(*channel))
    });
    let verdicts = VERDICTS
        .iter()
        .map(|(found, code, key)| ((*code).to_owned(), t.get(key), asked.verdict == Some(*found)));
    [
        vec![
            plain("state", "inbox-state", states.collect()),
            plain(
                "category",
                "inbox-category",
                or_all(asked.category.is_some(), categories.collect()),
            ),
            plain("sort", "inbox-sort", orders.to_vec()),
        ],
        vec![
            plain("kind", "facet-kind", or_all(asked.kind.is_some(), kinds.collect())),
            plain(
                "province",
                "facet-province",
                or_all(chosen.is_some(), provinces.collect()),
            ),
            Filter {
                name: "establishment",
                label: t.get("facet-establishment"),
                groups: establishments(site, asked, or_all(asked.establishment.is_some(), Vec::new())),
            },
            plain(
                "channel",
                "facet-channel",
                or_all(asked.channel.is_some(), channels.collect()),
            ),
            plain(
                "verdict",
                "inbox-verdict",
                or_all(asked.verdict.is_some(), verdicts.collect()),
            ),
        ],
    ]
}

/// The establishments of the chosen province; of all, by province, where none is chosen.
fn establishments(site: &Site, asked: &Asked, all: Vec<Choice>) -> Vec<(String, Vec<Choice>)> {
    let profile = &site.app.profile();
    let of = profile
        .establishments
        .iter()
        .filter(|(code, _)| asked.province.as_ref().is_none_or(|province| province == *code))
        .map(|(code, names)| {
            let province = profile.provinces.get(code).cloned().unwrap_or_default();
            let mut choices: Vec<Choice> = names
                .iter()
                .map(|(code, name)| (code.clone(), name.clone(), asked.establishment.as_ref() == Some(code)))
                .collect();
            choices.sort_by(|one, other| one.1.cmp(&other.1));
            (province, choices)
        });
    std::iter::once((String::new(), all)).chain(of).collect()
}

fn row(site: &Site, shell: &Shell, asked: &Asked, case: &Case, today: Day) -> Row {
    let (profile, t) = (&site.app.profile(), &shell.page.t);
    let language = t.language();
    let due = case.due_by();
    let establishment = case
        .establishment
        .as_deref()
        .and_then(|code| profile.establishment(code));
    let province = case.province.as_deref().and_then(|code| profile.provinces.get(code));
    let verdict = VERDICTS
        .iter()
        .find(|(found, ..)| case.verdict.map(filters::VerdictFilter::Is) == Some(*found));
    Row {
        href: asked.case(case.id),
        number: case.number.clone(),
        unread: case.unread_for_area,
        overdue: due.is_some_and(|due| due < today),
        due: due.map(|due| (due.0, super::due_in_words(t, due, today))),
        kind: t.get(&format!("kind-{}", case.kind)),
        category: super::category_label(profile, &case.category, language),
        place: establishment.map_or_else(|| province.cloned().unwrap_or_default(), str::to_owned),
        area: super::area_label(profile, &case.area, language),
        received_on: case.received_on.0,
        channel: super::channel_key(case.channel),
        state: case.state,
        verdict: verdict.map(|(_, _, key)| t.get(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    fn inbox(rows: Vec<Row>, unfinished: Option<i64>) -> String {
        let html = Inbox {
            shell: shell(Place::Inbox, Some(Role::Analyst)),
            filters: vec![Filter {
                name: "state",
                label: "Estado".into(),
                groups: vec![(
                    String::new(),
                    vec![
                        ("open".into(), "Abiertos".into(), false),
                        ("received".into(), "Recibido".into(), true),
                    ],
                )],
            }],
            further: Vec::new(),
            asked: Asked {
                number: "<2026>".into(),
                ..Asked::default()
            },
            not_found: Some("inbox-number-none"),
            rows,
            overdue: 1,
            more_overdue: false,
            first: None,
            next: Some("/staff/inbox?state=received&after=x".into()),
            unfinished,
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn overdue_and_unread_are_told_in_words_too() {
        let html = inbox(
            vec![Row {
                href: "/staff/cases/a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d?state=received".into(),
                number: "2026-K7Q2M9-X".into(),
                unread: true,
                overdue: true,
                due: Some((20_780, "vencido desde ayer".into())),
                kind: "Queja".into(),
                category: "Largas esperas".into(),
                place: "Pichincha".into(),
                area: "Atención al usuario".into(),
                received_on: 20_775,
                channel: "channel-desk",
                state: State::Received,
                verdict: None,
            }],
            None,
        );
        assert!(html.contains("href=\"/staff/cases/a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d?state=received\""));
        assert!(
            html.contains("sin leer") && html.contains("vencido desde ayer"),
            "not by colour alone"
        );
        assert!(html.contains("value=\"received\" selected"));
        assert!(html.contains("href=\"/staff/inbox?state=received&#38;after=x\""));
        assert!(html.contains("value=\"&#60;2026&#62;\"") && !html.contains("data-unfinished"));
    }

    #[test]
    fn an_empty_inbox_says_so_and_one_that_is_not_done_says_that() {
        assert!(inbox(Vec::new(), None).contains("No hay casos"));
        let html = inbox(Vec::new(), Some(20_000));
        assert!(
            html.contains("data-unfinished") && html.contains("Seguir buscando"),
            "{html}"
        );
        assert!(!html.contains("No hay casos"), "nobody knows yet");
    }
}

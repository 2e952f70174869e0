//! `/staff/inbox`: the cases of an analyst's areas, overdue first, by facets only.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::domain::case_number::CaseNumber;
use crate::domain::day::Day;
use crate::domain::facets::{Channel, Kind};
use crate::domain::ids::CaseId;
use crate::domain::state::State as CaseState;
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::labels;
use crate::http::staff::list::{InboxQuery, ORDERS, Pairs, States, VERDICTS, order_code};
use crate::http::staff::shell::{Section, Shell};
use crate::i18n::StateTexts as _;
use crate::service::casework::inbox::InboxPage;
use crate::service::people::sessions::Member;
use crate::store::cases::Case;
use crate::store::filters::{self, Order};

/// One filter of the list, which is sent as a query parameter.
pub struct Filter {
    pub name: &'static str,
    pub label: String,
    /// Choices by heading; those that need none come under an empty one.
    pub groups: Vec<(String, Vec<Choice>)>,
}

/// Value, label, and true if chosen.
pub type Choice = (String, String, bool);

/// One case. Labels are the profile's, in the reader's language.
pub struct CaseRow {
    pub href: String,
    pub number: String,
    pub unread: bool,
    pub overdue: bool,
    /// The next deadline, a day since 1970-01-01, and its distance in words; `None` once resolved.
    pub due: Option<(i64, String)>,
    pub kind: String,
    pub category: String,
    pub place: String,
    pub area: String,
    pub received_on: i64,
    /// The key of the name of the channel by which it came.
    pub channel: &'static str,
    pub state: CaseState,
    /// The finding of the officers, in words.
    pub verdict: Option<String>,
}

/// `/staff/inbox`
#[derive(Template)]
#[template(path = "staff/inbox.html")]
pub struct Inbox {
    pub shell: Shell,
    /// The filters that are always in sight, and those that are folded away.
    pub filters: Vec<Filter>,
    pub further: Vec<Filter>,
    pub query: InboxQuery,
    /// The key of the error about the number that was searched.
    pub not_found: Option<&'static str>,
    pub rows: Vec<CaseRow>,
    /// Overdue cases in all, not only on this page, and true if there are more than are counted.
    pub overdue: i64,
    pub more_overdue: bool,
    /// The first page's address, unless this is it, and the next one's; with filters and position.
    pub first: Option<String>,
    pub next: Option<String>,
    /// The last day that the page has searched, counted from 1970-01-01, where it is not full and there may be more.
    pub unfinished: Option<i64>,
}

/// `GET /staff/inbox`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    Query(pairs): Pairs,
) -> Result<Response, RouteError> {
    let today = site.app.today();
    let query = InboxQuery::read(&pairs, &site.app.profile());
    let mut not_found = None;
    if !query.number.trim().is_empty() {
        match find_case(&site, &member, &query.number).await? {
            NumberSearch::Found(case) => return Ok(Redirect::to(&query.case(case)).into_response()),
            NumberSearch::NotFound(key) => not_found = Some(key),
        }
    }
    let filter = query.filter(&member, today);
    let InboxPage {
        page,
        overdue,
        more_overdue,
    } = site
        .app
        .casework
        .inbox(&member, &filter, query.order, query.after.as_ref(), today)
        .await?;

    let shell = Shell::of(&site, &member, Section::Inbox);
    let [filters, further] = choices(&site, &shell, &member, &query);
    let unfinished = page.next.as_ref().filter(|_| page.unfinished).map(|next| next.day.0);
    let inbox = Inbox {
        filters,
        further,
        not_found,
        rows: page
            .cases
            .iter()
            .map(|case| row(&site, &shell, &query, case, today))
            .collect(),
        overdue,
        more_overdue,
        first: query.after.is_some().then(|| query.page(None).address()),
        next: page.next.map(|next| query.page(Some(next)).address()),
        unfinished,
        query,
        shell,
    };
    html::page(StatusCode::OK, &inbox)
}

/// The outcome of a search for one case.
enum NumberSearch {
    Found(CaseId),
    /// The key of the error, which does not tell whether others have the case.
    NotFound(&'static str),
}

/// Finds the member's case of a number.
async fn find_case(site: &Site, member: &Member, typed: &str) -> Result<NumberSearch, RouteError> {
    let Ok(number) = typed.parse::<CaseNumber>() else {
        return Ok(NumberSearch::NotFound("inbox-number-wrong"));
    };
    let case = site.app.casework.own_case_by_number(member, &number).await?;
    Ok(case.map_or(NumberSearch::NotFound("inbox-number-none"), NumberSearch::Found))
}

/// Makes the filters that are always in sight, and those that are folded away.
fn choices(site: &Site, shell: &Shell, member: &Member, query: &InboxQuery) -> [Vec<Filter>; 2] {
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
        (states.code().to_owned(), label, states == query.states)
    });
    let chosen = query.category.as_deref();
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
        (order_code(order).to_owned(), t.get(key), order == query.order)
    });
    let kinds = Kind::ALL.iter().map(|kind| {
        let label = labels::kind_label(profile, *kind, language);
        (kind.to_string(), label, query.kind == Some(*kind))
    });
    let chosen = query.province.as_deref();
    let provinces = profile
        .provinces
        .iter()
        .map(|(code, name)| (code.clone(), name.clone(), chosen == Some(code.as_str())));
    let channels = Channel::ALL.iter().map(|channel| {
        let label = t.get(labels::channel_key(*channel));
        (channel.to_string(), label, query.channel == Some(*channel))
    });
    let verdicts = VERDICTS
        .iter()
        .map(|(found, code, key)| ((*code).to_owned(), t.get(key), query.verdict == Some(*found)));
    [
        vec![
            plain("state", "inbox-state", states.collect()),
            plain(
                "category",
                "inbox-category",
                or_all(query.category.is_some(), categories.collect()),
            ),
            plain("sort", "inbox-sort", orders.to_vec()),
        ],
        vec![
            plain("kind", "facet-kind", or_all(query.kind.is_some(), kinds.collect())),
            plain(
                "province",
                "facet-province",
                or_all(chosen.is_some(), provinces.collect()),
            ),
            Filter {
                name: "establishment",
                label: t.get("facet-establishment"),
                groups: establishments(site, query, or_all(query.establishment.is_some(), Vec::new())),
            },
            plain(
                "channel",
                "facet-channel",
                or_all(query.channel.is_some(), channels.collect()),
            ),
            plain(
                "verdict",
                "inbox-verdict",
                or_all(query.verdict.is_some(), verdicts.collect()),
            ),
        ],
    ]
}

/// Returns the establishments of the chosen province, or all by province where none is chosen.
fn establishments(site: &Site, query: &InboxQuery, all: Vec<Choice>) -> Vec<(String, Vec<Choice>)> {
    let profile = &site.app.profile();
    let of = profile
        .establishments
        .iter()
        .filter(|(code, _)| query.province.as_ref().is_none_or(|province| province == *code))
        .map(|(code, names)| {
            let province = profile.provinces.get(code).cloned().unwrap_or_default();
            let mut choices: Vec<Choice> = names
                .iter()
                .map(|(code, name)| (code.clone(), name.clone(), query.establishment.as_ref() == Some(code)))
                .collect();
            choices.sort_by(|one, other| one.1.cmp(&other.1));
            (province, choices)
        });
    std::iter::once((String::new(), all)).chain(of).collect()
}

fn row(site: &Site, shell: &Shell, query: &InboxQuery, case: &Case, today: Day) -> CaseRow {
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
    CaseRow {
        href: query.case(case.id),
        number: case.number.clone(),
        unread: case.unread_for_area,
        overdue: due.is_some_and(|due| due < today),
        due: due.map(|due| (due.0, labels::due_in_words(t, due, today))),
        kind: t.get(&format!("kind-{}", case.kind)),
        category: labels::category_label(profile, &case.category, language),
        place: establishment.map_or_else(|| province.cloned().unwrap_or_default(), str::to_owned),
        area: labels::area_label(profile, &case.area, language),
        received_on: case.received_on.0,
        channel: labels::channel_key(case.channel),
        state: case.state,
        verdict: verdict.map(|(_, _, key)| t.get(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, shell};

    fn inbox(rows: Vec<CaseRow>, unfinished: Option<i64>) -> String {
        let html = Inbox {
            shell: shell(Section::Inbox, Some(Role::Analyst)),
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
            query: InboxQuery {
                number: "<2026>".into(),
                ..InboxQuery::default()
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
            vec![CaseRow {
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
                state: CaseState::Received,
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

//! `/staff/inbox`: the cases of an analyst's areas, overdue first, by facets only.

use askama::Template;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{Place, Shell};
use crate::domain::day::Day;
use crate::domain::state::State;
use crate::http::error::{self, RouteError};
use crate::http::pages::StateTexts as _;
use crate::http::site::{SharedSite, Site};
use crate::service::sessions::Member;
use crate::store::filters::{self, Cursor, Listed};

/// How many cases a page has.
const PAGE: u32 = 50;

/// One choice that narrows the list; sent as a query parameter.
pub struct Filter {
    pub name: &'static str,
    pub label: String,
    /// Value, label, whether chosen. The first is "all", with an empty value.
    pub options: Vec<(String, String, bool)>,
}

/// One case. Labels are the profile's, in the reader's language.
pub struct Row {
    pub id: String,
    pub number: String,
    pub unread: bool,
    pub overdue: bool,
    /// The next deadline, a day since 1970-01-01; `None` once resolved.
    pub due: Option<i64>,
    pub kind: String,
    pub category: String,
    pub place: String,
    pub area: String,
    pub received_on: i64,
    /// The key of the name of the channel by which it came.
    pub channel: &'static str,
    pub state: State,
}

/// `/staff/inbox`
#[derive(Template)]
#[template(path = "staff/inbox.html")]
pub struct Inbox {
    pub shell: Shell,
    pub filters: Vec<Filter>,
    pub rows: Vec<Row>,
    /// How many are overdue in all, not only on this page.
    pub overdue: u64,
    /// Addresses of the first page, unless this is it, and of the next one; with filters and position.
    pub first: Option<String>,
    pub next: Option<String>,
}

/// What the address says. Empty values are "all", as a form sends them; unknown ones find nothing or are passed over.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    category: String,
    /// Where the page before ended.
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, after: Option<&Cursor>) -> String {
        let mut parts = Vec::new();
        // Codes of the profile and of states: nothing that would need escaping gets through.
        for (name, value) in [("state", &self.state), ("category", &self.category)] {
            if !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
                parts.push(format!("{name}={value}"));
            }
        }
        if let Some(after) = after {
            parts.push(format!("after={}", write_cursor(after)));
        }
        let query = if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        };
        format!("{}{query}", Place::Inbox.path())
    }
}

fn write_cursor(cursor: &Cursor) -> String {
    let late = if cursor.overdue { "late" } else { "due" };
    format!("{late}.{}.{}", cursor.received_on.0, hex::encode(&cursor.sort_key))
}

/// `None` for whatever was not written here: the first page is shown then.
fn read_cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, '.');
    let overdue = match parts.next()? {
        "late" => true,
        "due" => false,
        _ => return None,
    };
    Some(Cursor {
        overdue,
        received_on: Day(parts.next()?.parse().ok()?),
        sort_key: hex::decode(parts.next()?).ok()?,
    })
}

/// `GET /staff/inbox`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Query(asked): Query<Asked>,
) -> Result<Response, RouteError> {
    let today = site.app.today();
    let state: Option<State> = asked.state.parse().ok();
    let category = Some(asked.category.clone()).filter(|code| !code.is_empty());
    let filter = filters::Filter {
        areas: member.areas.clone(),
        states: state.into_iter().collect(),
        category: category.clone(),
        not_recused: Some(member.id),
        ..filters::Filter::default()
    };
    let late = filters::Filter {
        areas: member.areas.clone(),
        overdue_on: Some(today),
        not_recused: Some(member.id),
        ..filters::Filter::default()
    };
    let after = read_cursor(&asked.after);
    let mut tx = site.app.db.read().await?;
    let page = filters::inbox(&mut tx, &filter, today, true, after.as_ref(), PAGE).await?;
    let counts = filters::counts(&mut tx, &late).await?;
    drop(tx);

    let shell = Shell::of(&site, &member, Place::Inbox);
    let inbox = Inbox {
        filters: choices(&site, &shell, &member, state, category.as_deref()),
        rows: page.cases.iter().map(|listed| row(&site, &shell, listed)).collect(),
        overdue: counts.iter().map(|count| u64::try_from(count.cases).unwrap_or(0)).sum(),
        first: after.is_some().then(|| asked.address(None)),
        next: page.next.as_ref().map(|next| asked.address(Some(next))),
        shell,
    };
    error::page(StatusCode::OK, &inbox)
}

fn choices(site: &Site, shell: &Shell, member: &Member, state: Option<State>, category: Option<&str>) -> Vec<Filter> {
    let t = &shell.page.t;
    let all = |chosen| (String::new(), t.get("inbox-all"), chosen);
    let states = State::ALL
        .iter()
        .map(|each| (each.to_string(), t.get(each.staff_title()), state == Some(*each)));
    let profile = &site.app.profile;
    let categories = profile
        .categories
        .iter()
        .filter(|each| member.areas.contains(&each.area) || category == Some(each.id.as_str()))
        .map(|each| {
            let label = each.label.get(t.language()).to_owned();
            (each.id.clone(), label, category == Some(each.id.as_str()))
        });
    vec![
        Filter {
            name: "state",
            label: t.get("inbox-state"),
            options: std::iter::once(all(state.is_none())).chain(states).collect(),
        },
        Filter {
            name: "category",
            label: t.get("inbox-category"),
            options: std::iter::once(all(category.is_none())).chain(categories).collect(),
        },
    ]
}

fn row(site: &Site, shell: &Shell, Listed { case, overdue }: &Listed) -> Row {
    let (profile, language) = (&site.app.profile, shell.page.t.language());
    let due = match case.responded_on {
        None => case.respond_by.min(case.resolve_by),
        Some(_) => case.resolve_by,
    };
    let establishment = case
        .establishment
        .as_deref()
        .and_then(|code| profile.establishment(code));
    let province = case.province.as_deref().and_then(|code| profile.provinces.get(code));
    Row {
        id: case.id.to_string(),
        number: case.number.clone(),
        unread: case.unread_for_area,
        overdue: *overdue,
        due: case.state.is_open().then_some(due.0),
        kind: super::kind_label(profile, case.kind, language),
        category: super::category_label(profile, &case.category, language),
        place: establishment.map_or_else(|| province.cloned().unwrap_or_default(), str::to_owned),
        area: super::area_label(profile, &case.area, language),
        received_on: case.received_on.0,
        channel: super::channel_key(case.channel),
        state: case.state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    fn inbox(rows: Vec<Row>) -> String {
        let html = Inbox {
            shell: shell(Place::Inbox, Some(Role::Analyst)),
            filters: vec![Filter {
                name: "state",
                label: "Estado".into(),
                options: vec![
                    (String::new(), "Todos".into(), false),
                    ("received".into(), "Recibido".into(), true),
                ],
            }],
            rows,
            overdue: 1,
            first: None,
            next: Some("/staff/inbox?after=x&state=received".into()),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn overdue_and_unread_are_told_in_words_too() {
        let html = inbox(vec![Row {
            id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            unread: true,
            overdue: true,
            due: Some(20_780),
            kind: "Queja".into(),
            category: "Largas esperas".into(),
            place: "Pichincha".into(),
            area: "Atención al usuario".into(),
            received_on: 20_775,
            channel: "channel-desk",
            state: State::Received,
        }]);
        assert!(html.contains("href=\"/staff/cases/a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d\""));
        assert!(
            html.contains("sin leer") && html.contains("vencido"),
            "not by colour alone"
        );
        assert!(html.contains("value=\"received\" selected"));
        assert!(html.contains("href=\"/staff/inbox?after=x&#38;state=received\""));
    }

    #[test]
    fn a_page_s_end_is_read_back_and_anything_else_is_not() {
        let cursor = Cursor {
            overdue: true,
            received_on: Day(20_781),
            sort_key: vec![0, 255],
        };
        assert_eq!(write_cursor(&cursor), "late.20781.00ff");
        assert_eq!(read_cursor("late.20781.00ff"), Some(cursor));
        for wrong in ["", "late", "late.20781", "soon.1.00", "due.x.00", "due.1.0g"] {
            assert_eq!(read_cursor(wrong), None, "{wrong}");
        }
        let asked = Asked {
            state: "received".into(),
            category: "a&b=<c>".into(),
            after: String::new(),
        };
        assert_eq!(asked.address(None), "/staff/inbox?state=received");
    }

    #[test]
    fn an_empty_inbox_says_so() {
        assert!(inbox(Vec::new()).contains("No hay casos"));
    }
}

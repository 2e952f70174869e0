//! The query of the inbox: filters, order and position. The pages of its cases carry it along, so that the way back leads to
//! the same page of the same list.

use axum::extract::Query;

use crate::dialogue::Profile;
use crate::domain::day::Day;
use crate::domain::facets::{Channel, Kind, Verdict};
use crate::domain::state::State;
use crate::http::staff::shell::Section;
use crate::service::people::sessions::Member;
use crate::store::filters::{Cursor, Filter, Order, SortAxis, VerdictFilter};

/// The states that are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum States {
    /// Cases on which somebody still has to work.
    #[default]
    Open,
    All,
    One(State),
}

impl States {
    /// Returns every choice, in the order of the list.
    pub(super) fn every() -> impl Iterator<Item = Self> {
        [Self::Open, Self::All]
            .into_iter()
            .chain(State::ALL.iter().map(|state| Self::One(*state)))
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::All => "all",
            Self::One(state) => state.as_str(),
        }
    }
}

pub(super) const ORDERS: [Order; 3] = [Order::Deadline, Order::Newest, Order::Oldest];

pub(super) const fn order_code(order: Order) -> &'static str {
    match order {
        Order::Deadline => "deadline",
        Order::Newest => "newest",
        Order::Oldest => "oldest",
    }
}

/// The query of an address of the inbox, or of a case that was reached from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxQuery {
    pub states: States,
    pub kind: Option<Kind>,
    pub category: Option<String>,
    pub province: Option<String>,
    pub establishment: Option<String>,
    pub channel: Option<Channel>,
    pub verdict: Option<VerdictFilter>,
    pub overdue: bool,
    pub unread: bool,
    pub order: Order,
    /// The end of the page before.
    pub after: Option<Cursor>,
    /// The number that was typed to find one case, as it was typed.
    pub number: String,
}

/// Names and values as they come. Twice the same name is no error: the last one counts.
pub(crate) type Pairs = Query<Vec<(String, String)>>;

impl InboxQuery {
    /// Reads a query. Empty values are "all", as a form sends them; unknown codes find nothing; anything else that does not
    /// read is passed over.
    pub(crate) fn read(pairs: &[(String, String)], profile: &Profile) -> Self {
        let mut query = Self::default();
        for (name, value) in pairs {
            let code = || Some(value.clone()).filter(|value| is_code(value));
            match name.as_str() {
                "state" => {
                    query.states = States::every()
                        .find(|states| states.code() == value)
                        .unwrap_or_default();
                }
                "kind" => query.kind = value.parse().ok(),
                "category" => query.category = code(),
                "province" => query.province = code(),
                "establishment" => query.establishment = code(),
                "channel" => query.channel = value.parse().ok(),
                "verdict" => {
                    query.verdict = match value.as_str() {
                        "none" => Some(VerdictFilter::Pending),
                        verdict => verdict.parse().ok().map(VerdictFilter::Is),
                    }
                }
                "overdue" => query.overdue = value == "1",
                "unread" => query.unread = value == "1",
                "sort" => {
                    query.order = ORDERS
                        .into_iter()
                        .find(|order| order_code(*order) == value)
                        .unwrap_or_default();
                }
                "after" => query.after = read_cursor(value),
                "number" => query.number = value.chars().take(40).collect(),
                _ => {}
            }
        }
        // An establishment of another province was chosen before the province was.
        let elsewhere = |province: &String, code: &String| {
            profile.establishment(code).is_some()
                && !profile
                    .establishments
                    .get(province)
                    .is_some_and(|of| of.contains_key(code))
        };
        if let (Some(province), Some(code)) = (&query.province, &query.establishment)
            && elsewhere(province, code)
        {
            query.establishment = None;
        }
        query
    }

    pub(super) fn filter(&self, member: &Member, today: Day) -> Filter {
        Filter {
            areas: member.areas.clone(),
            states: match self.states {
                States::Open => State::ALL.iter().copied().filter(|state| state.is_open()).collect(),
                States::All => Vec::new(),
                States::One(state) => vec![state],
            },
            kind: self.kind,
            category: self.category.clone(),
            province: self.province.clone(),
            establishment: self.establishment.clone(),
            channel: self.channel,
            verdict: self.verdict,
            unread: self.unread,
            overdue_on: self.overdue.then_some(today),
            not_recused: Some(member.id),
        }
    }

    /// Counts the used filters among those that are folded away at first.
    pub(super) fn further(&self) -> usize {
        [
            self.kind.is_some(),
            self.province.is_some(),
            self.establishment.is_some(),
            self.channel.is_some(),
            self.verdict.is_some(),
        ]
        .into_iter()
        .filter(|used| *used)
        .count()
    }

    pub(super) fn is_filtered(&self) -> bool {
        let plain = Self {
            order: self.order,
            after: self.after.clone(),
            number: self.number.clone(),
            ..Self::default()
        };
        *self != plain
    }

    /// Returns the query of the first page, without any filter.
    pub(super) fn without_filters(&self) -> Self {
        Self {
            order: self.order,
            ..Self::default()
        }
    }

    pub(super) fn page(&self, after: Option<Cursor>) -> Self {
        Self { after, ..self.clone() }
    }

    /// Writes `?state=…&after=…`, or nothing. Only codes get in: nothing that would need escaping.
    fn query(&self) -> String {
        let verdict = self.verdict.map(|verdict| match verdict {
            VerdictFilter::Pending => "none",
            VerdictFilter::Is(verdict) => verdict.as_str(),
        });
        let states = Some(self.states).filter(|states| *states != States::Open);
        let order = Some(self.order).filter(|order| *order != Order::Deadline);
        let after = self.after.as_ref().map(write_cursor);
        let parts = [
            ("state", states.map(States::code)),
            ("kind", self.kind.map(Kind::as_str)),
            ("category", self.category.as_deref()),
            ("province", self.province.as_deref()),
            ("establishment", self.establishment.as_deref()),
            ("channel", self.channel.map(Channel::as_str)),
            ("verdict", verdict),
            ("overdue", self.overdue.then_some("1")),
            ("unread", self.unread.then_some("1")),
            ("sort", order.map(order_code)),
            ("after", after.as_deref()),
        ];
        let mut query = String::new();
        for (name, value) in parts {
            if let Some(value) = value {
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(name);
                query.push('=');
                query.push_str(value);
            }
        }
        query
    }

    /// Returns the address of the list.
    pub(super) fn address(&self) -> String {
        format!("{}{}", Section::Inbox.path(), self.query())
    }

    /// Returns the address of a case of the list.
    pub(super) fn case(&self, id: impl std::fmt::Display) -> String {
        format!("/staff/cases/{id}{}", self.query())
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn write_cursor(cursor: &Cursor) -> String {
    let axis = match cursor.axis {
        SortAxis::Due => "due",
        SortAxis::Received => "day",
    };
    format!("{axis}.{}.{}", cursor.day.0, hex::encode(&cursor.sort_key))
}

/// Reads a cursor; none for anything that no address of ours has, which shows the first page.
fn read_cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, '.');
    let axis = match parts.next()? {
        "due" => SortAxis::Due,
        "day" => SortAxis::Received,
        _ => return None,
    };
    Some(Cursor {
        axis,
        day: Day(parts.next()?.parse().ok()?),
        sort_key: hex::decode(parts.next()?).ok().filter(|key| key.len() <= 64)?,
    })
}

/// Every finding of officers, with its code and the key of its text.
pub(super) const VERDICTS: [(VerdictFilter, &str, &str); 4] = [
    (VerdictFilter::Pending, "none", "inbox-verdict-none"),
    (VerdictFilter::Is(Verdict::Valid), "valid", "inbox-verdict-valid"),
    (
        VerdictFilter::Is(Verdict::Mismatch),
        "mismatch",
        "inbox-verdict-mismatch",
    ),
    (
        VerdictFilter::Is(Verdict::Unreachable),
        "unreachable",
        "inbox-verdict-unreachable",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> InboxQuery {
        let profile = Profile::parse(include_str!("../../../profiles/iess.toml")).unwrap();
        let pairs: Vec<_> = query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        InboxQuery::read(&pairs, &profile)
    }

    #[test]
    fn an_address_reads_back_and_what_nobody_wrote_is_passed_over() {
        let all = [
            ("state", "in_review"),
            ("kind", "denuncia"),
            ("category", "coima"),
            ("province", "17"),
            ("establishment", "hcam"),
            ("channel", "desk"),
            ("verdict", "none"),
            ("overdue", "1"),
            ("unread", "1"),
            ("sort", "oldest"),
            ("after", "day.20781.00ff"),
        ];
        let expected: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = read(&all);
        assert_eq!(query.address(), format!("/staff/inbox?{}", expected.join("&")));
        assert_eq!(query.further(), 5);
        assert!(query.is_filtered() && !query.without_filters().is_filtered());

        for nonsense in [
            ("state", "sold"),
            ("kind", "x"),
            ("category", "a&b=<c>"),
            ("verdict", "' OR 1=1"),
            ("overdue", "yes"),
            ("sort", "random"),
            ("after", "late.1.00"),
            ("after", "due.x.00"),
            ("after", "due.1.0g"),
            ("after", "due.1"),
            ("lang", "en"),
        ] {
            assert_eq!(read(&[nonsense]), InboxQuery::default(), "{nonsense:?}");
        }
        assert_eq!(read(&[("state", ""), ("kind", "")]).address(), "/staff/inbox");
        assert_eq!(
            read(&[("kind", "queja"), ("kind", "denuncia")]).kind,
            Some(Kind::Denuncia)
        );
    }

    #[test]
    fn an_establishment_of_another_province_is_let_go_and_an_unknown_one_finds_nothing() {
        assert_eq!(
            read(&[("province", "09"), ("establishment", "hcam")]).establishment,
            None
        );
        let unknown = read(&[("province", "09"), ("establishment", "closed-long-ago")]);
        assert_eq!(unknown.establishment.as_deref(), Some("closed-long-ago"));
    }
}

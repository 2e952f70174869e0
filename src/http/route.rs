//! The types of the routes' table: a row states the side, the access, the body and the limits of a route.

use axum::routing::MethodRouter;

use crate::domain::role::Role;
use crate::http::middleware::rate_limit::RateLimit;
use crate::http::site::SharedSite;
use crate::metrics;

/// Bytes of a form: the longest text in characters of four bytes, each percent-encoded, and room for the rest.
const MAX_FORM_BYTES: usize = 256 * 1024;
/// Bytes of a notification: Meta's have 3 MB at most.
const MAX_WEBHOOK_BYTES: usize = 4 * 1024 * 1024;

/// One row of the table.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub side: Side,
    pub access: Access,
    pub body: BodyKind,
    pub(crate) rate_limit: Option<RateLimit>,
    pub concurrency: Concurrency,
    pub(crate) handler: fn() -> MethodRouter<SharedSite>,
}

/// The side of the house on which an address lies. All methods of a path share it.
///
/// It decides what errors look like, which Content-Security-Policy applies, and what telemetry may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Pages for reporters and for everybody.
    Reporter,
    /// A clerk's pages at the counter: they look like staff's, and are as confidential as a reporter's.
    Counter,
    /// Pages for staff.
    Staff,
    /// JSON for the scripts of staff's pages.
    StaffApi,
    /// Notifications of Meta, which its signature protects.
    Webhook,
    /// Style sheets, scripts and pictures under hashed names.
    Asset,
    /// Health checks.
    Probe,
}

/// The people who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// A reporter who has presented a receipt.
    Reporter,
    /// Staff who are signed in, also those whom the newest roster does not name.
    Member,
    /// Staff to whom the newest roster gives one of these roles.
    Staff(&'static [Role]),
    /// Staff in one of these roles, for the case that the path names: analysts only of the case's area, and nobody who
    /// is recused from it.
    Case(&'static [Role]),
}

/// The body that a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// None.
    Empty,
    /// A form. When the request is refused, its page offers the form to be sent again.
    Form,
    /// JSON of our own scripts.
    Json,
    /// Files: as large as the profile allows, for as long as they keep coming.
    Upload,
    /// A notification of Meta.
    Webhook,
}

/// The rule for requests that are worked on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// The request takes one of the places, and waits for it if need be.
    Limited,
    /// The request needs no place: leaving and health checks must work under load, uploads have places of their own,
    /// and assets are in memory.
    Unlimited,
}

impl Side {
    /// The side as telemetry tells it: what is done at the counter is a reporter's.
    pub(crate) const fn telemetry(self) -> metrics::Side {
        match self {
            Self::Staff | Self::StaffApi => metrics::Side::Staff,
            Self::Reporter | Self::Counter | Self::Webhook | Self::Asset | Self::Probe => metrics::Side::Reporter,
        }
    }

    /// Returns true if pages here belong to staff, errors included.
    pub(crate) const fn has_staff_pages(self) -> bool {
        matches!(self, Self::Staff | Self::Counter)
    }

    /// Returns true if errors here are problem documents for every client.
    pub(crate) const fn is_api(self) -> bool {
        matches!(self, Self::StaffApi)
    }
}

impl BodyKind {
    /// Returns the largest body in bytes; `None` where the handler counts by itself.
    pub(crate) const fn max_bytes(self) -> Option<usize> {
        match self {
            Self::Empty | Self::Form | Self::Json => Some(MAX_FORM_BYTES),
            Self::Webhook => Some(MAX_WEBHOOK_BYTES),
            Self::Upload => None,
        }
    }

    /// Returns true if a refused request's body is kept for its page.
    pub(crate) const fn is_replayed(self) -> bool {
        matches!(self, Self::Form)
    }
}

impl Route {
    /// Describes the row in one line of the golden table in `tests/routes/routes.txt`: everything that decides who gets
    /// in and what it costs.
    pub fn summary(&self) -> String {
        let roles = |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join("+");
        let access = match self.access {
            Access::Anyone => "anyone".to_owned(),
            Access::Reporter => "reporter".to_owned(),
            Access::Member => "member".to_owned(),
            Access::Staff(of) => format!("staff({})", roles(of)),
            Access::Case(of) => format!("case({})", roles(of)),
        };
        let body = self
            .body
            .max_bytes()
            .map_or_else(|| "upload".to_owned(), |bytes| bytes.to_string());
        let side = match self.side.telemetry() {
            metrics::Side::Staff => "staff",
            metrics::Side::Reporter => "reporter",
        };
        let rate_limit = self
            .rate_limit
            .map_or_else(|| "-".to_owned(), |limit| format!("{limit:?}").to_lowercase());
        format!(
            "{} {} access={access} side={side} body={body} rate_limit={rate_limit} concurrency={} replay={}",
            self.method,
            self.path,
            self.concurrency == Concurrency::Limited,
            self.body.is_replayed()
        )
    }
}

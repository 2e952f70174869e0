//! Lists with filters: the inbox and the audit log. Only this folder builds SQL at run time.
//!
//! The inbox uses keyset pagination, and a page looks at a bounded number of index entries. That holds however many
//! cases there are, and for every filter.
//!
//! - Several indexes list the cases in the order of the page: one for each filter that may match few cases.
//!   Each entry holds every column that is filtered by.
//! - Of the indexes that apply, the one that gets furthest with its share of entries is read.
//! - Where that neither fills the page nor reaches the end, the page returns its position, and the next page goes on
//!   from there.

mod inbox;
mod log;
mod segment;
mod sql;
mod types;

pub use self::inbox::{find_previous, list_page, list_page_within};
pub use self::log::{LogCursor, LogFilter, list_log_entries};
pub use self::sql::{count_by_state, count_overdue};
pub use self::types::{Count, Cursor, DEFAULT_BUDGET, Filter, Order, Page, ScanBudget, SortAxis, VerdictFilter};

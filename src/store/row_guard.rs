//! The things that a transaction needs to check rows.

use std::sync::Arc;

use super::observer::TransactionObserver;
use crate::domain::row::RowAuthenticator;

/// The key of a database's rows, and the one who is told of wrong rows.
#[derive(Clone, Debug, Default)]
pub struct RowGuard {
    pub(super) key: Option<Arc<dyn RowAuthenticator>>,
    pub(super) observer: Option<Arc<dyn TransactionObserver>>,
}

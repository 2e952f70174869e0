//! Passes the measurements of the store's transactions to the metrics: neither knows the other.

use std::time::Duration;

use crate::metrics::Metrics;
use crate::store::TransactionObserver;

impl TransactionObserver for Metrics {
    fn observe_transaction(&self, name: &'static str, took: Duration, retries: u32) {
        self.record_transaction(name, took, retries);
    }

    fn observe_refused_row(&self, table: &'static str) {
        self.count_refused_row(table);
    }
}

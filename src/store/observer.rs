//! The measurements of the store, for the metrics.

use std::time::Duration;

/// Receives the measurements of transactions.
pub trait TransactionObserver: std::fmt::Debug + Send + Sync {
    /// Takes the name of a transaction, its duration with all attempts, and the number of retries.
    fn observe_transaction(&self, name: &'static str, took: Duration, retries: u32);

    /// Takes the table of a row that counts as absent because its MAC is wrong.
    fn observe_refused_row(&self, table: &'static str);
}

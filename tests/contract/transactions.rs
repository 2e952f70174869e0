//! Names of writing transactions: each has its own, and the metrics know those of staff.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sigilo::metrics::IMMEDIATE_TRANSACTIONS;
use sigilo::store::{Error, TransactionObserver, instance};

use super::{Fresh, rng, stories};

stories!(durations_and_retries_are_observed);

/// The names in `….write("name", …)`, each with its files.
fn names(folder: &Path, found: &mut BTreeMap<String, Vec<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (_, rest) in text
            .match_indices(".write(")
            .map(|(at, call)| text.split_at(at + call.len()))
        {
            if let Some(name) = rest
                .trim_start()
                .strip_prefix('"')
                .and_then(|rest| rest.split_once('"'))
            {
                found
                    .entry(name.0.to_owned())
                    .or_default()
                    .push(path.display().to_string());
            }
        }
    }
}

#[test]
fn each_transaction_has_a_name_of_its_own() {
    let mut found = BTreeMap::new();
    names(Path::new("src/http"), &mut found);
    names(Path::new("src/service"), &mut found);
    assert!(found.len() > 60, "{}", found.len());
    for (name, files) in &found {
        assert_eq!(files.len(), 1, "{name} is in {files:?}");
        let is_plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(is_plain && name.contains('_'), "{name}: a verb and its object");
    }
    for name in IMMEDIATE_TRANSACTIONS {
        assert!(found.contains_key(*name), "the metrics know {name}, which no code runs");
    }
}

/// Keeps the names and the retries of observed transactions.
#[derive(Debug, Default)]
struct Observed(Mutex<Vec<(&'static str, u32)>>);

impl TransactionObserver for Observed {
    fn observe_transaction(&self, name: &'static str, took: Duration, retries: u32) {
        assert!(took < Duration::from_mins(1));
        self.0.lock().unwrap().push((name, retries));
    }

    fn observe_refused_row(&self, table: &'static str) {
        panic!("{table}");
    }
}

async fn durations_and_retries_are_observed(fresh: Fresh) {
    let observed = Arc::new(Observed::default());
    let db = fresh.db.clone().with_observer(observed.clone());
    let id = sigilo::domain::ids::InstanceId::random(&mut rng());
    for name in ["create_first", "create_again"] {
        let result: Result<(), Error> = db
            .write(name, |mut tx| async move {
                instance::create(&mut tx, id, 5).await?;
                tx.commit().await
            })
            .await;
        assert_eq!(result.is_ok(), name == "create_first");
    }
    assert_eq!(*observed.0.lock().unwrap(), [("create_first", 0), ("create_again", 0)]);
}

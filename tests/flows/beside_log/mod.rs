//! Rows and files beside the log, attacked by somebody who writes to the database or to the witness's files: `sigilo audit
//! verify` names each change. The duties have the numbers of `docs/PROTOCOL.md`, section 19.

mod tampering;
mod world;

use std::fs;

use serde_json::{Value, json};
use sigilo::audit::verify::RowDefect;
use sigilo::service::audit::verification::VerificationError;
use sigilo::vault::hash::Hash32;

use self::world::World;
use super::verification::{tampered, verified};

/// Verifies a copy of the database after `statements`. Returns the table, or `entry`, and the code of the finding.
async fn found(world: &World, name: &str, statements: &[String]) -> Option<(&'static str, &'static str)> {
    let db = tampered(&world.app, name, statements).await;
    match verified(&world.app, &db).await {
        Ok(_) => None,
        Err(VerificationError::Row(finding, _)) => Some((finding.table, finding.defect.code())),
        Err(VerificationError::Entry(finding, _)) => Some(("entry", finding.defect.code())),
        Err(other) => panic!("{name}: {other}"),
    }
}

fn one(statement: String) -> Vec<String> {
    vec![statement]
}

/// The duties about seals: a seal is erased only if log and witness say so, and is as its manifest says.
#[tokio::test(flavor = "multi_thread")]
async fn a_seal_is_what_the_log_covers() {
    let world = World::worked().await;
    assert_eq!(found(&world, "twin", &[]).await, None);
    let seal = format!("case_id = X'{}' AND version = 1", hex::encode(world.worked.as_bytes()));
    let shares = format!("seal_id IN (SELECT id FROM seal WHERE {seal})");
    for (name, statements, defect) in [
        (
            "erased",
            vec![
                format!("DELETE FROM share WHERE {shares}"),
                format!("UPDATE seal SET record = X'', witness_half = X'', erased = TRUE WHERE {seal}"),
            ],
            RowDefect::ErasedUnlogged,
        ),
        (
            "record",
            one(format!(
                "UPDATE seal SET record = zeroblob(length(record)) WHERE {seal}"
            )),
            RowDefect::RecordExchanged,
        ),
        (
            "half",
            one(format!("UPDATE seal SET witness_half = X'' WHERE {seal}")),
            RowDefect::HalfMissing,
        ),
        (
            "share",
            one(format!("DELETE FROM share WHERE {shares}")),
            RowDefect::HalfMissing,
        ),
        (
            "overwritten",
            one(format!("UPDATE share SET file = zeroblob(length(file)) WHERE {shares}")),
            RowDefect::HalfMissing,
        ),
        (
            "put-back",
            one("UPDATE seal SET erased = FALSE WHERE erased = TRUE".into()),
            RowDefect::NotErased,
        ),
    ] {
        assert_eq!(
            found(&world, name, &statements).await,
            Some(("seal", defect.code())),
            "{name}"
        );
    }
    // The half of an identity that was opened is the one that the journal says the witness was asked with.
    let half = format!("UPDATE seal SET witness_half = CAST('age-encryption.org/v1' || char(10) AS BLOB) WHERE {seal}");
    let told = found(&world, "half-exchanged", &one(half)).await;
    assert_eq!(told, Some(("unseal", RowDefect::OrderDiffers.code())));
}

/// The duties about openings: each has its row, its answer and its letters.
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_keeps_its_row() {
    let world = World::worked().await;
    for (name, statement, table, defect) in [
        ("deleted", "DELETE FROM unseal", "unseal", RowDefect::Missing),
        (
            "refused",
            "UPDATE unseal SET state = 'refused'",
            "unseal",
            RowDefect::Changed,
        ),
        (
            "verdict",
            "UPDATE unseal SET verdict = 'mismatch'",
            "unseal",
            RowDefect::Changed,
        ),
        (
            "class",
            "UPDATE unseal SET class = class || 'x'",
            "unseal",
            RowDefect::Changed,
        ),
        (
            "letters",
            "DELETE FROM letter WHERE kind = 'purpose'",
            "letter",
            RowDefect::Missing,
        ),
        ("checks", "DELETE FROM checking", "checking", RowDefect::Missing),
        (
            "history",
            "DELETE FROM case_event WHERE what = 'state'",
            "case_event",
            RowDefect::Missing,
        ),
        (
            "state",
            "UPDATE cases SET state = 'closed', closed_on = received_on, due_by = NULL WHERE verdict IS NOT NULL",
            "cases",
            RowDefect::Changed,
        ),
        ("recusal", "DELETE FROM recusal", "recusal", RowDefect::Missing),
        (
            "a note that nobody logged",
            "UPDATE record SET kind = 'note' WHERE kind = 'message' AND author <> 'reporter'",
            "record",
            RowDefect::Changed,
        ),
    ] {
        let told = found(&world, &name.replace(' ', "-"), &one(statement.into())).await;
        assert_eq!(told, Some((table, defect.code())), "{name}");
    }
}

/// The witness's folder: its files as they are now, to be put back.
struct Folder {
    journal: String,
    state: String,
}

impl Folder {
    fn of(world: &World) -> Self {
        let read = |name| fs::read_to_string(world.witness().join(name)).unwrap();
        Self {
            journal: read("journal"),
            state: read("state.json"),
        }
    }

    fn put(&self, world: &World) {
        fs::write(world.witness().join("journal"), &self.journal).unwrap();
        fs::write(world.witness().join("state.json"), &self.state).unwrap();
    }

    /// The same files without the journal's lines that `drop` picks; the state file is made to fit, if asked.
    fn without(&self, drop: impl Fn(&Value) -> bool, fits: bool) -> Self {
        let lines: Vec<Value> = (self.journal.lines())
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let (mut journal, mut previous, mut count) = (String::new(), Value::Null, 0);
        for mut line in lines.into_iter().filter(|line| !drop(line)) {
            line["seq"] = json!(count);
            line["previous"] = previous;
            let text = line.to_string();
            previous = json!(Hash32::of_bytes(text.as_bytes()));
            count += 1;
            journal.push_str(&text);
            journal.push('\n');
        }
        let mut state: Value = serde_json::from_str(&self.state).unwrap();
        if fits {
            state["lines"] = json!(count);
            state["last"] = previous;
        }
        Self {
            journal,
            state: state.to_string(),
        }
    }
}

/// The duties about the witness's files: journal, state and log agree.
#[tokio::test(flavor = "multi_thread")]
async fn the_witness_forgets_nothing() {
    let world = World::worked().await;
    let files = Folder::of(&world);
    let is = |kind: &'static str| move |line: &Value| line["kind"] == kind;

    // A line that is removed from journal and state: the log records heads of the journal, and tells of the act besides.
    for kind in ["erasure", "roster"] {
        files.without(is(kind), true).put(&world);
        let told = found(&world, kind, &[]).await;
        assert_eq!(told, Some(("entry", "journal-cut")), "{kind}");
    }

    // The last line is gone, and the state counts it.
    files.put(&world);
    let cut = files.journal.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    fs::write(world.witness().join("journal"), cut).unwrap();
    let told = found(&world, "cut", &[]).await;
    assert_eq!(told, Some(("witness", RowDefect::JournalShort.code())));

    files.put(&world);
    let mut state: Value = serde_json::from_str(&files.state).unwrap();
    state["last"] = json!(Hash32::of_bytes(b"another line"));
    fs::write(world.witness().join("state.json"), state.to_string()).unwrap();
    let told = found(&world, "state", &[]).await;
    assert_eq!(told, Some(("witness", RowDefect::StateDiffers.code())));
    files.put(&world);
    assert_eq!(found(&world, "twin", &[]).await, None);
}

/// An older copy of the witness's folder is not its folder.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_folder_of_the_witness_is_named() {
    let world = World::worked().await;
    let older = Folder::of(&world);
    world.signs_in().await;
    world.countersigned().await;
    let newer = Folder::of(&world);
    older.put(&world);
    let told = found(&world, "older", &[]).await;
    assert_eq!(told, Some(("witness", RowDefect::WitnessBehind.code())));
    newer.put(&world);
    assert_eq!(found(&world, "twin", &[]).await, None);
}

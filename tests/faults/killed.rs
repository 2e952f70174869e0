//! The program is killed at two hundred moments while reports are being sent, on either database. Acknowledged reports
//! are there, none is there by halves or twice, others can be sent again, and the log verifies.

use std::time::Duration;

use rand::rngs::{StdRng, SysRng};
use rand::{RngExt as _, SeedableRng as _, TryRng as _};
use sigilo::keyfile;
use sigilo::store::{self, Db, Schema};
use sigilo::vault::cookie::{CookieContent, CookieToken};
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;

use super::answer;
use crate::flows::report::words_of;
use crate::support::postgres;
use crate::support::program::{Browser, Installation};

const KILLS: usize = 200;
/// Reports that are sent at the same time.
const AT_ONCE: usize = 4;
/// The longest delay of a kill after the sending of reports, or after the start, in microseconds.
const SPAN: u64 = 350_000;
const COOKIE: &str = "__Host-sigilo-draft";

/// A report that is complete and waits to be sent.
struct Visit {
    cookie: String,
    /// The server has said that it is there.
    acknowledged: bool,
    /// The receipt, once it was shown.
    words: Option<String>,
}

impl Visit {
    /// Sends the report and looks at the receipt, unless the server is killed before.
    async fn send(mut self, browser: Browser) -> Self {
        let mut browser = browser.with_cookie(COOKIE, &self.cookie);
        if let Some(page) = browser.submit().await {
            assert_eq!(page.location, "/report/receipt", "{}", page.text);
            self.acknowledged = true;
            if let Ok(page) = browser.get("/report/receipt").await {
                let words = words_of(&page.text);
                assert!(
                    self.words.is_none_or(|before| before == words),
                    "another receipt than before"
                );
                self.words = Some(words);
            }
        }
        self
    }
}

/// Makes `count` complete reports: one is written in the chat, the others are copies of it with their own cookies.
async fn written(installation: &Installation, database: &str, count: usize) -> Vec<Visit> {
    let server = installation.serve();
    let mut browser = server.browser();
    browser.complete(answer).await.expect("the server stays");
    let cookie = browser.cookie();
    drop(server);
    let keys = keyfile::server_keys(&installation.path("keys.toml")).unwrap();
    let instance = keys.instance;
    let token = CookieToken::from_text(cookie.strip_prefix(COOKIE).unwrap().trim_start_matches('=')).unwrap();
    let db = Db::open_with(database, Schema::Check).await.unwrap();
    let db = db.with_row_key(keys.row_key());
    let mut tx = db.begin().await.unwrap();
    let hash = token.hash(instance);
    let row = store::visitors::draft(&mut tx, hash.as_bytes(), 0);
    let row = row.await.unwrap().unwrap();
    let draft = token.open(CookieContent::Draft, instance, &row.body).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let mut visits = Vec::new();
    for _ in 0..count {
        let token = CookieToken::random(&mut rng);
        let body = token.seal(CookieContent::Draft, instance, &draft, &mut rng);
        let hash = token.hash(instance);
        let inserted = store::visitors::insert_draft(&mut tx, hash.as_bytes(), &body, row.expires_at);
        inserted.await.unwrap();
        visits.push(Visit {
            cookie: token.to_text().to_string(),
            acknowledged: false,
            words: None,
        });
    }
    tx.commit().await.unwrap();
    db.close().await;
    visits
}

/// Returns the count that a query selects.
async fn count(database: &str, sql: &str) -> i64 {
    use sqlx::Connection as _;
    let sql = AssertSqlSafe(sql.to_owned());
    if database.starts_with("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(database).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = sqlx::PgConnection::connect(database).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }
}

/// Cases that lack something, or have something twice.
const HALF: &str = "SELECT count(*) FROM cases c WHERE
    (SELECT count(*) FROM record r WHERE r.case_id = c.id AND r.kind = 'narrative') != 1
    OR (SELECT count(*) FROM case_key k WHERE k.case_id = c.id) != 3
    OR (SELECT count(*) FROM seal s WHERE s.case_id = c.id) != 1
    OR (SELECT count(*) FROM share p JOIN seal s ON s.id = p.seal_id WHERE s.case_id = c.id) != 1";

/// The only wait by the real clock in the tests. It chooses the moment of a kill, and no outcome depends on it.
async fn after(delay: Duration) {
    tokio::time::sleep(delay).await;
}

async fn survives(installation: Installation, database: &str) {
    let seed =
        std::env::var("SIGILO_SEED").map_or_else(|_| SysRng.try_next_u64().unwrap(), |seed| seed.parse().unwrap());
    println!("SIGILO_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut fresh = written(&installation, database, KILLS * AT_ONCE).await;
    let mut sent: Vec<Visit> = Vec::new();
    let mut done: Vec<Visit> = Vec::new();
    for kill in 0..KILLS {
        let delay = Duration::from_micros(rng.random_range(0..SPAN));
        if rng.random_ratio(1, 10) {
            let mut server = installation.starting();
            after(delay).await;
            server.kill();
            continue;
        }
        let mut server = installation.serve();
        let mut sending = JoinSet::new();
        while sending.len() < AT_ONCE {
            // Reports that were cut off last time come first: they may be stored already, or not.
            let visit = sent.pop().or_else(|| fresh.pop()).expect("there are enough");
            sending.spawn(visit.send(server.browser()));
        }
        let mut all = Box::pin(sending.join_all());
        // Once everything is answered, the server only waits: a later kill would find nothing else.
        let answered = tokio::select! {
            visits = &mut all => Some(visits),
            () = after(delay) => None,
        };
        server.kill();
        let visits = match answered {
            Some(visits) => visits,
            None => all.await,
        };
        for visit in visits {
            if visit.words.is_some() {
                done.push(visit);
            } else {
                sent.push(visit);
            }
        }
        assert!(!server.log().contains("panicked"), "kill {kill}: {}", server.log());
    }
    let acknowledged = done.len() + sent.iter().filter(|visit| visit.acknowledged).count();
    println!("{acknowledged} acknowledged, {} cut off at last", sent.len());

    // Each visitor who was cut off sends again, and has one report, with one receipt.
    let server = installation.serve();
    for visit in sent {
        let visit = visit.send(server.browser()).await;
        assert!(visit.words.is_some(), "the server stays");
        done.push(visit);
    }
    let mut entering = JoinSet::new();
    for visit in &done {
        let (mut browser, words) = (server.browser(), visit.words.clone().unwrap());
        entering.spawn(async move { browser.post("/follow-up", &[("words", &words)]).await.unwrap() });
        if entering.len() >= AT_ONCE {
            let entered = entering.join_next().await.unwrap().unwrap();
            assert_eq!(entered.location, "/follow-up/case", "lost: {}", entered.text);
        }
    }
    for entered in entering.join_all().await {
        assert_eq!(entered.location, "/follow-up/case", "lost: {}", entered.text);
    }
    drop(server);
    assert_eq!(count(database, HALF).await, 0, "a report is there by halves");
    let cases = count(database, "SELECT count(*) FROM cases").await;
    assert_eq!(cases, i64::try_from(done.len()).unwrap(), "each report once");
    installation.done(&["audit", "verify"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_on_sqlite_lose_nothing() {
    let installation = Installation::ready();
    let database = format!("sqlite:{}", installation.path("sigilo.sqlite").display());
    survives(installation, &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_on_postgres_lose_nothing() {
    let database = postgres::empty_url().await;
    let installation = Installation::bare_on(&database).made_ready();
    survives(installation, &database).await;
}

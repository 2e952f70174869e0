//! Fills a database with cases, by SQL. They are skewed over categories, places, channels and states, and cover two
//! years. Random bytes stand for sealed contents.

use std::fmt::Write as _;

use sigilo::dialogue::Profile;
use sigilo::domain::day::Day;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// The period of the cases, in days.
const DAYS: i64 = 730;

/// Fills `url`, a migrated database without cases.
pub(crate) async fn fill(url: &str, profile: &Profile, today: Day, cases: i64) {
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        run(&mut connection, "PRAGMA synchronous = OFF; PRAGMA cache_size = -600000").await;
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'cases' AND sql IS NOT NULL",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let numbers =
            format!("WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {cases})");
        let (id, key) = ("randomblob(16)", "randomblob(16)");
        let lookup = "randomblob(32)";
        let insert = insert(profile, today, cases, &numbers, (id, lookup, key, "zeroblob(32)"));
        for (name, _) in &indexes {
            run(&mut connection, &format!("DROP INDEX {name}")).await;
        }
        run(&mut connection, &insert).await;
        for (_, sql) in &indexes {
            run(&mut connection, sql).await;
        }
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "SELECT indexname::text, indexdef FROM pg_indexes WHERE tablename = 'cases' AND indexdef NOT LIKE '%UNIQUE%'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let numbers = format!("WITH number AS (SELECT generate_series(0, {cases} - 1)::bigint AS n)");
        let key = "uuid_send(gen_random_uuid())";
        let lookup = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())";
        let zeros = "decode(repeat('00', 32), 'hex')";
        let insert = insert(
            profile,
            today,
            cases,
            &numbers,
            ("gen_random_uuid()", lookup, key, zeros),
        );
        let all = async |connection: &mut PgConnection, sql: &str| {
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(connection)
                .await
                .unwrap();
        };
        all(&mut connection, "SET maintenance_work_mem = '512MB'").await;
        for (name, _) in &indexes {
            all(&mut connection, &format!("DROP INDEX {name}")).await;
        }
        all(&mut connection, &insert).await;
        for (_, sql) in &indexes {
            all(&mut connection, sql).await;
        }
        all(&mut connection, "VACUUM ANALYZE cases").await;
        connection.close().await.unwrap();
    }
}

async fn run(connection: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

/// SQL for a pseudo-random number from 0 to 99999, determined by `n` and `salt`.
fn lot(salt: u64) -> String {
    format!(
        "((n * {} + {salt}) % 4294967291 / 1024 % 100000)",
        2_654_435_761 + salt * 40_503_002
    )
}

/// SQL for a random choice of `values`. The first are frequent, the last rare.
fn skewed(salt: u64, values: &[String]) -> String {
    let weight = |place: usize| 1_000_000 / (place * place + place + 2);
    let sum: usize = (0..values.len()).map(weight).sum();
    let (mut sql, mut below) = ("CASE".to_owned(), 0);
    for (place, value) in values.iter().enumerate() {
        below += weight(place);
        write!(sql, " WHEN {} < {} THEN {value}", lot(salt), below * 100_000 / sum).unwrap();
    }
    write!(sql, " ELSE {} END", values[0]).unwrap();
    sql
}

/// SQL that maps the values of a column.
fn chosen<'a>(column: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut sql = format!("CASE {column}");
    for (from, to) in pairs {
        write!(sql, " WHEN '{from}' THEN '{to}'").unwrap();
    }
    sql + " END"
}

fn insert(
    profile: &Profile,
    today: Day,
    cases: i64,
    numbers: &str,
    (id, lookup, key, zeros): (&str, &str, &str, &str),
) -> String {
    let quoted = |text: &String| format!("'{text}'");
    let categories: Vec<String> = profile.categories.iter().map(|each| quoted(&each.id)).collect();
    let of_category = |part: fn(&sigilo::dialogue::Category) -> &str| {
        chosen(
            "category",
            profile
                .categories
                .iter()
                .map(move |each| (each.id.as_str(), part(each))),
        )
    };
    // The two largest provinces first, Galápagos last.
    let mut provinces: Vec<&String> = profile.provinces.keys().collect();
    provinces.sort_by_key(|code| (!["17", "09"].contains(&code.as_str()), *code == "20", (*code).clone()));
    let provinces: Vec<String> = provinces.into_iter().map(quoted).collect();
    let mut establishment = "CASE province".to_owned();
    for (province, of) in &profile.establishments {
        let codes: Vec<String> = of.keys().map(quoted).collect();
        write!(establishment, " WHEN '{province}' THEN {}", skewed(4, &codes)).unwrap();
    }
    establishment.push_str(" END");
    let (age, h) = (format!("({} - received_on)", today.0), lot(5));
    format!(
        "{numbers},
         first AS MATERIALIZED (SELECT n, {today} - {DAYS} + n * {DAYS} / {cases} + 1 AS received_on, {category} AS category,
                          {province} AS province FROM number),
         second AS MATERIALIZED (SELECT n, received_on, category, province, {kind} AS kind, {area} AS area,
                           CASE WHEN {l6} < 25000 THEN NULL ELSE {establishment} END AS establishment,
                           CASE WHEN {l7} < 3000 THEN 'desk' WHEN {l7} < 40000 THEN 'whatsapp' ELSE 'web' END AS channel,
                           CASE WHEN {age} > 120
                                THEN CASE WHEN {h} < 90000 THEN 'closed' WHEN {h} < 96000 THEN 'resolved'
                                          WHEN {h} < 97500 THEN 'in_review' WHEN {h} < 99000 THEN 'waiting_for_reporter'
                                          ELSE 'received' END
                                ELSE CASE WHEN {h} < 30000 THEN 'closed' WHEN {h} < 45000 THEN 'resolved'
                                          WHEN {h} < 70000 THEN 'in_review' WHEN {h} < 85000 THEN 'waiting_for_reporter'
                                          ELSE 'received' END END AS state
                    FROM first),
         third AS MATERIALIZED (SELECT second.*, CASE WHEN state = 'received' THEN NULL ELSE received_on + 2 END AS responded_on,
                          received_on + 5 AS respond_by,
                          received_on + CASE kind WHEN 'queja' THEN 15 ELSE 90 END AS resolve_by,
                          CASE WHEN {l8} < CASE state WHEN 'closed' THEN 12000 ELSE 2000 END THEN 'valid'
                               WHEN {l8} > 99600 THEN CASE WHEN {l8} > 99950 THEN 'unreachable' ELSE 'mismatch' END
                          END AS verdict
                   FROM second)
         INSERT INTO cases (id, number, kind, category, province, establishment, channel, sealed_by, language, received_on,
                            area, state, respond_by, resolve_by, responded_on, closed_on, verdict, unread_for_area,
                            lookup_hash, reporter_recipient, reporter_verify_key, sort_key, due_by)
         SELECT {id}, '2026-' || n, kind, category, province, establishment, channel, 'server', 'es', received_on,
                area, state, respond_by, resolve_by, responded_on, CASE state WHEN 'closed' THEN received_on + 20 END,
                verdict, {l9} < CASE state WHEN 'closed' THEN 200 ELSE 9000 END, {lookup},
                'age1sintetico0000000000000000000000000000000000000000000000000', {zeros}, {key},
                CASE WHEN state IN ('resolved', 'closed') THEN NULL
                     WHEN responded_on IS NULL AND respond_by < resolve_by THEN respond_by ELSE resolve_by END
         FROM third",
        today = today.0,
        category = skewed(1, &categories),
        province = skewed(2, &provinces),
        kind = of_category(|each| &each.kind),
        area = of_category(|each| &each.area),
        l6 = lot(6),
        l7 = lot(7),
        l8 = lot(8),
        l9 = lot(9),
    )
}

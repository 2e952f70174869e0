//! A PostgreSQL server for the tests. It is started once per process, on a loopback port, without fsync. Each test gets a
//! copy of a template database with all migrations.
//!
//! A watchdog shell stops the server when this process ends, because its standard input closes then. A test that stops
//! PostgreSQL has its own server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sigilo::store::Db;
use tokio::sync::OnceCell;

struct Server {
    port: u16,
    /// Its standard input stays open until this process ends or the value is dropped.
    watchdog: Child,
    answers: BufReader<ChildStdout>,
}

static SERVER: OnceCell<Server> = OnceCell::const_new();
static COPIES: AtomicU32 = AtomicU32::new(0);

const SCRIPT: &str = r#"
set -eu
trap '' HUP INT TERM PIPE
dir=$(mktemp -d /tmp/sigilo-pg.XXXXXX)
stop() {
    runuser_pg "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
if [ "$(id -u)" = 0 ]; then
    chown postgres "$dir"
    runuser_pg() { runuser -u postgres -- "$@"; }
else
    runuser_pg() { "$@"; }
fi
trap stop EXIT
cd "$dir"
runuser_pg "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 ||
    { cat "$dir/log" >&2; exit 1; }
start() {
    runuser_pg "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/data/log" -o "-h 127.0.0.1 -p $port -k '' -F \
        -c max_connections=200 -c synchronous_commit=$commit -c full_page_writes=off" start >/dev/null 2>"$dir/log" ||
        { cat "$dir/log" "$dir/data/log" >&2; exit 1; }
}
start
echo ready
# Ends when the tests' process has ended.
while read -r command; do
    case $command in
    start) start ;;
    stop) runuser_pg "$bin/pg_ctl" -D "$dir/data" -w -m immediate stop >/dev/null 2>&1 || true ;;
    esac
    echo "$command"
done
"#;

fn binaries() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is not installed: run `make setup`")
}

fn start(commit: &str) -> Server {
    // The port is free now, and is unlikely to be taken before the server starts.
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .unwrap()
        .port();
    let mut watchdog = Command::new("sh")
        .args(["-c", SCRIPT])
        .env("bin", binaries())
        .env("port", port.to_string())
        .env("commit", commit)
        .env_remove("PGDATA")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh runs");
    let answers = BufReader::new(watchdog.stdout.take().expect("it is piped"));
    let mut server = Server {
        port,
        watchdog,
        answers,
    };
    server.answers("ready");
    server
}

impl Server {
    fn answers(&mut self, expected: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), expected, "PostgreSQL's output is above");
    }

    fn does(&mut self, command: &str) {
        let pipe = self.watchdog.stdin.as_mut().expect("it is piped");
        writeln!(pipe, "{command}").unwrap();
        self.answers(command);
    }
}

/// A server that a test may stop and start. Committed data survive.
pub struct Own(Server);

impl Own {
    /// Starts a server with an empty database. Returns its address too.
    pub async fn start() -> (Self, String) {
        let server = tokio::task::spawn_blocking(|| start("on"))
            .await
            .expect("PostgreSQL starts");
        let address = create(server.port, "own", "template0").await;
        (Self(server), address)
    }

    /// Stops at once, like a crash.
    pub fn stop(&mut self) {
        self.0.does("stop");
    }

    pub fn rise(&mut self) {
        self.0.does("start");
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable")
}

/// The database with all migrations and nothing else.
const MIGRATED: &str = "template_sigilo";

/// Makes an empty database with all migrations. Returns its address.
pub async fn fresh_url() -> String {
    copy_of(MIGRATED).await
}

/// Makes an empty database without migrations. Returns its address.
pub async fn empty_url() -> String {
    copy_of("template0").await
}

/// Makes an empty database with all migrations and this name, from which [`copy_of`] makes copies once it is filled and
/// closed. Returns its address.
pub(crate) async fn new_template(name: &str) -> String {
    create(server().await.port, name, MIGRATED).await
}

/// Makes a copy of a database that nobody has open. Returns its address.
pub(crate) async fn copy_of(template: &str) -> String {
    let port = server().await.port;
    let name = format!("t{}", COPIES.fetch_add(1, Ordering::Relaxed));
    create(port, &name, template).await
}

async fn server() -> &'static Server {
    SERVER
        .get_or_init(|| async {
            let server = tokio::task::spawn_blocking(|| start("off"))
                .await
                .expect("PostgreSQL starts");
            let address = create(server.port, MIGRATED, "template0").await;
            let db = Db::open(&address).await.expect("migrations run");
            db.close().await;
            server
        })
        .await
}

/// Makes a database from a template. Returns its address.
async fn create(port: u16, name: &str, template: &str) -> String {
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
    admin(port, sql).await;
    url(port, name)
}

async fn admin(port: u16, sql: String) {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(&url(port, "postgres"))
        .await
        .expect("the server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .expect("the database is made");
    connection.close().await.ok();
}

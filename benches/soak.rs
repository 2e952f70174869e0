//! The running program: its start time, its idle memory, and the growth of its memory during minutes of complete
//! reports, question by question, at half of its capacity. `cargo bench --bench soak -- 2` runs for two minutes.

#![expect(clippy::disallowed_methods, reason = "benches measure")]

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use sigilo_testkit::installed;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

#[path = "support/answers.rs"]
mod answers;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sigilo");
const LISTEN: &str = "127.0.0.1:18461";
/// Default duration in minutes.
const MINUTES: u64 = 10;
const STARTS: usize = 10;
/// Duration of the capacity measurement, and the number of parallel reporters.
const FULL: Duration = Duration::from_secs(15);
const AT_ONCE: usize = 8;
/// Long enough for the program to release memory that it has not used for a minute.
const RESTS: Duration = Duration::from_secs(150);
/// Limit for questions of a report.
const QUESTIONS: usize = 40;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // reqwest requires a provider even without TLS.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let minutes = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(MINUTES);
    let installation = Installation::new();
    let reporters = Reporters::new();

    let (server, _) = installation.serve(&reporters).await;
    sleep(Duration::from_secs(5)).await;
    println!("idle, nothing has happened yet: {:.1} MB", megabytes(server.resident()));

    let full = at_full_load(&reporters).await;
    println!("at full load: {full:.1} whole reports a second, {AT_ONCE} reporters at once\n");
    println!("minute   reports  failed   p95 ms of a report   memory MB: mean     most");
    let half = Duration::from_secs_f64(2.0 / full);
    let mut means = Vec::new();
    for minute in 1..=minutes {
        let outcome = one_minute(&reporters, &server, half).await;
        means.push(outcome.mean());
        println!(
            "{minute:>6} {:>9} {:>7} {:>20.0} {:>17.1} {:>8.1}",
            outcome.took.len(),
            outcome.failed,
            outcome.p95(),
            outcome.mean(),
            outcome.most()
        );
    }
    if let [first, .., last] = means[..] {
        println!("memory, the last minute to the first: {:.2}", last / first);
    }
    sleep(RESTS).await;
    println!("idle after that: {:.1} MB", megabytes(server.resident()));
    drop(server);

    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(installation.serve(&reporters).await.1);
    }
    starts.sort_unstable();
    println!(
        "start to ready on that database: median {:.0?}, longest {:.0?} of {STARTS}",
        starts[STARTS / 2],
        starts[STARTS - 1]
    );
}

/// Submits complete reports in parallel as fast as possible. Returns reports per second.
async fn at_full_load(reporters: &Arc<Reporters>) -> f64 {
    let begun = Instant::now();
    let mut walking = JoinSet::new();
    for _ in 0..AT_ONCE {
        let reporters = reporters.clone();
        walking.spawn(async move {
            let mut reports = 0_u32;
            while begun.elapsed() < FULL {
                reporters.report().await.expect("a report goes in");
                reports += 1;
            }
            reports
        });
    }
    let reports: u32 = walking.join_all().await.into_iter().sum();
    f64::from(reports) / begun.elapsed().as_secs_f64()
}

/// The results of a minute.
#[derive(Default)]
struct Outcome {
    took: Vec<Duration>,
    failed: usize,
    resident: Vec<u64>,
}

impl Outcome {
    fn p95(&self) -> f64 {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get(took.len() * 95 / 100)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }

    fn mean(&self) -> f64 {
        let sum: f64 = self.resident.iter().copied().map(megabytes).sum();
        sum / f64::from(u32::try_from(self.resident.len()).unwrap())
    }

    fn most(&self) -> f64 {
        megabytes(self.resident.iter().copied().max().unwrap_or_default())
    }
}

/// Starts reports in a fixed interval for one minute.
async fn one_minute(reporters: &Arc<Reporters>, server: &Server, every: Duration) -> Outcome {
    let (begun, mut outcome) = (Instant::now(), Outcome::default());
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut looks = interval(Duration::from_secs(1));
    let mut walking = JoinSet::new();
    while begun.elapsed() < Duration::from_mins(1) {
        tokio::select! {
            _ = ticks.tick() => {
                let reporters = reporters.clone();
                walking.spawn(async move { reporters.report().await });
            }
            _ = looks.tick() => outcome.resident.push(server.resident()),
            Some(ended) = walking.join_next() => outcome.ended(ended.unwrap()),
        }
    }
    while let Some(ended) = walking.join_next().await {
        outcome.ended(ended.unwrap());
    }
    outcome
}

impl Outcome {
    fn ended(&mut self, report: Option<Duration>) {
        match report {
            Some(time) => self.took.push(time),
            None => self.failed += 1,
        }
    }
}

/// Reporters without cookie jars, which would not send secure cookies over plain HTTP.
struct Reporters {
    client: Client,
}

impl Reporters {
    fn new() -> Arc<Self> {
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Arc::new(Self { client })
    }

    /// Submits a complete report, from the first page to "I have kept the receipt". `None` after any failure.
    async fn report(&self) -> Option<Duration> {
        let begun = Instant::now();
        let started = self.post("/report/start", "", &[]).await?;
        let cookie = cookie(&started)?;
        for _ in 0..QUESTIONS {
            let page = self.get("/report", &cookie).await?;
            let Some(step) = step(&page) else {
                let sent = self.post("/report/submit", &cookie, &[]).await?;
                if sent.headers().get(LOCATION)? != "/report/receipt" {
                    return None;
                }
                self.get("/report/receipt", &cookie).await?;
                self.post("/report/receipt/saved", &cookie, &[]).await?;
                return Some(begun.elapsed());
            };
            let mut form: Vec<(String, String)> = answers::form(step).into_iter().collect();
            form.push(("step".into(), step.into()));
            let answered = self.post("/report", &cookie, &form).await?;
            answered.headers().get(LOCATION)?;
        }
        None
    }

    async fn get(&self, path: &str, cookie: &str) -> Option<String> {
        let request = self.client.get(format!("http://{LISTEN}{path}")).header(COOKIE, cookie);
        request.send().await.ok()?.error_for_status().ok()?.text().await.ok()
    }

    async fn post(&self, path: &str, cookie: &str, form: &[(String, String)]) -> Option<Response> {
        let request = self
            .client
            .post(format!("http://{LISTEN}{path}"))
            .header("sec-fetch-site", "same-origin")
            .header(COOKIE, cookie)
            .form(form);
        request.send().await.ok()?.error_for_status().ok()
    }
}

/// The draft's cookie, as the value of a header.
fn cookie(response: &Response) -> Option<String> {
    let set = response.headers().get(SET_COOKIE)?.to_str().ok()?;
    Some(set.split(';').next()?.to_owned())
}

/// The question on a page. `None` if all are answered.
fn step(page: &str) -> Option<&str> {
    page.split_once("name=\"step\" value=\"")?.1.split('"').next()
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap()) / 1024.0
}

/// An installation on the disk of the build: keys, database, an analyst of all areas, an officer, a roster.
struct Installation {
    folder: TempDir,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let installation = Self { folder };
        installation.done(&["keys", "new", "."], "");
        let configuration = installed::configuration(LISTEN, "sqlite:sigilo.sqlite");
        fs::write(installation.folder.path().join("sigilo.toml"), configuration).unwrap();
        let done = |arguments: &[&str], typed: &str| installation.done(arguments, typed);
        installed::staff(done);
        installed::sign(done);
        installation
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn done(&self, arguments: &[&str], typed: &str) {
        let mut child = self.command(arguments).spawn().unwrap();
        // Only some commands read a password.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    }

    /// Starts the program. Returns the time until it is ready.
    async fn serve(&self, reporters: &Reporters) -> (Server, Duration) {
        let begun = Instant::now();
        let mut server = Server(self.command(&["serve"]).spawn().unwrap());
        while reporters.get("/readyz", "").await.is_none() {
            assert!(server.0.try_wait().unwrap().is_none(), "it has ended");
            sleep(Duration::from_millis(1)).await;
        }
        (server, begun.elapsed())
    }
}

struct Server(Child);

impl Server {
    /// The memory of the process in bytes.
    fn resident(&self) -> u64 {
        let pages = fs::read_to_string(format!("/proc/{}/statm", self.0.id())).unwrap();
        let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4096
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status());
        drop(self.0.wait());
    }
}

//! Complete submissions over HTTP against the running service (router, jobs, SQLite on a disk). They are compared with
//! the lower bound of the receipts' Argon2. The client runs on the same cores as the service.

#![expect(clippy::disallowed_methods, reason = "benches measure")]

use std::alloc::System;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use sigilo::domain::facets::Channel;
use sigilo::http::router;
use sigilo::jobs;
use sigilo::service::App;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use zeroizing_alloc::ZeroAlloc;

#[path = "support/service.rs"]
mod service;
mod support;

/// The server's allocator, which zeroes freed memory.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// Measured submissions at each level, and unmeasured ones before them.
const SUBMISSIONS: usize = 240;
const WARM_UP: usize = 24;
/// Numbers of parallel submissions.
const LEVELS: [usize; 3] = [1, 8, 32];
/// Number of measured answers.
const ANSWERS: usize = 400;
/// Key derivations on each core, for the lower bound.
const DERIVATIONS: usize = 60;
const DRAFT: &str = "__Host-sigilo-draft";

fn main() {
    // The service has its own runtime, as in `sigilo serve`. The client has one thread.
    let service = tokio::runtime::Runtime::new().unwrap();
    let client = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (ready, started) = oneshot::channel();
    let (stop, stopped) = oneshot::channel();
    let serving = service.spawn(serve(ready, stopped));
    client.block_on(measure(started));
    stop.send(()).unwrap();
    service.block_on(serving).unwrap();
}

/// Runs the service until `stop`. Sends its address.
async fn serve(ready: oneshot::Sender<(Arc<App>, String)>, stop: oneshot::Receiver<()>) {
    // On a disk, not in /tmp, which may be memory: a submission is answered when it is on the disk.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let url = format!("sqlite:{}", folder.path().join("sigilo.sqlite").display());
    let site = service::site(&folder, &url).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stopping, watched) = watch::channel(false);
    let jobs = tokio::spawn(jobs::run(site.app.clone(), watched));
    ready
        .send((site.app.clone(), base))
        .unwrap_or_else(|_| panic!("nobody waits"));
    let stop = async move { stop.await.unwrap_or_default() };
    axum::serve(listener, router(site.clone()))
        .with_graceful_shutdown(stop)
        .await
        .unwrap();
    stopping.send_replace(true);
    jobs.await.unwrap();
    site.app.db().close().await;
}

async fn measure(started: oneshot::Receiver<(Arc<App>, String)>) {
    let (app, base) = started.await.unwrap();
    let browser = Arc::new(Browser::new(base));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{cores} cores, which the service and this client share; SQLite, every commit on the disk\n");

    submit_all(&app, &browser, WARM_UP, 8).await;
    println!("submissions over HTTP     per s   ratio    p50 ms    p95 ms    p99 ms  errors   floor per s");
    for level in LEVELS {
        let floor = count(cores) / derivation(cores);
        let run = submit_all(&app, &browser, SUBMISSIONS, level).await;
        println!(
            "{level:>3} at once, {SUBMISSIONS}      {:>10.1} {:>7.2} {} {:>13.1}",
            run.rate(),
            run.rate() / floor,
            run.tail(),
            floor
        );
    }
    println!(
        "ratio: submissions a second to the floor, cores ÷ seconds of one Argon2 derivation, measured\n\
         with one derivation on each core right before the level\n"
    );

    let mut cookies = Vec::new();
    for _ in 0..ANSWERS {
        cookies.push(cookie(&app.intake.start_draft("es", Channel::Web).await.unwrap()));
    }
    let run = drive(cookies, 8, {
        let browser = browser.clone();
        move |cookie| {
            let browser = browser.clone();
            async move { browser.step(&cookie).await }
        }
    })
    .await;
    println!("steps of the chat (answer and next page)");
    println!(
        "  8 at once, {ANSWERS}      {:>10.1}         {}",
        run.rate(),
        run.tail()
    );
}

/// The duration of one derivation in seconds, while one runs on each core.
fn derivation(cores: usize) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                // Calls the library with the receipt's parameters, without our own code.
                let params = Params::new(19_456, 2, 1, Some(32)).unwrap();
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let mut out = [0; 32];
                for _ in 0..DERIVATIONS {
                    argon2.hash_password_into(&[1; 10], &[7; 16], &mut out).unwrap();
                    std::hint::black_box(&out);
                }
            });
        }
    });
    begun.elapsed().as_secs_f64() / count(DERIVATIONS)
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap())
}

/// Prepares complete drafts, then submits them with `at_once` in parallel.
async fn submit_all(app: &Arc<App>, browser: &Arc<Browser>, submissions: usize, at_once: usize) -> Run {
    let mut cookies = Vec::new();
    for _ in 0..submissions {
        let token = app.intake.start_draft("es", Channel::Web).await.unwrap();
        let mut open = app.intake.draft(&token).await.unwrap().unwrap();
        support::complete(&app.profile(), &mut open.draft);
        app.intake.save_draft(&open, Channel::Web).await.unwrap();
        cookies.push(cookie(&token));
    }
    drive(cookies, at_once, {
        let browser = browser.clone();
        move |cookie| {
            let browser = browser.clone();
            async move { browser.submit(&cookie).await }
        }
    })
    .await
}

fn cookie(token: &str) -> String {
    format!("{DRAFT}={token}")
}

/// The requests of visitors. A cookie jar would not send secure cookies over plain HTTP, so there is none.
struct Browser {
    client: Client,
    base: String,
}

impl Browser {
    fn new(base: String) -> Self {
        // reqwest requires a provider even without TLS.
        rustls::crypto::ring::default_provider().install_default().unwrap();
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { client, base }
    }

    async fn post(&self, path: &str, cookie: &str, form: &'static str) -> Option<Response> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookie)
            .body(form);
        request.send().await.ok()
    }

    /// Submits the report. Returns true on success.
    async fn submit(&self, cookie: &str) -> bool {
        self.post("/report/submit", cookie, "")
            .await
            .is_some_and(|response| leads_to(&response, "/report/receipt"))
    }

    /// Performs one step of the chat: answers the first question, then loads the next page.
    async fn step(&self, cookie: &str) -> bool {
        let answered = self.post("/report", cookie, "step=kind&value=denuncia").await;
        if !answered.is_some_and(|response| leads_to(&response, "/report#pregunta")) {
            return false;
        }
        let page = self.client.get(format!("{}/report", self.base)).header(COOKIE, cookie);
        match page.send().await {
            Ok(page) if page.status() == StatusCode::OK => {
                page.text().await.is_ok_and(|page| page.contains("category"))
            }
            _ => false,
        }
    }
}

fn leads_to(response: &Response, path: &str) -> bool {
    response.status() == StatusCode::SEE_OTHER && response.headers().get(LOCATION).is_some_and(|to| to == path)
}

/// The results of a level.
struct Run {
    took: Duration,
    /// Durations of successful requests, shortest first.
    latencies: Vec<Duration>,
    errors: usize,
}

impl Run {
    /// Successes per second.
    fn rate(&self) -> f64 {
        count(self.latencies.len()) / self.took.as_secs_f64()
    }

    /// A percentile in milliseconds.
    fn percentile(&self, hundredths: usize) -> f64 {
        let rank = (self.latencies.len() * hundredths).div_ceil(100).max(1);
        self.latencies
            .get(rank - 1)
            .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }

    fn tail(&self) -> String {
        format!(
            "{:>9.1} {:>9.1} {:>9.1} {:>7}",
            self.percentile(50),
            self.percentile(95),
            self.percentile(99),
            self.errors
        )
    }
}

/// Calls `visit` with every cookie, `at_once` in parallel.
async fn drive<V, F>(cookies: Vec<String>, at_once: usize, visit: V) -> Run
where
    V: Fn(String) -> F + Clone + 'static,
    F: Future<Output = bool>,
{
    let (cookies, next) = (Arc::new(cookies), Arc::new(AtomicUsize::new(0)));
    let begun = Instant::now();
    let visitors = tokio::task::LocalSet::new();
    let mut running = JoinSet::new();
    for _ in 0..at_once {
        let (cookies, next, visit) = (cookies.clone(), next.clone(), visit.clone());
        let visitor = async move {
            let mut outcomes = Vec::new();
            while let Some(cookie) = cookies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let asked = Instant::now();
                outcomes.push((visit(cookie.clone()).await, asked.elapsed()));
            }
            outcomes
        };
        running.spawn_local_on(visitor, &visitors);
    }
    let outcomes = visitors.run_until(running.join_all()).await.concat();
    let took = begun.elapsed();
    let errors = outcomes.iter().filter(|(went_well, _)| !went_well).count();
    let mut latencies: Vec<Duration> = outcomes
        .into_iter()
        .filter_map(|(went_well, latency)| went_well.then_some(latency))
        .collect();
    latencies.sort_unstable();
    Run {
        took,
        latencies,
        errors,
    }
}

//! Faults around e-mail: the server is down for hours, busy, refuses, breaks off, or the program dies while it sends.
//! Each notice is sent only once, and no notice that can still be sent is lost.

use std::fs;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::channels::email::LEASE;
use sigilo::config::Encryption;
use sigilo::domain::ids::QueuedId;
use sigilo::store;

use crate::flows::mail::{ADDRESS, give};
use crate::flows::report::submit;
use crate::support::app::{TestApp, Visitor};
use crate::support::mail_server::MailServer;
use crate::support::mailing::Mailing;
use crate::support::program::Installation;
use sigilo_standins::smtp::{ReceivedEmail, SmtpBehavior};

const HOUR: i64 = 3600;

/// A report whose reporter wishes to be told: one notice waits.
async fn one_waits(app: &TestApp) {
    let mut visitor = Visitor::default();
    submit(app, &mut visitor).await;
    give(app, &mut visitor).await;
}

#[tokio::test]
async fn a_server_that_is_down_for_hours_gets_the_mail_later_and_once() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    mailing.sink.set_behavior(SmtpBehavior::Down).await;
    for _ in 0..30 {
        assert_eq!(mailing.round().await, 0);
        mailing.app.clock.advance(HOUR / 6);
    }
    assert_eq!(mailing.waiting().await, 1);
    mailing.sink.set_behavior(SmtpBehavior::Normal).await;
    mailing.app.clock.advance(4 * HOUR);
    assert_eq!(mailing.round().await, 1);
    mailing.app.clock.advance(4 * HOUR);
    assert_eq!((mailing.round().await, mailing.waiting().await), (1, 0));
}

#[tokio::test]
async fn after_three_days_a_mail_is_given_up() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    mailing.sink.set_behavior(SmtpBehavior::Down).await;
    let (clock, start) = (&mailing.app.clock, mailing.app.app().now());
    // Sends each time that the notice is due, and not before.
    while let Some(next_at) = mailing.next_at().await {
        clock.set(next_at);
        mailing.round().await;
    }
    let waited = mailing.app.app().now() - start;
    assert!((68 * HOUR..=72 * HOUR).contains(&waited), "{waited}");
    mailing.sink.set_behavior(SmtpBehavior::Normal).await;
    assert_eq!(mailing.round().await, 0);
}

#[tokio::test]
async fn a_busy_server_is_not_pressed() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    mailing.sink.set_behavior(SmtpBehavior::Busy).await;
    mailing.round().await;
    mailing.round().await;
    assert_eq!(mailing.sink.connections(), 1, "not before the minute is over");
    mailing.app.clock.advance(60);
    mailing.round().await;
    assert_eq!(mailing.sink.connections(), 2);
    mailing.sink.set_behavior(SmtpBehavior::Normal).await;
    mailing.app.clock.advance(60);
    assert_eq!(mailing.round().await, 0, "the second time it is two minutes");
    mailing.app.clock.advance(60);
    assert_eq!(mailing.round().await, 1);
}

#[tokio::test]
async fn what_is_refused_is_dropped_and_holds_up_no_other() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    mailing.sink.set_behavior(SmtpBehavior::Rejecting).await;
    mailing.round().await;
    assert_eq!(mailing.waiting().await, 0);
    mailing.sink.set_behavior(SmtpBehavior::Normal).await;
    one_waits(&mailing.app).await;
    mailing.app.clock.advance(4 * HOUR);
    assert_eq!(mailing.round().await, 1, "only the later one");
}

#[tokio::test]
async fn many_go_by_one_connection() {
    let mailing = Mailing::new().await;
    for _ in 0..3 {
        one_waits(&mailing.app).await;
    }
    assert_eq!(mailing.round().await, 3);
    let connections: Vec<_> = mailing.sink.received().iter().map(|mail| mail.connection).collect();
    assert_eq!(connections, [1, 1, 1]);
}

#[tokio::test]
async fn a_sign_in_that_is_refused_drops_no_mail() {
    let right = MailServer::with_login("sigilo", "una clave inventada").await;
    let other = MailServer::with_login("sigilo", "otra clave inventada").await;
    let mailing = Mailing::as_user("sigilo", "una clave inventada").await;
    one_waits(&mailing.app).await;
    assert_eq!((mailing.round_to(&other).await, mailing.waiting().await), (0, 1));
    mailing.app.clock.advance(60);
    assert_eq!((mailing.round_to(&right).await, mailing.waiting().await), (1, 0));

    // The same holds if the server requires a sign-in and the key file has no password.
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    assert_eq!((mailing.round_to(&right).await, mailing.waiting().await), (1, 1));
    mailing.app.clock.advance(60);
    assert_eq!((mailing.round().await, mailing.waiting().await), (1, 0));
}

#[tokio::test]
async fn a_server_that_breaks_off_gets_the_mail_again() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    mailing.sink.set_behavior(SmtpBehavior::Disconnecting).await;
    assert_eq!((mailing.round().await, mailing.waiting().await), (1, 1));
    mailing.sink.set_behavior(SmtpBehavior::Normal).await;
    mailing.app.clock.advance(60);
    assert_eq!((mailing.round().await, mailing.waiting().await), (2, 0));
}

#[tokio::test]
async fn a_program_that_dies_while_it_sends_sends_that_mail_once_more_and_no_other() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    mailing.sink.set_behavior(SmtpBehavior::Silent).await;
    let mailer = mailing.mailer_to(&mailing.sink);
    let dying = tokio::spawn(async move {
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        mailer.round(&stopped).await
    });
    mailing.sink.wait_for(1).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    mailing.sink.set_behavior(SmtpBehavior::Normal).await;
    assert_eq!((mailing.round().await, mailing.waiting().await), (2, 0));
    assert_eq!(mailing.round().await, 2);
}

#[tokio::test]
async fn of_several_processes_one_sends_until_it_is_gone() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    let app = mailing.app.app();
    let other = QueuedId::random(&mut StdRng::seed_from_u64(1));
    let mut tx = app.db().begin().await.unwrap();
    let now = app.now();
    let held = store::lease::acquire(&mut tx, LEASE, other.as_bytes(), now, now + 30).await;
    assert!(held.unwrap());
    tx.commit().await.unwrap();
    assert_eq!((mailing.round().await, mailing.sink.connections()), (0, 0));
    mailing.app.clock.advance(31);
    assert_eq!(mailing.round().await, 1);
}

#[tokio::test]
async fn nothing_goes_in_clear_or_to_a_stranger_where_the_way_is_to_be_protected() {
    let mailing = Mailing::new().await;
    one_waits(&mailing.app).await;
    // One that knows no TLS, and two whose certificates nobody vouches for.
    let (tls, starttls) = (Encryption::Tls, Encryption::Starttls);
    for (is, wanted) in [(Encryption::None, starttls), (starttls, starttls), (tls, tls)] {
        let sink = MailServer::with_tls(is).await;
        assert_eq!(mailing.round_by(&sink, wanted).await, 0, "{is:?}");
        assert_eq!((sink.connections(), mailing.waiting().await), (1, 1), "{is:?}");
        mailing.app.clock.advance(HOUR);
    }
    assert_eq!(mailing.round().await, 1);
}

#[test]
fn what_is_wrong_with_the_way_to_the_mail_server_is_said_at_the_start() {
    let installation = Installation::ready();
    let right = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    for (lines, said) in [
        ("host = \"correo.sigilo.test\"\nencryption = \"none\"", "starttls"),
        ("host = \"localhost\"\nencryption = \"nothing\"", "starttls"),
        ("host = \"localhost\"\npassword = \"x\"", "password"),
    ] {
        installation.configure(&format!("{right}[email]\nfrom = \"a@sigilo.test\"\n{lines}\n"));
        let told = installation.refused(&["serve"]);
        assert!(told.contains(said), "{lines}: {told}");
    }
    installation.configure(&format!("{right}[email]\nfrom = \"Sigilo\"\nhost = \"localhost\"\n"));
    assert!(installation.refused(&["serve"]).contains("no-responder@"));
}

/// Returns the e-mail that the program sends when somebody gives an address. `configured` is the way to the server.
async fn sent_by_the_program(encryption: Encryption, configured: &str) -> ReceivedEmail {
    let sink = MailServer::with_tls(encryption).await;
    let installation = Installation::ready();
    installation.send_to(&sink, configured);
    if encryption != Encryption::None {
        installation.trust(&sink.certificate);
    }
    let server = installation.serve();
    let mut browser = server.browser();
    let submitted = browser.report(super::answer).await.unwrap();
    assert_eq!(submitted.location, "/report/receipt");
    let given = browser
        .post("/report/receipt/notices", &[("email", ADDRESS)])
        .await
        .unwrap();
    assert_eq!(given.location, "/report/receipt#avisos", "{}", given.text);
    let taken = sink.wait_for(1).await.remove(0);
    let log = server.log();
    assert!(log.contains("\"email\":true,\"whatsapp\":false"), "{log}");
    assert!(!log.contains(ADDRESS) && !log.contains("could not be sent"), "{log}");
    taken
}

#[tokio::test]
async fn the_program_itself_sends_in_each_way_and_says_so_at_the_start() {
    for (encryption, configured) in [
        (Encryption::None, "none"),
        (Encryption::Tls, "tls"),
        (Encryption::Starttls, "starttls"),
    ] {
        let taken = sent_by_the_program(encryption, configured).await;
        assert_eq!((taken.to.as_str(), taken.over_tls), (ADDRESS, configured != "none"));
    }
}

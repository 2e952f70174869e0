//! The same after mails: addresses, taken and refused, are on no disk, in no log and in no memory.

use sigilo::config::Encryption;

use super::{answer, assert_nowhere};
use crate::support::mail_server::MailServer;
use crate::support::needles::Needles;
use crate::support::program::{Browser, Installation, Server};
use sigilo_standins::smtp::SmtpBehavior;

const TAKEN: &str = "Perlacentinela.inventada@correo.test";
const REFUSED: &str = "Jadecentinela.inventada@correo.test";

async fn gives(server: &Server, address: &str) -> Browser {
    let mut browser = server.browser();
    browser.report(answer).await.unwrap();
    let given = browser
        .post("/report/receipt/notices", &[("email", address)])
        .await
        .unwrap();
    assert_eq!(given.location, "/report/receipt#avisos", "{}", given.text);
    browser
}

#[tokio::test]
async fn no_address_stays_on_the_disk_in_the_log_or_in_memory() {
    let sink = MailServer::with_tls(Encryption::Tls).await;
    let installation = Installation::ready();
    installation.send_to(&sink, "tls");
    installation.trust(&sink.certificate);
    let server = installation.serve();
    let _kept = gives(&server, TAKEN).await;
    assert_eq!(sink.wait_for(1).await[0].to, "Perlacentinela.inventada@correo.test");
    sink.set_behavior(SmtpBehavior::Rejecting).await;
    let mut refused = gives(&server, REFUSED).await;
    // Its number is dropped, which the log tells; then the way is free for the next one.
    let mut tries = 0;
    while !server.log().contains("can never be sent") {
        assert_eq!(refused.get("/healthz").await.unwrap().status, 200);
        tries += 1;
        assert!(tries < 100_000, "{}", server.log());
    }
    assert!(server.log().contains("it answers 550"), "{}", server.log());

    let needles = Needles::new(["Perlacentinela", "Jadecentinela"]);
    assert_nowhere(&installation, &server, &needles).await;
}

//! Notices by e-mail, on both databases: an address is given, told, taken back, erased.

use axum::http::StatusCode;
use sigilo::domain::ids::CaseId;
use sigilo::domain::notice::NoticeChannel;
use sigilo::domain::state::State;
use sigilo::vault::content::Message;
use sigilo::vault::record::ContentKind;

use super::report::{submit, words_of};
use crate::support::app::{ANALYST, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::mail_server::ReadEmail as _;
use crate::support::mailing::{Mailing, SENDER};
use crate::support::on_both_databases;
use crate::support::staff::{Member, OpenCase, attributes, sign_in};
use sigilo_standins::smtp::ReceivedEmail;

pub(crate) const ADDRESS: &str = "buzon-inventado@correo.test";

/// Gives the address on the receipt's page.
pub(crate) async fn give(app: &TestApp, visitor: &mut Visitor) {
    let given = app
        .post(visitor, "/report/receipt/notices", &[("email", ADDRESS)])
        .await;
    assert_eq!(
        (given.status, given.location()),
        (StatusCode::SEE_OTHER, "/report/receipt#avisos")
    );
}

/// The one case of the analyst's inbox, opened.
pub(crate) async fn opened(app: &TestApp) -> (Member, OpenCase) {
    let mut ana = sign_in(app, ANALYST).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    let page = app.get(&mut ana.visitor, &path).await.text();
    let case = OpenCase::from_page(app, &ana, &page);
    (ana, case)
}

/// The analyst writes to the reporter.
pub(crate) async fn write(app: &TestApp, ana: &mut Member, case: &mut OpenCase, text: &str) {
    let message = case.seal(ana, ContentKind::Message, &Message::new(text.into()));
    let path = format!("/api/v1/staff/cases/{}/messages", case.id);
    let sent = app.post_json(&mut ana.visitor, &path, &message).await;
    assert_eq!(sent.status, StatusCode::NO_CONTENT, "{}", sent.text());
}

pub(crate) async fn close(app: &TestApp, ana: &mut Member, case: &mut OpenCase) {
    let body = case.change_state(app, ana, (State::Received, State::Closed), "Cerrado en la prueba.");
    let path = format!("/api/v1/staff/cases/{}/state", case.id);
    let closed = app.post_json(&mut ana.visitor, &path, &body).await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT, "{}", closed.text());
}

pub(crate) async fn is_given(app: &TestApp, case: CaseId) -> bool {
    let channels = app.app().notifications.contact_channels(case).await.unwrap();
    channels == [NoticeChannel::Email]
}

fn is_news(mail: &ReceivedEmail, number: &str) {
    assert_eq!(mail.subject(), "Hay novedades en su caso");
    for body in [mail.text(), mail.html()] {
        assert!(body.contains("https://sigilo.test/follow-up"), "{body}");
        for told in [
            number,
            "2026-",
            "denuncia",
            "Denuncia",
            "coima",
            "ransparencia",
            "dinero",
        ] {
            assert!(!body.contains(told), "{told} in {body}");
        }
    }
}

on_both_databases!(
    an_address_gets_the_number_then_one_notice_and_nothing_once_taken_back,
    closing_is_told_and_then_the_address_is_erased,
);

async fn an_address_gets_the_number_then_one_notice_and_nothing_once_taken_back(database: Database) {
    let mailing = Mailing::on(database).await;
    let app = &mailing.app;
    let mut visitor = Visitor::default();
    let receipt = submit(app, &mut visitor).await.text();
    let words = words_of(&receipt);
    assert!(receipt.contains("¿Quiere que le avisemos por correo?"), "{receipt}");
    give(app, &mut visitor).await;
    let page = app.get(&mut visitor, "/report/receipt").await.text();
    assert!(
        page.contains("No mostramos la dirección") && !page.contains(ADDRESS),
        "{page}"
    );
    assert_eq!(words_of(&page), words, "the receipt is still there");

    assert_eq!(mailing.round().await, 1);
    let mail = mailing.sink.received().remove(0);
    let number = receipt
        .split("class=\"number\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    assert_eq!(
        (mail.from.as_str(), mail.to.as_str(), mail.hello.as_str()),
        (SENDER, ADDRESS, "sigilo.test")
    );
    assert_eq!(mail.subject(), "Su número de caso");
    for body in [mail.text(), mail.html()] {
        assert!(
            body.contains(number) && body.contains("https://sigilo.test/follow-up"),
            "{body}"
        );
        let whole = format!(" {} ", body.replace(|c: char| !c.is_alphabetic(), " "));
        let words: Vec<&str> = words
            .split(' ')
            .filter(|word| whole.contains(&format!(" {word} ")))
            .collect();
        assert!(words.len() < 3, "never the receipt: {words:?}");
        assert!(!body.contains("dinero"), "nothing of the content");
    }
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(mail.header("Date").as_deref(), Some("Tue, 24 Nov 2026 15:00:00 +0000"));
    let id = mail.header("Message-ID").unwrap();
    assert!(
        id.ends_with("@sigilo.test>") && id.len() == "<@sigilo.test>".len() + 32,
        "{id}"
    );
    for absent in ["Reply-To", "User-Agent", "X-Mailer", "Received"] {
        assert_eq!(mail.header(absent), None, "{absent}");
    }
    assert_eq!(mailing.round().await, 1, "once");

    let (mut ana, mut case) = opened(app).await;
    for text in ["¿Recuerda el día?", "¿Y la hora?"] {
        write(app, &mut ana, &mut case, text).await;
    }
    assert_eq!(mailing.round().await, 2, "one for all that is new");
    is_news(&mailing.sink.received()[1], number);

    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up", &[("words", &words)]).await;
    let page = app.get(&mut back, "/follow-up/case").await.text();
    assert!(
        page.contains("No mostramos la dirección") && !page.contains(ADDRESS),
        "{page}"
    );
    // Waiting notices are deleted, too.
    write(app, &mut ana, &mut case, "¿Y quién estaba?").await;
    let ended = app.post(&mut back, "/follow-up/notices/end", &[]).await;
    assert_eq!(ended.location(), "/follow-up/case#avisos");
    write(app, &mut ana, &mut case, "¿Y dónde?").await;
    assert_eq!(mailing.round().await, 2);
    assert!(!is_given(app, case.id).await);
    let page = app.get(&mut back, "/follow-up/case").await.text();
    assert!(page.contains("¿Quiere que le avisemos por correo?"), "{page}");
}

async fn closing_is_told_and_then_the_address_is_erased(database: Database) {
    let mailing = Mailing::on(database).await;
    let app = &mailing.app;
    let words = words_of(&submit(app, &mut Visitor::default()).await.text());
    let mut back = Visitor::default();
    app.post(&mut back, "/follow-up?lang=en", &[("words", &words)]).await;
    let given = app
        .post(&mut back, "/follow-up/notices?lang=en", &[("email", ADDRESS)])
        .await;
    assert_eq!(given.location(), "/follow-up/case?lang=en#avisos");
    assert_eq!(mailing.round().await, 1);

    let (mut ana, mut case) = opened(app).await;
    close(app, &mut ana, &mut case).await;
    app.app().operations.sweep().await.unwrap();
    assert!(is_given(app, case.id).await, "the last notice still waits");
    assert_eq!(mailing.round().await, 2);
    assert_eq!(mailing.sink.received()[1].subject(), "Hay novedades en su caso");
    app.app().operations.sweep().await.unwrap();
    assert!(!is_given(app, case.id).await);
    let late = app.post(&mut back, "/follow-up/notices", &[("email", ADDRESS)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "a closed case tells nobody any more");
    let page = app.get(&mut back, "/follow-up/case").await.text();
    assert!(!page.contains("avisos"), "{page}");
}

#[tokio::test]
async fn a_mail_speaks_the_language_of_the_case() {
    let mailing = Mailing::new().await;
    let app = &mailing.app;
    let mut visitor = Visitor::default();
    let started = app.post(&mut visitor, "/report/start?lang=en", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER);
    submit_in_english(app, &mut visitor).await;
    let page = app.get(&mut visitor, "/report/receipt").await.text();
    assert!(page.contains("Shall we tell you by e-mail?"), "{page}");
    let given = app
        .post(&mut visitor, "/report/receipt/notices?lang=en", &[("email", ADDRESS)])
        .await;
    assert_eq!(given.location(), "/report/receipt?lang=en#avisos");
    assert_eq!(mailing.round().await, 1);
    let mail = mailing.sink.received().remove(0);
    assert_eq!(mail.subject(), "Your case number");
    assert!(
        mail.text().contains("https://sigilo.test/follow-up?lang=en"),
        "{}",
        mail.text()
    );
    assert!(mail.html().contains("<html lang=\"en\">"));
}

async fn submit_in_english(app: &TestApp, visitor: &mut Visitor) {
    loop {
        let page = app.get(visitor, "/report").await.text();
        if page.contains("action=\"/report/submit?lang=en\"") || page.contains("action=\"/report/submit\"") {
            break;
        }
        let step = super::report::step_of(&page);
        let mut fields = vec![("step", step.as_str())];
        fields.extend(super::report::answer_for(&step));
        let reply = app.post(visitor, "/report", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{step}");
    }
    app.post(visitor, "/report/submit", &[]).await;
}

#[tokio::test]
async fn what_is_no_address_is_told_at_its_field_and_nobodys_inbox_is_filled() {
    let mailing = Mailing::new().await;
    let app = &mailing.app;
    let mut visitor = Visitor::default();
    submit(app, &mut visitor).await;
    for wrong in [
        "",
        "buzon",
        "buzon@",
        "a@b.test\r\nBcc: c@d.test",
        "<a@b.test>",
        "a@b.test, c@d.test",
    ] {
        let reply = app
            .post(&mut visitor, "/report/receipt/notices", &[("email", wrong)])
            .await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(
            reply.text().contains("<details open>") && reply.text().contains("aria-invalid"),
            "{wrong}"
        );
    }
    for _ in 0..5 {
        give(app, &mut visitor).await;
        app.post(&mut visitor, "/report/receipt/notices/end", &[]).await;
    }
    let refused = app
        .post(&mut visitor, "/report/receipt/notices", &[("email", ADDRESS)])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("mañana"), "{}", refused.text());
    app.clock.advance(24 * 3600);
    assert_eq!(mailing.round().await, 0);
}

#[tokio::test]
async fn where_no_mail_is_sent_nothing_is_offered_or_kept() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    let receipt = submit(&app, &mut visitor).await.text();
    assert!(!receipt.contains("avisos"), "{receipt}");
    let refused = app
        .post(&mut visitor, "/report/receipt/notices", &[("email", ADDRESS)])
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    // A visitor without a receipt on the screen cannot give an address either.
    let stranger = app
        .post(
            &mut Visitor::default(),
            "/report/receipt/notices",
            &[("email", ADDRESS)],
        )
        .await;
    assert_eq!(stranger.location(), "/report/receipt");
}

//! A report in the web chat, without JavaScript: question by question to the receipt, and back with it.

use axum::http::StatusCode;

use crate::support::app::{Reply, TestApp, Visitor};
pub(crate) use crate::support::requests::step_of;

/// Answers of a visibly synthetic denuncia, by step.
pub(crate) fn answer_for(step: &str) -> Vec<(&'static str, &'static str)> {
    match step {
        "kind" => vec![("value", "denuncia")],
        "category" => vec![("value", "coima")],
        "conflict" => vec![("value", "no")],
        "province" => vec![("value", "17")],
        "establishment" => vec![("value", "otro")],
        "whom" => vec![("value", "me")],
        "date" => vec![("value", "la semana pasada")],
        "identify" => vec![("value", "yes")],
        "document" => vec![("kind", "cedula"), ("number", "1710034065")],
        "name" => vec![("value", "Sintética Prueba Ejemplo")],
        "phone" => vec![("value", "099 123 4567")],
        "email" => vec![("none", "1")],
        "address" => vec![("value", "Calle Inventada 123 y Segunda")],
        "consent" => vec![("value", "accept")],
        "files" => vec![("skip", "1")],
        "preview" => vec![("confirm", "1")],
        "share" => vec![("share.phone", "1")],
        _ => vec![(
            "value",
            "Me pidieron dinero. Soy Sintética Prueba Ejemplo, cédula 171003406-5.",
        )],
    }
}

/// Walks the chat until everything is answered; returns the last page.
pub(crate) async fn walk(app: &TestApp, visitor: &mut Visitor) -> String {
    let started = app.post(visitor, "/report/start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER);
    for _ in 0..40 {
        let page = app.get(visitor, "/report").await;
        assert_eq!(page.status, StatusCode::OK);
        let page = page.text();
        if page.contains("action=\"/report/submit\"") {
            return page;
        }
        let step = step_of(&page);
        let mut fields = vec![("step", step.as_str())];
        fields.extend(answer_for(&step));
        let reply = app.post(visitor, "/report", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{step}: {}", reply.text());
    }
    panic!("the dialogue does not end");
}

/// The eight words on a receipt page.
pub(crate) fn words_of(page: &str) -> String {
    let list = page
        .split("class=\"words\"")
        .nth(1)
        .unwrap_or_else(|| panic!("no words in {page}"));
    let list = list.split("</ol>").next().unwrap();
    let words: Vec<&str> = list
        .split("<li>")
        .skip(1)
        .map(|item| item.split("</li>").next().unwrap().trim())
        .collect();
    words.join(" ")
}

/// Files the report; returns the receipt's page.
pub(crate) async fn submit(app: &TestApp, visitor: &mut Visitor) -> Reply {
    walk(app, visitor).await;
    let submitted = app.post(visitor, "/report/submit", &[]).await;
    assert_eq!(
        (submitted.status, submitted.location()),
        (StatusCode::SEE_OTHER, "/report/receipt")
    );
    app.get(visitor, "/report/receipt").await
}

#[tokio::test]
async fn a_report_goes_in_and_its_reporter_returns() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    let receipt = submit(&app, &mut visitor).await.text();
    let words = words_of(&receipt);
    assert_eq!(words.split(' ').count(), 8);

    // A second submission and a reload show the same receipt.
    app.post(&mut visitor, "/report/submit", &[]).await;
    assert_eq!(words_of(&app.get(&mut visitor, "/report/receipt").await.text()), words);
    let saved = app.post(&mut visitor, "/report/receipt/saved", &[]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert!(
        !app.get(&mut visitor, "/report/receipt")
            .await
            .text()
            .contains("class=\"words\"")
    );

    let mut back = Visitor::default();
    let mangled = words.to_uppercase().replace(' ', " - ");
    let entered = app.post(&mut back, "/follow-up", &[("words", &mangled)]).await;
    assert_eq!(
        (entered.status, entered.location()),
        (StatusCode::SEE_OTHER, "/follow-up/case")
    );
    let case = app.get(&mut back, "/follow-up/case").await;
    assert_eq!(case.status, StatusCode::OK);
    assert!(case.text().contains("Me pidieron dinero"), "{}", case.text());
    assert!(
        !case.text().contains("1710034065") && case.text().contains("[cédula]"),
        "{}",
        case.text()
    );

    let sent = app
        .post(
            &mut back,
            "/follow-up/message",
            &[("text", "Recordé el día: fue el lunes.")],
        )
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert!(
        app.get(&mut back, "/follow-up/case")
            .await
            .text()
            .contains("fue el lunes")
    );
    app.post(&mut back, "/follow-up/leave", &[]).await;
    assert_eq!(
        app.get(&mut back, "/follow-up/case").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_wrong_answer_is_told_beside_its_field_and_nothing_is_lost() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    app.post(&mut visitor, "/report/start", &[]).await;
    for _ in 0..40 {
        let page = app.get(&mut visitor, "/report").await.text();
        let step = step_of(&page);
        if step == "document" {
            break;
        }
        let mut fields = vec![("step", step.as_str())];
        fields.extend(answer_for(&step));
        app.post(&mut visitor, "/report", &fields).await;
    }
    let wrong = [("step", "document"), ("kind", "cedula"), ("number", "1710034060")];
    let reply = app.post(&mut visitor, "/report", &wrong).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.text().contains("role=\"alert\"") && reply.text().contains("1710034060"));
    assert_eq!(step_of(&app.get(&mut visitor, "/report").await.text()), "document");
}

#[tokio::test]
async fn wrong_words_are_told_apart() {
    let app = TestApp::new().await;
    let mut visitor = Visitor::default();
    let reply = app
        .post(
            &mut visitor,
            "/follow-up",
            &[("words", "abeja abeja abeja abeja abeja abeja abeja zumo")],
        )
        .await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(app.get(&mut visitor, "/follow-up/case").await.status == StatusCode::SEE_OTHER);
}

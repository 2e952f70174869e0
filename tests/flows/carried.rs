//! A message that was typed while the session ended is not lost, without JavaScript.

use axum::http::StatusCode;
use sigilo::domain::state::State;

use super::report::{submit, words_of};
use crate::support::app::{TestApp, Visitor};

const TEXT: &str = "Recordé algo:\n<fue> el lunes & llovía.";

/// The fields that a browser would send of the page's form with words: the hidden text, as the page has it.
fn carried(page: &str) -> String {
    let area = page
        .split("<textarea name=\"text\" hidden>\n")
        .nth(1)
        .expect("a carried text");
    let escaped = area.split("</textarea>").next().unwrap();
    escaped
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}

async fn returned(app: &TestApp) -> (String, Visitor) {
    let words = words_of(&submit(app, &mut Visitor::default()).await.text());
    let mut reporter = Visitor::default();
    app.post(&mut reporter, "/follow-up", &[("words", &words)]).await;
    (words, reporter)
}

#[tokio::test]
async fn a_message_typed_while_the_session_ended_is_carried_along() {
    let app = TestApp::new().await;
    let (words, mut reporter) = returned(&app).await;
    app.clock.advance(41 * 60);
    let asked = app.post(&mut reporter, "/follow-up/message", &[("text", TEXT)]).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.text().contains("Su sesión terminó") && asked.text().contains("Su mensaje no se envió todavía"));
    assert_eq!(carried(&asked.text()), TEXT);

    // Wrong words lose nothing either.
    let text = carried(&asked.text());
    let wrong = [("words", "abeja abeja"), ("text", text.as_str())];
    let asked = app.post(&mut reporter, "/follow-up", &wrong).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = carried(&asked.text());
    assert_eq!(text, TEXT);

    let right = [("words", words.as_str()), ("text", text.as_str())];
    let page = app.post(&mut reporter, "/follow-up", &right).await;
    assert_eq!((page.status, page.location()), (StatusCode::OK, ""));
    assert!(page.text().contains("Su mensaje sigue aquí"));
    let field = page.text().split("name=\"text\"").nth(1).unwrap().to_owned();
    assert!(
        field.contains("Recordé algo:\n&#60;fue&#62; el lunes &#38; llovía.</textarea>"),
        "{field}"
    );
    for (name, value) in page.headers.iter().chain(&asked.headers) {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        assert!(!value.contains("lunes"), "{name}: {value}");
    }

    // Nothing was sent by itself; now it is.
    assert!(
        !app.get(&mut reporter, "/follow-up/case")
            .await
            .text()
            .contains("llovía")
    );
    let sent = app.post(&mut reporter, "/follow-up/message", &[("text", TEXT)]).await;
    assert_eq!(sent.location(), "/follow-up/case?sent#conversacion");
    assert!(
        app.get(&mut reporter, "/follow-up/case")
            .await
            .text()
            .contains("llovía")
    );
}

#[tokio::test]
async fn nor_is_one_that_was_typed_without_any_session_or_for_a_case_that_was_closed() {
    let app = TestApp::new().await;
    let (words, _) = returned(&app).await;
    let stranger = &mut Visitor::default();
    let asked = app
        .post(stranger, "/follow-up/message?lang=en", &[("text", TEXT)])
        .await;
    assert!(asked.text().contains("Your session ended") && stranger.0.is_empty());
    assert_eq!(carried(&asked.text()), TEXT);

    let mut tx = app.app().db().begin().await.unwrap();
    let case = sigilo::store::seals::uncovered(&mut tx, 1)
        .await
        .unwrap()
        .remove(0)
        .case_id;
    for (from, to) in [(State::Received, State::InReview), (State::InReview, State::Closed)] {
        sigilo::store::cases::set_state(&mut tx, case, from, to, app.app().today())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let page = app
        .post(stranger, "/follow-up", &[("words", &words), ("text", TEXT)])
        .await;
    assert!(page.text().contains("El caso está cerrado") && page.text().contains("llovía"));
    assert!(
        !page.text().contains("action=\"/follow-up/message\""),
        "it cannot be sent"
    );
}

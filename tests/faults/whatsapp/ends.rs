//! The program ends at any moment and starts again; or it cannot accept more messages.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{ABOUT, WELCOME, as_time_passes, asked, count, database, fresh, said, tells, waiting, worked_off};
use crate::flows::whatsapp::{is_ready, words_in};
use crate::support::chat::{expect_answer, send_text};
use sigilo_standins::meta::{ApiBehavior, Delivery, MediaBehavior, ReceivedMessage, ReleaseOrder, UserAddress};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_before_an_end_is_answered_after_it() {
    let mut chat = fresh().await;
    let person = chat.person();
    chat.crash().await;
    assert_eq!(person.send_text("Hola").await, Delivery::Taken);
    assert_eq!(waiting(&chat).await, (1, 0));
    chat.rise().await;
    as_time_passes(&chat, expect_answer(&person, WELCOME)).await;
    // The program ends once more, when the answer is stored and Meta does not accept it.
    chat.meta.set_behavior(ApiBehavior::Down);
    person.send_text("una denuncia").await;
    let requests = chat.meta.api_calls().len();
    asked(&chat, requests + 1).await;
    chat.crash().await;
    chat.meta.set_behavior(ApiBehavior::Normal);
    chat.rise().await;
    as_time_passes(&chat, expect_answer(&person, ABOUT)).await;
    worked_off(&chat).await;
    assert_eq!((said(&person, WELCOME), said(&person, ABOUT)), (1, 1));
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_middle_of_a_download_loses_no_file() {
    let mut chat = fresh().await;
    let person = chat.person();
    send_text(&person, "quiero poner una denuncia", ABOUT).await;
    chat.meta
        .set_media_behavior(MediaBehavior::Slow(Duration::from_secs(5)));
    let long = b"apuntes sueltos\n".repeat(20_000);
    person.send_document(&long, "text/plain", "notas.txt", None).await;
    while count(&chat, "attachment").await == 0 {
        tokio::task::yield_now().await;
    }
    chat.crash().await;
    chat.meta.set_media_behavior(MediaBehavior::Normal);
    chat.rise().await;
    as_time_passes(&chat, expect_answer(&person, "notas.txt")).await;
    worked_off(&chat).await;
    assert_eq!(said(&person, "notas.txt"), 1);
    assert_eq!(count(&chat, "whatsapp_seen").await, 2);
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_ends_a_submission_happens_once() {
    let mut chat = fresh().await;
    for (at, number) in ["593990000021", "593990000022", "593990000023"].into_iter().enumerate() {
        let person = chat.meta.user(UserAddress::Phone(number), "Persona Sintética");
        tells(
            &person,
            |person| {
                let person = person.clone();
                async move {
                    person.send_text("Me pidieron dinero, cédula 093141592-1.").await;
                }
            },
            &chat,
            ReleaseOrder::InOrder,
        )
        .await;
        is_ready(&person).await;
        chat.meta.hold();
        person.tap("c/send").await.unwrap();
        // Crashes before the message is processed, meanwhile, or when its receipt is on the way. Each time the message
        // is delivered twice.
        if at == 0 {
            chat.crash().await;
        }
        chat.meta.release(ReleaseOrder::Twice).await;
        if at == 2 {
            as_time_passes(&chat, expect_answer(&person, "ocho palabras")).await;
        }
        chat.crash().await;
        chat.rise().await;
        if at < 2 {
            as_time_passes(&chat, expect_answer(&person, "ocho palabras")).await;
        }
        worked_off(&chat).await;
        let cases = i64::try_from(at).unwrap() + 1;
        assert_eq!(count(&chat, "cases").await, cases);
        let receipts: Vec<ReceivedMessage> = person.received();
        let receipts: Vec<&ReceivedMessage> = receipts
            .iter()
            .filter(|one| one.text.contains("Recibimos su reporte"))
            .collect();
        assert!((1..=2).contains(&receipts.len()), "{receipts:#?}");
        let words: BTreeSet<String> = receipts.iter().map(|receipt| words_in(&receipt.text)).collect();
        assert_eq!(words.len(), 1, "one receipt, if twice");
        as_time_passes(&chat, send_text(&person, "seguimiento", "ocho palabras")).await;
        let words = words.first().unwrap();
        as_time_passes(&chat, send_text(&person, words, "Nadie ha abierto su identidad")).await;
    }
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_into_the_queue_meta_delivers_again() {
    let mut chat = fresh().await;
    let person = chat.person();
    chat.crash().await;
    let full = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
        INSERT INTO whatsapp_notification (id, place, day, body)
        SELECT unhex(hex(randomblob(6)) || '40' || hex(randomblob(1)) || '80' || hex(randomblob(7))), i, 0, x'00' FROM n";
    sqlx::query(full).execute(&mut database(&chat).await).await.unwrap();
    assert_eq!(person.send_text("Hola").await, Delivery::Refused(503));
    assert_eq!(waiting(&chat).await, (50_000, 0));
    sqlx::query("DELETE FROM whatsapp_notification")
        .execute(&mut database(&chat).await)
        .await
        .unwrap();
    chat.meta.wait_until_delivered().await;
    assert_eq!(waiting(&chat).await, (1, 0));
    chat.rise().await;
    as_time_passes(&chat, expect_answer(&person, WELCOME)).await;
    chat.stop().await;
}

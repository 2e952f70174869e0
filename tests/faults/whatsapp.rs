//! Faults around WhatsApp: forged and broken calls, messages twice and in any order, an absent Meta, and the program's
//! end at any moment (`ends`). Each message has one effect and one answer, and nothing is lost.

mod ends;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use sigilo::store;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tokio::time::{MissedTickBehavior, interval};

use crate::flows::whatsapp::is_ready;
use crate::support::app::TestApp;
use crate::support::chat::{Chat, NUMBER, expect_answer, send_text, tap_reply};
use sigilo_standins::meta::{
    ApiBehavior, Delivery, MediaBehavior, ReceivedMessage, ReleaseOrder, UserAddress, WhatsappUser,
};

const WELCOME: &str = "¿Qué desea hacer?";
const ABOUT: &str = "¿De qué se trata?";
const PHOTO: &[u8] = include_bytes!("../media/turned.jpg");

async fn fresh() -> Chat {
    Chat::start(TestApp::new().await).await
}

/// Lets the clock run twenty times as fast until the future is complete.
async fn as_time_passes<T>(chat: &Chat, what: impl Future<Output = T>) -> T {
    let mut ticks = interval(Duration::from_millis(50));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    tokio::pin!(what);
    loop {
        tokio::select! {
            done = &mut what => return done,
            _ = ticks.tick() => chat.app.clock.advance(1),
        }
    }
}

/// Waits until Meta has received this many calls in all.
async fn asked(chat: &Chat, times: usize) {
    while chat.meta.api_calls().len() < times {
        tokio::task::yield_now().await;
    }
}

/// Returns the numbers of waiting notifications and answers.
async fn waiting(chat: &Chat) -> (i64, i64) {
    let mut tx = chat.app.app().db().read().await.unwrap();
    let queued = store::whatsapp::count_notifications(&mut tx).await.unwrap();
    (queued, store::whatsapp::count_messages(&mut tx).await.unwrap())
}

/// Waits until both queues are empty.
async fn worked_off(chat: &Chat) {
    let done = async {
        // Looks that follow each other at once would take the database from the workers.
        let mut looks = interval(Duration::from_millis(10));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while waiting(chat).await != (0, 0) {
            looks.tick().await;
        }
    };
    let patient = tokio::time::timeout(Duration::from_mins(3), as_time_passes(chat, done));
    assert!(patient.await.is_ok(), "{:?} wait", waiting(chat).await);
}

async fn database(chat: &Chat) -> SqliteConnection {
    let file = chat.app.folder.path().join("sigilo.sqlite");
    SqliteConnection::connect(&format!("sqlite:{}", file.display()))
        .await
        .unwrap()
}

async fn count(chat: &Chat, table: &str) -> i64 {
    let count = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")));
    count.fetch_one(&mut database(chat).await).await.unwrap()
}

/// Returns the number of messages to the person that contain these words.
fn said(person: &WhatsappUser, words: &str) -> usize {
    let has = |received: &&ReceivedMessage| received.text.contains(words);
    person.received().iter().filter(has).count()
}

fn call(messages: &serde_json::Value) -> Vec<u8> {
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "593990000000", "phone_number_id": "100000000000001" },
            "contacts": [],
            "messages": messages,
        },
    }] }] })
    .to_string()
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_did_not_sign_is_refused_and_what_is_no_notification_is_dropped() {
    let mut chat = fresh().await;
    chat.crash().await;
    let hello = json!([{ "id": "wamid.inventado", "from": NUMBER, "type": "text", "text": { "body": "Hola" } }]);
    let body = call(&hello);
    let right = chat.meta.sign(&body);
    let mut turned = right.clone();
    turned.replace_range(turned.len() - 1.., if right.ends_with('0') { "1" } else { "0" });
    let of_another = chat.meta.sign(b"{}");
    for wrong in [
        None,
        Some(""),
        Some("sha256="),
        Some(&turned),
        Some(&of_another),
        Some(&right[7..]),
    ] {
        assert_eq!(chat.meta.post(body.clone(), wrong).await, Some(403), "{wrong:?}");
    }
    for broken in [
        &b"{"[..],
        b"",
        b"[]",
        b"\xff\xfe",
        br#"{"entry":1}"#,
        br#"{"entry":[{"changes":[{"value":7}]}]}"#,
    ] {
        let signature = chat.meta.sign(broken);
        let status = chat.meta.post(broken, Some(&signature)).await;
        assert_eq!(status, Some(200), "{}", String::from_utf8_lossy(broken));
    }
    assert_eq!(waiting(&chat).await, (0, 0));
    // Counterpart: the right signature is accepted.
    assert_eq!(chat.meta.post(body, Some(&right)).await, Some(200));
    assert_eq!(waiting(&chat).await, (1, 0));
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_an_unknown_shape_costs_no_other_in_the_same_call() {
    let chat = fresh().await;
    let person = chat.person();
    // A person's own message opens the window for answers.
    send_text(&person, "Hola", WELCOME).await;
    let body = call(&json!([
        { "id": "wamid.a", "from": NUMBER, "type": "text", "text": "Hola" },
        { "id": "wamid.b", "from": NUMBER, "type": "text", "text": { "body": "una denuncia" } },
        7,
    ]));
    let signature = chat.meta.sign(&body);
    assert_eq!(chat.meta.post(body, Some(&signature)).await, Some(200));
    expect_answer(&person, ABOUT).await;
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_wants_the_token() {
    let chat = fresh().await;
    let client = reqwest::Client::new();
    let ask = async |mode: &str, token: &str| {
        let query = [
            ("hub.mode", mode),
            ("hub.verify_token", token),
            ("hub.challenge", "1158201444"),
        ];
        let url = reqwest::Url::parse_with_params(&chat.webhook, query).unwrap();
        let answer = client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let token = "a synthetic verify token";
    assert_eq!(ask("subscribe", token).await, (200, "1158201444".to_owned()));
    for (mode, wrong) in [
        ("subscribe", ""),
        ("subscribe", "a synthetic verify"),
        ("unsubscribe", token),
    ] {
        let (status, text) = ask(mode, wrong).await;
        assert!(
            status == 403 && !text.contains("1158201444"),
            "{mode} {wrong}: {status}"
        );
    }
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_it_is_delivered_each_message_counts_once() {
    for order in [
        ReleaseOrder::InOrder,
        ReleaseOrder::Reversed,
        ReleaseOrder::Twice,
        ReleaseOrder::Together,
    ] {
        let chat = fresh().await;
        let numbers = ["593990000011", "593990000012", "593990000013"];
        let people = numbers.map(|number| chat.meta.user(UserAddress::Phone(number), "Persona Sintética"));
        chat.meta.hold();
        for person in &people {
            person.send_text("una denuncia").await;
            person.send_unsupported("location").await;
        }
        let taken = chat.meta.release(order).await;
        assert!(taken.iter().all(|one| *one == Delivery::Taken), "{taken:?}");
        worked_off(&chat).await;
        for person in &people {
            let received = person.received();
            assert_eq!(said(person, "Meta"), 1, "{order:?}: one welcome: {received:#?}");
            // The first question may be skipped, because another message came right after it.
            assert!((2..=3).contains(&received.len()), "{order:?}: {received:#?}");
        }
        assert_eq!(count(&chat, "whatsapp_seen").await, 6, "{order:?}");
        assert_eq!(count(&chat, "whatsapp_conversation").await, 3, "{order:?}");
        chat.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_story_are_neither_lost_nor_doubled_in_any_order() {
    for order in [ReleaseOrder::Reversed, ReleaseOrder::Twice, ReleaseOrder::Together] {
        let chat = fresh().await;
        let person = chat.person();
        tells(
            &person,
            |person| {
                let person = person.clone();
                async move {
                    person.send_text("Primercentinela 093141592-1.").await;
                    person.send_text("Segundocentinela.").await;
                    person.send_text("Tercercentinela.").await;
                }
            },
            &chat,
            order,
        )
        .await;
        is_ready(&person).await;
        for part in ["Primercentinela", "Segundocentinela", "Tercercentinela"] {
            let shown: usize = person.received().iter().map(|one| one.text.matches(part).count()).sum();
            assert_eq!(shown, 1, "{order:?}: {part} in the preview");
        }
        chat.stop().await;
    }
}

/// Writes from the first word to the question for consent. `story` sends the narrative; it is delivered in `order`.
async fn tells<F: Future<Output = ()>>(
    person: &WhatsappUser,
    story: impl FnOnce(&WhatsappUser) -> F,
    chat: &Chat,
    order: ReleaseOrder,
) {
    send_text(person, "quiero poner una denuncia", ABOUT).await;
    tap_reply(person, "Pedido de dinero (coima)", "trabaja en Transparencia").await;
    tap_reply(person, "No", "¿En qué provincia").await;
    send_text(person, "pichincha", "¿En qué hospital").await;
    send_text(person, "quito sur", "¿Le pasó a usted").await;
    send_text(person, "1", "Cuéntenos qué pasó").await;
    chat.meta.hold();
    story(person).await;
    chat.meta.release(order).await;
    worked_off(chat).await;
    tap_reply(person, "Listo", "¿Cuándo pasó?").await;
    send_text(person, "la semana pasada", "¿Hay alguien involucrado?").await;
    send_text(person, "no", "¿Tiene fotos").await;
    send_text(person, "eso es todo", "algo más que lo respalde").await;
    send_text(person, "Nada más", "¿Autoriza el uso").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_api_is_away_answers_wait_in_order() {
    for mood in [
        ApiBehavior::Down,
        ApiBehavior::Unavailable,
        ApiBehavior::Slow(Duration::from_millis(1500)),
    ] {
        let chat = fresh().await;
        let person = chat.person();
        chat.meta.set_behavior(mood);
        for text in ["una denuncia", "cancelar", "sí"] {
            assert_eq!(person.send_text(text).await, Delivery::Taken, "{mood:?}");
        }
        as_time_passes(&chat, asked(&chat, 2)).await;
        chat.meta.set_behavior(ApiBehavior::Normal);
        worked_off(&chat).await;
        let texts: Vec<String> = person.received().into_iter().map(|received| received.text).collect();
        assert!(texts[0].contains("Meta"), "{mood:?}: {texts:#?}");
        assert!(texts.last().unwrap().contains("lo borramos"), "{mood:?}: {texts:#?}");
        let different: BTreeSet<&String> = texts.iter().collect();
        assert_eq!(different.len(), texts.len(), "{mood:?}: {texts:#?}");
        chat.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_over_midnight_still_goes_first_or_gives_way() {
    let chat = fresh().await;
    let person = chat.person();
    chat.meta.set_behavior(ApiBehavior::Down);
    // One answer was attempted, one was not.
    person.send_text("Hola").await;
    as_time_passes(&chat, asked(&chat, 1)).await;
    person.send_text("una denuncia").await;
    while waiting(&chat).await != (0, 2) {
        tokio::task::yield_now().await;
    }
    let today = chat.app.app().today();
    chat.app.clock.advance(12 * 3600);
    chat.app
        .clock
        .advance(if chat.app.app().today() == today { 12 * 3600 } else { 0 });
    person.send_text("atrás").await;
    while waiting(&chat).await.0 != 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(waiting(&chat).await.1, 2, "yesterday's question gave way");
    chat.meta.set_behavior(ApiBehavior::Normal);
    worked_off(&chat).await;
    let texts: Vec<String> = person.received().into_iter().map(|received| received.text).collect();
    assert_eq!(texts.len(), 2, "{texts:#?}");
    assert!(texts[0].contains(WELCOME) && !texts[1].contains(ABOUT), "{texts:#?}");
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_api_cannot_tell_an_answer_comes_twice_and_not_a_third_time() {
    let chat = fresh().await;
    let person = chat.person();
    chat.meta.set_behavior(ApiBehavior::AnswersLost);
    person.send_text("Hola").await;
    expect_answer(&person, WELCOME).await;
    chat.meta.set_behavior(ApiBehavior::Normal);
    worked_off(&chat).await;
    assert_eq!(said(&person, WELCOME), 2);
    as_time_passes(&chat, send_text(&person, "una denuncia", ABOUT)).await;
    assert_eq!((said(&person, WELCOME), said(&person, ABOUT)), (2, 1));
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_writes_at_once_is_answered_each_once() {
    let chat = fresh().await;
    let numbers: Vec<String> = (0..170).map(|number| format!("593980000{number:03}")).collect();
    let person = |number: &String| chat.meta.user(UserAddress::Phone(number), "Persona Sintética");
    let people: Vec<WhatsappUser> = numbers.iter().map(person).collect();
    chat.meta.hold();
    for person in &people {
        person.send_text("Hola").await;
    }
    chat.meta.release(ReleaseOrder::Together).await;
    worked_off(&chat).await;
    for person in &people {
        assert_eq!(said(person, WELCOME), 1);
    }
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_number_has_sent_too_much_the_answer_comes_later() {
    let chat = fresh().await;
    let person = chat.person();
    chat.meta.set_behavior(ApiBehavior::RateLimited);
    person.send_text("Hola").await;
    as_time_passes(&chat, asked(&chat, 2)).await;
    chat.meta.set_behavior(ApiBehavior::Normal);
    worked_off(&chat).await;
    assert_eq!(said(&person, WELCOME), 1);
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_who_got_too_many_gets_the_answer_later() {
    let chat = fresh().await;
    let person = chat.person();
    chat.meta.hold();
    person.send_text("Hola").await;
    // Another program with the same number has already used up the limit.
    let client = reqwest::Client::new();
    let url = format!("{}/v25.0/100000000000001/messages", chat.meta.base_url());
    let other = json!({ "messaging_product": "whatsapp", "to": NUMBER, "type": "text", "text": { "body": "otro" } });
    let mut others = 0;
    loop {
        let sent = client.post(&url).bearer_auth("a-synthetic-access-token").json(&other);
        others += 1;
        if sent.send().await.unwrap().status() == 429 {
            break;
        }
    }
    chat.meta.release(ReleaseOrder::InOrder).await;
    worked_off(&chat).await;
    assert_eq!(said(&person, WELCOME), 1);
    assert!(
        chat.meta.api_calls().len() > others + 1,
        "the first try was refused: 131056"
    );
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_a_day_too_late_is_given_up_and_the_conversation_lives_on() {
    for told_later in [false, true] {
        let chat = fresh().await;
        let person = chat.person();
        chat.meta.set_late_failures(told_later);
        send_text(&person, "Hola", WELCOME).await;
        chat.meta.hold();
        person.send_text("una denuncia").await;
        chat.app.clock.advance(23 * 3600 + 3000);
        // The message arrives within the conversation's day; then Meta is away for the rest of that day.
        chat.meta.set_behavior(ApiBehavior::Down);
        chat.meta.release(ReleaseOrder::InOrder).await;
        let requests = chat.meta.api_calls().len();
        as_time_passes(&chat, asked(&chat, requests + 1)).await;
        chat.app.clock.advance(3600);
        chat.meta.set_behavior(ApiBehavior::Normal);
        worked_off(&chat).await;
        assert_eq!(said(&person, ABOUT), 0, "131047, told later: {told_later}");
        // The question did not arrive, but the conversation is at the same step.
        as_time_passes(&chat, send_text(&person, "ayuda", ABOUT)).await;
        chat.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_come_whole_is_asked_for_again_and_leaves_nothing() {
    let chat = fresh().await;
    let person = chat.person();
    send_text(&person, "quiero poner una denuncia", ABOUT).await;
    for (mood, words) in [
        (MediaBehavior::WrongHash, "Envíelo otra vez"),
        (MediaBehavior::ForeignHost, "Envíelo otra vez"),
        (MediaBehavior::Truncated, "Envíelo otra vez"),
        (MediaBehavior::Gone, "Envíelo otra vez"),
        (MediaBehavior::Endless, "pasa de 100 MB"),
    ] {
        chat.meta.set_media_behavior(mood);
        person.send_image(PHOTO, "image/jpeg", None).await;
        let told = expect_answer(&person, words).await;
        assert!(told.text.contains(ABOUT), "{mood:?}: the question stays: {}", told.text);
        let left = "attachment WHERE state <> 'deleting'";
        assert_eq!(count(&chat, left).await, 0, "{mood:?}");
    }
    assert_eq!(chat.meta.foreign_requests(), 0);
    chat.meta.set_media_behavior(MediaBehavior::Normal);
    person.send_image(PHOTO, "image/jpeg", None).await;
    expect_answer(&person, "foto.jpg").await;
    assert_eq!(count(&chat, "attachment WHERE state <> 'deleting'").await, 1);
    chat.stop().await;
}

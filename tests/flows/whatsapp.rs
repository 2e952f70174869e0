//! Whole conversations by WhatsApp, through a server in Meta's place.

use sigilo::domain::facets::Channel;
use sigilo::vault::content::{Message, Narrative};
use sigilo::vault::record::ContentKind;

use crate::support::app::{ANALYST, TestApp};
use crate::support::chat::{Chat, expect_answer, send_text, tap_reply, voice_note};
use crate::support::database::Database;
use crate::support::staff::{OpenCase, attributes, sign_in};
use sigilo_standins::meta::{UserAddress, WhatsappUser};

/// The eight words of a receipt message.
pub(crate) fn words_in(receipt: &str) -> String {
    let lines = receipt.lines().filter_map(|line| line.trim().split_once(". "));
    let words: Vec<&str> = lines
        .filter(|(number, _)| number.parse::<u8>().is_ok())
        .map(|(_, word)| word)
        .collect();
    assert_eq!(words.len(), 8, "{receipt}");
    words.join(" ")
}

/// A denuncia in Spanish up to the question for consent, with a photograph and a voice note.
pub(crate) async fn tells(person: &WhatsappUser, voice: &[u8]) {
    let welcome = send_text(person, "Hola", "¿Qué desea hacer?").await;
    assert!(
        welcome.text.contains("Meta") && welcome.text.contains("https://sigilo.test"),
        "{}",
        welcome.text
    );
    tap_reply(person, "Presentar un caso", "¿Qué desea presentar?").await;
    send_text(person, "una denuncia", "¿De qué se trata?").await;
    tap_reply(person, "Pedido de dinero (coima)", "trabaja en Transparencia").await;
    tap_reply(person, "No", "¿En qué provincia").await;
    // 24 do not fit into a list.
    tap_reply(person, "Ver más", "¿En qué provincia").await;
    send_text(person, "pichincha", "¿En qué hospital").await;
    send_text(person, "quito sur", "¿Le pasó a usted").await;
    send_text(person, "1", "Cuéntenos qué pasó").await;
    send_text(
        person,
        "Me pidieron dinero para darme un turno. Corpuscentinela.",
        "Anotado",
    )
    .await;
    person.send_voice(voice).await;
    expect_answer(person, "nota de voz").await;
    send_text(
        person,
        "Soy Sintética Prueba Ejemplo, cédula 093141592-1, vivo en Calle Inventada 123.",
        "Anotado",
    )
    .await;
    tap_reply(person, "Listo", "¿Cuándo pasó?").await;
    send_text(person, "la semana pasada", "¿Hay alguien involucrado?").await;
    send_text(person, "no", "¿Tiene fotos").await;
    person
        .send_image(
            include_bytes!("../media/turned.jpg"),
            "image/jpeg",
            Some("el mostrador"),
        )
        .await;
    let taken = expect_answer(person, "el mostrador.jpg").await;
    assert!(taken.text.contains("el lugar"), "{}", taken.text);
    tap_reply(person, "Eso es todo", "algo más que lo respalde").await;
    send_text(person, "Nada más", "¿Autoriza el uso").await;
}

/// Answers from the consent on, until only the sending is left.
pub(crate) async fn is_ready(person: &WhatsappUser) {
    tap_reply(person, "Sí, autorizo", "documento de identidad").await;
    send_text(person, "0931415926", "no es válido").await;
    send_text(person, "0931415921", "nombres y apellidos").await;
    send_text(person, "Sintética Prueba Ejemplo", "¿A qué teléfono").await;
    tap_reply(person, "Usar este número", "correo electrónico").await;
    tap_reply(person, "No tengo correo", "¿Cuál es su dirección?").await;
    send_text(person, "Calle Inventada 123 y Segunda", "alguno de estos datos").await;
    send_text(person, "1", "Así verá su caso").await;
    let preview = person.last_text();
    assert!(
        preview.contains("[cédula]") && !preview.contains("093141592"),
        "{preview}"
    );
    tap_reply(person, "Está bien así", "Todo listo").await;
}

/// Answers from the consent to the receipt. Returns its words.
pub(crate) async fn identifies(person: &WhatsappUser) -> String {
    is_ready(person).await;
    person.tap("c/send").await.unwrap();
    let receipt = expect_answer(person, "ocho palabras").await;
    expect_answer(person, "¿Quiere que le avisemos").await;
    words_in(&receipt.text)
}

/// Files a whole denuncia in Spanish. Returns the receipt's words.
pub(crate) async fn reports(chat: &Chat, person: &WhatsappUser) -> String {
    tells(person, &voice_note(chat.app.folder.path())).await;
    identifies(person).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denuncia_with_a_photograph_and_a_voice_note_goes_all_the_way() {
    whole_way(TestApp::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denuncia_goes_all_the_way_on_postgres() {
    whole_way(TestApp::on(Database::Postgres).await).await;
}

async fn whole_way(app: TestApp) {
    let chat = Chat::start(app).await;
    let person = chat.person();
    let words = reports(&chat, &person).await;
    tap_reply(&person, "Sí, avísenme", "le avisaremos").await;

    // The analyst opens it: story, photograph and voice note, no number.
    let mut analyst = sign_in(&chat.app, ANALYST).await;
    let inbox = chat.app.get(&mut analyst.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    let page = chat.app.get(&mut analyst.visitor, &path).await.text();
    let mut case = OpenCase::from_page(&chat.app, &analyst, &page);
    let narrative: Narrative = case.record(ContentKind::Narrative, &analyst).content().unwrap();
    let story: String = narrative.answers().iter().map(|answer| answer.text.as_str()).collect();
    assert!(
        story.contains("Corpuscentinela") && story.contains("[cédula]"),
        "{story}"
    );
    assert!(
        !story.contains("093141592") && !story.contains("Inventada") && !story.contains("990000001"),
        "{story}"
    );
    let files = case.attachments(&analyst);
    let names: Vec<String> = files
        .iter()
        .map(|(_, file)| format!("{} {}", file.name(), file.cleaning()))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.ends_with("cleaned")), "{names:?}");
    let mut tx = chat.app.app().db().read().await.unwrap();
    let row = sigilo::store::cases::by_id(&mut tx, case.id).await.unwrap().unwrap();
    assert_eq!(row.channel, Channel::Whatsapp);
    drop(tx);

    // The area asks; the person is told by a template that says nothing, comes back, and answers.
    let question = case.seal(&analyst, ContentKind::Message, &Message::new("¿Qué día fue?".into()));
    let sent = chat
        .app
        .post_json(&mut analyst.visitor, &format!("/api/v1{path}/messages"), &question)
        .await;
    assert!(sent.status.is_success(), "{}", sent.text());
    chat.app.clock.advance(25 * 3600);
    let notice = person.next_message().await;
    assert_eq!(
        (notice.kind.as_str(), notice.template.as_deref()),
        ("template", Some("novedades"))
    );
    assert_eq!(notice.text, "");
    send_text(&person, "Seguimiento", "ocho palabras").await;
    let shown = send_text(&person, &words.to_uppercase(), "¿Qué día fue?").await;
    assert!(shown.text.contains("Nadie ha abierto su identidad"), "{}", shown.text);
    send_text(&person, "Fue el lunes, por la mañana.", "quedó guardado").await;
    person
        .send_document(b"apuntes sueltos", "text/plain", "notas.txt", None)
        .await;
    expect_answer(&person, "quedaron guardados").await;
    send_text(&person, "no avisar", "borramos su número").await;
    tap_reply(&person, "Salir", "Cerramos la sesión").await;
    let mut analyst = sign_in(&chat.app, ANALYST).await;
    let page = chat.app.get(&mut analyst.visitor, &path).await.text();
    let case = OpenCase::from_page(&chat.app, &analyst, &page);
    let written = case.conversation(&analyst);
    assert!(
        written.contains(&Some("Fue el lunes, por la mañana.".into())),
        "{written:?}"
    );
    assert_eq!(case.attachments(&analyst).len(), 3);
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_speaker_without_a_number_files_a_denuncia() {
    in_english(TestApp::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_speaker_files_on_postgres() {
    in_english(TestApp::on(Database::Postgres).await).await;
}

/// A denuncia with a voice note and a photograph.
async fn in_english(app: TestApp) {
    let chat = Chat::start(app).await;
    let person = chat
        .meta
        .user(UserAddress::UserId("EC.13491208655302741918"), "Synthetic WhatsappUser");
    let welcome = send_text(&person, "English", "What would you like to do?").await;
    assert!(welcome.text.contains("Meta"), "{}", welcome.text);
    tap_reply(&person, "File a case", "What would you like to file?").await;
    send_text(&person, "report of wrongdoing", "What is it about?").await;
    tap_reply(
        &person,
        "Money asked for (bribe)",
        "Is your report about someone who works",
    )
    .await;
    send_text(&person, "no", "In which province").await;
    send_text(&person, "I don't know, or in none", "Did it happen to you").await;
    send_text(&person, "to me", "Tell us what happened").await;
    person.send_voice(&voice_note(chat.app.folder.path())).await;
    expect_answer(&person, "voice note").await;
    send_text(&person, "done", "When did it happen").await;
    send_text(&person, "back", "Tell us what happened").await;
    send_text(&person, "They asked me for money for an appointment.", "Noted").await;
    send_text(&person, "done", "When did it happen").await;
    send_text(&person, "skip", "Was anyone involved").await;
    send_text(&person, "skip", "Do you have photos").await;
    let photograph = include_bytes!("../media/turned.jpg");
    person.send_image(photograph, "image/jpeg", Some("the counter")).await;
    let taken = expect_answer(&person, "the counter.jpg").await;
    assert!(taken.text.contains("the place"), "{}", taken.text);
    send_text(&person, "That is all", "anything else that supports").await;
    send_text(&person, "no", "Do you agree").await;
    send_text(&person, "yes", "What is your identity document").await;
    send_text(&person, "passport A1234567", "given names").await;
    // The question offers no number if none is known.
    let asked = send_text(&person, "Synthetic Sample WhatsappUser", "phone number").await;
    assert!(asked.replies().iter().all(|(id, _)| !id.starts_with("n/")), "{asked:?}");
    send_text(&person, "I have no phone", "e-mail address").await;
    send_text(&person, "synthetic@sample.test", "What is your address").await;
    send_text(&person, "I'd rather not give it", "Do you want the area").await;
    send_text(&person, "none", "This is how").await;
    send_text(&person, "yes", "Ready to send").await;
    person.send_text("send").await;
    let receipt = expect_answer(&person, "eight words").await;
    words_in(&receipt.text);
    send_text(&person, "no", "All right").await;

    let mut analyst = sign_in(&chat.app, ANALYST).await;
    let inbox = chat.app.get(&mut analyst.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    let page = chat.app.get(&mut analyst.visitor, &path).await.text();
    let case = OpenCase::from_page(&chat.app, &analyst, &page);
    assert_eq!(case.attachments(&analyst).len(), 2);
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_or_cancels_leaves_nothing() {
    let chat = Chat::start(TestApp::new().await).await;
    let person = chat.person();
    tells(&person, &voice_note(chat.app.folder.path())).await;
    let refused = tap_reply(&person, "No autorizo", "No guardamos nada").await;
    assert!(refused.text.contains("Defensoría"), "{}", refused.text);
    tap_reply(&person, "Volver al inicio", "lo borramos").await;
    send_text(&person, "quiero poner una denuncia", "¿De qué se trata?").await;
    send_text(&person, "cancelar", "¿Borramos todo").await;
    tap_reply(&person, "No, seguir", "¿De qué se trata?").await;
    send_text(&person, "cancelar", "¿Borramos todo").await;
    tap_reply(&person, "Sí, borrar", "lo borramos").await;
    chat.stop().await;
}

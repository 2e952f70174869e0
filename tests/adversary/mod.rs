//! The table of SECURITY.md, tried: one file a row. The set-up uses everything; the attack gets a raw copy of the database
//! and exactly the row's keys, and uses neither the store nor the service. Each attack that must fail has a twin that
//! succeeds with one key more, so that the attack is known to be able to.

mod acts;
mod case_keys;
mod contact;
mod enrolment;
mod files;
mod forge;
mod forged_files;
mod identity;
mod log;
mod loot;
mod queue;
mod reporter;
mod roster;
mod rows;
mod stolen;
mod versions;
mod whatsapp;
mod writing;

use sigilo::vault::agefile::Identity;
use sigilo::vault::content::{Message, Note};
use sigilo::vault::receipt::{Receipt, StretchMemory};
use sigilo::vault::record::ContentKind;
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::SigningKey;

use crate::flows::report::{answer_for, step_of, words_of};
use crate::support::app::{ANALYST, TestApp, Visitor};
use crate::support::staff::{OpenCase, attributes, sign_in};

/// Texts that people typed: each is unique, and belongs to one place.
const STORY: &str = "Zafirocentinela";
const OTHER_STORY: &str = "Turquesacentinela";
const MESSAGE: &str = "Topaciocentinela";
const QUESTION: &str = "Amatistacentinela";
const NOTE: &str = "Granatecentinela";
const NAME: &str = "Rubicentinela";
const CEDULA: &str = "1719876540";
const PHONE: &str = "987612345";
const MAIL: &str = "ambarcentinela";
const ADDRESS: &str = "Callejadecentinela";

const OF_THE_AREA: [&str; 4] = [STORY, MESSAGE, QUESTION, NOTE];
const IDENTITY: [&str; 5] = [NAME, CEDULA, PHONE, MAIL, ADDRESS];

/// Answers of a denuncia to the analyst's area, or of a queja to the other's.
fn answer(step: &str, queja: bool) -> Vec<(&'static str, String)> {
    let own = |value: &str| vec![("value", value.to_owned())];
    match step {
        "kind" if queja => own("queja"),
        "category" if queja => own("demoras"),
        "document" => vec![("kind", "cedula".to_owned()), ("number", CEDULA.to_owned())],
        "name" => own(&format!("{NAME} Perez")),
        "phone" => own(&format!("0{PHONE}")),
        "email" => own(&format!("{MAIL}@correo.test")),
        "address" => own(&format!("{ADDRESS} 77 y Segunda")),
        other => match answer_for(other).as_slice() {
            [("value", text)] if text.starts_with("Me pidieron") => {
                let story = if queja { OTHER_STORY } else { STORY };
                own(&format!("{story}. Soy {NAME} Perez, cédula {CEDULA}."))
            }
            // Nothing of the identity is shared with the area here.
            [("share.phone", _)] => vec![],
            known => known.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        },
    }
}

/// Files a report; returns its eight words.
async fn file(app: &TestApp, queja: bool) -> String {
    file_with(app, queja, &[]).await
}

/// The same, with files.
async fn file_with(app: &TestApp, queja: bool, attached: &[(&str, &[u8])]) -> String {
    let visitor = &mut Visitor::default();
    app.post(visitor, "/report/start", &[]).await;
    if !attached.is_empty() {
        let taken = app.post_files(visitor, "/report/files", attached).await;
        assert_eq!(taken.status, 303, "{}", taken.text());
    }
    loop {
        let page = app.get(visitor, "/report").await.text();
        if page.contains("action=\"/report/submit\"") {
            break;
        }
        let step = step_of(&page);
        let mut answers = answer(&step, queja);
        if step == "files" && !attached.is_empty() {
            answers.clear();
        }
        let mut fields = vec![("step", step.as_str())];
        fields.extend(answers.iter().map(|(name, value)| (*name, value.as_str())));
        let reply = app.post(visitor, "/report", &fields).await;
        assert_eq!(reply.status, 303, "{step}: {}", reply.text());
    }
    app.post(visitor, "/report/submit", &[]).await;
    words_of(&app.get(visitor, "/report/receipt").await.text())
}

/// Two denuncias with a conversation and a note, and a queja of another area.
async fn worked() -> TestApp {
    let app = TestApp::new().await;
    for queja in [false, false, true] {
        let words = file(&app, queja).await;
        let back = &mut Visitor::default();
        app.post(back, "/follow-up", &[("words", &words)]).await;
        if !queja {
            for count in 1..=2 {
                let text = format!("{MESSAGE} {count}");
                let sent = app.post(back, "/follow-up/message", &[("text", &text)]).await;
                assert_eq!(sent.status, 303);
            }
        }
    }
    let mut ana = sign_in(&app, ANALYST).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    let paths = attributes(&inbox, "<th scope=\"row\"><a", "href");
    assert_eq!(paths.len(), 2);
    for path in paths {
        let page = app.get(&mut ana.visitor, &path).await.text();
        let mut case = OpenCase::from_page(&app, &ana, &page);
        let question = case.seal(&ana, ContentKind::Message, &Message::new(QUESTION.into()));
        let note = case.seal(&ana, ContentKind::Note, &Note::new(NOTE.into()));
        for (what, body) in [("messages", question), ("notes", note)] {
            let reply = app
                .post_json(&mut ana.visitor, &format!("/api/v1{path}/{what}"), &body)
                .await;
            assert_eq!(reply.status, 204, "{}", reply.text());
        }
    }
    app
}

/// The age identity of a member of staff.
async fn key_of(app: &TestApp, email: &str) -> Identity {
    app.keys_of(email).await.1.identity
}

/// The key that signs for a reporter, from the words of the receipt.
fn reporters_key(app: &TestApp, words: &str) -> SigningKey {
    let salt = &app.app().keys().receipt_salt.0;
    let stretched = Receipt::parse(words)
        .unwrap()
        .stretch(salt, &mut StretchMemory::default());
    stretched.keys(app.app().instance).signing
}

fn again(identity: &Identity) -> Identity {
    Identity::from_scalar(identity.scalar().duplicate())
}

fn of_byte(byte: u8) -> Identity {
    Identity::from_scalar(Key32::from_slice(&[byte; 32]).expect("32 bytes"))
}

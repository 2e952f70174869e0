//! The same after staff's work: an analyst's day and an officer's whole unseal. Staff's side runs in this process, as
//! in their browsers. The test examines the server, with its embedded witness.

use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::{CaseId, UnsealId};
use sigilo::keyfile;
use sigilo::vault::content::{IdentityData, Message, Note};
use sigilo::vault::receipt::{Receipt, StretchMemory};
use sigilo::vault::record::ContentKind;
use sigilo::vault::secret::Key32;
use sigilo::vault::staffkeys::PasswordKeys;

use super::{CEDULA, NAME, SENTINELS, assert_nowhere, in_memory, whole_visit};
use crate::support::host::Host;
use crate::support::needles::Needles;
use crate::support::officer::{Ceremony, verdict, verdict_body};
use crate::support::program::{Installation, PASSWORD};
use crate::support::staff::{Member, OpenCase, attributes, sign_in};

const ANALYST: &str = "analista@sigilo.test";
const OFFICER: &str = "oficial@sigilo.test";
const QUESTION: &str = "Amatistacentinela preguntó el día";
const NOTE: &str = "Granatecentinela quedó anotado";

/// Texts that staff typed: the question, the note, the purpose, the checks, and both passwords.
const OF_STAFF: [&str; 5] = [
    "Amatistacentinela",
    "Granatecentinela",
    "confirmar que la persona existe",
    "a la primera llamada",
    PASSWORD,
];

/// Keys by name, each of which opens something.
type Keys = Vec<(String, Key32)>;

/// An analyst opens the one case, reads it, asks and notes.
async fn casework(host: &impl Host, ana: &mut Member) -> OpenCase {
    let inbox = host.get(&mut ana.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    let page = host.get(&mut ana.visitor, &path).await.text();
    let mut case = OpenCase::from_page(host, ana, &page);
    case.record(ContentKind::Narrative, ana);
    let question = case.seal(ana, ContentKind::Message, &Message::new(QUESTION.into()));
    let note = case.seal(ana, ContentKind::Note, &Note::new(NOTE.into()));
    for (what, body) in [("messages", question), ("notes", note)] {
        let api = format!("/api/v1{path}/{what}");
        let reply = host.post_json(&mut ana.visitor, &api, &body).await;
        assert_eq!(reply.status, 204, "{}", reply.text());
    }
    host.get(&mut ana.visitor, &path).await;
    case
}

/// An officer asks for the identity, opens it, and states a verdict. Returns the identity and the halves of its key.
async fn unsealing(host: &impl Host, officer: &mut Member, case: CaseId) -> (IdentityData, [Key32; 2]) {
    let ceremony = Ceremony::begin(host, officer, case, 1).await;
    let reply = ceremony.send(host, officer).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let opened = ceremony.open_with_halves(host, officer, &answer);
    let unseal: UnsealId = answer["unseal"].as_str().unwrap().parse().unwrap();
    let payload = verdict(host, officer, (case, unseal), Verdict::Valid).await;
    let (path, body) = verdict_body(host, officer, &payload);
    let stated = host.post_json(&mut officer.visitor, &path, &body).await;
    assert_eq!(stated.status, 200, "{}", stated.text());
    opened
}

/// Keys that a member's password opens, and its login secret.
fn keys_of(host: &impl Host, email: &str, member: &Member) -> Keys {
    let login = PasswordKeys::derive(host.instance(), email, PASSWORD).login;
    let mut keys = vec![
        (format!("the login secret of {email}"), login),
        (
            format!("the identity of {email}"),
            member.keys.identity.scalar().duplicate(),
        ),
        (format!("the signing key of {email}"), member.keys.signing.seed()),
    ];
    keys.extend(
        member
            .areas
            .iter()
            .map(|(area, identity)| (format!("the identity of {area}"), identity.scalar().duplicate())),
    );
    keys
}

/// Keys that the eight words give, and the key that signs for the reporter.
fn keys_of_receipt(installation: &Installation, words: &str) -> Keys {
    let server = keyfile::server_keys(&installation.path("keys.toml")).unwrap();
    let receipt = Receipt::parse(words).unwrap();
    let stretched = receipt.stretch(&server.receipt_salt.0, &mut StretchMemory::default());
    let keys = stretched.keys(server.instance);
    vec![
        ("the receipt's identity".into(), keys.identity.scalar().duplicate()),
        ("the receipt's signing key".into(), keys.signing.seed()),
    ]
}

#[tokio::test]
async fn nothing_that_staff_opened_or_typed_stays_and_no_key_that_opens_it() {
    let installation = Installation::ready();
    let server = installation.serve();
    let host = installation.at_work(&server);
    let (mut browser, mut back) = (server.browser(), server.browser());
    let words = whole_visit(&mut browser, &mut back).await;

    let mut ana = sign_in(&host, ANALYST).await;
    let case = casework(&host, &mut ana).await;
    let mut officer = sign_in(&host, OFFICER).await;
    let (identity, [witness_half, officers_half]) = unsealing(&host, &mut officer, case.id).await;
    let told: String = identity.fields().iter().map(|field| field.value.clone()).collect();
    assert!(told.contains(NAME) && told.contains(CEDULA), "it was the real one");
    let page = back.get("/follow-up/case").await.unwrap().text;
    assert!(page.contains(QUESTION), "and the reporter reads on");

    let mut keys = keys_of(&host, ANALYST, &ana);
    keys.extend(keys_of(&host, OFFICER, &officer));
    keys.extend(keys_of_receipt(&installation, &words));
    keys.push(("the identity key".into(), witness_half.xor(&officers_half)));
    keys.push(("the witness's half".into(), witness_half));
    keys.push(("the officers' half".into(), officers_half));
    keys.push(("the case's shared key".into(), case.shared));
    keys.push(("the case's staff key".into(), case.staff));
    let needles = Needles::new(SENTINELS.into_iter().chain(OF_STAFF).chain([words.as_str()]))
        .and_keys(keys.iter().map(|(name, key)| (name.as_str(), key.expose())));
    assert_nowhere(&installation, &server, &needles).await;

    // Twin: a key that the process does hold, because it lives as long, is seen by the same scan.
    let witness = keyfile::witness_keys(&installation.path("witness.toml")).unwrap();
    let identity = witness.identity.identity();
    let held = Needles::new([]).and_keys([("the witness's identity", identity.scalar().expose())]);
    if let Ok(found) = in_memory(&held, server.id()) {
        assert!(!found.is_empty(), "the scan does not see what is there");
    }
}

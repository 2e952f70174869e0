//! The browser of an officer in an unseal, in Rust. It builds the request, writes the letters, checks and opens the
//! answer. A test can change every piece before it is sent.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::{CaseId, CheckingId, InstanceId, LetterId, StaffId, UnsealId, ValidationId};
use sigilo::vault::agefile::{Identity, Recipient};
use sigilo::vault::base64;
use sigilo::vault::checking::{CheckPayload, ShowingPayload};
use sigilo::vault::content::{Check, CheckNote, IdentityData, Purpose, ValidationRequest, VerdictChecks};
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::erasure::{ErasureDecision, ErasurePayload, ErasureRequest};
use sigilo::vault::hash::{CommitmentSalt, Hash32};
use sigilo::vault::letter::{self, LetterContext, LetterKind};
use sigilo::vault::manifest::Manifest;
use sigilo::vault::payload::Payload as _;
use sigilo::vault::seal::{open, open_half, open_share, verify_identity};
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::{Signature, SigningKey, VerifyKey};
use sigilo::vault::unseal::{self, Answers, AskedBy, UnsealRequest, commit_purpose};
use sigilo::vault::validation::{self, ValidationPayload, validation_request_hash};
use sigilo::vault::verdict::{StateChange, VerdictPayload};

use crate::coverage::{bytes, covers};
use crate::host::Host;
use crate::requests::{Reply, attributes};
use crate::staff::{Member, newest_act, signed_body};

/// A request to unseal, before it is sent.
pub struct Ceremony {
    pub request: UnsealRequest,
    /// The text of the letters. It may differ from the text to which the request commits.
    pub text: String,
    pub class: String,
    /// The key that signs the request: the officer's.
    pub signing: SigningKey,
    /// The readers of the purpose.
    pub readers: Vec<(StaffId, Recipient)>,
    salt: CommitmentSalt,
    ephemeral: Identity,
    witness: Recipient,
}

pub const PURPOSE: &str = "El área pide confirmar que la persona existe.";

fn copy(key: &SigningKey) -> SigningKey {
    SigningKey::from_seed(&key.seed())
}

/// The page of a case at the desk.
pub async fn desk_page(app: &impl Host, officer: &mut Member, case: CaseId) -> String {
    let reply = app.get(&mut officer.visitor, &format!("/staff/desk/{case}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text()
}

/// The area's request that the page offers to answer.
fn answered(instance: InstanceId, page: &str) -> Option<Answers> {
    let form = page.find("<form class=\"narrow\" data-unseal")?;
    let tag = &page[form..form + page[form..].find('>')?];
    let (_, rest) = tag.split_once("data-answers=\"")?;
    let payload = base64::decode(rest.split_once('"')?.0)?;
    let hash = validation_request_hash(instance, &payload);
    Some(Answers {
        by: AskedBy::Member,
        hash,
    })
}

/// The first class of the page; without a request to answer, the first one that stands alone.
fn class_of(page: &str, is_answer: bool) -> String {
    let options = page.split("<option value=\"").skip(1);
    let mut options = options.filter_map(|option| option.split_once('>').map(|(tag, _)| tag));
    let found = options.find(|tag| is_answer || tag.contains("data-alone"));
    found.unwrap().split_once('"').unwrap().0.to_owned()
}

/// Makes the checks that the verdict *valid* takes.
pub async fn check_enough(app: &impl Host, officer: &mut Member, case: CaseId, unseal: UnsealId) {
    for (what, outcome) in [("registro-civil", "matches"), ("llamada", "reached")] {
        let (path, body) = check_body(app, officer, (case, unseal), (what, outcome, app.now()), None).await;
        let reply = app.post_json(&mut officer.visitor, &path, &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

/// The path and body of a member's request for validation, which is valid for 30 days.
pub fn validation_body(app: &impl Host, member: &Member, case: CaseId, seed: u64) -> (String, Value) {
    let roster = app.roster();
    let place = LetterContext {
        instance: app.instance(),
        case,
        letter: LetterId::random(&mut StdRng::seed_from_u64(seed)),
        kind: LetterKind::ValidationRequest,
    };
    let content = ValidationRequest::new("Para citarla.".into());
    let author = (Author::Staff(member.id), Via::Browser);
    let desk = roster.area(roster.desk()).unwrap();
    let file = letter::seal(&place, author, &content, &member.keys.signing, &[desk]).remove(0);
    let payload = ValidationPayload {
        instance: app.instance(),
        case,
        request: ValidationId::try_from(place.letter.as_uuid()).unwrap(),
        member: member.id,
        roster: roster.hash(),
        time: app.now(),
        expires: app.now() + validation::MAX_VALID_SECONDS,
    };
    (
        format!("/api/v1/staff/cases/{case}/validation"),
        signed_validation(app.instance(), member, &payload, &file),
    )
}

/// The body of a request for validation with this payload.
pub fn signed_validation(instance: InstanceId, member: &Member, payload: &ValidationPayload, file: &[u8]) -> Value {
    let bytes = payload.to_bytes();
    json!({
        "payload": base64::encode(&bytes),
        "signature": ValidationPayload::sign(instance, &bytes, &member.keys.signing),
        "letter": base64::encode(file),
    })
}

impl Ceremony {
    /// Builds the request from the page and the roster. `seed` determines nonce and keys.
    pub async fn begin(app: &impl Host, officer: &mut Member, case: CaseId, seed: u64) -> Self {
        let page = desk_page(app, officer, case).await;
        let manifest = attributes(&page, "<form class=\"narrow\" data-unseal", "data-manifest").remove(0);
        let answers = answered(app.instance(), &page);
        let class = class_of(&page, answers.is_some());
        let number = attributes(&page, "<form class=\"narrow\" data-unseal", "data-number").remove(0);
        let roster = app.roster();
        let mut rng = StdRng::seed_from_u64(seed);
        let ephemeral = Identity::from_scalar(Key32::random(&mut rng));
        let salt = CommitmentSalt::random(&mut rng);
        let officers = roster.officers().into_iter();
        let readers = officers.map(|member| (member.id, member.recipient.clone()));
        Self {
            request: UnsealRequest {
                instance: app.instance(),
                case,
                number,
                manifest: serde_json::from_value(json!(manifest)).unwrap(),
                roster: roster.hash(),
                class: class.clone(),
                commitment: commit_purpose(app.instance(), &salt, PURPOSE),
                nonce: seed.to_le_bytes().repeat(2),
                recipient: ephemeral.recipient(),
                officer: officer.id,
                time: app.now(),
                expires: app.now() + unseal::MAX_VALID_SECONDS,
                answers,
            },
            text: PURPOSE.into(),
            class,
            signing: copy(&officer.keys.signing),
            readers: readers.collect(),
            witness: roster.witness_recipient().clone(),
            salt,
            ephemeral,
        }
    }

    /// The body of the request.
    pub fn body(&self, officer: &Member) -> Value {
        let request = self.request.to_bytes();
        let place = LetterContext {
            instance: self.request.instance,
            case: self.request.case,
            letter: LetterId::random(&mut StdRng::seed_from_u64(u64::from(self.request.nonce[0]) + 1000)),
            kind: LetterKind::Purpose,
        };
        let salt = serde_json::to_value(self.salt).unwrap();
        let purpose = Purpose::new(self.class.clone(), self.text.clone(), salt.as_str().unwrap().into());
        let recipients: Vec<&Recipient> = [&self.witness]
            .into_iter()
            .chain(self.readers.iter().map(|(_, to)| to))
            .collect();
        let author = (Author::Staff(officer.id), Via::Browser);
        let mut files = letter::seal(&place, author, &purpose, &officer.keys.signing, &recipients).into_iter();
        let witness_letter = base64::encode(&files.next().unwrap());
        let letters: Vec<Value> = (self.readers.iter().zip(files))
            .map(|((to, _), file)| json!({ "letter": place.letter, "to": to, "file": base64::encode(&file) }))
            .collect();
        json!({
            "request": base64::encode(&request),
            "signature": unseal::sign(self.request.instance, &request, &self.signing),
            "letters": letters,
            "witness_letter": witness_letter,
        })
    }

    /// Sends the request for its case.
    pub async fn send(&self, app: &impl Host, officer: &mut Member) -> Reply {
        let path = path_of(self.request.case);
        let body = self.body(officer);
        app.post_json(&mut officer.visitor, &path, &body).await
    }

    /// Opens an answer with the checks of `released.ts`, in the same order.
    pub fn open(&self, app: &impl Host, officer: &Member, answer: &Value) -> IdentityData {
        self.open_with_halves(app, officer, answer).0
    }

    /// The same, with the halves of the identity key: the witness's and the officers'.
    pub fn open_with_halves(&self, app: &impl Host, officer: &Member, answer: &Value) -> (IdentityData, [Key32; 2]) {
        let instance = app.instance();
        let reporter = VerifyKey::from_slice(&bytes(&answer["verify_key"])).unwrap();
        let signature = Signature::from_slice(&bytes(&answer["manifest_signature"])).unwrap();
        let manifest = Manifest::verify(instance, &bytes(&answer["manifest"]), &reporter, &signature).unwrap();
        assert_eq!(
            (manifest.hash(), manifest.case()),
            (self.request.manifest, self.request.case)
        );

        covers(app, &answer["coverage"], manifest.hash(), &reporter).unwrap();
        stands_on(app, &manifest, &reporter, &answer["earlier"]).unwrap();

        let share = open_share(&manifest, &bytes(&answer["share"]), &officer.keys.identity).unwrap();
        let half = open_half(&manifest, &bytes(&answer["witness_half"]), &self.ephemeral).unwrap();
        let shares = [share];
        let envelope = open(&manifest, &shares, &half, &bytes(&answer["record"])).unwrap();
        verify_identity(&manifest, &envelope, &reporter).unwrap();
        // With a quorum of 1 the share is the half itself.
        let [share] = shares;
        (envelope.content().unwrap(), [half, share.y])
    }
}

/// Checks that each correction refers to the version before, down to the first.
pub fn stands_on(
    app: &impl Host,
    newest: &Manifest,
    reporter: &VerifyKey,
    earlier: &Value,
) -> Result<(), &'static str> {
    let (mut version, mut previous) = (newest.version(), newest.previous());
    for one in earlier.as_array().unwrap() {
        let signature = Signature::from_slice(&bytes(&one["manifest_signature"])).unwrap();
        let before = Manifest::verify(app.instance(), &bytes(&one["manifest"]), reporter, &signature);
        let before = before.map_err(|_| "an earlier manifest's signature")?;
        covers(app, &one["coverage"], before.hash(), reporter)?;
        if Some(before.hash()) != previous || before.version() + 1 != version || before.case() != newest.case() {
            return Err("a correction of something else");
        }
        (version, previous) = (before.version(), before.previous());
    }
    (version == 1 && previous.is_none())
        .then_some(())
        .ok_or("a correction of nothing")
}

pub fn path_of(case: CaseId) -> String {
    format!("/api/v1/staff/cases/{case}/unseals")
}

/// The verdict that the page of a case offers, for an officer's browser to sign.
pub async fn verdict(
    app: &impl Host,
    officer: &mut Member,
    (case, unseal): (CaseId, UnsealId),
    verdict: Verdict,
) -> VerdictPayload {
    let page = desk_page(app, officer, case).await;
    let form = "<form class=\"panel narrow\" method=\"post\" data-verdict";
    let from = attributes(&page, form, "data-from").remove(0).parse().unwrap();
    let choice = format!("<input type=\"radio\" name=\"verdict\" value=\"{verdict}\"");
    let to = attributes(&page, &choice, "data-to").remove(0).parse().ok();
    let is_of_earlier = page
        .split(form)
        .nth(1)
        .unwrap()
        .split('>')
        .next()
        .unwrap()
        .contains(" data-of-earlier");
    VerdictPayload {
        instance: app.instance(),
        case,
        unseal,
        verdict,
        state: to.filter(|_| !is_of_earlier).map(|to| StateChange { from, to }),
        previous: newest_act(&page, "data-case-act"),
        member: officer.id,
        time: app.now(),
    }
}

/// The path and body of a verdict, as the browser would send it.
pub fn verdict_body(app: &impl Host, officer: &Member, payload: &VerdictPayload) -> (String, Value) {
    let instance = app.instance();
    let roster = app.roster();
    let place = LetterContext {
        instance,
        case: payload.case,
        letter: LetterId::try_from(payload.unseal.as_uuid()).unwrap(),
        kind: LetterKind::VerdictChecks,
    };
    let checks = vec![Check {
        what: "llamada".into(),
        outcome: "reached".into(),
        day: "2026-11-24".into(),
    }];
    let content = VerdictChecks::new(checks.into(), "Contestó a la primera llamada.".into());
    let author = (Author::Staff(officer.id), Via::Browser);
    let desk = roster.area(roster.desk()).unwrap();
    let file = letter::seal(&place, author, &content, &officer.keys.signing, &[desk]).remove(0);
    let mut body = signed_body(officer, payload);
    body["verdict"] = json!(payload.verdict);
    body["letter"] = json!(base64::encode(&file));
    (format!("/api/v1/staff/unseals/{}/verdict", payload.unseal), body)
}

/// The path and body of a decision on a request to erase.
pub fn erasure_body(officer: &Member, payload: &ErasurePayload) -> (String, Value) {
    let body = signed_body(officer, payload);
    (format!("/api/v1/staff/cases/{}/erasure", payload.case), body)
}

/// The decision that the page of a case offers, for an officer's browser to sign.
pub async fn decision(
    app: &impl Host,
    officer: &mut Member,
    case: CaseId,
    (decision, reason): (ErasureDecision, &str),
) -> ErasurePayload {
    let page = desk_page(app, officer, case).await;
    let form = |name| attributes(&page, "<form class=\"narrow\" method=\"post\" data-erasure", name).remove(0);
    ErasurePayload {
        instance: app.instance(),
        case,
        request: form("data-request").parse().unwrap(),
        decision,
        reason: reason.into(),
        manifest: serde_json::from_value(json!(form("data-manifest"))).unwrap(),
        answers: ErasureRequest::hash(app.instance(), &base64::decode(&form("data-asked")).unwrap()),
        time: app.now(),
    }
}

/// The path and body of a showing.
pub async fn showing_body(
    app: &impl Host,
    officer: &mut Member,
    (case, unseal): (CaseId, UnsealId),
) -> (String, Value) {
    let page = desk_page(app, officer, case).await;
    let payload = ShowingPayload {
        instance: app.instance(),
        case,
        unseal,
        previous: newest_act(&page, "data-unseal-act"),
        member: officer.id,
        time: app.now(),
    };
    let path = format!("/api/v1/staff/unseals/{unseal}/showings");
    (path, signed_body(officer, &payload))
}

/// The path and body of a check or an attempt. The note goes to the desk.
pub async fn check_body(
    app: &impl Host,
    officer: &mut Member,
    (case, unseal): (CaseId, UnsealId),
    (what, outcome, at): (&str, &str, i64),
    note: Option<&str>,
) -> (String, Value) {
    let seed = what.bytes().chain(outcome.bytes()).chain(*unseal.as_bytes());
    let seed = seed.fold(at.unsigned_abs(), |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(byte.into())
    });
    let id = LetterId::random(&mut StdRng::seed_from_u64(seed));
    let place = LetterContext {
        instance: app.instance(),
        case,
        letter: id,
        kind: LetterKind::CheckNote,
    };
    let roster = app.roster();
    let desk = roster.area(roster.desk()).unwrap();
    let author = (Author::Staff(officer.id), Via::Browser);
    let note = note.map(|text| {
        let content = CheckNote::new(text.into());
        base64::encode(&letter::seal(&place, author, &content, &officer.keys.signing, &[desk]).remove(0))
    });
    let page = desk_page(app, officer, case).await;
    let payload = CheckPayload {
        instance: app.instance(),
        case,
        unseal,
        check: CheckingId::try_from(id.as_uuid()).unwrap(),
        what: what.into(),
        outcome: outcome.parse().unwrap(),
        made_at: at.saturating_sub(at.rem_euclid(60)),
        previous: newest_act(&page, "data-unseal-act"),
        member: officer.id,
        time: app.now(),
    };
    let mut body = signed_body(officer, &payload);
    body["note"] = json!(note);
    (format!("/api/v1/staff/unseals/{unseal}/checks"), body)
}

/// The hex of a hash that refers to nothing.
pub fn stranger() -> Hash32 {
    Hash32::of_bytes(b"nothing")
}

//! The browser of staff, in Rust: signs in, opens the sealed parts of pages, seals its submissions.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sigilo::audit::entry::Entry;
use sigilo::domain::ids::{CaseId, RecordId, StaffId};
use sigilo::domain::state::State;
use sigilo::store;
use sigilo::vault::agefile::Identity;
use sigilo::vault::base64;
use sigilo::vault::case_state::CaseStatePayload;
use sigilo::vault::casekeys::{self, KeyName};
use sigilo::vault::content::{Attachment, Content, Message, Reason};
use sigilo::vault::envelope::{Author, Envelope, Via};
use sigilo::vault::hash::Hash32;
use sigilo::vault::payload::Payload;
use sigilo::vault::record::{self, ContentKind, RecordContext};
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::VerifyKey;
use sigilo::vault::staffkeys::{PasswordKeys, StaffKeys, unwrap_area};

use crate::accounts::PASSWORD;
use crate::app::TestApp;
use crate::coverage::stated;
use crate::host::Host;
pub use crate::requests::attributes;
use crate::requests::{Reply, Visitor};

pub const SESSION: &str = "/api/v1/staff/session";

/// A signed-in member with unlocked keys.
pub struct Member {
    pub visitor: Visitor,
    pub id: StaffId,
    pub keys: StaffKeys,
    /// The server's reply to the sign-in.
    pub body: Value,
    pub areas: Vec<(String, Identity)>,
}

/// The body of a sign-in.
pub fn sign_in_body(app: &impl Host, email: &str, password: &str) -> Value {
    let keys = PasswordKeys::derive(app.instance(), email, password);
    json!({ "email": email, "login": base64::encode(keys.login.expose()) })
}

/// Tries to sign in.
pub async fn try_sign_in(app: &impl Host, visitor: &mut Visitor, email: &str, password: &str) -> Reply {
    let body = sign_in_body(app, email, password);
    app.post_json(visitor, SESSION, &body).await
}

/// Signs in and unlocks the keys, with the password and the server's reply only.
pub async fn sign_in(app: &impl Host, email: &str) -> Member {
    let mut visitor = Visitor::default();
    let reply = try_sign_in(app, &mut visitor, email, PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    let instance = app.instance();
    let id: StaffId = body["staff"]["id"].as_str().unwrap().parse().unwrap();
    let password = PasswordKeys::derive(instance, email, PASSWORD);
    let blob = base64::decode(body["blob"].as_str().unwrap()).unwrap();
    let (keys, _) = StaffKeys::open(&blob, instance, id, &password).unwrap();
    let areas = body["areas"].as_array().unwrap().iter().map(|area| {
        let name = area["area"].as_str().unwrap();
        let file = base64::decode(area["wrapped"].as_str().unwrap()).unwrap();
        let version = area["version"].as_u64().unwrap();
        let identity = unwrap_area(&file, instance, name, version, &keys.identity).unwrap();
        (name.to_owned(), identity)
    });
    let areas = areas.collect();
    Member {
        visitor,
        id,
        keys,
        body,
        areas,
    }
}

/// A case from its page, opened with an area's identity.
pub struct OpenCase {
    pub id: CaseId,
    pub shared: Key32,
    pub staff: Key32,
    /// The reporter's key, which the log confirms.
    pub reporter: VerifyKey,
    page: String,
    instance: sigilo::domain::ids::InstanceId,
    rng: StdRng,
}

impl OpenCase {
    /// Opens a case's page.
    pub fn from_page(app: &impl Host, member: &Member, page: &str) -> Self {
        Self::checked(app, member, page).unwrap()
    }

    /// Opens a case's page, unless the log does not confirm its keys. The error states the reason.
    pub fn checked(app: &impl Host, member: &Member, page: &str) -> Result<Self, &'static str> {
        let instance = app.instance();
        let of_case = |name| attributes(page, "<sealed-case", name).remove(0);
        let id: CaseId = of_case("case").parse().unwrap();
        let area = of_case("area");
        let (_, identity) = member
            .areas
            .iter()
            .find(|(name, _)| *name == area)
            .expect("of the area");
        let (statement, reporter) = stated(app, page, id)?;
        let key = |attribute, name| {
            let file = base64::decode(&of_case(attribute)).unwrap();
            let key = casekeys::unwrap(&file, name, 1, instance, id, identity).map_err(|_| "the key does not open")?;
            let is_stated = statement.names(name, &key);
            is_stated.then_some(key).ok_or("not the key that the reporter stated")
        };
        Ok(Self {
            id,
            shared: key("shared-key", KeyName::Shared)?,
            staff: key("staff-key", KeyName::Staff)?,
            reporter,
            page: page.to_owned(),
            instance,
            // A different seed for each case, because ids of records are unique.
            rng: StdRng::seed_from_u64(u64::from_le_bytes(*id.as_bytes().first_chunk().expect("16 bytes"))),
        })
    }

    fn key(&self, kind: ContentKind) -> &Key32 {
        match kind {
            ContentKind::Note | ContentKind::Reason => &self.staff,
            _ => &self.shared,
        }
    }

    /// Opens the first record of a kind, and verifies it with the key of the reporter or of `member`.
    pub fn record(&self, kind: ContentKind, member: &Member) -> Envelope {
        let tag = format!("<sealed-record kind=\"{}\"", kind.as_str());
        let of = |name| attributes(&self.page, &tag, name).remove(0);
        let place = self.place(of("record").parse().unwrap(), kind);
        let body = base64::decode(&of("body")).unwrap();
        let envelope = record::open(self.key(kind), &place, &body).unwrap();
        assert_eq!(envelope.author().to_string(), of("author"));
        let key = match envelope.author() {
            Author::Reporter => self.reporter,
            Author::Staff(_) => member.keys.signing.verify_key(),
        };
        record::verify(&envelope, &place, &key).unwrap();
        envelope
    }

    /// The attachments of the case: each with its address, and its record or the reason why it is not trusted.
    pub fn described(&self, member: &Member) -> Vec<(String, Result<Attachment, &'static str>)> {
        let of = |name| attributes(&self.page, "<sealed-attachment", name);
        let records = of("attachment").into_iter().zip(of("body")).zip(of("author"));
        let opened = records.map(|((id, body), author)| {
            let place = self.place(id.parse().unwrap(), ContentKind::Attachment);
            let envelope = record::open(&self.shared, &place, &base64::decode(&body).unwrap());
            let envelope = envelope.map_err(|_| "the record does not open in this place")?;
            let key = match envelope.author() {
                Author::Reporter => self.reporter,
                Author::Staff(_) => member.keys.signing.verify_key(),
            };
            let is_signed = record::verify(&envelope, &place, &key).is_ok() && envelope.author().to_string() == author;
            is_signed.then_some(()).ok_or("the author did not sign it")?;
            envelope.content().map_err(|_| "not what a record of a file says")
        });
        of("href").into_iter().zip(opened).collect()
    }

    /// The same for a case whose records are all valid.
    pub fn attachments(&self, member: &Member) -> Vec<(String, Attachment)> {
        let described = self.described(member).into_iter();
        described.map(|(href, content)| (href, content.unwrap())).collect()
    }

    /// The conversation as the browser shows it. `None` stands for a text without a valid signature of its author.
    pub fn conversation(&self, member: &Member) -> Vec<Option<String>> {
        let tag = "<sealed-record kind=\"message\"";
        let of = |name| attributes(&self.page, tag, name);
        let records = of("record").into_iter().zip(of("author")).zip(of("body"));
        let shown = records.map(|((record, author), body)| {
            let place = self.place(record.parse().unwrap(), ContentKind::Message);
            let envelope = record::open(&self.shared, &place, &base64::decode(&body).unwrap()).ok()?;
            let key = match envelope.author() {
                Author::Reporter => self.reporter,
                Author::Staff(_) => member.keys.signing.verify_key(),
            };
            record::verify(&envelope, &place, &key).ok()?;
            (envelope.author().to_string() == author).then_some(())?;
            Some(envelope.content::<Message>().ok()?.text().clone())
        });
        shown.collect()
    }

    fn place(&self, record: RecordId, kind: ContentKind) -> RecordContext {
        RecordContext {
            instance: self.instance,
            case: self.id,
            record,
            kind,
        }
    }

    /// Takes the page as it is now, for the acts that it knows.
    pub fn look_again(&mut self, page: String) {
        self.page = page;
    }

    /// A change of state that follows on the acts that the page knows, signed. Returns the body of a request.
    pub fn change_state(&mut self, app: &impl Host, member: &Member, (from, to): (State, State), why: &str) -> Value {
        let reason = Reason::new(from.to_string(), to.to_string(), why.into());
        let sealed = self.seal(member, ContentKind::Reason, &reason);
        let payload = CaseStatePayload {
            instance: self.instance,
            case: self.id,
            previous: newest_act(&self.page, "data-case-act"),
            member: member.id,
            from,
            to,
            record: serde_json::from_value(sealed["record"].clone()).unwrap(),
            time: app.now(),
        };
        let mut body = signed_body(member, &payload);
        body["record"] = sealed["record"].clone();
        body["body"] = sealed["body"].clone();
        body
    }

    /// Seals a record. Returns `{record, body}` for a request.
    pub fn seal(&mut self, member: &Member, kind: ContentKind, content: &impl Content) -> Value {
        let record = RecordId::random(&mut self.rng);
        let place = self.place(record, kind);
        let key = match kind {
            ContentKind::Note | ContentKind::Reason => &self.staff,
            _ => &self.shared,
        };
        let author = (Author::Staff(member.id), Via::Browser);
        let body = record::seal(key, &place, author, content, &member.keys.signing, &mut self.rng);
        json!({ "record": place.record, "body": base64::encode(&body) })
    }
}

/// The newest signed act that a page names, in its attribute `of`.
pub fn newest_act(page: &str, of: &str) -> Option<Hash32> {
    attributes(page, "<div hidden data-acts", of).remove(0).parse().ok()
}

/// The body of a request with a signed act.
pub fn signed_body<P: Payload>(member: &Member, act: &P) -> Value {
    let payload = act.to_bytes();
    json!({
        "payload": base64::encode(&payload),
        "signature": P::sign(act.instance(), &payload, &member.keys.signing),
    })
}

/// All audit entries in the order of the log. Unsequenced entries come last.
pub async fn entries(app: &TestApp) -> Vec<Entry> {
    let mut tx = app.app().db().read().await.unwrap();
    let mut rows = store::log::from_leaf(&mut tx, 0, 10_000).await.unwrap();
    rows.extend(store::log::unsequenced(&mut tx, 10_000).await.unwrap());
    rows.iter().map(|row| Entry::read(&row.body).unwrap()).collect()
}

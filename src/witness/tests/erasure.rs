//! Erasures: only for a decision of an officer on the reporter's own request, or long after a closing that this witness has
//! countersigned.

use serde_json::{Map, json};

use super::fixtures::{ANALYST, NOW, OFFICERS, REPORTER, WITNESS, instance, signer};
use super::world::{Signed, World, covers, seal_for};
use crate::audit::checkpoint::countersign;
use crate::audit::entry::{Act, Base64};
use crate::domain::day::Day;
use crate::vault::erasure::{ErasureDecision, ErasurePayload, ErasureRequest};
use crate::vault::hash::Hash32;
use crate::vault::payload::Payload as _;
use crate::witness::journal::{self, ErasedBy, Event};
use crate::witness::order::Advance;
use crate::witness::statement::{JournalHead, Statement as _};
use crate::witness::{ErasureGround, ErasureOrder, JournalReader, Refusal};

const DAY: i64 = 24 * 3600;

/// A decision and its request, to be spoilt.
pub(super) struct Decision {
    request: ErasureRequest,
    /// The key that signs the request.
    reporter: u8,
    payload: ErasurePayload,
    /// The officer, and the key that signs the decision.
    officer: (u8, u8),
    act: Act,
}

impl World {
    pub(super) fn decision(&self) -> Decision {
        let request = ErasureRequest {
            instance: instance(),
            case: self.case,
            request: "88888888-8888-4888-8888-888888888888".parse().unwrap(),
            day: Day(20_770),
        };
        Decision {
            payload: ErasurePayload {
                instance: instance(),
                case: self.case,
                request: request.request,
                decision: ErasureDecision::Erase,
                reason: "pedido".into(),
                manifest: self.sealed.manifest_hash,
                answers: ErasureRequest::hash(instance(), &request.to_bytes()),
                time: NOW,
            },
            request,
            reporter: REPORTER,
            officer: (OFFICERS[0], OFFICERS[0]),
            act: Act::ErasureDecided,
        }
    }

    /// Writes the decision into the log, and orders the erasure.
    pub(super) fn erasure(&mut self, decision: &Decision) -> ErasureOrder {
        let signed = Signed {
            what: ErasurePayload::LABEL,
            payload: decision.payload.to_bytes(),
            detail: Map::new(),
        };
        let index = self.signed_act(decision.act, decision.payload.case, decision.officer, signed);
        let request = decision.request.to_bytes();
        ErasureOrder {
            advance: self.log.advance(self.core.last_checkpoint().0),
            versions: self.versions(),
            ground: ErasureGround::Request {
                decided: self.log.inclusion(index),
                signature: ErasureRequest::sign(instance(), &request, &signer(decision.reporter)),
                request: Base64(request),
            },
        }
    }

    /// The same order in a later tree.
    pub(super) fn erasure_at(&self, order: &ErasureOrder, advance: Advance) -> ErasureOrder {
        let mut order = order.clone();
        if let ErasureGround::Request { decided, .. } = &mut order.ground {
            *decided = self.log.inclusion(decided.index);
        }
        ErasureOrder {
            advance,
            versions: self.versions(),
            ..order
        }
    }

    /// A closing in the log, and the checkpoint that the witness countersigns after it.
    fn closing(&mut self, to: &str) -> (u64, Base64, Vec<Hash32>) {
        let detail = json!({ "from": "in_review", "to": to });
        let index = self.log.act(Act::CaseStateChanged, Some(self.case), &detail);
        let advance = self.log.advance(self.core.last_checkpoint().0);
        let seen = self.core.cosign(&advance).unwrap();
        let proof = self.log.inclusion(index).proof;
        self.log.act(Act::CaseNote, None, &());
        (index, seen, proof)
    }

    fn expiry(&self, (index, seen, seen_proof): (u64, Base64, Vec<Hash32>)) -> ErasureOrder {
        ErasureOrder {
            advance: self.log.advance(self.core.last_checkpoint().0),
            versions: self.versions(),
            ground: ErasureGround::Expiry {
                closed: self.log.inclusion(index),
                seen,
                seen_proof,
            },
        }
    }
}

fn lines(world: &World) -> Vec<String> {
    world.core.journal(JournalReader::Server).unwrap()
}

fn refused(spoil: impl FnOnce(&World, &mut Decision)) -> Refusal {
    let mut world = World::new(1);
    let mut decision = world.decision();
    spoil(&world, &mut decision);
    let order = world.erasure(&decision);
    let before = lines(&world);
    let refusal = world.core.erase(&order).unwrap_err();
    assert_eq!(lines(&world), before, "it wrote nothing");
    refusal
}

#[test]
fn a_decision_on_the_reporters_request_erases_and_nothing_is_opened_any_more() {
    let mut world = World::new(1);
    let order = world.erasure(&world.decision());
    let head = world.core.erase(&order).unwrap();
    let written = journal::read(&lines(&world)).unwrap();
    let last = written.last().unwrap();
    let Event::Erasure(erasure) = &last.event else {
        panic!("the last line is the tombstone");
    };
    assert_eq!(
        (erasure.manifest, erasure.case),
        (world.sealed.manifest_hash, world.case)
    );
    assert_eq!(erasure.by, ErasedBy::Request);
    let head = JournalHead::verify(&head.0, instance(), &signer(WITNESS).verify_key()).unwrap();
    assert_eq!((head.lines, head.last), (last.seq + 1, last.hash));
    // The server stopped before it had the answer.
    world.core.erase(&order).unwrap();
    assert_eq!(lines(&world).len(), written.len());
    let ask = world.ask();
    let order = world.order(&ask);
    assert_eq!(world.core.unseal(&order).unwrap_err(), Refusal::Erased);
    let (_folder, _clock, core) = world.restart();
    assert_eq!(core.unwrap().unseal(&order).unwrap_err(), Refusal::Erased, "for ever");
}

#[test]
fn a_server_alone_erases_nothing() {
    // Without the officer's key.
    assert_eq!(refused(|_, d| d.officer = (OFFICERS[0], 9)), Refusal::ErasureNotDecided);
    assert_eq!(refused(|_, d| d.officer = (9, 9)), Refusal::ErasureNotDecided);
    assert_eq!(
        refused(|_, d| d.officer = (ANALYST, ANALYST)),
        Refusal::ErasureNotDecided
    );
    assert_eq!(refused(|_, d| d.act = Act::ErasureRefused), Refusal::ErasureNotDecided);
    let refuse = |_: &World, d: &mut Decision| d.payload.decision = ErasureDecision::Refuse;
    assert_eq!(refused(refuse), Refusal::ErasureNotDecided);
    assert_eq!(
        refused(|_, d| d.payload.manifest = Hash32::of_bytes(b"other")),
        Refusal::ErasureNotDecided
    );
    let case = "11111111-1111-4111-8111-111111111111".parse().unwrap();
    assert_eq!(refused(|_, d| d.payload.case = case), Refusal::ErasureNotDecided);
    // Without the receipt's key.
    assert_eq!(refused(|_, d| d.reporter = OFFICERS[0]), Refusal::ErasureNotAsked);
    assert_eq!(refused(|_, d| d.request.day = Day(1)), Refusal::ErasureNotAsked);
    assert_eq!(
        refused(|_, d| d.payload.answers = Hash32::of_bytes(b"other")),
        Refusal::ErasureNotAsked
    );
    let another = |_: &World, d: &mut Decision| {
        d.request.case = case;
        d.payload.answers = ErasureRequest::hash(instance(), &d.request.to_bytes());
    };
    assert_eq!(refused(another), Refusal::ErasureNotAsked);
}

#[test]
fn the_evidence_must_stand_in_the_log() {
    let spoilt = |spoil: fn(&mut World, &mut ErasureOrder)| {
        let mut world = World::new(1);
        let mut order = world.erasure(&world.decision());
        spoil(&mut world, &mut order);
        world.core.erase(&order).unwrap_err()
    };
    let aside = spoilt(|_, order| {
        if let ErasureGround::Request { decided, .. } = &mut order.ground {
            decided.index = 0;
        }
    });
    assert_eq!(aside, Refusal::NotInLog);
    assert_eq!(spoilt(|_, order| order.versions.clear()), Refusal::Malformed);
    let uncovered = spoilt(|world, order| {
        let other = seal_for(world.case, &world.roster.clone(), &mut world.rng);
        order.versions[0].manifest = Base64(other.manifest);
        order.versions[0].manifest_signature = other.manifest_signature;
    });
    assert_eq!(uncovered, Refusal::NotCovered);
    let forged = spoilt(|world, order| {
        let index = world
            .log
            .act(Act::ReportsCovered, None, &covers(&[(world.sealed.manifest_hash, 9)]));
        *order = world.erasure_at(order, world.log.advance(0));
        order.versions[0].covered = world.log.inclusion(index);
    });
    assert_eq!(forged, Refusal::WrongReporterKey);
}

#[test]
fn an_expiry_needs_a_closing_that_this_witness_countersigned_long_ago() {
    let mut world = World::new(1);
    let kept = i64::from(world.roster.roster().retention.closed_days) * DAY;
    let closing = world.closing("closed");
    let order = world.expiry(closing.clone());
    assert_eq!(world.core.erase(&order).unwrap_err(), Refusal::ErasureTooEarly);
    world.clock.advance(kept - 1);
    assert_eq!(world.core.erase(&order).unwrap_err(), Refusal::ErasureTooEarly);
    world.clock.advance(1);
    // A checkpoint that somebody else countersigned, or nobody, or one from before the closing.
    let (index, seen, proof) = closing.clone();
    let before = world.log.advance(0).checkpoint;
    let forged = countersign(&before.0, NOW - 2 * kept, instance(), &signer(9)).unwrap();
    for other in [before.clone(), Base64(forged), Base64(Vec::new())] {
        let order = world.expiry((index, other, proof.clone()));
        assert_eq!(world.core.erase(&order).unwrap_err(), Refusal::ErasureTooEarly);
    }
    let order = world.expiry((index, seen, Vec::new()));
    assert_eq!(world.core.erase(&order).unwrap_err(), Refusal::ErasureTooEarly);
    world.core.erase(&world.expiry(closing)).unwrap();
    let written = journal::read(&lines(&world)).unwrap();
    assert!(matches!(&written.last().unwrap().event, Event::Erasure(erasure) if erasure.by == ErasedBy::Expiry));
}

#[test]
fn only_a_closing_of_this_case_counts() {
    let mut world = World::new(1);
    let resolved = world.closing("resolved");
    let closed = world.closing("closed");
    world.clock.advance(10 * 365 * DAY);
    assert_eq!(
        world.core.erase(&world.expiry(resolved)).unwrap_err(),
        Refusal::ErasureTooEarly
    );
    world.next_case();
    assert_eq!(
        world.core.erase(&world.expiry(closed)).unwrap_err(),
        Refusal::ErasureTooEarly
    );
}

#[test]
fn erasures_are_capped_and_what_has_begun_goes_on() {
    let mut world = World::new(1);
    world.publish(|roster| (roster.policy.erasures, roster.retention.expiries) = (1, 1));
    let first = world.erasure(&world.decision());
    world.core.erase(&first).unwrap();
    world.next_case();
    let second = world.erasure(&world.decision());
    assert_eq!(world.core.erase(&second).unwrap_err(), Refusal::ErasureCap);
    // Expiries have a cap of their own.
    let one = world.closing("closed");
    let earlier = world.next_case();
    let two = world.closing("closed");
    world.clock.advance(10 * 365 * DAY);
    world.core.erase(&world.expiry(two)).unwrap();
    world.switch(earlier);
    assert_eq!(
        world.core.erase(&world.expiry(one.clone())).unwrap_err(),
        Refusal::ErasureCap
    );
    world.clock.advance(DAY);
    world.core.erase(&world.expiry(one)).unwrap();
}

//! Each check of the witness, tried by an order that is right but for one thing.

mod erasure;
mod files;
mod fixtures;
mod policy;
mod world;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Act, Base64};
use crate::vault::content::IdentityData;
use crate::vault::hash::Hash32;
use crate::vault::manifest::Manifest;
use crate::vault::roster::VerifiedRoster;
use crate::vault::seal::{self, open_half, open_share};
use crate::witness::statement::{JournalHead, OpeningStatement, RosterStatement, Statement as _};
use crate::witness::{JournalReader, Refusal, journal};
use fixtures::{
    AUDITOR, AUTHORITY, EPHEMERAL, LOG, NOW, OFFICERS, REPORTER, WITNESS, identity, instance, roster, signer,
};
use world::{Ask, World, covers, hash32, seal_for};

/// An order that a spoilt request makes is refused, and leaves no line in the journal.
fn refused(quorum: u8, spoil: impl FnOnce(&World, &mut Ask)) -> Refusal {
    let mut world = World::new(quorum);
    let mut ask = world.ask();
    spoil(&world, &mut ask);
    let order = world.order(&ask);
    let before = world.core.journal(JournalReader::Server).unwrap();
    let refusal = world.core.unseal(&order).unwrap_err();
    assert_eq!(world.core.journal(JournalReader::Server).unwrap(), before);
    refusal
}

/// The same for an order that was put together wrongly around a good request.
fn refused_order(spoil: impl FnOnce(&mut World, &mut crate::witness::UnsealOrder)) -> Refusal {
    let mut world = World::new(1);
    let ask = world.ask();
    let mut order = world.order(&ask);
    spoil(&mut world, &mut order);
    world.core.unseal(&order).unwrap_err()
}

#[test]
fn with_enough_officers_the_identity_opens_and_the_journal_was_first() {
    for quorum in [1, 2] {
        let mut world = World::new(quorum);
        let ask = world.ask();
        let order = world.order(&ask);
        let release = world.core.unseal(&order).unwrap();
        let manifest = Manifest::read(instance(), &world.sealed.manifest).unwrap();
        let half = open_half(&manifest, &release.half.0, &identity(EPHEMERAL)).unwrap();
        let shares: Vec<_> = (world.sealed.shares.iter().zip(OFFICERS))
            .take(quorum.into())
            .map(|(share, officer)| open_share(&manifest, &share.file, &identity(officer)).unwrap())
            .collect();
        let envelope = seal::open(&manifest, &shares, &half, &world.sealed.record).unwrap();
        let data: IdentityData = envelope.content().unwrap();
        assert_eq!(data.fields()[0].value, "1710034065");
        let (log, witness) = (signer(LOG).verify_key(), signer(WITNESS).verify_key());
        let cosigned = Checkpoint::read_cosigned(&release.cosigned.0, instance(), log.as_bytes(), witness.as_bytes());
        assert_eq!(cosigned.unwrap().size, world.log.size());

        let lines = journal::read(&world.core.journal(JournalReader::Server).unwrap()).unwrap();
        let leaf = crate::audit::tree::leaf_hash(instance(), world.log.entries.last().unwrap());
        assert_eq!(journal::unseal_leaves(&lines), [(3, hash32(leaf))]);
        let journaled = world.core.journaled(&hash32(leaf)).unwrap().unwrap();
        assert_eq!(journaled.purposes, release.purposes);
        assert!(world.core.journaled(&Hash32::of_bytes(b"another")).unwrap().is_none());
        for head in [&release.head, &journaled.head] {
            let head = JournalHead::verify(&head.0, instance(), &witness).unwrap();
            assert_eq!((head.lines, head.last), (3, lines[2].hash));
        }
        let statement = world.core.opening_statement(world.case).unwrap();
        let statement = OpeningStatement::verify(&statement.0, instance(), &witness).unwrap();
        assert_eq!((statement.count, statement.tree_size), (1, world.log.size()));
        assert_eq!(statement.leaves, [hash32(leaf)]);
    }
}

#[test]
fn who_asks_and_who_signs() {
    assert_eq!(refused(1, |_, ask| ask.signers.clear()), Refusal::QuorumUnmet);
    let twice = |_: &World, ask: &mut Ask| ask.signers = vec![(1, 1), (1, 1)];
    assert_eq!(refused(2, twice), Refusal::QuorumUnmet);
    assert_eq!(refused(2, |_, ask| ask.signers = vec![(1, 1)]), Refusal::QuorumUnmet);
    assert_eq!(refused(1, |_, ask| ask.signers = vec![(1, 2)]), Refusal::WrongSignature);
    assert_eq!(
        refused(2, |_, ask| ask.signers = vec![(1, 1), (2, 1)]),
        Refusal::WrongSignature
    );
    let auditor = |_: &World, ask: &mut Ask| ask.signers = vec![(AUDITOR, AUDITOR)];
    assert_eq!(refused(1, auditor), Refusal::NotAnOfficer);
    assert_eq!(refused(1, |_, ask| ask.signers = vec![(9, 9)]), Refusal::NotAnOfficer);
    assert_eq!(
        refused(1, |_, ask| ask.signers = vec![(2, 2)]),
        Refusal::RequesterDidNotSign
    );
}

#[test]
fn what_the_request_names() {
    let other = Hash32::of_bytes(b"other");
    assert_eq!(refused(1, |_, ask| ask.manifest = other), Refusal::WrongManifest);
    assert_eq!(refused(1, |_, ask| ask.roster = other), Refusal::WrongRoster);
    let case = "11111111-1111-4111-8111-111111111111".parse().unwrap();
    assert_eq!(refused(1, |_, ask| ask.case = case), Refusal::WrongCase);
    assert_eq!(refused(1, |_, ask| ask.entry_case = case), Refusal::WrongCase);
    assert_eq!(refused(1, |_, ask| ask.time = NOW - 601), Refusal::Stale);
    assert_eq!(refused(1, |_, ask| ask.time = NOW + 601), Refusal::Stale);
    assert_eq!(refused(1, |_, ask| ask.time = i64::MIN), Refusal::Stale);
    for edge in [-600, 600] {
        let mut world = World::new(1);
        let ask = Ask {
            time: NOW + edge,
            expires: NOW + edge + 3600,
            ..world.ask()
        };
        let order = world.order(&ask);
        assert!(world.core.unseal(&order).is_ok(), "ten minutes are fresh");
    }
}

#[test]
fn the_purpose() {
    let blank =
        |_: &World, ask: &mut Ask| (ask.committed, ask.written) = (" \u{200b}…\n".into(), " \u{200b}…\n".into());
    assert_eq!(refused(1, blank), Refusal::EmptyPurpose);
    assert_eq!(
        refused(1, |_, ask| ask.written = "Otra cosa".into()),
        Refusal::WrongPurpose
    );
    assert_eq!(
        refused(1, |_, ask| ask.class = "recibo-perdido".into()),
        Refusal::WrongPurpose
    );
    assert_eq!(refused(1, |_, ask| ask.author = 2), Refusal::ForeignLetter);
    assert_eq!(refused(1, |_, ask| ask.to_witness = 3), Refusal::ForeignLetter);
}

#[test]
fn the_log() {
    let in_log = refused_order(|world, order| {
        // A perfectly good request that never entered the log.
        let aside = world.log.entries.len();
        let ask = Ask {
            nonce: 2,
            ..world.ask()
        };
        let written = world.request(&ask);
        order.requested.entry = Base64(world.log.entries[aside].clone());
        order.letter = Base64(written.1);
    });
    assert_eq!(in_log, Refusal::NotInLog);
    assert_eq!(refused_order(|_, order| order.requested.index = 0), Refusal::NotInLog);
    assert_eq!(refused_order(|_, order| order.covered.index = 0), Refusal::NotInLog);
    let forged = refused_order(|_, order| {
        let root = crate::audit::tree::root(0, &crate::audit::tree::Hashes::new()).unwrap();
        let checkpoint = Checkpoint {
            origin: 1,
            size: 9,
            root,
        };
        order.advance.checkpoint = Base64(checkpoint.sign(instance(), &signer(9)).unwrap());
    });
    assert_eq!(forged, Refusal::CheckpointNotSigned);
}

#[test]
fn the_log_neither_forks_nor_shrinks() {
    let mut world = World::new(1);
    let mut fork = World::new(1);
    world.log.act(Act::CaseNote, Some(world.case), &());
    world.core.cosign(&world.log.advance(0)).unwrap();
    let seen = world.core.last_checkpoint();
    // The same log without the note: smaller, then as large, then larger, but never the same tree.
    assert_eq!(
        world.core.cosign(&fork.log.advance(0)).unwrap_err(),
        Refusal::Inconsistent
    );
    for act in [Act::CaseMessage, Act::CaseMessage] {
        fork.log.act(act, None, &());
        let size = fork.log.size().min(seen.0);
        let refusal = world.core.cosign(&fork.log.advance(size)).unwrap_err();
        assert_eq!(refusal, Refusal::Inconsistent);
    }
    let ask = world.ask();
    let (_, letter) = world.request(&ask);
    let index = fork.log.add(world.log.entries.last().unwrap().clone());
    let mut order = world.order_of((world.log.size() - 1, letter));
    order.requested = fork.log.inclusion(index);
    order.covered = fork.log.inclusion(1);
    order.advance = fork.log.advance(seen.0);
    assert_eq!(world.core.unseal(&order).unwrap_err(), Refusal::Inconsistent);
    assert_eq!(world.core.last_checkpoint(), seen);
    world.core.cosign(&world.log.advance(seen.0)).unwrap();
}

#[test]
fn coverage() {
    let covered_by = |detail: fn(&World) -> crate::witness::CoveredDetail| {
        refused_order(move |world, order| {
            let detail = detail(world);
            let index = world.log.act(Act::ReportsCovered, None, &detail);
            order.requested = world.log.inclusion(order.requested.index);
            order.covered = world.log.inclusion(index);
            order.advance = world.log.advance(0);
        })
    };
    assert_eq!(covered_by(|_| covers(&[])), Refusal::NotCovered);
    assert_eq!(
        covered_by(|_| covers(&[(Hash32::of_bytes(b"other"), REPORTER)])),
        Refusal::NotCovered
    );
    assert_eq!(
        covered_by(|world| covers(&[(world.sealed.manifest_hash, 9)])),
        Refusal::WrongReporterKey
    );
    let other_act = refused_order(|world, order| order.covered = world.log.inclusion(2));
    assert_eq!(other_act, Refusal::Malformed);
}

#[test]
fn a_half_of_another_manifest_is_not_released() {
    let refusal = refused_order(|world, order| {
        let other = seal_for(world.case, &world.roster.clone(), &mut world.rng);
        order.half = Base64(other.witness_half);
    });
    assert_eq!(refusal, Refusal::ForeignHalf);
    let unreadable = refused_order(|_, order| order.half = Base64(identity(9).recipient().seal(b"half")));
    assert_eq!(unreadable, Refusal::ForeignHalf);
}

#[test]
fn a_request_counts_once_but_the_same_order_is_answered_again() {
    let mut world = World::new(1);
    let ask = world.ask();
    let written = world.request(&ask);
    let order = world.order_of(written.clone());
    world.core.unseal(&order).unwrap();
    let journal = world.core.journal(JournalReader::Server).unwrap();

    // The server stopped before it stored the answer: byte for byte, or with newer proofs after the log has grown.
    world.core.unseal(&order).unwrap();
    world.log.act(Act::CaseNote, Some(world.case), &());
    let newer = world.order_of(written.clone());
    let release = world.core.unseal(&newer).unwrap();
    let manifest = Manifest::read(instance(), &world.sealed.manifest).unwrap();
    assert!(open_half(&manifest, &release.half.0, &identity(EPHEMERAL)).is_ok());
    assert_eq!(
        world.core.journal(JournalReader::Server).unwrap(),
        journal,
        "no second line, so it counts once"
    );

    // The same leaf with another letter or half.
    let (_, other_letter) = world.request(&ask);
    let mut changed = world.order_of(written.clone());
    changed.letter = Base64(other_letter.clone());
    assert_eq!(world.core.unseal(&changed).unwrap_err(), Refusal::Replayed);
    // The same request in an entry of its own.
    let index = world.log.size() - 1;
    let again = world.order_of((index, written.1.clone()));
    assert_eq!(world.core.unseal(&again).unwrap_err(), Refusal::Replayed);
    // And the same order when it has grown old.
    world.clock.advance(601);
    let late = world.order_of(written);
    assert_eq!(world.core.unseal(&late).unwrap_err(), Refusal::Stale);
}

#[test]
fn rosters_follow_one_another() {
    let world = World::new(1);
    let first = world.roster.hash();
    let sign = |roster: crate::vault::roster::Roster, by| roster.sign(&signer(by)).unwrap();
    let accept = |note: &[u8]| world.core.accept_roster(note);
    let second = sign(roster(2, Some(first), 2), AUTHORITY);
    assert_eq!(accept(&sign(roster(2, Some(first), 2), 9)), Err(Refusal::RosterForged));
    let skipping = sign(roster(3, Some(first), 2), AUTHORITY);
    assert_eq!(accept(&skipping), Err(Refusal::RosterDoesNotFollow));
    let elsewhere = sign(roster(2, Some(Hash32::of_bytes(b"other")), 2), AUTHORITY);
    assert_eq!(accept(&elsewhere), Err(Refusal::RosterDoesNotFollow));
    let mut foreign = roster(2, Some(first), 1);
    foreign.log.verify_key = signer(9).verify_key();
    assert_eq!(accept(&sign(foreign, AUTHORITY)), Err(Refusal::RosterForeign));
    let mut foreign = roster(2, Some(first), 1);
    foreign.witness.recipient = identity(9).recipient();
    assert_eq!(accept(&sign(foreign, AUTHORITY)), Err(Refusal::RosterForeign));

    accept(&second).unwrap();
    accept(&second).unwrap();
    assert_eq!(
        accept(world.roster.note()),
        Err(Refusal::RosterDoesNotFollow),
        "rolled back"
    );
    let statement = world.core.roster_statement().unwrap();
    let statement = RosterStatement::verify(&statement.0, instance(), &signer(WITNESS).verify_key()).unwrap();
    let second = VerifiedRoster::verify(instance(), &second, &signer(AUTHORITY).verify_key()).unwrap();
    assert_eq!((statement.version, statement.hash), (2, second.hash()));
}

#[test]
fn the_quorum_is_the_larger_of_manifest_and_roster() {
    for (sealed_with, now) in [(1, 2), (2, 1)] {
        let mut world = World::new(sealed_with);
        let next = roster(2, Some(world.roster.hash()), now);
        let note = next.sign(&signer(AUTHORITY)).unwrap();
        world.core.accept_roster(&note).unwrap();
        world.roster = VerifiedRoster::verify(instance(), &note, &signer(AUTHORITY).verify_key()).unwrap();
        let alone = Ask {
            signers: vec![(1, 1)],
            ..world.ask()
        };
        let order = world.order(&alone);
        assert_eq!(world.core.unseal(&order).unwrap_err(), Refusal::QuorumUnmet);
        let both = Ask {
            signers: vec![(1, 1), (2, 2)],
            nonce: 2,
            ..world.ask()
        };
        let order = world.order(&both);
        assert!(world.core.unseal(&order).is_ok());
    }
}

//! The proof of one entry, downloaded from the log's page and verified somewhere else, with no database and no key
//! file; and the same after somebody has changed it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sigilo::audit::checkpoint::Checkpoint;
use sigilo::audit::entry::{Act, Base64};
use sigilo::audit::proof::{Proof, ProofError};
use sigilo::service::audit::transparency::proofs::{ActorSigned, Refuted, verify_proof};
use sigilo::service::audit::transparency::{KeyError, Known, Trust};
use sigilo::vault::signing::VerifyKey;

use super::unseal::{filed, of_act, unsealed};
use crate::support::app::{AUDITOR, OFFICER, TestApp};
use crate::support::program::output_text;
use crate::support::staff::{attributes, sign_in};

/// An app whose log has an unseal, and the downloaded proof of the request.
async fn proven() -> (TestApp, Vec<u8>) {
    let app = TestApp::new().await;
    let (_, case) = filed(&app).await;
    let mut officer = sign_in(&app, OFFICER).await;
    unsealed(&app, &mut officer, case, 1).await;
    let mut auditor = sign_in(&app, AUDITOR).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let list = app
        .get(&mut auditor.visitor, "/staff/log?kind=unseal.requested")
        .await
        .text();
    let entry = attributes(&list, "<td><a", "href").remove(0);
    let page = app.get(&mut auditor.visitor, &entry).await.text();
    let href = attributes(&page, "<a class=\"button\"", "href").remove(0);
    let file = app.get(&mut auditor.visitor, &href).await;
    let disposition = file.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment") && disposition.contains(".tlog-proof"));
    (app, file.body)
}

fn pinned(app: &TestApp) -> Known {
    let keys = app.app().log.named();
    Known {
        log: Some(keys.log),
        witness: Some(keys.witness),
        ..Known::default()
    }
}

/// The program in an empty folder: no configuration, no database, no keys.
pub(super) fn elsewhere(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigilo"));
    command.args(["audit", "verify"]).args(arguments).current_dir(folder);
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_verified_elsewhere_and_the_exit_code_says_by_whose_keys() {
    let (app, file) = proven().await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("entry.tlog-proof"), &file).unwrap();
    let keys = app.app().log.named();
    let (authority, log, witness) = (
        String::from(keys.authority),
        String::from(keys.log),
        String::from(keys.witness),
    );
    let run = |more: &[&str]| elsewhere(folder.path(), &[&["--proof", "entry.tlog-proof"], more].concat());

    for known in [
        &["--authority-key", &authority][..],
        &["--log-key", &log, "--witness-key", &witness],
    ] {
        let output = run(known);
        let said = output_text(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(
            said.contains("unseal.requested") && said.contains("Its actor signed it"),
            "{said}"
        );
        assert!(!said.contains("WARNING"), "{said}");
    }
    for unknown in [&[][..], &["--log-key", &log]] {
        let output = run(unknown);
        let said = output_text(&output);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("WARNING") && said.contains(&witness), "{said}");
    }
    let other = run(&["--authority-key", &log]);
    assert_eq!(other.status.code(), Some(1));
    assert!(
        output_text(&other).contains("NOT PROVEN: it names"),
        "{}",
        output_text(&other)
    );
    assert_eq!(run(&["--log-key", "nonsense"]).status.code(), Some(2));

    fs::write(folder.path().join("entry.tlog-proof"), &file[..file.len() / 2]).unwrap();
    let cut = run(&["--authority-key", &authority]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(output_text(&cut).contains("NOT PROVEN"), "{}", output_text(&cut));
    let none = elsewhere(folder.path(), &["--proof", "nothing.tlog-proof"]);
    assert_eq!(none.status.code(), Some(1));
}

/// A proof with something changed, as a file.
fn changed(file: &[u8], change: impl FnOnce(&mut Proof)) -> Vec<u8> {
    let mut proof = Proof::read(file).unwrap();
    change(&mut proof);
    proof.to_text().into_bytes()
}

fn replaced(note: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(note.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    *note = text.replacen(from, to, 1).into_bytes();
}

/// The line of a note's signature by `whose` with a digit changed.
fn spoiled(note: &mut Vec<u8>, whose: &str) {
    let text = String::from_utf8(note.clone()).unwrap();
    let lines = text.split_inclusive('\n').map(|line| {
        if line.starts_with('—') && line.contains(whose) {
            let at = line.len() - 12;
            let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &line[..at], &line[at + 1..])
        } else {
            line.to_owned()
        }
    });
    let spoiled: String = lines.collect();
    assert_ne!(spoiled, text);
    *note = spoiled.into_bytes();
}

#[tokio::test]
async fn each_part_of_a_proof_is_needed_and_none_can_be_changed() {
    let (app, file) = proven().await;
    let known = pinned(&app);
    let good = verify_proof(&file, &known).unwrap();
    assert_eq!((good.entry.act, good.trust), (Act::UnsealRequested, Trust::Pinned));
    let entry = of_act(&app, Act::UnsealRequested).await.remove(0);
    assert_eq!(good.entry, entry);
    assert!(matches!(good.actor, ActorSigned::By(_)));

    let refuted = |change: &dyn Fn(&mut Proof)| verify_proof(&changed(&file, change), &known).unwrap_err();
    let not_included = Refuted::Proof(ProofError::NotIncluded);
    assert_eq!(refuted(&|proof| proof.index -= 1), not_included);
    assert_eq!(refuted(&|proof| proof.index = u64::MAX), not_included);
    for at in 0..Proof::read(&file).unwrap().hashes.len() {
        assert_eq!(refuted(&|proof| proof.hashes[at][7] ^= 1), not_included);
    }
    assert_eq!(refuted(&|proof| proof.hashes.truncate(2)), not_included);
    assert_eq!(refuted(&|proof| proof.hashes.push([0; 32])), not_included);
    let length = Proof::read(&file).unwrap().extra.entry.0.len();
    for at in (0..length).step_by(31) {
        assert_eq!(
            refuted(&|proof| proof.extra.entry.0[at] ^= 1),
            not_included,
            "byte {at}"
        );
    }

    // The checkpoint: size, root, each signature, another installation's name.
    let size = good.size.to_string();
    let not_signed = Refuted::Proof(ProofError::NotSigned);
    let bigger = format!("\n{}\n", good.size + 1);
    assert_eq!(
        refuted(&|proof| replaced(&mut proof.checkpoint, &format!("\n{size}\n"), &bigger)),
        not_signed
    );
    assert_eq!(refuted(&|proof| spoiled(&mut proof.checkpoint, "/log/")), not_signed);
    assert_eq!(
        refuted(&|proof| spoiled(&mut proof.checkpoint, "/witness/")),
        Refuted::Proof(ProofError::NotCosigned)
    );
    assert_eq!(
        refuted(&|proof| replaced(&mut proof.checkpoint, "sigilo/v1/log/", "sigilo/v2/log/")),
        Refuted::Proof(ProofError::Origin)
    );
    // A forged log, signed with the forger's own keys, which the file then names.
    let own = sigilo::vault::signing::SigningKey::random(&mut crate::contract::rng());
    let of_one = |proof: &mut Proof| {
        let instance = proof.instance().unwrap();
        let root = sigilo::audit::tree::leaf_hash(instance, &proof.extra.entry.0);
        let note = Checkpoint {
            origin: 1,
            size: 1,
            root,
        }
        .sign(instance, &own)
        .unwrap();
        proof.checkpoint = sigilo::audit::checkpoint::countersign(&note, 1, instance, &own).unwrap();
        (proof.index, proof.hashes) = (0, Vec::new());
        proof.extra.log = Base64(own.verify_key().as_bytes().to_vec());
        proof.extra.witness = proof.extra.log.clone();
        proof.extra.rosters = Vec::new();
    };
    assert!(matches!(
        refuted(&of_one),
        Refuted::Keys(KeyError::Other { whose: "log", .. })
    ));
    let made_up = verify_proof(&changed(&file, of_one), &Known::default()).unwrap();
    assert_eq!((made_up.trust, made_up.actor), (Trust::Unpinned, ActorSigned::Unknown));
    // Counterpart: a pinned authority key alone does not make a file without a roster trusted.
    let authority = Known {
        authority: Some(app.app().log.named().authority),
        ..Known::default()
    };
    assert_eq!(
        verify_proof(&changed(&file, of_one), &authority).unwrap().trust,
        Trust::Unpinned
    );
    assert_eq!(verify_proof(&file, &authority).unwrap().trust, Trust::Pinned);

    // The roster, and the keys that the file names.
    assert!(matches!(
        refuted(&|proof| spoiled(&mut proof.extra.rosters[0].0, "/authority/")),
        Refuted::Keys(KeyError::Roster(_))
    ));
    assert!(matches!(
        refuted(&|proof| proof.extra.authority = proof.extra.log.clone()),
        Refuted::Keys(KeyError::Roster(_))
    ));
    assert_eq!(refuted(&|proof| proof.extra.log.0.truncate(31)), Refuted::NoKey);

    // Other spellings of the same proof.
    for (from, to) in [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index ", "index 0"),
        ("\nextra ", "\nextra  "),
    ] {
        let text = String::from_utf8(file.clone()).unwrap().replacen(from, to, 1);
        assert!(matches!(
            verify_proof(text.as_bytes(), &known),
            Err(Refuted::Proof(ProofError::Malformed(_)))
        ));
    }
}

#[tokio::test]
async fn nothing_in_a_file_makes_the_reader_stumble() {
    let (app, file) = proven().await;
    let known = pinned(&app);
    // Changes each byte once, and tries each length: the proof is refused or the same, without a panic.
    for at in 0..file.len() {
        let mut spoiled = file.clone();
        spoiled[at] ^= 0x11;
        let outcome = verify_proof(&spoiled, &known);
        assert!(
            outcome.is_err() || outcome.unwrap().entry.act == Act::UnsealRequested,
            "byte {at}"
        );
    }
    for length in (0..file.len()).step_by(7) {
        assert!(verify_proof(&file[..length], &known).is_err(), "{length} bytes");
    }
    let none: Option<VerifyKey> = None;
    assert!(verify_proof(b"", &Known { log: none, ..known }).is_err());
}

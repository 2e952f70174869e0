//! Identity seals: who can open them, and what cannot be exchanged between two of them.

use proptest::prelude::*;
use proptest::sample::subsequence;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::domain::ids::{CaseId, SealId};
use sigilo::domain::role::Role;
use sigilo::vault::content::{Field, IdentityData};
use sigilo::vault::envelope::Via;
use sigilo::vault::manifest::{Manifest, ManifestError};
use sigilo::vault::seal::{self, SealContext, SealError, SealedIdentity, open_half, open_share};
use sigilo::vault::shamir::{self, CannotCombine, Share};

use super::{flipped, other_case, other_instance, rng};
use crate::support::keys::{REPORTER, WITNESS, case, identity, instance, key, roster, signer, verified};

fn sealed(case: CaseId, k: u8, officers: usize) -> Result<SealedIdentity, SealError> {
    let mut roster = roster(k);
    let mut seen = 0;
    roster.members.retain(|member| {
        seen += usize::from(member.role == Role::Officer);
        member.role != Role::Officer || seen <= officers
    });
    let data = IdentityData::new(
        vec![Field {
            field: "document".into(),
            label: "Cédula".into(),
            value: "1710034065".into(),
        }]
        .into(),
        Vec::new().into(),
    );
    // Each case draws its own.
    let rng = &mut StdRng::seed_from_u64(case.as_bytes()[0].into());
    let place = SealContext {
        instance: instance(),
        case,
        seal: SealId::random(rng),
        previous: None,
    };
    seal::seal(place, &data, Via::Server, &signer(REPORTER), &verified(&roster), rng)
}

fn manifest(sealed: &SealedIdentity) -> Manifest {
    let key = signer(REPORTER).verify_key();
    Manifest::verify(instance(), &sealed.manifest, &key, &sealed.manifest_signature).unwrap()
}

fn shares_of(manifest: &Manifest, sealed: &SealedIdentity, officers: &[u8]) -> Vec<Share> {
    let share = |n: &u8| open_share(manifest, &sealed.shares[usize::from(*n) - 1].file, &identity(*n)).unwrap();
    officers.iter().map(share).collect()
}

#[test]
fn nothing_is_exchanged_between_two_cases() {
    let (one, two) = (sealed(case(), 2, 3).unwrap(), sealed(other_case(), 2, 3).unwrap());
    let (manifest_one, manifest_two) = (manifest(&one), manifest(&two));
    let half = open_half(&manifest_one, &one.witness_half, &identity(WITNESS)).unwrap();
    let shares = shares_of(&manifest_one, &one, &[1, 2]);
    assert!(seal::open(&manifest_one, &shares, &half, &one.record).is_ok());

    assert_eq!(
        open_half(&manifest_one, &two.witness_half, &identity(WITNESS)).unwrap_err(),
        SealError::ForeignPart
    );
    for n in 1..=3 {
        let file = &two.shares[usize::from(n) - 1].file;
        assert_eq!(
            open_share(&manifest_one, file, &identity(n)).unwrap_err(),
            SealError::ForeignPart
        );
    }
    assert_eq!(
        seal::open(&manifest_one, &shares, &half, &two.record).unwrap_err(),
        SealError::OtherRecord
    );
    let mut mixed = shares_of(&manifest_one, &one, &[1]);
    mixed.append(&mut shares_of(&manifest_two, &two, &[2]));
    assert!(seal::open(&manifest_one, &mixed, &half, &one.record).is_err());
    let key = signer(REPORTER).verify_key();
    assert_eq!(
        Manifest::verify(instance(), &one.manifest, &key, &two.manifest_signature).unwrap_err(),
        ManifestError::BadSignature
    );
    let another = signer(7).verify_key();
    assert_eq!(
        Manifest::verify(instance(), &one.manifest, &another, &one.manifest_signature).unwrap_err(),
        ManifestError::BadSignature
    );
    assert!(Manifest::read(other_instance(), &one.manifest).is_err());
}

#[test]
fn one_half_alone_opens_nothing() {
    let sealed = sealed(case(), 1, 2).unwrap();
    let manifest = manifest(&sealed);
    let half = open_half(&manifest, &sealed.witness_half, &identity(WITNESS)).unwrap();
    let shares = shares_of(&manifest, &sealed, &[1]);
    // An officer without the witness; the witness without an officer; the witness's file with an officer's key.
    assert_eq!(
        seal::open(&manifest, &shares, &key(0), &sealed.record).unwrap_err(),
        SealError::WrongKey
    );
    assert_eq!(
        seal::open(&manifest, &shares, &shares[0].y, &sealed.record).unwrap_err(),
        SealError::WrongKey
    );
    assert_eq!(
        seal::open(&manifest, &[], &half, &sealed.record).unwrap_err(),
        SealError::ForeignPart
    );
    assert_eq!(
        open_half(&manifest, &sealed.witness_half, &identity(1)).unwrap_err(),
        SealError::ForeignPart
    );
    assert_eq!(
        open_share(&manifest, &sealed.shares[0].file, &identity(2)).unwrap_err(),
        SealError::ForeignPart
    );
    assert_eq!(
        open_share(&manifest, &sealed.shares[0].file, &identity(WITNESS)).unwrap_err(),
        SealError::ForeignPart
    );
    // The other officer's share is the same half, but not the place of this one.
    let moved = vec![Share {
        x: 3,
        y: shares[0].y.duplicate(),
    }];
    assert_eq!(
        seal::open(&manifest, &moved, &half, &sealed.record).unwrap_err(),
        SealError::ForeignPart
    );
    let both = shares_of(&manifest, &sealed, &[1, 2]);
    assert!(
        seal::open(&manifest, &both, &half, &sealed.record).is_err(),
        "exactly k"
    );
}

#[test]
fn without_officers_there_is_no_seal() {
    assert_eq!(sealed(case(), 1, 0).unwrap_err(), SealError::NoQuorum);
}

#[test]
fn a_manifest_keeps_its_own_rules() {
    let sealed = sealed(case(), 2, 3).unwrap();
    let text = String::from_utf8(sealed.manifest.clone()).unwrap();
    assert!(Manifest::read(instance(), text.as_bytes()).is_ok());
    for (from, to) in [
        ("\"k\":2", "\"k\":0"),
        ("\"k\":2", "\"k\":4"),
        ("\"n\":3", "\"n\":2"),
        ("\"n\":3", "\"n\":4"),
        ("\"x\":2", "\"x\":1"),
        ("\"x\":3", "\"x\":4"),
        ("\"version\":1", "\"version\":2"),
        ("\"version\":1", "\"version\":0"),
        ("\"version\":1", "\"more\":0,\"version\":1"),
        ("00000002-", "00000001-"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert_eq!(
            Manifest::read(instance(), changed.as_bytes()).unwrap_err(),
            ManifestError::Malformed,
            "{to}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_quorum_opens_and_less_does_not(k in 1_u8..=5, chosen in subsequence(vec![1_u8, 2, 3, 4, 5], 1..=5)) {
        let sealed = sealed(case(), k, 5).unwrap();
        let manifest = manifest(&sealed);
        let half = open_half(&manifest, &sealed.witness_half, &identity(WITNESS)).unwrap();
        let shares = shares_of(&manifest, &sealed, &chosen);
        let opened = seal::open(&manifest, &shares, &half, &sealed.record);
        prop_assert_eq!(opened.is_ok(), chosen.len() == usize::from(k));
        if let Ok(envelope) = opened {
            seal::verify_identity(&manifest, &envelope, &signer(REPORTER).verify_key()).unwrap();
            prop_assert!(seal::verify_identity(&manifest, &envelope, &signer(7).verify_key()).is_err());
            let data = envelope.content::<IdentityData>().unwrap();
            prop_assert_eq!(data.fields()[0].value.as_str(), "1710034065");
        }
    }

    #[test]
    fn a_changed_bit_is_refused(at: usize, bit: u8) {
        let sealed = sealed(case(), 2, 2).unwrap();
        let manifest = manifest(&sealed);
        let half = open_half(&manifest, &sealed.witness_half, &identity(WITNESS)).unwrap();
        let reporter = signer(REPORTER).verify_key();
        let changed = flipped(&sealed.manifest, at, bit);
        prop_assert!(Manifest::verify(instance(), &changed, &reporter, &sealed.manifest_signature).is_err());
        prop_assert!(open_share(&manifest, &flipped(&sealed.shares[0].file, at, bit), &identity(1)).is_err());
        prop_assert!(open_half(&manifest, &flipped(&sealed.witness_half, at, bit), &identity(WITNESS)).is_err());
        let shares = shares_of(&manifest, &sealed, &[1, 2]);
        let record = flipped(&sealed.record, at, bit);
        prop_assert_eq!(seal::open(&manifest, &shares, &half, &record).unwrap_err(), SealError::OtherRecord);
    }

    #[test]
    fn shares_combine_in_any_order_and_only_as_many_as_it_takes(
        k in 2_u8..=6, more in 0_u8..=4, chosen in subsequence((1_u8..=10).collect::<Vec<_>>(), 2..=10).prop_shuffle()
    ) {
        let n = k + more;
        let split = shamir::split(&key(33), k, n, &mut rng()).unwrap();
        let picked: Vec<Share> = chosen
            .iter()
            .filter(|x| **x <= n)
            .map(|x| Share { x: *x, y: split[usize::from(*x) - 1].y.duplicate() })
            .collect();
        let combined = shamir::combine(k, &picked);
        if picked.len() == usize::from(k) {
            prop_assert_eq!(combined.unwrap(), key(33));
        } else {
            prop_assert_eq!(combined.unwrap_err(), CannotCombine);
        }
        if let Some(fewer) = picked.get(..usize::from(k) - 1) {
            prop_assert!(shamir::combine(k - 1, fewer).is_err() || shamir::combine(k - 1, fewer).unwrap() != key(33));
        }
    }
}

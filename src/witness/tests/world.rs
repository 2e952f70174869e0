//! A small installation for the witness's tests: a roster, a sealed identity, a log, and orders to be spoilt.

use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Map, Value};
use tlog_tiles::Hash;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Act, Actor, Base64, Entry};
use crate::audit::tree::{self, Hashes};
use crate::domain::clock::FixedClock;
use crate::domain::ids::{CaseId, EntryId, InstanceId, LetterId, SealId, StaffId};
use crate::domain::role::Role;
use crate::vault::agefile::Identity;
use crate::vault::areakeys::AreaRecipient;
use crate::vault::content::{Field, IdentityData, Purpose};
use crate::vault::envelope::{Author, Via};
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::letter::{self, LetterContext, LetterKind};
use crate::vault::roster::{
    Area, LogEntry, Member, Origins, PasskeyRule, Policy, Retention, Roster, VerifiedRoster, WitnessEntry,
};
use crate::vault::seal::{self, SealContext, SealedIdentity};
use crate::vault::secret::Key32;
use crate::vault::signing::SigningKey;
use crate::vault::unseal::{self, UnsealRequest, commit_purpose};
use crate::witness::core::Core;
use crate::witness::keys::Keys;
use crate::witness::setup::OpenError;
use crate::witness::{
    Advance, CoveredDetail, CoveredManifest, Inclusion, OfficerSignature, RequestedDetail, UnsealOrder,
};

pub(super) const NOW: i64 = 1_795_000_000;
pub(super) const AUTHORITY: u8 = 100;
pub(super) const LOG: u8 = 101;
pub(super) const WITNESS: u8 = 102;
pub(super) const REPORTER: u8 = 103;
/// Members: officers 1 to 3, auditor 4.
pub(super) const OFFICERS: [u8; 3] = [1, 2, 3];
pub(super) const AUDITOR: u8 = 4;

pub(super) fn key(byte: u8) -> Key32 {
    Key32::from_slice(&[byte; 32]).unwrap()
}
pub(super) fn signer(byte: u8) -> SigningKey {
    SigningKey::from_seed(&key(byte))
}
pub(super) fn identity(byte: u8) -> Identity {
    Identity::from_scalar(key(byte))
}
pub(super) fn staff(byte: u8) -> StaffId {
    format!("0000000{byte}-0000-4000-8000-000000000000").parse().unwrap()
}
pub(super) fn instance() -> InstanceId {
    "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()
}
pub(super) fn keys() -> Keys {
    Keys {
        instance: instance(),
        authority: signer(AUTHORITY).verify_key(),
        log: signer(LOG).verify_key(),
        identity: identity(WITNESS),
        signing: signer(WITNESS),
    }
}

pub(super) fn roster(version: u64, previous: Option<Hash32>, quorum: u8) -> Roster {
    let member = |n: u8, role: Role, areas: &[&str]| Member {
        id: staff(n),
        name: format!("Persona {n}"),
        role,
        areas: areas.iter().map(|&area| area.to_owned()).collect(),
        leads: Vec::new(),
        recipient: identity(n).recipient(),
        verify_key: signer(n).verify_key(),
        unseal_passkeys: Vec::new(),
    };
    let recipient = identity(50).recipient();
    let desk = AreaRecipient {
        area: "desk",
        version: 1,
        recipient: &recipient,
        reserve: None,
    };
    let maker = OFFICERS[0];
    let mut members: Vec<_> = OFFICERS.iter().map(|n| member(*n, Role::Officer, &["desk"])).collect();
    members.push(member(AUDITOR, Role::Auditor, &[]));
    Roster {
        instance: instance(),
        version,
        previous,
        origins: Origins {
            server: vec!["https://sigilo.test".into()],
            witness: None,
        },
        areas: vec![Area {
            id: "desk".into(),
            version: 1,
            maker: staff(maker),
            maker_key: signer(maker).verify_key(),
            signature: desk.sign(instance(), &signer(maker)),
            reserve: None,
            recipient: recipient.clone(),
        }],
        desk: "desk".into(),
        members,
        quorum,
        policy: Policy {
            minimum_officers: quorum,
            openings_per_officer: 20,
            openings_per_desk: 60,
            erasures: 20,
            alone: Vec::new(),
            unseal_passkeys: PasskeyRule::None,
        },
        retention: Retention {
            closed_days: 180,
            expiries: 500,
        },
        external_recipients: Vec::new(),
        witness: WitnessEntry {
            recipient: identity(WITNESS).recipient(),
            verify_key: signer(WITNESS).verify_key(),
        },
        log: LogEntry {
            verify_key: signer(LOG).verify_key(),
            origin: format!("sigilo.test/log/{}", instance()),
        },
    }
}

/// A log in memory.
#[derive(Default)]
pub(super) struct Log {
    pub(super) entries: Vec<Vec<u8>>,
    hashes: Hashes,
}

pub(super) fn hash32(hash: Hash) -> Hash32 {
    Hash32::from_slice(&hash.0).unwrap()
}

impl Log {
    pub(super) fn size(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    pub(super) fn add(&mut self, stored: Vec<u8>) -> u64 {
        let index = self.size();
        tree::append(index, &[tree::leaf_hash(instance(), &stored)], &mut self.hashes).unwrap();
        self.entries.push(stored);
        index
    }

    pub(super) fn act(&mut self, act: Act, case: Option<CaseId>, detail: &impl serde::Serialize) -> u64 {
        let id = format!("{:08x}-0000-4000-8000-000000000000", self.entries.len());
        let detail = match serde_json::to_value(detail).unwrap() {
            Value::Object(detail) => detail,
            _ => Map::new(),
        };
        let entry = Entry {
            id: id.parse::<EntryId>().unwrap(),
            time: NOW,
            actor: Actor::System,
            act,
            case,
            detail,
            signed: None,
        };
        self.add(entry.to_bytes().unwrap())
    }

    pub(super) fn inclusion(&self, index: u64) -> Inclusion {
        let proof = tree::prove_inclusion(self.size(), index, &self.hashes).unwrap();
        Inclusion {
            entry: Base64(self.entries[usize::try_from(index).unwrap()].clone()),
            index,
            proof: proof.into_iter().map(hash32).collect(),
        }
    }

    pub(super) fn advance(&self, from: u64) -> Advance {
        let (size, root) = (self.size(), tree::root(self.size(), &self.hashes).unwrap());
        let checkpoint = Checkpoint { origin: 1, size, root };
        let proof = tree::prove_consistency(from, size, &self.hashes).unwrap();
        Advance {
            checkpoint: Base64(checkpoint.sign(instance(), &signer(LOG)).unwrap()),
            consistency: proof.into_iter().map(hash32).collect(),
        }
    }
}

/// An officer's request; tests spoil one part at a time.
pub(super) struct Ask {
    pub(super) case: CaseId,
    pub(super) entry_case: CaseId,
    pub(super) manifest: Hash32,
    pub(super) roster: Hash32,
    pub(super) class: String,
    pub(super) committed: String,
    pub(super) written: String,
    pub(super) author: u8,
    pub(super) time: i64,
    /// Signers, each with the member whose key is used.
    pub(super) signers: Vec<(u8, u8)>,
    pub(super) nonce: u8,
    pub(super) to_witness: u8,
}

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) clock: Arc<FixedClock>,
    pub(super) core: Core,
    pub(super) log: Log,
    pub(super) roster: VerifiedRoster,
    pub(super) case: CaseId,
    pub(super) sealed: SealedIdentity,
    pub(super) rng: StdRng,
    covered: u64,
}

pub(super) const EPHEMERAL: u8 = 77;

impl World {
    pub(super) fn new(quorum: u8) -> Self {
        let mut rng = StdRng::seed_from_u64(7);
        let note = roster(1, None, quorum).sign(&signer(AUTHORITY)).unwrap();
        let verified = VerifiedRoster::verify(instance(), &note, &signer(AUTHORITY).verify_key()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(NOW));
        let core = Core::init(folder.path(), keys(), Some(&note), clock.clone()).unwrap();
        let case = CaseId::random(&mut rng);
        let sealed = seal_for(case, &verified, &mut rng);
        let mut log = Log::default();
        log.act(Act::InstanceCreated, None, &());
        let detail = covers(&[(sealed.manifest_hash, REPORTER)]);
        let covered = log.act(Act::ReportsCovered, None, &detail);
        log.act(Act::CaseOpened, Some(case), &());
        Self {
            folder,
            clock,
            core,
            log,
            roster: verified,
            case,
            sealed,
            rng,
            covered,
        }
    }

    pub(super) fn ask(&self) -> Ask {
        Ask {
            case: self.case,
            entry_case: self.case,
            manifest: self.sealed.manifest_hash,
            roster: self.roster.hash(),
            class: "validation".into(),
            committed: "Cita perdida, hay que llamar".into(),
            written: "Cita perdida, hay que llamar".into(),
            author: 1,
            time: NOW,
            signers: OFFICERS
                .iter()
                .map(|n| (*n, *n))
                .take(self.roster.quorum().into())
                .collect(),
            nonce: 1,
            to_witness: WITNESS,
        }
    }

    /// Writes the request into the log; the entry's index and the purpose letter.
    pub(super) fn request(&mut self, ask: &Ask) -> (u64, Vec<u8>) {
        let salt = CommitmentSalt::try_from(crate::vault::base64::encode(&[5; 32])).unwrap();
        let request = UnsealRequest {
            instance: instance(),
            case: ask.case,
            manifest: ask.manifest,
            roster: ask.roster,
            class: "validation".into(),
            commitment: commit_purpose(instance(), &salt, &ask.committed),
            nonce: vec![ask.nonce; 16],
            recipient: identity(EPHEMERAL).recipient(),
            officer: staff(1),
            time: ask.time,
        }
        .to_bytes();
        let signatures = ask.signers.iter().map(|(officer, by)| OfficerSignature {
            officer: staff(*officer),
            signature: unseal::sign(instance(), &request, &signer(*by)),
        });
        let detail = RequestedDetail {
            signatures: signatures.collect(),
            request: Base64(request),
        };
        let index = self.log.act(Act::UnsealRequested, Some(ask.entry_case), &detail);
        let place = LetterContext {
            instance: instance(),
            case: ask.case,
            letter: LetterId::random(&mut self.rng),
            kind: LetterKind::Purpose,
        };
        let purpose = Purpose::new(ask.class.clone(), ask.written.clone(), salt.into());
        let letters = letter::seal(
            &place,
            (Author::Staff(staff(ask.author)), Via::Browser),
            &purpose,
            &signer(ask.author),
            &[&identity(ask.to_witness).recipient()],
        );
        (index, letters.into_iter().next().unwrap())
    }

    pub(super) fn order_of(&self, (index, letter): (u64, Vec<u8>)) -> UnsealOrder {
        UnsealOrder {
            requested: self.log.inclusion(index),
            covered: self.log.inclusion(self.covered),
            advance: self.log.advance(self.core.last_checkpoint().0),
            manifest: Base64(self.sealed.manifest.clone()),
            manifest_signature: self.sealed.manifest_signature,
            earlier: Vec::new(),
            letter: Base64(letter),
            half: Base64(self.sealed.witness_half.clone()),
        }
    }

    pub(super) fn order(&mut self, ask: &Ask) -> UnsealOrder {
        let written = self.request(ask);
        self.order_of(written)
    }

    /// Stops the witness and starts it again from its files.
    pub(super) fn restart(self) -> (tempfile::TempDir, Arc<FixedClock>, Result<Core, OpenError>) {
        drop(self.core);
        let core = open(self.folder.path(), &self.clock);
        (self.folder, self.clock, core)
    }
}

pub(super) fn open(folder: &Path, clock: &Arc<FixedClock>) -> Result<Core, OpenError> {
    Core::open(folder, keys(), clock.clone())
}

pub(super) fn covers(manifests: &[(Hash32, u8)]) -> CoveredDetail {
    let manifests = manifests.iter().map(|(manifest, key)| CoveredManifest {
        manifest: *manifest,
        verify_key: signer(*key).verify_key(),
    });
    CoveredDetail {
        statements: Vec::new(),
        manifests: manifests.collect(),
    }
}

pub(super) fn seal_for(case: CaseId, roster: &VerifiedRoster, rng: &mut StdRng) -> SealedIdentity {
    let place = SealContext {
        instance: instance(),
        case,
        seal: SealId::random(rng),
        previous: None,
    };
    let field = Field {
        field: "document".into(),
        label: "Cédula".into(),
        value: "1710034065".into(),
    };
    let data = IdentityData::new(vec![field].into(), vec![].into());
    seal::seal(place, &data, Via::Server, &signer(REPORTER), roster, rng).unwrap()
}

//! Keys of members of staff, sealed under their passwords, and wrapping of an area's identity (`docs/PROTOCOL.md`,
//! section 7).
//!
//! The server sees only login secrets, and blobs that it cannot open. The command line uses the rest, for set-up.

use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::note::{ED25519, Party};
use crate::domain::transcript::{self, Transcript};
use crate::vault::agefile::{DoesNotOpen, Identity, Recipient};
use crate::vault::base64;
use crate::vault::content::nfc;
use crate::vault::hash::{Hash32, hkdf};
use crate::vault::record::{aead_open, aead_seal};
use crate::vault::secret::Key32;
use crate::vault::signing::{SigningKey, VerifyKey};

/// Normalizes an e-mail address: trimmed, lower case, NFC.
pub fn normalize_email(email: &str) -> String {
    email.trim().to_lowercase().nfc().collect()
}

/// Keys that are derived from a password with Argon2id.
#[derive(Debug)]
pub struct PasswordKeys {
    /// Login secret; sent to the server to sign in.
    pub login: Key32,
    /// Opens the blob; the server never sees it.
    wrap: Key32,
}

impl PasswordKeys {
    /// Derives the keys, with Argon2id over 64 MiB. It takes some 200 ms.
    pub fn derive(instance: InstanceId, email: &str, password: &str) -> Self {
        let salt = Hash32::of(&Transcript::new("staff-salt", instance).field(normalize_email(email)));
        let password = nfc(password);
        let params = Params::new(65_536, 3, 1, Some(32)).expect("constants within Argon2's limits");
        let mut out = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password.as_bytes(), salt.as_bytes(), &mut *out)
            .expect("lengths are within Argon2's limits");
        Self {
            login: hkdf(&*out, &Transcript::new("staff-login", instance)),
            wrap: hkdf(&*out, &Transcript::new("staff-wrap", instance)),
        }
    }
}

/// A member's private keys.
#[derive(Debug)]
pub struct StaffKeys {
    /// Opens age files to the member, an officer's shares among them.
    pub identity: Identity,
    /// Signs the member's records and acts.
    pub signing: SigningKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlobJson {
    identity: Zeroizing<String>,
    signing: Zeroizing<String>,
    authority: String,
}

/// Formats a verify key as C2SP notes do: `name+hash+base64`.
pub fn verifier_key(party: Party, instance: InstanceId, key: &VerifyKey) -> String {
    let name = party.key_name(instance);
    let bytes = [&[ED25519], key.as_bytes().as_slice()].concat();
    format!(
        "{name}+{:08x}+{}",
        signed_note::key_id(&name, &bytes),
        base64::encode(&bytes)
    )
}

impl StaffKeys {
    /// Draws both keys.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self {
            identity: Identity::from_scalar(Key32::random(rng)),
            signing: SigningKey::random(rng),
        }
    }

    /// Seals the keys, and the authority to trust, under the password. Returns the blob.
    pub fn seal(
        &self,
        instance: InstanceId,
        staff: StaffId,
        authority: &VerifyKey,
        password: &PasswordKeys,
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        let json = BlobJson {
            identity: Zeroizing::new(base64::encode(self.identity.scalar().expose())),
            signing: Zeroizing::new(base64::encode(self.signing.seed().expose())),
            authority: verifier_key(Party::Authority, instance, authority),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
        serde_json::to_writer(&mut *bytes, &json).expect("a plain struct in memory");
        aead_seal(&password.wrap, &blob_aad(instance, staff), &bytes, rng)
    }

    /// Opens the blob with the password. Returns the keys and the authority that the blob pins, in note format.
    ///
    /// # Errors
    /// [`DoesNotOpen`]
    pub fn open(
        blob: &[u8],
        instance: InstanceId,
        staff: StaffId,
        password: &PasswordKeys,
    ) -> Result<(Self, String), DoesNotOpen> {
        let bytes = aead_open(&password.wrap, &blob_aad(instance, staff), blob).map_err(|_| DoesNotOpen)?;
        let json: BlobJson = serde_json::from_slice(&bytes).map_err(|_| DoesNotOpen)?;
        let key = |text: &str| {
            base64::decode(text)
                .map(Zeroizing::new)
                .and_then(|bytes| Key32::from_slice(&bytes))
                .ok_or(DoesNotOpen)
        };
        let keys = Self {
            identity: Identity::from_scalar(key(&json.identity)?),
            signing: SigningKey::from_seed(&key(&json.signing)?),
        };
        Ok((keys, json.authority))
    }
}

fn blob_aad(instance: InstanceId, staff: StaffId) -> Transcript {
    Transcript::new("staff-blob", instance).field(staff.as_bytes())
}

/// The owner of a login check. It counts for no other member, and not after a change of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginOwner {
    /// The installation.
    pub instance: InstanceId,
    /// The member.
    pub staff: StaffId,
    /// 1 for the first password.
    pub version: u64,
}

fn pepper_mac(pepper: &Key32, owner: LoginOwner, login: &Key32) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper.expose()).expect("HMAC takes any key");
    mac.update(
        Transcript::new("staff-login-check", owner.instance)
            .field(owner.staff.as_bytes())
            .number(owner.version)
            .field(login.expose())
            .as_bytes(),
    );
    mac
}

/// Computes the check value of a login secret, which the server stores.
pub fn login_check(pepper: &Key32, owner: LoginOwner, login: &Key32) -> Vec<u8> {
    pepper_mac(pepper, owner, login).finalize().into_bytes().to_vec()
}

/// Returns true if a login secret belongs to a check value, in constant time.
pub fn login_matches(pepper: &Key32, owner: LoginOwner, login: &Key32, check: &[u8]) -> bool {
    pepper_mac(pepper, owner, login).verify_slice(check).is_ok()
}

/// Keyed hash of a text that must not be stored in clear, such as the e-mail of a failed sign-in.
pub fn pepper_hash(pepper: &Key32, instance: InstanceId, what: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper.expose()).expect("HMAC takes any key");
    mac.update(Transcript::new(what, instance).field(text).as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Seals a blob once more, under the pepper, so that passwords cannot be guessed from a stolen database.
pub fn pepper_seal(
    pepper: &Key32,
    instance: InstanceId,
    staff: StaffId,
    blob: &[u8],
    rng: &mut dyn CryptoRng,
) -> Vec<u8> {
    aead_seal(&pepper_key(pepper, instance), &pepper_aad(instance, staff), blob, rng)
}

/// Opens a blob that [`pepper_seal`] sealed; it is still sealed under the password.
///
/// # Errors
/// [`DoesNotOpen`]
pub fn pepper_open(
    pepper: &Key32,
    instance: InstanceId,
    staff: StaffId,
    sealed: &[u8],
) -> Result<Vec<u8>, DoesNotOpen> {
    let blob =
        aead_open(&pepper_key(pepper, instance), &pepper_aad(instance, staff), sealed).map_err(|_| DoesNotOpen)?;
    Ok(blob.to_vec())
}

fn pepper_key(pepper: &Key32, instance: InstanceId) -> Key32 {
    hkdf(pepper.expose(), &Transcript::new("blob-seal", instance))
}

fn pepper_aad(instance: InstanceId, staff: StaffId) -> Transcript {
    Transcript::new("blob-seal", instance).field(staff.as_bytes())
}

/// Wraps an area's identity to a member.
pub fn wrap_area(identity: &Identity, instance: InstanceId, area: &str, version: u64, to: &Recipient) -> Vec<u8> {
    let plaintext = Transcript::new("area-identity", instance)
        .field(area)
        .number(version)
        .field(identity.scalar().expose());
    to.seal(plaintext.as_bytes())
}

/// Opens an area's wrapped identity.
///
/// # Errors
/// [`DoesNotOpen`]
pub fn unwrap_area(
    file: &[u8],
    instance: InstanceId,
    area: &str,
    version: u64,
    member: &Identity,
) -> Result<Identity, DoesNotOpen> {
    let plaintext = member.open(file)?;
    match transcript::fields(&plaintext, "area-identity", instance).as_deref() {
        Some([of, counted, scalar]) if *of == area.as_bytes() && *counted == version.to_le_bytes() => {
            Key32::from_slice(scalar).map(Identity::from_scalar).ok_or(DoesNotOpen)
        }
        _ => Err(DoesNotOpen),
    }
}

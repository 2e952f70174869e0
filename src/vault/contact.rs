//! A reporter's address for notices, as an age file to the notifier (`docs/PROTOCOL.md`, section 15).
//!
//! It is bound to its case. All are of one size, so that a stolen row does not tell how long an address is.

use zeroize::Zeroizing;

use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::notice::NoticeChannel;
use crate::domain::transcript::{self, Transcript};
use crate::vault::agefile::{DoesNotOpen, Identity, Recipient};

/// Size of every address, padded with zeros. An e-mail address has 254 bytes at most.
const PADDED_BYTES: usize = 256;

/// The address is longer than 256 bytes.
#[derive(Debug, thiserror::Error)]
#[error("the address is too long")]
pub struct TooLong;

/// Seals an address to the notifier.
///
/// # Errors
/// [`TooLong`] above 256 bytes.
pub fn seal(
    notifier: &Recipient,
    instance: InstanceId,
    case: CaseId,
    channel: NoticeChannel,
    address: &str,
) -> Result<Vec<u8>, TooLong> {
    if address.len() > PADDED_BYTES {
        return Err(TooLong);
    }
    let mut padded = Zeroizing::new([0; PADDED_BYTES]);
    padded[..address.len()].copy_from_slice(address.as_bytes());
    let plaintext = Transcript::new("contact", instance)
        .field(case.as_bytes())
        .field(channel.as_str())
        .field(*padded);
    Ok(notifier.seal(plaintext.as_bytes()))
}

/// Opens an address that belongs to this case and channel.
///
/// # Errors
/// [`DoesNotOpen`]
pub fn open(
    notifier: &Identity,
    instance: InstanceId,
    case: CaseId,
    channel: NoticeChannel,
    file: &[u8],
) -> Result<Zeroizing<String>, DoesNotOpen> {
    let plaintext = notifier.open(file)?;
    match transcript::fields(&plaintext, "contact", instance).as_deref() {
        Some([of, by, padded]) if *of == case.as_bytes() && *by == channel.as_str().as_bytes() => {
            let address = str::from_utf8(padded).map_err(|_| DoesNotOpen)?;
            Ok(Zeroizing::new(address.trim_end_matches('\0').to_owned()))
        }
        _ => Err(DoesNotOpen),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::vault::secret::Key32;

    #[test]
    fn an_address_opens_for_its_case_and_channel_and_has_no_length() {
        let mut rng = StdRng::seed_from_u64(5);
        let (instance, case) = (InstanceId::random(&mut rng), CaseId::random(&mut rng));
        let notifier = Identity::from_scalar(Key32::random(&mut rng));
        let seal = |address: &str| seal(&notifier.recipient(), instance, case, NoticeChannel::Email, address);
        let file = seal("a@b.test").unwrap();
        let open = |case, channel| open(&notifier, instance, case, channel, &file);
        assert_eq!(*open(case, NoticeChannel::Email).unwrap(), "a@b.test");
        assert!(open(case, NoticeChannel::Whatsapp).is_err());
        assert!(open(CaseId::random(&mut rng), NoticeChannel::Email).is_err());
        // The part after the header, whose length age draws by itself.
        let body = |file: &[u8]| {
            let mac = file.windows(4).position(|four| four == b"\n---").unwrap();
            file[mac + 1..].len()
        };
        assert_eq!(body(&file), body(&seal(&"x".repeat(256)).unwrap()));
        assert!(seal(&"x".repeat(257)).is_err());
    }
}

//! age files (`age-encryption.org/v1`) with exactly one X25519 recipient: anything handed to a person or an area.

use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::stream::{StreamReader, StreamWriter};
use bech32::{Bech32, Hrp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::vault::secret::Key32;

/// The file is not for this identity, was changed, or is no age file. The error does not say which.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the age file does not open with this identity")]
pub struct DoesNotOpen;

/// The text was not an X25519 recipient (`age1…`) or identity (`AGE-SECRET-KEY-1…`).
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an age X25519 key")]
pub struct InvalidKey;

/// Returns true if bytes begin like a binary age file, which is all that can be checked without the identity.
pub fn looks_like_one(file: &[u8]) -> bool {
    file.starts_with(b"age-encryption.org/v1\n")
}

/// Public key to which something is sealed, in the form `age1…`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recipient(String);

impl Recipient {
    /// Seals `plaintext` as a binary age file.
    pub fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        let recipient = age::x25519::Recipient::from_str(&self.0).expect("checked when it was made");
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .expect("there is one recipient");
        let mut file = Vec::with_capacity(plaintext.len() + 256);
        encryptor
            .wrap_output(&mut file)
            .and_then(|mut writer| {
                writer.write_all(plaintext)?;
                writer.finish()
            })
            .expect("writing to memory does not fail");
        file
    }

    /// Starts an age file in `to`: whatever is written is sealed as it comes. [`Sealing::finish`] ends the file.
    ///
    /// # Errors
    /// The error of writing the file's header to `to`.
    ///
    /// # Panics
    /// Never: there is one recipient, checked when it was made.
    pub fn sealing<W: Write>(&self, to: W) -> io::Result<Sealing<W>> {
        let recipient = age::x25519::Recipient::from_str(&self.0).expect("checked when it was made");
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .expect("there is one recipient");
        encryptor.wrap_output(to).map(Sealing)
    }

    /// The text form, `age1…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Recipient {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let parsed = age::x25519::Recipient::from_str(text).map_err(|_| InvalidKey)?;
        // One recipient, one spelling: bech32 also reads capitals.
        let canonical = parsed.to_string();
        if canonical == text {
            Ok(Self(canonical))
        } else {
            Err(InvalidKey)
        }
    }
}

impl TryFrom<String> for Recipient {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        text.parse()
    }
}

impl From<Recipient> for String {
    fn from(recipient: Recipient) -> Self {
        recipient.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An age file that is being written.
pub struct Sealing<W: Write>(StreamWriter<W>);

impl<W: Write> Sealing<W> {
    /// Ends the file; without it the last part does not open.
    ///
    /// # Errors
    /// The error of writing to the target.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// An X25519 secret key that opens age files.
pub struct Identity {
    scalar: Key32,
    inner: age::x25519::Identity,
}

impl Identity {
    /// Creates an identity from the 32 bytes of its scalar. Any 32 bytes are valid, since X25519 clamps.
    pub fn from_scalar(scalar: Key32) -> Self {
        let hrp = Hrp::parse("age-secret-key-").expect("a constant");
        let mut text = Zeroizing::new(String::with_capacity(80));
        bech32::encode_to_fmt::<Bech32, _>(&mut *text, hrp, scalar.expose()).expect("32 bytes fit");
        text.make_ascii_uppercase();
        let inner = text.parse().expect("just encoded");
        Self { scalar, inner }
    }

    /// The scalar, for wrapping it to another recipient.
    pub const fn scalar(&self) -> &Key32 {
        &self.scalar
    }

    /// The public key.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.inner.to_public().to_string())
    }

    /// Opens a binary age file as it is read; changed or missing parts are an error of the reader.
    ///
    /// # Errors
    /// [`DoesNotOpen`]
    pub fn opening<R: BufRead>(&self, file: R) -> Result<StreamReader<R>, DoesNotOpen> {
        let decryptor = age::Decryptor::new_buffered(file).map_err(|_| DoesNotOpen)?;
        let identity = std::iter::once(self.as_age());
        decryptor.decrypt(identity).map_err(|_| DoesNotOpen)
    }

    /// Formats a key file as age's own tools write and read it.
    pub fn key_file(&self) -> Zeroizing<String> {
        let secret = self.inner.to_string();
        Zeroizing::new(format!(
            "# public key: {}\n{}\n",
            self.recipient(),
            secret.expose_secret()
        ))
    }

    /// Reads the first identity in such a file.
    ///
    /// # Errors
    /// [`InvalidKey`] when there is none.
    pub fn from_key_file(text: &str) -> Result<Self, InvalidKey> {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        line.ok_or(InvalidKey)?.parse()
    }

    pub(super) fn as_age(&self) -> &dyn age::Identity {
        &self.inner
    }

    /// Opens a binary age file.
    ///
    /// # Errors
    /// [`DoesNotOpen`]
    pub fn open(&self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let decryptor = age::Decryptor::new_buffered(file).map_err(|_| DoesNotOpen)?;
        let mut reader = decryptor
            .decrypt(std::iter::once(self.as_age()))
            .map_err(|_| DoesNotOpen)?;
        // The plaintext is shorter than its file, so the buffer never grows, which would leave a copy behind.
        let mut plaintext = Zeroizing::new(Vec::with_capacity(file.len()));
        reader.read_to_end(&mut plaintext).map_err(|_| DoesNotOpen)?;
        Ok(plaintext)
    }
}

impl FromStr for Identity {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let inner = age::x25519::Identity::from_str(text).map_err(|_| InvalidKey)?;
        let text = inner.to_string();
        let (_, bytes) = bech32::decode(text.expose_secret()).map_err(|_| InvalidKey)?;
        let bytes = Zeroizing::new(bytes);
        Ok(Self {
            scalar: Key32::from_slice(&bytes).ok_or(InvalidKey)?,
            inner,
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(of {})", self.recipient())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_for_its_recipient_only() {
        let identity = Identity::from_scalar(Key32::from_slice(&[7; 32]).unwrap());
        let other = Identity::from_scalar(Key32::from_slice(&[8; 32]).unwrap());
        let file = identity.recipient().seal(b"secreto");
        assert_eq!(identity.open(&file).unwrap().as_slice(), b"secreto");
        assert_eq!(other.open(&file), Err(DoesNotOpen));
        assert_eq!(identity.scalar().expose(), &[7; 32]);
    }

    #[test]
    fn what_is_sealed_as_it_comes_opens_as_it_is_read_and_not_when_it_was_cut() {
        let identity = Identity::from_scalar(Key32::from_slice(&[7; 32]).unwrap());
        let text = vec![5; 200_000];
        let mut sealing = identity.recipient().sealing(Vec::new()).unwrap();
        sealing.write_all(&text).unwrap();
        let file = sealing.finish().unwrap();
        let read = Identity::from_key_file(&identity.key_file()).unwrap();
        let opened = |file: &[u8]| {
            let mut plain = Vec::new();
            read.opening(file).ok()?.read_to_end(&mut plain).ok()?;
            Some(plain)
        };
        assert_eq!(opened(&file), Some(text));
        assert_eq!(opened(&file[..file.len() - 1]), None);
        assert!(Identity::from_key_file("# public key: age1\n").is_err());
    }
}

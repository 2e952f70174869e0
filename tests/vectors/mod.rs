//! Fixed examples of every format in `docs/PROTOCOL.md`: `vault.json`, which `web/tests/vectors.test.ts` passes too.
//!
//! `fixed` holds examples that today's code must produce, byte by byte. `sealed` holds examples with their own randomness:
//! they must open.
//! `SIGILO_WRITE_VECTORS=1 cargo test vectors` writes the file anew; a change in it is a change of the protocol.

mod acts;
mod files;
mod fixed;
mod log;
mod people;
mod sealed;
mod statements;
mod storage;

use std::convert::Infallible;
use std::fs;

use rand::{TryCryptoRng, TryRng};
use serde_json::{Value, json};
use sigilo::vault::base64;

const FILE: &str = "tests/vectors/vault.json";

/// Bytes 1, 2, 3 …: no generator of a library promises the same bytes for ever.
struct Steps(u8);

impl TryRng for Steps {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Steps {}

fn b64(bytes: impl AsRef<[u8]>) -> Value {
    base64::encode(bytes.as_ref()).into()
}

fn bytes(value: &Value) -> Vec<u8> {
    base64::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn todays_code_makes_and_opens_the_vectors() {
    let fixed = fixed::all();
    if std::env::var_os("SIGILO_WRITE_VECTORS").is_some_and(|on| on == "1") {
        // Sealed examples stay, so that a test sees that they still open. Remove one from the file to seal it anew.
        let mut sealed = sealed::make();
        let old: Value = fs::read_to_string(FILE).map_or(Value::Null, |old| serde_json::from_str(&old).unwrap());
        for (name, kept) in old["sealed"].as_object().into_iter().flatten() {
            sealed[name] = kept.clone();
        }
        let all = json!({ "fixed": fixed, "sealed": sealed });
        fs::write(FILE, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
    }
    let stored: Value = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    let sections = stored["fixed"].as_object().unwrap();
    for (name, section) in sections {
        assert_eq!(&fixed[name], section, "{name}");
    }
    assert_eq!(sections.len(), fixed.as_object().unwrap().len());
    fixed::open(&stored["fixed"]);
    sealed::open(&stored["sealed"]);
}

// Hashes, derived keys and commitments over transcripts (PROTOCOL, section 1).
import { hkdf as nobleHkdf } from "@noble/hashes/hkdf.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { concat, equal, Refused, utf8 } from "./bytes";
import { type Field, transcript } from "./transcript";

export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes);

/** `H(what, …)`. */
export const h = (what: string, instance: string, ...fields: Field[]): Uint8Array =>
  sha256(transcript(what, instance, ...fields));

/** `HKDF(ikm, what, …)`: 32 bytes. */
export const hkdf = (ikm: Uint8Array, what: string, instance: string, ...fields: Field[]): Uint8Array =>
  nobleHkdf(nobleSha256, ikm, new Uint8Array(0), transcript(what, instance, ...fields), 32);

/** `commit(what, salt, text)`: hides `text` until salt and text are shown. */
export function commit(what: string, instance: string, salt: Uint8Array, committed: Uint8Array | string): Uint8Array {
  if (salt.length !== 32) throw new RangeError("a commitment's salt is 32 bytes");
  const joined = concat(transcript(what, instance), salt, typeof committed === "string" ? utf8(committed) : committed);
  const hash = sha256(joined);
  joined.fill(0);
  return hash;
}

/** Throws `Refused` unless both are the same. */
export function mustEqual(a: Uint8Array, b: Uint8Array, what: string): void {
  if (!equal(a, b)) throw new Refused(what);
}

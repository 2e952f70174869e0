// One small sealed piece of a case (PROTOCOL, section 2). It opens only in its own place.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat, Malformed, Refused, randomBytes, uuidBytes, wipe } from "./bytes";
import { type Envelope, readEnvelope } from "./envelope";
import { hkdf } from "./hash";
import { transcript } from "./transcript";

export type RecordKind = "narrative" | "shared-fields" | "message" | "note" | "reason" | "attachment" | "identity";

export interface RecordPlace {
  instance: string;
  case: string;
  record: string;
  kind: RecordKind;
}

/** The Padmé size of `length` (at least 2). */
export function padme(length: number): number {
  // Files may be longer than the 32 bits of `Math.clz32`.
  const e = length.toString(2).length - 1;
  const s = 32 - Math.clz32(e);
  const step = 2 ** (e - s);
  return Math.ceil(length / step) * step;
}

const paddedSize = (length: number): number => padme(Math.max(512, 4 + length));

export function pad(plaintext: Uint8Array): Uint8Array {
  const out = new Uint8Array(paddedSize(plaintext.length));
  new DataView(out.buffer).setUint32(0, plaintext.length, true);
  out.set(plaintext, 4);
  return out;
}

/** A copy of what was padded; throws `Malformed` when the padding is not exactly what `pad` makes. */
export function unpad(padded: Uint8Array): Uint8Array {
  if (padded.length < 4) throw new Malformed("padding");
  const length = new DataView(padded.buffer, padded.byteOffset, 4).getUint32(0, true);
  if (length > padded.length - 4 || paddedSize(length) !== padded.length) throw new Malformed("padding");
  let stray = 0;
  for (const byte of padded.subarray(4 + length)) stray |= byte;
  if (stray !== 0) throw new Malformed("padding");
  return padded.slice(4, 4 + length);
}

const bound = (place: RecordPlace): Uint8Array =>
  transcript("record", place.instance, place.kind, uuidBytes(place.case), uuidBytes(place.record));

/** Seals `plaintext` (an envelope's JSON) under a case's or an identity key. `nonce` is for fixed vectors only. */
export function sealRecord(
  parentKey: Uint8Array,
  place: RecordPlace,
  plaintext: Uint8Array,
  nonce = randomBytes(24),
): Uint8Array {
  const key = hkdf(parentKey, "record-key", place.instance, place.kind);
  const padded = pad(plaintext);
  try {
    return concat(nonce, xchacha20poly1305(key, nonce, bound(place)).encrypt(padded));
  } finally {
    wipe(key, padded);
  }
}

/** The plaintext. Throws `Refused` when it was changed, moved, or is under another key. */
export function openRecord(parentKey: Uint8Array, place: RecordPlace, body: Uint8Array): Uint8Array {
  if (body.length < 24 + 16 + 512) throw new Malformed("too short for a record");
  const key = hkdf(parentKey, "record-key", place.instance, place.kind);
  let padded: Uint8Array;
  try {
    padded = xchacha20poly1305(key, body.subarray(0, 24), bound(place)).decrypt(body.subarray(24));
  } catch {
    throw new Refused("the record does not open");
  } finally {
    wipe(key);
  }
  try {
    return unpad(padded);
  } finally {
    wipe(padded);
  }
}

/** Opens a record and reads its envelope; the signature is the caller's to check. */
export function openEnvelope(parentKey: Uint8Array, place: RecordPlace, body: Uint8Array): Envelope {
  const plaintext = openRecord(parentKey, place, body);
  try {
    return readEnvelope(plaintext);
  } finally {
    wipe(plaintext);
  }
}

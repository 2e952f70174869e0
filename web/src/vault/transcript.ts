// The one way in which bytes are put together before they are hashed, signed or bound (PROTOCOL, section 1).
import { concat, equal, utf8, uuidBytes } from "./bytes";

/** Text enters as UTF-8, a number as a u64, bytes as they are. Pass ids through `uuidBytes` first. */
export type Field = Uint8Array | string | number;

function lp(field: Field): Uint8Array {
  const bytes = typeof field === "number" ? u64(field) : typeof field === "string" ? utf8(field) : field;
  const out = new Uint8Array(4 + bytes.length);
  new DataView(out.buffer).setUint32(0, bytes.length, true);
  out.set(bytes, 4);
  return out;
}

/** A number as a u64, little-endian. */
export function u64(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("not a number for a transcript");
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out;
}

/** Reads a u64 field back; null unless it is 8 bytes and a safe integer. */
export function readU64(field: Uint8Array): number | null {
  if (field.length !== 8) return null;
  const value = new DataView(field.buffer, field.byteOffset, 8).getBigUint64(0, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

/** `T(what, instance, fields…)`. */
export function transcript(what: string, instance: string, ...fields: Field[]): Uint8Array {
  const parts = [lp(`sigilo/v1/${what}`), lp(uuidBytes(instance)), ...fields.map(lp)];
  const out = concat(...parts);
  for (const part of parts) part.fill(0); // the copies: a field may be a key
  return out;
}

/**
 * The fields after the instance, or null when the bytes are not exactly such a transcript.
 * They are views into `bytes`: wiping it wipes them.
 */
export function readTranscript(bytes: Uint8Array, what: string, instance: string): Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const all: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 4) return null;
    const length = view.getUint32(at, true);
    at += 4;
    if (bytes.length - at < length) return null;
    all.push(bytes.subarray(at, at + length));
    at += length;
  }
  const [label, of, ...fields] = all;
  if (!label || !of || !equal(label, utf8(`sigilo/v1/${what}`)) || !equal(of, uuidBytes(instance))) return null;
  return fields;
}

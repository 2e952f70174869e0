// Bytes and their spellings. Every reader is strict: one value, one spelling.

/** Thrown for bytes that do not follow the format. The message says where, and nothing else. */
export class Malformed extends Error {
  override name = "Malformed";
}

/** Thrown for data that did not open or verify: changed, moved, or not for this key. */
export class Refused extends Error {
  override name = "Refused";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

export function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Malformed("not UTF-8");
  }
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

/** Standard base64 with padding; `length` is checked when given. */
export function fromBase64(encoded: string, length?: number): Uint8Array {
  let binary: string;
  try {
    binary = atob(encoded);
  } catch {
    throw new Malformed("not base64");
  }
  const out = Uint8Array.from(binary, (symbol) => symbol.charCodeAt(0));
  // atob also reads white space, missing padding and stray bits.
  if (toBase64(out) !== encoded || (length !== undefined && out.length !== length)) throw new Malformed("not base64");
  return out;
}

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Lower-case hex of exactly `length` bytes. */
export function fromHex(encoded: string, length = 32): Uint8Array {
  if (!/^[0-9a-f]*$/.test(encoded) || encoded.length !== 2 * length) throw new Malformed("not hex");
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(encoded.slice(2 * at, 2 * at + 2), 16));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The 16 bytes of a version 4 UUID, hyphenated, lower case. */
export function uuidBytes(id: string): Uint8Array {
  if (!UUID.test(id)) throw new Malformed("not a version 4 UUID");
  return fromHex(id.replaceAll("-", ""), 16);
}

export function uuidText(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  if (!UUID.test(id)) throw new Malformed("not a version 4 UUID");
  return id;
}

export const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

export const randomId = (): string => crypto.randomUUID();

/** Compares in constant time. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}

/** Overwrites secrets that are no longer needed. Strings, and what a library copied, cannot be reached. */
export function wipe(...secrets: Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

/** Casts for WebCrypto, whose types refuse shared memory. Nothing here is ever shared. */
export const dom = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

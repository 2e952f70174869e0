// Ed25519 over transcripts. Secret keys are non-extractable CryptoKeys; verification is strict.
import { ed25519 } from "@noble/curves/ed25519.js";
import { dom, Malformed, Refused } from "./bytes";

/** A secret key that signs and cannot be read, with its public half. */
export interface SigningKey {
  readonly secret: CryptoKey;
  readonly verifyKey: Uint8Array;
}

const PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** From the 32-byte seed, which the caller wipes. */
export async function signingKey(seed: Uint8Array): Promise<SigningKey> {
  if (seed.length !== 32) throw new Malformed("not an Ed25519 seed");
  const pkcs8 = new Uint8Array(48);
  pkcs8.set(PKCS8);
  pkcs8.set(seed, 16);
  try {
    const secret = await crypto.subtle.importKey("pkcs8", dom(pkcs8), { name: "Ed25519" }, false, ["sign"]);
    return { secret, verifyKey: ed25519.getPublicKey(seed) };
  } finally {
    pkcs8.fill(0);
  }
}

export async function sign(key: SigningKey, message: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, key.secret, dom(message)));
}

/**
 * Strict: canonical encodings only, and neither key nor nonce with a part of small order, so that all
 * verification equations (with cofactor or without) agree.
 */
export function verifies(verifyKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (verifyKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = ed25519.Point.fromBytes(verifyKey, false);
    const nonce = ed25519.Point.fromBytes(signature.slice(0, 32), false);
    if (key.is0() || !key.isTorsionFree() || nonce.is0() || !nonce.isTorsionFree()) return false;
    return ed25519.verify(signature, message, verifyKey, { zip215: false });
  } catch {
    return false;
  }
}

/** Throws `Refused` unless `verifyKey` signed exactly `message`. */
export function mustVerify(verifyKey: Uint8Array, message: Uint8Array, signature: Uint8Array, what: string): void {
  if (!verifies(verifyKey, message, signature)) throw new Refused(what);
}

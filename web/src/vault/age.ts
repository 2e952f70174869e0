// age files with exactly one X25519 recipient, opened by keys that cannot be read.
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { dom, Malformed, Refused } from "./bytes";

/** An X25519 key that opens age files. The scalar cannot be read back. */
export interface Identity {
  readonly secret: CryptoKey;
  readonly recipient: string;
}

const PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);

/** From the 32-byte scalar, which the caller wipes. */
export async function identity(scalar: Uint8Array): Promise<Identity> {
  if (scalar.length !== 32) throw new Malformed("not an X25519 scalar");
  const pkcs8 = new Uint8Array(48);
  pkcs8.set(PKCS8);
  pkcs8.set(scalar, 16);
  try {
    const secret = await crypto.subtle.importKey("pkcs8", dom(pkcs8), { name: "X25519" }, false, ["deriveBits"]);
    return { secret, recipient: await identityToRecipient(secret) };
  } finally {
    pkcs8.fill(0);
  }
}

/** A fresh key that lives in this page only, for one unseal. */
export async function ephemeralIdentity(): Promise<Identity> {
  const pair = (await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"])) as CryptoKeyPair;
  return { secret: pair.privateKey, recipient: await identityToRecipient(pair.privateKey) };
}

/** Throws `Malformed` unless `recipient` is an X25519 recipient in its one spelling. */
export function checkRecipient(recipient: string): void {
  // `age1pq1…` and the tagged kinds would also be taken by the library.
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) throw new Malformed("not an age X25519 recipient");
  try {
    new Encrypter().addRecipient(recipient);
  } catch {
    throw new Malformed("not an age X25519 recipient");
  }
}

/** A binary age file for exactly this recipient. */
export async function sealTo(recipient: string, plaintext: Uint8Array): Promise<Uint8Array> {
  checkRecipient(recipient);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(plaintext);
}

/** Throws `Refused`, whatever the reason. The caller wipes what it gets. */
export async function openWith(key: Identity, file: Uint8Array): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(key.secret);
  try {
    return await decrypter.decrypt(file);
  } catch {
    throw new Refused("the age file does not open");
  }
}

/** The age file of a plaintext that comes as a stream. */
export async function sealStream(
  recipient: string,
  plaintext: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  checkRecipient(recipient);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(plaintext);
}

/**
 * The plaintext as a stream; what it has given is authentic so far, but only its end tells that nothing is missing.
 * Fails as the library does: what is to be made of it is the caller's to say, who knows whether it was the source that failed.
 */
export async function openStream(key: Identity, file: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(key.secret);
  return decrypter.decrypt(file);
}

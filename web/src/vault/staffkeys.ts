// Keys derived from a password (PROTOCOL, section 7): the login secret, and the wrap key of a member's key blob.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { argon2id } from "hash-wasm";
import { type Identity, identity, openWith } from "./age";
import { equal, Refused, utf8, uuidBytes, wipe } from "./bytes";
import { h, hkdf } from "./hash";
import { base64, object, parseJson, string } from "./json";
import { keyName, parseVerifier, type Verifier } from "./note";
import { type SigningKey, signingKey } from "./sign";
import { readTranscript, readU64, transcript } from "./transcript";

const ARGON2 = { memorySize: 65_536, iterations: 3, parallelism: 1, hashLength: 32 } as const;

/** Both are secret: the caller wipes them. */
export interface PasswordKeys {
  /** Sent to the server at sign-in. */
  login: Uint8Array;
  /** Opens the blob; never leaves the browser. */
  wrap: Uint8Array;
}

export const normalizeEmail = (email: string): string => email.trim().toLowerCase().normalize("NFC");

export async function passwordKeys(instance: string, email: string, password: string): Promise<PasswordKeys> {
  const secret = utf8(password.normalize("NFC"));
  const m = await argon2id({
    ...ARGON2,
    password: secret,
    salt: h("staff-salt", instance, normalizeEmail(email)),
    outputType: "binary",
  });
  wipe(secret);
  const keys = { login: hkdf(m, "staff-login", instance), wrap: hkdf(m, "staff-wrap", instance) };
  wipe(m);
  return keys;
}

/** A member's keys, non-extractable: they sign and open. */
export interface StaffKeys {
  identity: Identity;
  signing: SigningKey;
  authority: Verifier;
}

/** Throws `Refused` unless `wrap` opens the blob of this member. */
export async function openBlob(
  instance: string,
  staff: string,
  wrap: Uint8Array,
  blob: Uint8Array,
): Promise<StaffKeys> {
  let json: Uint8Array;
  try {
    json = xchacha20poly1305(wrap, blob.subarray(0, 24), transcript("staff-blob", instance, uuidBytes(staff))).decrypt(
      blob.subarray(24),
    );
  } catch {
    throw new Refused("the key blob does not open");
  }
  // The parsed texts are the one copy of the keys that cannot be wiped; they are garbage when this returns.
  const keys = object(parseJson(json), "identity", "signing", "authority");
  wipe(json);
  const scalar = base64(keys.identity, 32);
  const seed = base64(keys.signing, 32);
  try {
    const authority = parseVerifier(string(keys.authority));
    if (authority.name !== keyName("authority", instance)) throw new Refused("an authority of another instance");
    return { identity: await identity(scalar), signing: await signingKey(seed), authority };
  } finally {
    wipe(scalar, seed);
  }
}

/** Opens an area's identity wrapped to a member. Throws `Refused` for another area or version. */
export async function openAreaIdentity(
  member: Identity,
  instance: string,
  area: string,
  version: number,
  file: Uint8Array,
): Promise<Identity> {
  const plaintext = await openWith(member, file);
  try {
    const [of, counted, scalar, ...rest] = readTranscript(plaintext, "area-identity", instance) ?? [];
    if (!of || !counted || !scalar || rest.length > 0 || !equal(of, utf8(area)) || readU64(counted) !== version)
      throw new Refused("not this area's identity");
    return await identity(scalar);
  } finally {
    wipe(plaintext);
  }
}

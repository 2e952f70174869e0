// A case's two keys and how they are handed over (PROTOCOL, section 3).
import { type Identity, openWith, sealTo } from "./age";
import { equal, Refused, utf8, uuidBytes, wipe } from "./bytes";
import { type CaseStatement, type KeyName, mustName } from "./statement";
import { readTranscript, readU64, transcript } from "./transcript";

export interface CaseKeyPlace {
  instance: string;
  case: string;
  name: KeyName;
  version: number;
}

export async function wrapCaseKey(recipient: string, place: CaseKeyPlace, key: Uint8Array): Promise<Uint8Array> {
  const plaintext = transcript("case-key", place.instance, uuidBytes(place.case), place.name, place.version, key);
  try {
    return await sealTo(recipient, plaintext);
  } finally {
    wipe(plaintext);
  }
}

/**
 * The key with its version. Throws `Refused` unless the file is for this identity, case and name. Anybody can write such
 * a file: use `openCaseKey`. The caller wipes the key.
 */
export async function unwrapCaseKey(
  identity: Identity,
  place: Omit<CaseKeyPlace, "version">,
  file: Uint8Array,
): Promise<{ key: Uint8Array; version: number }> {
  const plaintext = await openWith(identity, file);
  try {
    const fields = readTranscript(plaintext, "case-key", place.instance);
    const [of, name, version, key, ...rest] = fields ?? [];
    const counted = version ? readU64(version) : null;
    if (!of || !name || !key || counted === null || counted < 1 || rest.length > 0 || key.length !== 32)
      throw new Refused("not this case's key");
    if (!equal(of, uuidBytes(place.case)) || !equal(name, utf8(place.name))) throw new Refused("not this case's key");
    return { key: key.slice(), version: counted };
  } finally {
    wipe(plaintext);
  }
}

/**
 * A key of the case that a statement names. Throws `NotStated` for any other key. The statement must be one that the log
 * covers (`coverage.ts`). The caller wipes the key.
 */
export async function openCaseKey(
  identity: Identity,
  statement: CaseStatement,
  name: KeyName,
  file: Uint8Array,
): Promise<Uint8Array> {
  const { key } = await unwrapCaseKey(identity, { instance: statement.instance, case: statement.case, name }, file);
  try {
    mustName(statement, name, key);
  } catch (error) {
    wipe(key);
    throw error;
  }
  return key;
}

// An entry of the audit log, and that the log holds it (PROTOCOL, section 10).
import { equal, Refused } from "./bytes";
import { type LogKeys, verifyCheckpoint } from "./checkpoint";
import { array, base64, hash, id, type Json, number, object, parseJson, string } from "./json";
import { inclusionVerifies, leafHash } from "./proof";
import { transcript } from "./transcript";

export interface Entry {
  id: string;
  time: number;
  actor: string;
  act: string;
  case: string | null;
  detail: Json;
  signed: { by: string; what: string; payload: Uint8Array; signature: Uint8Array } | null;
}

export function parseEntry(bytes: Uint8Array): Entry {
  const entry = object(parseJson(bytes), "id", "time", "actor", "act", "case", "detail", "signed");
  return {
    id: id(entry.id),
    time: number(entry.time),
    actor: string(entry.actor),
    act: string(entry.act),
    case: entry.case === null ? null : id(entry.case),
    detail: entry.detail,
    signed: entry.signed === null ? null : parseSigned(entry.signed),
  };
}

function parseSigned(value: Json): NonNullable<Entry["signed"]> {
  const signed = object(value, "by", "what", "payload", "signature");
  return {
    by: string(signed.by),
    what: string(signed.what),
    payload: base64(signed.payload),
    signature: base64(signed.signature, 64),
  };
}

/** The leaf's hash of an entry's stored bytes. */
export const entryHash = (instance: string, entry: Uint8Array): Uint8Array =>
  leafHash(transcript("audit-entry", instance, entry));

/** Proof that the log contains an entry. */
export interface Inclusion {
  /** The entry's stored bytes. */
  entry: Uint8Array;
  index: number;
  proof: Uint8Array[];
  /** A cosigned checkpoint's bytes. */
  checkpoint: Uint8Array;
}

/** As the server writes it in JSON; hashes are base64 too. */
export function readInclusion(value: Json | undefined): Inclusion {
  const inclusion = object(value, "entry", "index", "proof", "checkpoint");
  return {
    entry: base64(inclusion.entry),
    index: number(inclusion.index),
    proof: array(inclusion.proof, (sibling) => base64(sibling, 32)),
    checkpoint: base64(inclusion.checkpoint),
  };
}

/** Throws `Refused` unless a checkpoint signed by log and witness contains the entry. */
export function verifyInclusion(instance: string, inclusion: Inclusion, keys: LogKeys): Entry {
  const { size, root } = verifyCheckpoint(inclusion.checkpoint, instance, keys);
  if (!inclusionVerifies(entryHash(instance, inclusion.entry), inclusion.index, size, inclusion.proof, root))
    throw new Refused("the entry is not in the log");
  return parseEntry(inclusion.entry);
}

/** The hashes that an entry covers, each with the reporter's verify key. */
function covered(entry: Entry, of: "statement" | "manifest"): { hash: Uint8Array; verifyKey: Uint8Array }[] {
  if (entry.act !== "reports.covered") throw new Refused("not an entry about reports");
  const detail = object(entry.detail, "statements", "manifests");
  return array(detail[`${of}s`], (item) => {
    const one = object(item, of, "verify_key");
    return { hash: hash(one[of]), verifyKey: base64(one.verify_key, 32) };
  });
}

/** Throws `Refused` unless the entry covers this manifest, signed by this reporter's key. */
export function mustCoverManifest(entry: Entry, manifestHash: Uint8Array, verifyKey: Uint8Array): void {
  if (!covered(entry, "manifest").some((one) => equal(one.hash, manifestHash) && equal(one.verifyKey, verifyKey)))
    throw new Refused("the log does not cover this seal");
}

/** Throws `Refused` unless the entry covers this case statement, signed by this reporter's key. */
export function mustCoverStatement(entry: Entry, statementHash: Uint8Array, verifyKey: Uint8Array): void {
  if (!covered(entry, "statement").some((one) => equal(one.hash, statementHash) && equal(one.verifyKey, verifyKey)))
    throw new Refused("the log does not cover this statement");
}

// Opening an identity seal (PROTOCOL, section 5): manifest, shares, witness half, commitment, record.
import { combine as combineShares } from "shamir-secret-sharing";
import { checkRecipient, type Identity, openWith } from "./age";
import { equal, Malformed, Refused, uuidBytes, wipe } from "./bytes";
import type { Envelope } from "./envelope";
import { commit, h, mustEqual, sha256 } from "./hash";
import { array, base64, hash, hashOrNull, id, type Json, number, object, oneOf, parseJson, string } from "./json";
import { openEnvelope } from "./record";
import { mustVerify } from "./sign";
import { readTranscript, readU64, transcript } from "./transcript";

export type SealKind = "identity" | "originals";

/** The class of the purposes that open originals, and nothing else. */
const ORIGINALS_CLASS = "original_evidence";

/** Says whether a purpose of this class opens seals of this kind. */
export const opensFor = (kind: SealKind, purpose: string): boolean =>
  (purpose === ORIGINALS_CLASS) === (kind === "originals");

export interface Manifest {
  instance: string;
  case: string;
  seal: string;
  /** Decides which purposes open it. */
  kind: SealKind;
  version: number;
  previous: Uint8Array | null;
  roster: Uint8Array;
  k: number;
  n: number;
  record: Uint8Array;
  commitment: { salt: Uint8Array; hash: Uint8Array };
  shares: { officer: string; x: number; hash: Uint8Array }[];
  /** The officers' half for the desk's reserve, where the roster had one. */
  reserve: { recipient: string; hash: Uint8Array } | null;
  /** H("manifest-hash", the stored bytes). */
  manifestHash: Uint8Array;
}

export interface Share {
  officer: string;
  x: number;
  /** 32 bytes of y. */
  share: Uint8Array;
}

/** Reads stored bytes and checks what a manifest must keep. */
export function readManifest(bytes: Uint8Array, instance: string): Manifest {
  const json = object(
    parseJson(bytes),
    "instance",
    "case",
    "seal",
    "kind",
    "version",
    "previous",
    "roster",
    "k",
    "n",
    "record",
    "commitment",
    "shares",
    "reserve",
  );
  const commitment = object(json.commitment, "salt", "hash");
  const manifest: Manifest = {
    instance: id(json.instance),
    case: id(json.case),
    seal: id(json.seal),
    kind: oneOf(json.kind, "identity", "originals"),
    version: number(json.version),
    previous: hashOrNull(json.previous),
    roster: hash(json.roster),
    k: number(json.k),
    n: number(json.n),
    record: hash(json.record),
    commitment: { salt: base64(commitment.salt, 32), hash: hash(commitment.hash) },
    shares: array(json.shares, (value) => {
      const share = object(value, "officer", "x", "hash");
      return { officer: id(share.officer), x: number(share.x), hash: hash(share.hash) };
    }),
    reserve: json.reserve === null ? null : readReserve(json.reserve),
    manifestHash: h("manifest-hash", instance, bytes),
  };
  const { k, n, shares, version, previous } = manifest;
  if (manifest.instance !== instance) throw new Refused("a manifest of another instance");
  if (k < 1 || k > n || n > 255 || shares.length !== n) throw new Malformed("a manifest's quorum");
  if (!shares.every((share, at) => share.x === at + 1)) throw new Malformed("a manifest's shares");
  if (new Set(shares.map((share) => share.officer)).size !== n) throw new Malformed("a manifest's officers");
  if (version < 1 || (version === 1) !== (previous === null)) throw new Malformed("a manifest's version");
  return manifest;
}

function readReserve(value: Json): NonNullable<Manifest["reserve"]> {
  const reserve = object(value, "recipient", "hash");
  checkRecipient(string(reserve.recipient));
  return { recipient: string(reserve.recipient), hash: hash(reserve.hash) };
}

/** Reads a manifest that the reporter's key signed. */
export function verifyManifest(
  bytes: Uint8Array,
  instance: string,
  verifyKey: Uint8Array,
  signature: Uint8Array,
): Manifest {
  mustVerify(verifyKey, transcript("manifest", instance, bytes), signature, "the manifest's signature");
  return readManifest(bytes, instance);
}

/** An officer's share from its age file. The caller wipes it. */
export async function openShare(identity: Identity, manifest: Manifest, file: Uint8Array): Promise<Share> {
  const plaintext = await openWith(identity, file);
  try {
    const [of, seal, officer, x, share, ...rest] = readTranscript(plaintext, "share", manifest.instance) ?? [];
    const place = x ? readU64(x) : null;
    if (!of || !seal || !officer || !share || place === null || rest.length > 0 || share.length !== 32)
      throw new Refused("not a share");
    if (!equal(of, uuidBytes(manifest.case)) || !equal(seal, uuidBytes(manifest.seal)))
      throw new Refused("a share of another seal");
    const listed = manifest.shares.find((one) => one.x === place);
    if (!listed || !equal(officer, uuidBytes(listed.officer)))
      throw new Refused("a share that the manifest does not list");
    return { officer: listed.officer, x: place, share: share.slice() };
  } finally {
    wipe(plaintext);
  }
}

/** W from the witness's answer. The caller wipes it. */
export async function openWitnessHalf(identity: Identity, manifest: Manifest, file: Uint8Array): Promise<Uint8Array> {
  const plaintext = await openWith(identity, file);
  try {
    const [of, names, half, ...rest] = readTranscript(plaintext, "witness-half", manifest.instance) ?? [];
    if (!of || !names || !half || rest.length > 0 || half.length !== 32) throw new Refused("not a witness half");
    if (!equal(of, uuidBytes(manifest.case)) || !equal(names, manifest.manifestHash))
      throw new Refused("a half of another seal");
    return half.slice();
  } finally {
    wipe(plaintext);
  }
}

/** O from exactly k distinct shares, each as the manifest lists it. The library checks none of this. */
export async function combine(manifest: Manifest, shares: Share[]): Promise<Uint8Array> {
  if (shares.length !== manifest.k) throw new Refused("not exactly the quorum's shares");
  const seen = new Set<number>();
  for (const { x, share, officer } of shares) {
    const listed = manifest.shares.find((one) => one.x === x);
    if (x < 1 || x > 255 || seen.has(x) || share.length !== 32 || !listed || listed.officer !== officer)
      throw new Refused("a share that the manifest does not list");
    seen.add(x);
    mustEqual(h("share-hash", manifest.instance, x, share), listed.hash, "a share was changed");
  }
  const [only] = shares;
  if (manifest.k === 1 && only) return only.share.slice();
  const points = shares.map(({ x, share }) => Uint8Array.of(...share, x)); // y, then x
  try {
    return await combineShares(points);
  } finally {
    wipe(...points);
  }
}

/** Everything in order: shares, commitment, the record's hash, the record. The signature in the envelope is the caller's to check. */
export async function openIdentity(
  manifest: Manifest,
  shares: Share[],
  witnessHalf: Uint8Array,
  record: Uint8Array,
): Promise<Envelope> {
  const o = await combine(manifest, shares);
  const key = o.map((byte, at) => byte ^ (witnessHalf[at] ?? 0));
  try {
    if (witnessHalf.length !== 32) throw new Malformed("a witness half");
    const { salt, hash: committed } = manifest.commitment;
    mustEqual(commit("identity-key", manifest.instance, salt, key), committed, "the halves give another key");
    mustEqual(sha256(record), manifest.record, "the record was changed");
    const place = {
      instance: manifest.instance,
      case: manifest.case,
      record: manifest.seal,
      kind: "identity" as const,
    };
    return openEnvelope(key, place, record);
  } finally {
    wipe(o, key);
  }
}

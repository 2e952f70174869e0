// The witness's release of an unseal: every piece is checked before anything is opened. No DOM here.
import type { Identity } from "../vault/age";
import { equal, Refused, wipe } from "../vault/bytes";
import { mustCoverManifest, readInclusion, verifyInclusion } from "../vault/entry";
import { envelopeVerifies } from "../vault/envelope";
import { array, base64, type Json, object, string } from "../vault/json";
import { logKeys, type Roster } from "../vault/roster";
import {
  type Manifest,
  openIdentity,
  openShare,
  opensFor,
  openWitnessHalf,
  type Share,
  verifyManifest,
} from "../vault/seal";

export interface UnsealContext {
  instance: string;
  case: string;
  manifestHash: Uint8Array;
  /** As the page numbers it: an earlier version must not pass for the newest. */
  version: number;
  /** The class of the request: originals open for one class, identities for every other. */
  purposeClass: string;
  roster: Roster;
  /** The officer's own identity: opens their share. */
  officer: Identity;
  /** The request's: opens the witness's answer, and other officers' shares. */
  ephemeral: Identity;
}

/** The identity record's content (JSON), or an exception; then nothing may be shown. */
export async function openReleased(context: UnsealContext, answer: Record<string, Json>): Promise<string> {
  const verifyKey = base64(answer["verify_key"], 32);
  const manifest = verifyManifest(
    base64(answer["manifest"]),
    context.instance,
    verifyKey,
    base64(answer["manifest_signature"], 64),
  );
  if (!equal(manifest.manifestHash, context.manifestHash) || manifest.case !== context.case)
    throw new Refused("another manifest");
  if (manifest.version !== context.version) throw new Refused("another version");
  if (!opensFor(manifest.kind, context.purposeClass)) throw new Refused("a seal of another kind");

  const covering = verifyInclusion(context.instance, readInclusion(answer["coverage"]), logKeys(context.roster));
  mustCoverManifest(covering, manifest.manifestHash, verifyKey);
  checkEarlierVersions(context, manifest, verifyKey, answer["earlier"] ?? []);

  const shares: Share[] = [];
  let half = new Uint8Array(0);
  try {
    shares.push(await openShare(context.officer, manifest, base64(answer["share"])));
    for (const file of array(answer["other_shares"] ?? [], string))
      shares.push(await openShare(context.ephemeral, manifest, base64(file)));
    half = (await openWitnessHalf(
      context.ephemeral,
      manifest,
      base64(answer["witness_half"]),
    )) as Uint8Array<ArrayBuffer>;
    const envelope = await openIdentity(manifest, shares, half, base64(answer["record"]));
    const place = {
      what: "record",
      instance: context.instance,
      case: context.case,
      id: manifest.seal,
      kind: "identity",
    } as const;
    // The reporter's signature; for a report filed at the counter, that of a member on the roster.
    const author =
      envelope.author === "reporter"
        ? verifyKey
        : context.roster.members.get(envelope.author.slice("staff:".length))?.verifyKey;
    if (!author || !envelopeVerifies(place, envelope, author)) throw new Refused("the identity's signature");
    return envelope.content;
  } finally {
    wipe(half, ...shares.map(({ share }) => share));
  }
}

/**
 * Checks the versions that a correction replaces: each one, down to the first, is covered by the log and signed by the
 * same key. An attacker who writes to the database without a receipt cannot exchange the first one, which the log keeps.
 */
function checkEarlierVersions(
  { instance, roster }: UnsealContext,
  newest: Manifest,
  verifyKey: Uint8Array,
  earlier: Json,
): void {
  let { version, previous } = newest;
  for (const one of array(earlier, (value) => object(value, "manifest", "manifest_signature", "coverage"))) {
    const before = verifyManifest(base64(one.manifest), instance, verifyKey, base64(one.manifest_signature, 64));
    mustCoverManifest(
      verifyInclusion(instance, readInclusion(one.coverage), logKeys(roster)),
      before.manifestHash,
      verifyKey,
    );
    if (
      !previous ||
      !equal(before.manifestHash, previous) ||
      before.case !== newest.case ||
      before.version !== version - 1
    )
      throw new Refused("a correction of something else");
    ({ version, previous } = before);
  }
  if (previous !== null || version !== 1) throw new Refused("a correction of nothing");
}

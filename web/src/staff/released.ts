// What comes back from an unseal, checked piece by piece before anything is opened. No DOM here.
import type { Identity } from "../vault/age";
import { equal, Refused, wipe } from "../vault/bytes";
import { mustCover, readInclusion, verifyInclusion } from "../vault/entry";
import { envelopeVerifies } from "../vault/envelope";
import { array, base64, type Json, string } from "../vault/json";
import { logKeys, type Roster } from "../vault/roster";
import { openIdentity, openShare, openWitnessHalf, type Share, verifyManifest } from "../vault/seal";

export interface Asked {
  instance: string;
  case: string;
  manifestHash: Uint8Array;
  roster: Roster;
  /** The officer's own identity: opens their share. */
  officer: Identity;
  /** The request's: opens the witness's answer, and other officers' shares. */
  ephemeral: Identity;
}

/** The identity record's content (JSON), or an exception; then nothing may be shown. */
export async function openReleased(asked: Asked, answer: Record<string, Json>): Promise<string> {
  const verifyKey = base64(answer["verify_key"], 32);
  const manifest = verifyManifest(base64(answer["manifest"]), asked.instance, verifyKey, base64(answer["manifest_signature"], 64));
  if (!equal(manifest.manifestHash, asked.manifestHash) || manifest.case !== asked.case) throw new Refused("another manifest");

  const covering = verifyInclusion(asked.instance, readInclusion(answer["coverage"]), logKeys(asked.roster));
  mustCover(covering, manifest.manifestHash, verifyKey);

  const shares: Share[] = [];
  let half = new Uint8Array(0);
  try {
    shares.push(await openShare(asked.officer, manifest, base64(answer["share"])));
    for (const file of array(answer["other_shares"] ?? [], string)) shares.push(await openShare(asked.ephemeral, manifest, base64(file)));
    half = (await openWitnessHalf(asked.ephemeral, manifest, base64(answer["witness_half"]))) as Uint8Array<ArrayBuffer>;
    const envelope = await openIdentity(manifest, shares, half, base64(answer["record"]));
    const place = { what: "record", instance: asked.instance, case: asked.case, id: manifest.seal, kind: "identity" } as const;
    // What the reporter signed; where the desk filed a report for somebody, its member is on the roster.
    const author = envelope.author === "reporter" ? verifyKey : asked.roster.members.get(envelope.author.slice("staff:".length))?.verifyKey;
    if (!author || !envelopeVerifies(place, envelope, author)) throw new Refused("the identity's signature");
    return envelope.content;
  } finally {
    wipe(half, ...shares.map(({ share }) => share));
  }
}

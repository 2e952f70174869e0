import { describe, expect, it } from "vitest";
import { openReleased } from "../src/staff/released";
import { ephemeralIdentity } from "../src/vault/age";
import { toBase64, utf8 } from "../src/vault/bytes";
import type { Json } from "../src/vault/json";
import { verifyRoster } from "../src/vault/roster";
import { combine, openIdentity, openShare, readManifest, verifyManifest } from "../src/vault/seal";
import { caseId, filled, flipped, identityOf, instance, signerOf } from "./support";
import { authority, covered, identityContent, inclusionOf, rosterJson, rosterNote, seal } from "./world";

describe("identity seal", () => {
  it.each([
    [1, 2],
    [2, 2],
  ])("opens with %i of %i shares and the witness's half", async (k, n) => {
    const made = await seal(k, n);
    const manifest = verifyManifest(made.manifest, instance, made.verifyKey, made.signature);
    const shares = await Promise.all(
      made.shares
        .slice(0, k)
        .map(async (_, at) => openShare(await identityOf(at + 1), manifest, await made.shareFile(at))),
    );
    const envelope = await openIdentity(manifest, shares, made.w, made.record);
    expect(envelope.content).toBe(identityContent);
  });

  it("needs exactly the quorum's distinct, listed, unchanged shares", async () => {
    const made = await seal(2, 2);
    const manifest = readManifest(made.manifest, instance);
    const [one, two] = made.shares;
    if (!one || !two) throw new Error("two shares");
    await expect(combine(manifest, [one])).rejects.toThrow("quorum");
    await expect(combine(manifest, [one, one])).rejects.toThrow("does not list");
    await expect(combine(manifest, [one, { ...two, x: 0 }])).rejects.toThrow("does not list");
    await expect(combine(manifest, [one, { ...two, officer: one.officer }])).rejects.toThrow("does not list");
    await expect(combine(manifest, [one, { ...two, share: flipped(two.share, 3) }])).rejects.toThrow("changed");
  });

  it("is refused with another half, record or signature", async () => {
    const made = await seal(1, 2);
    const manifest = readManifest(made.manifest, instance);
    const shares = made.shares.slice(0, 1);
    await expect(openIdentity(manifest, shares, filled(99), made.record)).rejects.toThrow("another key");
    await expect(openIdentity(manifest, shares, made.w, flipped(made.record, 40))).rejects.toThrow(
      "record was changed",
    );
    const other = await signerOf(5);
    expect(() => verifyManifest(made.manifest, instance, other.verifyKey, made.signature)).toThrow("signature");
    expect(() => verifyManifest(utf8("{}"), instance, made.verifyKey, made.signature)).toThrow("signature");
  });
});

describe("release", () => {
  type Made = Awaited<ReturnType<typeof seal>>;
  const earlierVersion = async (made: Made): Promise<Json> => ({
    manifest: toBase64(made.manifest),
    manifest_signature: toBase64(made.signature),
    coverage: await inclusionOf(made),
  });

  async function released(of?: Made, earlier: Json[] = []) {
    const made = of ?? (await seal(1, 2));
    const ephemeral = await ephemeralIdentity();
    const roster = verifyRoster(await rosterNote(await rosterJson()), instance, await authority());
    const asked = {
      instance,
      case: caseId,
      manifestHash: made.manifestHash,
      version: made.version,
      purposeClass: "validacion",
      roster,
      officer: await identityOf(1),
      ephemeral,
    };
    const answer: Record<string, Json> = {
      manifest: toBase64(made.manifest),
      manifest_signature: toBase64(made.signature),
      verify_key: toBase64(made.verifyKey),
      record: toBase64(made.record),
      share: toBase64(await made.shareFile(0)),
      witness_half: toBase64(await made.half(ephemeral.recipient)),
      coverage: await inclusionOf(made),
      earlier,
    };
    return { made, asked, answer };
  }

  it("opens what was asked for", async () => {
    const { asked, answer } = await released();
    expect(await openReleased(asked, answer)).toBe(identityContent);
  });

  it("opens a correction that stands on what it corrects, and nothing else as one", async () => {
    const first = await seal(1, 2);
    const second = await seal(1, 2, first);
    const { asked, answer } = await released(second, [await earlierVersion(first)]);
    expect(await openReleased(asked, answer)).toBe(identityContent);
    await expect(openReleased({ ...asked, version: 1 }, answer), "the newest as an earlier one").rejects.toThrow(
      "another version",
    );
    await expect(openReleased(asked, { ...answer, earlier: [] })).rejects.toThrow("a correction of nothing");
    await expect(openReleased(asked, { ...answer, earlier: [await earlierVersion(second)] })).rejects.toThrow(
      "a correction of something else",
    );
    // Somebody without the receipt corrects with a key of their own, which the log was made to cover.
    const forged = await seal(1, 2, first, 9);
    const other = await released(forged, [await earlierVersion(first)]);
    await expect(openReleased(other.asked, other.answer)).rejects.toThrow("signature");
    await expect(openReleased(other.asked, { ...other.answer, earlier: [] })).rejects.toThrow(
      "a correction of nothing",
    );
  });

  it("is refused when the log does not cover the seal", async () => {
    const { made, asked, answer } = await released();
    const elsewhere = await covered(filled(5), made.verifyKey);
    const coverage = {
      entry: toBase64(elsewhere.entry),
      index: 1,
      proof: elsewhere.proof.map(toBase64),
      checkpoint: toBase64(elsewhere.checkpoint),
    };
    await expect(openReleased(asked, { ...answer, coverage })).rejects.toThrow("does not cover");
    const moved = { ...(answer["coverage"] as Record<string, Json>), index: 0 };
    await expect(openReleased(asked, { ...answer, coverage: moved })).rejects.toThrow("not in the log");
  });

  it("is refused for another manifest than was asked for, and for another's share", async () => {
    const { made, asked, answer } = await released();
    await expect(openReleased({ ...asked, manifestHash: filled(7) }, answer)).rejects.toThrow("another manifest");
    await expect(openReleased({ ...asked, purposeClass: "original_evidence" }, answer)).rejects.toThrow("another kind");
    await expect(openReleased(asked, { ...answer, share: toBase64(await made.shareFile(1)) })).rejects.toThrow(
      "does not open",
    );
  });
});

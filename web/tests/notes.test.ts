import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { text, toBase64, utf8 } from "../src/vault/bytes";
import { parseCheckpoint, verifyCheckpoint } from "../src/vault/checkpoint";
import { formatVerifier, parseVerifier } from "../src/vault/note";
import { inclusionVerifies, leafHash, nodeHash } from "../src/vault/proof";
import { logKeys, verifyRoster } from "../src/vault/roster";
import { verifies } from "../src/vault/sign";
import { filled, identityOf, instance, signerOf, staffId } from "./support";
import { authority, checkpoint, rosterJson, rosterNote } from "./world";

describe("roster", () => {
  it("is read when the authority signed it", async () => {
    const roster = verifyRoster(await rosterNote(await rosterJson()), instance, await authority());
    expect(roster.members.get(staffId(1))?.role).toBe("officer");
    expect(roster.areas.get("desk")?.recipient).toBe((await identityOf(50)).recipient);
  });

  it("is refused from anybody else, or changed", async () => {
    const json = await rosterJson();
    const pinned = await authority();
    const other = await rosterNote(json, 9);
    expect(() => verifyRoster(other, instance, pinned)).toThrow("no good signature");
    const changed = utf8(text(await rosterNote(json)).replace('"quorum":1', '"quorum":2'));
    expect(() => verifyRoster(changed, instance, pinned)).toThrow("no good signature");
  });
});

describe("verifier key", () => {
  it("reads what it writes", async () => {
    const written = formatVerifier(await authority());
    expect(formatVerifier(parseVerifier(written))).toBe(written);
    expect(() => parseVerifier(written.replace("authority", "authorita"))).toThrow("verifier");
  });
});

describe("checkpoint", () => {
  it("needs log and witness", async () => {
    const keys = logKeys(verifyRoster(await rosterNote(await rosterJson()), instance, await authority()));
    const good = await checkpoint(3, filled(1));
    expect(verifyCheckpoint(good, instance, keys)).toEqual({ size: 3, root: filled(1), cosignedAt: 1_795_000_001 });
    const unwitnessed = utf8(`${text(good).trimEnd().split("\n").slice(0, -1).join("\n")}\n`);
    expect(() => verifyCheckpoint(unwitnessed, instance, keys)).toThrow("witness");
    const strange = await checkpoint(3, filled(1), 9);
    expect(() => verifyCheckpoint(strange, instance, keys)).toThrow("witness");
    const bigger = utf8(text(good).replace("\n3\n", "\n4\n"));
    expect(() => verifyCheckpoint(bigger, instance, keys)).toThrow("no good signature");
  });

  it("has one spelling", () => {
    const origin = `sigilo/v1/log/${instance}`;
    expect(() => parseCheckpoint(`${origin}\n03\n${toBase64(filled(1))}\n`, instance)).toThrow("size");
    expect(() => parseCheckpoint(`${origin}\n3\n${toBase64(filled(1))}\nmore\n`, instance)).toThrow("checkpoint");
    expect(parseCheckpoint(`${origin}/2\n3\n${toBase64(filled(1))}\n`, instance).size).toBe(3);
    for (const end of ["/1", "/02", "/", "/x", "/2/2", "2"]) {
      expect(() => parseCheckpoint(`${origin}${end}\n3\n${toBase64(filled(1))}\n`, instance)).toThrow("checkpoint");
    }
  });
});

/** The root and each leaf's proof, straight from RFC 6962, section 2.1. */
function tree(leaves: Uint8Array[]): { root: Uint8Array; proofs: Uint8Array[][] } {
  const [only] = leaves;
  if (leaves.length === 1 && only) return { root: only, proofs: [[]] };
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const [left, right] = [tree(leaves.slice(0, k)), tree(leaves.slice(k))];
  return {
    root: nodeHash(left.root, right.root),
    proofs: [
      ...left.proofs.map((proof) => [...proof, right.root]),
      ...right.proofs.map((proof) => [...proof, left.root]),
    ],
  };
}

describe("inclusion", () => {
  it("holds for each leaf of trees of every shape, at its own index only", () => {
    for (let size = 1; size <= 17; size++) {
      const leaves = Array.from({ length: size }, (_, at) => leafHash(Uint8Array.of(at)));
      const { root, proofs } = tree(leaves);
      for (const [index, leaf] of leaves.entries()) {
        for (let claimed = 0; claimed <= size; claimed++) {
          expect(inclusionVerifies(leaf, claimed, size, proofs[index] ?? [], root)).toBe(claimed === index);
        }
        expect(inclusionVerifies(leafHash(utf8("other")), index, size, proofs[index] ?? [], root)).toBe(false);
        expect(inclusionVerifies(leaf, index, size, [...(proofs[index] ?? []), filled(0)], root)).toBe(false);
      }
    }
  });
});

describe("signatures", () => {
  it("are refused with keys and nonces of small order", async () => {
    const message = utf8("m");
    // The neutral element signs anything: R = identity, s = 0, for a key of small order.
    const neutral = Uint8Array.of(1, ...filled(0, 31));
    const forged = Uint8Array.of(...neutral, ...filled(0));
    expect(verifies(neutral, message, forged)).toBe(false);
    const honest = await signerOf(6);
    expect(verifies(honest.verifyKey, message, ed25519.sign(message, filled(6)))).toBe(true);
    expect(verifies(honest.verifyKey, message, forged)).toBe(false);
  });
});

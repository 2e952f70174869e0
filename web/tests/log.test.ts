// The audit log's fixed examples that the Rust side wrote (tests/vectors/log.json): entries, proofs, checkpoint, statements.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "../src/vault/bytes";
import { verifyCheckpoint } from "../src/vault/checkpoint";
import { entryHash, mustCoverManifest, mustCoverStatement, parseEntry, verifyInclusion } from "../src/vault/entry";
import { ED25519, keyName, noteBody, parseNote, verifyNote } from "../src/vault/note";
import { inclusionVerifies } from "../src/vault/proof";
import { mustVerify } from "../src/vault/sign";
import { transcript } from "../src/vault/transcript";
import { filled, flipped, signerOf } from "./support";

interface Case {
  size: number;
  index: number;
  proof: string[];
}

const vectors = JSON.parse(readFileSync(new URL("../../tests/vectors/log.json", import.meta.url), "utf8"));
const instance: string = vectors.instance;
const entries = (vectors.entries as { stored: string; leaf: string; leaf_hash: string }[]).map(
  ({ stored, leaf, leaf_hash }) => ({
    stored: fromBase64(stored),
    leaf,
    hash: fromHex(leaf_hash),
  }),
);
const roots = (vectors.roots as string[]).map((root) => fromHex(root));
const keys = { log: fromBase64(vectors.log, 32), witness: fromBase64(vectors.witness, 32) };

const at = <T>(list: T[], index: number): T => {
  const item = list[index];
  if (item === undefined) throw new Error(`no item ${index}`);
  return item;
};

describe("entries", () => {
  it("read, and have these leaves", () => {
    for (const { stored, leaf, hash } of entries) {
      expect(parseEntry(stored).id).toMatch(/-1111-4111-8111-111111111111$/);
      expect(toBase64(transcript("audit-entry", instance, stored))).toBe(leaf);
      expect(toHex(entryHash(instance, stored))).toBe(toHex(hash));
    }
  });

  it("carry the actor's signature", async () => {
    const { signed } = parseEntry(at(entries, 3).stored);
    if (!signed) throw new Error("the fourth is signed");
    const message = transcript(signed.what, instance, signed.payload);
    const { verifyKey } = await signerOf(7);
    mustVerify(verifyKey, message, signed.signature, "entry");
    expect(() => mustVerify(verifyKey, message, flipped(signed.signature, 0), "entry")).toThrow("entry");
  });

  it("cover a statement and a manifest for their reporter's key only", () => {
    const { index, statement, manifest, verify_key } = vectors.covered;
    const entry = parseEntry(at(entries, index).stored);
    for (const [mustCover, hash, other] of [
      [mustCoverStatement, statement, manifest],
      [mustCoverManifest, manifest, statement],
    ] as const) {
      mustCover(entry, fromHex(hash), fromBase64(verify_key));
      expect(() => mustCover(entry, fromHex(other), fromBase64(verify_key))).toThrow("does not cover");
      expect(() => mustCover(entry, fromHex(hash), filled(1))).toThrow("does not cover");
    }
  });
});

describe("inclusion", () => {
  it("holds in every tree, and nowhere else", () => {
    for (const { size, index, proof } of vectors.inclusion as Case[]) {
      const path = proof.map((hash) => fromHex(hash));
      const { hash } = at(entries, index);
      expect(inclusionVerifies(hash, index, size, path, at(roots, size))).toBe(true);
      expect(inclusionVerifies(hash, index + 1, size, path, at(roots, size))).toBe(false);
      expect(inclusionVerifies(hash, index, size, path, at(roots, size - 1))).toBe(false);
    }
  });
});

describe("checkpoint", () => {
  const checkpoint = vectors.checkpoint as {
    size: number;
    root: string;
    signed: string;
    time: number;
    cosigned: string;
  };

  it("bears both signatures", () => {
    const read = verifyCheckpoint(fromBase64(checkpoint.cosigned), instance, keys);
    expect(read).toEqual({ size: checkpoint.size, root: fromHex(checkpoint.root), cosignedAt: checkpoint.time });
    expect(() => verifyCheckpoint(fromBase64(checkpoint.signed), instance, keys)).toThrow("witness");
    expect(() => verifyCheckpoint(fromBase64(checkpoint.cosigned), instance, { ...keys, log: keys.witness })).toThrow(
      "log",
    );
  });

  it("holds each entry", () => {
    const whole = (vectors.inclusion as Case[]).filter(({ size }) => size === checkpoint.size);
    expect(whole).toHaveLength(entries.length);
    for (const { index, proof } of whole) {
      const path = proof.map((hash) => fromHex(hash));
      const inclusion = {
        entry: at(entries, index).stored,
        index,
        proof: path,
        checkpoint: fromBase64(checkpoint.cosigned),
      };
      expect(verifyInclusion(instance, inclusion, keys).id).toBe(parseEntry(inclusion.entry).id);
      expect(() => verifyInclusion(instance, { ...inclusion, entry: flipped(inclusion.entry, 9) }, keys)).toThrow(
        "not in the log",
      );
    }
  });
});

describe("statements of the witness", () => {
  const witness = { name: keyName("witness", instance), type: ED25519, key: keys.witness };

  it.each([
    ["roster-statement", vectors.statements.roster],
    ["opening-statement", vectors.statements.opening],
  ])("%s", (what, { note: encoded, body }) => {
    const note = parseNote(fromBase64(encoded));
    verifyNote(note, witness);
    expect(JSON.parse(noteBody(note, what, instance))).toEqual(body);
    expect(() => verifyNote(note, { ...witness, key: keys.log })).toThrow("no good signature");
    expect(() => noteBody(note, "roster", instance)).toThrow("not a roster");
  });
});

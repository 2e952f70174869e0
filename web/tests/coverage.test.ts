import { beforeAll, describe, expect, it } from "vitest";
import { toBase64, utf8 } from "../src/vault/bytes";
import { mustBeReporters } from "../src/vault/coverage";
import { type Roster, verifyRoster } from "../src/vault/roster";
import { sign } from "../src/vault/sign";
import { transcript } from "../src/vault/transcript";
import { caseId, filled, instance, signerOf, staffId } from "./support";
import { authority, checkpoint, coverageJson, covered, REPORTER, rosterJson, rosterNote, seal, WITNESS } from "./world";

let roster: Roster;
let reporter: Uint8Array;

beforeAll(async () => {
  roster = verifyRoster(await rosterNote(await rosterJson()), instance, await authority());
  reporter = (await signerOf(REPORTER)).verifyKey;
});

const proven =
  (key: Uint8Array, coverage: Uint8Array, of = caseId) =>
  () =>
    mustBeReporters(key, of, instance, coverage, roster);

describe("the reporter's key", () => {
  it("is taken where the log, countersigned, covers the manifest of this case", async () => {
    expect(proven(reporter, await coverageJson())).not.toThrow();
  });

  it("is refused for another case, whose row somebody pointed at this seal", async () => {
    expect(proven(reporter, await coverageJson(), staffId(8))).toThrow("another case");
  });

  it("is refused when it is somebody's own, with or without a manifest of their own", async () => {
    const own = await signerOf(9);
    expect(proven(own.verifyKey, await coverageJson())).toThrow();
    const made = await seal(1, 2);
    const signed = await sign(own, transcript("manifest", instance, made.manifest));
    expect(proven(own.verifyKey, await coverageJson({ manifest_signature: signed }, made))).toThrow("does not cover");
    // Twin: with an entry of the log that covers it, hence with the log's key, it passes.
    const forged = await covered(made.manifestHash, own.verifyKey);
    const inclusion = {
      entry: toBase64(forged.entry),
      proof: forged.proof.map(toBase64),
      checkpoint: toBase64(forged.checkpoint),
    };
    expect(proven(own.verifyKey, await coverageJson({ manifest_signature: signed, inclusion }, made))).not.toThrow();
  });

  it("is refused when the entry is not in the log that the witness countersigned", async () => {
    const unwitnessed = toBase64(await checkpoint(3, filled(1), 9));
    expect(proven(reporter, await coverageJson({ inclusion: { checkpoint: unwitnessed } }))).toThrow("witness");
    const other = toBase64(await checkpoint(3, filled(1), WITNESS));
    expect(proven(reporter, await coverageJson({ inclusion: { checkpoint: other } }))).toThrow("not in the log");
    expect(proven(reporter, await coverageJson({ inclusion: { index: 2 } }))).toThrow("not in the log");
  });

  it("is refused where there is nothing to check", () => {
    expect(proven(reporter, utf8("{}"))).toThrow("fields");
    expect(proven(reporter, new Uint8Array(0))).toThrow();
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { toBase64, utf8 } from "../src/vault/bytes";
import { openCaseKey, wrapCaseKey } from "../src/vault/casekeys";
import { provenStatement } from "../src/vault/coverage";
import { type Roster, verifyRoster } from "../src/vault/roster";
import { sign } from "../src/vault/sign";
import { verifyStatement } from "../src/vault/statement";
import { transcript } from "../src/vault/transcript";
import { caseId, filled, identityOf, instance, signerOf, staffId } from "./support";
import {
  authority,
  CASE_KEYS,
  checkpoint,
  coverageJson,
  covered,
  REPORTER,
  rosterJson,
  rosterNote,
  stated,
  WITNESS,
} from "./world";

let roster: Roster;
let reporter: Uint8Array;

beforeAll(async () => {
  roster = verifyRoster(await rosterNote(await rosterJson()), instance, await authority());
  reporter = (await signerOf(REPORTER)).verifyKey;
});

const proven =
  (verifyKey: Uint8Array, coverage: Uint8Array, of = caseId, area = "desk") =>
  () =>
    provenStatement({ instance, case: of, area, verifyKey }, coverage, roster);

describe("a case's statement", () => {
  it("is taken where the log, countersigned, covers it", async () => {
    const statement = proven(reporter, await coverageJson())();
    expect(statement).toMatchObject({ case: caseId, number: "2026-K7Q2M9-A", validation: true });
    expect(statement.facets.receivedOn).toBe(20_781);
  });

  it("is refused for another case or area, whose row somebody pointed at it", async () => {
    expect(proven(reporter, await coverageJson(), staffId(8))).toThrow("another case");
    expect(proven(reporter, await coverageJson(), caseId, "quejas")).toThrow("another case");
  });

  it("is refused when it is somebody's own, with or without a statement of their own", async () => {
    const own = await signerOf(9);
    expect(proven(own.verifyKey, await coverageJson())).toThrow("signature");
    const made = await stated();
    const signature = await sign(own, transcript("case-statement", instance, made.statement));
    expect(proven(own.verifyKey, await coverageJson({ signature }, made))).toThrow("does not cover");
    // Twin: with an entry of the log that covers it, hence with the log's key, it passes.
    const forged = await covered(filled(2), own.verifyKey, { ...made, verifyKey: own.verifyKey });
    const inclusion = {
      entry: toBase64(forged.entry),
      proof: forged.proof.map(toBase64),
      checkpoint: toBase64(forged.checkpoint),
    };
    expect(proven(own.verifyKey, await coverageJson({ signature, inclusion }, made))).not.toThrow();
  });

  it("is refused when it was exchanged for another that the same reporter signed", async () => {
    const [one, other] = [await stated(), await stated({ validation: false })];
    const { entry, proof, checkpoint: cosigned } = await covered(filled(2), one.verifyKey, one);
    const inclusion = { entry: toBase64(entry), proof: proof.map(toBase64), checkpoint: toBase64(cosigned) };
    expect(proven(reporter, await coverageJson({ inclusion }, other))).toThrow("does not cover");
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

describe("a case's keys", () => {
  const toDesk = async (name: "shared" | "staff", key: Uint8Array) =>
    wrapCaseKey((await identityOf(50)).recipient, { instance, case: caseId, name, version: 1 }, key);

  it("are used only if the statement names them", async () => {
    const desk = await identityOf(50);
    const made = await stated();
    const statement = verifyStatement(made.statement, instance, made.verifyKey, made.signature);
    for (const name of ["shared", "staff"] as const) {
      expect(await openCaseKey(desk, statement, name, await toDesk(name, CASE_KEYS[name]))).toEqual(CASE_KEYS[name]);
      // Anybody can write an age file to the area, whose recipient is public.
      const foreign = await toDesk(name, filled(99));
      await expect(openCaseKey(desk, statement, name, foreign)).rejects.toThrow("not the key that the reporter stated");
    }
    // The other key of the same case does not pass for it either.
    const exchanged = await toDesk("staff", CASE_KEYS.shared);
    await expect(openCaseKey(desk, statement, "staff", exchanged)).rejects.toThrow("not the key");
  });
});

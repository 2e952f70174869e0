import { describe, expect, it } from "vitest";
import { randomBytes, utf8 } from "../src/vault/bytes";
import { unwrapCaseKey, wrapCaseKey } from "../src/vault/casekeys";
import { contentJson, envelopeVerifies, writeEnvelope } from "../src/vault/envelope";
import { openEnvelope, openRecord, pad, padme, type RecordPlace, sealRecord, unpad } from "../src/vault/record";
import { readTranscript, transcript } from "../src/vault/transcript";
import { caseId, filled, flipped, identityOf, instance, recordId, sealId, signerOf, staffId } from "./support";

const place: RecordPlace = { instance, case: caseId, record: recordId, kind: "message" };

describe("transcript", () => {
  it("reads back what was written and nothing else", () => {
    const written = transcript("case-key", instance, "shared", 7);
    expect(readTranscript(written, "case-key", instance)).toEqual([
      utf8("shared"),
      Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0),
    ]);
    expect(readTranscript(written, "record", instance)).toBeNull();
    expect(readTranscript(written.subarray(0, -1), "case-key", instance)).toBeNull();
  });
});

describe("padding", () => {
  it("has Padmé sizes", () => {
    expect([512, 513, 1000, 1025, 9_999].map(padme)).toEqual([512, 544, 1024, 1088, 10_240]);
  });

  it("is refused when it is not exactly what pad makes", () => {
    const padded = pad(utf8("hola"));
    expect(unpad(padded)).toEqual(utf8("hola"));
    expect(() => unpad(flipped(padded, 511))).toThrow("padding");
    expect(() => unpad(pad(new Uint8Array(600)).subarray(0, 512))).toThrow("padding");
    const roomy = new Uint8Array(1024);
    roomy.set(padded);
    expect(() => unpad(roomy)).toThrow("padding");
  });
});

describe("record", () => {
  it("opens in its own place only", async () => {
    const author = `staff:${staffId(1)}`;
    const signer = await signerOf(4);
    const at = { what: "record", instance, case: caseId, id: recordId, kind: "message" } as const;
    const envelope = await writeEnvelope(at, author, "browser", contentJson({ text: "¿Qué día fue?" }), signer);
    const key = randomBytes(32);
    const body = sealRecord(key, place, envelope);
    const opened = openEnvelope(key, place, body);
    expect(opened).toMatchObject({ author, via: "browser", content: '{"text":"¿Qué día fue?"}' });
    expect(envelopeVerifies(at, opened, signer.verifyKey)).toBe(true);
    expect(envelopeVerifies({ ...at, id: sealId }, opened, signer.verifyKey)).toBe(false);
    expect(envelopeVerifies(at, opened, (await signerOf(5)).verifyKey)).toBe(false);

    expect(() => openRecord(key, { ...place, case: sealId }, body)).toThrow("does not open");
    expect(() => openRecord(key, { ...place, record: sealId }, body)).toThrow("does not open");
    expect(() => openRecord(key, { ...place, kind: "note" }, body)).toThrow("does not open");
    expect(() => openRecord(key, { ...place, instance: sealId }, body)).toThrow("does not open");
    expect(() => openRecord(filled(9), place, body)).toThrow("does not open");
    expect(() => openRecord(key, place, flipped(body, 100))).toThrow("does not open");
  });

  it("normalizes what it signs", () => {
    expect(contentJson({ text: "an\u0303o" })).toBe(`{"text":"a\u00f1o"}`);
  });
});

describe("case key", () => {
  it("opens for its recipient, case and name", async () => {
    const area = await identityOf(7);
    const key = filled(3);
    const file = await wrapCaseKey(area.recipient, { instance, case: caseId, name: "shared", version: 2 }, key);
    expect(await unwrapCaseKey(area, { instance, case: caseId, name: "shared" }, file)).toEqual({ key, version: 2 });
    await expect(unwrapCaseKey(area, { instance, case: caseId, name: "staff" }, file)).rejects.toThrow(
      "not this case's key",
    );
    await expect(unwrapCaseKey(area, { instance, case: sealId, name: "shared" }, file)).rejects.toThrow(
      "not this case's key",
    );
    await expect(unwrapCaseKey(await identityOf(8), { instance, case: caseId, name: "shared" }, file)).rejects.toThrow(
      "does not open",
    );
  });
});

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { describe, expect, it } from "vitest";
import { sealTo } from "../src/vault/age";
import { concat, fromBase64, fromHex, text, toBase64, utf8, uuidBytes } from "../src/vault/bytes";
import { contentJson, envelopeVerifies } from "../src/vault/envelope";
import { parseJson } from "../src/vault/json";
import { letterEnvelopePlace, openLetter, writeLetter } from "../src/vault/letter";
import { verifies } from "../src/vault/sign";
import { openAreaIdentity, openBlob, passwordKeys } from "../src/vault/staffkeys";
import { transcript } from "../src/vault/transcript";
import { buildRequest, purposeCommitment } from "../src/vault/unseal";
import { caseId, filled, identityOf, instance, recordId, signerOf, staffId } from "./support";
import { authority, authorityText } from "./world";

describe("a member's keys", () => {
  it("open with the password, and cannot be read afterwards", async () => {
    const password = await passwordKeys(instance, " Ana@IESS.gob.ec ", "contrase\u00f1a larga");
    expect(await passwordKeys(instance, "ana@iess.gob.ec", "contrasen\u0303a larga")).toEqual(password);
    const json = utf8(
      JSON.stringify({ identity: toBase64(filled(1)), signing: toBase64(filled(2)), authority: await authorityText() }),
    );
    const aad = transcript("staff-blob", instance, uuidBytes(staffId(1)));
    const blob = concat(filled(0, 24), xchacha20poly1305(password.wrap, filled(0, 24), aad).encrypt(json));

    const keys = await openBlob(instance, staffId(1), password.wrap, blob);
    expect(keys.identity.recipient).toBe((await identityOf(1)).recipient);
    expect(keys.signing.verifyKey).toEqual((await signerOf(2)).verifyKey);
    expect(keys.authority).toEqual(await authority());
    await expect(crypto.subtle.exportKey("pkcs8", keys.identity.secret)).rejects.toThrow();
    await expect(crypto.subtle.exportKey("pkcs8", keys.signing.secret)).rejects.toThrow();
    await expect(openBlob(instance, staffId(2), password.wrap, blob)).rejects.toThrow("does not open");
    await expect(openBlob(instance, staffId(1), password.login, blob)).rejects.toThrow("does not open");
  });

  it("give an area's identity only as what it was handed over", async () => {
    const member = await identityOf(1);
    const file = await sealTo(member.recipient, transcript("area-identity", instance, "quejas", 2, filled(51)));
    expect((await openAreaIdentity(member, instance, "quejas", 2, file)).recipient).toBe(
      (await identityOf(51)).recipient,
    );
    await expect(openAreaIdentity(member, instance, "desk", 2, file)).rejects.toThrow("not this area");
    await expect(openAreaIdentity(member, instance, "quejas", 1, file)).rejects.toThrow("not this area");
  });
});

describe("letter", () => {
  it("opens for each reader in its own place only", async () => {
    const place = { instance, case: caseId, letter: recordId, kind: "purpose" } as const;
    const signer = await signerOf(1);
    const readers = [await identityOf(2), await identityOf(3)];
    const files = await writeLetter(
      place,
      `staff:${staffId(1)}`,
      "browser",
      contentJson({ text: "x" }),
      signer,
      readers.map((reader) => reader.recipient),
    );
    for (const [at, reader] of readers.entries()) {
      const envelope = await openLetter(reader, place, files[at] ?? filled(0));
      expect(envelopeVerifies(letterEnvelopePlace(place), envelope, signer.verifyKey)).toBe(true);
      await expect(openLetter(reader, { ...place, kind: "verdict-checks" }, files[at] ?? filled(0))).rejects.toThrow(
        "another letter",
      );
    }
    await expect(openLetter(await identityOf(4), place, files[0] ?? filled(0))).rejects.toThrow("does not open");
  });
});

describe("unseal request", () => {
  it("is signed, and commits to a purpose that it does not tell", async () => {
    const officer = await signerOf(1);
    const context = {
      instance,
      case: caseId,
      manifestHash: filled(3),
      rosterHash: filled(4),
      officer: staffId(1),
      time: 1_795_000_000,
      number: "2026-K7Q2M9-4",
      answers: { by: "member", hash: filled(5) } as const,
    };
    const built = await buildRequest(context, { class: "validation", text: "Comprobar la c\u00e9dula" }, officer);
    expect(verifies(officer.verifyKey, transcript("unseal-request", instance, built.request), built.signature)).toBe(
      true,
    );
    expect(text(built.request)).not.toContain("Comprobar");
    const request = parseJson(built.request) as Record<string, string>;
    expect(Object.keys(request)).toEqual([
      "instance",
      "case",
      "number",
      "manifest",
      "roster",
      "class",
      "commitment",
      "nonce",
      "recipient",
      "officer",
      "time",
      "expires",
      "answers",
    ]);
    expect(fromHex(request["commitment"] ?? "")).toEqual(
      purposeCommitment(instance, fromBase64(built.purpose.salt), built.purpose.text),
    );
    expect(request["recipient"]).toBe(built.ephemeral.recipient);
    await expect(buildRequest(context, { class: "validation", text: "  " }, officer)).rejects.toThrow("purpose");
  });
});

// The fixed examples of acts that are signed (tests/vectors/vault.json): both sides read, make and refuse the same.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ActKind, signAct } from "../src/vault/act";
import { fromBase64, fromHex, toBase64, toHex, utf8 } from "../src/vault/bytes";
import { h } from "../src/vault/hash";
import { verifies } from "../src/vault/sign";
import { transcript } from "../src/vault/transcript";
import { readValidation, validationRequestHash } from "../src/vault/validation";
import { openVerifiedPurpose } from "../src/vault/verified-purpose";
import { filled, identityOf, signerOf } from "./support";

const { fixed, sealed } = JSON.parse(readFileSync(new URL("../../tests/vectors/vault.json", import.meta.url), "utf8"));
const { instance, case: caseId } = fixed.keys as { instance: string; case: string };
const b64 = (encoded: string): Uint8Array => fromBase64(encoded);

describe("a request for validation", () => {
  it("is signed and named alike", () => {
    const { payload, signature, verify_key, hash } = fixed.validation_request;
    expect(verifies(b64(verify_key), transcript("validation-request", instance, utf8(payload)), b64(signature))).toBe(
      true,
    );
    expect(toHex(validationRequestHash(instance, utf8(payload)))).toBe(hash);
    expect(readValidation(utf8(payload)).case).toBe(caseId);
    expect(JSON.parse(fixed.unseal.request).answers).toEqual({ by: "member", hash });
  });
});

describe("a reporter's request to erase", () => {
  it("is signed and named alike", () => {
    const { request, signature, verify_key, hash } = fixed.erasure_request;
    expect(verifies(b64(verify_key), transcript("erasure-request", instance, utf8(request)), b64(signature))).toBe(
      true,
    );
    expect(toHex(h("erasure-request-hash", instance, utf8(request)))).toBe(hash);
    for (const { payload } of fixed.erasures) expect(JSON.parse(payload).answers).toBe(hash);
  });
});

describe("a purpose that the witness verified", () => {
  it("opens for its auditor, as the one that the officer signed", async () => {
    const { reader, request_hash, class: code, text, commitment, file } = sealed.verified_purpose;
    const opening = {
      instance,
      case: caseId,
      requestHash: fromHex(request_hash),
      class: code,
      commitment: fromHex(commitment),
    };
    expect(await openVerifiedPurpose(opening, b64(file), await identityOf(reader))).toBe(text);
    const others = [
      { ...opening, class: "otra" },
      { ...opening, case: fixed.keys.members[0].id },
      { ...opening, commitment: filled(1) },
    ];
    for (const other of others)
      await expect(openVerifiedPurpose(other, b64(file), await identityOf(reader))).rejects.toThrow();
    await expect(openVerifiedPurpose(opening, b64(file), await identityOf(5))).rejects.toThrow();
  });
});

describe("signed acts", () => {
  it.each([...fixed.acts, ...fixed.erasures] as Record<string, string>[])("$what", async (one) => {
    const { what, payload, signature, verify_key } = one as { what: ActKind } & Record<string, string>;
    expect(verifies(b64(verify_key ?? ""), transcript(what, instance, utf8(payload ?? "")), b64(signature ?? ""))).toBe(
      true,
    );
    expect(
      verifies(b64(verify_key ?? ""), transcript("note", instance, utf8(payload ?? "")), b64(signature ?? "")),
    ).toBe(false);
    // The browser makes the same bytes.
    const { instance: named, ...fields } = JSON.parse(payload ?? "");
    expect(named).toBe(instance);
    const made = await signAct(what, instance, fields, await signerOf(fixed.keys.members[0].keys.byte));
    expect(made).toEqual({ payload: toBase64(utf8(payload ?? "")), signature });
  });
});

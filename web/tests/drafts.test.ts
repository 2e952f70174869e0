import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sealTo } from "../src/vault/age";
import { fromBase64, text } from "../src/vault/bytes";
import { openDraft, sealDraft } from "../src/vault/draft";
import { transcript } from "../src/vault/transcript";
import { caseId, filled, flipped, identityOf, instance, recordId, signerOf, staffId } from "./support";

const place = { instance, staff: staffId(1), case: caseId, field: "note" };

describe("a draft", () => {
  it("opens for its author in its own field only", async () => {
    const [own, signer] = [await identityOf(1), await signerOf(1)];
    const body = await sealDraft(place, "Preguntar por el turno inventado\n", own.recipient, signer);
    expect(text(body.slice(0, 21))).toBe("age-encryption.org/v1");
    expect(text(body.map((byte) => byte & 0x7f))).not.toContain("Preguntar");
    expect(await openDraft(place, body, own, signer.verifyKey)).toBe("Preguntar por el turno inventado\n");
    for (const other of [
      { ...place, case: recordId },
      { ...place, staff: staffId(2) },
      { ...place, field: "message" },
    ])
      await expect(openDraft(other, body, own, signer.verifyKey)).rejects.toThrow("another draft");
    await expect(openDraft({ ...place, instance: recordId }, body, own, signer.verifyKey)).rejects.toThrow(
      "not a draft",
    );
    await expect(openDraft(place, body, await identityOf(2), signer.verifyKey)).rejects.toThrow("does not open");
    await expect(openDraft(place, flipped(body, body.length - 9), own, signer.verifyKey)).rejects.toThrow(
      "does not open",
    );
  });

  it("of the vectors opens", async () => {
    const file = new URL("../../tests/vectors/storage.json", import.meta.url);
    const {
      staff,
      case: of,
      field,
      member,
      text: typed,
      file: body,
    } = JSON.parse(readFileSync(file, "utf8")).sealed.draft;
    const own = await identityOf(member);
    const opened = openDraft(
      { instance, staff, case: of, field },
      fromBase64(body),
      own,
      (await signerOf(member)).verifyKey,
    );
    expect(await opened).toBe(typed);
  });

  it("that somebody else sealed to them is refused, whatever it says", async () => {
    const own = await identityOf(1);
    const forged = await sealDraft(place, "Lo que otro quiere que diga", own.recipient, await signerOf(2));
    await expect(openDraft(place, forged, own, (await signerOf(1)).verifyKey)).rejects.toThrow("somebody else's");
    const empty = await sealTo(own.recipient, transcript("letter", instance, filled(1, 16)));
    await expect(openDraft(place, empty, own, (await signerOf(1)).verifyKey)).rejects.toThrow("not a draft");
  });

  it("does not tell by its size how much was typed", async () => {
    const [own, signer] = [await identityOf(1), await signerOf(1)];
    const sizes = await Promise.all(
      ["", "a", "a".repeat(500)].map(async (typed) => (await sealDraft(place, typed, own.recipient, signer)).length),
    );
    expect(new Set(sizes).size).toBe(1);
  });
});

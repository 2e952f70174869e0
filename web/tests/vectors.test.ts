// The fixed examples that the Rust side wrote (tests/vectors/vault.json): both sides read, make and refuse the same.
import { readFileSync } from "node:fs";
import { argon2id } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { tidyName } from "../src/staff/files";
import { identity, openWith } from "../src/vault/age";
import { wrapVerifies } from "../src/vault/areakeys";
import { LONGEST_NAME, openAttachment, readAttachment, storedSize, writeAttachment } from "../src/vault/attachment";
import { concat, fromBase64, fromHex, Refused, toBase64, toHex, utf8 } from "../src/vault/bytes";
import { unwrapCaseKey } from "../src/vault/casekeys";
import { contentJson, envelopeVerifies, type Via, writeEnvelope } from "../src/vault/envelope";
import { commit, h, hkdf } from "../src/vault/hash";
import {
  areaWords,
  authorityWords,
  externalWords,
  type KeyWords,
  logWords,
  memberWords,
  passkeyWords,
  reserveWords,
  showWords,
  witnessWords,
} from "../src/vault/key-words";
import { type LetterKind, letterEnvelopePlace, openLetter } from "../src/vault/letter";
import { parseVerifier } from "../src/vault/note";
import { openEnvelope, openRecord, padme, type RecordKind, sealRecord } from "../src/vault/record";
import { membersOf, verifyRoster } from "../src/vault/roster";
import {
  combine,
  openIdentity,
  openShare,
  opensFor,
  openWitnessHalf,
  readManifest,
  verifyManifest,
} from "../src/vault/seal";
import { signingKey, verifies } from "../src/vault/sign";
import { openAreaIdentity, openBlob, passwordKeys } from "../src/vault/staffkeys";
import { type KeyName, mustName, readStatement, verifyStatement } from "../src/vault/statement";
import { type Field, readTranscript, transcript } from "../src/vault/transcript";
import { purposeCommitment } from "../src/vault/unseal";
import { filled, flipped, identityOf, signerOf, staffId } from "./support";

const { fixed, sealed } = JSON.parse(readFileSync(new URL("../../tests/vectors/vault.json", import.meta.url), "utf8"));
const { instance, case: caseId } = fixed.keys as { instance: string; case: string };
const b64 = (encoded: string): Uint8Array => fromBase64(encoded);

const author = fixed.keys.reporter as { byte: number; verify_key: string; recipient: string };

describe("keys", () => {
  it("have the same public halves", async () => {
    const all = [...fixed.keys.members.map((member: { keys: unknown }) => member.keys), author, fixed.keys.witness];
    for (const { byte, recipient, verify_key } of all) {
      expect((await identityOf(byte)).recipient).toBe(recipient);
      expect(toBase64((await signerOf(byte)).verifyKey)).toBe(verify_key);
    }
  });

  it("that are not strict verify nothing", () => {
    for (const key of fixed.keys.refused_verify_keys) {
      for (const nonce of [key, author.verify_key]) {
        expect(verifies(b64(key), utf8("x"), Uint8Array.of(...b64(nonce), ...filled(0)))).toBe(false);
      }
    }
  });
});

describe("bytes", () => {
  it("transcripts", () => {
    for (const { what, fields, bytes } of fixed.transcripts) {
      const written: Field[] = fields.map((field: { text?: string; number?: number; base64?: string }) =>
        field.base64 !== undefined ? b64(field.base64) : (field.text ?? field.number ?? ""),
      );
      expect(toBase64(transcript(what, instance, ...written))).toBe(bytes);
      expect(readTranscript(b64(bytes), what, instance)).toHaveLength(fields.length);
    }
  });

  it("hashes, derived keys and commitments", () => {
    const { hash, hkdf: derived, commit: committed, manifest, share, request } = fixed.hashes;
    expect(toHex(h(hash.what, instance, hash.text))).toBe(hash.hash);
    expect(toBase64(hkdf(b64(derived.ikm), derived.what, instance, derived.text))).toBe(derived.key);
    expect(toHex(commit(committed.what, instance, b64(committed.salt), committed.text))).toBe(committed.hash);
    expect(toHex(h("manifest-hash", instance, b64(manifest.bytes)))).toBe(manifest.hash);
    expect(toHex(h("share-hash", instance, share.x, b64(share.share)))).toBe(share.hash);
    expect(toHex(h("unseal-request-hash", instance, b64(request.bytes)))).toBe(request.hash);
  });

  it("Padmé sizes", () => {
    for (const [length, padded] of fixed.padme) expect(padme(length)).toBe(padded);
    for (const [length, padded] of fixed.stored_sizes) expect(storedSize(length)).toBe(padded);
  });
});

describe("records", () => {
  it.each(fixed.records as Record<string, string>[])("$kind by $author", async (one) => {
    const {
      kind,
      record,
      parent_key,
      author: by,
      via,
      content,
      verify_key,
      nonce,
      body,
    } = one as Record<string, string> & {
      kind: RecordKind;
      via: Via;
      record: string;
      parent_key: string;
      author: string;
      content: string;
      verify_key: string;
      nonce: string;
      body: string;
    };
    const place = { instance, case: caseId, record, kind };
    const signed = { what: "record", instance, case: caseId, id: record, kind } as const;
    const envelope = openEnvelope(b64(parent_key), place, b64(body));
    expect(envelope).toMatchObject({ author: by, via, content });
    expect(envelopeVerifies(signed, envelope, b64(verify_key))).toBe(true);
    // The browser makes the same bytes.
    expect(contentJson(JSON.parse(content))).toBe(content);
    const seed = by === "reporter" ? author.byte : 7;
    const again = await writeEnvelope(signed, by, via, content, await signingKey(filled(seed)));
    expect(again).toEqual(openRecord(b64(parent_key), place, b64(body)));
    expect(toBase64(sealRecord(b64(parent_key), place, again, b64(nonce)))).toBe(body);
    // And nothing opens elsewhere.
    for (const elsewhere of [
      { ...place, case: record },
      { ...place, record: caseId },
      { ...place, instance: caseId },
    ])
      expect(() => openRecord(b64(parent_key), elsewhere, b64(body))).toThrow("does not open");
    for (const at of [0, 24, 300, b64(body).length - 1])
      expect(() => openRecord(b64(parent_key), place, flipped(b64(body), at))).toThrow("does not open");
    expect(envelopeVerifies({ ...signed, what: "letter" }, envelope, b64(verify_key))).toBe(false);
  });
});

describe("receipt", () => {
  it("derives the reporter's keys", async () => {
    for (const one of fixed.receipts) {
      const m = await argon2id({
        password: b64(one.bits),
        salt: b64(one.salt),
        memorySize: 19_456,
        iterations: 2,
        parallelism: 1,
        hashLength: 32,
        outputType: "binary",
      });
      const lookup = hkdf(m, "receipt-lookup", instance);
      expect(toHex(h("receipt-lookup-hash", instance, lookup))).toBe(one.lookup_hash);
      expect((await identity(hkdf(m, "receipt-x25519", instance))).recipient).toBe(one.recipient);
      expect(toBase64((await signingKey(hkdf(m, "receipt-ed25519", instance))).verifyKey)).toBe(one.verify_key);
    }
  });
});

describe("key words", () => {
  const roster = verifyRoster(utf8(fixed.roster.note), instance, parseVerifier(fixed.keys.authority_verifier));
  const area = (id: string) => roster.areas.get(id) ?? { id, version: 0, recipient: "", reserve: null };
  const words = (kind: string, of: string): KeyWords => {
    const member = [...roster.members.values()].find(({ id }) => id === of);
    const external = roster.externalRecipients.find(({ id }) => id === of);
    if (kind === "member" && member) return memberWords(instance, member);
    if (kind === "unseal-passkey" && member?.unsealPasskeys[0])
      return passkeyWords(instance, of, member.unsealPasskeys[0]);
    if (kind === "external" && external) return externalWords(instance, external);
    if (kind === "area") return areaWords(instance, area(of));
    if (kind === "reserve") return reserveWords(instance, of, area(of).reserve ?? "");
    if (kind === "witness") return witnessWords(instance, roster.witness.recipient, roster.witness.verifyKey);
    if (kind === "log") return logWords(instance, roster.log.verifyKey, roster.log.origin);
    return authorityWords(instance, parseVerifier(fixed.keys.authority_verifier).key);
  };

  it.each(fixed.key_words as { kind: string; of: string; es: string; en: string }[])("$kind $of", (one) => {
    expect(showWords(words(one.kind, one.of), "es")).toBe(one.es);
    expect(showWords(words(one.kind, one.of), "en")).toBe(one.en);
  });

  it("go with a wrap's signature", () => {
    const { area: of, version, member, file, wrapper, signature } = fixed.area_keys;
    const wrap = {
      area: of,
      version,
      file: fromBase64(file),
      wrapper: staffId(wrapper),
      signature: fromBase64(signature),
    };
    const key = fromBase64(fixed.keys.members[wrapper - 1].keys.verify_key);
    expect(wrapVerifies(instance, member, wrap, key)).toBe(true);
    expect(wrapVerifies(instance, staffId(1), wrap, key)).toBe(false);
    expect(wrapVerifies(instance, member, { ...wrap, version: version + 1 }, key)).toBe(false);
  });
});

describe("roster", () => {
  const verifier = parseVerifier(fixed.keys.authority_verifier);

  it("verifies, with its hash", () => {
    const roster = verifyRoster(utf8(fixed.roster.note), instance, verifier);
    expect(toHex(roster.hash)).toBe(fixed.roster.hash);
    const { body } = fixed.roster;
    expect(roster.quorum).toBe(body.quorum);
    expect(roster.policy.alone).toEqual(body.policy.alone);
    expect(roster.policy.unsealPasskeys).toBe(body.policy.unseal_passkeys);
    expect(roster.origins.witness?.rpId).toBe(body.origins.witness.rp_id);
    expect(roster.retention.closedDays).toBe(body.retention.closed_days);
    expect(roster.externalRecipients).toEqual(body.external_recipients);
    expect(roster.members.get(body.members[6].id)).toMatchObject({ name: body.members[6].name, leads: ["quejas"] });
    expect(roster.areas.get("quejas")).toMatchObject({ version: 3, reserve: body.areas[1].reserve });
    expect(membersOf(roster, "officer").map((member) => member.id)).toEqual(
      fixed.keys.members.slice(0, 5).map((member: { id: string }) => member.id),
    );
    expect(toBase64(roster.log.verifyKey)).toBe(fixed.keys.log.verify_key);
  });

  it("is refused when a byte changes", () => {
    const note = utf8(fixed.roster.note);
    for (let at = 0; at < note.length; at += 37)
      expect(() => verifyRoster(flipped(note, at), instance, verifier)).toThrow();
  });
});

describe("people's keys", () => {
  it("login secret and blob", async () => {
    const { staff, email, password, login, blob } = fixed.staff;
    const keys = await passwordKeys(instance, email, password);
    expect(toBase64(keys.login)).toBe(login);
    const opened = await openBlob(instance, staff, keys.wrap, b64(blob));
    expect(opened.identity.recipient).toBe((await identityOf(7)).recipient);
    expect(opened.signing.verifyKey).toEqual((await signerOf(7)).verifyKey);
    expect(opened.authority).toEqual(parseVerifier(fixed.keys.authority_verifier));
  });

  it("an area's identity", async () => {
    const { area, version, member, recipient, file } = sealed.area;
    expect((await openAreaIdentity(await identityOf(member), instance, area, version, b64(file))).recipient).toBe(
      recipient,
    );
  });

  it("a case's keys", async () => {
    for (const { name, version, identity: area, key, file } of sealed.case_keys) {
      const opened = await unwrapCaseKey(
        await identityOf(area),
        { instance, case: caseId, name: name as KeyName },
        b64(file),
      );
      expect([toBase64(opened.key), opened.version]).toEqual([key, version]);
    }
  });
});

describe("case statement", () => {
  const { good, refused } = fixed.statements;

  it("verifies, and names both keys of the case", () => {
    for (const { statement, hash, signature, verify_key, shared, staff } of good) {
      const read = verifyStatement(utf8(statement), instance, b64(verify_key), b64(signature));
      expect(toHex(read.statementHash)).toBe(hash);
      expect(read.validation).toBe(JSON.parse(statement).validation);
      expect(() => mustName(read, "shared", b64(shared))).not.toThrow();
      expect(() => mustName(read, "staff", b64(staff))).not.toThrow();
      expect(() => mustName(read, "shared", b64(staff))).toThrow("not the key");
      expect(() => verifyStatement(utf8(statement), instance, filled(1), b64(signature))).toThrow("signature");
    }
  });

  it.each(refused as [string, string][])("is refused: %s", (_, text) => {
    expect(() => readStatement(utf8(text), instance)).toThrow();
  });
});

describe("manifest", () => {
  const { good, refused, classes } = fixed.manifests;

  it("is of a kind, with or without a reserve", () => {
    for (const { manifest, kind, hash, signature, verify_key, reserve } of good) {
      const read = verifyManifest(utf8(manifest), instance, b64(verify_key), b64(signature));
      expect([read.kind, toHex(read.manifestHash), read.reserve?.recipient ?? null]).toEqual([kind, hash, reserve]);
    }
  });

  it.each(refused as [string, string][])("is refused: %s", (_, text) => {
    expect(() => readManifest(utf8(text), instance)).toThrow();
  });

  it("opens for the classes of its kind", () => {
    for (const { class: purpose, identity: one, originals } of classes)
      expect([opensFor("identity", purpose), opensFor("originals", purpose)]).toEqual([one, originals]);
  });
});

describe("letters", () => {
  it.each([...sealed.letters, ...sealed.notes] as {
    kind: LetterKind;
    letter: string;
    reader: number;
    author: string;
    verify_key: string;
    content: string;
    file: string;
  }[])("$kind", async ({ kind, letter, reader, author: by, verify_key, content, file }) => {
    const place = { instance, case: caseId, letter, kind };
    const envelope = await openLetter(await identityOf(reader), place, b64(file));
    expect(envelope).toMatchObject({ author: by, content });
    expect(envelopeVerifies(letterEnvelopePlace(place), envelope, b64(verify_key))).toBe(true);
    expect(contentJson(JSON.parse(content))).toBe(content);
  });
});

describe("identity seal", () => {
  it("combines shares", async () => {
    for (const { k, n, secret, shares } of sealed.shares) {
      const points = shares.map(({ x, share }: { x: number; share: string }) => ({
        officer: caseId,
        x,
        share: b64(share),
      }));
      const listed = points.map(({ x, share }: { x: number; share: Uint8Array }) => ({
        officer: caseId,
        x,
        hash: h("share-hash", instance, x, share),
      }));
      const [any] = sealed.seals;
      const manifest = { ...readManifest(b64(any.manifest), instance), k, n, shares: listed };
      for (let from = 0; from + k <= n; from++)
        expect(toBase64(await combine(manifest, points.slice(from, from + k)))).toBe(secret);
    }
  });

  it.each(sealed.seals as Record<string, never>[])("opens with $k of 5", async (one: Record<string, never>) => {
    const stored = one as unknown as {
      k: number;
      manifest: string;
      manifest_hash: string;
      manifest_signature: string;
      verify_key: string;
      record: string;
      witness: number;
      witness_half: string;
      shares: { officer: string; x: number; file: string }[];
      content: string;
      seal: string;
    };
    const manifest = verifyManifest(
      b64(stored.manifest),
      instance,
      b64(stored.verify_key),
      b64(stored.manifest_signature),
    );
    expect(manifest.manifestHash).toEqual(fromHex(stored.manifest_hash));
    expect(toHex(manifest.roster)).toHaveLength(64);
    const half = await openWitnessHalf(await identityOf(stored.witness), manifest, b64(stored.witness_half));
    const shares = await Promise.all(
      stored.shares
        .slice(5 - stored.k)
        .map(async (share) => openShare(await identityOf(share.x), manifest, b64(share.file))),
    );
    const envelope = await openIdentity(manifest, shares, half, b64(stored.record));
    expect(envelope.content).toBe(stored.content);
    const place = { what: "record", instance, case: caseId, id: stored.seal, kind: "identity" } as const;
    expect(envelopeVerifies(place, envelope, b64(stored.verify_key))).toBe(true);
    const [first] = stored.shares;
    await expect(openWith(await identityOf(99), b64(first?.file ?? ""))).rejects.toThrow("does not open");
  });
});

describe("files", () => {
  it("are called alike", () => {
    for (const [sent, tidy] of fixed.file_names) expect(tidyName(sent, "archivo", LONGEST_NAME)).toBe(tidy);
  });

  const { content, key, plaintext, padded, stored, refused } = sealed.attachment;
  const opened = async (described: string, file: string): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of openAttachment(new Blob([b64(file).slice()]).stream(), readAttachment(described)))
      pieces.push(piece);
    return concat(...pieces);
  };

  it("open with what their record says", async () => {
    const file = readAttachment(content);
    expect(writeAttachment(file)).toBe(content);
    expect([toBase64(file.key), storedSize(file.size)]).toEqual([key, padded]);
    expect(toBase64(await opened(content, stored))).toBe(plaintext);
  });

  it.each(refused as { why: string; content: string; stored?: string }[])("refuse $why", async (one) => {
    await expect(opened(one.content, one.stored ?? stored)).rejects.toBeInstanceOf(Refused);
  });
});

describe("unseal request", () => {
  it("is signed, named and committed to alike", () => {
    const { request, signature, verify_key, request_hash, purpose } = fixed.unseal;
    expect(verifies(b64(verify_key), transcript("unseal-request", instance, utf8(request)), b64(signature))).toBe(true);
    expect(toHex(h("unseal-request-hash", instance, utf8(request)))).toBe(request_hash);
    expect(toHex(purposeCommitment(instance, b64(purpose.salt), purpose.text))).toBe(purpose.commitment);
    expect(JSON.parse(request)).toMatchObject({
      instance,
      case: caseId,
      officer: fixed.keys.members[0].id,
      commitment: purpose.commitment,
    });
  });
});

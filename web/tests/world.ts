// Miniature of the Rust side for tests: a roster, a seal, a log with a witness.
import { sealTo } from "../src/vault/age";
import { concat, toBase64, toHex, utf8, uuidBytes } from "../src/vault/bytes";
import { wrapCaseKey } from "../src/vault/casekeys";
import { entryHash } from "../src/vault/entry";
import { contentJson, writeEnvelope } from "../src/vault/envelope";
import { commit, h, sha256 } from "../src/vault/hash";
import { COSIGNATURE, ED25519, formatVerifier, keyId, keyName, signNote } from "../src/vault/note";
import { leafHash, nodeHash } from "../src/vault/proof";
import { sealRecord } from "../src/vault/record";
import { sign } from "../src/vault/sign";
import { transcript } from "../src/vault/transcript";
import { caseId, filled, identityOf, instance, sealId, signerOf, staffId } from "./support";

export const AUTHORITY = 100;
export const LOG = 101;
export const WITNESS = 102;
export const REPORTER = 103;

/** An area whose key, of this byte, a member has made. */
export async function areaJson(id: string, byte: number, maker: number, version = 1, reserve: string | null = null) {
  const [{ recipient }, key] = [await identityOf(byte), await signerOf(maker)];
  const signed = transcript("area-recipient", instance, id, version, recipient, reserve ?? "");
  return {
    id,
    version,
    recipient,
    maker: staffId(maker),
    maker_key: toBase64(key.verifyKey),
    signature: toBase64(await sign(key, signed)),
    reserve,
  };
}

/** The identity of an area, of this byte, as one member hands it on to another. */
export async function wrappedArea(area: string, byte: number, wrapper: number, member: number, version = 1) {
  const { recipient } = await identityOf(member);
  const file = await sealTo(recipient, transcript("area-identity", instance, area, version, filled(byte)));
  const signed = transcript("area-wrap", instance, area, version, uuidBytes(staffId(member)), sha256(file));
  const signature = toBase64(await sign(await signerOf(wrapper), signed));
  return { area, version, wrapped: toBase64(file), wrapper: staffId(wrapper), signature };
}

/** Members 1 (officer), 2 (officer), 3 (auditor), 4 (analyst); the member's number is the byte of both their keys. */
export async function rosterJson(change: Record<string, unknown> = {}) {
  const member = async (n: number, role: string, areas: string[]) => ({
    id: staffId(n),
    name: n === 1 ? "Olga" : `Persona ${n}`,
    role,
    areas,
    leads: [],
    recipient: (await identityOf(n)).recipient,
    verify_key: toBase64((await signerOf(n)).verifyKey),
    unseal_passkeys: [],
  });
  return {
    instance,
    version: 1,
    previous: null,
    origins: { server: ["https://sigilo.test"], witness: null },
    areas: [await areaJson("desk", 50, 1), await areaJson("quejas", 51, 4)],
    desk: "desk",
    members: [
      await member(1, "officer", ["desk"]),
      await member(2, "officer", ["desk"]),
      await member(3, "auditor", []),
      await member(4, "analyst", ["quejas"]),
    ],
    quorum: 1,
    policy: {
      minimum_officers: 1,
      openings_per_officer: 20,
      openings_per_desk: 60,
      erasures: 20,
      alone: ["legal-demand"],
      unseal_passkeys: "none",
    },
    retention: { closed_days: 180, expiries: 500 },
    external_recipients: [],
    witness: {
      recipient: (await identityOf(WITNESS)).recipient,
      verify_key: toBase64((await signerOf(WITNESS)).verifyKey),
    },
    log: { verify_key: toBase64((await signerOf(LOG)).verifyKey), origin: `sigilo.test/log/${instance}` },
    ...change,
  };
}

export const authority = async () => ({
  name: keyName("authority", instance),
  type: ED25519,
  key: (await signerOf(AUTHORITY)).verifyKey,
});
export const authorityText = async () => formatVerifier(await authority());

export const rosterNote = async (json: unknown, signer = AUTHORITY) =>
  signNote(
    `sigilo/v1/roster/${instance}\n${JSON.stringify(json)}\n`,
    keyName("authority", instance),
    await signerOf(signer),
  );

export const identityContent = contentJson({
  fields: [{ field: "document", label: "Cédula", value: "1710034065" }],
  redacted: [{ mark: "[cédula]", text: "1710034065" }],
});

/** Shares for x = 1 … n: for a quorum of 2, points of a line. The library would draw its x at random. */
async function sharesOf(o: Uint8Array, k: number, n: number): Promise<Uint8Array[]> {
  if (k === 1) return Array.from({ length: n }, () => o.slice());
  if (n !== 2) throw new Error("only for two officers");
  const slope = filled(77);
  return [1, 2].map((x) => o.map((byte, at) => byte ^ times(slope[at] ?? 0, x)));
}

/** In GF(256) of AES, for x = 1 and 2. */
const times = (a: number, x: number): number => (x === 1 ? a : ((a << 1) ^ (a & 0x80 ? 0x11b : 0)) & 0xff);

/** A seal of which officers 1 … n hold shares; the first version, unless it corrects another. */
export async function seal(
  k: number,
  n: number,
  corrects?: { version: number; manifestHash: Uint8Array },
  signer = REPORTER,
) {
  const reporter = await signerOf(signer);
  const version = (corrects?.version ?? 0) + 1;
  const [w, o, salt] = [filled(11), filled(12), filled(13)];
  const key = w.map((byte, at) => byte ^ (o[at] ?? 0));
  const envelope = await writeEnvelope(
    { what: "record", instance, case: caseId, id: sealId, kind: "identity" },
    "reporter",
    "server",
    identityContent,
    reporter,
  );
  const record = sealRecord(key, { instance, case: caseId, record: sealId, kind: "identity" }, envelope);
  const shares = (await sharesOf(o, k, n)).map((share, at) => ({ officer: staffId(at + 1), x: at + 1, share }));
  const manifest = utf8(
    JSON.stringify({
      instance,
      case: caseId,
      seal: sealId,
      kind: "identity",
      version,
      previous: corrects ? toHex(corrects.manifestHash) : null,
      roster: toHex(filled(1)),
      k,
      n,
      record: toHex(sha256(record)),
      commitment: { salt: toBase64(salt), hash: toHex(commit("identity-key", instance, salt, key)) },
      shares: shares.map(({ officer, x, share }) => ({ officer, x, hash: toHex(h("share-hash", instance, x, share)) })),
      reserve: null,
    }),
  );
  const signature = await sign(reporter, transcript("manifest", instance, manifest));
  const shareFile = async (at: number, to = at + 1) => {
    const share = shares[at];
    if (!share) throw new Error("no such share");
    return sealTo(
      (await identityOf(to)).recipient,
      transcript(
        "share",
        instance,
        uuidBytes(caseId),
        uuidBytes(sealId),
        uuidBytes(share.officer),
        share.x,
        share.share,
      ),
    );
  };
  const half = (recipient: string) =>
    sealTo(
      recipient,
      transcript("witness-half", instance, uuidBytes(caseId), h("manifest-hash", instance, manifest), w),
    );
  return {
    version,
    manifest,
    signature,
    record,
    shares,
    w,
    shareFile,
    half,
    verifyKey: reporter.verifyKey,
    manifestHash: h("manifest-hash", instance, manifest),
  };
}

/** A statement that an entry covers besides a manifest. */
interface CoveredStatement {
  statementHash: Uint8Array;
  verifyKey: Uint8Array;
}

/** A log of three entries, the second covering the manifest, and a statement if there is one; its cosigned checkpoint. */
export async function covered(manifestHash: Uint8Array, verifyKey: Uint8Array, statement?: CoveredStatement) {
  const statements = statement
    ? [{ statement: toHex(statement.statementHash), verify_key: toBase64(statement.verifyKey) }]
    : [];
  const entry = utf8(
    JSON.stringify({
      id: staffId(9),
      time: 1_795_000_000,
      actor: "system",
      act: "reports.covered",
      case: null,
      detail: { statements, manifests: [{ manifest: toHex(manifestHash), verify_key: toBase64(verifyKey) }] },
      signed: null,
    }),
  );
  const [before, leaf, after] = [leafHash(utf8("a")), entryHash(instance, entry), leafHash(utf8("b"))];
  const root = nodeHash(nodeHash(before, leaf), after);
  return { entry, index: 1, proof: [before, after], checkpoint: await checkpoint(3, root) };
}

/** Coverage of a seal by the log, as the server writes it in JSON. */
export async function inclusionOf(made: { manifestHash: Uint8Array; verifyKey: Uint8Array }) {
  const { entry, index, proof, checkpoint } = await covered(made.manifestHash, made.verifyKey);
  return { entry: toBase64(entry), index, proof: proof.map(toBase64), checkpoint: toBase64(checkpoint) };
}

/** The keys of the case that its statement names. */
export const CASE_KEYS = { shared: filled(30), staff: filled(31) };

/** The reporter's statement of the case; `change` alters its JSON before it is signed. */
export async function stated(change: Record<string, unknown> = {}, signer = REPORTER) {
  const reporter = await signerOf(signer);
  const committed = (name: keyof typeof CASE_KEYS, salt: Uint8Array) => ({
    salt: toBase64(salt),
    hash: toHex(commit(`${name}-key`, instance, salt, CASE_KEYS[name])),
  });
  const statement = utf8(
    JSON.stringify({
      instance,
      case: caseId,
      number: "2026-K7Q2M9-A",
      version: 1,
      previous: null,
      recipient: (await identityOf(REPORTER)).recipient,
      facets: {
        kind: "denuncia",
        category: "cobros",
        province: null,
        establishment: null,
        channel: "web",
        sealed_by: "server",
        language: "es",
        received_on: 20_781,
      },
      area: "desk",
      roster: toHex(filled(1)),
      shared: committed("shared", filled(14)),
      staff: committed("staff", filled(15)),
      validation: true,
      ...change,
    }),
  );
  return {
    statement,
    signature: await sign(reporter, transcript("case-statement", instance, statement)),
    verifyKey: reporter.verifyKey,
    statementHash: h("statement-hash", instance, statement),
  };
}

/** Coverage attribute of the case's page. */
export async function coverageJson(
  change: { signature?: Uint8Array; inclusion?: Record<string, unknown> } = {},
  of?: Awaited<ReturnType<typeof stated>>,
): Promise<Uint8Array> {
  const made = of ?? (await stated());
  const { entry, index, proof, checkpoint } = await covered(filled(2), made.verifyKey, made);
  return utf8(
    JSON.stringify({
      statement: toBase64(made.statement),
      signature: toBase64(change.signature ?? made.signature),
      inclusion: {
        entry: toBase64(entry),
        index,
        proof: proof.map(toBase64),
        checkpoint: toBase64(checkpoint),
        ...change.inclusion,
      },
    }),
  );
}

/** The attributes of a case's page: its keys as age files to the desk, `keys` in the place of the stated ones. */
export async function caseAttributes(
  coverage: Uint8Array | null,
  keys: Partial<typeof CASE_KEYS> = {},
  reporter?: Uint8Array,
): Promise<string> {
  const { recipient } = await identityOf(50);
  const wrapped = async (name: keyof typeof CASE_KEYS) =>
    toBase64(await wrapCaseKey(recipient, { instance, case: caseId, name, version: 1 }, keys[name] ?? CASE_KEYS[name]));
  const verifyKey = reporter ?? (await signerOf(REPORTER)).verifyKey;
  return [
    `case="${caseId}" area="desk" reporter-key="${toBase64(verifyKey)}"`,
    coverage ? `coverage="${toBase64(coverage)}"` : "",
    `shared-key="${await wrapped("shared")}" staff-key="${await wrapped("staff")}"`,
  ].join(" ");
}

export async function checkpoint(size: number, root: Uint8Array, witness = WITNESS): Promise<Uint8Array> {
  const text = `${keyName("log", instance)}\n${size}\n${toBase64(root)}\n`;
  const note = await signNote(text, keyName("log", instance), await signerOf(LOG));
  const signer = await signerOf(witness);
  const time = 1_795_000_001;
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time), false);
  const name = keyName("witness", instance);
  const id = keyId({ name, type: COSIGNATURE, key: signer.verifyKey });
  const signature = await sign(signer, utf8(`cosignature/v1\ntime ${time}\n${text}`));
  return concat(note, utf8(`— ${name} ${toBase64(concat(id, stamp, signature))}\n`));
}

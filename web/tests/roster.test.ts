// Each rule of a roster is kept when it is read.
import { describe, expect, it } from "vitest";
import { toBase64 } from "../src/vault/bytes";
import { verifyRoster } from "../src/vault/roster";
import { identityOf, instance, staffId } from "./support";
import { areaJson, authority, rosterJson, rosterNote } from "./world";

type Json = Awaited<ReturnType<typeof rosterJson>>;

const read = async (json: unknown) => verifyRoster(await rosterNote(json), instance, await authority());
const passkey = { credential: toBase64(Uint8Array.of(1)), public_key: toBase64(Uint8Array.of(2)), synced: false };
const external = async (id: string, byte: number) => ({
  id,
  name: "Defensoría",
  recipient: (await identityOf(byte)).recipient,
});

/** Each change breaks one rule, whose text it names. */
const broken: [string, (json: Json) => unknown][] = [
  ["versions count", (json) => ({ version: 2, areas: json.areas })],
  ["recipients", async () => ({ areas: [await areaJson("desk", 50, 1), await areaJson("quejas", 50, 4)] })],
  ["recipients", async () => ({ external_recipients: [await external("a", 1)] })],
  [
    "recipients",
    async (json) => {
      const reserve = (await identityOf(1)).recipient;
      return { areas: [json.areas[0], await areaJson("quejas", 51, 4, 1, reserve)] };
    },
  ],
  ["external recipient", async () => ({ external_recipients: [await external("a", 60), await external("a", 61)] })],
  ["names", (json) => members(json, 0, { name: "" })],
  ["names", (json) => members(json, 0, { name: "a".repeat(121) })],
  ["names", (json) => members(json, 0, { name: "Nu\u0301nez" })],
  ["names", (json) => members(json, 0, { name: "Ana \u202ezeréP" })],
  ["maker of an area's key did not sign", (json) => area(json, { version: 2 })],
  ["maker of an area's key did not sign", async (json) => area(json, { recipient: (await identityOf(99)).recipient })],
  ["key of that member", (json) => area(json, { maker: staffId(1) })],
  ["recipients", (json) => members(json, 1, { recipient: json.members[0]?.recipient })],
  ["verify keys", (json) => members(json, 1, { verify_key: json.log.verify_key })],
  ["names a member twice", (json) => ({ members: [...json.members, json.members[0]] })],
  ["nothing but the desk", (json) => members(json, 0, { areas: ["desk", "quejas"] })],
  ["nobody else", (json) => members(json, 3, { areas: ["desk"] })],
  ["clerks", (json) => members(json, 3, { role: "clerk" })],
  ["areas of the roster", (json) => members(json, 3, { areas: ["nowhere"] })],
  ["one of the areas", () => ({ desk: "nowhere" })],
  ["quorum", () => ({ quorum: 0 })],
  ["leads", (json) => members(json, 3, { leads: ["desk"] })],
  ["only officers have passkeys", (json) => members(json, 3, { unseal_passkeys: [passkey] })],
  ["passkeys are unique", (json) => members(json, 0, { unseal_passkeys: [passkey, passkey] })],
  ["auditor", (json) => ({ members: json.members.filter(({ role }) => role !== "auditor") })],
  ["the policy's minimum", (json) => ({ policy: { ...json.policy, minimum_officers: 3 } })],
  ["at least the quorum", () => ({ quorum: 2 })],
  ["limits", (json) => ({ policy: { ...json.policy, erasures: 0 } })],
  ["limits", () => ({ retention: { closed_days: 0, expiries: 1 } })],
  ["stands alone", (json) => ({ policy: { ...json.policy, alone: ["a", "a"] } })],
  ["the origin of the witness's page", (json) => ({ policy: { ...json.policy, unseal_passkeys: "any" } })],
  ["the service has an origin", () => ({ origins: { server: [], witness: null } })],
  ["a scheme and a host", () => ({ origins: { server: ["https://sigilo.test/"], witness: null } })],
  [
    "relying party",
    (json) => ({ origins: { ...json.origins, witness: { origin: "https://a.test", rp_id: "b.test" } } }),
  ],
  ["the log's origin", (json) => ({ log: { ...json.log, origin: "sigilo.test/log/other" } })],
];

const members = (json: Json, at: number, change: object) => ({
  members: json.members.map((member, place) => (place === at ? { ...member, ...change } : member)),
});
const area = (json: Json, change: object) => ({ areas: [json.areas[0], { ...json.areas[1], ...change }] });

describe("a roster", () => {
  it("with something everywhere is good", async () => {
    const json = await rosterJson();
    const reserve = (await identityOf(62)).recipient;
    const roster = await read({
      ...json,
      ...members(json, 0, { unseal_passkeys: [passkey] }),
      areas: [json.areas[0], await areaJson("quejas", 51, 4, 7, reserve)],
      origins: { ...json.origins, witness: { origin: "https://testigo.test:8443", rp_id: "testigo.test" } },
      policy: { ...json.policy, unseal_passkeys: "device_bound" },
      external_recipients: [await external("a", 60)],
    });
    expect(roster.areas.get("quejas")).toMatchObject({ version: 7, reserve });
  });

  it.each(broken)("that breaks a rule is refused: %s", async (rule, change) => {
    const json = await rosterJson();
    await expect(read({ ...json, ...((await change(json)) as object) })).rejects.toThrow(rule);
  });

  it("with an unknown field is refused", async () => {
    await expect(read({ ...(await rosterJson()), more: 1 })).rejects.toThrow();
  });
});

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ABSOLUTE_LIMIT, IDLE_LIMIT, IDLE_WARNING, Keyring, type SessionBody } from "../src/staff/keyring";
import { concat, toBase64, toHex, utf8, uuidBytes } from "../src/vault/bytes";
import { memberWords } from "../src/vault/key-words";
import { transcript } from "../src/vault/transcript";
import { filled, identityOf, instance, signerOf, staffId } from "./support";
import { areaJson, authorityText, rosterJson, rosterNote, wrappedArea } from "./world";

const password = () => ({ login: filled(8), wrap: filled(9) });

async function session(roster: unknown): Promise<SessionBody> {
  const keys = JSON.stringify({
    identity: toBase64(filled(1)),
    signing: toBase64(filled(1)),
    authority: await authorityText(),
  });
  const aad = transcript("staff-blob", instance, uuidBytes(staffId(1)));
  const blob = concat(filled(0, 24), xchacha20poly1305(filled(9), filled(0, 24), aad).encrypt(utf8(keys)));
  return {
    staff: { id: staffId(1), name: "Olga", role: "officer", language: "es" },
    blob: toBase64(blob),
    areas: [],
    roster: toBase64(await rosterNote(roster)),
    former_rosters: [],
    checkpoint: null,
    instance,
  };
}

const note = async (change: Record<string, unknown>) => toBase64(await rosterNote(await rosterJson(change)));
/** The roster's members, with something else for this one. */
async function exchanged(change: object) {
  const { members } = await rosterJson();
  return members.map((member) => (member.id === staffId(1) ? { ...member, ...change } : member));
}
const madeByAnother = async () => [await areaJson("desk", 50, 2), await areaJson("quejas", 51, 4)];

let store: Map<string, string>;

beforeEach(() => {
  store = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => store.set(key, value),
  });
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("keyring", () => {
  it("warns, then locks when nobody is there", async () => {
    const keyring = new Keyring();
    const told: string[] = [];
    for (const event of ["unlocked", "idle", "active", "locked"] as const) keyring.on(event, () => told.push(event));
    const secret = password();
    await keyring.unlock("o@x", secret, await session(await rosterJson()), instance);
    expect([...secret.login, ...secret.wrap].every((byte) => byte === 0)).toBe(true);

    vi.advanceTimersByTime(IDLE_WARNING);
    keyring.touch();
    expect(told).toEqual(["unlocked", "idle", "active"]);
    vi.advanceTimersByTime(IDLE_LIMIT + 5_000);
    expect(told).toEqual(["unlocked", "idle", "active", "idle", "locked"]);
    expect(keyring.unlocked).toBeNull();
  });

  it("locks after the absolute limit however busy, and is not woken by a key press after sleep", async () => {
    const keyring = new Keyring();
    await keyring.unlock("o@x", password(), await session(await rosterJson()), instance);
    for (let spent = 0; spent < ABSOLUTE_LIMIT - 60_000; spent += 60_000) {
      vi.advanceTimersByTime(60_000);
      keyring.touch();
    }
    expect(keyring.unlocked).not.toBeNull();
    vi.advanceTimersByTime(60_000);
    expect(keyring.unlocked).toBeNull();

    await keyring.unlock("o@x", password(), await session(await rosterJson()), instance);
    vi.setSystemTime(Date.now() + IDLE_LIMIT); // no timer ran meanwhile
    keyring.touch();
    expect(keyring.unlocked).toBeNull();
  });

  it("refuses a roster behind the newest that it saw, or another of the same version", async () => {
    const second = await rosterJson({ version: 2, previous: toHex(filled(1)) });
    await new Keyring().unlock("o@x", password(), await session(second), instance);
    const back = new Keyring();
    await expect(back.unlock("o@x", password(), await session(await rosterJson()), instance)).rejects.toThrow(
      "went back",
    );
    const forked = await session({ ...second, policy: { ...second.policy, erasures: 9 } });
    await expect(back.unlock("o@x", password(), forked, instance)).rejects.toThrow("went back");
    expect(back.unlocked).toBeNull();
    await back.unlock("o@x", password(), await session(second), instance);
    expect(back.unlocked?.roster?.version).toBe(2);
  });

  it("keeps the keys of members who have left, of rosters that the authority signed", async () => {
    const first = await rosterJson();
    const second = await rosterJson({ version: 2, previous: toHex(filled(1)), members: first.members.slice(0, 3) });
    const before = { ...(await session(second)), former_rosters: [toBase64(await rosterNote(first))] };
    const keyring = new Keyring();
    await keyring.unlock("o@x", password(), before, instance);
    expect(keyring.unlocked?.roster?.members.has(staffId(4))).toBe(false);
    expect(keyring.unlocked?.authors.get(staffId(4))).toHaveLength(1);
    expect(keyring.unlocked?.authors.get(staffId(1))).toHaveLength(1);

    const forged = { ...before, former_rosters: [toBase64(await rosterNote(first, 9))] };
    await expect(new Keyring().unlock("o@x", password(), forged, instance)).rejects.toThrow("no good signature");
    const later = { ...before, former_rosters: [toBase64(await rosterNote(second))] };
    await expect(new Keyring().unlock("o@x", password(), later, instance)).rejects.toThrow("not an earlier");
  });

  it("opens areas that a member of the area, or the maker of the key, handed on", async () => {
    const first = await rosterJson();
    // Version 1 by officer 2, who has left since; version 2 by its maker; version 3 is in no roster yet.
    const members = first.members.filter(({ id }) => id !== staffId(2));
    const changed = { areas: [await areaJson("desk", 52, 1, 2), first.areas[1]], members };
    const second = await rosterJson({ version: 2, previous: toHex(filled(1)), ...changed });
    const body = {
      ...(await session(second)),
      former_rosters: [toBase64(await rosterNote(first))],
      areas: [
        await wrappedArea("desk", 50, 2, 1),
        await wrappedArea("desk", 52, 1, 1, 2),
        await wrappedArea("desk", 53, 9, 1, 3),
      ],
    };
    const keyring = new Keyring();
    await keyring.unlock("o@x", password(), body, instance);
    const opened = keyring.unlocked?.areas.get("desk")?.map(({ recipient }) => recipient);
    expect(opened).toEqual([(await identityOf(52)).recipient, (await identityOf(50)).recipient]);
  });

  const swapped: [string, () => Promise<Partial<SessionBody>>][] = [
    [
      "keys",
      async () => ({
        roster: await note({ members: await exchanged({ recipient: (await identityOf(9)).recipient }) }),
      }),
    ],
    [
      "keys",
      async () => ({
        roster: await note({
          members: await exchanged({ verify_key: toBase64((await signerOf(9)).verifyKey) }),
          areas: await madeByAnother(),
        }),
      }),
    ],
    ["person", async () => ({ staff: { id: staffId(1), name: "Otra", role: "officer", language: "es" } })],
    ["person", async () => ({ staff: { id: staffId(1), name: "Olga", role: "auditor", language: "es" } })],
    ["person", async () => ({ roster: await note({ members: await exchanged({ name: "Otra" }) }) })],
    ["area", async () => ({ areas: [await wrappedArea("desk", 50, 4, 1)] })],
    ["area", async () => ({ areas: [{ ...(await wrappedArea("desk", 50, 9, 1)), wrapper: staffId(2) }] })],
    ["area", async () => ({ areas: [await wrappedArea("desk", 99, 2, 1)] })],
    ["area", async () => ({ areas: [{ ...(await wrappedArea("desk", 50, 2, 1)), wrapped: toBase64(filled(1)) }] })],
  ];

  it.each(swapped)("refuses what names another %s for its member, and drops its keys", async (what, change) => {
    const good = { ...(await session(await rosterJson())), areas: [await wrappedArea("desk", 50, 2, 1)] };
    const keyring = new Keyring();
    const told: string[] = [];
    for (const event of ["unlocked", "locked", "refused"] as const) keyring.on(event, () => told.push(event));
    store.clear();
    await keyring.unlock("o@x", password(), good, instance);
    store.clear();
    const bad = { ...good, ...(await change()) };
    vi.stubGlobal(
      "fetch",
      async () => new Response(JSON.stringify(bad), { headers: { "content-type": "application/json" } }),
    );
    await expect(keyring.refresh()).rejects.toThrow(`another ${what}`);
    expect(told).toEqual(["unlocked", "locked", "refused"]);
    expect(keyring.unlocked).toBeNull();
    const own = { id: staffId(1), name: bad.staff.name, role: bad.staff.role };
    const [{ recipient }, { verifyKey }] = [await identityOf(1), await signerOf(1)];
    expect(keyring.refusal?.words).toEqual(memberWords(instance, { ...own, recipient, verifyKey }));
  });

  it("refuses another instance than the page's", async () => {
    const body = await session(await rosterJson());
    await expect(new Keyring().unlock("o@x", password(), body, staffId(7))).rejects.toThrow("another instance");
  });
});

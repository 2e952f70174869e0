import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ABSOLUTE_LIMIT, IDLE_LIMIT, IDLE_WARNING, Keyring, type SessionBody } from "../src/staff/keyring";
import { concat, toBase64, toHex, utf8, uuidBytes } from "../src/vault/bytes";
import { transcript } from "../src/vault/transcript";
import { filled, instance, staffId } from "./support";
import { authorityText, rosterJson, rosterNote } from "./world";

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
    const forked = await session({ ...second, quorum: 2 });
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

  it("refuses another instance than the page's", async () => {
    const body = await session(await rosterJson());
    await expect(new Keyring().unlock("o@x", password(), body, staffId(7))).rejects.toThrow("another instance");
  });
});

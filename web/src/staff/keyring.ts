// The unlocked keys: in memory only, non-extractable, gone when idle, signed out or the document goes away.
import type { Identity } from "../vault/age";
import { equal, fromBase64, fromHex, Refused, toHex, wipe } from "../vault/bytes";
import { verifyCheckpoint } from "../vault/checkpoint";
import { logKeys, type Roster, verifyRoster } from "../vault/roster";
import { openBlob, type PasswordKeys, type StaffKeys } from "../vault/staffkeys";
import { call } from "./api";
import { checkOwnEntry, OwnKeysRefused, openAreas, type WrappedArea } from "./own-keys";

const MINUTE = 60_000;
export const IDLE_LIMIT = 15 * MINUTE;
export const IDLE_WARNING = 14 * MINUTE;
export const ABSOLUTE_LIMIT = 8 * 60 * MINUTE;

/** The server's answer to a sign-in, and to a session that fetches its keys again. */
export interface SessionBody {
  staff: { id: string; name: string; role: string; language: string; email?: string };
  blob: string;
  areas: WrappedArea[];
  roster: string | null;
  /** Earlier rosters that name keys which the newest does not. */
  former_rosters: string[];
  checkpoint: string | null;
  instance: string;
}

export interface Unlocked {
  instance: string;
  email: string;
  staff: SessionBody["staff"];
  keys: StaffKeys;
  /** By area, newest version first. */
  areas: Map<string, Identity[]>;
  /** Verified against the authority that the blob pins; null before the first one is signed. */
  roster: Roster | null;
  /** The newest roster, then earlier ones that name what it does not; each verified. */
  rosters: Roster[];
  /** All verify keys by member, past ones included: texts of members who left still verify. */
  authors: Map<string, Uint8Array[]>;
}

/** The roster is not the authority's, or went back. */
export class RosterRefused extends Refused {}

/**
 * `unlocked`, `locked`, `idle` (a minute is left), `active` (again in use), `expired` (after `locked`, if by itself),
 * `refused` (the server named other keys for this member; `refusal` has what).
 */
export type KeyringEvent = "unlocked" | "locked" | "idle" | "active" | "expired" | "refused";

export class Keyring extends EventTarget {
  #held: Unlocked | null = null;
  #lastInput = 0;
  #since = 0;
  #warned = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #refusal: OwnKeysRefused | null = null;

  /** The last time that the server named other keys for this member. */
  get refusal(): OwnKeysRefused | null {
    return this.#refusal;
  }

  get unlocked(): Unlocked | null {
    return this.#held;
  }

  on(event: KeyringEvent, listener: () => void, signal?: AbortSignal): void {
    this.addEventListener(event, listener, signal ? { signal } : {});
  }

  /** Opens the blob and everything that hangs on it. Wipes `password`. Throws `Refused` when the password is not the blob's. */
  async unlock(email: string, password: PasswordKeys, body: SessionBody, expectedInstance: string): Promise<void> {
    try {
      if (body.instance !== expectedInstance) throw new Refused("another instance");
      const keys = await openBlob(body.instance, body.staff.id, password.wrap, fromBase64(body.blob));
      const held = {
        instance: body.instance,
        email,
        staff: body.staff,
        keys,
        areas: new Map(),
        roster: null,
        rosters: [],
        authors: new Map(),
      };
      this.#held = await this.#checked(filled(held, body));
    } finally {
      wipe(password.login, password.wrap);
    }
    this.#since = this.#lastInput = Date.now();
    this.#warned = false;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), 5_000);
    this.#tell("unlocked");
  }

  /** Takes the newest roster and area keys from the server. */
  async refresh(): Promise<Unlocked> {
    const held = this.#held;
    if (!held) throw new Refused("locked");
    const { body } = await call("GET", "/api/v1/staff/keys");
    const next = await this.#checked(filled(held, body as SessionBody));
    if (this.#held !== held) throw new Refused("locked");
    this.#held = next;
    return next;
  }

  /** Drops all keys and tells, if somebody exchanged this member's keys. */
  async #checked(filling: Promise<Unlocked>): Promise<Unlocked> {
    try {
      return await filling;
    } catch (error) {
      if (error instanceof OwnKeysRefused) {
        this.#refusal = error;
        this.lock();
        this.#tell("refused");
      }
      throw error;
    }
  }

  lock(): void {
    clearInterval(this.#timer);
    if (!this.#held) return;
    this.#held = null;
    this.#tell("locked");
  }

  /** Notes activity of the user. */
  touch(): void {
    if (!this.#held) return;
    // A laptop that slept through the limit must not be woken by its first key press.
    this.#tick();
    this.#lastInput = Date.now();
    if (this.#warned) {
      this.#warned = false;
      this.#tell("active");
    }
  }

  #tick(): void {
    const now = Date.now();
    const idle = now - this.#lastInput;
    if (idle >= IDLE_LIMIT || now - this.#since >= ABSOLUTE_LIMIT) {
      this.lock();
      this.#tell("expired");
    } else if (idle >= IDLE_WARNING && !this.#warned) {
      this.#warned = true;
      this.#tell("idle");
    }
  }

  #tell(event: KeyringEvent): void {
    this.dispatchEvent(new Event(event));
  }
}

async function filled(held: Unlocked, body: SessionBody): Promise<Unlocked> {
  if (body.instance !== held.instance || body.staff.id !== held.staff.id) throw new Refused("another session");
  const roster = body.roster ? readRoster(held, fromBase64(body.roster)) : null;
  if (held.roster && !roster) throw new RosterRefused("the roster is gone");
  if (roster && body.checkpoint) verifyCheckpoint(fromBase64(body.checkpoint), held.instance, logKeys(roster));
  const former = roster ? body.former_rosters.map((note) => readFormer(held, fromBase64(note), roster)) : [];
  const rosters = roster ? [roster, ...former] : [];
  checkOwnEntry(held.instance, held.keys, body.staff, roster);
  const areas = await openAreas(held.instance, held.keys, body.staff, body.areas, rosters);
  return { ...held, staff: body.staff, areas, roster, rosters, authors: authorsOf(rosters) };
}

/** Verifies, and refuses to go behind the newest roster that this browser has seen: its version and hash, no secret, are kept. */
function readRoster(held: Unlocked, note: Uint8Array): Roster {
  let roster: Roster;
  try {
    roster = verifyRoster(note, held.instance, held.keys.authority);
  } catch (error) {
    throw new RosterRefused(String(error));
  }
  const place = `sigilo/v1/roster/${held.instance}`;
  const [version, hash] = (localStorage.getItem(place) ?? "").split(":");
  if (version && hash) {
    const seen = Number(version);
    if (roster.version < seen || (roster.version === seen && !equal(roster.hash, fromHex(hash))))
      throw new RosterRefused("the roster went back");
  }
  localStorage.setItem(place, `${roster.version}:${toHex(roster.hash)}`);
  return roster;
}

/** An earlier roster is the authority's too, and older than the newest. */
function readFormer(held: Unlocked, note: Uint8Array, newest: Roster): Roster {
  try {
    const roster = verifyRoster(note, held.instance, held.keys.authority);
    if (roster.version >= newest.version) throw new Refused("not an earlier roster");
    return roster;
  } catch (error) {
    throw new RosterRefused(String(error));
  }
}

function authorsOf(rosters: Roster[]): Map<string, Uint8Array[]> {
  const authors = new Map<string, Uint8Array[]>();
  for (const { id, verifyKey } of rosters.flatMap((roster) => [...roster.members.values()])) {
    const known = authors.get(id) ?? [];
    if (!known.some((key) => equal(key, verifyKey))) authors.set(id, [...known, verifyKey]);
  }
  return authors;
}

/** The document's one keyring. */
export const keyring = new Keyring();

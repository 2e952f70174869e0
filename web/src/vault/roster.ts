// The signed list of whom anything is sealed to (PROTOCOL, section 6). Trusted by one key only: the pinned authority's.
import { checkRecipient } from "./age";
import { type Area, verifyArea } from "./areakeys";
import { Refused } from "./bytes";
import type { LogKeys } from "./checkpoint";
import { h } from "./hash";
import { array, base64, boolean, hashOrNull, id, type Json, number, object, oneOf, parseJson, string } from "./json";
import { keyName, noteBody, parseNote, type Verifier, verifyNote } from "./note";
import { checkRules } from "./roster-rules";

export type Role = "analyst" | "officer" | "auditor" | "administrator" | "clerk";

export interface UnsealPasskey {
  credential: Uint8Array;
  publicKey: Uint8Array;
  synced: boolean;
}

export interface Member {
  id: string;
  name: string;
  role: Role;
  areas: string[];
  leads: string[];
  recipient: string;
  verifyKey: Uint8Array;
  unsealPasskeys: UnsealPasskey[];
}

/** Limits of openings and erasures. Counts are of any 24 hours. */
export interface Policy {
  minimumOfficers: number;
  openingsPerOfficer: number;
  openingsPerDesk: number;
  erasures: number;
  /** Classes of purposes that need nobody else's signed request. */
  alone: string[];
  unsealPasskeys: "none" | "any" | "device_bound";
}

export interface ExternalRecipient {
  id: string;
  name: string;
  recipient: string;
}

export interface Roster {
  instance: string;
  version: number;
  previous: Uint8Array | null;
  origins: { server: string[]; witness: { origin: string; rpId: string } | null };
  areas: Map<string, Area>;
  desk: string;
  members: Map<string, Member>;
  quorum: number;
  policy: Policy;
  retention: { closedDays: number; expiries: number };
  externalRecipients: ExternalRecipient[];
  witness: { recipient: string; verifyKey: Uint8Array };
  log: { verifyKey: Uint8Array; origin: string };
  /** H("roster-hash", the note's text). */
  hash: Uint8Array;
}

/** Throws unless the authority signed a roster of this instance that keeps its rules. */
export function verifyRoster(noteBytes: Uint8Array, instance: string, authority: Verifier): Roster {
  if (authority.name !== keyName("authority", instance)) throw new Refused("an authority of another instance");
  const note = parseNote(noteBytes);
  verifyNote(note, authority);
  const json = object(
    parseJson(noteBody(note, "roster", instance)),
    "instance",
    "version",
    "previous",
    "origins",
    "areas",
    "desk",
    "members",
    "quorum",
    "policy",
    "retention",
    "external_recipients",
    "witness",
    "log",
  );
  if (id(json.instance) !== instance) throw new Refused("a roster of another instance");
  const areas = array(json.areas, readArea);
  const members = array(json.members, readMember);
  const retention = object(json.retention, "closed_days", "expiries");
  const witness = object(json.witness, "recipient", "verify_key");
  const log = object(json.log, "verify_key", "origin");
  const roster: Roster = {
    instance,
    version: number(json.version),
    previous: hashOrNull(json.previous),
    origins: readOrigins(json.origins),
    areas: new Map(areas.map((area) => [area.id, area])),
    desk: string(json.desk),
    members: new Map(members.map((member) => [member.id, member])),
    quorum: number(json.quorum),
    policy: readPolicy(json.policy),
    retention: { closedDays: number(retention.closed_days), expiries: number(retention.expiries) },
    externalRecipients: array(json.external_recipients, readExternal),
    witness: { recipient: recipient(witness.recipient), verifyKey: base64(witness.verify_key, 32) },
    log: { verifyKey: base64(log.verify_key, 32), origin: string(log.origin) },
    hash: h("roster-hash", instance, note.text),
  };
  if (areas.length !== roster.areas.size) throw new Refused("the roster names an area twice");
  if (members.length !== roster.members.size) throw new Refused("the roster names a member twice");
  for (const area of areas) verifyArea(instance, area);
  checkRules(roster);
  return roster;
}

function recipient(value: Json): string {
  checkRecipient(string(value));
  return string(value);
}

function readOrigins(value: Json): Roster["origins"] {
  const origins = object(value, "server", "witness");
  if (origins.witness === null) return { server: array(origins.server, string), witness: null };
  const witness = object(origins.witness, "origin", "rp_id");
  return {
    server: array(origins.server, string),
    witness: { origin: string(witness.origin), rpId: string(witness.rp_id) },
  };
}

function readArea(value: Json): Area {
  const area = object(value, "id", "version", "recipient", "maker", "maker_key", "signature", "reserve");
  return {
    id: string(area.id),
    version: number(area.version),
    recipient: recipient(area.recipient),
    maker: id(area.maker),
    makerKey: base64(area.maker_key, 32),
    signature: base64(area.signature, 64),
    reserve: area.reserve === null ? null : recipient(area.reserve),
  };
}

function readMember(value: Json): Member {
  const member = object(value, "id", "name", "role", "areas", "leads", "recipient", "verify_key", "unseal_passkeys");
  return {
    id: id(member.id),
    name: string(member.name),
    role: oneOf(member.role, "analyst", "officer", "auditor", "administrator", "clerk"),
    areas: array(member.areas, string),
    leads: array(member.leads, string),
    recipient: recipient(member.recipient),
    verifyKey: base64(member.verify_key, 32),
    unsealPasskeys: array(member.unseal_passkeys, (one) => {
      const passkey = object(one, "credential", "public_key", "synced");
      return {
        credential: base64(passkey.credential),
        publicKey: base64(passkey.public_key),
        synced: boolean(passkey.synced),
      };
    }),
  };
}

function readPolicy(value: Json): Policy {
  const policy = object(
    value,
    "minimum_officers",
    "openings_per_officer",
    "openings_per_desk",
    "erasures",
    "alone",
    "unseal_passkeys",
  );
  return {
    minimumOfficers: number(policy.minimum_officers),
    openingsPerOfficer: number(policy.openings_per_officer),
    openingsPerDesk: number(policy.openings_per_desk),
    erasures: number(policy.erasures),
    alone: array(policy.alone, string),
    unsealPasskeys: oneOf(policy.unseal_passkeys, "none", "any", "device_bound"),
  };
}

function readExternal(value: Json): ExternalRecipient {
  const external = object(value, "id", "name", "recipient");
  return { id: string(external.id), name: string(external.name), recipient: recipient(external.recipient) };
}

export const logKeys = (roster: Roster): LogKeys => ({ log: roster.log.verifyKey, witness: roster.witness.verifyKey });

/** To whom everything for an area is sealed. */
export const areaRecipient = (roster: Roster | null | undefined, area: string): string | undefined =>
  roster?.areas.get(area)?.recipient;

/** To whom everything for the officers' desk is sealed. */
export const deskRecipient = (roster: Roster | null | undefined): string | undefined =>
  roster ? areaRecipient(roster, roster.desk) : undefined;

export const membersOf = (roster: Roster, role: Role): Member[] =>
  [...roster.members.values()].filter((member) => member.role === role);

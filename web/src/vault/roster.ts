// The signed list of whom anything is sealed to (PROTOCOL, section 6). Trusted by one key only: the pinned authority's.
import { checkRecipient } from "./age";
import { Refused } from "./bytes";
import type { LogKeys } from "./checkpoint";
import { h } from "./hash";
import { array, base64, hashOrNull, id, type Json, number, object, oneOf, parseJson, string } from "./json";
import { keyName, noteBody, parseNote, type Verifier, verifyNote } from "./note";

export type Role = "analyst" | "officer" | "auditor" | "administrator" | "clerk";

export interface Member {
  id: string;
  role: Role;
  areas: string[];
  recipient: string;
  verifyKey: Uint8Array;
}

export interface Roster {
  version: number;
  previous: Uint8Array | null;
  areas: Map<string, string>;
  desk: string;
  members: Map<string, Member>;
  quorum: number;
  witness: { recipient: string; verifyKey: Uint8Array };
  log: Uint8Array;
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
    "areas",
    "desk",
    "members",
    "quorum",
    "witness",
    "log",
  );
  if (id(json.instance) !== instance) throw new Refused("a roster of another instance");
  const areas = array(json.areas, (value) => {
    const area = object(value, "id", "recipient");
    return [string(area.id), recipient(area.recipient)] as const;
  });
  const members = array(json.members, readMember);
  const witness = object(json.witness, "recipient", "verify_key");
  const roster: Roster = {
    version: number(json.version),
    previous: hashOrNull(json.previous),
    areas: new Map(areas),
    desk: string(json.desk),
    members: new Map(members.map((member) => [member.id, member])),
    quorum: number(json.quorum),
    witness: { recipient: recipient(witness.recipient), verifyKey: base64(witness.verify_key, 32) },
    log: base64(json.log, 32),
    hash: h("roster-hash", instance, note.text),
  };
  const distinct = (values: string[], what: string): void => {
    if (new Set(values).size !== values.length) throw new Refused(`the roster names a ${what} twice`);
  };
  const keys = [...members.map((member) => member.verifyKey), roster.witness.verifyKey, roster.log];
  distinct(
    areas.map(([area]) => area),
    "area",
  );
  distinct(
    members.map((member) => member.id),
    "member",
  );
  distinct(
    [...roster.areas.values(), ...members.map((member) => member.recipient), roster.witness.recipient],
    "recipient",
  );
  distinct(
    keys.map((key) => key.join()),
    "verify key",
  );
  checkRules(roster);
  return roster;
}

function checkRules(roster: Roster): void {
  if (roster.version < 1 || (roster.version === 1) !== (roster.previous === null))
    throw new Refused("the roster's version");
  if (!roster.areas.has(roster.desk)) throw new Refused("the roster has no officers' desk");
  if (roster.quorum < 1 || roster.quorum > 255) throw new Refused("the roster's quorum");
  const officers = membersOf(roster, "officer").length;
  if (officers > 255 || (officers > 0 && officers < roster.quorum))
    throw new Refused("the roster has fewer officers than its quorum");
  for (const member of roster.members.values()) {
    if (new Set(member.areas).size !== member.areas.length || !member.areas.every((area) => roster.areas.has(area)))
      throw new Refused("a member of an unknown area");
    const officer = member.role === "officer";
    if (officer !== member.areas.includes(roster.desk) || (officer && member.areas.length !== 1))
      throw new Refused("officers, and only they, are of the desk, and of nothing else");
    if (member.role === "clerk" && member.areas.length > 0) throw new Refused("a clerk of an area");
  }
}

function recipient(value: Json): string {
  checkRecipient(string(value));
  return string(value);
}

function readMember(value: Json): Member {
  const member = object(value, "id", "role", "areas", "recipient", "verify_key");
  return {
    id: id(member.id),
    role: oneOf(member.role, "analyst", "officer", "auditor", "administrator", "clerk"),
    areas: array(member.areas, string),
    recipient: recipient(member.recipient),
    verifyKey: base64(member.verify_key, 32),
  };
}

export const logKeys = (roster: Roster): LogKeys => ({ log: roster.log, witness: roster.witness.verifyKey });

export const membersOf = (roster: Roster, role: Role): Member[] =>
  [...roster.members.values()].filter((member) => member.role === role);

// The rules that a roster keeps (PROTOCOL, section 6).
import { Refused, toBase64 } from "./bytes";
import type { Roster } from "./roster";

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Refused(`the roster breaks a rule: ${rule}`);
}

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** NFC, 1 to 120 characters, none of them a control character or one that changes how the text around it is shown. */
export function isName(text: string): boolean {
  const length = [...text].length;
  const hides = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
  return length >= 1 && length <= 120 && text.normalize("NFC") === text && !hides.test(text);
}

/** The part of a web origin after its scheme. */
const hostOf = (origin: string): string | undefined => /^https?:\/\/([a-z0-9.:[\]-]+)$/.exec(origin)?.[1];

/** Most that a count or a number of days can be. */
const MOST = 0xffff_ffff;

export function checkRules(roster: Roster): void {
  must(
    roster.version >= 1 && (roster.version === 1) === (roster.previous === null),
    "versions count from 1 in a chain",
  );
  checkKeys(roster);
  checkAreas(roster);
  checkMembers(roster);
  checkPolicy(roster);
  checkOrigins(roster);
}

function checkKeys(roster: Roster): void {
  const [areas, members] = [[...roster.areas.values()], [...roster.members.values()]];
  const recipients = [
    ...areas.map((area) => area.recipient),
    ...areas.flatMap((area) => area.reserve ?? []),
    ...members.map((member) => member.recipient),
    ...roster.externalRecipients.map((external) => external.recipient),
    roster.witness.recipient,
  ];
  must(unique(recipients), "recipients are unique");
  const keys = [...members.map((member) => member.verifyKey), roster.witness.verifyKey, roster.log.verifyKey];
  must(unique(keys.map(toBase64)), "verify keys are unique");
  const passkeys = members.flatMap((member) => member.unsealPasskeys);
  must(unique(passkeys.map((passkey) => toBase64(passkey.credential))), "passkeys are unique");
  const externals = roster.externalRecipients;
  must(unique(externals.map((external) => external.id)), "each external recipient stands once");
  const names = [...members.map((member) => member.name), ...externals.flatMap(({ id, name }) => [id, name])];
  must(names.every(isName), "names are in NFC, of 1 to 120 characters, without control characters");
}

function checkAreas(roster: Roster): void {
  must(roster.areas.has(roster.desk), "the officers' desk is one of the areas");
  for (const area of roster.areas.values()) {
    must(area.version >= 1, "versions of area keys count from 1");
    const maker = roster.members.get(area.maker);
    must(
      !maker || toBase64(maker.verifyKey) === toBase64(area.makerKey),
      "the maker of an area's key has the key of that member",
    );
  }
}

function checkMembers(roster: Roster): void {
  const members = [...roster.members.values()];
  for (const member of members) {
    const { areas, leads } = member;
    must(unique(areas) && areas.every((area) => roster.areas.has(area)), "members belong to areas of the roster");
    must(unique(leads) && leads.every((area) => areas.includes(area)), "leads belong to the areas that they lead");
    const officer = member.role === "officer";
    must(officer === areas.includes(roster.desk), "officers, and nobody else, are of the desk");
    must(!officer || areas.length === 1, "officers are of nothing but the desk");
    must(member.role !== "clerk" || areas.length === 0, "clerks are of no area");
    must(officer || member.unsealPasskeys.length === 0, "only officers have passkeys for openings");
  }
  const officers = members.filter((member) => member.role === "officer").length;
  if (officers === 0) return;
  must(
    officers >= roster.quorum && officers <= 255,
    "there are at least as many officers as the quorum, and at most 255",
  );
  must(officers >= roster.policy.minimumOfficers, "there are at least as many officers as the policy's minimum");
  must(
    members.some((member) => member.role === "auditor"),
    "where there are officers, there is at least one auditor",
  );
}

function checkPolicy(roster: Roster): void {
  const { policy, quorum, retention } = roster;
  must(quorum >= 1 && quorum <= 255, "the quorum is at least 1");
  must(
    policy.minimumOfficers >= quorum && policy.minimumOfficers <= 255,
    "the minimum of officers is at least the quorum",
  );
  const counts = [
    policy.openingsPerOfficer,
    policy.openingsPerDesk,
    policy.erasures,
    retention.closedDays,
    retention.expiries,
  ];
  must(
    counts.every((count) => count >= 1 && count <= MOST),
    "limits and retention are at least 1",
  );
  must(unique(policy.alone) && policy.alone.every(isName), "each class that stands alone is named once");
  must(
    policy.unsealPasskeys === "none" || roster.origins.witness !== null,
    "passkeys for openings need the origin of the witness's page",
  );
}

function checkOrigins(roster: Roster): void {
  const { server, witness } = roster.origins;
  must(server.length > 0 && unique(server), "the service has an origin, and each stands once");
  must(
    [...server, ...(witness ? [witness.origin] : [])].every((origin) => hostOf(origin) !== undefined),
    "origins are a scheme and a host, such as https://denuncias.example",
  );
  must(
    !witness || hostOf(witness.origin)?.split(":")[0] === witness.rpId,
    "the relying party of the witness's page is its host",
  );
  const tail = `/log/${roster.instance}`;
  const { origin } = roster.log;
  must(
    origin.endsWith(tail) && hostOf(`https://${origin.slice(0, -tail.length)}`) !== undefined,
    "the log's origin is <host>/log/<instance>",
  );
}

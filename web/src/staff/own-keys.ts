// A member's browser refuses what names other keys for them, and area keys that nobody of the area handed on.
import type { Identity } from "../vault/age";
import { type AreaWrap, wrapVerifies } from "../vault/areakeys";
import { equal, fromBase64, Refused } from "../vault/bytes";
import { type KeyWords, memberWords } from "../vault/key-words";
import type { Roster } from "../vault/roster";
import { openAreaIdentity, type StaffKeys } from "../vault/staffkeys";

/** An area's identity as the server hands it over: an age file to the member, signed by whoever wrapped it. */
export interface WrappedArea {
  area: string;
  version: number;
  wrapped: string;
  wrapper: string;
  signature: string;
}

interface Session {
  id: string;
  name: string;
  role: string;
}

/** The roster or the server names other keys, another name or role for this member, or other keys for their area. */
export class OwnKeysRefused extends Refused {
  constructor(
    readonly what: "keys" | "person" | "area",
    /** Of the keys that this member really has. */
    readonly words: KeyWords,
  ) {
    super(`the roster or the server names another ${what} for this member`);
  }
}

const ownWords = (instance: string, keys: StaffKeys, staff: Session): KeyWords =>
  memberWords(instance, { ...staff, recipient: keys.identity.recipient, verifyKey: keys.signing.verifyKey });

/** Throws `OwnKeysRefused` if the roster's entry for this member is not of these keys, or not of the session's person. */
export function checkOwnEntry(instance: string, keys: StaffKeys, staff: Session, roster: Roster | null): void {
  const listed = roster?.members.get(staff.id);
  // A new member waits for the roster that names them.
  if (!listed) return;
  const sameKeys = listed.recipient === keys.identity.recipient && equal(listed.verifyKey, keys.signing.verifyKey);
  if (!sameKeys) throw new OwnKeysRefused("keys", ownWords(instance, keys, staff));
  if (listed.name !== staff.name || listed.role !== staff.role)
    throw new OwnKeysRefused("person", ownWords(instance, keys, staff));
}

/**
 * Opens the member's areas, newest version first. A version that no roster names waits: nothing is sealed to it.
 * Throws `OwnKeysRefused` for one that somebody else wrapped, or whose key is not the roster's.
 */
export async function openAreas(
  instance: string,
  keys: StaffKeys,
  staff: Session,
  wrapped: WrappedArea[],
  rosters: Roster[],
): Promise<Map<string, Identity[]>> {
  const areas = new Map<string, Identity[]>();
  for (const one of wrapped.toSorted((a, b) => b.version - a.version)) {
    const named = rosters.flatMap((roster) => roster.areas.get(one.area) ?? []);
    const entry = named.find(({ version }) => version === one.version);
    if (!entry) continue;
    const refused = (): OwnKeysRefused => new OwnKeysRefused("area", ownWords(instance, keys, staff));
    const wrap: AreaWrap = {
      area: one.area,
      version: one.version,
      file: fromBase64(one.wrapped),
      wrapper: one.wrapper,
      signature: fromBase64(one.signature, 64),
    };
    const mayWrap = [
      ...(entry.maker === wrap.wrapper ? [entry.makerKey] : []),
      ...rosters.flatMap((roster) => {
        const wrapper = roster.members.get(wrap.wrapper);
        return wrapper?.areas.includes(one.area) ? [wrapper.verifyKey] : [];
      }),
    ];
    if (!mayWrap.some((key) => wrapVerifies(instance, staff.id, wrap, key))) throw refused();
    const identity = await openAreaIdentity(keys.identity, instance, one.area, one.version, wrap.file).catch(() => {
      throw refused();
    });
    if (identity.recipient !== entry.recipient) throw refused();
    areas.set(one.area, [...(areas.get(one.area) ?? []), identity]);
  }
  return areas;
}

// Keys of areas: their makers sign the recipient, and whoever hands the identity on signs each wrap (PROTOCOL, section 7).
import { Refused, uuidBytes } from "./bytes";
import { sha256 } from "./hash";
import { verifies } from "./sign";
import { transcript } from "./transcript";

/** One version of an area's key, with its maker's signature. */
export interface Area {
  id: string;
  version: number;
  recipient: string;
  maker: string;
  makerKey: Uint8Array;
  signature: Uint8Array;
  /** A second recipient of everything for the area. */
  reserve: string | null;
}

/** Throws `Refused` unless the maker signed it. */
export function verifyArea(instance: string, area: Area): void {
  const signed = transcript("area-recipient", instance, area.id, area.version, area.recipient, area.reserve ?? "");
  if (!verifies(area.makerKey, signed, area.signature)) throw new Refused("the maker of an area's key did not sign it");
}

/** An area's identity, an age file to a member. */
export interface AreaWrap {
  area: string;
  version: number;
  file: Uint8Array;
  wrapper: string;
  signature: Uint8Array;
}

/** True if this key of the wrapper signed the wrap for `member`. */
export const wrapVerifies = (instance: string, member: string, wrap: AreaWrap, wrapperKey: Uint8Array): boolean =>
  verifies(
    wrapperKey,
    transcript("area-wrap", instance, wrap.area, wrap.version, uuidBytes(member), sha256(wrap.file)),
    wrap.signature,
  );

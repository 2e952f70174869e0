// Key words: eight words that name a key with its owner, for people to compare aloud (PROTOCOL, section 7).
import { uuidBytes } from "./bytes";
import { h } from "./hash";
import type { Field } from "./transcript";
import { english } from "./words.en";
import { spanish } from "./words.es";

/** Eight numbers of 11 bits. */
export type KeyWords = readonly number[];

const COUNT = 8;

function of(instance: string, kind: string, ...fields: Field[]): KeyWords {
  const bits = h("key-words", instance, kind, ...fields)
    .subarray(0, 11)
    .reduce((so, byte) => (so << 8n) | BigInt(byte), 0n);
  return Array.from({ length: COUNT }, (_, at) => Number((bits >> BigInt(11 * (COUNT - 1 - at))) & 0x7ffn));
}

/** Of a member's keys: whoever holds them, and under which name and role. */
export const memberWords = (
  instance: string,
  member: { id: string; name: string; role: string; recipient: string; verifyKey: Uint8Array },
): KeyWords =>
  of(instance, "member", uuidBytes(member.id), member.name, member.role, member.recipient, member.verifyKey);

export const areaWords = (instance: string, area: { id: string; version: number; recipient: string }): KeyWords =>
  of(instance, "area", area.id, area.version, area.recipient);

export const witnessWords = (instance: string, recipient: string, verifyKey: Uint8Array): KeyWords =>
  of(instance, "witness", recipient, verifyKey);

export const logWords = (instance: string, verifyKey: Uint8Array, origin: string): KeyWords =>
  of(instance, "log", verifyKey, origin);

export const authorityWords = (instance: string, verifyKey: Uint8Array): KeyWords =>
  of(instance, "authority", verifyKey);

export const reserveWords = (instance: string, area: string, recipient: string): KeyWords =>
  of(instance, "reserve", area, recipient);

export const externalWords = (instance: string, external: { id: string; name: string; recipient: string }): KeyWords =>
  of(instance, "external", external.id, external.name, external.recipient);

export const passkeyWords = (
  instance: string,
  member: string,
  passkey: { credential: Uint8Array; publicKey: Uint8Array },
): KeyWords => of(instance, "unseal-passkey", uuidBytes(member), passkey.credential, passkey.publicKey);

/** As words of the language's list: Spanish for `es`, else English. */
export function showWords(words: KeyWords, language: string): string {
  const list = (language === "es" ? spanish : english).trim().split(/\s/);
  return words.map((index) => list[index]).join(" ");
}

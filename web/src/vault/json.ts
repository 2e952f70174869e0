// Reading JSON that was signed or sealed: exact fields and types, or nothing.
import { fromBase64, fromHex, Malformed, text, uuidBytes } from "./bytes";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export function parseJson(source: Uint8Array | string): Json {
  const json = typeof source === "string" ? source : text(source);
  try {
    return JSON.parse(json) as Json;
  } catch {
    throw new Malformed("not JSON");
  }
}

/** An object with exactly the fields `names`: a missing or an unknown one is refused. */
export function object<Name extends string>(value: Json | undefined, ...names: Name[]): Record<Name, Json> {
  if (value === null || value === undefined || typeof value !== "object" || Array.isArray(value))
    throw new Malformed("not an object");
  const keys = Object.keys(value);
  if (keys.length !== names.length || !names.every((name) => Object.hasOwn(value, name)))
    throw new Malformed("unexpected fields");
  return value as Record<Name, Json>;
}

export function array<T>(value: Json | undefined, each: (item: Json) => T): T[] {
  if (!Array.isArray(value)) throw new Malformed("not a list");
  return value.map(each);
}

export function string(value: Json | undefined): string {
  if (typeof value !== "string") throw new Malformed("not a text");
  return value;
}

export function boolean(value: Json | undefined): boolean {
  if (typeof value !== "boolean") throw new Malformed("not true or false");
  return value;
}

/** A whole number, zero or more. */
export function number(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Malformed("not a number");
  return value;
}

export function oneOf<T extends string>(value: Json | undefined, ...values: T[]): T {
  const found = values.find((known) => known === value);
  if (found === undefined) throw new Malformed("not one of the known values");
  return found;
}

export function id(value: Json | undefined): string {
  uuidBytes(string(value));
  return string(value);
}

export const hash = (value: Json | undefined): Uint8Array => fromHex(string(value), 32);

export const hashOrNull = (value: Json | undefined): Uint8Array | null => (value === null ? null : hash(value));

export const base64 = (value: Json | undefined, length?: number): Uint8Array => fromBase64(string(value), length);

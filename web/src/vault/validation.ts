// A member's signed request to validate an identity (PROTOCOL, section 9). One opening answers it.
import { toHex, utf8 } from "./bytes";
import { h } from "./hash";
import { hash, id, number, object, parseJson } from "./json";
import { type SigningKey, sign } from "./sign";
import { transcript } from "./transcript";

/** Longest validity of a request, in seconds: 30 days. */
const MAX_VALID_SECONDS = 30 * 24 * 3600;

export interface ValidationContext {
  instance: string;
  case: string;
  /** Also the id of the letter to the desk. */
  request: string;
  member: string;
  rosterHash: Uint8Array;
  /** Unix seconds. */
  time: number;
}

/** The stored bytes `q`, and the member's signature over them. */
export async function signValidation(
  context: ValidationContext,
  key: SigningKey,
): Promise<{ payload: Uint8Array; signature: Uint8Array }> {
  const payload = utf8(
    JSON.stringify({
      instance: context.instance,
      case: context.case,
      request: context.request,
      member: context.member,
      roster: toHex(context.rosterHash),
      time: context.time,
      expires: context.time + MAX_VALID_SECONDS,
    }),
  );
  return { payload, signature: await sign(key, transcript("validation-request", context.instance, payload)) };
}

/** Reads stored bytes; throws `Malformed` for anything else. */
export function readValidation(payload: Uint8Array): { case: string; member: string; expires: number } {
  const read = object(parseJson(payload), "instance", "case", "request", "member", "roster", "time", "expires");
  hash(read.roster);
  return { case: id(read.case), member: id(read.member), expires: number(read.expires) };
}

/** Names a request in the unseal request that answers it. */
export const validationRequestHash = (instance: string, payload: Uint8Array): Uint8Array =>
  h("validation-request-hash", instance, payload);

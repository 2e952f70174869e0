// Signed acts of members on a case or an identity (PROTOCOL, sections 9 and 18): JSON whose bytes are signed.
import { toBase64, utf8 } from "./bytes";
import { contentJson } from "./envelope";
import type { Json } from "./json";
import { type SigningKey, sign } from "./sign";
import { transcript } from "./transcript";

export type ActKind = "case-state" | "recusal" | "check" | "identity-shown" | "verdict" | "erasure";

/** The signed bytes and the signature, base64: as the server takes them. */
export interface SignedAct {
  payload: string;
  signature: string;
}

/** Writes an act's payload, with its fields in the order given, and signs it. */
export async function signAct(
  kind: ActKind,
  instance: string,
  fields: Record<string, Json>,
  key: SigningKey,
): Promise<SignedAct> {
  const payload = utf8(contentJson({ instance, ...fields }));
  const signature = await sign(key, transcript(kind, instance, payload));
  return { payload: toBase64(payload), signature: toBase64(signature) };
}

// An officer's request to unseal (PROTOCOL, section 9): its bytes, its signature, the purpose's commitment.
import { ephemeralIdentity, type Identity } from "./age";
import { randomBytes, toBase64, toHex, utf8 } from "./bytes";
import { commit, h } from "./hash";
import { type SigningKey, sign } from "./sign";
import { transcript } from "./transcript";

export interface UnsealPurpose {
  /** A code of the profile. */
  class: string;
  text: string;
}

export interface UnsealRequest {
  /** The stored bytes `r`. */
  request: Uint8Array;
  signature: Uint8Array;
  /** The purpose letter's content: what the commitment opens to. */
  purpose: { class: string; text: string; salt: string };
  /** To whom the witness answers; lives in this page only. */
  ephemeral: Identity;
}

/** The request of somebody else that an opening answers. */
export interface Answers {
  by: "member" | "reporter";
  /** Of a member: `validationRequestHash`; of the reporter: the hash of the case statement. */
  hash: Uint8Array;
}

/** Longest validity of a request, in seconds: 72 hours. */
const MAX_VALID_SECONDS = 72 * 3600;

export interface UnsealContext {
  instance: string;
  case: string;
  /** The case's number, as the page shows it. */
  number: string;
  manifestHash: Uint8Array;
  rosterHash: Uint8Array;
  officer: string;
  /** Unix seconds. */
  time: number;
  answers: Answers | null;
}

export async function buildRequest(
  context: UnsealContext,
  purpose: UnsealPurpose,
  key: SigningKey,
): Promise<UnsealRequest> {
  const text = purpose.text.normalize("NFC");
  if (text.trim() === "") throw new RangeError("a purpose says why");
  const salt = randomBytes(32);
  const ephemeral = await ephemeralIdentity();
  const request = utf8(
    JSON.stringify({
      instance: context.instance,
      case: context.case,
      number: context.number,
      manifest: toHex(context.manifestHash),
      roster: toHex(context.rosterHash),
      class: purpose.class,
      commitment: toHex(purposeCommitment(context.instance, salt, text)),
      nonce: toBase64(randomBytes(16)),
      recipient: ephemeral.recipient,
      officer: context.officer,
      time: context.time,
      expires: context.time + MAX_VALID_SECONDS,
      answers: context.answers && { by: context.answers.by, hash: toHex(context.answers.hash) },
    }),
  );
  const signature = await sign(key, transcript("unseal-request", context.instance, request));
  return { request, signature, purpose: { class: purpose.class, text, salt: toBase64(salt) }, ephemeral };
}

/** Names a request's stored bytes: none is taken twice. */
export const requestHash = (instance: string, request: Uint8Array): Uint8Array =>
  h("unseal-request-hash", instance, request);

/** Commitment against which a second officer's or an auditor's browser checks a purpose letter. */
export const purposeCommitment = (instance: string, salt: Uint8Array, text: string): Uint8Array =>
  commit("purpose", instance, salt, text.normalize("NFC"));

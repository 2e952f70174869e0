// Fixed keys and a small world for the tests.
import { type Identity, identity } from "../src/vault/age";
import { type SigningKey, signingKey } from "../src/vault/sign";

export const instance = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d";
export const caseId = "11111111-1111-4111-8111-111111111111";
export const recordId = "22222222-2222-4222-8222-222222222222";
export const sealId = "33333333-3333-4333-8333-333333333333";
export const staffId = (digit: number): string => `0000000${digit}-0000-4000-8000-000000000000`;

export const filled = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
export const identityOf = (byte: number): Promise<Identity> => identity(filled(byte));
export const signerOf = (byte: number): Promise<SigningKey> => signingKey(filled(byte));

export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}

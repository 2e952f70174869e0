// The purpose of an opening, as the witness verified it and sealed it to an auditor (PROTOCOL, section 9).
import { type Identity, openWith } from "./age";
import { equal, Refused, text, utf8, uuidBytes, wipe } from "./bytes";
import { unpad } from "./record";
import { readTranscript } from "./transcript";
import { purposeCommitment } from "./unseal";

export interface Opening {
  instance: string;
  case: string;
  /** Hash of the unseal request. */
  requestHash: Uint8Array;
  class: string;
  /** The request's commitment to the text. */
  commitment: Uint8Array;
}

/** Opens the text. Throws `Refused` unless it is this opening's, and the one that the officer's request commits to. */
export async function openVerifiedPurpose(opening: Opening, file: Uint8Array, identity: Identity): Promise<string> {
  const plaintext = await openWith(identity, file);
  try {
    const fields = readTranscript(plaintext, "verified-purpose", opening.instance) ?? [];
    const [of, request, code, salt, padded, ...rest] = fields;
    if (!of || !request || !code || !salt || !padded || rest.length > 0) throw new Refused("not a purpose");
    if (
      !equal(of, uuidBytes(opening.case)) ||
      !equal(request, opening.requestHash) ||
      !equal(code, utf8(opening.class))
    )
      throw new Refused("another opening's purpose");
    const purpose = text(unpad(padded));
    if (!equal(purposeCommitment(opening.instance, salt, purpose), opening.commitment))
      throw new Refused("not the purpose that the officer signed");
    return purpose;
  } finally {
    wipe(plaintext);
  }
}

// Unsent text of a member, sealed to its author (PROTOCOL, section 8).
import { type Identity, openWith, sealTo } from "./age";
import { equal, Refused, text, utf8, uuidBytes, wipe } from "./bytes";
import { pad, unpad } from "./record";
import { type SigningKey, sign, verifies } from "./sign";
import { readTranscript, transcript } from "./transcript";

/** Where a draft belongs; it opens nowhere else. */
export interface DraftPlace {
  instance: string;
  staff: string;
  case: string;
  field: string;
}

const signed = (place: DraftPlace, padded: Uint8Array): Uint8Array =>
  transcript("draft-signature", place.instance, uuidBytes(place.staff), uuidBytes(place.case), place.field, padded);

/** An age file to the member's own recipient; its size tells no more than a record's does. */
export async function sealDraft(
  place: DraftPlace,
  typed: string,
  recipient: string,
  key: SigningKey,
): Promise<Uint8Array> {
  const padded = pad(utf8(typed));
  const message = signed(place, padded);
  const plaintext = transcript(
    "draft",
    place.instance,
    uuidBytes(place.staff),
    uuidBytes(place.case),
    place.field,
    padded,
    await sign(key, message),
  );
  try {
    return await sealTo(recipient, plaintext);
  } finally {
    wipe(padded, message, plaintext);
  }
}

/** Opens the text. Throws `Refused` unless this member typed it in this field: nobody may put words into another's mouth. */
export async function openDraft(
  place: DraftPlace,
  file: Uint8Array,
  identity: Identity,
  verifyKey: Uint8Array,
): Promise<string> {
  const plaintext = await openWith(identity, file);
  try {
    const [staff, of, field, padded, signature, ...rest] = readTranscript(plaintext, "draft", place.instance) ?? [];
    if (!staff || !of || !field || !padded || !signature || rest.length > 0) throw new Refused("not a draft");
    if (!equal(staff, uuidBytes(place.staff)) || !equal(of, uuidBytes(place.case)) || !equal(field, utf8(place.field)))
      throw new Refused("another draft");
    if (!verifies(verifyKey, signed(place, padded), signature)) throw new Refused("somebody else's draft");
    return text(unpad(padded));
  } finally {
    wipe(plaintext);
  }
}

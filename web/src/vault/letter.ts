// Text to somebody who holds no case key (PROTOCOL, section 8).
import { type Identity, openWith, sealTo } from "./age";
import { equal, Refused, utf8, uuidBytes, wipe } from "./bytes";
import { type Envelope, readEnvelope, type Via, writeEnvelope } from "./envelope";
import type { SigningKey } from "./sign";
import { readTranscript, transcript } from "./transcript";

export type LetterKind = "purpose" | "validation-request" | "verdict-checks" | "check-note" | "recusal";

export interface LetterPlace {
  instance: string;
  case: string;
  letter: string;
  kind: LetterKind;
}

const place = (letter: LetterPlace) =>
  ({ what: "letter", instance: letter.instance, case: letter.case, id: letter.letter, kind: letter.kind }) as const;

/** One signed letter as an age file for each of `recipients`, in their order. */
export async function writeLetter(
  letter: LetterPlace,
  author: string,
  via: Via,
  content: string,
  key: SigningKey,
  recipients: string[],
): Promise<Uint8Array[]> {
  const envelope = await writeEnvelope(place(letter), author, via, content, key);
  const plaintext = transcript(
    "letter",
    letter.instance,
    uuidBytes(letter.case),
    uuidBytes(letter.letter),
    letter.kind,
    envelope,
  );
  try {
    return await Promise.all(recipients.map((recipient) => sealTo(recipient, plaintext)));
  } finally {
    wipe(envelope, plaintext);
  }
}

/** Opens a letter and reads its envelope; the signature is the caller's to check with `letterEnvelopePlace`. */
export async function openLetter(identity: Identity, letter: LetterPlace, file: Uint8Array): Promise<Envelope> {
  const plaintext = await openWith(identity, file);
  try {
    const [of, id, kind, envelope, ...rest] = readTranscript(plaintext, "letter", letter.instance) ?? [];
    if (!of || !id || !kind || !envelope || rest.length > 0) throw new Refused("not a letter");
    if (!equal(of, uuidBytes(letter.case)) || !equal(id, uuidBytes(letter.letter)) || !equal(kind, utf8(letter.kind)))
      throw new Refused("another letter");
    return readEnvelope(envelope);
  } finally {
    wipe(plaintext);
  }
}

export const letterEnvelopePlace = place;

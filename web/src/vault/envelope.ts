// The envelope around a record's or letter's content: who wrote it, who held the key, the signature.
import { Malformed, toBase64, utf8, uuidBytes } from "./bytes";
import { base64, object, oneOf, parseJson, string } from "./json";
import { type SigningKey, sign, verifies } from "./sign";
import { transcript } from "./transcript";

export type Via = "server" | "browser" | "command-line";

export interface Envelope {
  /** `reporter` or `staff:<uuid>`. */
  author: string;
  via: Via;
  /** The content's JSON, as it was signed. */
  content: string;
  signature: Uint8Array;
}

/** Where the envelope stands; it verifies nowhere else. `id` is the record's or the letter's. */
export interface Place {
  what: "record" | "letter";
  instance: string;
  case: string;
  id: string;
  kind: string;
}

const signed = (place: Place, author: string, via: Via, content: string): Uint8Array =>
  transcript(
    `${place.what}-signature`,
    place.instance,
    uuidBytes(place.case),
    uuidBytes(place.id),
    place.kind,
    author,
    via,
    content,
  );

/** Signs `content` (JSON text, NFC) and returns the envelope's JSON. */
export async function writeEnvelope(
  place: Place,
  author: string,
  via: Via,
  content: string,
  key: SigningKey,
): Promise<Uint8Array> {
  const signature = await sign(key, signed(place, author, via, content));
  return utf8(JSON.stringify({ author, via, content, signature: toBase64(signature) }));
}

/** Throws `Malformed` for anything that is no envelope. Says nothing about the signature. */
export function readEnvelope(json: Uint8Array): Envelope {
  const envelope = object(parseJson(json), "author", "via", "content", "signature");
  const author = string(envelope.author);
  if (author !== "reporter") {
    const [who, id, ...rest] = author.split(":");
    if (who !== "staff" || rest.length > 0) throw new Malformed("unknown author");
    uuidBytes(id ?? "");
  }
  return {
    author,
    via: oneOf(envelope.via, "server", "browser", "command-line"),
    content: string(envelope.content),
    signature: base64(envelope.signature, 64),
  };
}

export const envelopeVerifies = (place: Place, envelope: Envelope, verifyKey: Uint8Array): boolean =>
  verifies(verifyKey, signed(place, envelope.author, envelope.via, envelope.content), envelope.signature);

/** JSON for what will be signed: every text in NFC. */
export const contentJson = (content: unknown): string =>
  JSON.stringify(content, (_, value: unknown) => (typeof value === "string" ? value.normalize("NFC") : value));

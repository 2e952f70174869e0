// C2SP signed notes: a text, an empty line, and one line for each signature.
import { concat, equal, fromBase64, fromHex, Malformed, Refused, text, toBase64, toHex, utf8 } from "./bytes";
import { sha256 } from "./hash";
import { type SigningKey, sign, verifies } from "./sign";

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;

/** A pinned key that may sign a note; never taken from the note itself. */
export interface Verifier {
  name: string;
  /** `ED25519` or `COSIGNATURE`. */
  type: number;
  key: Uint8Array;
}

export interface Note {
  /** With its last line feed. */
  text: string;
  signatures: { name: string; keyId: Uint8Array; signature: Uint8Array }[];
}

export const keyName = (who: "authority" | "log" | "witness", instance: string): string =>
  `sigilo/v1/${who}/${instance}`;

export const keyId = (verifier: Verifier): Uint8Array =>
  sha256(concat(utf8(`${verifier.name}\n`), Uint8Array.of(verifier.type), verifier.key)).slice(0, 4);

/** `name+keyid+base64(type ‖ key)`, for an Ed25519 key. */
export function parseVerifier(encoded: string): Verifier {
  const [name, id, key, ...rest] = encoded.split("+");
  // The base64 part may hold plus signs itself.
  const bytes = fromBase64([key ?? "", ...rest].join("+"), 33);
  const verifier = { name: name ?? "", type: bytes[0] ?? 0, key: bytes.slice(1) };
  if (!validName(verifier.name) || verifier.type !== ED25519 || !equal(keyId(verifier), fromHex(id ?? "", 4)))
    throw new Malformed("not a verifier key");
  return verifier;
}

export const formatVerifier = (verifier: Verifier): string =>
  `${verifier.name}+${toHex(keyId(verifier))}+${toBase64(concat(Uint8Array.of(verifier.type), verifier.key))}`;

const validName = (name: string): boolean => name !== "" && !/[\s+]/u.test(name);

export function parseNote(bytes: Uint8Array): Note {
  const whole = text(bytes);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Malformed("control characters in a note");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || !whole.endsWith("\n")) throw new Malformed("not a signed note");
  const lines = whole.slice(split + 2, -1).split("\n");
  const signatures = lines.map((line) => {
    const [dash, name, encoded, ...rest] = line.split(" ");
    if (dash !== "—" || rest.length > 0 || !validName(name ?? "")) throw new Malformed("not a note's signature");
    const signature = fromBase64(encoded ?? "");
    if (signature.length < 5) throw new Malformed("not a note's signature");
    return { name: name ?? "", keyId: signature.slice(0, 4), signature: signature.slice(4) };
  });
  return { text: whole.slice(0, split + 1), signatures };
}

const COSIGNED_TIME = 8;

/** The verifier's good signature on the note; a cosignature also tells its time. Throws `Refused` without one. */
export function verifyNote(note: Note, verifier: Verifier): { time: number | null } {
  const id = keyId(verifier);
  // The first of this key decides, as in other readers of signed notes.
  const first = note.signatures.find(({ name, keyId: of }) => name === verifier.name && equal(of, id));
  const signature = first?.signature ?? new Uint8Array(0);
  if (verifier.type === ED25519 && verifies(verifier.key, utf8(note.text), signature)) return { time: null };
  if (verifier.type === COSIGNATURE && signature.length === COSIGNED_TIME + 64) {
    const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0, false);
    const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
    if (time <= BigInt(Number.MAX_SAFE_INTEGER) && verifies(verifier.key, message, signature.slice(COSIGNED_TIME)))
      return { time: Number(time) };
  }
  throw new Refused(`no good signature by ${verifier.name}`);
}

/** The JSON line of a note that is not a checkpoint: `sigilo/v1/<what>/<instance>\n<JSON>\n`. */
export function noteBody(note: Note, what: string, instance: string): string {
  const [head, json, end, ...rest] = note.text.split("\n");
  if (head !== `sigilo/v1/${what}/${instance}` || json === undefined || end !== "" || rest.length > 0)
    throw new Malformed(`not a ${what} note of this instance`);
  return json;
}

/** Signs a text (type 0x01). The text ends with a line feed. */
export async function signNote(noteText: string, name: string, key: SigningKey): Promise<Uint8Array> {
  const id = keyId({ name, type: ED25519, key: key.verifyKey });
  const signature = await sign(key, utf8(noteText));
  return utf8(`${noteText}\n— ${name} ${toBase64(concat(id, signature))}\n`);
}

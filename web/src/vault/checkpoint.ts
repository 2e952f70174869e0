// A checkpoint of the audit log: signed by the log, countersigned by the witness (PROTOCOL, section 6).
import { fromBase64, Malformed } from "./bytes";
import { COSIGNATURE, ED25519, keyName, parseNote, verifyNote } from "./note";

export interface Checkpoint {
  size: number;
  root: Uint8Array;
  /** When the witness countersigned, unix seconds. */
  cosignedAt: number;
}

export interface LogKeys {
  log: Uint8Array;
  witness: Uint8Array;
}

/** The three lines of a checkpoint's text; extension lines are refused, nobody here writes any. */
export function parseCheckpoint(noteText: string, instance: string): { size: number; root: Uint8Array } {
  const [origin, size, root, end, ...rest] = noteText.split("\n");
  // Each restore that lost entries opens another origin, numbered from 2: the witness countersigns the newest only.
  const name = keyName("log", instance);
  const later =
    origin?.startsWith(`${name}/`) === true && /^([2-9]|[1-9][0-9]{1,14})$/.test(origin.slice(name.length + 1));
  if ((origin !== name && !later) || end !== "" || rest.length > 0) throw new Malformed("not a checkpoint of this log");
  if (!/^(0|[1-9][0-9]{0,14})$/.test(size ?? "")) throw new Malformed("not a checkpoint's size");
  return { size: Number(size), root: fromBase64(root ?? "", 32) };
}

/** Both signatures or `Refused`. The keys come from the verified roster. */
export function verifyCheckpoint(bytes: Uint8Array, instance: string, keys: LogKeys): Checkpoint {
  const note = parseNote(bytes);
  const { size, root } = parseCheckpoint(note.text, instance);
  verifyNote(note, { name: keyName("log", instance), type: ED25519, key: keys.log });
  const { time } = verifyNote(note, { name: keyName("witness", instance), type: COSIGNATURE, key: keys.witness });
  return { size, root, cosignedAt: time ?? 0 };
}

// An attachment of a case (PROTOCOL, section 12): the content of its record, and the stored file as a stream.
// Only a few chunks are held in memory, whatever the length of the file.
import { sha256 } from "@noble/hashes/sha2.js";
import { identity, openStream, sealStream } from "./age";
import { dom, equal, Malformed, Refused, randomBytes, toBase64, toHex, wipe } from "./bytes";
import { contentJson } from "./envelope";
import { array, base64, hash, number, object, oneOf, parseJson, string } from "./json";
import { padme } from "./record";

/** The kinds of data that cleaning removes, in the order of the format. */
export const REMOVED = [
  "place",
  "device",
  "author",
  "software",
  "dates",
  "thumbnail",
  "revisions",
  "description",
  "other",
] as const;
export type Removed = (typeof REMOVED)[number];

/** The content of a record of kind `attachment`. */
export interface Attachment {
  name: string;
  /** Media type, lower case, without parameters. */
  type: string;
  /** Length of the content in bytes. */
  size: number;
  /** SHA-256 of the content. */
  sha256: Uint8Array;
  /** X25519 scalar that opens the stored file. The holder wipes it. */
  key: Uint8Array;
  cleaning: "cleaned" | "unchanged";
  removed: Removed[];
}

export const LONGEST_NAME = 120;
/** Bytes of the smallest plaintext of a stored file; also of an age chunk, and of a piece passed on. */
const CHUNK = 65_536;
/** Most bytes of an age header with one recipient. */
const LONGEST_HEADER = 4 * CHUNK;
/** Bytes read from disk, or gathered for a Blob, at a time. */
const PART = 4 * 1024 * 1024;

/** Length of the padded plaintext of a stored file, in bytes. */
export const storedSize = (size: number): number => padme(Math.max(CHUNK, size));

/** Throws `Malformed` for anything that is not exactly such a content. */
export function readAttachment(content: string): Attachment {
  const json = object(parseJson(content), "name", "type", "size", "sha256", "key", "cleaning", "removed");
  const name = string(json.name);
  if (name === "" || [...name].length > LONGEST_NAME || /[/\\]/.test(name)) throw new Malformed("not a file's name");
  const type = string(json.type);
  if (!/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(type)) throw new Malformed("not a media type");
  const cleaning = oneOf(json.cleaning, "cleaned", "unchanged");
  const removed = array(json.removed, (word) => oneOf(word, ...REMOVED));
  const places = removed.map((word) => REMOVED.indexOf(word));
  if (places.some((place, at) => at > 0 && place <= (places[at - 1] ?? -1))) throw new Malformed("not in order");
  if (cleaning === "unchanged" && removed.length > 0) throw new Malformed("unchanged, and yet something was removed");
  return {
    name,
    type,
    size: number(json.size),
    sha256: hash(json.sha256),
    key: base64(json.key, 32),
    cleaning,
    removed,
  };
}

export const writeAttachment = (file: Attachment): string =>
  contentJson({
    name: file.name,
    type: file.type,
    size: file.size,
    sha256: toHex(file.sha256),
    key: toBase64(file.key),
    cleaning: file.cleaning,
    removed: file.removed,
  });

/** Receives the bytes done and the total of the padded plaintext. Awaited, so that a page can render and react. */
export type Progress = (done: number, total: number) => void | Promise<void>;

const CHANGED = "the stored file is not what was sent";

/**
 * Yields the content piece by piece. Show nothing of it as authentic before the end. Throws `Refused` when the file was
 * exchanged, cut, reordered or changed, the error of `stored` when that failed, and `signal`'s reason when aborted.
 * The caller keeps or wipes each piece.
 */
export async function* openAttachment(
  stored: ReadableStream<Uint8Array>,
  file: Attachment,
  onProgress?: Progress,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const source = new Source(stored);
  const stop = (): void => source.cancel();
  signal?.addEventListener("abort", stop, { once: true });
  let plain: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    signal?.throwIfAborted();
    const key = await identity(file.key);
    try {
      plain = (await openStream(key, source.stream)).getReader();
      source.headerRead = true;
      const total = storedSize(file.size);
      const hashed = sha256.create();
      let at = 0;
      for (;;) {
        const { done, value } = await plain.read();
        signal?.throwIfAborted();
        if (done) break;
        const content = value.subarray(0, Math.max(0, file.size - at));
        at += value.length;
        if (at > total || !isZero(value.subarray(content.length))) throw new Refused(CHANGED);
        hashed.update(content);
        await onProgress?.(at, total);
        signal?.throwIfAborted();
        if (content.length > 0) yield content;
      }
      if (at !== total || !equal(hashed.digest(), file.sha256)) throw new Refused(CHANGED);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (source.failure) throw source.failure.error;
      throw error instanceof Refused ? error : new Refused(CHANGED);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    plain?.cancel().catch(() => undefined);
    source.cancel();
  }
}

/** Stream in pieces of at most one chunk, with backpressure. Remembers a failure of the source. */
class Source {
  readonly stream: ReadableStream<Uint8Array>;
  failure: { error: unknown } | null = null;
  headerRead = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stored: ReadableStream<Uint8Array>) {
    const reader = stored.getReader();
    this.#reader = reader;
    let [rest, taken] = [new Uint8Array(0) as Uint8Array, 0];
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      // Without this limit the library would buffer a whole file that has no line feed, to find the header's end.
      if (!this.headerRead && taken >= LONGEST_HEADER) throw new Refused(CHANGED);
      while (rest.length === 0) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          this.failure ??= { error };
          throw error;
        });
        if (done) return controller.close();
        rest = value;
      }
      const piece = rest.subarray(0, CHUNK);
      rest = rest.subarray(piece.length);
      taken += piece.length;
      controller.enqueue(piece);
    };
    this.stream = new ReadableStream({ pull, cancel: () => this.cancel() }, { highWaterMark: 0 });
  }

  cancel(): void {
    this.#reader.cancel().catch(() => undefined);
  }
}

function isZero(bytes: Uint8Array): boolean {
  let stray = 0;
  for (const byte of bytes) stray |= byte;
  return stray === 0;
}

/** Seals a file unchanged under a fresh key. Returns the stored file and its record's content. The caller wipes `file.key`. */
export async function sealAttachment(
  content: Blob,
  told: Pick<Attachment, "name" | "type">,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<{ sealed: Blob; file: Attachment }> {
  const key = randomBytes(32);
  const { recipient } = await identity(key);
  const [size, total] = [content.size, storedSize(content.size)];
  const hashed = sha256.create();
  let at = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    signal?.throwIfAborted();
    await onProgress?.(at, total);
    if (at === total) return controller.close();
    let piece: Uint8Array;
    if (at < size) {
      piece = new Uint8Array(await content.slice(at, Math.min(size, at + PART / 4)).arrayBuffer());
      if (piece.length === 0) throw new Error("the file has become shorter");
      hashed.update(piece);
    } else {
      piece = new Uint8Array(Math.min(CHUNK, total - at));
    }
    at += piece.length;
    controller.enqueue(piece);
  };
  const gathered = new Gathered();
  const reader = (await sealStream(recipient, new ReadableStream({ pull }, { highWaterMark: 0 }))).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) gathered.add(next.value);
  const file: Attachment = { ...told, size, sha256: hashed.digest(), key, cleaning: "unchanged", removed: [] };
  return { sealed: gathered.blob("application/octet-stream"), file };
}

/** Collects pieces in a Blob, which the browser keeps outside the page's memory. Wipes the pieces. */
export class Gathered {
  #parts: Blob[] = [];
  #pending: Uint8Array[] = [];
  #bytes = 0;

  add(piece: Uint8Array): void {
    this.#pending.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= PART) this.#flush();
  }

  blob(type: string): Blob {
    this.#flush();
    return new Blob(this.#parts, { type });
  }

  /** Wipes the pieces that are not in a Blob yet. */
  drop(): void {
    wipe(...this.#pending);
    this.#pending = [];
    this.#parts = [];
  }

  #flush(): void {
    this.#parts.push(new Blob(this.#pending.map(dom)));
    wipe(...this.#pending);
    this.#pending = [];
    this.#bytes = 0;
  }
}

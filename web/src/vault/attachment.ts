// A file that belongs to a case (PROTOCOL, section 12): what its record says, and the stored file as a stream.
// However long a file is, no more than a few chunks of it are held here.
import { sha256 } from "@noble/hashes/sha2.js";
import { identity, openStream, sealStream } from "./age";
import { dom, equal, Malformed, Refused, randomBytes, toBase64, toHex, wipe } from "./bytes";
import { contentJson } from "./envelope";
import { array, base64, hash, number, object, oneOf, parseJson, string } from "./json";
import { padme } from "./record";

/** What cleaning may have taken out, in the order of the format. */
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
  /** Of the content, in bytes. */
  size: number;
  /** Of the content. */
  sha256: Uint8Array;
  /** X25519 scalar; opens the stored file. Whoever holds this wipes it. */
  key: Uint8Array;
  cleaning: "cleaned" | "unchanged";
  removed: Removed[];
}

export const LONGEST_NAME = 120;
/** Smallest plaintext of a stored file; also age's chunk, and how much is passed on at a time. */
const CHUNK = 65_536;
/** An age header that is longer is no header of ours. */
const LONGEST_HEADER = 4 * CHUNK;
/** Read from disk, or gathered, at a time. */
const PART = 4 * 1024 * 1024;

/** How long the plaintext of a stored file is. */
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

/** Bytes of the padded plaintext so far, and all of them. Awaited, so that a page can draw and hear its user. */
export type Progress = (done: number, total: number) => void | Promise<void>;

const CHANGED = "the stored file is not what was sent";

/**
 * The content, piece by piece. Nothing of it may be shown as authentic before this ends: throws `Refused` when the file
 * was exchanged, cut, reordered or changed, what `stored` failed with when it did, and `signal`'s reason when aborted.
 * A piece is the caller's to keep or to wipe.
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

/** A stream in pieces of at most a chunk, only as fast as it is read, that remembers whether it was the source that failed. */
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
      // Else the library would gather a file without a line feed in memory, looking for the header's end.
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

/** Seals a file as it is, under a fresh key: the stored file, and what its record says. The caller wipes `file.key`. */
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

/** Puts pieces into a Blob: the browser keeps those outside this page's memory. Wipes what it was given. */
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

  /** Wipes what has not gone into a Blob yet. */
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

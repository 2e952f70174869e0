// PROTOCOL, section 12: what is sealed opens; whatever is done to a stored file is refused; memory stays flat.
import { describe, expect, it } from "vitest";
import { identity, sealTo } from "../src/vault/age";
import {
  type Attachment,
  openAttachment,
  REMOVED,
  readAttachment,
  sealAttachment,
  storedSize,
  writeAttachment,
} from "../src/vault/attachment";
import { concat, Refused, toBase64, toHex } from "../src/vault/bytes";
import { sha256 } from "../src/vault/hash";
import { filled, flipped } from "./support";

const MIB = 1024 * 1024;
const CHUNK = 65_536;
const told = { name: "foto inventada.jpg", type: "image/jpeg" };

/** Bytes that differ from chunk to chunk. */
const invented = (size: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 16) * 7 + 1) & 0xff);

/** In pieces of odd sizes, as a network gives them. */
function streamed(bytes: Uint8Array, step = 50_001): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + step));
      at += step;
    },
  });
}

async function opened(stored: Uint8Array | ReadableStream<Uint8Array>, file: Attachment): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of openAttachment(stored instanceof Uint8Array ? streamed(stored) : stored, file))
    pieces.push(piece);
  return concat(...pieces);
}

async function sealed(content: Uint8Array<ArrayBuffer>): Promise<{ stored: Uint8Array; file: Attachment }> {
  const { sealed, file } = await sealAttachment(new Blob([content]), told);
  return { stored: new Uint8Array(await sealed.arrayBuffer()), file };
}

/** A stored file whose plaintext is whatever an insider with its key writes. */
async function forged(
  plaintext: Uint8Array,
  about: Partial<Attachment> = {},
): Promise<{ stored: Uint8Array; file: Attachment }> {
  const { recipient } = await identity(filled(21));
  const file: Attachment = {
    ...told,
    size: 5,
    sha256: sha256(plaintext.subarray(0, 5)),
    key: filled(21),
    cleaning: "unchanged",
    removed: [],
    ...about,
  };
  return { stored: await sealTo(recipient, plaintext), file };
}

const isRefused = (stored: Uint8Array | ReadableStream<Uint8Array>, file: Attachment) =>
  expect(opened(stored, file)).rejects.toBeInstanceOf(Refused);

describe("a record's content", () => {
  const file: Attachment = {
    ...told,
    size: 3,
    sha256: filled(1),
    key: filled(2),
    cleaning: "cleaned",
    removed: ["place", "device"],
  };
  const json = {
    ...told,
    size: 3,
    sha256: toHex(filled(1)),
    key: toBase64(filled(2)),
    cleaning: "cleaned",
    removed: ["place", "device"],
  };

  it("is written in the format's order, in NFC, and comes back", () => {
    expect(writeAttachment(file)).toBe(JSON.stringify(json));
    expect(readAttachment(writeAttachment(file))).toEqual(file);
    expect(readAttachment(writeAttachment({ ...file, name: "an\u0303o.jpg" })).name).toBe("a\u00f1o.jpg");
    expect(readAttachment(JSON.stringify({ ...json, removed: REMOVED })).removed).toEqual(REMOVED);
  });

  it.each([
    ["an unknown field", { more: 1 }],
    ["a missing field", { type: undefined }],
    ["an empty name", { name: "" }],
    ["a long name", { name: "a".repeat(121) }],
    ["a path", { name: "../a" }],
    ["a Windows path", { name: "a\\b" }],
    ["no media type", { type: "image" }],
    ["a media type with a parameter", { type: "text/html;charset=utf-7" }],
    ["a fraction", { size: 1.5 }],
    ["a negative size", { size: -1 }],
    ["an unsafe size", { size: 2 ** 53 }],
    ["a size as text", { size: "3" }],
    ["a short hash", { sha256: "00" }],
    ["upper-case hex", { sha256: "A".repeat(64) }],
    ["a short key", { key: toBase64(filled(2, 31)) }],
    ["a key without padding", { key: toBase64(filled(2)).slice(0, -1) }],
    ["an unknown cleaning", { cleaning: "maybe" }],
    ["an unknown word", { removed: ["face"] }],
    ["words out of order", { removed: ["device", "place"] }],
    ["a word twice", { removed: ["place", "place"] }],
    ["unchanged and yet removed", { cleaning: "unchanged" }],
    ["removed as text", { removed: "place" }],
  ])("is refused with %s", (_, change) => {
    expect(() => readAttachment(JSON.stringify({ ...json, ...change }))).toThrow();
  });

  it("counts characters, not their halves", () => {
    expect(readAttachment(JSON.stringify({ ...json, name: "😀".repeat(120) })).name.length).toBe(240);
  });
});

describe("the stored size", () => {
  it("is a bucket, also beyond 32 bits", () => {
    expect([0, 1, 65_536, 65_537, 1_000_000, 2 ** 31 + 1, 2 ** 32, 2 ** 40 + 1].map(storedSize)).toEqual([
      65_536,
      65_536,
      65_536,
      67_584,
      1_015_808,
      2 ** 31 + 2 ** 26,
      2 ** 32,
      2 ** 40 + 2 ** 34,
    ]);
  });
});

describe("a file", () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * MIB + 17])(
    "of %i bytes comes back",
    async (size) => {
      const content = invented(size);
      const { stored, file } = await sealed(content);
      expect(file).toMatchObject({ ...told, size, cleaning: "unchanged", removed: [] });
      expect(file.sha256).toEqual(sha256(content));
      // One chunk of 64 KiB has a tag of 16 bytes.
      const plain = storedSize(size);
      expect(stored.length - plain - 16 * Math.ceil(plain / CHUNK)).toBeLessThan(300);
      expect(Buffer.compare(await opened(stored, readAttachment(writeAttachment(file))), content)).toBe(0);
    },
  );

  it("is sealed under a key of its own", async () => {
    const [one, other] = [await sealed(invented(9)), await sealed(invented(9))];
    expect(one.file.key).not.toEqual(other.file.key);
    await isRefused(one.stored, other.file);
    await isRefused(one.stored, { ...one.file, key: filled(3) });
  });

  it("tells how far it is, up to the end", async () => {
    const { stored, file } = await sealed(invented(3 * CHUNK));
    const told: number[] = [];
    for await (const _ of openAttachment(streamed(stored), file, (done) => void told.push(done)));
    expect(told).toEqual([1, 2, 3].map((n) => n * CHUNK));
  });
});

describe("a stored file that was", async () => {
  const content = invented(200_000);
  const { stored, file } = await sealed(content);
  const start = stored.length - storedSize(200_000) - 16 * Math.ceil(storedSize(200_000) / CHUNK);
  const chunk = (n: number) => stored.slice(start + n * (CHUNK + 16), start + (n + 1) * (CHUNK + 16));

  it("cut is refused, wherever", async () => {
    const ends = [
      0,
      1,
      21,
      22,
      100,
      start - 17,
      start - 1,
      start,
      start + 1,
      start + 16,
      start + CHUNK,
      start + CHUNK + 15,
    ];
    for (let n = 1; n <= 3; n++) ends.push(start + n * (CHUNK + 16), start + n * (CHUNK + 16) + 1);
    ends.push(stored.length - 17, stored.length - 16, stored.length - 1);
    for (const end of ends) await isRefused(stored.slice(0, end), file);
  });

  it("changed in one bit is refused, wherever", async () => {
    for (const at of [
      0,
      30,
      60,
      120,
      start - 20,
      start - 1,
      start,
      start + CHUNK,
      start + CHUNK + 15,
      start + CHUNK + 16,
      stored.length - 1,
    ])
      await isRefused(flipped(stored, at), file);
  });

  it("lengthened is refused", async () => {
    await isRefused(concat(stored, Uint8Array.of(0)), file);
    await isRefused(concat(stored, chunk(0)), file);
  });

  it("reordered, or had a chunk repeated or dropped, is refused", async () => {
    const [head, rest] = [stored.slice(0, start), stored.slice(start + 2 * (CHUNK + 16))];
    expect(await opened(concat(head, chunk(0), chunk(1), rest), file)).toEqual(content);
    await isRefused(concat(head, chunk(1), chunk(0), rest), file);
    await isRefused(concat(head, chunk(0), chunk(0), rest), file);
    await isRefused(concat(head, chunk(1), rest), file);
  });

  it("exchanged for another of the same size is refused", async () => {
    await isRefused((await sealed(invented(200_000))).stored, file);
  });

  it("never an age file is refused, without being gathered whole in search of a header", async () => {
    let given = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += CHUNK;
        controller.enqueue(filled(0x61, CHUNK));
      },
    });
    await isRefused(endless, file);
    expect(given).toBeLessThan(MIB);
  });
});

describe("a file written by an insider who has its key", () => {
  const honest = (): Uint8Array => {
    const plaintext = new Uint8Array(CHUNK);
    plaintext.set([1, 2, 3, 4, 5]);
    return plaintext;
  };

  it("opens only when all of it is as the record says", async () => {
    const good = await forged(honest());
    expect(await opened(good.stored, good.file)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    await isRefused(good.stored, { ...good.file, size: 4 });
    await isRefused(good.stored, { ...good.file, size: 6 });
    await isRefused(good.stored, { ...good.file, size: CHUNK + 1 });
    await isRefused(good.stored, { ...good.file, sha256: filled(0) });
  });

  it.each([5, 6, CHUNK - 1])("is refused for a byte other than zero at %i", async (at) => {
    const { stored, file } = await forged(flipped(honest(), at), { sha256: sha256(Uint8Array.of(1, 2, 3, 4, 5)) });
    await isRefused(stored, file);
  });

  it.each([0, 5, CHUNK - 1, CHUNK + 1, 67_584, 2 * CHUNK])(
    "is refused with a plaintext of %i bytes",
    async (length) => {
      const plaintext = new Uint8Array(length);
      plaintext.set(honest().subarray(0, Math.min(5, length)));
      const { stored, file } = await forged(plaintext, { sha256: sha256(Uint8Array.of(1, 2, 3, 4, 5)) });
      await isRefused(stored, file);
    },
  );
});

describe("streaming", () => {
  it("holds a few chunks of a long file at most, and stops when nobody reads", async () => {
    const size = 24 * MIB;
    const { stored, file } = await sealed(new Uint8Array(size));
    let [given, taken, peak] = [0, 0, 0];
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (given >= stored.length) return controller.close();
          const end = Math.min(stored.length, given + 40_000);
          controller.enqueue(stored.slice(given, end));
          given = end;
        },
      },
      { highWaterMark: 0 },
    );
    for await (const piece of openAttachment(source, file)) {
      taken += piece.length;
      peak = Math.max(peak, given - taken);
      // Code that reads ahead would do so now.
      if (taken % (4 * MIB) === 0) await new Promise((done) => setTimeout(done, 5));
    }
    expect(taken).toBe(size);
    expect(peak).toBeLessThan(8 * CHUNK);
  });

  it("yields while the rest has not come yet", async () => {
    const { stored, file } = await sealed(invented(MIB));
    let [first, cancelled] = [0, false];
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (first >= MIB / 2) return new Promise(() => undefined);
        controller.enqueue(stored.slice(first, first + CHUNK));
        first += CHUNK;
        return undefined;
      },
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const piece of openAttachment(source, file)) {
      expect(piece).toEqual(invented(CHUNK));
      break;
    }
    expect(cancelled).toBe(true);
  });

  it("stops at once when aborted, with the reason, and lets go of the source", async () => {
    const { stored, file } = await sealed(invented(MIB));
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(stored.slice(0, 3 * CHUNK)),
      cancel: () => {
        cancelled = true;
      },
    });
    const work = new AbortController();
    const reading = (async () => {
      for await (const _ of openAttachment(source, file, undefined, work.signal));
    })();
    setTimeout(() => work.abort(), 20);
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    expect(cancelled).toBe(true);
  });

  it("passes on what the source failed with: that is no sign of a changed file", async () => {
    const { stored, file } = await sealed(invented(MIB));
    for (const after of [0, CHUNK, 5 * CHUNK]) {
      let at = 0;
      const source = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (at >= after) return controller.error(new TypeError("network"));
          controller.enqueue(stored.slice(at, at + CHUNK));
          at += CHUNK;
        },
      });
      await expect(opened(source, file)).rejects.toThrow(new TypeError("network"));
    }
  });

  it("seals as a stream too, and stops when aborted", async () => {
    const work = new AbortController();
    const sealing = sealAttachment(
      new Blob([new Uint8Array(20 * MIB)]),
      told,
      (done) => (done > MIB ? work.abort() : undefined),
      work.signal,
    );
    await expect(sealing).rejects.toMatchObject({ name: "AbortError" });
  });
});

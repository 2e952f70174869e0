// Miniature of the server's file handling: stores sealed files of staff, and takes a reporter's in clear.
import { setTimeout as sleep } from "node:timers/promises";
import { type Attachment, sealAttachment, writeAttachment } from "../../src/vault/attachment";
import { toBase64, utf8 } from "../../src/vault/bytes";
import { writeEnvelope } from "../../src/vault/envelope";
import { sealRecord } from "../../src/vault/record";
import { caseId, filled, flipped, instance, signerOf } from "../support";
import { caseAttributes, coverageJson, REPORTER } from "../world";
import { asset, type More, OFFICER, page, read, start } from "./server";

const REPORTER_CSP =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const FILES = `/api/v1/staff/cases/${caseId}/attachments`;
const MIB = 1024 * 1024;
/** Of a million bytes each, of the long file. */
export const PIECES = 100;
export const piece = (at: number): Uint8Array<ArrayBuffer> => new Uint8Array(1_000_000).fill(at % 7 === 0 ? at : 0);

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/** A tenth of a second of a tone. */
function wav(): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(44 + 800);
  const view = new DataView(out.buffer);
  out.set(utf8("RIFF"), 0);
  view.setUint32(4, 36 + 800, true);
  out.set(utf8("WAVEfmt "), 8);
  view.setUint32(16, 16, true);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    view.setUint16(at, value, true);
  for (const at of [24, 28]) view.setUint32(at, 8000, true);
  out.set(utf8("data"), 36);
  view.setUint32(40, 800, true);
  for (let at = 0; at < 800; at++) out[44 + at] = 128 + 100 * Math.sin(at / 3);
  return out;
}

interface Kept {
  content: Blob;
  name: string;
  type: string;
  about?: Partial<Attachment>;
  /** Behaviour of the store for this file. */
  as?: "gone" | "away" | "changed" | "cut" | "slow" | "broken";
}

const picture = new Blob([Buffer.from(PNG, "base64")]);
/** Where one is looked up by its name in a test. */
const kept: Kept[] = [
  {
    name: "foto de prueba.png",
    type: "image/png",
    content: picture,
    about: { cleaning: "cleaned", removed: ["place", "device"] },
  },
  { name: "nota de voz.wav", type: "audio/wav", content: new Blob([wav()]) },
  {
    name: "relato.txt",
    type: "text/plain",
    content: new Blob(["<script>document.title='mal'</script>\n", Uint8Array.of(0xff), "¿ñ?"]),
  },
  { name: "roto.mp4", type: "video/mp4", content: new Blob(["esto no es un video"]) },
  { name: "página\u202e.exe", type: "text/html", content: new Blob(["<script>alert(1)</script>"]) },
  { name: "largo.mp4", type: "video/mp4", content: new Blob(Array.from({ length: PIECES }, (_, at) => piece(at))) },
  { name: "borrado.png", type: "image/png", content: picture, as: "gone" },
  { name: "ausente.png", type: "image/png", content: picture, as: "away" },
  { name: "cambiado.png", type: "image/png", content: new Blob([new Uint8Array(300_000)]), as: "changed" },
  { name: "cortado.png", type: "image/png", content: new Blob([new Uint8Array(300_000)]), as: "cut" },
  { name: "interrumpido.png", type: "image/png", content: new Blob([new Uint8Array(3 * MIB)]), as: "broken" },
  { name: "lento.png", type: "image/png", content: new Blob([new Uint8Array(3 * MIB)]), as: "slow" },
];

const idOf = (at: number): string =>
  `5555555${(at >> 4).toString(16)}-555${(at & 15).toString(16)}-4555-8555-555555555555`;

export async function startFiles() {
  const stored = new Map<string, { bytes: Uint8Array; as: Kept["as"] }>();
  let elements = "";
  for (const [at, { content, name, type, about, as }] of kept.entries()) {
    const { sealed, file } = await sealAttachment(content, { name, type });
    stored.set(idOf(at), { bytes: new Uint8Array(await sealed.arrayBuffer()), as });
    const signed = { what: "record", instance, case: caseId, id: idOf(at), kind: "attachment" } as const;
    const envelope = await writeEnvelope(
      signed,
      "reporter",
      "server",
      writeAttachment({ ...file, ...about }),
      await signerOf(REPORTER),
    );
    const body = sealRecord(filled(30), { instance, case: caseId, record: idOf(at), kind: "attachment" }, envelope);
    elements += `<sealed-attachment attachment="${idOf(at)}" author="reporter" body="${toBase64(body)}" href="${FILES}/${idOf(at)}"></sealed-attachment>`;
  }
  const staffPage =
    page(`<link rel="stylesheet" href="${asset("staff.css")}"><main><h1>Archivos</h1><a href="/staff">Volver</a>
<sealed-case ${await caseAttributes(await coverageJson())}>
${elements}
<form data-seal="attachment" method="post" action="${FILES}" data-max-bytes="${5 * MIB}" data-max-files="3"><fieldset data-needs-script disabled>
<label for="archivo">Archivos</label><input id="archivo" type="file" name="file" multiple><button>Enviar archivos</button></fieldset></form></sealed-case></main>`);

  /** Uploads of staff: sealed files by id, and the records that followed. */
  const sent = new Map<string, Uint8Array>();
  const records: Record<string, string>[] = [];
  /** For how many more of staff's files there is room, and how slowly they are taken. */
  const store = { room: Number.POSITIVE_INFINITY, pause: 0 };
  /** Uploads of the reporter. */
  const taken: { name: string; size: number; accept: string; mark: boolean }[] = [];
  /** Fail until they are taken out of here: a browser may send again by itself what found its connection closed. */
  const failing = new Set(["falla.jpg", "sin red.jpg"]);
  const reporterPage = (): string => `<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Reporte</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="${asset("reporter.css")}"><script defer src="${asset("reporter.js")}"></script></head>
<body><form class="leave" method="post" action="/leave"><button>Salir ya</button></form><main><ol>${taken.map(({ name }) => `<li class="kept">${name}</li>`).join("")}</ol>
<section class="question" id="pregunta" tabindex="-1"><h1>¿Tiene archivos?</h1>
<form data-upload method="post" enctype="multipart/form-data" action="/report/files" data-next="/report#pregunta" data-max-bytes="${24 * MIB}" data-max-files="6" data-have="${taken.length}"
data-text-cancel="Cancelar" data-text-retry="Reintentar" data-text-dismiss="Quitar" data-text-network="Sin conexión." data-text-waiting="En espera" data-text-done="Listo"
data-text-too-large="Demasiado grande." data-text-too-many="Son demasiados."><input type="hidden" name="mark" value="1">
<label for="f">Elegir archivos</label><input id="f" type="file" name="file" multiple required><button>Enviar</button></form></section></main></body></html>`;

  const more: More = async (request, response, path) => {
    const send = (status: number, body: unknown): true => {
      response
        .writeHead(status, {
          "content-type": status < 400 ? "application/json" : "application/problem+json",
          "cache-control": "no-store",
        })
        .end(JSON.stringify(body));
      return true;
    };
    if (path.replace(/\?$/, "") === "/report") {
      response
        .writeHead(200, {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": REPORTER_CSP,
          "cache-control": "no-store",
        })
        .end(reporterPage());
      return true;
    }
    if (path === "/leave") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<title>Fuera</title>");
      return true;
    }
    if (path === "/report/files") {
      const chunks: Buffer[] = [];
      let name = "";
      for await (const chunk of request) {
        chunks.push(chunk as Buffer);
        name ||= /filename="([^"]*)"/.exec((chunk as Buffer).toString("utf8"))?.[1] ?? "";
        if (name.startsWith("lenta")) await sleep(5);
        if (name.startsWith("muy lenta")) await sleep(50);
      }
      if (failing.has(name)) {
        if (name.startsWith("falla")) return send(422, { title: "No sirve", detail: "Este archivo no se puede leer." });
        request.socket.destroy();
        return true;
      }
      const body = Buffer.concat(chunks);
      const [head, tail] = [body.indexOf("\r\n\r\n", body.indexOf("filename=")) + 4, body.lastIndexOf("\r\n--")];
      taken.push({
        name,
        size: tail - head,
        accept: String(request.headers.accept),
        mark: body.includes('name="mark"'),
      });
      return send(201, {});
    }
    if (!path.startsWith(FILES)) return false;
    if (request.headers["sigilo-client"] !== "1") return send(403, { detail: "de otra parte" });
    const id = path.slice(FILES.length + 1);
    if (request.method === "POST" && id === "") {
      const record = JSON.parse(await read(request)) as Record<string, string>;
      records.push(record);
      return send(sent.has(record["attachment"] ?? "") ? 201 : 409, { location: "/staff/files" });
    }
    if (request.method === "POST") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(chunk as Buffer);
        if (store.pause > 0) await sleep(store.pause);
      }
      if (store.room-- <= 0) return send(503, { title: "Lleno", detail: "No hay lugar para más archivos." });
      sent.set(id, Buffer.concat(chunks));
      return send(request.headers["content-type"] === "application/octet-stream" ? 201 : 415, {});
    }
    const { bytes, as } = stored.get(id) ?? { bytes: new Uint8Array(0), as: "gone" as const };
    if (as === "gone") return send(404, {});
    if (as === "away") return send(503, {});
    const given = as === "changed" ? flipped(bytes, 200_000) : as === "cut" ? bytes.slice(0, 200_000) : bytes;
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "content-length": given.length,
      "cache-control": "no-store",
    });
    response.setMaxListeners(0);
    for (let at = 0; at < given.length && !response.destroyed; at += MIB) {
      if (as === "broken" && at > 0) {
        request.socket.destroy();
        return true;
      }
      if (!response.write(given.subarray(at, at + MIB)))
        await new Promise((done) => response.once("drain", done).once("close", done));
      if (as === "slow") await sleep(2_000);
    }
    response.end();
    return true;
  };
  const server = await start(more, { "/staff/files": staffPage });
  return { ...server, sent, records, taken, failing, store, officer: OFFICER };
}

// A server in miniature, with the Content-Security-Policy of the real one, that holds sealed things only.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat, fromBase64, toBase64, toHex, utf8, uuidBytes } from "../../src/vault/bytes";
import { contentJson, writeEnvelope } from "../../src/vault/envelope";
import { parseJson } from "../../src/vault/json";
import { type RecordKind, sealRecord } from "../../src/vault/record";
import { passwordKeys } from "../../src/vault/staffkeys";
import { transcript } from "../../src/vault/transcript";
import { caseId, filled, flipped, identityOf, instance, recordId, signerOf, staffId } from "../support";
import {
  authorityText,
  caseAttributes,
  coverageJson,
  covered,
  REPORTER,
  rosterJson,
  rosterNote,
  seal,
  stated,
  wrappedArea,
} from "../world";

const CSP =
  "default-src 'none'; style-src 'self'; img-src 'self' blob:; media-src blob:; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const dist = new URL("../../dist/", import.meta.url);
const names = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8")) as Record<string, string>;
export const asset = (name: string): string => `/assets/${names[name] ?? ""}`;

export const EMAIL = "olga@iess.gob.ec";
export const PASSWORD = "una frase bastante larga";
/** Hashes of the entries that the server writes for a check and for a showing. */
export const NOTED = "a1".repeat(32);
export const SHOWN = "b2".repeat(32);
export const UNSEAL = "44444444-4444-4444-8444-444444444444";
export const OFFICER = staffId(1);
/** Was an analyst under the first roster. */
const FORMER = staffId(5);

export const page = (
  body: string,
): string => `<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Sigilo</title>
<meta name="sigilo-instance" content="${instance}"><script type="module" src="${asset("staff.js")}"></script></head><body>${body}</body></html>`;

/** More of a server: answers what it knows, and says whether it did. */
export type More = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<boolean>;

export async function start(
  more: More = () => Promise.resolve(false),
  morePages: Record<string, string> = {},
  changed: (session: object) => object = (session) => session,
) {
  const made = await seal(1, 2);
  const coverage = await covered(made.manifestHash, made.verifyKey);
  const now = await rosterJson();
  const key = { recipient: (await identityOf(5)).recipient, verify_key: toBase64((await signerOf(5)).verifyKey) };
  const person = { id: FORMER, name: "Rosa", role: "analyst", areas: ["quejas"], leads: [], unseal_passkeys: [] };
  const rosa = { ...person, ...key };
  const password = await passwordKeys(instance, EMAIL, PASSWORD);
  const login = toBase64(password.login);
  const keys = JSON.stringify({
    identity: toBase64(filled(1)),
    signing: toBase64(filled(1)),
    authority: await authorityText(),
  });
  const aad = transcript("staff-blob", instance, uuidBytes(OFFICER));
  const blob = concat(filled(0, 24), xchacha20poly1305(password.wrap, filled(0, 24), aad).encrypt(utf8(keys)));
  const session = {
    staff: { id: OFFICER, name: "Olga", role: "officer", language: "es", email: EMAIL },
    blob: toBase64(blob),
    areas: [await wrappedArea("desk", 50, 1, 1)],
    roster: toBase64(await rosterNote(await rosterJson({ version: 2, previous: toHex(filled(1)) }))),
    former_rosters: [toBase64(await rosterNote({ ...now, members: [...now.members.slice(0, 3), rosa] }))],
    checkpoint: null,
    instance,
  };
  const recordHtml = async (
    kind: RecordKind,
    author: string,
    signer: number,
    content: unknown,
    via: "browser" | "server",
    spoil = false,
  ) => {
    const place = { what: "record", instance, case: caseId, id: recordId, kind } as const;
    const envelope = await writeEnvelope(place, author, via, contentJson(content), await signerOf(signer));
    const body = sealRecord(filled(30), { instance, case: caseId, record: recordId, kind }, envelope);
    return `<sealed-record kind="${kind}" record="${recordId}" author="${author}" body="${toBase64(spoil ? flipped(body, 99) : body)}"></sealed-record>`;
  };
  const answers = [{ question: "what", label: "¿Qué pasó?", text: "<b>Me</b> cobraron" }];
  const casePage = page(`<h1>Caso</h1><a href="/staff">Volver</a>
<sealed-case ${await caseAttributes(await coverageJson())}>
${await recordHtml("narrative", "reporter", REPORTER, { language: "es", answers }, "server")}
${await recordHtml("message", `staff:${OFFICER}`, 1, { text: "bien firmado" }, "browser")}
${await recordHtml("message", `staff:${OFFICER}`, 2, { text: "mal firmado" }, "browser")}
${await recordHtml("message", `staff:${OFFICER}`, 1, { text: "alterado" }, "browser", true)}
<form data-seal="message" action="/api/v1/staff/cases/${caseId}/messages" method="post"><label>Texto<textarea name="text"></textarea></label><input type="hidden" name="mark" value="1"><button>Enviar</button></form>
</sealed-case>`);
  const own = (await signerOf(9)).verifyKey;
  const form = (name: string) =>
    `<form data-seal="message" action="/api/v1/staff/cases/${caseId}/messages" method="post"><label>${name}<textarea name="text"></textarea></label><button>Enviar</button></form>`;
  const narrative = await recordHtml("narrative", "reporter", REPORTER, { language: "es", answers }, "server");
  // The log covers what the reporter stated, whatever the page shows.
  const honestly = async () => {
    const { inclusion } = parseJson(await coverageJson()) as { inclusion: Record<string, unknown> };
    return { inclusion };
  };
  /** Cases whose keys may not be used. */
  const refusedPages: Record<string, string> = {};
  for (const [name, attributes] of Object.entries({
    "shared-key": await caseAttributes(await coverageJson(), { shared: filled(99) }),
    "staff-key": await caseAttributes(await coverageJson(), { staff: filled(99) }),
    reporter: await caseAttributes(await coverageJson(), {}, own),
    statement: await caseAttributes(await coverageJson(await honestly(), await stated({}, 9)), {}, own),
    uncovered: await caseAttributes(null),
  }))
    refusedPages[`/staff/refused/${name}`] = page(
      `<h1>Caso</h1><sealed-case ${attributes}>${narrative}${form("Texto")}</sealed-case>`,
    );
  const forgedPage = page(`<h1>Caso</h1>
<sealed-case ${await caseAttributes(await coverageJson())}><ol>
<li><p><span data-by>Reportante</span></p>${await recordHtml("message", "reporter", 9, { text: "nunca lo escribí" }, "server")}</li>
<li><p><span data-by>Rosa</span></p>${await recordHtml("message", `staff:${FORMER}`, 5, { text: "antes de irme" }, "browser")}</li>
</ol></sealed-case>`);
  const unsealPage =
    page(`<h1>Identidad</h1><div hidden data-acts="${caseId}" data-case-act="" data-unseal-act=""></div><form data-unseal data-case="${caseId}" data-manifest="${toHex(made.manifestHash)}" action="/api/v1/staff/cases/${caseId}/unseals" method="post">
<select name="class"><option value="validation">Validar</option></select><textarea name="text"></textarea><input type="password" name="password"><button>Pedir</button></form>
<identity-view data-minutes="30" data-unseal-id=""></identity-view>
<p data-nothing-checked>Nada</p><ol data-checks></ol>
<form data-check="contact" hidden data-case="${caseId}" method="post"><select name="what"><option value="llamada">Llamada</option></select><select name="outcome"><option value="no_answer">No contestó</option></select><input type="datetime-local" name="at"><textarea name="note"></textarea><button>Anotar</button></form>
<form data-verdict hidden data-case="${caseId}" method="post">
<textarea name="text"></textarea><select name="verdict"><option value="valid">válida</option></select><button>Guardar</button></form>`);
  const pages: Record<string, string> = {
    "/staff/sign-in": page(
      `<form data-sign-in data-next="/staff" method="post"><fieldset data-needs-script disabled><input type="email" name="email"><input type="password" name="password"><button>Entrar</button></fieldset></form>`,
    ),
    "/staff": page(
      `<h1>Bandeja</h1><a href="/staff/case">Caso</a> <a href="/staff/unseal">Identidad</a> <a href="/staff/forged">Falso</a>`,
    ),
    "/staff/case": casePage,
    "/staff/forged": forgedPage,
    "/staff/unseal": unsealPage,
    ...refusedPages,
    ...morePages,
  };
  const posted: { path: string; json: Record<string, unknown> }[] = [];

  async function api(path: string, json: Record<string, unknown>): Promise<[number, unknown]> {
    if (path === "/api/v1/staff/session" || path === "/api/v1/staff/reauthentication")
      return json["login"] === login ? [200, changed(session)] : [401, {}];
    if (path === "/api/v1/staff/keys") return [200, changed(session)];
    if (path.endsWith("/drafts")) return [200, { drafts: [] }];
    if (path.includes("/drafts/")) return [200, {}];
    if (path.endsWith("/messages")) return [201, { location: "/staff/case" }];
    if (path.endsWith("/checks")) return [200, { act: NOTED }];
    if (path.endsWith("/showings")) return [200, { seconds: 1_200, act: SHOWN }];
    if (path.endsWith("/verdict")) return [200, { location: "/staff" }];
    if (!path.endsWith("/unseals")) return [404, {}];
    const request = parseJson(fromBase64(String(json["request"]))) as Record<string, string>;
    const answer = {
      unseal: UNSEAL,
      manifest: toBase64(made.manifest),
      manifest_signature: toBase64(made.signature),
      verify_key: toBase64(made.verifyKey),
      record: toBase64(made.record),
      share: toBase64(await made.shareFile(0)),
      witness_half: toBase64(await made.half(request["recipient"] ?? "")),
      coverage: {
        entry: toBase64(coverage.entry),
        index: coverage.index,
        proof: coverage.proof.map(toBase64),
        checkpoint: toBase64(coverage.checkpoint),
      },
      earlier: [],
    };
    return [200, answer];
  }

  const server = createServer((request, response) => {
    void (async () => {
      const path = (request.url ?? "/").split("?")[0]!;
      const send = (status: number, type: string, body: string | Uint8Array): void => {
        response
          .writeHead(status, { "content-type": type, "content-security-policy": CSP, "cache-control": "no-store" })
          .end(body);
      };
      if (await more(request, response, path)) return;
      if (path.startsWith("/assets/"))
        return send(
          200,
          path.endsWith(".css") ? "text/css" : "text/javascript",
          readFileSync(new URL(path.slice("/assets/".length), dist)),
        );
      const html = pages[path];
      if (html !== undefined) return send(200, "text/html; charset=utf-8", html);
      if (!path.startsWith("/api/")) return send(204, "text/plain", "");
      const body = await read(request);
      const json = body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
      if (request.method === "POST") posted.push({ path, json });
      const [status, answer] = await api(path, json);
      send(status, "application/json", JSON.stringify(answer));
    })().catch(() => response.destroy()); // whoever asked has left
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return { origin, posted, close: () => server.close() };
}

export async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

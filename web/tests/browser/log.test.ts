// The auditor's page of an entry in a real browser: what holds is said, and what does not is said plainly.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toBase64, utf8 } from "../../src/vault/bytes";
import { entryHash } from "../../src/vault/entry";
import { memberWords, showWords } from "../../src/vault/key-words";
import { leafHash, nodeHash } from "../../src/vault/proof";
import { sign } from "../../src/vault/sign";
import { transcript } from "../../src/vault/transcript";
import { identityOf, instance, signerOf, staffId } from "../support";
import { checkpoint } from "../world";
import { launchChromium } from "./chromium";
import { EMAIL, PASSWORD, page, start } from "./server";

/** An entry of member 1's, signed by the key of `signer`, in a log of two; `shown` may differ from what the log holds. */
async function evidence(
  signer: number,
  change: { index?: number; witness?: number; spoil?: boolean } = {},
): Promise<string> {
  const payload = utf8("{}");
  const signature = await sign(await signerOf(signer), transcript("verdict", instance, payload));
  const by = staffId(1);
  const signed = { by, what: "verdict", payload: toBase64(payload), signature: toBase64(signature) };
  const json = {
    id: staffId(8),
    time: 1_795_000_000,
    actor: `staff:${by}`,
    act: "verdict.stated",
    case: null,
    detail: {},
    signed,
  };
  const entry = utf8(JSON.stringify(json));
  const before = leafHash(utf8("a"));
  const note = await checkpoint(2, nodeHash(before, entryHash(instance, entry)), change.witness);
  const shown = change.spoil ? utf8(JSON.stringify({ ...json, time: 1 })) : entry;
  return `<verified-entry index="${change.index ?? 1}" entry="${toBase64(shown)}" proof="${toBase64(before)}" checkpoint="${toBase64(note)}"></verified-entry>
<verified-checkpoint note="${toBase64(note)}"></verified-checkpoint>`;
}

/** An officer's request to unseal, signed over the request that it carries, by the key of `signer`. */
async function requested(signer: number): Promise<string> {
  const officer = staffId(1);
  const request = utf8("{}");
  const signature = await sign(await signerOf(signer), transcript("unseal-request", instance, request));
  const detail = { request: toBase64(request), signatures: [{ officer, signature: toBase64(signature) }] };
  const json = {
    id: staffId(8),
    time: 1_795_000_000,
    actor: `staff:${officer}`,
    act: "unseal.requested",
    case: null,
    detail,
    signed: null,
  };
  const entry = utf8(JSON.stringify(json));
  const note = toBase64(await checkpoint(1, entryHash(instance, entry)));
  return `<verified-entry index="0" entry="${toBase64(entry)}" proof="" checkpoint="${note}"></verified-entry><verified-checkpoint note="${note}"></verified-checkpoint>`;
}

let server: Awaited<ReturnType<typeof start>>;
let browser: Browser;
/** State of the server's verification. */
let checked = 0;

beforeAll(async () => {
  const pages = {
    "/staff": page('<h1>Registro</h1><a href="/staff/good">buena</a>'),
    "/staff/good": page(`<h1>Entrada</h1>${await evidence(1)}`),
    "/staff/stranger": page(`<h1>Entrada</h1>${await evidence(4)}`),
    "/staff/moved": page(`<h1>Entrada</h1>${await evidence(1, { index: 0 })}`),
    "/staff/edited": page(`<h1>Entrada</h1>${await evidence(1, { spoil: true })}`),
    "/staff/unwitnessed": page(`<h1>Entrada</h1>${await evidence(1, { witness: 2 })}`),
    "/staff/requested": page(`<h1>Entrada</h1>${await requested(1)}`),
    "/staff/forged-request": page(`<h1>Entrada</h1>${await requested(2)}`),
    "/staff/checking": page("<h1>Registro</h1><p><verification-progress>Comprobando…</verification-progress></p>"),
  };
  server = await start((_, response, path) => {
    if (path !== "/api/v1/staff/log/verification") return Promise.resolve(false);
    checked += 1;
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ running: checked < 2, checked: 5000, size: 9000 }));
    return Promise.resolve(true);
  }, pages);
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Name and key words of a member, as the entry's page shows them. */
async function wordsOf(member: number): Promise<string> {
  const [{ recipient }, { verifyKey }] = [await identityOf(member), await signerOf(member)];
  const person = { id: staffId(member), name: "Olga", role: "officer", recipient, verifyKey };
  return `Olga. Palabras de la llave: ${showWords(memberWords(instance, person), "es")}.`;
}

/** Opens a page, and the keys with the dialog that asks for the password. */
async function opened(path: string) {
  const tab = await (await browser.newContext({ locale: "es-EC" })).newPage();
  await tab.goto(`${server.origin}${path}`);
  const dialog = tab.getByRole("dialog");
  await dialog.waitFor();
  const locked = (await tab.locator("verified-entry").textContent()) ?? "";
  expect(locked).toContain("cuando abre sus llaves");
  await dialog.locator("input[type=password]").fill(PASSWORD);
  await dialog.getByText("Abrir", { exact: true }).click();
  await tab.locator("verified-entry[data-state=open]").waitFor();
  await tab.locator("verified-checkpoint[data-state=open]").waitFor();
  const lines = (of: string) =>
    tab.locator(`${of} li`).evaluateAll((all) => all.map((line) => `${line.className}:${line.textContent}`));
  return { entry: await lines("verified-entry"), checkpoint: await lines("verified-checkpoint") };
}

describe("an entry", () => {
  it("is shown to stand in the log, with the key of whoever signed it", async () => {
    const { entry, checkpoint: note } = await opened("/staff/good");
    expect(entry[0]).toBe(
      ":Está en el registro firmado por el registro y por el testigo. Entradas hasta ese punto de control: 2.",
    );
    expect(entry[1]).toContain(await wordsOf(1));
    expect(note[0]).toContain(":Su navegador comprobó");
  });

  it("that somebody else signed is not its actor's", async () => {
    const { entry } = await opened("/staff/stranger");
    expect(entry).toHaveLength(2);
    expect(entry[1]).toContain("bad:La firma no es de ninguna llave de su autor");
  });

  it("that carries a request is signed by the officers who signed that", async () => {
    expect((await opened("/staff/requested")).entry[1]).toContain(await wordsOf(1));
    expect((await opened("/staff/forged-request")).entry[1]).toContain("bad:La firma no es de ninguna llave");
  });

  it("that was moved, edited or not countersigned is not believed", async () => {
    for (const path of ["/staff/moved", "/staff/edited", "/staff/unwitnessed"]) {
      const { entry, checkpoint: note } = await opened(path);
      expect(entry, path).toHaveLength(1);
      expect(entry[0], path).toContain("bad:No se comprobó que esta entrada esté en el registro");
      expect(note[0]?.startsWith("bad:"), path).toBe(path === "/staff/unwitnessed");
    }
  });
});

describe("a verification", () => {
  it("is followed, and the page comes anew when it has ended", async () => {
    const tab = await (await browser.newContext({ locale: "es-EC" })).newPage();
    await tab.goto(`${server.origin}/staff/sign-in`);
    await tab.fill("[name=email]", EMAIL);
    await tab.fill("[name=password]", PASSWORD);
    await tab.click("button");
    await tab.waitForURL(`${server.origin}/staff`);
    await tab.goto(`${server.origin}/staff/checking`);
    await tab.getByText("5000 / 9000").waitFor();
    const again = tab.waitForResponse((response) => response.url().endsWith("/staff/checking"));
    expect((await again).status()).toBe(200);
  });
});

// Files in a real browser: staff open, save and send sealed ones; a reporter's phone uploads. Needs `npm run build` and Debian's chromium.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openAttachment, readAttachment } from "../../src/vault/attachment";
import { concat, fromBase64 } from "../../src/vault/bytes";
import { openEnvelope } from "../../src/vault/record";
import { caseId, filled, instance } from "../support";
import { accessible } from "./axe";
import { collectErrors, launchChromium } from "./chromium";
import { PIECES, piece, startFiles } from "./files";
import { EMAIL, PASSWORD } from "./server";

let server: Awaited<ReturnType<typeof startFiles>>;
let browser: Browser;

beforeAll(async () => {
  server = await startFiles();
  browser = await launchChromium();
}, 120_000);

// Running work of one test must not reach into the next.
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function signedIn(): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext({ locale: "es-EC", acceptDownloads: true })).newPage();
  const complaints = collectErrors(page);
  await page.goto(`${server.origin}/staff/sign-in`);
  await page.fill("[name=email]", EMAIL);
  await page.fill("[name=password]", PASSWORD);
  await page.click("button");
  await page.waitForURL(`${server.origin}/staff`);
  // By Turbo, as a click would: the keys stay.
  await page.evaluate(() => {
    const link = document.createElement("a");
    link.href = "/staff/files";
    document.body.append(link);
    link.click();
  });
  await page.locator("sealed-attachment[data-state=open]").nth(10).waitFor();
  return { page, complaints };
}

const named = (page: Page, name: string): Locator =>
  page.locator("sealed-attachment").filter({ has: page.locator(".file-name", { hasText: name }) });
const press = (file: Locator, words: string): Promise<void> => file.getByRole("button", { name: words }).click();
const focused = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? "");
const hash = (path: string): Promise<string> =>
  new Promise((resolve) => {
    const hashed = createHash("sha256");
    createReadStream(path)
      .on("data", (piece) => void hashed.update(piece))
      .on("end", () => resolve(hashed.digest("hex")));
  });

describe("a file of a case", () => {
  it("is told about in words, and shown in place when it is an image", async () => {
    const { page, complaints } = await signedIn();
    const file = named(page, "foto de prueba.png");
    const text = await file.textContent();
    for (const words of ["Imagen · ", "Se quitó: el lugar, el aparato"]) expect(text).toContain(words);
    expect(await named(page, "nota de voz.wav").textContent()).toContain("puede guardar datos ocultos");
    await press(file, "Ver: foto de prueba.png");
    const image = file.locator("img");
    await image.waitFor();
    expect(
      await image.evaluate((element: HTMLImageElement) => [
        element.src.startsWith("blob:"),
        element.naturalWidth,
        element.alt,
      ]),
    ).toEqual([true, 1, "foto de prueba.png"]);
    expect(await file.getByRole("status").textContent()).toContain("comprobado");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("viewer");
    const source = await image.getAttribute("src");
    await page.keyboard.press("Escape");
    expect(await file.locator(".viewer").count()).toBe(0);
    expect(await focused(page)).toBe("Ver");
    // Not even its address is any good any more.
    expect(
      await page.evaluate(
        (url) =>
          new Promise((done) =>
            Object.assign(new Image(), { onload: () => done("loads"), onerror: () => done("gone"), src: url }),
          ),
        source,
      ),
    ).toBe("gone");
    expect(complaints.filter((text) => !text.includes("blob:"))).toEqual([]);
  });

  it("is played, or read as text and never as HTML; what the browser cannot play is told", async () => {
    const { page, complaints } = await signedIn();
    const voice = named(page, "nota de voz.wav");
    await press(voice, "Ver");
    await expect
      .poll(() => voice.locator("audio").evaluate((audio: HTMLAudioElement) => audio.duration))
      .toBeCloseTo(0.1, 2);
    const story = named(page, "relato.txt");
    await press(story, "Ver");
    expect(await story.locator("pre").textContent()).toBe("<script>document.title='mal'</script>\n\ufffd¿ñ?");
    expect(await page.title()).toBe("Sigilo");
    await press(named(page, "página"), "Descargar");
    await accessible(page);
    await press(named(page, "roto.mp4"), "Ver");
    await named(page, "roto.mp4").getByText("no puede mostrar").waitFor();
    expect(complaints).toEqual([]);
  });

  it("is locked again with the keys, and nothing of it stays", async () => {
    const { page } = await signedIn();
    const file = page.locator("sealed-attachment").first();
    await press(file, "Ver");
    await file.locator("img").waitFor();
    await press(named(page, "lento.png"), "Ver");
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    expect(await page.locator("sealed-attachment").allTextContents()).toEqual(Array(12).fill("Archivo cifrado."));
    expect(await page.locator("[src^='blob:'], .transfer").count()).toBe(0);
    expect(await page.getByRole("dialog").isVisible()).toBe(true);
  });

  it("of a type that may run code is saved after a warning, under a harmless name", async () => {
    const { page } = await signedIn();
    const file = named(page, "página");
    expect(await file.getByRole("button", { name: "Ver" }).count()).toBe(0);
    // Turned round, it would seem to end otherwise.
    expect(await file.locator(".file-name").textContent()).toBe("página.exe");
    await press(file, "Descargar: página");
    await file.getByRole("alert").getByText("Cancelar").click();
    expect(await focused(page)).toBe("Descargar");
    await press(file, "Descargar: página");
    const coming = page.waitForEvent("download");
    await press(file, "Descargar de todos modos");
    const download = await coming;
    expect(download.suggestedFilename()).toBe("página.exe.html");
    expect(readFileSync(await download.path(), "utf8")).toBe("<script>alert(1)</script>");
  });

  it("of 100 MB is saved and shown, without filling the page's memory", async () => {
    const { page, complaints } = await signedIn();
    const file = named(page, "largo.mp4");
    const before = await memory();
    let started = Date.now();
    const coming = page.waitForEvent("download", { timeout: 60_000 });
    await press(file, "Descargar");
    await page.locator("progress").waitFor();
    const seen = new Set<number>();
    const peak = { renderer: 0 };
    let there = false;
    void coming.then(() => (there = true));
    while (!there) {
      seen.add(await page.evaluate(() => document.querySelector("progress")?.value ?? -1));
      peak.renderer = Math.max(peak.renderer, await memory());
      await new Promise((done) => setTimeout(done, 50));
    }
    const took = Date.now() - started;
    const download = await coming;
    const expected = createHash("sha256");
    for (let at = 0; at < PIECES; at++) expected.update(piece(at));
    expect(await hash(await download.path())).toBe(expected.digest("hex"));
    expect(seen.size).toBeGreaterThan(5);
    console.log(
      `${PIECES} MB: opened and saved in ${took} ms; renderers grew by ${Math.round((peak.renderer - before) / 1024)} MiB at most`,
    );
    started = Date.now();
    await press(file, "Ver");
    await file.locator("video").waitFor({ timeout: 60_000 });
    console.log(`${PIECES} MB: opened for showing in ${Date.now() - started} ms`);
    expect(complaints).toEqual([]);
    // Collected late, but collected: held whole, the file would come on top of some 80 MiB.
    expect(peak.renderer - before).toBeLessThan(130 * 1024);
  }, 120_000);

  it("can be cancelled", async () => {
    const { page, complaints } = await signedIn();
    const file = named(page, "lento.png");
    await press(file, "Ver");
    await expect
      .poll(() => file.locator("progress").evaluate((bar: HTMLProgressElement) => bar.value))
      .toBeGreaterThan(500_000);
    expect(await focused(page)).toBe("Cancelar");
    await page.keyboard.press("Enter");
    await file.getByText("Cancelado").waitFor();
    expect(await file.locator("progress").count()).toBe(0);
    expect(await focused(page)).toBe("Ver");
    expect(complaints).toEqual([]);
  });

  it("that is erased, out of reach or changed says which, and shows nothing", async () => {
    const { page } = await signedIn();
    for (const [name, words] of [
      ["borrado.png", "ya no está"],
      ["ausente.png", "no responde"],
      ["interrumpido.png", "no responde"],
      ["cambiado.png", "no confíe en él"],
      ["cortado.png", "no confíe en él"],
    ] as const) {
      const file = named(page, name);
      for (const button of ["Ver", "Descargar"]) {
        await press(file, button);
        await expect
          .poll(
            () =>
              file
                .locator(".status.error")
                .textContent()
                .catch(() => ""),
            { message: name },
          )
          .toContain(words);
        expect(await focused(page)).toBe(button);
      }
      expect(await file.locator(".viewer").count()).toBe(0);
    }
  });
});

/** Memory of the pages' processes, in KiB. */
async function memory(): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  let most = 0;
  for (const { id, type } of processInfo) {
    if (type !== "renderer") continue;
    const held = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
    most += Number(held ?? 0);
  }
  return most;
}

describe("a file for the reporter", () => {
  it("is sealed in the browser, then sent, then its record", async () => {
    const { page, complaints } = await signedIn();
    await page.setInputFiles("[name=file]", [
      { name: "acta inventada.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(1_500_000, "%PDF ") },
      { name: "raro.xyz", mimeType: "chemical/x-xyz", buffer: Buffer.from("raro") },
    ]);
    await page.click("text=Enviar archivos");
    await expect.poll(() => server.records.length).toBe(2);
    const contents = [];
    for (const { attachment = "", body = "" } of server.records) {
      const envelope = openEnvelope(
        filled(30),
        { instance, case: caseId, record: attachment, kind: "attachment" },
        fromBase64(body),
      );
      expect(envelope).toMatchObject({ author: `staff:${server.officer}`, via: "browser" });
      const file = readAttachment(envelope.content);
      const pieces: Uint8Array[] = [];
      const stored = server.sent.get(attachment);
      expect(Buffer.from(stored ?? []).includes("%PDF")).toBe(false);
      for await (const piece of openAttachment(new Blob([Buffer.from(stored ?? [])]).stream(), file))
        pieces.push(piece);
      contents.push([file.name, file.type, file.cleaning, concat(...pieces).length]);
    }
    expect(contents).toEqual([
      ["acta inventada.pdf", "application/pdf", "unchanged", 1_500_000],
      ["raro.xyz", "application/octet-stream", "unchanged", 4],
    ]);
    await page.locator("sealed-attachment[data-state=open]").nth(10).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.querySelector<HTMLInputElement>("[name=file]")?.files?.length))
      .toBe(0);
    expect(complaints).toEqual([]);
  });

  it("that is too large, or one too many, stays", async () => {
    const { page } = await signedIn();
    const small = { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") };
    for (const [files, words] of [
      [[], "Elija un archivo"],
      [[small, small, small, small], "demasiados archivos"],
      [[small, { ...small, name: "enorme.txt", buffer: Buffer.alloc(6_000_000) }], "enorme.txt (6 MB)"],
    ] as const) {
      await page.setInputFiles("[name=file]", [...files]);
      await page.click("text=Enviar archivos");
      expect(await page.getByRole("alert").textContent()).toContain(words);
    }
    expect(server.records.length).toBe(2);
  });
});

describe("files for the reporter that do not all arrive", () => {
  const file = (name: string, size = 10) => ({ name, mimeType: "text/plain", buffer: Buffer.alloc(size, "a") });
  const chosen = (page: Page): Promise<string[]> =>
    page.evaluate(() =>
      Array.from(document.querySelector<HTMLInputElement>("[name=file]")?.files ?? [], ({ name }) => name),
    );

  it("stay chosen, and only those are sent again", async () => {
    const { page, complaints } = await signedIn();
    server.records.length = 0;
    server.store.room = 1;
    await page.setInputFiles("[name=file]", [file("una.txt"), file("dos.txt"), file("tres.txt")]);
    await page.click("text=Enviar archivos");
    expect(await page.getByRole("alert").textContent()).toBe("No hay lugar para más archivos.");
    expect(await chosen(page)).toEqual(["dos.txt", "tres.txt"]);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("archivo");
    server.store.room = Number.POSITIVE_INFINITY;
    await page.click("text=Enviar archivos");
    await expect.poll(() => server.records.length).toBe(3);
    expect(complaints).toEqual([]);
  });

  it("can be cancelled on their way, and stop when the keys are locked", async () => {
    const { page, complaints } = await signedIn();
    server.records.length = 0;
    server.store.pause = 200;
    for (const stop of ["cancel", "lock"]) {
      await page.setInputFiles("[name=file]", [file("larga.txt", 5_000_000)]);
      await page.click("text=Enviar archivos");
      await page
        .locator(".transfer")
        .getByText(/^Enviando larga.txt: .* de 5 MB$/)
        .waitFor();
      if (stop === "cancel") await page.locator(".transfer").getByText("Cancelar").click();
      else await page.evaluate(() => dispatchEvent(new Event("pagehide")));
      await page.locator("form[data-seal] .error").waitFor();
      expect(await page.locator(".transfer").count()).toBe(0);
      expect(await chosen(page)).toEqual(["larga.txt"]);
    }
    server.store.pause = 0;
    expect(server.records).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

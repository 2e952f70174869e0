// A whole denuncia by WhatsApp on the demo's phone page: with a photograph and a voice note, to the receipt, and back.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessible } from "./axe";
import { Demo, PHONE } from "./demo";

let demo: Demo;
const folder = mkdtempSync(join(tmpdir(), "sigilo-phone-"));
const PHOTO = new URL("../../../tests/media/turned.jpg", import.meta.url).pathname;

beforeAll(async () => {
  demo = await Demo.start();
});

afterAll(async () => {
  await demo.stop();
  rmSync(folder, { recursive: true });
});

/** Waits until the last bubble of the other side says `words`. */
async function hears(page: Page, words: string): Promise<void> {
  await page.locator("#thread > li:not(.mine)", { hasText: words }).last().waitFor();
  await expect.poll(() => page.locator("#thread > li").last().textContent(), { timeout: 30_000 }).toContain(words);
}

async function says(page: Page, text: string, words: string): Promise<void> {
  await page.fill("#text", text);
  await page.click("#send");
  await hears(page, words);
}

/** Touches a button, or a row of the list, below the last message. */
async function touches(page: Page, title: string, words: string): Promise<void> {
  const replies = page.locator("#thread > li:not(.mine)").last().locator(".replies");
  const opener = replies.locator("button.opener");
  if (await opener.count()) {
    await opener.click();
    await page.locator("#rows button", { hasText: title }).first().click();
  } else {
    await replies.locator("button", { hasText: title }).click();
  }
  await hears(page, words);
}

it("takes a denuncia with a photograph and a voice note, and lets its reporter come back", {
  timeout: 240_000,
}, async () => {
  const voice = join(folder, "nota.ogg");
  execFileSync("ffmpeg", ["-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "libopus", voice]);
  expect(readFileSync(voice).subarray(0, 4).toString()).toBe("OggS");

  const page = await (await demo.browser.newContext({ viewport: PHONE })).newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.setDefaultTimeout(60_000);
  await page.goto(demo.phone);
  await says(page, "Buenas tardes", "¿Qué desea hacer?");
  await accessible(page);
  await touches(page, "Presentar un caso", "¿Qué desea presentar?");
  await touches(page, "Denuncia de un acto", "¿De qué se trata?");
  await touches(page, "Robo de medicinas", "trabaja en Transparencia");
  await touches(page, "No lo sé", "¿En qué provincia");
  await says(page, "guayas", "¿En qué hospital");
  await touches(page, "Hospital Los Ceibos", "¿Le pasó a usted");
  await touches(page, "A nadie en particular", "Cuéntenos qué pasó");
  await says(page, "Se llevan cajas de la farmacia los viernes.", "Anotado");
  const recording = page.waitForEvent("filechooser");
  await page.click("#voice");
  await (await recording).setFiles(voice);
  await hears(page, "nota de voz");
  await touches(page, "Listo", "¿Cuándo pasó?");
  await says(page, "los viernes", "¿Hay alguien involucrado?");
  await says(page, "no", "¿Tiene fotos");
  await page.click("#attach");
  const photo = page.waitForEvent("filechooser");
  await page.locator("#rows button", { hasText: "Foto" }).click();
  await (await photo).setFiles(PHOTO);
  await hears(page, "Le quitamos");
  await touches(page, "Eso es todo", "algo más que lo respalde");
  await touches(page, "Nada más", "¿Autoriza el uso");
  await touches(page, "Sí, autorizo", "documento de identidad");
  await says(page, "1710034065", "nombres y apellidos");
  await says(page, "Sintética Prueba Ejemplo", "¿A qué teléfono");
  await says(page, "0991234567", "correo electrónico");
  await touches(page, "No tengo correo", "¿Cuál es su dirección?");
  await says(page, "Calle Inventada 123 y Segunda", "alguno de estos datos");
  await touches(page, "Ninguno", "Así verá su caso");
  await touches(page, "Está bien así", "Todo listo");
  await touches(page, "Enviar", "avisemos");
  await accessible(page);
  const receipt = await page.locator("#thread > li", { hasText: "ocho palabras" }).last().textContent();
  const words = [...receipt!.matchAll(/\d\. (\p{L}+)/gu)].map((found) => found[1]!).slice(0, 8);
  expect(words).toHaveLength(8);
  const number = /\d{4}-[0-9A-Z]{6}-[0-9A-Z]+/.exec(receipt!)![0];
  await touches(page, "Sí, avísenme", "le avisaremos");

  await touches(page, "Ver mi caso", "ocho palabras de su recibo");
  await says(page, words.join(" "), "Nadie ha abierto su identidad");
  await says(page, "También los lunes.", "quedó guardado");

  // The area sees it, with both files, in its own browser.
  const { page: staff } = await demo.signIn("analista");
  await staff.locator("th[scope=row] a", { hasText: number }).click();
  await staff.getByText("También los lunes.").waitFor();
  await staff.getByText("foto.jpg").first().waitFor();
  expect(complaints).toEqual([]);
});

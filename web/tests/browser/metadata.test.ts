// Files on the real program in headless Chromium: a photograph from a phone without JavaScript, a large film with it, both
// opened by the analyst, and an answer with a file for the reporter.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessible } from "./axe";
import { answer, Demo, PHONE, stepOf } from "./demo";

const PHOTO = new URL("../../../tests/media/turned.jpg", import.meta.url).pathname;
const ANSWERS = {
  kind: "denuncia",
  category: "coima",
  province: "17",
  establishment: "otro",
  whom: "me",
  consent: "accept",
  story: "Historia inventada para probar archivos.",
  document: "1710034065",
  name: "Persona Ficticia Prueba",
  phone: "0991234567",
  email: "persona@ficticia.test",
  address: "Pasaje Inventado 45",
};

let demo: Demo;
let folder: string;
let film: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sigilo-evidence-"));
  film = join(folder, "Película de Persona Ficticia.mp4");
  // Some 100 MB of moving noise and a tone, with a place and an author in its tags, its index at the end as phones write it.
  const made =
    "-v error -f lavfi -i testsrc2=size=1280x720:rate=30:duration=7,noise=alls=100:allf=t -f lavfi -i sine=duration=7 -c:v libx264 -preset ultrafast -b:v 110M -minrate 110M -maxrate 110M -bufsize 20M -pix_fmt yuv420p -c:a aac -metadata location=-00.1800-078.4700/ -metadata artist=Autora-Inventada";
  execFileSync("ffmpeg", [...made.split(" "), film]);
  demo = await Demo.start();
}, 180_000);

afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true });
});

/** Goes on in the chat until `until` is asked, or to the end. */
async function walk(page: Page, until: string | null): Promise<void> {
  for (let asked = 0; asked < 40; asked += 1) {
    const step = await stepOf(page);
    if (step === until) return;
    if (step === "files") await page.locator('form[action="/report"] button').first().click();
    else await answer(page, step!, ANSWERS);
  }
  throw new Error("the chat does not end");
}

/** From the question about files to the receipt. */
async function submit(page: Page): Promise<{ words: string; number: string }> {
  await walk(page, null);
  await page.click('form[action="/report/submit"] button');
  const words = (await page.locator(".words li").allTextContents()).join(" ");
  return { words, number: (await page.locator(".number").textContent())!.trim() };
}

/** Metadata found by exiftool that names a person, a place or a device. */
const traces = (file: string): string[] =>
  Object.keys(JSON.parse(execFileSync("exiftool", ["-j", "-ee", file], { encoding: "utf8" }))[0] as object).filter(
    (tag) => /GPS|Make$|Model|Artist|Author|Date|Software|Serial|Location/.test(tag) && !tag.startsWith("File"),
  );

it("takes a turned photograph from a phone without JavaScript, and shows it upright and without a trace", async () => {
  expect(traces(PHOTO)).toContain("GPSLatitude");
  const phone = await demo.browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const reporter = await phone.newPage();
  await reporter.goto(demo.origin);
  await reporter.click('form[action="/report/start"] button');
  await walk(reporter, "files");
  const size = await reporter.evaluate(() => document.documentElement.scrollWidth);
  expect(size, "nothing runs out of the side").toBeLessThanOrEqual(PHONE.width);
  await reporter.setInputFiles("input[type=file]", [PHOTO, film]);
  await reporter.click('form[action="/report/files"] button');
  expect(await reporter.locator(".file").count()).toBe(2);
  expect(await reporter.locator("main").textContent()).toContain("Quitamos el lugar, el aparato");
  await demo.accessibleTwin(phone, reporter);
  // One is taken back.
  await reporter
    .locator(".file", { hasText: "Película" })
    .locator('form[action="/report/files/remove"] button')
    .click();
  expect(await reporter.locator(".file").count()).toBe(1);
  const { number, words } = await submit(reporter);

  const { page, bodies, complaints } = await demo.signIn("analista");
  await page.click(`text=${number}`);
  const file = page.locator("sealed-attachment");
  await file.getByText("turned.jpg").waitFor();
  await accessible(page);
  await file.getByRole("button", { name: "Ver" }).click();
  const picture = file.locator("img");
  await picture.waitFor();
  // 160 by 120 in the file, and an orientation that turns it.
  const shown = await picture.evaluate(async (image: HTMLImageElement) => {
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  });
  expect(shown).toEqual([120, 160]);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    file.getByRole("button", { name: "Descargar" }).click(),
  ]);
  const saved = join(folder, "saved.jpg");
  await download.saveAs(saved);
  expect(traces(saved)).toEqual([]);
  expect(readFileSync(saved).includes("MARCA SINTETICA")).toBe(false);

  // The area answers with a file; it leaves the browser sealed.
  const letter = join(folder, "respuesta.txt");
  writeFileSync(letter, "respuesta-centinela para quien reporta");
  await page.setInputFiles('form[data-seal="attachment"] input[type=file]', letter);
  await page.click('form[data-seal="attachment"] button:not([type=button])');
  await page.locator("sealed-attachment").getByText("respuesta.txt").waitFor();
  expect(bodies.filter((body) => body.includes("respuesta-centinela"))).toEqual([]);
  expect(complaints).toEqual([]);

  await reporter.goto(`${demo.origin}/follow-up`);
  await reporter.fill("[name=words]", words);
  await reporter.click('form[action="/follow-up"] button');
  await demo.accessibleTwin(phone, reporter);
  const [answered] = await Promise.all([reporter.waitForEvent("download"), reporter.click("text=respuesta.txt")]);
  const back = join(folder, "back.txt");
  await answered.saveAs(back);
  expect(readFileSync(back, "utf8")).toBe("respuesta-centinela para quien reporta");
  await phone.close();
}, 120_000);

it("takes a film of 100 MB with progress, and the analyst's browser opens it as a stream and plays it", async () => {
  expect(statSync(film).size).toBeGreaterThan(85_000_000);
  const context = await demo.browser.newContext({ viewport: PHONE });
  const reporter = await context.newPage();
  await reporter.goto(demo.origin);
  await reporter.click('form[action="/report/start"] button');
  await walk(reporter, "files");
  await reporter.setInputFiles("input[type=file]", film);
  await reporter.locator(".upload progress").waitFor();
  await reporter.locator(".file", { hasText: "Película" }).waitFor({ timeout: 60_000 });
  expect(await reporter.locator(".file").textContent()).toContain("Quitamos");
  await accessible(reporter);
  const { number } = await submit(reporter);

  const { page, complaints } = await demo.signIn("analista");
  await page.click(`text=${number}`);
  const file = page.locator("sealed-attachment");
  // The reporter's own name stood in the file's name.
  await file.getByText("Película de [nombre].mp4").waitFor();
  await file.getByRole("button", { name: "Ver" }).click();
  const video = file.locator("video");
  await video.waitFor({ timeout: 60_000 });
  const played = await video.evaluate(async (element: HTMLVideoElement) => {
    element.muted = true;
    await element.play();
    await new Promise((resolve) =>
      element.addEventListener("timeupdate", () => element.currentTime > 0.3 && resolve(null)),
    );
    return [element.videoWidth, element.duration > 6];
  });
  expect(played).toEqual([1280, true]);
  expect(complaints).toEqual([]);
  await context.close();
}, 180_000);

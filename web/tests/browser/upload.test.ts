// A reporter's uploads on a phone-sized page in a real browser. Needs `npm run build` and Debian's chromium.
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { accessible } from "./axe";
import { collectErrors, launchChromium } from "./chromium";
import { startFiles } from "./files";

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

describe("a reporter's upload", () => {
  const photo = (name: string, size = 50_000) => ({ name, mimeType: "image/jpeg", buffer: Buffer.alloc(size, 7) });

  async function open(): Promise<{ page: Page; complaints: string[] }> {
    const page = await (await browser.newContext({ locale: "es-EC", viewport: { width: 360, height: 740 } })).newPage();
    const complaints = collectErrors(page);
    await page.goto(`${server.origin}/report#pregunta`);
    return { page, complaints };
  }

  it("begins when files are chosen, tells how far it is, and ends with the server's own list", async () => {
    server.taken.length = 0;
    const { page, complaints } = await open();
    expect(await page.getByText("Enviar", { exact: true }).isVisible()).toBe(false);
    await page.setInputFiles("#f", [
      photo("lenta 1.jpg", 20_000_000),
      photo("lenta 2.jpg", 20_000_000),
      photo("tercera.jpg"),
    ]);
    const rows = page.locator(".upload");
    expect(await rows.count()).toBe(3);
    expect(await rows.nth(2).textContent()).toContain("En espera");
    const seen = new Set<string>();
    await expect
      .poll(
        async () => {
          seen.add(
            (await page
              .locator(".upload-told")
              .first()
              .textContent({ timeout: 500 })
              .catch(() => "")) ?? "",
          );
          return page.locator(".kept").count();
        },
        { timeout: 15_000, interval: 60 },
      )
      .toBe(3);
    expect([...seen].filter((told) => / %$/.test(told)).length).toBeGreaterThan(2);
    expect(server.taken.map(({ size, accept, mark }) => [size, accept, mark])).toEqual(
      expect.arrayContaining([
        [20_000_000, "application/json", true],
        [50_000, "application/json", true],
      ]),
    );
    expect(page.url()).toBe(`${server.origin}/report?#pregunta`);
    // And back to the plain address the next time.
    await page.setInputFiles("#f", [photo("cuarta.jpg")]);
    await expect.poll(() => page.locator(".kept").count()).toBe(4);
    expect(page.url()).toBe(`${server.origin}/report#pregunta`);
    expect(complaints).toEqual([]);
  }, 30_000);

  it("can be cancelled, and tried again after a failure", async () => {
    server.taken.length = 0;
    const { page, complaints } = await open();
    await page.setInputFiles("#f", [
      photo("muy lenta.jpg", 22_000_000),
      photo("falla.jpg"),
      photo("sin red.jpg"),
      photo("buena.jpg"),
      photo("enorme.jpg", 26_000_000),
    ]);
    const row = (name: string): Locator => page.locator(".upload").filter({ hasText: name });
    await row("falla.jpg").getByText("Este archivo no se puede leer.").waitFor();
    await row("sin red.jpg").getByText("Sin conexión.").waitFor();
    await row("enorme.jpg").getByText("Demasiado grande.").waitFor();
    await accessible(page);
    expect(await row("enorme.jpg").getByText("Reintentar").count()).toBe(0);
    await row("muy lenta.jpg").getByText("Cancelar").click();
    expect(await row("muy lenta.jpg").count()).toBe(0);
    await row("buena.jpg").getByText("Listo").waitFor();
    // Failed ones keep the page here until somebody decides.
    expect(await page.locator(".kept").count()).toBe(0);
    await row("enorme.jpg").getByText("Quitar").click();
    server.failing.clear();
    await row("falla.jpg").getByText("Reintentar").focus();
    await page.keyboard.press("Enter");
    await row("falla.jpg").getByText("Listo").waitFor();
    await row("sin red.jpg").getByText("Reintentar").click();
    await expect.poll(() => page.locator(".kept").allTextContents()).toEqual(["buena.jpg", "falla.jpg", "sin red.jpg"]);
    expect(complaints).toEqual([]);
  }, 30_000);

  it("takes no more than there is room for", async () => {
    server.taken.length = 0;
    const { page } = await open();
    await page.setInputFiles(
      "#f",
      Array.from({ length: 7 }, (_, at) => photo(`lenta ${at}.jpg`, 2_000_000)),
    );
    expect(await page.getByRole("alert").textContent()).toBe("Son demasiados.");
    expect(await page.locator(".upload").count()).toBe(6);
  });

  it("asks before it is left, but never who leaves at once", async () => {
    server.taken.length = 0;
    const { page } = await open();
    let asked = 0;
    page.on("dialog", (dialog) => {
      asked++;
      void dialog.dismiss();
    });
    await page.click("h1");
    await page.setInputFiles("#f", [photo("lenta.jpg", 24_000_000)]);
    await page.locator(".upload-sending").waitFor();
    await page.evaluate(() => location.assign("/leave"));
    await expect.poll(() => asked).toBe(1);
    expect(page.url()).toContain("/report");
    await page.click("text=Salir ya");
    await expect.poll(() => page.title()).toBe("Fuera");
    expect(asked).toBe(1);
    await new Promise((done) => setTimeout(done, 300));
    expect(server.taken).toEqual([]);
  });
});

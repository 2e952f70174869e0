// The analyst's day in the real program: the inbox by keyboard, and text that outlives an idle sign-out.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { IDLE_LIMIT } from "../../src/staff/keyring";
import { accessible } from "./axe";
import { Demo, PASSWORD } from "./demo";

let demo: Demo;

beforeAll(async () => {
  demo = await Demo.start();
}, 90_000);
afterAll(() => demo?.stop());

const TYPED = "texto-a-medias-centinela, que nadie ha enviado";

const focused = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

it("moves by keys, and not while somebody types or has switched them off", async () => {
  const { page, complaints } = await demo.signIn("analista");
  const links = page.locator("[data-list] th a");
  await links.first().waitFor();
  const number = async (at: number): Promise<string> => (await links.nth(at).textContent())!.trim();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  expect(await focused(page)).toBe(await number(1));
  await page.keyboard.press("ArrowUp");
  expect(await focused(page)).toBe(await number(0));

  await page.keyboard.press("/");
  await page.keyboard.type("jk?");
  expect(await page.inputValue("[name=number]"), "letters are letters in a field").toBe("jk?");
  await page.fill("[name=number]", "");
  await page.locator("main h1").click();

  const second = await number(1);
  const next = await number(2);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator("h1.mono", { hasText: second.slice(0, 13) }).waitFor();
  await expect.poll(() => focused(page), { message: "the heading has the focus" }).toContain(second.slice(0, 13));
  await accessible(page);
  await page.keyboard.press("n");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("nota");
  await page.locator("h1.mono").click();
  await page.keyboard.press("j");
  await page.locator("h1.mono", { hasText: next.slice(0, 13) }).waitFor();
  await page.keyboard.press("k");
  await page.locator("h1.mono", { hasText: second.slice(0, 13) }).waitFor();
  await page.keyboard.press("j");
  await page.locator("h1.mono", { hasText: next.slice(0, 13) }).waitFor();
  await page.keyboard.press("u");
  await links.first().waitFor();
  await expect.poll(() => focused(page), { message: "where one came from" }).toContain(next.slice(0, 13));

  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Atajos de teclado").waitFor();
  await accessible(page);
  await dialog.locator("input[type=checkbox]").uncheck();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.keyboard.press("/");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).not.toBe("number");
  await page.click("text=Ajustes");
  await page.click("[data-show-shortcuts]");
  await dialog.locator("input[type=checkbox]").check();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await links.first().waitFor();
  expect(complaints).toEqual([]);
}, 120_000);

it("filters by a form, keeps them in the address, and comes back to them from a case", async () => {
  const { page, complaints } = await demo.signIn("analista");
  await page.selectOption("[name=state]", "all");
  await page.click("summary");
  await page.selectOption("[name=kind]", "denuncia");
  await page.getByRole("button", { name: "Filtrar" }).click();
  await page.waitForURL(/state=all/);
  await accessible(page);
  const listed = page.url();
  expect(listed).toContain("kind=denuncia");
  await page.locator("[data-list] th a").first().click();
  await page.locator("sealed-record[data-state=open]").first().waitFor();
  const file = { name: "respuesta.txt", mimeType: "text/plain", buffer: Buffer.from("respuesta inventada") };
  await page.setInputFiles('form[data-seal="attachment"] input[type=file]', file);
  await page.click('form[data-seal="attachment"] button:not([type=button])');
  await page.locator("sealed-attachment").getByText("respuesta.txt").waitFor();
  expect(new URL(page.url()).search, "where one came from is not forgotten").toContain("kind=denuncia");
  await page.locator(".trail a[rel=next]").waitFor();
  await page.click("a[rel=up]");
  await page.waitForURL(/\/staff\/inbox/);
  const asked = new URL(page.url()).searchParams;
  expect([asked.get("state"), asked.get("kind")]).toEqual(["all", "denuncia"]);
  const phone = await page.context().newPage();
  await phone.setViewportSize({ width: 360, height: 740 });
  await phone.goto(page.url());
  await phone.locator("[data-list]").waitFor();
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
  expect(wide, "nothing but the list itself scrolls sideways").toBeLessThanOrEqual(360);
  await accessible(phone);
  expect(complaints).toEqual([]);
}, 120_000);

it("keeps what was typed through an idle sign-out, sealed, until it is sent", async () => {
  const { page, bodies, complaints } = await demo.signIn(
    "analista",
    async (fresh) => void (await fresh.clock.install()),
  );
  await page.locator("[data-list] th a").first().click();
  const note = page.locator("form[data-seal=note] textarea");
  await page.locator("sealed-record[data-state=open]").first().waitFor();
  const address = page.url();
  await note.fill(TYPED);
  const kept = page.waitForResponse(
    (response) => response.request().method() === "PUT" && response.url().endsWith("/drafts/note"),
  );
  await page.clock.runFor(4_000);
  expect((await kept).status()).toBe(204);

  // After idling, keys and text are gone from the page and the browser's storage.
  await page.clock.runFor(IDLE_LIMIT + 10_000);
  await page.getByRole("dialog").waitFor();
  expect(await note.inputValue()).toBe("");
  expect(await page.content()).not.toContain(TYPED);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain("centinela");
  await page.getByRole("dialog").getByText("Salir", { exact: true }).click();
  await page.waitForURL(/sign-in/);

  // At another desk.
  const again = await demo.signIn("analista");
  await again.page.goto(address);
  await again.page.getByRole("dialog").locator("input[type=password]").fill(PASSWORD);
  await again.page.getByRole("dialog").locator("button.primary").click();
  const back = again.page.locator("form[data-seal=note] textarea");
  await expect.poll(() => back.inputValue()).toBe(TYPED);
  await again.page.getByText("Recuperamos lo que no había enviado").waitFor();
  await accessible(again.page);
  await again.page.locator("form[data-seal=note] button.quiet", { hasText: "nota" }).click();
  await again.page.locator("sealed-record").getByText(TYPED).waitFor();
  await again.page.reload();
  await again.page.getByRole("dialog").locator("input[type=password]").fill(PASSWORD);
  await again.page.getByRole("dialog").locator("button.primary").click();
  await again.page.locator("sealed-record").getByText(TYPED).waitFor();
  expect(await back.inputValue(), "sent, and not offered again").toBe("");

  // Unwanted, it goes at once.
  await back.fill("ya no hace falta");
  const saved = again.page.waitForResponse((response) => response.request().method() === "PUT");
  await saved;
  await again.page.click("a[rel=up]");
  await again.page.click(`[data-list] a[href^="${new URL(address).pathname}"]`);
  await expect.poll(() => back.inputValue()).toBe("ya no hace falta");
  const gone = again.page.waitForResponse((response) => response.request().method() === "DELETE");
  await again.page.locator("[data-recovered] button").click();
  expect((await gone).status()).toBe(204);
  expect(await back.inputValue()).toBe("");

  expect([...bodies, ...again.bodies].filter((body) => body.includes("centinela"))).toEqual([]);
  expect(complaints).toEqual([]);
  expect(again.complaints).toEqual([]);
}, 180_000);

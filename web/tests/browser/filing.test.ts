// The counter on the real program in headless Chromium: a clerk files for somebody, prints the receipt, hands it over, and
// finds nothing of it afterwards; a clerk who goes away leaves nothing behind.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessible } from "./axe";
import { answer, Demo, stepOf } from "./demo";

const CHAT = "/staff/filing/report";
const PHOTO = new URL("../../../tests/media/turned.jpg", import.meta.url).pathname;
const NAME = "Persona Ficticia Mostrador";
const STORY = "Historia-centinela inventada, contada en ventanilla.";
const ANSWERS = {
  kind: "denuncia",
  category: "coima",
  province: "17",
  establishment: "otro",
  whom: "me",
  story: `${STORY} Soy ${NAME}.`,
  document: "1710034065",
  name: NAME,
  phone: "0991234567",
  email: "ventanilla@ficticia.test",
  address: "Pasaje Inventado 45",
};

let demo: Demo;
beforeAll(async () => {
  demo = await Demo.start();
}, 120_000);
afterAll(() => demo?.stop());

/** Waits until Turbo has shown what came of `act`. */
async function shown(page: Page, act: () => Promise<unknown>): Promise<void> {
  await page.evaluate(() => document.documentElement.setAttribute("data-before", ""));
  await page.evaluate(() =>
    addEventListener("turbo:render", () => document.documentElement.removeAttribute("data-before"), { once: true }),
  );
  await act();
  await page.waitForFunction(() => !document.documentElement.hasAttribute("data-before"));
}

/** Goes on until `until` is asked, or to the end. */
async function walk(
  page: Page,
  until: string | null,
  each: (step: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (let asked = 0; asked < 40; asked += 1) {
    const step = await stepOf(page, CHAT);
    if (step === until || step === null) return;
    await each(step);
    if (step === "consent") await page.check("[name=heard]");
    await shown(page, () => {
      if (step === "consent") return page.click("[name=value][value=accept]");
      if (step === "files") return page.locator(`form[action="${CHAT}"] button`).first().click();
      return answer(page, step, ANSWERS, CHAT);
    });
  }
  throw new Error("the chat does not end");
}

const start = (page: Page): Promise<void> => shown(page, () => page.click(`form[action="${CHAT}/start"] button`));

it("files for somebody, prints the receipt, hands it over, and keeps nothing", async () => {
  const { page, complaints } = await demo.signIn("ventanilla");
  await page.waitForURL(/\/staff\/filing$/);
  await accessible(page);
  await start(page);
  await shown(page, () => answer(page, "kind", ANSWERS, CHAT));
  await shown(page, () => page.click(`form.back[action="${CHAT}/back"] button`));
  expect(await stepOf(page, CHAT)).toBe("kind");

  await walk(page, "consent");
  await accessible(page);
  // The browser asks for the tick; without its help the server does.
  await page.locator("[name=heard]").evaluate((box: HTMLInputElement) => box.removeAttribute("required"));
  await shown(page, () => page.click("[name=value][value=accept]"));
  expect(await page.getByRole("alert").textContent()).toContain("Marque la casilla");
  await accessible(page);
  expect(await page.locator("[name=value][value=refuse]").isVisible(), "not by one slip").toBe(false);
  await page.click(".refuse summary");
  await shown(page, () => page.click("[name=value][value=refuse]"));
  expect(await page.locator("main").textContent()).toContain("Defensoría del Pueblo");
  await accessible(page);
  await shown(page, () => page.click(`form[action="${CHAT}/back"] button`));

  const seen: string[] = [];
  await walk(page, "files", async (step) => void seen.push(step));
  // It goes as soon as it is chosen, tells how far it is, and costs neither page nor keys.
  expect(await page.locator(`form[action="${CHAT}/files"] button`).isVisible()).toBe(false);
  await shown(page, async () => {
    await page.setInputFiles("input[type=file]", PHOTO);
    await page.locator(".upload progress").waitFor({ state: "attached" });
  });
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByText("Quitamos el lugar").waitFor();
  await accessible(page);
  await walk(page, null, async (step) => {
    if (["document", "share", "preview"].includes(step)) await accessible(page);
    if (step !== "preview") return;
    expect(await page.locator(".sheet").first().textContent()).toContain("Historia-centinela");
    expect(await page.locator(".sheet").first().textContent()).not.toContain(NAME);
    // None of it goes on paper.
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("main").isVisible()).toBe(false);
    await page.emulateMedia({ media: "screen" });
  });
  await accessible(page);
  await shown(page, () => page.click(`form[action="${CHAT}/submit"] button`));
  const words = (await page.locator(".words li").allTextContents()).join(" ");
  expect(words.split(" ")).toHaveLength(8);
  await accessible(page);

  await page.emulateMedia({ media: "print", colorScheme: "light" });
  if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/print.png`, fullPage: true });
  expect(await page.locator(".words li").first().isVisible()).toBe(true);
  expect(await page.locator(".address").textContent()).toBe(`${demo.origin}/follow-up`);
  for (const hidden of [".bar", "h1", "main button", ".panel.care"])
    expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
  await page.emulateMedia({ media: "screen" });
  await page.evaluate(() => {
    window.print = () => document.body.setAttribute("data-printed", "");
  });
  await page.click("form[data-print] button");
  await page.locator("body[data-printed]").waitFor();

  await page.check("[name=sure]");
  await shown(page, () => page.click(`form[action="${CHAT}/receipt/saved"] button`));
  await page.getByText("El recibo ya no se muestra").waitFor();
  await accessible(page);
  await page.goBack();
  await page.waitForLoadState("networkidle");
  const first = words.split(" ")[0]!;
  for (const gone of [first, NAME, "centinela"])
    expect(await page.locator("body").textContent()).not.toContain(` ${gone} `);
  expect(await page.locator(".words").count()).toBe(0);
  // The browser notes each refused answer; nothing else is wrong.
  expect(complaints.filter((line) => !line.includes("422"))).toEqual([]);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(first);

  const reporter = await (await demo.browser.newContext()).newPage();
  await reporter.goto(`${demo.origin}/follow-up`);
  await reporter.fill("[name=words]", words);
  await reporter.click('form[action="/follow-up"] button');
  await reporter.getByText("Historia-centinela").first().waitFor({ state: "attached" });
}, 180_000);

it("discards, asks for the password after a reload, and ends by itself", async () => {
  const { page } = await demo.signIn("ventanilla", async (page) => void (await page.clock.install()));
  await start(page);
  await walk(page, "document");
  page.once("dialog", (dialog) => void dialog.accept());
  await shown(page, () => page.click(`form[action="${CHAT}/discard"] button`));
  expect(await page.locator(`form[action="${CHAT}/start"]`).count()).toBe(1);

  await start(page);
  await walk(page, "document");
  await page.clock.runFor(16 * 60_000);
  await page.waitForURL(/sign-in/);
  const cookies = (await page.context().cookies()).map(({ name }) => name);
  expect(cookies).not.toContain("__Host-sigilo-filing");

  const again = await demo.signIn("ventanilla");
  await start(again.page);
  await walk(again.page, "document");
  await again.page.reload();
  await again.page.getByRole("dialog").waitFor();
  expect(await again.page.locator("#pregunta").isVisible()).toBe(false);
}, 120_000);

// Staff who read English, an analyst who recuses herself, and what the administrator sees, on the real program in
// headless Chromium.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { en } from "../../src/staff/strings.en";
import { es } from "../../src/staff/strings.es";
import { accessible } from "./axe";
import { Demo } from "./demo";

/** Where to put pictures of the pages, for whoever wants to look at them. */
const PICTURES = process.env["SIGILO_PICTURES"];

let demo: Demo;
beforeAll(async () => {
  demo = await Demo.start();
}, 120_000);
afterAll(() => demo?.stop());

async function picture(page: Page, name: string): Promise<void> {
  if (!PICTURES) return;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}.png`, fullPage: true });
  }
}

const language = (page: Page): Promise<string> => page.evaluate(() => document.documentElement.lang);

async function chooseEnglish(page: Page): Promise<void> {
  await page.click('nav a[href="/staff/settings"]');
  await page.check("[name=language][value=en]");
  await picture(page, "settings");
  await page
    .locator("form", { has: page.locator("[name=language]") })
    .locator("button")
    .click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  expect(await language(page)).toBe("en");
}

it("offers the sign-in page in both languages, and tells errors in the one that was chosen", async () => {
  const page = await (await demo.browser.newContext()).newPage();
  await page.goto(`${demo.origin}/staff/sign-in`);
  await page.click("a[hreflang=en]");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await accessible(page);
  await page.fill("[name=email]", "analista@demo.test");
  await page.fill("[name=password]", "not the password");
  await page.click("main button");
  await page.getByRole("alert").waitFor();
  expect(await page.getByRole("alert").textContent()).toBe(en["sign-in.wrong"]);
});

it("speaks English to an analyst who chose it, and lets her go from a case for good", {
  timeout: 120_000,
}, async () => {
  const { page, bodies, complaints } = await demo.signIn("analista");
  await chooseEnglish(page);
  await page.click('nav a[href="/staff/inbox"]');
  await page.getByRole("heading", { name: "Cases" }).waitFor();
  const first = page.locator("tbody th a").first();
  const number = (await first.textContent())!.trim().split(" ")[0]!;
  await first.click();
  await page.locator("sealed-record[data-state=open]").first().waitFor();
  for (const text of [es["sealed.by-server"], es["sealed.locked"]])
    expect(await page.locator("main").textContent()).not.toContain(text);

  await page.getByText("Recuse myself from this case").click();
  await accessible(page);
  await picture(page, "recusal");
  const form = page.locator("form[data-recuse]");
  await form.locator("select").selectOption("knows");
  await form.locator("textarea").fill("Motivo-centinela: es mi vecina.");
  await form.locator("[name=sure]").check();
  await form.locator("button").click();
  await page.waitForURL(/\/staff\/inbox/);
  await page.getByRole("heading", { name: "Cases" }).waitFor();
  expect(await page.locator("main").textContent()).not.toContain(number);
  expect(bodies.filter((body) => body.includes("centinela") || body.includes("knows"))).toEqual([]);
  expect(complaints).toEqual([]);
  // Signed out, she is asked to sign in again in her language.
  await page.click("[data-sign-out] button");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

it("tells the administrator that the case has nobody left, in either language", { timeout: 120_000 }, async () => {
  const { page, complaints } = await demo.signIn("admin");
  await page.getByText("nadie puede atender").waitFor();
  await accessible(page);
  await picture(page, "overview");
  await chooseEnglish(page);
  await page.click('nav a[href="/staff/overview"]');
  await page.getByText("nobody may work on").waitFor();
  await accessible(page);
  expect(complaints).toEqual([]);
});

// Every page that the router serves to people, in light and dark, on the real program in headless Chromium: what axe finds,
// what runs out of the side, what is too small for a thumb, and texts that are still keys.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessible } from "./axe";
import { answer, Demo, PHONE, stepOf } from "./demo";

const ROUTES = readFileSync(new URL("../../../tests/routes/routes.txt", import.meta.url), "utf8");
/** Routes that answer with something other than a page of their own. */
const NO_PAGES = [
  /^\/api\//,
  /^\/webhooks\//,
  /^\/assets\//,
  /^\/(health|ready)z$/,
  /\.txt$/,
  /\/proof$/,
  /^\/follow-up\/files\//,
  /^\/staff$/,
];
const PAGES = [...ROUTES.matchAll(/^GET (\S+) /gm)]
  .map((found) => found[1]!)
  .filter((path) => !NO_PAGES.some((other) => other.test(path)));
/** The least height of what is touched, of which text within sentences is none. */
const THUMB = 44;

const ANSWERS = {
  kind: "denuncia",
  category: "coima",
  province: "17",
  establishment: "otro",
  whom: "other",
  relation: "parent",
  consent: "accept",
  story: "Historia inventada de Persona Ficticia Página.",
  document: "1710034065",
  "affected-name": "Luz Ficticia Página",
  "affected-document": "1710034065",
  name: "Persona Ficticia Página",
  phone: "0991234567",
  email: "pagina@ficticia.test",
  address: "Pasaje Inventado 45",
};

let demo: Demo;
const seen = new Set<string>();
beforeAll(async () => {
  demo = await Demo.start();
}, 120_000);
afterAll(() => demo?.stop());

/** `page` shows the route `path`, and nothing is wrong with how. */
async function sound(page: Page, path: string): Promise<void> {
  seen.add(path);
  await accessible(page);
  const wrong = await page.evaluate((thumb) => {
    const found: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth)
      found.push(`runs out of the side: ${document.documentElement.scrollWidth}`);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const text = node.textContent!.trim();
      if (/^[a-z]+(-[a-z0-9]+)+$/.test(text) && !node.parentElement!.closest(".mono, pre, code, kbd, script"))
        found.push(`a key: ${text}`);
    }
    for (const control of document.querySelectorAll<HTMLElement>(
      "main :is(button, .button, select, textarea, input[type=text], label.choice, summary)",
    )) {
      const { width, height } = control.getBoundingClientRect();
      if (innerWidth < 400 && width > 0 && height < thumb - 0.5)
        found.push(`${Math.round(height)} high: ${control.outerHTML.slice(0, 90)}`);
    }
    return found;
  }, THUMB);
  expect(wrong, `${path} at ${page.viewportSize()!.width}`).toEqual([]);
}

it("the reporter's, step by step, on a phone", async () => {
  const page = await (await demo.browser.newContext({ viewport: PHONE })).newPage();
  for (const path of ["/", "/?lang=en", "/protection", "/protection?lang=en", "/follow-up", "/report"]) {
    await page.goto(demo.origin + path);
    await sound(page, path.split("?")[0]!);
  }
  await page.goto(demo.origin);
  await page.click('form[action="/report/start"] button');
  for (let asked = 0, step = await stepOf(page); step !== null; asked += 1, step = await stepOf(page)) {
    expect(asked).toBeLessThan(40);
    await sound(page, "/report");
    await answer(page, step, ANSWERS);
  }
  await sound(page, "/report");
  await page.click('form[action="/report/submit"] button');
  await sound(page, "/report/receipt");
  const words = (await page.locator(".words li").allTextContents()).join(" ");
  await page.check("[name=sure]");
  await page.click('form[action="/report/receipt/saved"] button');
  await sound(page, "/report/receipt");
  await page.goto(`${demo.origin}/follow-up`);
  await page.fill("[name=words]", words.replace(/^\S+/, "xyzw"));
  await page.click('form[action="/follow-up"] button');
  expect(await page.getByRole("alert").textContent()).toContain("La palabra 1 no es");
  await sound(page, "/follow-up");
  await page.fill("[name=words]", words);
  await page.click('form[action="/follow-up"] button');
  await sound(page, "/follow-up/case");
  for (const path of ["/follow-up/identity", "/follow-up/identity/erasure"]) {
    await page.goto(demo.origin + path);
    await sound(page, path);
  }
  await page.goto(`${demo.origin}/nope`);
  await sound(page, "/nope");
  await page.context().close();
}, 240_000);

/** Where each role goes; `…/{case}` is the first of the list before it. */
const STAFF: Record<string, string[]> = {
  analista: ["/staff/inbox", "/staff/cases/{case}", "/staff/settings"],
  oficial: ["/staff/desk", "/staff/desk/{case}"],
  auditora: ["/staff/openings", "/staff/log", "/staff/log/{leaf}"],
  admin: ["/staff/overview"],
  ventanilla: ["/staff/filing"],
};

/** By Turbo, as a person would: a reload would cost the keys. */
async function go(page: Page, path: string): Promise<void> {
  const loaded = page.evaluate(
    () => new Promise<void>((done) => addEventListener("turbo:load", () => done(), { once: true })),
  );
  if (path.includes("{")) await page.locator("main tbody a").first().click();
  else
    await page.evaluate(
      (to) => document.body.appendChild(Object.assign(document.createElement("a"), { href: to })).click(),
      path,
    );
  await loaded;
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => !document.querySelector("[data-state=opening]"));
}

it.each(Object.entries(STAFF))(
  "staff's: %s, at a desk and on a phone",
  async (who, paths) => {
    const { page, complaints } = await demo.signIn(who);
    seen.add("/staff/sign-in");
    await page.waitForLoadState("networkidle");
    for (const path of paths) {
      await go(page, path);
      await sound(page, path);
      await page.setViewportSize(PHONE);
      await sound(page, path);
      await page.setViewportSize({ width: 1280, height: 860 });
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  },
  120_000,
);

it("leaves none out", () => {
  // The counter's chat and receipt are the reporter's, and have a test of their own.
  expect(PAGES.filter((path) => !seen.has(path) && !path.startsWith("/staff/filing/"))).toEqual([]);
  expect(PAGES.length).toBeGreaterThan(15);
});

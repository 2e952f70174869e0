// The whole story on the real program in headless Chromium: a reporter without JavaScript on a small phone, an analyst,
// an officer, the reporter again, an auditor. Needs `npm run build`, a built binary, and Debian's chromium.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

const BINARY = process.env["SIGILO_BIN"] ?? new URL("../../../target/debug/sigilo", import.meta.url).pathname;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PASSWORD = "sigilo de prueba";
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 860 };
// Sentinels: what must never leave the browser in clear once staff write it, and never reach an analyst.
const NAME = "Quilla Ficticia Quipu";
const CEDULA = "1710034065";
const STORY = "Me pidieron un soborno-centinela para adelantar una cita.";
const MESSAGE = "Pregunta-centinela: ¿recuerda la hora?";
const NOTE = "Nota-centinela del área.";
const REASON = "Motivo-centinela del cambio.";
const PURPOSE = "Propósito-centinela: validar a quien reporta.";

let program: ChildProcess;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  program = spawn(BINARY, ["demo", "--listen", "127.0.0.1:0"], {
    cwd: new URL("../../..", import.meta.url).pathname,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUST_LOG: "warn" },
  });
  origin = await new Promise((resolve, reject) => {
    program.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
    createInterface({ input: program.stdout! }).on("line", (line) => {
      const found = /(http:\/\/localhost:\d+)\/staff/.exec(line);
      if (found) resolve(found[1]!);
    });
  });
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  const ended = new Promise((resolve) => program?.once("exit", resolve));
  if (program?.kill("SIGTERM")) await ended;
});

/** No WCAG 2.2 A or AA violation, in light and in dark. */
async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const axe = (globalThis as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe;
      scrollTo(0, 0);
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
      const { violations } = await axe.run({ runOnly: { type: "tag", values: tags } } as object);
      return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
    });
    expect(found, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
}

/** The same page and cookies with JavaScript, for axe: the reporter's own browser has none. */
async function accessibleTwin(context: BrowserContext, page: Page): Promise<void> {
  const twin = await browser.newContext({ viewport: PHONE });
  await twin.addCookies(await context.cookies());
  const copy = await twin.newPage();
  await copy.goto(page.url());
  await accessible(copy);
  await twin.close();
}

const STEPS: Record<string, string> = {
  kind: "denuncia", category: "coima", province: "17", establishment: "otro", whom: "me", consent: "accept",
  story: `${STORY} Soy ${NAME}, cédula ${CEDULA}.`, name: NAME, phone: "0991234567", email: "centinela@ficticia.test",
  address: "Pasaje Inventado 45",
};

/** Answers one question as a finger would. */
async function answer(page: Page, step: string): Promise<void> {
  const form = page.locator('form[action="/report"]').first();
  const value = STEPS[step] ?? "No lo sé con exactitud";
  if (step === "files") return form.locator("button[name=skip]").click();
  if (step === "preview") return form.locator("button[name=confirm]").click();
  if (step === "document") {
    await form.locator("[name=kind][value=cedula]").check();
    await form.locator("[name=number]").fill(CEDULA);
  } else if (step !== "share") {
    const button = form.locator(`button[name=value][value="${value}"]`);
    if (await button.count()) return button.click();
    const field = form.locator("[name=value]").first();
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  await form.locator("button:not([name])").last().click();
}

async function signIn(who: string): Promise<{ page: Page; bodies: string[]; complaints: string[] }> {
  const page = await (await browser.newContext({ viewport: DESKTOP })).newPage();
  const bodies: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => bodies.push(`${request.url()} ${request.postData() ?? ""}`));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${origin}/staff/sign-in`);
  await accessible(page);
  await page.fill("[name=email]", `${who}@demo.test`);
  await page.fill("[name=password]", PASSWORD);
  await page.click("main button");
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
  return { page, bodies, complaints };
}

const spoken = (bodies: string[], ...secrets: string[]): string[] =>
  secrets.filter((secret) => bodies.some((body) => body.includes(secret) || decodeURIComponent(body.replace(/%(?![0-9a-f]{2})/gi, "%25")).includes(secret)));

it("goes from a phone to an analyst, to an officer, and back", async () => {
  // 1. The reporter, without JavaScript.
  const phone = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const reporter = await phone.newPage();
  await reporter.goto(origin);
  await accessibleTwin(phone, reporter);
  await reporter.click('form[action="/report/start"] button');
  for (let asked = 0; !(await reporter.locator('form[action="/report/submit"]').count()); asked += 1) {
    expect(asked).toBeLessThan(40);
    const step = (await reporter.locator("input[name=step]").first().getAttribute("value"))!;
    const question = (await reporter.locator("#pregunta").boundingBox())!;
    expect(question.y, `${step}: the question is in sight`).toBeLessThan(PHONE.height);
    expect(await reporter.evaluate(() => document.documentElement.scrollWidth), `${step}: nothing runs out of the side`).toBeLessThanOrEqual(PHONE.width);
    if (["kind", "document", "consent", "share", "preview"].includes(step)) await accessibleTwin(phone, reporter);
    if (step === "preview") {
      const seen = (await reporter.locator(".sheet").first().textContent())!;
      expect(seen).toContain("soborno-centinela");
      expect(seen).not.toContain(CEDULA);
    }
    await answer(reporter, step);
  }
  await reporter.click('form[action="/report/submit"] button');
  await accessibleTwin(phone, reporter);
  const words = (await reporter.locator(".words li").allTextContents()).join(" ");
  const number = (await reporter.locator(".number").textContent())!.trim();
  expect(words.split(" ")).toHaveLength(8);
  await reporter.reload();
  expect((await reporter.locator(".words li").allTextContents()).join(" ")).toBe(words);
  await reporter.click('form[action="/report/receipt/saved"] button');
  await phone.close();

  // 2. The analyst: sees the story without the person, writes, notes, decides, asks for a validation.
  const analyst = await signIn("analista");
  await accessible(analyst.page);
  await analyst.page.click(`text=${number}`);
  await analyst.page.getByText("soborno-centinela").waitFor();
  await accessible(analyst.page);
  expect(await analyst.page.content()).not.toContain(CEDULA);
  expect(await analyst.page.content()).not.toContain(NAME);
  const sealed = async (kind: string, text: string): Promise<void> => {
    const form = analyst.page.locator(`form[data-seal="${kind}"]`);
    await form.locator("textarea").fill(text);
    await form.locator("button").click();
    await analyst.page.locator(`form[data-seal="${kind}"] textarea`).and(analyst.page.locator(":not(:disabled)")).first().waitFor({ state: "attached" }).catch(() => {});
  };
  await sealed("message", MESSAGE);
  await analyst.page.locator("sealed-record").getByText(MESSAGE).waitFor();
  expect(await analyst.page.locator("details.unproven").count(), "the log confirms the reporter's key").toBe(0);
  await sealed("note", NOTE);
  await analyst.page.locator("sealed-record").getByText(NOTE).waitFor();
  await sealed("reason", REASON);
  await analyst.page.locator("sealed-record").getByText(REASON).waitFor();
  await sealed("validation-request", "Por favor validar.");
  await analyst.page.locator('form[data-seal="validation-request"]').waitFor({ state: "detached" });
  expect(spoken(analyst.bodies, MESSAGE, NOTE, REASON, STORY, PASSWORD, encodeURIComponent(PASSWORD))).toEqual([]);
  expect(analyst.complaints).toEqual([]);

  // 3. The officer: unseals with a purpose, checks, states a verdict.
  const officer = await signIn("oficial");
  await accessible(officer.page);
  await officer.page.click(`text=${number}`);
  await officer.page.locator("form[data-unseal]").waitFor();
  await accessible(officer.page);
  expect(await officer.page.content()).not.toContain("soborno-centinela");
  await officer.page.fill("form[data-unseal] [name=text]", PURPOSE);
  await officer.page.fill("form[data-unseal] [name=password]", PASSWORD);
  await officer.page.click("form[data-unseal] button");
  const identity = officer.page.locator("identity-view");
  await identity.getByText(NAME).first().waitFor();
  await identity.getByText(CEDULA).first().waitFor();
  await accessible(officer.page);
  await officer.page.locator("form[data-verdict] [data-check] select").first().selectOption("yes");
  await officer.page.locator("form[data-verdict] [data-check] [data-day]").first().fill("2026-11-24");
  await officer.page.check("form[data-verdict] [value=valid]");
  const stated = officer.page.waitForResponse((response) => response.url().endsWith("/verdict"));
  await officer.page.click("form[data-verdict] button");
  expect((await stated).ok()).toBe(true);
  expect(spoken(officer.bodies, PURPOSE, NAME, CEDULA, PASSWORD)).toEqual([]);
  expect(officer.complaints).toEqual([]);

  // The analyst sees the verdict, and still no person.
  await analyst.page.reload();
  await analyst.page.locator("dialog[open] input[type=password]").fill(PASSWORD);
  await analyst.page.locator("dialog[open] button").first().click();
  await analyst.page.getByText("soborno-centinela").waitFor();
  expect(await analyst.page.locator("main").textContent()).toMatch(/[Vv]álida|[Vv]alidada|corresponde/);
  expect(await analyst.page.content()).not.toContain(NAME);

  // 4. The reporter returns.
  const again = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const back = await again.newPage();
  await back.goto(`${origin}/follow-up`);
  await accessibleTwin(again, back);
  await back.fill("[name=words]", words.toUpperCase());
  await back.click('form[action="/follow-up"] button');
  await back.getByText(MESSAGE).waitFor();
  const page = (await back.locator("main").textContent())!;
  expect(page).toContain("Validar la identidad");
  expect(await back.locator("#diferencia").count(), "page and witness count the same").toBe(0);
  await accessibleTwin(again, back);
  await back.fill("[name=text]", "Fue a las diez de la mañana.");
  await back.click('form[action="/follow-up/message"] button');
  await back.getByText("Fue a las diez").waitFor();
  await again.close();

  // 5. The auditor reads the log; the purpose opens for her alone.
  const auditor = await signIn("auditora");
  await accessible(auditor.page);
  await auditor.page.getByText(PURPOSE).waitFor();
  expect(auditor.complaints).toEqual([]);
  const administrator = await signIn("admin");
  await accessible(administrator.page);
}, 240_000);

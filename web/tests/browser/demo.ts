// The real program with its demo, headless Chromium, and what tests do in both: walk the chat, sign in, look with axe.
// Needs `npm run build`, a built binary, and Debian's chromium.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { inject } from "vitest";
import { accessible } from "./axe";
import { launchChromium } from "./chromium";
import { type Program, startProgram, stopProgram } from "./program";

export const PASSWORD = "sigilo de prueba";
export const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 860 };

export class Demo {
  private constructor(
    private readonly folder: string,
    private readonly program: Program,
    readonly browser: Browser,
  ) {}

  /** Starts the program on a copy of the run's demo, and a browser. */
  static async start(...more: string[]): Promise<Demo> {
    const browser = await launchChromium();
    const folder = mkdtempSync(join(tmpdir(), "sigilo-browser-"));
    cpSync(inject("demo"), folder, { recursive: true });
    try {
      return new Demo(folder, await startProgram(folder, ...more), browser);
    } catch (error) {
      await browser.close();
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  get origin(): string {
    return this.program.origin;
  }

  /** The page that looks like a phone. */
  get phone(): string {
    return this.program.phone;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await stopProgram(this.program);
    rmSync(this.folder, { recursive: true });
  }

  /** The same page and cookies with JavaScript, for axe: the reporter's own browser has none. */
  async accessibleTwin(context: BrowserContext, page: Page): Promise<void> {
    const twin = await this.browser.newContext({ viewport: PHONE });
    await twin.addCookies(await context.cookies());
    const copy = await twin.newPage();
    await copy.goto(page.url());
    await accessible(copy);
    await twin.close();
  }

  async signIn(
    who: string,
    prepare?: (page: Page) => Promise<void>,
  ): Promise<{ page: Page; bodies: string[]; complaints: string[] }> {
    const page = await (await this.browser.newContext({ viewport: DESKTOP })).newPage();
    await prepare?.(page);
    const bodies: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => bodies.push(`${request.url()} ${request.postData() ?? ""}`));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${this.origin}/staff/sign-in`);
    await accessible(page);
    await page.fill("[name=email]", `${who}@demo.test`);
    await page.fill("[name=password]", PASSWORD);
    await page.click("main button");
    await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
    return { page, bodies, complaints };
  }
}

/** Answers of a reporter; other questions get a filler. */
export type Answers = Record<string, string>;

/** The step that the page asks now; null when everything is answered. `chat` is where it is held. */
export async function stepOf(page: Page, chat = "/report"): Promise<string | null> {
  if (await page.locator(`form[action^="${chat}/submit"]`).count()) return null;
  return page.locator("input[name=step]").first().getAttribute("value");
}

/** Answers one question as a finger would; files by "I have none". */
export async function answer(page: Page, step: string, answers: Answers, chat = "/report"): Promise<void> {
  const form = page.locator(`form[action="${chat}"], form[action^="${chat}?"]`).first();
  const value = answers[step] ?? (step === "conflict" ? "unknown" : "No lo sé con exactitud");
  if (step === "files") return form.locator("button[name=skip]").click();
  if (step === "preview") return form.locator("button[name=confirm]").click();
  if (step.endsWith("document")) {
    await form.locator("[name=kind][value=cedula]").check();
    await form.locator("[name=number]").fill(value);
  } else if (step !== "share") {
    const button = form.locator(`button[name=value][value="${value}"]`);
    if (await button.count()) return button.click();
    const field = form.locator("[name=value]").first();
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  await form.locator("button:not([name])").last().click();
}

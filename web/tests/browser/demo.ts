// The real program with its demo, headless Chromium, and what tests do in both: walk the chat, sign in, look with axe.
// Needs `npm run build`, a built binary, and Debian's chromium.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { accessible } from "./axe";
import { launchChromium } from "./chromium";

const BINARY = process.env["SIGILO_BIN"] ?? new URL("../../../target/debug/sigilo", import.meta.url).pathname;
export const PASSWORD = "sigilo de prueba";
export const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 860 };

export class Demo {
  private constructor(
    readonly program: ChildProcess,
    readonly origin: string,
    /** The page that looks like a phone. */
    readonly phone: string,
    readonly browser: Browser,
  ) {}

  static async start(...more: string[]): Promise<Demo> {
    const program = spawn(BINARY, ["demo", "--listen", "127.0.0.1:0", ...more], {
      cwd: new URL("../../..", import.meta.url).pathname,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, RUST_LOG: "warn" },
    });
    let phone = "";
    const origin = await new Promise<string>((resolve, reject) => {
      program.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
      createInterface({ input: program.stdout! }).on("line", (line) => {
        phone = /http:\/\/127\.0\.0\.1:\d+\//.exec(line)?.[0] ?? phone;
        const found = /(http:\/\/localhost:\d+)\/staff/.exec(line);
        if (found) resolve(found[1]!);
      });
    });
    const browser = await launchChromium();
    return new Demo(program, origin, phone, browser);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    const ended = new Promise((resolve) => this.program.once("exit", resolve));
    if (this.program.kill("SIGTERM")) await ended;
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

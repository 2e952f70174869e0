// Where the server names another person for a member, the page says so, and says whom to call.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { memberWords, showWords } from "../../src/vault/key-words";
import { identityOf, instance, signerOf } from "../support";
import { launchChromium } from "./chromium";
import { EMAIL, OFFICER, PASSWORD, start } from "./server";

let server: Awaited<ReturnType<typeof start>>;
let browser: Browser;
/** The member as the server describes them. */
let person = { name: "Olga", role: "officer" };

beforeAll(async () => {
  const staff = () => ({ id: OFFICER, ...person, language: "es", email: EMAIL });
  server = await start(undefined, {}, (session) => ({ ...session, staff: staff() }));
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function signIn(tab: Page): Promise<void> {
  await tab.goto(`${server.origin}/staff/sign-in`);
  await tab.locator("input[type=email]").fill(EMAIL);
  await tab.locator("input[type=password]").fill(PASSWORD);
  await tab.getByText("Entrar", { exact: true }).click();
}

it("shows an alarm with the member's own words, and opens nothing", async () => {
  const tab = await (await browser.newContext({ locale: "es-EC" })).newPage();
  person = { name: "Olga", role: "auditor" };
  await signIn(tab);
  const alarm = tab.getByRole("alert");
  await alarm.getByRole("heading").waitFor();
  const text = (await alarm.textContent()) ?? "";
  expect(text).toContain("Alguien cambió sus llaves: llame antes de seguir");
  expect(text).toContain("otro cargo");
  expect(text).toContain("Llame por teléfono");
  const [{ recipient }, { verifyKey }] = [await identityOf(1), await signerOf(1)];
  const words = memberWords(instance, { id: OFFICER, ...person, recipient, verifyKey });
  expect(text).toContain(showWords(words, "es"));
  expect(await tab.locator("form").count()).toBe(0);
  expect(new URL(tab.url()).pathname).toBe("/staff/sign-in");
});

it("shows it as well where the keys were exchanged after sign-in", async () => {
  const tab = await (await browser.newContext({ locale: "es-EC" })).newPage();
  person = { name: "Olga", role: "officer" };
  await signIn(tab);
  await tab.getByText("Caso", { exact: true }).click();
  await tab.getByText("bien firmado").waitFor();
  person = { name: "Otra", role: "officer" };
  await tab.goto(`${server.origin}/staff/case`);
  await tab.getByRole("dialog").locator("input[type=password]").fill(PASSWORD);
  await tab.getByText("Abrir", { exact: true }).click();
  await tab.getByRole("alert").getByRole("heading").waitFor();
  expect(await tab.getByText("bien firmado").count()).toBe(0);
  expect(await tab.getByRole("dialog").count()).toBe(0);
});

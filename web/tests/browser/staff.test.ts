// The staff client in a real browser, under the real Content-Security-Policy. Needs `npm run build` and Debian's chromium.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromBase64 } from "../../src/vault/bytes";
import { openLetter } from "../../src/vault/letter";
import { openEnvelope } from "../../src/vault/record";
import { verifies } from "../../src/vault/sign";
import { transcript } from "../../src/vault/transcript";
import { caseId, filled, identityOf, instance, signerOf } from "../support";
import { WITNESS } from "../world";
import { launchChromium } from "./chromium";
import { EMAIL, NOTED, PASSWORD, start, UNSEAL } from "./server";

let server: Awaited<ReturnType<typeof start>>;
let browser: Browser;

beforeAll(async () => {
  server = await start();
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** A signed-in page, and what its console complained about. */
async function signedIn(): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext({ locale: "es-EC" })).newPage();
  const complaints: string[] = [];
  page.on(
    "console",
    (message) =>
      message.type() === "error" &&
      complaints.push(`${message.text()} (${message.location().url}:${message.location().lineNumber})`),
  );
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${server.origin}/staff/sign-in`);
  await page.fill("[name=email]", EMAIL);
  await page.fill("[name=password]", PASSWORD);
  await page.click("button");
  await page.waitForURL(`${server.origin}/staff`);
  return { page, complaints };
}

/** The payload of an act that was sent, if the officer signed it. */
async function signedAct(kind: string, sent: Record<string, unknown>): Promise<Record<string, unknown>> {
  const payload = fromBase64(String(sent["payload"]));
  const key = (await signerOf(1)).verifyKey;
  expect(verifies(key, transcript(kind, instance, payload), fromBase64(String(sent["signature"])))).toBe(true);
  return JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
}

describe("a wrong password", () => {
  it("is told beside the field", async () => {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/staff/sign-in`);
    await page.fill("[name=email]", EMAIL);
    await page.fill("[name=password]", "otra");
    await page.click("button");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("no son correctos");
    expect(page.url()).toContain("sign-in");
  });
});

describe("a case", () => {
  it("opens in the browser, honest about signatures and alterations, and stays open across pages", async () => {
    const { page, complaints } = await signedIn();
    for (const round of [1, 2]) {
      await page.click("text=Caso");
      const records = page.locator("sealed-record");
      await page.locator("sealed-record[data-state=refused]").waitFor();
      await expect
        .poll(() => records.nth(0).textContent(), { message: `round ${round}` })
        .toContain("<b>Me</b> cobraron");
      expect(await records.nth(0).locator(".chip-info").textContent()).toContain("servidor");
      expect(await records.nth(1).locator(".chip").count()).toBe(0);
      expect(await records.nth(2).locator(".chip-warning").textContent()).toContain("No confíe");
      expect(await records.nth(3).textContent()).toContain("No se pudo abrir");
      await page.click("text=Volver");
      await page.getByText("Bandeja").waitFor();
    }
    expect(complaints).toEqual([]);
  });

  it("shows nothing as the reporter's that the log does not confirm, and still knows who has left", async () => {
    const { page } = await signedIn();
    await page.click("text=Falso");
    const [forged, former] = [page.locator("li").nth(0), page.locator("li").nth(1)];
    await expect
      .poll(() => forged.locator(".chip-warning").textContent())
      .toContain("La firma no corresponde a quien figura como autor");
    expect(await forged.locator("[data-by]").textContent()).toBe("Autoría sin comprobar");
    expect(await forged.getByText("nunca lo escribí").isVisible()).toBe(false);
    await expect.poll(() => former.getByText("antes de irme").isVisible()).toBe(true);
    expect(await former.locator(".chip").count()).toBe(0);
    expect(await former.locator("[data-by]").textContent()).toBe("Rosa");
  });

  it.each([
    ["shared-key", "alguien las cambió"],
    ["staff-key", "alguien las cambió"],
    ["reporter", "alguien las cambió"],
    ["statement", "alguien las cambió"],
    ["uncovered", "todavía no confirma las llaves"],
  ])("says so and sends nothing where a key is not the reporter's: %s", async (what, told) => {
    const { page } = await signedIn();
    await page.goto(`${server.origin}/staff/refused/${what}`);
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await dialog.locator("input[type=password]").fill(PASSWORD);
    await dialog.getByText("Abrir", { exact: true }).click();
    await expect.poll(() => page.locator("sealed-case > [data-keys]").textContent()).toContain(told);
    const posts = server.posted.filter(({ path }) => path.endsWith("/messages")).length;
    await page.fill("textarea", "nadie más lo lee");
    await page.click("sealed-case form button");
    if (what === "staff-key") {
      // The shared key is the case's own; a message under it goes to the reporter and to nobody else.
      await page.waitForURL(`${server.origin}/staff/case`);
      return;
    }
    await expect.poll(() => page.locator("form .error").textContent()).toContain(told);
    expect(server.posted.filter(({ path }) => path.endsWith("/messages"))).toHaveLength(posts);
    expect(await page.locator("sealed-record").textContent()).toContain(told);
  });

  it("is locked after a reload until the password is given, and sends only sealed text", async () => {
    const { page, complaints } = await signedIn();
    await page.goto(`${server.origin}/staff/case`);
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    expect(await page.locator("sealed-record").first().textContent()).toContain("Sellado");
    await dialog.locator("input[type=password]").fill("otra");
    await dialog.getByText("Abrir", { exact: true }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.locator("input[type=password]").fill(PASSWORD);
    await dialog.getByText("Abrir", { exact: true }).click();
    await expect.poll(() => page.locator("sealed-record").first().textContent()).toContain("cobraron");

    await page.fill("textarea", "¿Qué día fue?");
    const answered = page.waitForResponse(/\/messages$/);
    await page.click("text=Enviar");
    await answered;
    const sent = server.posted.findLast(({ path }) => path.endsWith("/messages"))?.json ?? {};
    expect(Object.keys(sent).sort()).toEqual(["body", "mark", "record"]);
    const place = { instance, case: caseId, record: String(sent["record"]), kind: "message" } as const;
    expect(openEnvelope(filled(30), place, fromBase64(String(sent["body"]))).content).toBe('{"text":"¿Qué día fue?"}');
    expect(complaints).toEqual([]);
  });
});

describe("the ceremony", () => {
  it("shows the identity after all checks, and sends purpose and verdict sealed and signed", async () => {
    const { page, complaints } = await signedIn();
    await page.click("text=Identidad");
    await page.fill("form[data-unseal] textarea", "Comprobar la cédula");
    await page.fill("form[data-unseal] [name=password]", PASSWORD);
    await page.click("text=Pedir");
    await expect.poll(() => page.locator("identity-view").textContent(), { timeout: 15_000 }).toContain("1710034065");
    expect(await page.locator(".countdown").textContent()).toMatch(/^(10:00|9:\d\d)$/);

    const sent = server.posted.find(({ path }) => path.endsWith("/unseals"))?.json ?? {};
    expect(JSON.stringify(sent)).not.toContain("Comprobar");
    const letters = sent["letters"] as { letter: string; to: string; file: string }[];
    expect(letters.length).toBe(3);
    const place = { instance, case: caseId, letter: letters[0]?.letter ?? "", kind: "purpose" } as const;
    const purpose = await openLetter(await identityOf(WITNESS), place, fromBase64(String(sent["witness_letter"])));
    expect(purpose.content).toContain("Comprobar la cédula");

    // An attempt is noted beside the open identity; its words are sealed to the desk.
    await page.fill("form[data-check] textarea", "Nota-centinela");
    await page.click("form[data-check] button");
    await page.locator("[data-checks] > li").waitFor();
    expect(await page.locator("[data-checks] > li").textContent()).toContain("Llamada · No contestó");
    await expect.poll(() => page.locator("[data-checks] sealed-letter").textContent()).toContain("Nota-centinela");
    const check = server.posted.find(({ path }) => path === `/api/v1/staff/unseals/${UNSEAL}/checks`)?.json ?? {};
    expect(Object.keys(check).sort()).toEqual(["note", "payload", "signature"]);
    const noted = await signedAct("check", check);
    expect(noted).toMatchObject({
      case: caseId,
      unseal: UNSEAL,
      what: "llamada",
      outcome: "no_answer",
      previous: null,
    });
    expect(JSON.stringify(check)).not.toContain("centinela");
    const note = { instance, case: caseId, letter: String(noted["check"]), kind: "check-note" } as const;
    expect((await openLetter(await identityOf(50), note, fromBase64(String(check["note"])))).content).toContain(
      "Nota-centinela",
    );

    // Hidden and shown again: asked first, and gone once the keys are.
    await page.click("text=Ocultar ahora");
    expect(await page.locator("identity-view").textContent()).not.toContain("1710034065");
    await page.click("text=Mostrar otra vez");
    await expect.poll(() => page.locator("identity-view").textContent()).toContain("1710034065");
    const showing = server.posted.find(({ path }) => path === `/api/v1/staff/unseals/${UNSEAL}/showings`)?.json ?? {};
    // Each act on the unseal names the one before, as the server told its hash.
    expect(await signedAct("identity-shown", showing)).toMatchObject({ unseal: UNSEAL, previous: NOTED });

    await page.fill("form[data-verdict] textarea", "Coincide");
    await page.click("text=Guardar");
    await page.waitForURL(`${server.origin}/staff`);
    const verdict = server.posted.find(({ path }) => path === `/api/v1/staff/unseals/${UNSEAL}/verdict`)?.json ?? {};
    expect(verdict["verdict"]).toBe("valid");
    expect(await signedAct("verdict", verdict)).toMatchObject({ unseal: UNSEAL, verdict: "valid", previous: null });
    expect(await page.content()).not.toContain("1710034065");
    await page.goBack();
    await page.getByText("Bandeja").waitFor();
    expect(await page.content()).not.toContain("1710034065");
    expect(complaints).toEqual([]);
  });
});

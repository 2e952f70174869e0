// Notices by e-mail on the real program: a reporter without JavaScript on a small phone, in both languages, and a member
// of staff who chooses a summary.
import { type AddressInfo, createServer, type Server } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessible } from "./axe";
import { answer, Demo, PHONE, stepOf } from "./demo";

const ADDRESS = "buzon-inventado@correo.test";
const ANSWERS = {
  kind: "denuncia",
  category: "coima",
  province: "17",
  establishment: "otro",
  whom: "me",
  consent: "accept",
  story: "Algo inventado para la prueba.",
  document: "1710034065",
  name: "Quilla Ficticia",
  phone: "0991234567",
  email: "otra@ficticia.test",
  address: "Pasaje Inventado 45",
};

/** Takes every mail; tells to whom, once it is there. */
function catcher(): { server: Server; next(): Promise<string> } {
  const taken: string[] = [];
  let told = (): void => {};
  const server = createServer((socket) => {
    let to = "";
    let rest = "";
    let content = false;
    socket.write("220 catcher\r\n");
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => {
      const lines = (rest + data.toString("latin1")).split("\r\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (content && line !== ".") continue;
        if (/^rcpt to:/i.test(line)) to = line.slice(line.indexOf("<") + 1, line.indexOf(">"));
        if (content) {
          taken.push(to);
          told();
        }
        content = line === "DATA";
        socket.write(content ? "354 go on\r\n" : "250 ok\r\n");
      }
    });
  });
  const next = async (): Promise<string> => {
    while (taken.length === 0) await new Promise<void>((resolve) => (told = resolve));
    return taken.shift()!;
  };
  return { server, next };
}

const mails = catcher();
let demo: Demo;
beforeAll(async () => {
  await new Promise<void>((done) => mails.server.listen(0, "localhost", done));
  demo = await Demo.start("--mail", String((mails.server.address() as AddressInfo).port));
}, 120_000);
afterAll(async () => {
  await demo?.stop();
  mails.server.close();
});

/** Files a report; the receipt's page. */
async function receipt(page: Page, language: string): Promise<void> {
  await page.goto(`${demo.origin}/?lang=${language}`);
  await page.click('form[action^="/report/start"] button');
  for (let step = await stepOf(page); step !== null; step = await stepOf(page)) await answer(page, step, ANSWERS);
  await page.click('form[action^="/report/submit"] button');
}

for (const [language, offer, given, back] of [
  ["es", "¿Quiere que le avisemos por correo?", "No mostramos la dirección", "No avisarme más"],
  ["en", "Shall we tell you by e-mail?", "We do not show the address", "Tell me no more"],
] as const) {
  it(`is offered below the receipt, given and taken back without JavaScript (${language})`, async () => {
    const phone = await demo.browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
    const page = await phone.newPage();
    await receipt(page, language);
    const words = await page.locator(".words li").allTextContents();
    const kept = (await page.locator('form[action^="/report/receipt/saved"] button').boundingBox())!;
    const folded = (await page.getByText(offer).boundingBox())!;
    expect(folded.y, "below what must be done first").toBeGreaterThan(kept.y + kept.height);
    expect(await page.locator("#aviso").isVisible()).toBe(false);
    await page.getByText(offer).click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
    const twin = await demo.browser.newContext({ viewport: PHONE });
    await twin.addCookies(await phone.cookies());
    const unfolded = await twin.newPage();
    await unfolded.goto(page.url());
    await unfolded.getByText(offer).click();
    await accessible(unfolded);
    await twin.close();
    await page.fill("#aviso", ADDRESS);
    await page.click("#avisos form button");
    await page.getByText(given).waitFor();
    expect(await page.content()).not.toContain(ADDRESS);
    expect(await page.locator(".words li").allTextContents(), "the receipt is still there").toEqual(words);
    await demo.accessibleTwin(phone, page);
    expect(await mails.next()).toBe(ADDRESS);

    await page.goto(`${demo.origin}/follow-up?lang=${language}`);
    await page.fill("[name=words]", words.join(" "));
    await page.click('form[action^="/follow-up"] button');
    await page.getByText(given).waitFor();
    await demo.accessibleTwin(phone, page);
    await page.getByText(back).click();
    await page.getByText(offer).waitFor();
    await phone.close();
  }, 120_000);
}

it("lets staff choose a summary", async () => {
  const { page, complaints } = await demo.signIn("analista");
  await page.click('nav a[href="/staff/settings"]');
  await page.getByText("Cada semana").waitFor();
  await accessible(page);
  await page.check("[value=weekly]");
  await page
    .locator("form", { has: page.locator("[value=weekly]") })
    .getByRole("button")
    .click();
  await page.getByText("Guardado.").waitFor();
  expect(await page.locator("[value=weekly]").isChecked()).toBe(true);
  await accessible(page);
  // The keys are still unlocked: it is the same document.
  await page.click('nav a[href="/staff/inbox"]');
  await page.locator("main table").waitFor();
  expect(complaints).toEqual([]);
}, 120_000);

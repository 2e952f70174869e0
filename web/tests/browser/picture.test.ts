// Makes the README's picture from the running program: `make picture`. Without a place to put it, nothing is done.
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { answer, Demo, PASSWORD, PHONE, stepOf } from "./demo";

const PICTURE = process.env["SIGILO_PICTURE"];
const HEIGHT = PHONE.height;
const WIDE = 1000;

/** The upper part of a page, to be laid beside others. */
async function shot(page: Page, width: number, top = 0): Promise<string> {
  await page.setViewportSize({ width, height: HEIGHT });
  await page.evaluate((y) => scrollTo(0, y), top);
  return (await page.screenshot()).toString("base64");
}

it.runIf(PICTURE)(
  "shows a report, a case and an identity",
  async () => {
    const demo = await Demo.start();
    const phone = await (await demo.browser.newContext({ viewport: PHONE, deviceScaleFactor: 2 })).newPage();
    await phone.goto(demo.origin);
    await phone.click('form[action="/report/start"] button');
    for (let step = await stepOf(phone); step !== "story"; step = await stepOf(phone)) {
      await answer(phone, step!, {
        kind: "denuncia",
        category: "coima",
        province: "17",
        establishment: "hcam",
        whom: "me",
      });
    }
    await phone.fill(
      "[name=value]",
      "En la ventanilla me pidieron veinte dólares para adelantar el turno. Soy Persona Ficticia, cédula 1710034065.",
    );

    const { page: analyst } = await demo.signIn("analista");
    await analyst.locator("[data-list] th a").first().click();
    await analyst.locator("sealed-record[data-state=open]").first().waitFor();

    const { page: officer } = await demo.signIn("oficial");
    await officer.locator("tr.overdue th a").first().click();
    await officer.fill("form[data-unseal] [name=text]", "El área pide confirmar que la persona existe.");
    await officer.fill("form[data-unseal] [name=password]", PASSWORD);
    await officer.click("form[data-unseal] button");
    await officer.locator("identity-view dd").first().waitFor();
    const identity = (await officer.locator("identity-view").boundingBox())!;

    const frames = [
      [PHONE.width, await shot(phone, PHONE.width, await phone.evaluate(() => scrollY))],
      [WIDE, await shot(analyst, WIDE)],
      [WIDE, await shot(officer, WIDE, identity.y - 120)],
    ] as const;
    const canvas = await (
      await demo.browser.newContext({ viewport: { width: 2560, height: HEIGHT + 100 }, deviceScaleFactor: 0.75 })
    ).newPage();
    await canvas.setContent(
      `<body style="display:flex;gap:40px;margin:0;padding:50px;background:#e6e2d7">${frames
        .map(
          ([width, png]) =>
            `<img width="${width}" height="${HEIGHT}" style="border-radius:14px;box-shadow:0 4px 24px #0003" src="data:image/png;base64,${png}">`,
        )
        .join("")}</body>`,
    );
    await canvas.waitForFunction(() => [...document.images].every((image) => image.complete));
    await canvas.screenshot({ path: PICTURE!, fullPage: true });
    await demo.stop();
    expect(frames.every(([, png]) => png.length > 0)).toBe(true);
  },
  120_000,
);

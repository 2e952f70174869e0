// The whole story on the real program in headless Chromium: a reporter without JavaScript on a small phone, an analyst,
// an officer, the reporter again, an auditor.
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessible } from "./axe";
import { answer, Demo, PASSWORD, PHONE, stepOf } from "./demo";

// Sentinels: what must never leave the browser in clear once staff write it, and never reach an analyst.
const NAME = "Quilla Ficticia Quipu";
const RENAMED = "Quilla Ficticia Renombrada";
const CEDULA = "1710034065";
const STORY = "Me pidieron un soborno-centinela para adelantar una cita.";
const MESSAGE = "Pregunta-centinela: ¿recuerda la hora?";
const NOTE = "Nota-centinela del área.";
const REASON = "Motivo-centinela del cambio.";
const CHECK_NOTE = "Nota-centinela del intento.";
const PURPOSE = "Propósito-centinela: validar a quien reporta.";

const ANSWERS = {
  kind: "denuncia",
  category: "coima",
  province: "17",
  establishment: "otro",
  whom: "me",
  consent: "accept",
  story: `${STORY} Soy ${NAME}, cédula ${CEDULA}.`,
  document: CEDULA,
  name: NAME,
  phone: "0991234567",
  email: "centinela@ficticia.test",
  address: "Pasaje Inventado 45",
};

let demo: Demo;
beforeAll(async () => {
  demo = await Demo.start();
}, 120_000);
afterAll(() => demo?.stop());

const spoken = (bodies: string[], ...secrets: string[]): string[] =>
  secrets.filter((secret) =>
    bodies.some(
      (body) => body.includes(secret) || decodeURIComponent(body.replace(/%(?![0-9a-f]{2})/gi, "%25")).includes(secret),
    ),
  );

it("goes from a phone to an analyst, to an officer, and back", async () => {
  // 1. The reporter, without JavaScript.
  const phone = await demo.browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const reporter = await phone.newPage();
  await reporter.goto(demo.origin);
  await demo.accessibleTwin(phone, reporter);
  await reporter.click('form[action="/report/start"] button');
  for (let asked = 0, step = await stepOf(reporter); step !== null; asked += 1, step = await stepOf(reporter)) {
    expect(asked).toBeLessThan(40);
    const question = (await reporter.locator("#pregunta").boundingBox())!;
    expect(question.y, `${step}: the question is in sight`).toBeLessThan(PHONE.height);
    expect(
      await reporter.evaluate(() => document.documentElement.scrollWidth),
      `${step}: nothing runs out of the side`,
    ).toBeLessThanOrEqual(PHONE.width);
    if (["kind", "files", "document", "consent", "share", "preview"].includes(step))
      await demo.accessibleTwin(phone, reporter);
    if (step === "preview") {
      const seen = (await reporter.locator(".sheet").first().textContent())!;
      expect(seen).toContain("soborno-centinela");
      expect(seen).not.toContain(CEDULA);
    }
    await answer(reporter, step, ANSWERS);
  }
  await reporter.click('form[action="/report/submit"] button');
  await demo.accessibleTwin(phone, reporter);
  const words = (await reporter.locator(".words li").allTextContents()).join(" ");
  const number = (await reporter.locator(".number").textContent())!.trim();
  expect(words.split(" ")).toHaveLength(8);
  await reporter.reload();
  expect((await reporter.locator(".words li").allTextContents()).join(" ")).toBe(words);
  await reporter.check("[name=sure]");
  await reporter.click('form[action="/report/receipt/saved"] button');
  await phone.close();

  // 2. The analyst: sees the story without the person, writes, notes, decides, asks for a validation.
  const analyst = await demo.signIn("analista");
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
    await analyst.page
      .locator(`form[data-seal="${kind}"] textarea`)
      .and(analyst.page.locator(":not(:disabled)"))
      .first()
      .waitFor({ state: "attached" })
      .catch(() => {});
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
  const officer = await demo.signIn("oficial");
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
  await officer.page.click("text=Anotar un intento de contacto");
  const attempt = officer.page.locator('form[data-check="contact"]');
  await attempt.locator("[name=outcome]").selectOption("reached");
  await attempt.locator("[name=note]").fill(CHECK_NOTE);
  await attempt.locator("button").click();
  await officer.page.locator("[data-checks] > li").getByText(CHECK_NOTE).waitFor();
  // A valid identity takes a check that matches, too.
  const check = officer.page.locator('form[data-check="check"]');
  await officer.page.locator("details", { has: check }).locator("summary").click();
  await check.locator("[name=outcome]").selectOption("matches");
  await check.locator("button").click();
  await officer.page.locator('[data-checks] > li[data-outcome="matches"]').waitFor();
  await accessible(officer.page);
  await identity.locator("button", { hasText: "Ocultar" }).click();
  expect(await officer.page.content()).not.toContain(CEDULA);
  await identity.locator("button", { hasText: "Mostrar otra vez" }).click();
  await identity.getByText(CEDULA).first().waitFor();
  await officer.page.check("form[data-verdict] [value=valid]");
  const stated = officer.page.waitForResponse((response) => response.url().endsWith("/verdict"));
  await officer.page.click("form[data-verdict] button");
  expect((await stated).ok()).toBe(true);
  expect(spoken(officer.bodies, PURPOSE, CHECK_NOTE, NAME, CEDULA, PASSWORD)).toEqual([]);
  expect(officer.complaints).toEqual([]);

  // The analyst sees the verdict, and still no person.
  await analyst.page.reload();
  await analyst.page.locator("dialog[open] input[type=password]").fill(PASSWORD);
  await analyst.page.locator("dialog[open] button").first().click();
  await analyst.page.getByText("soborno-centinela").waitFor();
  expect(await analyst.page.locator("main").textContent()).toMatch(/[Vv]álida|[Vv]alidada|corresponde/);
  expect(await analyst.page.content()).not.toContain(NAME);

  // 4. The reporter returns.
  const again = await demo.browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const back = await again.newPage();
  await back.goto(`${demo.origin}/follow-up`);
  await demo.accessibleTwin(again, back);
  await back.fill("[name=words]", words.toUpperCase());
  await back.click('form[action="/follow-up"] button');
  await back.getByText(MESSAGE).waitFor();
  const page = (await back.locator("main").textContent())!;
  expect(page).toContain("Validar la identidad");
  expect(await back.locator("#diferencia").count(), "page and witness count the same").toBe(0);
  await demo.accessibleTwin(again, back);
  await back.fill("[name=text]", "Fue a las diez de la mañana.");
  await back.click('form[action="/follow-up/message"] button');
  await back.getByText("Fue a las diez").waitFor();

  // They correct their data, without seeing those that are sealed; then ask to have them erased.
  await back.click('a[href="/follow-up/identity"]');
  await demo.accessibleTwin(again, back);
  expect(await back.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  expect(await back.content()).not.toContain(CEDULA);
  await back.fill('[name="document.number"]', CEDULA);
  await back.fill('[name="name.value"]', RENAMED);
  await back.click("main form button");
  await demo.accessibleTwin(again, back);
  expect(await back.locator('[name="name.value"]').inputValue(), "what was right stays").toBe(RENAMED);
  await back.fill('[name="phone.value"]', "0987654321");
  await back.check('[name="email.none"]');
  await back.click("main form button");
  await back.getByText("esperan validación").waitFor();
  await demo.accessibleTwin(again, back);

  // The officer opens the new version; the analyst learns nothing of it.
  await officer.page.click('nav a[href="/staff/desk"]');
  await officer.page.locator("tr", { hasText: "Validar datos corregidos" }).getByText(number).click();
  // The area's request was answered by the first opening; this one is for the person's own request.
  await officer.page.selectOption("form[data-unseal] [name=class]", "derechos-del-titular");
  await officer.page.fill("form[data-unseal] [name=text]", PURPOSE);
  await officer.page.fill("form[data-unseal] [name=password]", PASSWORD);
  await officer.page.click("form[data-unseal] button");
  await identity.getByText(RENAMED).first().waitFor();
  await accessible(officer.page);
  await analyst.page.reload();
  await analyst.page.locator("dialog[open] input[type=password]").fill(PASSWORD);
  await analyst.page.locator("dialog[open] button").first().click();
  await analyst.page.getByText("soborno-centinela").waitFor();
  expect(await analyst.page.locator("main").textContent()).toContain("Validada: la persona existe");

  await back.click('a[href="/follow-up/identity/erasure"]');
  await demo.accessibleTwin(again, back);
  await back.click("main form button");
  await back.getByText("espera a un oficial").waitFor();
  await officer.page.click('nav a[href="/staff/desk"]');
  await officer.page.locator("tr", { hasText: "Borrar la identidad" }).filter({ hasText: number }).waitFor();
  await accessible(officer.page);
  await officer.page.locator("tr", { hasText: "Borrar la identidad" }).getByText(number).click();
  await officer.page.check('form[data-erasure] [value="pedido-del-titular"]');
  await officer.page.fill("form[data-erasure] [name=password]", PASSWORD);
  await accessible(officer.page);
  await officer.page.click("form[data-erasure] button");
  await officer.page.getByText("ya no puede abrirse").waitFor();
  expect(await officer.page.content()).not.toContain(RENAMED);
  await back.reload();
  await back.getByText("Identidad borrada a su pedido").waitFor();
  await demo.accessibleTwin(again, back);
  await analyst.page.reload();
  await analyst.page.getByText("La identidad fue borrada").waitFor();
  await again.close();

  // 5. The auditor reads the log; the purpose opens for her alone.
  const auditor = await demo.signIn("auditora");
  await accessible(auditor.page);
  // Once for each opening.
  await auditor.page.getByText(PURPOSE).first().waitFor();
  expect(auditor.complaints).toEqual([]);
  const administrator = await demo.signIn("admin");
  await accessible(administrator.page);
}, 240_000);

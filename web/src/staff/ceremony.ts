// The officer's ceremony: password, purpose, signed request, release, the identity; then the verdict.
import { visit } from "@hotwired/turbo";
import { fromHex, randomId, toBase64, wipe } from "../vault/bytes";
import { contentJson } from "../vault/envelope";
import type { Json } from "../vault/json";
import { writeLetter } from "../vault/letter";
import { deskRecipient, membersOf } from "../vault/roster";
import { passwordKeys } from "../vault/staffkeys";
import { buildRequest } from "../vault/unseal";
import { noteOfUnseal, signNext } from "./acts";
import { call, nextLocation, Problem } from "./api";
import { tell } from "./compose";
import { attribute, instanceId, showError, showStatus, whileBusy } from "./dom";
import { forgetDraft, holdDraft, resumeDraft } from "./drafts";
import { IdentityView, keepForReopening } from "./identity-view";
import { keyring } from "./keyring";
import { openReleased } from "./released";
import { explain } from "./sign-in";
import { t } from "./strings";
import { askWhenNeeded } from "./unlock";

export const now = (): number => Math.floor(Date.now() / 1000);

export const field = (
  form: HTMLFormElement,
  name: string,
): HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement => {
  const found = form.elements.namedItem(name);
  if (found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement || found instanceof HTMLSelectElement)
    return found;
  throw new Error(`the form lacks ${name}`);
};

/** `<form data-unseal data-case data-manifest action=…/unseals>` with `class`, `text`, `password`. */
export function handleUnseal(form: HTMLFormElement): Promise<void> {
  return whileBusy(form, async () => {
    showError(form, null);
    const text = field(form, "text");
    const password = field(form, "password");
    if (!keyring.unlocked) return askWhenNeeded();
    if (text.value.trim() === "") return showError(form, t("unseal.purpose"), text);
    try {
      showStatus(form, t("unseal.confirm"));
      await reauthenticate(password.value);
    } catch (error) {
      showStatus(form, null);
      return showError(form, explain(error), password);
    }
    password.value = "";
    try {
      await holdDraft(form);
      await ceremony(form, { class: field(form, "class").value, text: text.value.trim() });
      forgetDraft(form);
    } catch (error) {
      resumeDraft(form);
      if (error instanceof Problem) tell(form, error, null);
      else {
        console.warn(error instanceof Error ? error.message : "refused");
        showError(form, t("unseal.refused"));
      }
    } finally {
      showStatus(form, null);
    }
  });
}

export async function reauthenticate(password: string): Promise<void> {
  const keys = await passwordKeys(instanceId(), keyring.unlocked?.email ?? "", password);
  try {
    await call("POST", "/api/v1/staff/reauthentication", { login: toBase64(keys.login) });
  } finally {
    wipe(keys.login, keys.wrap);
  }
}

async function ceremony(form: HTMLFormElement, purpose: { class: string; text: string }): Promise<void> {
  showStatus(form, t("unseal.sealing"));
  const { roster, keys, staff, instance } = await keyring.refresh();
  if (!roster) throw new Problem(0, t("roster.refused"));
  const caseId = attribute(form, "data-case");
  // Where the identity was corrected, the officer chooses which version.
  const chosen = form.querySelector<HTMLInputElement>("[name=manifest]:checked");
  const version = Number(chosen?.dataset["version"] ?? 1);
  const manifestHash = fromHex(chosen?.value ?? attribute(form, "data-manifest"));
  const context = { instance, case: caseId, manifestHash, rosterHash: roster.hash, officer: staff.id, time: now() };
  const built = await buildRequest(context, purpose, keys.signing);

  const letter = { instance, case: caseId, letter: randomId(), kind: "purpose" } as const;
  const readers = [...membersOf(roster, "auditor"), ...membersOf(roster, "officer")];
  const recipients = [roster.witness.recipient, ...readers.map((member) => member.recipient)];
  const files = await writeLetter(
    letter,
    `staff:${staff.id}`,
    "browser",
    contentJson(built.purpose),
    keys.signing,
    recipients,
  );
  const [witnessLetter, ...letters] = files.map(toBase64);

  showStatus(form, t("unseal.waiting"));
  const { body } = await call("POST", form.action, {
    request: toBase64(built.request),
    signature: toBase64(built.signature),
    letters: readers.map((member, at) => ({ letter: letter.letter, to: member.id, file: letters[at] })),
    witness_letter: witnessLetter,
  });
  const answer = body as Record<string, Json>;
  if (typeof answer["witness_half"] !== "string") throw new Problem(0, t("unseal.not-released"));

  showStatus(form, t("unseal.verifying"));
  const { identity: officer } = keys;
  const unsealContext = {
    instance,
    case: caseId,
    manifestHash,
    version,
    purposeClass: purpose.class,
    roster,
    officer,
    ephemeral: built.ephemeral,
  };
  const content = await openReleased(unsealContext, answer);
  if (!keyring.unlocked || !form.isConnected) return;
  const [view, unseal] = [place(form), String(answer["unseal"])];
  view.dataset["unsealId"] = unseal;
  keepForReopening(unseal, () => openReleased(unsealContext, answer), Number(view.dataset["minutes"] ?? 0));
  view.show(content);
  form.hidden = true;
  noteOfUnseal(null);
  const newest = form.querySelector("[name=manifest]");
  offerVerdict(caseId, unseal, newest !== null && chosen !== newest);
}

/** The page's `<identity-view>`, or a new one after the form. */
function place(form: HTMLFormElement): IdentityView {
  const found = document.querySelector("identity-view");
  if (found instanceof IdentityView) return found;
  const made = document.createElement("identity-view") as IdentityView;
  form.after(made);
  return made;
}

/** Enables the forms that follow an opening: checks, attempts, the verdict. */
function offerVerdict(caseId: string, unseal: string, isOfEarlier: boolean): void {
  const forms = `form[data-verdict][data-case="${CSS.escape(caseId)}"], form[data-check][data-case="${CSS.escape(caseId)}"]`;
  for (const form of document.querySelectorAll<HTMLFormElement>(forms)) {
    form.dataset["unsealId"] = unseal;
    form.toggleAttribute("data-of-earlier", isOfEarlier);
    form.hidden = false;
  }
  for (const around of document.querySelectorAll<HTMLElement>("[data-of-unseal]")) around.hidden = false;
}

/** The change of state that a verdict makes, if any: one on an earlier version stays with its unseal. */
function stateAfter(form: HTMLFormElement): { from: string; to: string } | null {
  const to = form.querySelector<HTMLElement>("[name=verdict]:checked")?.dataset["to"] ?? "";
  return to === "" || form.hasAttribute("data-of-earlier") ? null : { from: attribute(form, "data-from"), to };
}

/**
 * `<form data-verdict data-case data-from data-unseal-id [data-of-earlier]>` with `verdict` (radio, `data-to`) and `text`;
 * what was checked stands in `[data-checks]`.
 */
export function handleVerdict(form: HTMLFormElement): Promise<void> {
  return whileBusy(form, async () => {
    showError(form, null);
    if (!keyring.unlocked) return askWhenNeeded();
    const verdict = String(new FormData(form).get("verdict") ?? "");
    if (verdict === "") return showError(form, t("verdict.choose"), form.querySelector<HTMLElement>("[name=verdict]"));
    try {
      await holdDraft(form);
      const unlocked = await keyring.refresh();
      const { roster, keys, staff, instance } = unlocked;
      const desk = deskRecipient(roster);
      if (!desk) throw new Problem(0, t("roster.refused"));
      const caseId = attribute(form, "data-case");
      const unseal = attribute(form, "data-unseal-id");
      const signed = await signNext("verdict", unlocked, { unseal, verdict, state: stateAfter(form) });
      const letter = { instance, case: caseId, letter: unseal, kind: "verdict-checks" } as const;
      const content = contentJson({ checks: checks(), text: field(form, "text").value.trim() });
      const [file] = await writeLetter(letter, `staff:${staff.id}`, "browser", content, keys.signing, [desk]);
      if (!file) throw new Error("one recipient gives one file");
      const { location: next } = await call("POST", `/api/v1/staff/unseals/${unseal}/verdict`, {
        verdict,
        ...signed,
        letter: toBase64(file),
      });
      forgetDraft(form);
      visit(nextLocation(next), { action: "replace" });
    } catch (error) {
      resumeDraft(form);
      tell(form, error, null);
    }
  });
}

/** The checks that the page lists when the officer states the verdict. */
function checks(): { what: string; outcome: string; day: string }[] {
  return [...document.querySelectorAll<HTMLElement>("[data-checks] > li")].map(({ dataset }) => ({
    what: dataset["what"] ?? "",
    outcome: dataset["outcome"] ?? "",
    day: (dataset["at"] ?? "").slice(0, 10),
  }));
}

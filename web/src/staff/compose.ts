// Forms whose text is sealed here before it is sent: <form data-seal="message|note|reason|validation-request">.

import { visit } from "@hotwired/turbo";
import { randomId, toBase64, wipe } from "../vault/bytes";
import { contentJson, writeEnvelope } from "../vault/envelope";
import { writeLetter } from "../vault/letter";
import { sealRecord } from "../vault/record";
import { deskRecipient } from "../vault/roster";
import { signNext } from "./acts";
import { call, nextLocation, Problem } from "./api";
import { attribute, instanceId, showError, whileBusy } from "./dom";
import { forgetDraft, holdDraft, resumeDraft } from "./drafts";
import { keyring, type Unlocked } from "./keyring";
import { SealedCase } from "./sealed";
import { t } from "./strings";
import { askWhenNeeded } from "./unlock";

type Sealed = "message" | "note" | "reason" | "validation-request";

export function handleCompose(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const kind = attribute(form, "data-seal") as Sealed;
  const box = form.elements.namedItem("text");
  if (!(box instanceof HTMLTextAreaElement)) throw new Error("a sealing form needs a textarea named text");
  const plain = new FormData(form, submitter);
  return whileBusy(form, async () => {
    showError(form, null);
    const unlocked = keyring.unlocked;
    if (!unlocked) {
      askWhenNeeded();
      return showError(form, t("compose.no-key"), box);
    }
    const text = box.value.trim().normalize("NFC");
    if (text === "" && !box.hasAttribute("data-optional")) return showError(form, t("compose.empty"), box);
    try {
      await holdDraft(form);
      const sealed =
        kind === "validation-request"
          ? await toDesk(form, text, unlocked)
          : await asRecord(form, kind, text, plain, unlocked);
      const signed = "record" in sealed && kind === "reason" ? await stateAct(form, sealed.record, plain) : {};
      const { location: next } = await call("POST", form.action, { ...openFields(plain, kind), ...sealed, ...signed });
      box.value = "";
      forgetDraft(form);
      visit(nextLocation(next), { action: "replace" });
    } catch (error) {
      resumeDraft(form);
      tell(form, error, box);
    }
  });
}

/** Signs the change of state whose sealed reason is `record`. */
async function stateAct(form: HTMLFormElement, record: string, plain: FormData) {
  const to = String(plain.get("to") ?? "");
  return signNext("case-state", await keyring.refresh(), { from: attribute(form, "data-from"), to, record });
}

/** The fields that go in clear: everything but the text. Those of a change of state are signed. */
function openFields(plain: FormData, kind: Sealed): Record<string, string> {
  const fields: Record<string, string> = {};
  if (kind === "reason") return fields;
  for (const [name, value] of plain) {
    if (name !== "text" && typeof value === "string") fields[name] = value;
  }
  return fields;
}

export function caseOf(form: HTMLFormElement): SealedCase {
  const container =
    form.closest("sealed-case") ??
    document.querySelector(`sealed-case[case="${CSS.escape(form.dataset["case"] ?? "")}"]`);
  if (!(container instanceof SealedCase))
    throw new Error("a sealing form stands in its sealed-case, or names it by data-case");
  return container;
}

/** `{record, body}` under the case's shared or staff key. */
async function asRecord(
  form: HTMLFormElement,
  kind: Exclude<Sealed, "validation-request">,
  text: string,
  plain: FormData,
  unlocked: Unlocked,
) {
  const container = caseOf(form);
  const instance = instanceId();
  const record = randomId();
  const content =
    kind === "reason" ? { from: attribute(form, "data-from"), to: String(plain.get("to") ?? ""), text } : { text };
  const place = { what: "record", instance, case: container.caseId, id: record, kind } as const;
  const author = `staff:${unlocked.staff.id}`;
  const envelope = await writeEnvelope(place, author, "browser", contentJson(content), unlocked.keys.signing);
  try {
    const key = await container.key(kind === "message" ? "shared" : "staff");
    // The key may have been wiped in the meantime: it must not seal anything then.
    if (keyring.unlocked === null || key.every((byte) => byte === 0)) throw new Problem(0, t("compose.no-key"));
    return { record, body: toBase64(sealRecord(key, { instance, case: container.caseId, record, kind }, envelope)) };
  } finally {
    wipe(envelope);
  }
}

/** `{letter, file}` to the officers' desk; the letter's id becomes the request's. */
async function toDesk(form: HTMLFormElement, text: string, unlocked: Unlocked) {
  const { roster } = await keyring.refresh();
  const desk = deskRecipient(roster);
  if (!desk) throw new Problem(0, t("roster.refused"));
  const place = {
    instance: instanceId(),
    case: form.dataset["case"] ?? caseOf(form).caseId,
    letter: randomId(),
    kind: "validation-request",
  } as const;
  const [file] = await writeLetter(
    place,
    `staff:${unlocked.staff.id}`,
    "browser",
    contentJson({ text }),
    unlocked.keys.signing,
    [desk],
  );
  if (!file) throw new Error("one recipient gives one file");
  return { letter: place.letter, file: toBase64(file) };
}

/** Errors by field where the server names one; the text stays. */
export function tell(form: HTMLFormElement, error: unknown, fallback: HTMLElement | null): void {
  if (!(error instanceof Problem)) {
    console.warn(error instanceof Error ? error.message : "failed");
    showError(form, t("compose.no-key"), fallback);
    return;
  }
  const [name, message] = Object.entries(error.fields)[0] ?? [];
  const field = name === undefined ? null : form.elements.namedItem(name);
  if (message !== undefined && field instanceof HTMLElement) showError(form, message, field);
  else showError(form, message ?? error.message, fallback);
}

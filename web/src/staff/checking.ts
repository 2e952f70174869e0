// Checks that an officer records between opening and verdict: of a document, or an attempt to reach the person.
// Class, day and hour go in clear; a note is sealed to the desk here.
import { randomId, toBase64 } from "../vault/bytes";
import { contentJson } from "../vault/envelope";
import { writeLetter } from "../vault/letter";
import { deskRecipient } from "../vault/roster";
import { lookAgain, noteOfUnseal, signNext, wasChanged } from "./acts";
import { call, Problem } from "./api";
import { field, now } from "./ceremony";
import { tell } from "./compose";
import { attribute, make, showError, showStatus, whileBusy } from "./dom";
import { keyring } from "./keyring";
import { t } from "./strings";
import { askWhenNeeded } from "./unlock";

/** A moment as `datetime-local` has it, where the officer is. */
function local(moment: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** Offers the present moment wherever one is asked for. */
export function offerNow(): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("form[data-check] [name=at]"))
    input.value ||= local(new Date());
}

/** `<form data-check data-case data-unseal-id>` with `what`, `outcome`, `at`, `note`. */
export function handleCheck(form: HTMLFormElement): Promise<void> {
  return whileBusy(form, async () => {
    showError(form, null);
    showStatus(form, null);
    if (!keyring.unlocked) return askWhenNeeded();
    const [what, outcome, at, note] = [
      field(form, "what"),
      field(form, "outcome"),
      field(form, "at"),
      field(form, "note"),
    ];
    const made = at.value === "" ? now() : Math.floor(new Date(at.value).getTime() / 1000);
    if (!Number.isFinite(made) || made > now() + 60) return showError(form, t("check.when"), at);
    try {
      const unlocked = await keyring.refresh();
      const { roster, keys, staff, instance } = unlocked;
      const desk = deskRecipient(roster);
      if (!desk) throw new Problem(0, t("roster.refused"));
      const id = randomId();
      const letter = { instance, case: attribute(form, "data-case"), letter: id, kind: "check-note" } as const;
      const text = note.value.trim().normalize("NFC");
      const author = `staff:${staff.id}`;
      const files =
        text === "" ? [] : await writeLetter(letter, author, "browser", contentJson({ text }), keys.signing, [desk]);
      const [file = null] = files.map(toBase64);
      const unseal = attribute(form, "data-unseal-id");
      const signed = await signNext("check", unlocked, {
        unseal,
        check: id,
        what: what.value,
        outcome: outcome.value,
        made_at: made - (made % 60),
      });
      const { body } = await call("POST", `/api/v1/staff/unseals/${unseal}/checks`, { ...signed, note: file });
      noteOfUnseal((body as { act?: unknown } | null)?.act);
      // Into the list as it is: a new page would hide the identity that is being checked.
      list({
        what,
        outcome,
        at: local(new Date(made * 1000)).replace("T", " "),
        by: staff.name,
        letter: { ...letter, author, file },
      });
      note.value = "";
      at.value = local(new Date());
      showStatus(form, t("check.noted"));
    } catch (error) {
      // In another tab of the officer's own. What was typed stays, beside the list as it is now.
      if (wasChanged(error)) await lookAgain().catch(() => undefined);
      tell(form, error, null);
    }
  });
}

interface Noted {
  what: Element & { value: string };
  outcome: Element & { value: string };
  at: string;
  by: string;
  letter: { case: string; letter: string; kind: string; author: string; file: string | null };
}

/** Adds a line as the server's page will have it. */
function list({ what, outcome, at, by, letter }: Noted): void {
  const said = (select: Element): string =>
    select instanceof HTMLSelectElement ? (select.selectedOptions[0]?.text ?? "") : "";
  const line = make("li", make("p.from", `${at} · ${by}`), make("b", said(what)), ` · ${said(outcome)}`);
  Object.assign(line.dataset, { what: what.value, outcome: outcome.value, at });
  if (letter.file !== null) {
    const sealed = document.createElement("sealed-letter");
    for (const name of ["case", "letter", "kind", "author", "file"] as const)
      sealed.setAttribute(name, letter[name] ?? "");
    line.append(sealed);
  }
  document.querySelector("[data-nothing-checked]")?.remove();
  document.querySelector("[data-checks]")?.append(line);
}

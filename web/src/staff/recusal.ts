// Recusal of a member from a case: the reason is sealed to the area, the statement is signed.

import { visit } from "@hotwired/turbo";
import { randomId, toBase64 } from "../vault/bytes";
import { contentJson } from "../vault/envelope";
import { writeLetter } from "../vault/letter";
import { areaRecipient } from "../vault/roster";
import { lookAgain, signNext, wasChanged } from "./acts";
import { call, Problem } from "./api";
import { tell } from "./compose";
import { attribute, showError, whileBusy } from "./dom";
import { keyring } from "./keyring";
import { t } from "./strings";
import { askWhenNeeded } from "./unlock";

/** `<form data-recuse data-case data-area action=…/recusal>` with `class` and `text`. */
export function handleRecusal(form: HTMLFormElement): Promise<void> {
  const fields = new FormData(form);
  const said = {
    class: String(fields.get("class") ?? ""),
    text: String(fields.get("text") ?? "")
      .trim()
      .normalize("NFC"),
  };
  return whileBusy(form, async () => {
    showError(form, null);
    if (!keyring.unlocked) return askWhenNeeded();
    try {
      const unlocked = await keyring.refresh();
      const { roster, keys, staff, instance } = unlocked;
      const area = areaRecipient(roster, attribute(form, "data-area"));
      if (!area) throw new Problem(0, t("roster.refused"));
      const place = { instance, case: attribute(form, "data-case"), letter: randomId(), kind: "recusal" } as const;
      const [file] = await writeLetter(place, `staff:${staff.id}`, "browser", contentJson(said), keys.signing, [area]);
      if (!file) throw new Error("one recipient gives one file");
      const signed = await signNext("recusal", unlocked, { letter: place.letter });
      const { location: next } = await call("POST", form.action, { ...signed, letter: toBase64(file) });
      visit(next ?? "/staff", { action: "replace" });
    } catch (error) {
      // Somebody else acted; the member may recuse themselves all the same, with the next press.
      if (wasChanged(error)) await lookAgain().catch(() => undefined);
      tell(form, error, null);
    }
  });
}

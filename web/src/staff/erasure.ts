// An officer's decision on a reporter's request to erase the identity: typed password, signed, written into the log.
import { visit } from "@hotwired/turbo";
import { signAct } from "../vault/act";
import { call, nextLocation } from "./api";
import { field, now, reauthenticate } from "./ceremony";
import { tell } from "./compose";
import { attribute, showError, showStatus, whileBusy } from "./dom";
import { keyring } from "./keyring";
import { explain } from "./sign-in";
import { t } from "./strings";
import { askWhenNeeded } from "./unlock";

/** `<form data-erasure data-case data-request data-manifest action=…/erasure>` with `reason` (radio, `data-decision`) and `password`. */
export function handleErasure(form: HTMLFormElement): Promise<void> {
  return whileBusy(form, async () => {
    showError(form, null);
    if (!keyring.unlocked) return askWhenNeeded();
    const reason = form.querySelector<HTMLInputElement>("[name=reason]:checked");
    if (!reason) return showError(form, t("erasure.choose"), form.querySelector<HTMLElement>("[name=reason]"));
    const password = field(form, "password");
    try {
      showStatus(form, t("unseal.confirm"));
      await reauthenticate(password.value);
    } catch (error) {
      showStatus(form, null);
      return showError(form, explain(error), password);
    }
    password.value = "";
    try {
      showStatus(form, t("erasure.working"));
      const { keys, instance } = await keyring.refresh();
      const decision = {
        case: attribute(form, "data-case"),
        request: attribute(form, "data-request"),
        decision: attribute(reason, "data-decision"),
        reason: reason.value,
        manifest: attribute(form, "data-manifest"),
        time: now(),
      };
      const signed = await signAct("erasure", instance, decision, keys.signing);
      const { location: next } = await call("POST", form.action, signed);
      visit(nextLocation(next), { action: "replace" });
    } catch (error) {
      tell(form, error, null);
    } finally {
      showStatus(form, null);
    }
  });
}

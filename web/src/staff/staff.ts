// Entry point of every staff page. Turbo Drive keeps one document alive across pages, and with it the unlocked keys.
import { cache, session, visit } from "@hotwired/turbo";
import { watchUploads } from "../reporter/upload";
import { watchOwnKeys } from "./alarm";
import { handleAttach } from "./attach";
import { SealedAttachment } from "./attachment";
import { handleUnseal, handleVerdict } from "./ceremony";
import { handleCheck, offerNow } from "./checking";
import { handleCompose } from "./compose";
import { watchDrafts } from "./drafts";
import { handleErasure } from "./erasure";
import { IdentityView } from "./identity-view";
import { keyring } from "./keyring";
import { placeFocus } from "./list";
import { defineLog } from "./log";
import { handleRecusal } from "./recusal";
import { defineSealed } from "./sealed";
import { watchKeys } from "./shortcuts";
import { handleSignIn, signOut } from "./sign-in";
import { askWhenNeeded, watchIdle } from "./unlock";

// Turbo's progress bar needs a <style>, which the Content-Security-Policy refuses (see build.mjs): this one shows nothing.
const noProgressBar = { setValue: (): void => undefined, show: (): void => undefined, hide: (): void => undefined };
Object.assign(session.adapter, { progressBar: noProgressBar });
// Opening a case is an entry of the audit log: nothing may be fetched because a pointer passed over it.
addEventListener("turbo:before-prefetch", (event) => event.preventDefault());
// Opened text must not live on in Turbo's copies of pages.
addEventListener("turbo:before-cache", () => cache.clear());
addEventListener("turbo:load", () => {
  cache.exemptPageFromCache();
  // Rendered disabled, so that no password or text is sent in clear before this script could take the form.
  for (const fieldset of document.querySelectorAll<HTMLFieldSetElement>("fieldset[data-needs-script]"))
    fieldset.disabled = false;
  offerNow();
  placeFocus();
  askWhenNeeded();
  // At the counter: the page that follows must not cost the keys.
  watchUploads((next) => visit(next, { action: "replace" }));
});

defineSealed();
customElements.define("sealed-attachment", SealedAttachment);
customElements.define("identity-view", IdentityView);
defineLog();
watchIdle();
watchOwnKeys();
watchDrafts();
watchKeys();

// In the capture phase, before Turbo takes the form.
addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    const work = handler(form, (event as SubmitEvent).submitter);
    if (!work) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    work().catch((error: unknown) => console.error(error));
  },
  { capture: true },
);

function handler(form: HTMLFormElement, submitter: HTMLElement | null): (() => Promise<void>) | null {
  if (form.hasAttribute("data-sign-in")) return () => handleSignIn(form);
  if (form.hasAttribute("data-sign-out")) return () => signOut();
  if (form.hasAttribute("data-print")) return async () => print();
  if (form.getAttribute("data-seal") === "attachment") return () => handleAttach(form);
  if (form.hasAttribute("data-seal")) return () => handleCompose(form, submitter);
  if (form.hasAttribute("data-unseal")) return () => handleUnseal(form);
  if (form.hasAttribute("data-check")) return () => handleCheck(form);
  if (form.hasAttribute("data-erasure")) return () => handleErasure(form);
  if (form.hasAttribute("data-recuse")) return () => handleRecusal(form);
  if (form.hasAttribute("data-verdict")) return () => handleVerdict(form);
  return null;
}

// The document goes away, or into the back-forward cache: either way without keys.
addEventListener("pagehide", () => keyring.lock());

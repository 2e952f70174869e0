// The dialog that asks for the password again, after a reload or when idle; and the warning before that.
import { passwordKeys } from "../vault/staffkeys";
import { call, Problem } from "./api";
import { instanceId, labelled, make, meta, showError, showStatus, whileBusy } from "./dom";
import { keyring, type SessionBody } from "./keyring";
import { explain, signInPage, signOut } from "./sign-in";
import { t } from "./strings";

const NEEDS_KEYS =
  "sealed-case, sealed-letter, verified-entry, verified-checkpoint, form[data-seal], form[data-unseal], form[data-verdict], form[data-erasure], form[data-recuse], meta[name='sigilo-needs-keys']";

let open: HTMLDialogElement | null = null;

/** Asks for the password when this page needs keys and there are none. */
export function askWhenNeeded(): void {
  // Nothing may be typed again where somebody exchanged the keys.
  if (keyring.refusal || keyring.unlocked || !document.querySelector(NEEDS_KEYS)) return;
  if (open?.isConnected) return;
  open = unlockDialog();
  document.body.append(open);
  open.showModal();
}

function unlockDialog(): HTMLDialogElement {
  const email = make("input");
  email.type = "email";
  email.autocomplete = "username";
  const password = make("input");
  password.type = "password";
  password.autocomplete = "current-password";
  password.required = true;
  const emailField = labelled(t("unlock.email"), email);
  emailField.hidden = true; // shown only when the server does not tell whose session it is

  const enter = make("button.primary", t("unlock.open"));
  const leave = make("button", t("unlock.sign-out"));
  leave.type = "button";
  leave.addEventListener("click", () => void signOut());
  const form = make("form", emailField, labelled(t("unlock.password"), password), make("div.actions", enter, leave));
  const title = make("h2", t("unlock.title"));
  title.id = "unlock-title";
  const dialog = make("dialog.unlock", title, make("p", t("unlock.text")), form);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.setAttribute("data-turbo-temporary", "");
  dialog.addEventListener("cancel", (event) => event.preventDefault());

  const body = call("GET", "/api/v1/staff/keys").then((answer) => answer.body as SessionBody);
  body.then(
    ({ staff }) => {
      emailField.hidden = staff.email !== undefined;
      email.value = staff.email ?? "";
    },
    (error: unknown) => {
      if (error instanceof Problem && error.status === 401) location.assign(signInPage());
      else showError(form, explain(error));
    },
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void whileBusy(form, async () => {
      showError(form, null);
      showStatus(form, t("sign-in.working"));
      try {
        const session = await body.catch(async () => (await call("GET", "/api/v1/staff/keys")).body as SessionBody);
        const keys = await passwordKeys(instanceId(), email.value, password.value);
        await keyring.unlock(email.value, keys, session, instanceId());
        password.value = "";
        dialog.close();
        dialog.remove();
        open = null;
      } catch (error) {
        showError(form, explain(error), password);
      } finally {
        showStatus(form, null);
      }
    });
  });
  return dialog;
}

const endsWhenIdle = (): boolean => meta("sigilo-ends-when-idle") !== null;

/** Tells that the keys are about to be locked. Any input keeps them, as does the button. */
export function watchIdle(): void {
  let warning: HTMLElement | null = null;
  const away = (): void => {
    warning?.remove();
    warning = null;
  };
  keyring.on("idle", () => {
    const stay = make("button", t("idle.stay"));
    stay.type = "button";
    warning = make(
      "div.idle-warning",
      make("strong", t("idle.title")),
      " ",
      t(endsWhenIdle() ? "idle.session" : "idle.text"),
      " ",
      stay,
    );
    warning.setAttribute("role", "alert");
    warning.setAttribute("data-turbo-temporary", "");
    document.body.append(warning);
  });
  keyring.on("active", away);
  keyring.on("locked", () => {
    away();
    askWhenNeeded();
  });
  // A report typed at the counter must not stay on an unattended screen, nor behind the dialog.
  keyring.on("expired", () => {
    if (endsWhenIdle()) void signOut();
  });
  for (const event of ["keydown", "pointerdown", "wheel", "touchstart"] as const) {
    addEventListener(event, () => keyring.touch(), { passive: true, capture: true });
  }
}

// The sign-in form: derives the login secret here, so that the password never leaves the browser.
import { visit } from "@hotwired/turbo";
import { Refused, toBase64, wipe } from "../vault/bytes";
import { passwordKeys } from "../vault/staffkeys";
import { call, Problem } from "./api";
import { instanceId, showError, showStatus, whileBusy } from "./dom";
import { dropDrafts, keepDrafts } from "./drafts";
import { keyring, RosterRefused, type SessionBody } from "./keyring";
import { OwnKeysRefused } from "./own-keys";
import { t } from "./strings";

/** `<form data-sign-in data-next="/staff">` with inputs `email` and `password`. */
export function handleSignIn(form: HTMLFormElement): Promise<void> {
  return whileBusy(form, async () => {
    const { email, password } = fields(form);
    showError(form, null);
    showStatus(form, t("sign-in.working"));
    try {
      await signIn(email.value, password.value);
      password.value = "";
      visit(form.dataset["next"] ?? "/staff", { action: "replace" });
    } catch (error) {
      showError(form, explain(error), password);
    } finally {
      showStatus(form, null);
    }
  });
}

function fields(form: HTMLFormElement): { email: HTMLInputElement; password: HTMLInputElement } {
  const email = form.elements.namedItem("email");
  const password = form.elements.namedItem("password");
  if (!(email instanceof HTMLInputElement) || !(password instanceof HTMLInputElement))
    throw new Error("the sign-in form lacks its inputs");
  return { email, password };
}

async function signIn(email: string, password: string): Promise<void> {
  const instance = instanceId();
  const keys = await passwordKeys(instance, email, password);
  try {
    const { body } = await call("POST", inThisLanguage("/api/v1/staff/session"), {
      email,
      login: toBase64(keys.login),
    });
    await keyring.unlock(email, keys, body as SessionBody, instance);
  } finally {
    wipe(keys.login, keys.wrap);
  }
}

export function explain(error: unknown): string {
  // A signed-in member is asked for the password alone.
  if (error instanceof Problem && error.status === 401)
    return t(keyring.unlocked ? "reauthentication.wrong" : "sign-in.wrong");
  if (error instanceof Problem && error.status === 429) return t("sign-in.too-many");
  if (error instanceof Problem) return error.message;
  if (error instanceof RosterRefused) return t("roster.refused");
  if (error instanceof OwnKeysRefused) return t("own-keys.title");
  if (error instanceof DOMException && error.name === "NotSupportedError") return t("unsupported");
  if (error instanceof Refused) return t("unlock.wrong");
  return t("failed");
}

/** Address of the sign-in page, in this page's language. */
const inThisLanguage = (path: string): string => `${path}?lang=${encodeURIComponent(document.documentElement.lang)}`;

export const signInPage = (): string => inThisLanguage("/staff/sign-in");

/** Most milliseconds that a sign-out waits for drafts to be kept. */
const PATIENCE = 3_000;

/** `<form data-sign-out>`: keeps drafts, then drops the keys, then ends the session. */
export async function signOut(): Promise<void> {
  await Promise.race([keepDrafts(), new Promise((done) => setTimeout(done, PATIENCE))]);
  keyring.lock();
  dropDrafts();
  await call("DELETE", "/api/v1/staff/session").catch(() => undefined);
  // A real navigation: the document, and all that it still held, goes away.
  location.assign(signInPage());
}

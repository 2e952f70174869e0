// <identity-view>: an opened identity, for ten minutes; and again, as long as the unseal's time lasts and this document
// still holds the key that the request made. What was opened is not kept meanwhile: only what is sealed, and that key.
import { lookAgain, noteOfUnseal, signNext, wasChanged } from "./acts";
import { call, Problem } from "./api";
import { render } from "./content";
import { make, showError } from "./dom";
import { keyring } from "./keyring";
import { t } from "./strings";

const SHOWN_FOR = 10 * 60_000;

/** Opens once more what an unseal released. */
type Reopen = () => Promise<string>;

const held = new Map<string, Reopen>();
keyring.on("locked", () => held.clear());

/** Keeps what it takes to show the identity of an unseal again, for so many minutes. */
export function keepForReopening(unseal: string, reopen: Reopen, minutes: number): void {
  held.set(unseal, reopen);
  setTimeout(() => held.delete(unseal), minutes * 60_000);
}

/** Signs that the identity is shown again. Returns the seconds for which it may be. */
async function noteShowing(unseal: string): Promise<number> {
  const signed = await signNext("identity-shown", await keyring.refresh(), { unseal });
  const { body } = await call("POST", `/api/v1/staff/unseals/${unseal}/showings`, signed);
  const { seconds, act } = body as { seconds?: unknown; act?: unknown };
  noteOfUnseal(act);
  return Number(seconds);
}

/** `<identity-view data-unseal-id data-minutes>`: the unseal without a verdict of whoever looks, if any. */
export class IdentityView extends HTMLElement {
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #connection: AbortController | null = null;

  connectedCallback(): void {
    this.#connection = new AbortController();
    keyring.on("locked", () => this.hide(), this.#connection.signal);
    if (this.#reopen()) this.#offer();
  }

  disconnectedCallback(): void {
    this.#connection?.abort();
    clearInterval(this.#timer);
    this.replaceChildren();
    this.dataset["state"] = "empty";
  }

  #reopen(): Reopen | undefined {
    return held.get(this.dataset["unsealId"] ?? "");
  }

  /** Shows the identity record's content; throws `Malformed` when it is none. */
  show(content: string, milliseconds = SHOWN_FOR): void {
    const fields = render("identity", content);
    const left = make("span.countdown");
    left.setAttribute("role", "timer");
    const hide = make("button", t("identity.hide"));
    hide.type = "button";
    hide.addEventListener("click", () => this.hide());
    const title = make("h2", t("identity.title"));
    title.tabIndex = -1;
    this.replaceChildren(
      title,
      make("p.verified", t("identity.verified")),
      ...fields,
      make("p.hides", `${t("identity.countdown")} `, left),
      hide,
    );
    this.dataset["state"] = "open";
    this.#until = Date.now() + Math.min(milliseconds, SHOWN_FOR);
    clearInterval(this.#timer);
    const tick = (): void => {
      const seconds = Math.ceil((this.#until - Date.now()) / 1000);
      if (seconds <= 0) {
        this.hide();
        return;
      }
      left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    this.#timer = setInterval(tick, 1_000);
    title.focus();
  }

  hide(): void {
    clearInterval(this.#timer);
    if (this.dataset["state"] !== "open") return;
    if (keyring.unlocked && this.#reopen()) {
      this.#offer();
      return;
    }
    this.#gone(t("identity.hidden"));
  }

  #gone(told: string): void {
    this.dataset["state"] = "hidden";
    this.replaceChildren(make("p.sealed-state", told));
  }

  /** The button that shows it again. */
  #offer(): void {
    const button = make("button", t("identity.again"));
    const form = make("form", make("p.sealed-state", t("identity.again-text")), button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      button.disabled = true;
      void this.#again(form).finally(() => (button.disabled = false));
    });
    this.dataset["state"] = "hidden";
    this.replaceChildren(form);
  }

  async #again(form: HTMLFormElement): Promise<void> {
    const unseal = this.dataset["unsealId"] ?? "";
    const reopen = held.get(unseal);
    if (!reopen) return this.#gone(t("identity.hidden"));
    try {
      // In the log before it is on the screen.
      const seconds = await noteShowing(unseal).catch(async (error: unknown) => {
        if (!wasChanged(error)) throw error;
        // The officer acted in another tab meanwhile.
        await lookAgain();
        return noteShowing(unseal);
      });
      const content = await reopen();
      if (keyring.unlocked && this.isConnected) this.show(content, seconds * 1000);
    } catch (error) {
      // A network that is down may be up again; whatever else was said is final.
      if (error instanceof Problem && error.status === 0) return showError(form, error.message);
      held.delete(unseal);
      if (!(error instanceof Problem)) console.warn(error instanceof Error ? error.message : "refused");
      this.#gone(error instanceof Problem ? error.message : t("unseal.refused"));
    }
  }
}

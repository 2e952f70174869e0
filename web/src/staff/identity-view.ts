// <identity-view>: an opened identity, for ten minutes.
import { make } from "./dom";
import { render } from "./content";
import { keyring } from "./keyring";
import { t } from "./strings";

const SHOWN_FOR = 10 * 60_000;

export class IdentityView extends HTMLElement {
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #connection: AbortController | null = null;

  connectedCallback(): void {
    this.#connection = new AbortController();
    keyring.on("locked", () => this.hide(), this.#connection.signal);
  }

  disconnectedCallback(): void {
    this.#connection?.abort();
    clearInterval(this.#timer);
    this.replaceChildren();
    this.dataset["state"] = "empty";
  }

  /** Shows the identity record's content; throws `Malformed` when it is none. */
  show(content: string): void {
    const fields = render("identity", content);
    const left = make("span.countdown");
    left.setAttribute("role", "timer");
    const hide = make("button", t("identity.hide"));
    hide.type = "button";
    hide.addEventListener("click", () => this.hide());
    const title = make("h2", t("identity.title"));
    title.tabIndex = -1;
    this.replaceChildren(title, make("p.verified", t("identity.verified")), ...fields, make("p.hides", `${t("identity.countdown")} `, left), hide);
    this.dataset["state"] = "open";
    this.#until = Date.now() + SHOWN_FOR;
    clearInterval(this.#timer);
    const tick = (): void => {
      const seconds = Math.ceil((this.#until - Date.now()) / 1000);
      if (seconds <= 0) return this.hide();
      left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    this.#timer = setInterval(tick, 1_000);
    title.focus();
  }

  hide(): void {
    clearInterval(this.#timer);
    if (this.dataset["state"] !== "open") return;
    this.dataset["state"] = "hidden";
    this.replaceChildren(make("p.sealed-state", t("identity.hidden")));
  }
}

// What opening and sending files have in common: a bar that tells how far it is, and pauses in which the page lives on.
import { make } from "./dom";
import { humanSize } from "./files";
import { t } from "./strings";

/** A progress bar with its words and a button that cancels. */
export class Transfer {
  readonly element: HTMLElement;
  readonly #bar = make("progress");
  readonly #words = make("span");
  readonly #cancel = make("button.quiet", t("attachment.cancel"));

  constructor(name: string, onCancel: () => void) {
    this.#bar.setAttribute("aria-label", name);
    this.#cancel.type = "button";
    this.#cancel.addEventListener("click", onCancel);
    this.element = make("div.transfer", make("p", this.#words), this.#bar, this.#cancel);
  }

  /** `size` is what a person takes for the whole; `done` and `total` may count padding too. */
  show(what: string, done: number, total: number, size: number): void {
    this.#bar.max = Math.max(1, total);
    this.#bar.value = done;
    this.#words.textContent = `${what}: ${humanSize(Math.min(done, size))} ${t("attachment.of")} ${humanSize(size)}`;
  }

  /** For the keyboard: what had the focus before is gone while this is shown. */
  focus(): void {
    this.#cancel.focus();
  }
}

/** For `Progress`: hands over to the page every so often, so that it draws and hears its buttons; `each` then tells how far it is. */
export function pauses(
  each: (done: number, total: number) => void,
): (done: number, total: number) => void | Promise<void> {
  let last = performance.now();
  let timer = 0;
  let latest: [number, number] = [0, 1];
  return (done, total) => {
    latest = [done, total];
    // By a timer, so that what is shown is not old while the next bytes are waited for.
    if (timer === 0)
      timer = window.setTimeout(() => {
        timer = 0;
        each(...latest);
      }, 50);
    if (performance.now() - last < 30) return;
    return turn().then(() => {
      last = performance.now();
    });
  };
}

/** Not a timer: those wait for a second in a tab that is not in front. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

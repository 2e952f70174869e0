// Shared by opening and sending files: a progress bar, and throttledProgress that keep the page responsive.
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

  /** Moves the keyboard focus here, since the element that had it is hidden. */
  focus(): void {
    this.#cancel.focus();
  }
}

/** Makes a `Progress` callback that yields to the page every 30 ms, and calls `each` at most every 50 ms. */
export function throttledProgress(
  each: (done: number, total: number) => void,
): (done: number, total: number) => void | Promise<void> {
  let last = performance.now();
  let timer = 0;
  let latest: [number, number] = [0, 1];
  return (done, total) => {
    latest = [done, total];
    // A timer keeps the display current while the next bytes are awaited.
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

/** Yields one turn of the event loop. Timers would wait for a second in a background tab. */
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

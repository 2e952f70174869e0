// Enhances <form data-upload>: sends files as soon as they are chosen, two at a time, with a progress bar for each.
// Used on the reporter's pages and at the counter. Without this script the same form posts its files.
// All texts come from the form's data-text-* attributes.

type State = "waiting" | "sending" | "done" | "failed";

interface Row {
  file: File;
  state: State;
  request: XMLHttpRequest | null;
  element: HTMLElement;
  bar: HTMLProgressElement;
  told: HTMLElement;
  buttons: HTMLElement;
}

const AT_A_TIME = 2;

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, name: string, text = ""): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

let forms: Upload[] = [];
/** Opens the next page once all files have arrived. */
let turn: (to: string) => void;

class Upload {
  private readonly form: HTMLFormElement;
  private readonly input: HTMLInputElement;
  private rows: Row[] = [];
  private readonly list = make("ul", "uploads");
  /** The text for screen readers; the rows themselves change too often. */
  private readonly spoken = make("p", "visually-hidden");
  private readonly error = make("p", "error");

  constructor(form: HTMLFormElement, input: HTMLInputElement) {
    this.form = form;
    this.input = input;
    this.spoken.setAttribute("aria-live", "polite");
    this.error.setAttribute("role", "alert");
    this.error.hidden = true;
    form.append(this.error, this.list, this.spoken);
    form.querySelectorAll<HTMLElement>("button:not([type=button]), input[type=submit]").forEach((button) => {
      // Submit buttons with a formaction or a name of their own stay.
      if (!button.hasAttribute("formaction") && !button.hasAttribute("name")) button.hidden = true;
    });
    input.required = false;
    input.addEventListener("change", () => this.take());
    form.addEventListener("submit", (event) => {
      if (event.submitter && !(event.submitter as HTMLElement).hidden) return;
      event.preventDefault();
      this.take();
    });
    // Files chosen before this script loaded, or kept by the browser over a reload.
    this.take();
  }

  get busy(): boolean {
    return this.rows.some(({ state }) => state === "sending" || state === "waiting");
  }

  stop(): void {
    const rows = this.rows;
    this.rows = [];
    for (const { request } of rows) request?.abort();
  }

  private text(name: string): string {
    return this.form.getAttribute(`data-text-${name}`) || "";
  }

  private limit(name: string): number {
    return Number(this.form.getAttribute(`data-${name}`) || Infinity);
  }

  private take(): void {
    const files = Array.from(this.input.files || []);
    // Allows the same file to be chosen again.
    this.input.value = "";
    if (files.length === 0) return;
    const have =
      Number(this.form.getAttribute("data-have") || 0) + this.rows.filter(({ state }) => state !== "failed").length;
    const room = Math.max(0, this.limit("max-files") - have);
    this.error.hidden = files.length <= room;
    this.error.textContent = this.error.hidden ? "" : this.text("too-many");
    for (const file of files.slice(0, room)) this.add(file);
    this.next();
  }

  private add(file: File): void {
    const element = make("li", "upload");
    const name = make("span", "upload-name", file.name);
    name.dir = "auto";
    const bar = make("progress", "upload-bar");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    const row: Row = {
      file,
      state: "waiting",
      request: null,
      element,
      bar,
      told: make("span", "upload-told"),
      buttons: make("span", "upload-buttons"),
    };
    element.append(name, row.told, bar, row.buttons);
    this.list.append(element);
    this.rows.push(row);
    if (file.size > this.limit("max-bytes")) this.fail(row, this.text("too-large"), false);
    else this.wait(row);
  }

  private wait(row: Row): void {
    this.enter(row, "waiting", this.text("waiting"), [this.button("cancel", row, () => this.remove(row))]);
    row.bar.hidden = false;
    row.bar.value = 0;
  }

  private enter(row: Row, state: State, told: string, buttons: HTMLElement[]): void {
    row.state = state;
    row.element.className = `upload upload-${state}`;
    row.told.textContent = told;
    row.buttons.textContent = "";
    row.buttons.append(...buttons);
  }

  private button(name: string, row: Row, act: () => void): HTMLButtonElement {
    const button = make("button", "quiet", this.text(name));
    button.type = "button";
    button.setAttribute("aria-label", `${this.text(name)}: ${row.file.name}`);
    button.addEventListener("click", act);
    return button;
  }

  private next(): void {
    let free = AT_A_TIME - this.rows.filter(({ state }) => state === "sending").length;
    for (const row of this.rows) {
      if (free > 0 && row.state === "waiting") {
        free--;
        this.send(row);
      }
    }
    // No file waits, is under way or has failed: the server's own list replaces the rows.
    if (this.rows.length > 0 && this.rows.every(({ state }) => state === "done"))
      turn(this.form.getAttribute("data-next") || location.href);
  }

  private send(row: Row): void {
    row.state = "sending";
    row.element.className = "upload upload-sending";
    const request = new XMLHttpRequest();
    row.request = request;
    const body = new FormData(this.form);
    body.delete(this.input.name);
    body.append(this.input.name, row.file, row.file.name);
    const show = (share: number): void => {
      row.told.textContent = `${Math.floor(100 * share)} %`;
      // Everything is sent; the server's processing time is unknown.
      if (share < 1) row.bar.value = share;
      else row.bar.removeAttribute("value");
    };
    request.upload.onprogress = ({ loaded, total }) => show(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) this.finish(row);
      else this.fail(row, this.reason(request), true);
    };
    request.onerror = request.ontimeout = () => this.fail(row, this.text("network"), true);
    show(0);
    request.open("POST", this.form.getAttribute("action") || location.href);
    request.setRequestHeader("accept", "application/json");
    request.send(body);
  }

  /** The server's problem text (RFC 9457), in the page's language. */
  private reason({ status, responseText }: XMLHttpRequest): string {
    try {
      const problem = JSON.parse(responseText) as { detail?: unknown; title?: unknown; request?: unknown };
      const told = problem.detail || problem.title;
      // The request id leads the operator to the log line.
      if (typeof told === "string")
        return typeof problem.request === "string" ? `${told} ${this.text("number")} ${problem.request}.` : told;
    } catch {
      // The response is not from our server.
    }
    return this.text(status === 413 ? "too-large" : "network");
  }

  private finish(row: Row): void {
    row.bar.value = 1;
    const focused = row.element.contains(document.activeElement);
    this.enter(row, "done", this.text("done"), []);
    if (focused) this.input.focus();
    this.say(row);
    this.next();
  }

  private fail(row: Row, why: string, again: boolean): void {
    // The upload was cancelled, or the page left.
    if (this.rows.indexOf(row) < 0) return;
    const focused = row.element.contains(document.activeElement);
    const buttons = [this.button("dismiss", row, () => this.remove(row))];
    if (again) buttons.unshift(this.button("retry", row, () => this.retry(row)));
    row.bar.hidden = true;
    this.enter(row, "failed", why, buttons);
    if (focused) buttons[0]?.focus();
    this.say(row);
    this.next();
  }

  private retry(row: Row): void {
    this.wait(row);
    row.buttons.querySelector("button")?.focus();
    this.next();
  }

  private remove(row: Row): void {
    this.rows = this.rows.filter((other) => other !== row);
    row.request?.abort();
    row.element.remove();
    this.error.hidden = true;
    this.input.focus();
    this.next();
  }

  private say({ file, told }: Row): void {
    this.spoken.textContent = `${file.name}: ${told.textContent}`;
  }
}

/** Enhances the forms of the current page; stops the uploads of the page before. */
export function watchUploads(next: (to: string) => void): void {
  turn = next;
  stopUploads();
  document.querySelectorAll<HTMLFormElement>("form[data-upload]").forEach((form) => {
    const input = form.querySelector<HTMLInputElement>("input[type=file]");
    if (input) forms.push(new Upload(form, input));
  });
}

export function stopUploads(): void {
  for (const form of forms) form.stop();
  forms = [];
}

addEventListener("beforeunload", (event) => {
  if (!forms.some(({ busy }) => busy)) return;
  event.preventDefault();
  event.returnValue = "";
});

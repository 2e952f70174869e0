// Small things around the DOM. Opened text only ever enters it as text.
import { fromBase64 } from "../vault/bytes";

/** `make("p.note", "text")`: an element with classes and text or children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  selector: Tag | `${Tag}.${string}`,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag as Tag);
  element.classList.add(...classes);
  element.append(...children);
  return element;
}

/** A required attribute. */
export function attribute(element: Element, name: string): string {
  const value = element.getAttribute(name);
  if (value === null || value === "") throw new Error(`${element.localName} lacks ${name}`);
  return value;
}

export const bytesAttribute = (element: Element, name: string): Uint8Array => fromBase64(attribute(element, name));

export const meta = (name: string): string | null =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? null;

export function instanceId(): string {
  const id = meta("sigilo-instance");
  if (!id) throw new Error("the page lacks the meta element sigilo-instance");
  return id;
}

/** A label above its input, as the server's templates have it. */
export function labelled(label: string, input: HTMLInputElement): HTMLElement {
  const element = make("label.field", make("span.label", label), input);
  return element;
}

/** Shows an error beside the field (or at the form's end) and tells assistive technology; null takes it away. */
export function showError(form: HTMLFormElement, message: string | null, field?: HTMLElement | null): void {
  form.querySelector(":scope .error[data-client]")?.remove();
  for (const marked of form.querySelectorAll("[aria-invalid][data-client-invalid]")) {
    marked.removeAttribute("aria-invalid");
    marked.removeAttribute("data-client-invalid");
  }
  if (message === null) return;
  const error = make("p.error", message);
  error.dataset["client"] = "";
  error.setAttribute("role", "alert");
  if (field) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("data-client-invalid", "");
    // Beside a field; above the whole row of a choice.
    const row = field.closest(".choice");
    if (row) row.before(error);
    else field.after(error);
    field.focus();
  } else {
    form.append(error);
  }
}

/** Shows what is being done, in an element that is read out. */
export function showStatus(form: HTMLFormElement, message: string | null): void {
  let status = form.querySelector<HTMLElement>("[data-status]");
  if (!status) {
    status = make("p.status");
    status.dataset["status"] = "";
    status.setAttribute("role", "status");
    form.append(status);
  }
  status.textContent = message ?? "";
}

/** Runs `work` with the form's buttons disabled, so that nothing is sent twice. */
export async function whileBusy(form: HTMLFormElement, work: () => Promise<void>): Promise<void> {
  if (form.getAttribute("aria-busy") === "true") return;
  const buttons = [...form.querySelectorAll<HTMLButtonElement>("button:not([disabled])")];
  form.setAttribute("aria-busy", "true");
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } finally {
    form.removeAttribute("aria-busy");
    for (const button of buttons) button.disabled = false;
  }
}

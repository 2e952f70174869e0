// <sealed-attachment>: describes a file, and fetches, decrypts and checks it before any of it is shown or saved.
import { type Attachment, Gathered, openAttachment, readAttachment } from "../vault/attachment";
import { Refused, wipe } from "../vault/bytes";
import type { Place } from "../vault/envelope";
import { openEnvelope } from "../vault/record";
import { fetchStream, Problem } from "./api";
import { chip } from "./content";
import { attribute, bytesAttribute, instanceId, make } from "./dom";
import { humanSize, type Medium, medium, safeName, tidyName } from "./files";
import type { Unlocked } from "./keyring";
import { Opened, type SealedCase } from "./sealed";
import { t } from "./strings";
import { Transfer, throttledProgress } from "./transfer";

/** Most characters of a text file that are shown in the page. */
const TEXT_LIMIT = 1024 * 1024;
/** Milliseconds that the browser may take to begin a download. */
const SAVING = 60_000;

/** `<sealed-attachment attachment author body href>` inside a `<sealed-case>`. */
export class SealedAttachment extends Opened {
  #file: Attachment | null = null;
  #work: AbortController | null = null;
  #urls = new Set<string>();
  #actions = make("div.actions");
  #status = make("p.status");

  override clear(): void {
    this.#drop();
    super.clear();
  }

  protected override lockedText(): string {
    return t("attachment.locked");
  }

  protected override async contents(unlocked: Unlocked): Promise<Node[]> {
    this.#drop();
    const container = this.closest<SealedCase>("sealed-case");
    if (!container) throw new Error("outside a sealed-case");
    const place = {
      instance: instanceId(),
      case: container.caseId,
      record: attribute(this, "attachment"),
      kind: "attachment",
    } as const;
    const envelope = openEnvelope(await container.key("shared"), place, bytesAttribute(this, "body"));
    const signed: Place = {
      what: "record",
      instance: place.instance,
      case: place.case,
      id: place.record,
      kind: place.kind,
    };
    const file = readAttachment(envelope.content);
    this.#file = file;
    const kind = medium(file.type);

    // Bidirectional characters could make one ending look like another.
    file.name = tidyName(file.name, t("attachment.unnamed"));
    const name = make("p.file-name", file.name);
    name.dir = "auto";
    this.#status = make("p.status");
    this.#status.setAttribute("role", "status");
    this.#actions = make("div.actions");
    if (kind.shown) this.#actions.append(this.#button("attachment.view", file, () => this.#view(file, kind)));
    this.#actions.append(this.#button("attachment.download", file, () => this.#download(file, kind)));
    const nodes = [
      name,
      make("p.file-facts", `${t(kind.words)} · ${humanSize(file.size)}`),
      cleaning(file),
      this.#actions,
      this.#status,
    ];
    return this.attributed(nodes, signed, envelope, () => container.reporterKey(unlocked), unlocked);
  }

  #button(
    words: "attachment.view" | "attachment.download",
    file: Attachment,
    act: () => void | Promise<void>,
  ): HTMLButtonElement {
    const button = make("button.quiet", t(words));
    button.type = "button";
    button.setAttribute("aria-label", `${t(words)}: ${file.name}`);
    button.addEventListener("click", () => void act());
    return button;
  }

  async #view(file: Attachment, kind: Medium): Promise<void> {
    this.#close();
    await this.#opened(file, kind.blobType, async (blob, signal) => {
      const shown = await this.#shown(blob, kind, file);
      signal.throwIfAborted();
      const close = make("button.quiet", t("attachment.close"));
      close.type = "button";
      const viewer = make("div.viewer", ...shown, close);
      viewer.setAttribute("role", "group");
      viewer.setAttribute("aria-label", file.name);
      viewer.tabIndex = -1;
      const leave = (): void => {
        this.#close();
        this.#actions.querySelector("button")?.focus();
      };
      close.addEventListener("click", leave);
      viewer.addEventListener("keydown", (event) => event.key === "Escape" && leave());
      this.#actions.after(viewer);
      this.#say(t("attachment.shown"));
      viewer.focus();
    });
  }

  /** As elements whose content comes from a blob: address, or as text; never as HTML. */
  async #shown(blob: Blob, kind: Medium, file: Attachment): Promise<HTMLElement[]> {
    if (kind.shown === "text") {
      const beginning = new TextDecoder().decode(await blob.slice(0, TEXT_LIMIT).arrayBuffer());
      const text = make("pre", beginning);
      text.dir = "auto";
      text.tabIndex = 0;
      return blob.size > TEXT_LIMIT ? [text, make("p.hint", t("attachment.beginning"))] : [text];
    }
    const element = kind.shown === "image" ? make("img") : kind.shown === "audio" ? make("audio") : make("video");
    if (element instanceof HTMLImageElement) {
      element.alt = file.name;
    } else {
      element.controls = true;
      element.preload = "metadata";
      element.setAttribute("aria-label", file.name);
    }
    element.addEventListener("error", () => {
      // Emptied by ourselves when it is closed.
      if (element.isConnected) this.#say(t("attachment.unplayable"), true);
    });
    element.src = this.#url(blob);
    return [element];
  }

  async #download(file: Attachment, kind: Medium): Promise<void> {
    this.querySelector(".file-warning")?.remove();
    if (!kind.active) return this.#save(file);
    const warning = make("p", t("attachment.active"));
    const confirm = make("button", t("attachment.active-download"));
    const cancel = make("button.quiet", t("attachment.cancel"));
    const box = make("div.file-warning", warning, make("div.actions", confirm, cancel));
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    confirm.type = cancel.type = "button";
    confirm.addEventListener("click", () => {
      box.remove();
      void this.#save(file);
    });
    cancel.addEventListener("click", () => {
      box.remove();
      this.#lastAction()?.focus();
    });
    this.#actions.after(box);
    box.focus();
  }

  #save(file: Attachment): Promise<void> {
    return this.#opened(file, "application/octet-stream", async (blob) => {
      const link = make("a");
      const url = this.#url(blob);
      link.href = url;
      link.download = safeName(file.name, file.type, t("attachment.unnamed"));
      // Outside the page, where nothing else takes the click.
      link.click();
      setTimeout(() => this.#revoke(url), SAVING);
      this.#say(t("attachment.saved"));
      this.#lastAction()?.focus();
    });
  }

  /** Fetches, decrypts and checks the whole file, and only then hands it on. */
  async #opened(
    file: Attachment,
    type: string,
    use: (blob: Blob, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#work) return;
    const work = new AbortController();
    this.#work = work;
    const { signal } = work;
    const bar = new Transfer(file.name, () => work.abort());
    const gathered = new Gathered();
    const tell = throttledProgress((done, total) => bar.show(t("attachment.opening"), done, total, file.size));
    const [actions, pressed] = [this.#actions, document.activeElement];
    this.#say("");
    bar.show(t("attachment.opening"), 0, 1, file.size);
    actions.hidden = true;
    actions.after(bar.element);
    bar.focus();
    let failure: unknown = null;
    try {
      const stored = await fetchStream(attribute(this, "href"), signal, {
        gone: t("attachment.gone"),
        away: t("attachment.unreachable"),
      });
      for await (const piece of openAttachment(stored, file, tell, signal)) gathered.add(piece);
    } catch (error) {
      failure = error ?? new Error("aborted");
    }
    bar.element.remove();
    actions.hidden = false;
    try {
      if (failure !== null) throw failure;
      await use(gathered.blob(type), signal);
    } catch (error) {
      // Locked, or gone from the page: all that was here is already away.
      if (this.#work !== work) return;
      this.#say(explain(error), !signal.aborted);
      const back =
        pressed instanceof HTMLElement && pressed.isConnected && this.contains(pressed) ? pressed : this.#lastAction();
      back?.focus();
    } finally {
      gathered.drop();
      if (this.#work === work) this.#work = null;
    }
  }

  #say(text: string, isError = false): void {
    this.#status.textContent = text;
    this.#status.classList.toggle("error", isError);
  }

  #lastAction(): HTMLElement | null {
    return this.#actions.querySelector<HTMLElement>("button:last-of-type");
  }

  #url(blob: Blob): string {
    const url = URL.createObjectURL(blob);
    this.#urls.add(url);
    return url;
  }

  #revoke(url: string): void {
    this.#urls.delete(url);
    URL.revokeObjectURL(url);
  }

  /** Removes the display. */
  #close(): void {
    const viewer = this.querySelector(".viewer");
    for (const element of viewer?.querySelectorAll<HTMLElement>("[src]") ?? []) {
      const url = element.getAttribute("src") ?? "";
      element.removeAttribute("src");
      // A player lets go of what it has loaded only when told.
      if (element instanceof HTMLMediaElement) element.load();
      this.#revoke(url);
    }
    viewer?.remove();
    this.#say("");
  }

  /** Removes everything opened: the display, running work, the file's key. */
  #drop(): void {
    this.#work?.abort();
    this.#work = null;
    this.#close();
    for (const url of this.#urls) this.#revoke(url);
    if (this.#file) wipe(this.#file.key);
    this.#file = null;
  }
}

function cleaning(file: Attachment): HTMLElement {
  if (file.cleaning === "unchanged") return make("p.file-unchanged", t("attachment.unchanged"));
  if (file.removed.length === 0) return chip("info", t("attachment.clean"));
  return make(
    "p.file-cleaned",
    `${t("attachment.removed")} ${file.removed.map((word) => t(`removed.${word}`)).join(", ")}`,
  );
}

function explain(error: unknown): string {
  if (error instanceof Problem) return error.message;
  if (error instanceof Refused) return t("attachment.changed");
  if (error instanceof DOMException && error.name === "AbortError") return t("attachment.cancelled");
  if (error instanceof DOMException && error.name === "NotSupportedError") return t("unsupported");
  // The connection broke on the way.
  return t("attachment.unreachable");
}

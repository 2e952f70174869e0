// Files that go to the reporter: <form data-seal="attachment">. Sealed here, each under a key of its own, before they are sent.
import { visit } from "@hotwired/turbo";
import { LONGEST_NAME, sealAttachment, writeAttachment } from "../vault/attachment";
import { randomId, toBase64, wipe } from "../vault/bytes";
import { writeEnvelope } from "../vault/envelope";
import { sealRecord } from "../vault/record";
import { call, nextLocation, Problem, upload } from "./api";
import { caseOf, tell } from "./compose";
import { attribute, instanceId, showError, whileBusy } from "./dom";
import { humanSize, mediaTypeFor, tidyName } from "./files";
import { keyring } from "./keyring";
import type { SealedCase } from "./sealed";
import { t } from "./strings";
import { Transfer, throttledProgress } from "./transfer";
import { askWhenNeeded } from "./unlock";

/** `<form data-seal="attachment" data-max-bytes data-max-files>` with `<input type="file" name="file" multiple>`. */
export function handleAttach(form: HTMLFormElement): Promise<void> {
  const input = form.elements.namedItem("file");
  if (!(input instanceof HTMLInputElement)) throw new Error("a form for files needs an input named file");
  return whileBusy(form, async () => {
    showError(form, null);
    if (!keyring.unlocked) {
      askWhenNeeded();
      return showError(form, t("compose.no-key"), input);
    }
    const files = [...(input.files ?? [])];
    const wrong = objection(form, files);
    if (wrong !== null) return showError(form, wrong, input);

    const work = new AbortController();
    const { signal } = work;
    keyring.on("locked", () => work.abort(), signal);
    addEventListener("turbo:before-render", () => work.abort(), { signal });
    addEventListener("beforeunload", (event) => event.preventDefault(), { signal });
    input.disabled = true;
    try {
      const container = caseOf(form);
      // Nothing is uploaded for a case whose key may not be used.
      await container.key("shared");
      let next: string | null = null;
      for (let file = files[0]; file; file = files[0]) {
        next = await send(form, container, file, work);
        files.shift();
        keep(input, files);
      }
      if (form.isConnected) visit(nextLocation(next), { action: "replace" });
    } catch (error) {
      input.disabled = false;
      if (!signal.aborted) tell(form, error, input);
      else if (form.isConnected)
        showError(form, t(keyring.unlocked ? "attachment.cancelled" : "compose.no-key"), input);
    } finally {
      input.disabled = false;
      work.abort();
    }
  });
}

/** Describes the problem with the chosen files, if any. */
function objection(form: HTMLFormElement, files: File[]): string | null {
  const most = Number(form.dataset["maxFiles"] ?? Number.POSITIVE_INFINITY);
  const largest = Number(form.dataset["maxBytes"] ?? Number.POSITIVE_INFINITY);
  if (files.length === 0) return t("attach.none");
  if (files.length > most) return `${t("attach.too-many")} ${most}.`;
  const large = files.find(({ size }) => size > largest);
  return large
    ? `${t("attach.too-large")} ${large.name} (${humanSize(large.size)}). ${t("attach.limit")} ${humanSize(largest)}.`
    : null;
}

/** Removes sent files from the input, so that a retry sends only the rest. */
function keep(input: HTMLInputElement, files: File[]): void {
  const rest = new DataTransfer();
  for (const file of files) rest.items.add(file);
  input.files = rest.files;
}

/** Seals and sends one file, then its record; returns where to go. */
async function send(
  form: HTMLFormElement,
  container: SealedCase,
  content: File,
  work: AbortController,
): Promise<string | null> {
  const { signal } = work;
  const bar = new Transfer(content.name, () => work.abort());
  const showing = (what: string) => (done: number, total: number) =>
    bar.show(`${what} ${content.name}`, done, total, content.size);
  showing(t("attach.sealing"))(0, 1);
  form.append(bar.element);
  bar.focus();
  const told = {
    name: tidyName(content.name, t("attachment.unnamed"), LONGEST_NAME),
    type: mediaTypeFor(content.type),
  };
  try {
    const { sealed, file } = await sealAttachment(
      content,
      told,
      throttledProgress(showing(t("attach.sealing"))),
      signal,
    ).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new Problem(0, `${t("attach.unreadable")} ${content.name}`);
    });
    const id = randomId();
    const described = writeAttachment(file);
    wipe(file.key);
    await upload(`${attribute(form, "action")}/${id}`, sealed, showing(t("attach.sending")), signal);
    const body = await record(container, id, described);
    signal.throwIfAborted();
    return (await call("POST", form.action, { attachment: id, body: toBase64(body) })).location;
  } finally {
    bar.element.remove();
  }
}

async function record(container: SealedCase, id: string, content: string): Promise<Uint8Array> {
  const unlocked = keyring.unlocked;
  if (!unlocked) throw new Problem(0, t("compose.no-key"));
  const place = { instance: instanceId(), case: container.caseId, record: id, kind: "attachment" } as const;
  const signed = { what: "record", instance: place.instance, case: place.case, id, kind: place.kind } as const;
  const envelope = await writeEnvelope(signed, `staff:${unlocked.staff.id}`, "browser", content, unlocked.keys.signing);
  try {
    const key = await container.key("shared");
    // A key that was wiped meanwhile must not seal anything.
    if (keyring.unlocked === null || key.every((byte) => byte === 0)) throw new Problem(0, t("compose.no-key"));
    return sealRecord(key, place, envelope);
  } finally {
    wipe(envelope);
  }
}

// Keeps unsent text over a lock, a sign-out or a change of computer: sealed here to its author, stored by the server,
// restored on the same case. Cleartext stands only in its field, and only while the keys are unlocked.
import { fromBase64, toBase64, wipe } from "../vault/bytes";
import { type DraftPlace, openDraft, sealDraft } from "../vault/draft";
import { call, Problem } from "./api";
import { instanceId, make } from "./dom";
import { keyring, type Unlocked } from "./keyring";
import { t } from "./strings";

/** Milliseconds from the first change to the draft being kept. */
export const DRAFT_DELAY_MS = 3_000;
/** Most characters of a draft; the server takes no more, sealed. */
const MAX_DRAFT_CHARS = 15_000;

/** A field that keeps drafts: `textarea[name=text]` of a sealing form. */
interface Field {
  form: HTMLFormElement;
  box: HTMLTextAreaElement;
  caseId: string;
  name: string;
}

/** Changed fields that are not kept yet, with the keys that will seal them. */
const pending = new Map<HTMLTextAreaElement, Unlocked>();
/** Drafts as last sealed in this document, by address: a fallback for an unreachable server. */
const sealed = new Map<string, Uint8Array>();
/** The pending call for each address; calls for one address run in sequence. */
const underWay = new Map<string, Promise<void>>();
let timer: ReturnType<typeof setTimeout> | undefined;

function fieldOf(form: HTMLFormElement): Field | null {
  const box = form.elements.namedItem("text");
  const caseId = form.dataset["case"] ?? form.closest("sealed-case")?.getAttribute("case");
  const name = form.hasAttribute("data-unseal")
    ? "purpose"
    : form.hasAttribute("data-verdict")
      ? "checks"
      : form.dataset["seal"];
  return box instanceof HTMLTextAreaElement && caseId && name ? { form, box, caseId, name } : null;
}

const fields = (): Field[] =>
  [...document.querySelectorAll<HTMLFormElement>("form[data-seal], form[data-unseal], form[data-verdict]")].flatMap(
    (form) => fieldOf(form) ?? [],
  );

const addressOf = ({ caseId, name }: Field): string => `/api/v1/staff/cases/${caseId}/drafts/${name}`;

const placeOf = ({ caseId, name }: Field, { staff }: Unlocked): DraftPlace => ({
  instance: instanceId(),
  staff: staff.id,
  case: caseId,
  field: name,
});

function inTurn(address: string, work: () => Promise<void>): Promise<void> {
  const turn = (underWay.get(address) ?? Promise.resolve()).then(work).catch((error: unknown) => {
    console.warn(`draft: ${error instanceof Error ? error.message : "not kept"}`);
  });
  underWay.set(address, turn);
  return turn;
}

/** Keeps the field's current text; discards the draft of an empty field. */
function keep(field: Field, by: Unlocked): Promise<void> {
  const typed = field.box.value;
  const address = addressOf(field);
  return inTurn(address, async () => {
    if (typed.trim() === "") {
      sealed.delete(address);
      await call("DELETE", address);
    } else if (typed.length <= MAX_DRAFT_CHARS) {
      const body = await sealDraft(placeOf(field, by), typed, by.keys.identity.recipient, by.keys.signing);
      sealed.set(address, body);
      await call("PUT", address, { body: toBase64(body) });
    }
  });
}

/** Keeps all pending drafts at once, and waits for that. */
export async function keepDrafts(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const work = [...pending].map(([box, by]) => {
    const field = box.form && fieldOf(box.form);
    return field ? keep(field, by) : Promise.resolve();
  });
  pending.clear();
  await Promise.all(work);
}

function changed(box: HTMLTextAreaElement): void {
  const unlocked = keyring.unlocked;
  if (!unlocked) return;
  pending.set(box, unlocked);
  timer ??= setTimeout(() => void keepDrafts(), DRAFT_DELAY_MS);
}

/** Stops keeping the draft of a form that is being sent, and waits for pending calls. */
export async function holdDraft(form: HTMLFormElement): Promise<void> {
  const field = fieldOf(form);
  if (!field) return;
  pending.delete(field.box);
  await underWay.get(addressOf(field));
}

/** Forgets the draft of a form that was sent; the server has deleted it with that. */
export function forgetDraft(form: HTMLFormElement): void {
  const field = fieldOf(form);
  if (!field) return;
  pending.delete(field.box);
  sealed.delete(addressOf(field));
  told(field)?.remove();
}

/** Keeps drafts again after a failed send. */
export function resumeDraft(form: HTMLFormElement): void {
  const field = fieldOf(form);
  if (field && field.box.value !== "") changed(field.box);
}

/** Restores drafts into their fields. */
async function restore(): Promise<void> {
  const unlocked = keyring.unlocked;
  const here = fields();
  if (!unlocked || here.length === 0) return;
  for (const caseId of new Set(here.map((field) => field.caseId))) {
    const known = await kept(caseId);
    for (const field of here.filter((each) => each.caseId === caseId)) {
      const body = sealed.get(addressOf(field)) ?? known.get(field.name);
      if (body) await put(field, body, unlocked);
    }
  }
}

/** The server's drafts of a case, by field. */
async function kept(caseId: string): Promise<Map<string, Uint8Array>> {
  try {
    const { body } = await call("GET", `/api/v1/staff/cases/${caseId}/drafts`);
    const { drafts } = body as { drafts: { field: string; body: string }[] };
    return new Map(drafts.map((draft) => [draft.field, fromBase64(draft.body)]));
  } catch (error) {
    if (!(error instanceof Problem)) console.warn("draft: not understood");
    return new Map();
  }
}

async function put(field: Field, body: Uint8Array, unlocked: Unlocked): Promise<void> {
  const { identity, signing } = unlocked.keys;
  let typed: string;
  try {
    typed = await openDraft(placeOf(field, unlocked), body, identity, signing.verifyKey);
  } catch (error) {
    return console.warn(`draft: ${error instanceof Error ? error.message : "refused"}`);
  }
  // The keys were locked, the page left or the draft restored in the meantime.
  if (keyring.unlocked === null || !field.box.isConnected || field.box.value.startsWith(typed)) return;
  // Text typed before the draft arrived is kept beside it.
  const meanwhile = field.box.value;
  field.box.value = meanwhile === "" ? typed : `${typed}\n${meanwhile}`;
  if (meanwhile !== "") changed(field.box);
  tell(field);
}

const told = ({ form }: Field): HTMLElement | null => form.querySelector<HTMLElement>("[data-recovered]");

function tell(field: Field): void {
  if (told(field)) return;
  const discard = make("button.quiet", t("draft.discard"));
  discard.type = "button";
  const notice = make("p.recovered", make("span", t("draft.recovered")), discard);
  notice.dataset["recovered"] = "";
  notice.setAttribute("role", "status");
  discard.addEventListener("click", () => {
    field.box.value = "";
    pending.delete(field.box);
    notice.remove();
    field.box.focus();
    const address = addressOf(field);
    void inTurn(address, async () => {
      sealed.delete(address);
      await call("DELETE", address);
    });
  });
  field.box.before(notice);
}

/** Clears the fields when the keys are locked. Pending text is sealed first, with the keys of the time of typing. */
function locked(): void {
  void keepDrafts();
  for (const field of fields()) {
    // Too long to be kept: better on the screen than lost.
    if (field.box.value.length > MAX_DRAFT_CHARS) continue;
    field.box.value = "";
    told(field)?.remove();
  }
}

export function watchDrafts(): void {
  addEventListener("input", ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.form && fieldOf(target.form)) changed(target);
  });
  addEventListener("turbo:load", () => void restore());
  addEventListener("turbo:before-visit", () => void keepDrafts());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void keepDrafts();
  });
  keyring.on("unlocked", () => void restore());
  keyring.on("idle", () => void keepDrafts());
  keyring.on("locked", locked);
}

/** Drops all drafts in memory before another member signs in. */
export function dropDrafts(): void {
  pending.clear();
  wipe(...sealed.values());
  sealed.clear();
}

// Elements that open what the server can only store: <sealed-case>, <sealed-record>, <sealed-letter>.
import type { Identity } from "../vault/age";
import { equal, fromHex, wipe } from "../vault/bytes";
import { openCaseKey } from "../vault/casekeys";
import { provenStatement } from "../vault/coverage";
import { type Envelope, envelopeVerifies, type Place } from "../vault/envelope";
import { base64, object, parseJson } from "../vault/json";
import { type LetterKind, letterEnvelopePlace, openLetter } from "../vault/letter";
import { openEnvelope, type RecordKind } from "../vault/record";
import { type CaseStatement, type KeyName, NotStated } from "../vault/statement";
import { purposeCommitment } from "../vault/unseal";
import { Problem } from "./api";
import { chip, render } from "./content";
import { attribute, bytesAttribute, instanceId, make } from "./dom";
import { keyring, type Unlocked } from "./keyring";
import { type Key, t } from "./strings";

/** Tries each key in turn: an area's older keys still open what was sealed to them. */
async function firstThatOpens<T>(identities: Identity[], open: (identity: Identity) => Promise<T>): Promise<T> {
  let last: unknown = new Error("no key");
  for (const identity of identities) {
    try {
      return await open(identity);
    } catch (error) {
      if (error instanceof NotStated) throw error;
      last = error;
    }
  }
  throw last;
}

/** Follows the keyring: opens when it is unlocked, clears when it is locked, wipes when it leaves the page. */
abstract class KeyringElement extends HTMLElement {
  #connection: AbortController | null = null;

  connectedCallback(): void {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    keyring.on("unlocked", () => void this.follow(), signal);
    keyring.on("locked", () => this.clear(), signal);
    // Children may not be parsed yet.
    queueMicrotask(() => void this.follow());
  }

  disconnectedCallback(): void {
    this.#connection?.abort();
    this.clear();
  }

  async follow(): Promise<void> {
    const unlocked = keyring.unlocked;
    if (!unlocked || !this.isConnected) return this.clear();
    await this.open(unlocked);
    // The keys were locked, or the page left, during the opening.
    if (keyring.unlocked === null || !this.isConnected) this.clear();
  }

  protected abstract open(unlocked: Unlocked): Promise<void>;
  abstract clear(): void;
}

/** A case as the log confirms it. */
interface Proven {
  statement: CaseStatement;
  reporterKey: Uint8Array;
}

/** The keys of a case that may not be used. The texts for people are `sealed.<reason>`. */
class UnusableKeys extends Error {
  override name = "UnusableKeys";

  constructor(readonly reason: "keys-unconfirmed" | "keys-exchanged") {
    super(reason);
  }
}

/**
 * `<sealed-case case area reporter-key [coverage] shared-key staff-key>`: holds a case's keys for what is inside. It uses
 * only keys that the reporter's statement names, as the log covers it: nothing is opened or sealed with any other.
 */
export class SealedCase extends KeyringElement {
  #keys = new Map<KeyName, Promise<Uint8Array>>();
  /** Proven once for all records inside. */
  #proof: { by: Unlocked; proven: Proven | UnusableKeys } | null = null;

  get caseId(): string {
    return attribute(this, "case");
  }

  /** A case key; the element owns and wipes it. Rejects when it does not open, or may not be used. */
  key(name: KeyName): Promise<Uint8Array> {
    const known = this.#keys.get(name);
    if (known) return known;
    const opened = this.#open(name);
    this.#keys.set(name, opened);
    opened.catch(() => this.#keys.delete(name));
    return opened;
  }

  async #open(name: KeyName): Promise<Uint8Array> {
    const { unlocked } = keyring;
    if (!unlocked) throw new Error("locked");
    const proven = this.#proven(unlocked);
    if (proven instanceof UnusableKeys) throw new Problem(0, t(`sealed.${proven.reason}`));
    const identities = unlocked.areas.get(attribute(this, "area")) ?? [];
    const file = bytesAttribute(this, `${name}-key`);
    try {
      return await firstThatOpens(identities, (identity) => openCaseKey(identity, proven.statement, name, file));
    } catch (error) {
      console.warn(`the ${name} key: ${error instanceof Error ? error.message : "refused"}`);
      throw new Problem(0, t(error instanceof NotStated ? "sealed.keys-exchanged" : "sealed.refused"));
    }
  }

  /** The reporter's verify key, if the log confirms it; null otherwise. */
  reporterKey(unlocked: Unlocked): Uint8Array | null {
    const proven = this.#proven(unlocked);
    return proven instanceof UnusableKeys ? null : proven.reporterKey;
  }

  #proven(unlocked: Unlocked): Proven | UnusableKeys {
    if (this.#proof?.by !== unlocked) this.#proof = { by: unlocked, proven: this.#prove(unlocked) };
    return this.#proof.proven;
  }

  #prove({ roster }: Unlocked): Proven | UnusableKeys {
    if (!roster || !this.hasAttribute("coverage")) return new UnusableKeys("keys-unconfirmed");
    try {
      const reporterKey = bytesAttribute(this, "reporter-key");
      const area = attribute(this, "area");
      const shown = { instance: instanceId(), case: this.caseId, area, verifyKey: reporterKey };
      return { statement: provenStatement(shown, bytesAttribute(this, "coverage"), roster), reporterKey };
    } catch (error) {
      console.warn(`the case's statement: ${error instanceof Error ? error.message : "refused"}`);
      return new UnusableKeys("keys-exchanged");
    }
  }

  /** Tries both keys, so that a warning stands above the case before anybody writes into it. */
  protected override async open(): Promise<void> {
    this.#warn(null);
    try {
      await Promise.all([this.key("shared"), this.key("staff")]);
    } catch (error) {
      if (keyring.unlocked && this.isConnected) this.#warn(error instanceof Problem ? error.message : null);
    }
  }

  #warn(text: string | null): void {
    this.querySelector(":scope > [data-keys]")?.remove();
    if (text === null) return;
    const warning = make("p.panel.bad", text);
    warning.dataset["keys"] = "";
    warning.setAttribute("role", "alert");
    this.prepend(warning);
  }

  override clear(): void {
    for (const key of this.#keys.values()) key.then(wipe, () => undefined);
    this.#keys.clear();
    this.#proof = null;
    this.#warn(null);
  }
}

const KEY_OF: Record<Exclude<RecordKind, "identity" | "attachment">, KeyName> = {
  narrative: "shared",
  "shared-fields": "shared",
  message: "shared",
  note: "staff",
  reason: "staff",
};

/** Base of the elements that show opened content. */
export abstract class Opened extends KeyringElement {
  override clear(): void {
    this.show("locked", [make("p.sealed-state", this.lockedText())]);
  }

  protected lockedText(): string {
    return t("sealed.locked");
  }

  protected show(state: "locked" | "opening" | "open" | "refused", nodes: Node[]): void {
    this.dataset["state"] = state;
    this.replaceChildren(...nodes);
  }

  protected override async open(unlocked: Unlocked): Promise<void> {
    this.show("opening", [make("p.sealed-state", t("sealed.opening"))]);
    try {
      this.show("open", await this.contents(unlocked));
    } catch (error) {
      console.warn(`${this.localName}: ${error instanceof Error ? error.message : "refused"}`);
      const text = error instanceof Problem ? error.message : t("sealed.refused");
      this.show("refused", [make("p.sealed-state.error", text)]);
    }
  }

  protected abstract contents(unlocked: Unlocked): Promise<Node[]>;

  /** Renders the content with a remark on its author. Content without a proven author is folded away under a warning. */
  protected attributed(
    nodes: Node[],
    place: Place,
    envelope: Envelope,
    reporter: () => Uint8Array | null,
    unlocked: Unlocked,
  ): Node[] {
    const trouble = troubleWith(attribute(this, "author"), place, envelope, reporter, unlocked);
    const by = this.closest("li")?.querySelector<HTMLElement>("[data-by]");
    if (by) {
      // The author that the server names stands above the text.
      by.dataset["by"] ||= by.textContent ?? "";
      by.textContent = trouble ? t("sealed.nobody") : by.dataset["by"];
    }
    if (trouble)
      return [
        chip("warning", t(trouble)),
        make("details.unproven", make("summary", t("sealed.show-unproven")), ...nodes),
      ];
    return envelope.via === "server" ? [...nodes, chip("info", t("sealed.by-server"))] : nodes;
  }
}

/** Warning about the author that the envelope names, if any. The server must name the same author as the envelope. */
function troubleWith(
  told: string,
  place: Place,
  envelope: Envelope,
  reporter: () => Uint8Array | null,
  unlocked: Unlocked,
): Key | null {
  if (told !== envelope.author) return "sealed.unverified";
  const reporters = envelope.author === "reporter";
  const keys = reporters
    ? [reporter()].filter((key) => key !== null)
    : (unlocked.authors.get(envelope.author.slice("staff:".length)) ?? []);
  if (keys.some((key) => envelopeVerifies(place, envelope, key))) return null;
  if (keys.length > 0) return "sealed.unverified";
  return reporters ? "sealed.uncovered" : "sealed.stranger";
}

/** `<sealed-record kind record author body>` inside a `<sealed-case>`. */
export class SealedRecord extends Opened {
  protected override async contents(unlocked: Unlocked): Promise<Node[]> {
    const container = this.closest<SealedCase>("sealed-case");
    if (!container) throw new Error("outside a sealed-case");
    const kind = attribute(this, "kind") as keyof typeof KEY_OF;
    const keyName = KEY_OF[kind];
    if (!keyName) throw new Error("unknown kind");
    const place = { instance: instanceId(), case: container.caseId, record: attribute(this, "record"), kind };
    const envelope = openEnvelope(await container.key(keyName), place, bytesAttribute(this, "body"));
    const signed: Place = { what: "record", instance: place.instance, case: place.case, id: place.record, kind };
    return this.attributed(
      render(kind, envelope.content),
      signed,
      envelope,
      () => container.reporterKey(unlocked),
      unlocked,
    );
  }
}

/** `<sealed-letter case letter kind author file [commitment]>`: to the member, or to an area (the desk) of the member's. */
export class SealedLetter extends Opened {
  protected override async contents(unlocked: Unlocked): Promise<Node[]> {
    const kind = attribute(this, "kind") as LetterKind;
    const place = { instance: instanceId(), case: attribute(this, "case"), letter: attribute(this, "letter"), kind };
    const file = bytesAttribute(this, "file");
    const identities = [unlocked.keys.identity, ...[...unlocked.areas.values()].flat()];
    const envelope = await firstThatOpens(identities, (identity) => openLetter(identity, place, file));
    const nodes = this.attributed(
      render(kind, envelope.content),
      letterEnvelopePlace(place),
      envelope,
      () => null,
      unlocked,
    );
    const commitment = this.getAttribute("commitment");
    if (kind === "purpose" && commitment !== null && !opens(commitment, place.instance, envelope.content))
      nodes.push(chip("warning", t("sealed.commitment")));
    return nodes;
  }
}

function opens(commitment: string, instance: string, content: string): boolean {
  const purpose = object(parseJson(content), "class", "text", "salt");
  return equal(fromHex(commitment), purposeCommitment(instance, base64(purpose.salt, 32), String(purpose.text)));
}

export function defineSealed(): void {
  customElements.define("sealed-case", SealedCase);
  customElements.define("sealed-record", SealedRecord);
  customElements.define("sealed-letter", SealedLetter);
}

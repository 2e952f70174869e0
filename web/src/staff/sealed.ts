// Elements that open what the server can only store: <sealed-case>, <sealed-record>, <sealed-letter>,
// <verified-purpose>.
import type { Identity } from "../vault/age";
import { equal, fromHex, Refused, wipe } from "../vault/bytes";
import { type KeyName, openCaseKey } from "../vault/casekeys";
import { mustBeReporters } from "../vault/coverage";
import { type Envelope, envelopeVerifies, type Place } from "../vault/envelope";
import { base64, object, parseJson } from "../vault/json";
import { type LetterKind, letterEnvelopePlace, openLetter } from "../vault/letter";
import { openEnvelope, type RecordKind } from "../vault/record";
import { purposeCommitment } from "../vault/unseal";
import { openVerifiedPurpose } from "../vault/verified-purpose";
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

/** `<sealed-case case area reporter-key [coverage] shared-key staff-key>`: holds a case's keys for what is inside. */
export class SealedCase extends KeyringElement {
  #keys = new Map<KeyName, Promise<Uint8Array>>();
  /** Proven once for all records inside. */
  #reporter: { by: Unlocked; key: Uint8Array | null } | null = null;

  get caseId(): string {
    return attribute(this, "case");
  }

  /** A case key; the element owns and wipes it. Rejects when it does not open. */
  key(name: KeyName): Promise<Uint8Array> {
    const known = this.#keys.get(name);
    if (known) return known;
    const opened = this.#open(name);
    this.#keys.set(name, opened);
    opened.catch(() => this.#keys.delete(name));
    return opened;
  }

  async #open(name: KeyName): Promise<Uint8Array> {
    const identities = keyring.unlocked?.areas.get(attribute(this, "area")) ?? [];
    const file = bytesAttribute(this, `${name}-key`);
    const place = { instance: instanceId(), case: this.caseId, name };
    return (await firstThatOpens(identities, (identity) => openCaseKey(identity, place, file))).key;
  }

  /** The reporter's verify key, if the log confirms it; null otherwise. */
  reporterKey(unlocked: Unlocked): Uint8Array | null {
    if (this.#reporter?.by !== unlocked) this.#reporter = { by: unlocked, key: this.#proveReporter(unlocked) };
    return this.#reporter.key;
  }

  #proveReporter(unlocked: Unlocked): Uint8Array | null {
    try {
      const key = bytesAttribute(this, "reporter-key");
      if (!unlocked.roster) throw new Refused("there is no roster");
      mustBeReporters(key, this.caseId, instanceId(), bytesAttribute(this, "coverage"), unlocked.roster);
      return key;
    } catch (error) {
      console.warn(`the reporter's key: ${error instanceof Error ? error.message : "refused"}`);
      return null;
    }
  }

  protected override open(): Promise<void> {
    return Promise.resolve();
  }

  override clear(): void {
    for (const key of this.#keys.values()) key.then(wipe, () => undefined);
    this.#keys.clear();
    this.#reporter = null;
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
      this.show("refused", [make("p.sealed-state.error", t("sealed.refused"))]);
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

/** `<verified-purpose case request class commitment file>`: the purpose of an opening, which the witness sealed to this auditor. */
export class VerifiedPurpose extends Opened {
  protected override async contents(unlocked: Unlocked): Promise<Node[]> {
    const opening = {
      instance: instanceId(),
      case: attribute(this, "case"),
      requestHash: fromHex(attribute(this, "request")),
      class: attribute(this, "class"),
      commitment: fromHex(attribute(this, "commitment")),
    };
    const text = await openVerifiedPurpose(opening, bytesAttribute(this, "file"), unlocked.keys.identity);
    return [make("p.text", text)];
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
  customElements.define("verified-purpose", VerifiedPurpose);
}

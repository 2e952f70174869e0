// Checks of the log in the auditor's own browser: <verified-checkpoint> and <verified-entry>.
// <verification-progress> follows the server's verification.
import { visit } from "@hotwired/turbo";
import { fromBase64, Refused } from "../vault/bytes";
import { verifyCheckpoint } from "../vault/checkpoint";
import { type Entry, verifyInclusion } from "../vault/entry";
import { fingerprint } from "../vault/fingerprint";
import { array, base64, object, string } from "../vault/json";
import { logKeys } from "../vault/roster";
import { verifies } from "../vault/sign";
import { transcript } from "../vault/transcript";
import { call } from "./api";
import { attribute, bytesAttribute, instanceId, make } from "./dom";
import type { Unlocked } from "./keyring";
import { Opened } from "./sealed";
import { t } from "./strings";

const line = (tone: "good" | "bad" | "none", text: string): HTMLElement =>
  tone === "good" ? make("li", text) : tone === "bad" ? make("li.bad", text) : make("li.none", text);

abstract class Checked extends Opened {
  protected override lockedText(): string {
    return t("log.locked");
  }

  protected override contents(unlocked: Unlocked): Promise<Node[]> {
    const lines = unlocked.roster ? this.lines(unlocked, logKeys(unlocked.roster)) : [line("none", t("log.no-roster"))];
    return Promise.resolve([make("ul.checks", ...lines)]);
  }

  protected abstract lines(unlocked: Unlocked, keys: ReturnType<typeof logKeys>): HTMLElement[];
}

/** `<verified-checkpoint note>`: both signatures, by the keys of the verified roster. */
export class VerifiedCheckpoint extends Checked {
  protected override lines(_: Unlocked, keys: ReturnType<typeof logKeys>): HTMLElement[] {
    try {
      verifyCheckpoint(bytesAttribute(this, "note"), instanceId(), keys);
      return [line("good", t("log.checkpoint"))];
    } catch (error) {
      tell(error);
      return [line("bad", t("log.checkpoint-bad"))];
    }
  }
}

/** `<verified-entry index entry proof checkpoint>`: that the countersigned log holds the entry, and who signed it. */
export class VerifiedEntry extends Checked {
  protected override lines(unlocked: Unlocked, keys: ReturnType<typeof logKeys>): HTMLElement[] {
    let entry: Entry;
    const checkpoint = bytesAttribute(this, "checkpoint");
    let size: number;
    try {
      const index = Number(attribute(this, "index"));
      // A log of one entry has an empty proof.
      const proof = (this.getAttribute("proof") ?? "").split(" ").filter((hash) => hash !== "");
      const inclusion = {
        entry: bytesAttribute(this, "entry"),
        index,
        proof: proof.map((hash) => fromBase64(hash, 32)),
        checkpoint,
      };
      entry = verifyInclusion(instanceId(), inclusion, keys);
      ({ size } = verifyCheckpoint(checkpoint, instanceId(), keys));
    } catch (error) {
      tell(error);
      return [line("bad", t("log.not-in"))];
    }
    return [line("good", `${t("log.in")} ${size}.`), ...signedBy(entry, unlocked)];
  }
}

type Signed = NonNullable<Entry["signed"]>;

/** Every signature that an entry bears: its own, or those of the officers over the request that it carries. */
function signaturesOf({ act, detail, signed }: Entry): Signed[] {
  if (signed || act !== "unseal.requested") return signed ? [signed] : [];
  const requested = object(detail, "request", "signatures");
  const payload = base64(requested.request);
  return array(requested.signatures, (value) => {
    const of = object(value, "officer", "signature", "time", "gesture");
    return { by: string(of.officer), what: "unseal-request", payload, signature: base64(of.signature, 64) };
  });
}

/** One line for each signature; one must be the actor's. */
function signedBy(entry: Entry, unlocked: Unlocked): HTMLElement[] {
  const signatures = signaturesOf(entry);
  if (signatures.length === 0) return [line("none", t("log.unsigned"))];
  if (!signatures.some(({ by }) => entry.actor === `staff:${by}`)) return [line("bad", t("log.signed-bad"))];
  return signatures.map((signed) => {
    const keys = unlocked.authors.get(signed.by) ?? [];
    const message = transcript(signed.what, instanceId(), signed.payload);
    const key = keys.find((known) => verifies(known, message, signed.signature));
    if (key) return line("good", `${t("log.signed")} ${fingerprint(key)}.`);
    return line("bad", t(keys.length > 0 ? "log.signed-bad" : "log.signed-stranger"));
  });
}

function tell(error: unknown): void {
  console.warn(`the log: ${error instanceof Refused || error instanceof Error ? error.message : "refused"}`);
}

/** Between two looks, in milliseconds. */
const LOOK = 2_000;

/** `<verification-progress>`: follows the server's verification, and loads the page anew when it has ended. */
export class VerificationProgress extends HTMLElement {
  #timer: ReturnType<typeof setTimeout> | undefined;

  connectedCallback(): void {
    this.#timer = setTimeout(() => void this.#look(), LOOK);
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const { body } = await call("GET", "/api/v1/staff/log/verification");
      if (!this.isConnected) return;
      const { running, checked, size } = body as { running: boolean; checked: number | null; size: number | null };
      if (!running) return visit(location.href, { action: "replace" });
      this.textContent = `${t("log.checking")} ${checked ?? 0} / ${size ?? 0}…`;
    } catch (error) {
      // The link beside it still works.
      tell(error);
    }
    if (this.isConnected) this.#timer = setTimeout(() => void this.#look(), LOOK);
  }
}

export function defineLog(): void {
  customElements.define("verified-checkpoint", VerifiedCheckpoint);
  customElements.define("verified-entry", VerifiedEntry);
  customElements.define("verification-progress", VerificationProgress);
}

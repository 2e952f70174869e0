// The newest signed acts, as `<div data-acts data-case-act data-unseal-act>` on the page has them: the member's next act
// names them (PROTOCOL, section 10). The server refuses it if somebody else has acted since the page was made.
import { type ActKind, type SignedAct, signAct } from "../vault/act";
import type { Json } from "../vault/json";
import { fetchPage, Problem } from "./api";
import { attribute } from "./dom";
import type { Unlocked } from "./keyring";

/** The object of an act: the page's case, or the unseal on its page. */
type Chain = "caseAct" | "unsealAct";

const CHAIN_OF: Record<Exclude<ActKind, "erasure">, Chain> = {
  "case-state": "caseAct",
  recusal: "caseAct",
  verdict: "caseAct",
  check: "unsealAct",
  "identity-shown": "unsealAct",
};

function place(): HTMLElement {
  const found = document.querySelector<HTMLElement>("[data-acts]");
  if (!found) throw new Error("the page does not tell its newest acts");
  return found;
}

/** Signs an act on the page's case, which names the newest one before it. */
export function signNext(
  kind: keyof typeof CHAIN_OF,
  { instance, staff, keys }: Unlocked,
  fields: Record<string, Json>,
): Promise<SignedAct> {
  const acts = place();
  const all = {
    case: attribute(acts, "data-acts"),
    ...fields,
    previous: acts.dataset[CHAIN_OF[kind]] || null,
    member: staff.id,
    time: Math.floor(Date.now() / 1000),
  };
  return signAct(kind, instance, all, keys.signing);
}

/** Notes the act that the server has just written on the unseal; null where a new unseal begins. */
export function noteOfUnseal(hash: unknown): void {
  place().dataset["unsealAct"] = typeof hash === "string" ? hash : "";
}

/** True if somebody else acted since the page was made. */
export const wasChanged = (error: unknown): boolean => error instanceof Problem && error.code === "changed";

/** Takes the newest acts and checks from the page as it is now; nothing else on it changes. */
export async function lookAgain(): Promise<void> {
  const now = await fetchPage(location.href);
  for (const selector of ["[data-acts]", "[data-checks]"]) {
    const fresh = now.querySelector(selector);
    if (fresh) document.querySelector(selector)?.replaceWith(document.adoptNode(fresh));
  }
}

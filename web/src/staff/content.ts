// Opened contents as DOM: what the JSON of each kind looks like on a page.
import { array, type Json, object, parseJson, string } from "../vault/json";
import type { LetterKind } from "../vault/letter";
import type { RecordKind } from "../vault/record";
import { make } from "./dom";
import { t } from "./strings";

/** Throws `Malformed` when the content is not what its kind says. */
export function render(kind: Exclude<RecordKind, "attachment"> | LetterKind, content: string): Node[] {
  const json = parseJson(content);
  switch (kind) {
    case "message":
    case "note":
    case "validation-request":
    case "check-note":
      return paragraphs(string(object(json, "text").text));
    case "purpose": {
      const purpose = object(json, "class", "text", "salt");
      return paragraphs(string(purpose.text));
    }
    case "recusal": {
      const recusal = object(json, "class", "text");
      return [make("p.text", reasonOf(string(recusal.class))), ...paragraphs(string(recusal.text))];
    }
    case "reason": {
      const reason = object(json, "from", "to", "text");
      return [
        make("p.change", `${t("reason.change")} ${state(string(reason.from))} → ${state(string(reason.to))}`),
        ...paragraphs(string(reason.text)),
      ];
    }
    case "narrative": {
      const narrative = object(json, "language", "answers");
      const answers = array(narrative.answers, (value) => object(value, "question", "label", "text"));
      const list = pairs(answers.map(({ label, text }) => [string(label), string(text)]));
      list.lang = string(narrative.language);
      return [list];
    }
    case "shared-fields":
      return [fieldList(object(json, "fields").fields)];
    case "identity": {
      const identity = object(json, "fields", "redacted");
      const redacted = array(identity.redacted, (value) => object(value, "mark", "text"));
      const nodes: Node[] = [fieldList(identity.fields)];
      if (redacted.length > 0)
        nodes.push(
          make("h3", t("identity.redacted")),
          pairs(redacted.map(({ mark, text }) => [string(mark), string(text)])),
        );
      return nodes;
    }
    case "verdict-checks": {
      const verdict = object(json, "checks", "text");
      const checks = array(verdict.checks, (value) => object(value, "what", "outcome", "day"));
      return [
        pairs(checks.map(({ what, outcome, day }) => [string(what), `${string(outcome)} (${string(day)})`])),
        ...paragraphs(string(verdict.text)),
      ];
    }
  }
}

const STATES = ["received", "in_review", "waiting_for_reporter", "resolved", "closed"] as const;

/** A state in words; an unknown code stands for itself. */
function state(code: string): string {
  const known = STATES.find((each) => each === code);
  return known === undefined ? code : t(`state.${known}`);
}

const RECUSALS = ["knows", "named", "other"] as const;

/** Why somebody recused themselves; an unknown code stands for itself. */
function reasonOf(code: string): string {
  const known = RECUSALS.find((each) => each === code);
  return known === undefined ? code : t(`recusal.${known}`);
}

const paragraphs = (text: string): Node[] => (text === "" ? [] : [make("p.text", text)]);

function fieldList(fields: Json): HTMLElement {
  return pairs(
    array(fields, (value) => object(value, "field", "label", "value")).map(({ label, value }) => [
      string(label),
      string(value),
    ]),
  );
}

function pairs(rows: [string, string][]): HTMLElement {
  return make(
    "dl.opened",
    ...rows.map(([term, description]) => make("div", make("dt", term), make("dd.text", description))),
  );
}

/** A small sign of trouble, or of how it was signed. */
export function chip(kind: "warning" | "info", text: string): HTMLElement {
  return kind === "warning" ? make("span.chip.chip-warning", text) : make("span.chip.chip-info", text);
}
